"""How a value becomes a JSON document and back."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Generic, TypeAlias, TypeVar

T = TypeVar("T")

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"
Document: TypeAlias = dict[str, Json]


@dataclass(frozen=True, slots=True)
class Codec(Generic[T]):
    """A pair of functions; `decode(encode(value)) == value`."""

    encode: Callable[[T], Mapping[str, Json]]
    decode: Callable[[Document], T]


def _nothing(_document: Document) -> None:
    return None


NOTHING: Codec[None] = Codec(encode=lambda _value: {}, decode=_nothing)
