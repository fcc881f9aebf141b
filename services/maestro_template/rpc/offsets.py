"""Page tokens of lists whose order can't change under a reader: a position, good for one query only."""

from __future__ import annotations

import hashlib
import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Mapping, Sequence
from typing import Final

from maestro_core.errors import FieldViolation, InvalidArgument

# Far beyond what anybody pages through, and what the index would have to skip.
_FARTHEST: Final = 100_000


def next_offset(end: int, total: int, query: str, facets: Mapping[str, Sequence[str]]) -> str:
    """The token of the page that begins at `end`, empty where there is none."""
    if end >= total or end > _FARTHEST:
        return ""
    return urlsafe_b64encode(json.dumps([end, _digest(query, facets)]).encode()).decode()


def offset_of(token: str, query: str, facets: Mapping[str, Sequence[str]]) -> int:
    """Where the page of a token begins. Raises InvalidArgument (PAGE_TOKEN_INVALID)."""
    if not token:
        return 0
    try:
        offset, owner = json.loads(urlsafe_b64decode(token))
    except (ValueError, TypeError) as error:
        raise _invalid("is not a token of this list") from error
    if owner != _digest(query, facets):
        raise _invalid("belongs to another query")
    if not isinstance(offset, int) or not 0 <= offset <= _FARTHEST:
        raise _invalid("is not a token of this list")
    return offset


def _digest(query: str, facets: Mapping[str, Sequence[str]]) -> str:
    return hashlib.sha256(json.dumps([query, facets], sort_keys=True).encode()).hexdigest()[:12]


def _invalid(description: str) -> InvalidArgument:
    return InvalidArgument(
        f"page_token {description}",
        reason="PAGE_TOKEN_INVALID",
        violations=[FieldViolation("page_token", description)],
    )
