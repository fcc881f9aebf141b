"""Text that has to fit."""


def truncate(text: str, width: int, *, mark: str = "…") -> str:
    """Shorten `text` to at most `width` characters, ending in `mark` where something was cut off.

    Raises ValueError where not even the mark fits.
    """
    if width < len(mark):
        raise ValueError(f"width must be at least {len(mark)}, not {width}")
    if len(text) <= width:
        return text
    return text[: width - len(mark)] + mark
