"""Results of a run as they come, a JSON line each, so that one that was stopped can go on."""

import json
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

T = TypeVar("T", bound="DataclassInstance")


def append(file: Path, result: "DataclassInstance") -> None:
    """Keeps one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("a") as stream:
        stream.write(json.dumps(asdict(result)) + "\n")


def read(file: Path, kind: type[T]) -> list[T]:
    """What a run has kept; nothing where there is no such file, and no last line that was cut off."""
    return list(_read(file, kind)) if file.exists() else []


def _read(file: Path, kind: type[T]) -> Iterator[T]:
    for line in file.read_text().splitlines():
        try:
            values = json.loads(line)
        except ValueError:
            return
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        yield kind(**{**values, **lists})
