"""One list made of two: a tenant's own templates and the shared ones. The token has a place for each."""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from heapq import merge
from itertools import islice
from typing import Any, Final, TypeAlias

from maestro_core.store import filters
from maestro_core.store.records import LARGEST_PAGE, Page
from maestro_template.domain.model import Template
from maestro_template.domain.ports import Page as TemplatePage

DEFAULT_PAGE: Final = 50
# A page of one of the lists: from a token on, of a size.
Fetch: TypeAlias = Callable[[str, int], Page[Template]]
# Where each list goes on, None where it has ended.
_Places: TypeAlias = list[str | None]


def merged(
    fetches: Sequence[Fetch],
    key: Callable[[Template], Any],
    *,
    downwards: bool,
    page_size: int,
    page_token: str,
) -> TemplatePage:
    """A page of sorted lists as of one. Raises InvalidArgument for a bad token."""
    size = min(page_size or DEFAULT_PAGE, LARGEST_PAGE)
    places = _read(page_token, len(fetches))
    pages = [
        Page((), "") if place is None else fetch(place, size)
        for fetch, place in zip(fetches, places, strict=True)
    ]
    # A merge takes from the front of each list only, even where the database sorts text in another way.
    numbered = [[(number, item) for item in page.items] for number, page in enumerate(pages)]
    entries = list(islice(merge(*numbered, key=lambda entry: key(entry[1]), reverse=downwards), size))
    following = [
        _following(fetch, place, page, sum(taken_from == number for taken_from, _ in entries))
        for number, (fetch, place, page) in enumerate(zip(fetches, places, pages, strict=True))
    ]
    token = _write(following) if any(place is not None for place in following) else ""
    return TemplatePage(tuple(item for _, item in entries), token)


def _following(fetch: Fetch, place: str | None, page: Page[Template], taken: int) -> str | None:
    if place is None or taken == 0:
        return place if page.items else None
    if taken == len(page.items):
        return page.next_page_token or None
    # A token can only be had for a whole page, so the part that was taken is asked for as one.
    return fetch(place, taken).next_page_token


def _write(places: _Places) -> str:
    return urlsafe_b64encode(json.dumps(places).encode()).decode()


def _read(token: str, lists: int) -> _Places:
    if not token:
        return [""] * lists
    try:
        places = json.loads(urlsafe_b64decode(token))
    except ValueError as error:
        raise filters.wrong("page_token", "is not a token of this list") from error
    if not isinstance(places, list) or len(places) != lists:
        raise filters.wrong("page_token", "is not a token of this list")
    if not all(place is None or isinstance(place, str) for place in places):
        raise filters.wrong("page_token", "is not a token of this list")
    return places
