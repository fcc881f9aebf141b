"""Tables of text."""

from collections.abc import Iterable, Iterator, Sequence


def aligned(lines: Iterable[Sequence[str]]) -> Iterator[str]:
    """Columns, the first one to the left, the others to the right."""
    cells = list(lines)
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    for first, *rest in cells:
        padded = (cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True))
        yield "  ".join([first.ljust(widths[0]), *padded])
