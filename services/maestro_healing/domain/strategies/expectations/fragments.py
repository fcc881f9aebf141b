"""Which part of a text took the place of one that is gone."""

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

from maestro_healing.domain.diagnosis.constants import Substitution
from maestro_healing.domain.diagnosis.wording import made_by

_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")
_LEAST_ALIKE = 0.4
_LEAST_LENGTH = 0.5
_CLOSING = {"'": "'", '"': '"', "`": "`", "(": ")", "[": "]", "{": "}", "<": ">"}


def successors(fragment: str, text: str) -> Iterator[str]:
    """Parts of the text that a test may look for where it looked for the fragment; the likeliest first."""
    window = _best_window(fragment, text)
    if window is None:
        return
    seen = set()
    for found in (_trimmed(fragment, window), window.strip()):
        is_enough = len(found) >= _LEAST_LENGTH * len(fragment.strip()) and re.search(r"\w", found)
        if is_enough and found not in seen and found != fragment:
            seen.add(found)
            yield found


def widened(found: str, text: str, substitutions: Sequence[Substitution]) -> str:
    """The part of a text, widened to what a new template of the product made of its line."""
    start = text.find(found)
    end = start + len(found)
    if start < 0 or "\n" in found:
        return found
    first, last = text.rfind("\n", 0, start) + 1, text.find("\n", end)
    line = text[first : last if last >= 0 else len(text)]
    for substitution in substitutions:
        if substitution.kind == "text" and substitution.new:
            for made in made_by(substitution.new, line):
                if made.start < end - first and start - first < made.end:
                    start, end = min(start, first + made.start), max(end, first + made.end)
    return text[start:end]


def nearest(fragment: str, texts: Sequence[str]) -> str | None:
    """The text that is most like the fragment."""
    ranked = sorted(texts, key=lambda text: _likeness(fragment, text), reverse=True)
    return ranked[0] if ranked and _likeness(fragment, ranked[0]) >= _LEAST_ALIKE else None


def starts_alike(prefix: str, text: str) -> str | None:
    """The beginning of a text that stands where the prefix stood."""
    count = prefix.count("\n") + (not prefix.endswith("\n"))
    beginning = "".join(text.splitlines(keepends=True)[:count])
    if prefix.endswith("\n"):
        return beginning or None
    found = next(successors(prefix, beginning), None)
    return beginning[: beginning.index(found) + len(found)] if found and found in beginning else None


def ends_alike(suffix: str, text: str) -> str | None:
    """The end of a text that stands where the suffix stood."""
    count = suffix.count("\n") + (not suffix.startswith("\n"))
    end = "".join(text.splitlines(keepends=True)[-count:])
    found = next(successors(suffix, end), None)
    return end[end.index(found) :] if found and found in end else None


def _best_window(fragment: str, text: str) -> str | None:
    """As many lines of the text as the fragment has, those most like it."""
    count = fragment.strip("\n").count("\n") + 1
    lines = text.split("\n")
    windows = ["\n".join(lines[at : at + count]) for at in range(max(len(lines) - count + 1, 1))]
    best = max(windows, key=lambda window: _likeness(fragment, window))
    return best if _likeness(fragment, best) >= _LEAST_ALIKE else None


def _tokens(text: str) -> list[str]:
    return _TOKEN.findall(text)


def _likeness(fragment: str, text: str) -> float:
    """The share of the fragment's characters that stand in the text, in words and in order."""
    old, new = ([token.casefold() for token in _tokens(part)] for part in (fragment, text))
    blocks = SequenceMatcher(None, old, new, autojunk=False).get_matching_blocks()
    found = sum(len(token.strip()) for block in blocks for token in old[block.a : block.a + block.size])
    return found / max(sum(len(token.strip()) for token in old), 1)


def _trimmed(fragment: str, window: str) -> str:
    """The window from where the fragment's first words stand in it to its last ones."""
    old, new = _tokens(fragment), _tokens(window)
    old_words, new_words = ([token.casefold() for token in part] for part in (old, new))
    matcher = SequenceMatcher(None, old_words, new_words, autojunk=False)
    blocks = [b for b in matcher.get_matching_blocks() if any(t.strip() for t in old[b.a : b.a + b.size])]
    if not blocks:
        return window.strip()
    first, last = blocks[0], blocks[-1]
    start = max(first.b - first.a, 0) if first.a else first.b
    missing = len(old) - (last.a + last.size)
    end = min(last.b + last.size + missing, len(new))
    start, end = _balanced(new, start, end)
    return "".join(new[start:end]).strip()


def _balanced(tokens: Sequence[str], start: int, end: int) -> tuple[int, int]:
    """Widened so that no quote or bracket is cut from its other half, nor a last full stop."""
    part = tokens[start:end]
    for opening, closing in _CLOSING.items():
        opened, closed = part.count(opening), part.count(closing)
        is_odd = opened % 2 == 1 if opening == closing else opened != closed
        if not is_odd:
            continue
        if start > 0 and tokens[start - 1] == opening:
            start -= 1
        elif closing in tokens[end:]:
            end += list(tokens[end:]).index(closing) + 1
        elif opening in tokens[:start]:
            start = len(tokens[:start]) - 1 - list(tokens[:start])[::-1].index(opening)
    if end == len(tokens) - 1 and tokens[end] in ".!?":
        end += 1
    return start, end
