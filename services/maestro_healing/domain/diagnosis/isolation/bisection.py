"""The smallest part of a list that still shows something (delta debugging: Zeller and Hildebrandt, 2002)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from itertools import pairwise
from typing import TypeVar

T = TypeVar("T")

_MOST_TRIES = 80


async def smallest(
    items: Sequence[T], shows: Callable[[Sequence[T]], Awaitable[bool]], most_tries: int = _MOST_TRIES
) -> tuple[T, ...]:
    """A part, in the same order, of which nothing more can be left out. The whole must show it.

    Parts are tried two at a time. After `most_tries` the smallest one found so far is the answer.
    """
    found = tuple(items)
    pieces, tries = 2, 0
    while len(found) > 1 and tries < most_tries:
        parts = _parts(found, pieces)
        candidates = list(parts)
        if pieces > 2:
            candidates += [tuple(i for p in parts if p is not part for i in p) for part in parts]
        for start in range(0, len(candidates), 2):
            pair = candidates[start : start + 2]
            tries += len(pair)
            shown = await asyncio.gather(*(shows(part) for part in pair))
            smaller = next((part for part, is_shown in zip(pair, shown, strict=True) if is_shown), None)
            if smaller is not None:
                pieces = 2 if start < len(parts) else max(pieces - 1, 2)
                found = smaller
                break
        else:
            if pieces >= len(found):
                break
            pieces = min(pieces * 2, len(found))
    return found


def _parts(items: tuple[T, ...], count: int) -> list[tuple[T, ...]]:
    bounds = [len(items) * number // count for number in range(count + 1)]
    return [items[a:b] for a, b in pairwise(bounds) if a < b]
