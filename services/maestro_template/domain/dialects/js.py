"""The little of JavaScript that nunjucks rests on: what is true, equal, added, printed, looked up."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from jinja2 import TemplateRuntimeError, Undefined


class Array(list[Any]):
    """A list; an empty one is true."""

    def __bool__(self) -> bool:
        return True


class Object(dict[str, Any]):
    """A mapping; an empty one is true."""

    def __bool__(self) -> bool:
        return True


class Regex:
    """A regular expression with its flags. Raises TemplateRuntimeError for one that Python can't read."""

    def __init__(self, pattern: str, flags: str) -> None:
        options = (re.IGNORECASE if "i" in flags else 0) | (re.MULTILINE if "m" in flags else 0)
        try:
            self._pattern = re.compile(pattern, options)
        except re.error as error:
            raise TemplateRuntimeError(f"the pattern {pattern!r} is not understood: {error}") from error
        self._most = 0 if "g" in flags else 1

    def replace(self, text: str, new: str) -> str:
        """Replace the first match, all of them with the flag `g`."""
        return self._pattern.sub(_replacement(new), text, count=self._most)


def _replacement(new: str) -> Callable[[re.Match[str]], str]:
    def expand(match: re.Match[str]) -> str:
        def group(reference: re.Match[str]) -> str:
            number = reference[1]
            if number == "&":
                return match[0]
            known = number.isdigit() and int(number) <= match.re.groups
            return (match[int(number)] or "") if known else reference[0]

        return re.sub(r"\$(&|[1-9])", group, new)

    return expand


class Method:
    """A method of a string or an array, bound to it."""

    def __init__(self, function: Callable[..., Any], target: object) -> None:
        self._function = function
        self._target = target

    def __call__(self, *arguments: Any) -> Any:
        return self._function(self._target, *arguments)


def wrapped(value: Any) -> Any:
    """JSON as JavaScript sees it."""
    if isinstance(value, Mapping):
        return Object({str(key): wrapped(item) for key, item in value.items()})
    if isinstance(value, (list, tuple)):
        return Array(wrapped(item) for item in value)
    return value


def text(value: Any) -> str:
    """A value as JavaScript adds it to a string."""
    if value is None or isinstance(value, Undefined):
        return "undefined" if isinstance(value, Undefined) else "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return _number(value)
    if isinstance(value, list):
        return ",".join("" if item is None or isinstance(item, Undefined) else text(item) for item in value)
    return str(value) if isinstance(value, (str, int)) else "[object Object]"


def printed(value: Any) -> str:
    """A value as nunjucks prints it: nothing for null and undefined."""
    return "" if value is None or isinstance(value, Undefined) else text(value)


def dumped(value: Any, spaces: int | str | None = None) -> str | None:
    """JSON as JSON.stringify writes it; None where it would be undefined."""
    if isinstance(value, Undefined):
        return None
    plain = _plain(value)
    if not spaces or isinstance(spaces, Undefined):
        return json.dumps(plain, ensure_ascii=False, separators=(",", ":"))
    width: int | str = min(spaces, 10) if isinstance(spaces, int) else spaces[:10]
    return json.dumps(plain, ensure_ascii=False, indent=width)


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _plain(item) for key, item in value.items() if not isinstance(item, Undefined)}
    if isinstance(value, list):
        return [None if isinstance(item, Undefined) else _plain(item) for item in value]
    if isinstance(value, float):
        if not math.isfinite(value):
            return None
        return int(value) if value.is_integer() else value
    return value


def _number(value: float) -> str:
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "Infinity" if value > 0 else "-Infinity"
    return str(int(value)) if value.is_integer() and abs(value) < 1e21 else repr(value)


def length(value: str | list[Any] | dict[str, Any]) -> int:
    """How long something is; of a text in the units of UTF-16."""
    if isinstance(value, str) and not value.isascii():
        return len(value.encode("utf-16-le", "surrogatepass")) // 2
    return len(value)


def add(left: Any, right: Any) -> Any:
    """`+`: a sum of numbers, else both as text."""
    if isinstance(left, (int, float)) and isinstance(right, (int, float)):
        return left + right
    return text(left) + text(right)


def concat(*parts: Any) -> str:
    """`~`."""
    return "".join(map(text, parts))


def same(left: Any, right: Any) -> bool:
    """`===`."""
    if isinstance(left, Undefined) or isinstance(right, Undefined):
        return isinstance(left, Undefined) and isinstance(right, Undefined)
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        return left is right
    if isinstance(left, bool) is not isinstance(right, bool):
        return False
    return bool(left == right)


def equal(left: Any, right: Any) -> bool:
    """`==`: null is undefined, and numbers may be written as text."""
    nothing = [value is None or isinstance(value, Undefined) for value in (left, right)]
    if any(nothing):
        return all(nothing)
    if isinstance(left, (list, dict)) and isinstance(right, (list, dict)):
        return left is right
    if isinstance(left, str) == isinstance(right, str):
        return bool(left == right)
    if isinstance(left, (list, dict)) or isinstance(right, (list, dict)):
        return text(left) == text(right)
    return _as_number(left) == _as_number(right)


def less(left: Any, right: Any) -> bool:
    """`<`: of two texts by their characters, else of numbers."""
    if isinstance(left, str) and isinstance(right, str):
        return left < right
    return _as_number(left) < _as_number(right)


def less_or_equal(left: Any, right: Any) -> bool:
    """`<=`."""
    if isinstance(left, str) and isinstance(right, str):
        return left <= right
    return _as_number(left) <= _as_number(right)


def contains(key: Any, where: Any) -> bool:
    """`in`: an item of an array, a part of a text, a key of an object. Raises TemplateRuntimeError."""
    if isinstance(where, list):
        return any(same(key, item) for item in where)
    if isinstance(where, str):
        return text(key) in where
    if isinstance(where, dict):
        return text(key) in where
    raise TemplateRuntimeError(f"`in` can't look for {text(key)[:40]!r} in {printed(where)[:40]!r}")


def _as_number(value: Any) -> float:
    if isinstance(value, (bool, int, float)):
        return float(value)
    if isinstance(value, str):
        try:
            return float(value) if value.strip() else 0.0
        except ValueError:
            return math.nan
    return 0.0 if value is None else math.nan


def each(value: Any, names: int) -> Iterable[Any]:
    """What a loop with so many names goes over."""
    if isinstance(value, dict):
        return list(value.items()) if names == 2 else ()
    if isinstance(value, (list, str)):
        return value if names == 1 else [tuple([*item, *[None] * names][:names]) for item in value]
    return ()


def _split(value: str, separator: Any = None, most: int | None = None) -> Array:
    if separator is None:
        return Array([value])
    parts = value.split(text(separator)) if separator != "" else list(value)
    return Array(parts[:most])


def _index(value: Any, item: Any) -> int:
    if isinstance(value, str):
        return value.find(text(item))
    return next((at for at, found in enumerate(value) if same(item, found)), -1)


def _replace(value: str, old: Any, new: str) -> str:
    return old.replace(value, new) if isinstance(old, Regex) else value.replace(text(old), new, 1)


def _replace_all(value: str, old: Any, new: str) -> str:
    return old.replace(value, new) if isinstance(old, Regex) else value.replace(text(old), new)


def _slice(value: Any, start: int = 0, end: int | None = None) -> Any:
    return type(value)(value[start:end])


def _substring(value: str, start: int, end: int | None = None) -> str:
    low, high = (min(max(0, at), len(value)) for at in (start, len(value) if end is None else end))
    return value[min(low, high) : max(low, high)]


_STRING: Final[Mapping[str, Callable[..., Any]]] = {
    "charAt": lambda value, at=0: value[at : at + 1] if at >= 0 else "",
    "concat": concat,
    "endsWith": lambda value, end: value.endswith(text(end)),
    "includes": lambda value, part: text(part) in value,
    "indexOf": _index,
    "lastIndexOf": lambda value, part: value.rfind(text(part)),
    "replace": _replace,
    "replaceAll": _replace_all,
    "slice": _slice,
    "split": _split,
    "startsWith": lambda value, start: value.startswith(text(start)),
    "substring": _substring,
    "toLowerCase": lambda value: value.lower(),
    "toString": lambda value: value,
    "toUpperCase": lambda value: value.upper(),
    "trim": lambda value: value.strip(),
}
_ARRAY: Final[Mapping[str, Callable[..., Any]]] = {
    "concat": lambda value, *more: Array(
        item for part in (value, *more) for item in (part if isinstance(part, list) else [part])
    ),
    "includes": lambda value, item: contains(item, value),
    "indexOf": _index,
    "join": lambda value, separator=",": text(separator).join(map(printed, value)),
    "slice": _slice,
    "toString": text,
}


def member(value: Any, key: Any, missing: Callable[[], Any]) -> Any:
    """`value[key]`: an item, the length, or a method; what `missing` gives where there is no such thing."""
    if isinstance(value, dict):
        found = value.get(text(key), missing)
        return missing() if found is missing else found
    if isinstance(value, (str, list)):
        if key == "length":
            return length(value)
        if isinstance(key, int) and not isinstance(key, bool):
            return value[key] if 0 <= key < len(value) else missing()
        method = (_STRING if isinstance(value, str) else _ARRAY).get(key) if isinstance(key, str) else None
        return missing() if method is None else Method(method, value)
    if isinstance(value, (bool, int, float)) and key == "toString":
        return Method(text, value)
    return missing()
