"""The filters of nunjucks, and those that Backstage adds."""

from __future__ import annotations

import html
import math
import re
from collections.abc import Callable, Mapping
from typing import Any, Final
from urllib.parse import parse_qs, quote, urlsplit

from jinja2 import TemplateRuntimeError, Undefined

from maestro_template.domain.dialects import js

_UNRESERVED: Final = "-_.!~*'()"
_TAG: Final = re.compile(r"</?([a-z][a-z0-9]*)\b[^>]*>|<!--[\s\S]*?-->", re.IGNORECASE)


def _string(value: Any) -> str:
    """A text that a filter takes; null, undefined and false are empty."""
    return "" if value is False or value is None or isinstance(value, Undefined) else js.text(value)


def _escape(value: Any) -> str:
    return html.escape(_string(value)).replace("&#x27;", "&#39;")


def _capitalize(value: Any) -> str:
    lowered = _string(value).lower()
    return lowered[:1].upper() + lowered[1:]


def _title(value: Any) -> str:
    return " ".join(map(_capitalize, _string(value).split(" ")))


def _default(value: Any, other: Any = "", falsy: bool = False) -> Any:
    return (value or other) if falsy else other if isinstance(value, Undefined) else value


def _replace(value: Any, old: Any, new: Any, most: int = -1) -> Any:
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        value = js.text(value)
    if not isinstance(value, str):
        return value
    if isinstance(old, js.Regex):
        return old.replace(value, js.text(new))
    return value.replace(js.text(old), js.text(new), most)


def _join(value: Any, separator: Any = "", attribute: str | None = None) -> str:
    items = [item.get(attribute) if attribute else item for item in value]
    return js.text(separator or "").join(map(js.printed, items))


def _indent(value: Any, width: int = 4, first: bool = False) -> str:
    lines = _string(value).split("\n")
    return "\n".join(
        line if number == 0 and not first else " " * (width or 4) + line for number, line in enumerate(lines)
    )


def _length(value: Any) -> int:
    return js.length(value) if isinstance(value, (str, list, dict)) else 0


def _first(value: Any) -> Any:
    return value[0] if value and isinstance(value, (str, list)) and len(value) else None


def _last(value: Any) -> Any:
    return value[-1] if value and isinstance(value, (str, list)) and len(value) else None


def _list(value: Any) -> js.Array:
    if isinstance(value, dict):
        return js.Array(js.Object(key=key, value=item) for key, item in value.items())
    if isinstance(value, (str, list)):
        return js.Array(value)
    raise TemplateRuntimeError("list filter: type not iterable")


def _reverse(value: Any) -> Any:
    return value[::-1] if isinstance(value, str) else js.Array(reversed(value))


def _round(value: float, precision: int = 0, method: str = "common") -> float:
    factor = 10**precision
    rounder = {"ceil": math.ceil, "floor": math.floor}.get(method, lambda number: math.floor(number + 0.5))
    return float(rounder(value * factor) / factor)


def _slice(value: list[Any], slices: int, fill: Any = None) -> js.Array:
    size, extra = divmod(len(value), slices)
    found, start = js.Array(), 0
    for number in range(slices):
        end = start + size + (number < extra)
        padding = [fill] if fill and number >= extra else []
        found.append(js.Array([*value[start:end], *padding]))
        start = end
    return found


def _batch(value: list[Any], size: int, fill: Any = None) -> js.Array:
    rows = js.Array(js.Array(value[start : start + size]) for start in range(0, len(value), size))
    if rows and fill:
        rows[-1].extend([fill] * (size - len(rows[-1])))
    return rows


def _sort(
    value: Any, reverse: bool = False, case_sensitive: bool = False, attribute: str | None = None
) -> js.Array:
    def key(item: Any) -> Any:
        found = item.get(attribute) if attribute else item
        return found.lower() if isinstance(found, str) and not case_sensitive else found

    return js.Array(sorted(value, key=key, reverse=bool(reverse)))


def _dictsort(value: dict[str, Any], case_sensitive: bool = False, by: str = "key") -> js.Array:
    at = 0 if by == "key" else 1

    def key(pair: tuple[str, Any]) -> Any:
        return pair[at].upper() if isinstance(pair[at], str) and not case_sensitive else pair[at]

    return js.Array(js.Array(pair) for pair in sorted(value.items(), key=key))


def _groupby(value: list[Any], attribute: str) -> js.Object:
    groups = js.Object()
    for item in value:
        groups.setdefault(js.text(item.get(attribute)), js.Array()).append(item)
    return groups


def _with(value: list[Any], attribute: str) -> js.Array:
    return js.Array(item for item in value if item.get(attribute))


def _without(value: list[Any], attribute: str) -> js.Array:
    return js.Array(item for item in value if not item.get(attribute))


def _sum(value: list[Any], attribute: str | None = None, start: float = 0) -> float:
    return float(start + sum(item.get(attribute) if attribute else item for item in value))


def _truncate(value: Any, length: int = 255, kill_words: bool = False, end: str = "...") -> str:
    full = _string(value)
    if len(full) <= length:
        return full
    space = full.rfind(" ", 0, length + 1)
    return full[: length if kill_words or space == -1 else space] + end


def _striptags(value: Any) -> str:
    return re.sub(r"\s+", " ", _TAG.sub("", _string(value)).strip())


def _urlencode(value: Any) -> str:
    if isinstance(value, str):
        return quote(value, safe=_UNRESERVED)
    pairs = value.items() if isinstance(value, dict) else value
    return "&".join("=".join(quote(js.text(part), safe=_UNRESERVED) for part in pair) for pair in pairs)


def _center(value: Any, width: int = 80) -> str:
    full = _string(value)
    spaces = max(0, width - len(full))
    return " " * math.ceil(spaces / 2 - spaces % 2) + full + " " * math.ceil(spaces / 2)


def _int(value: Any, default: Any = None, base: int = 10) -> Any:
    found = re.match(r"\s*[-+]?\w+", js.text(value))
    while found and (digits := found[0]):
        try:
            return int(digits, base)
        except ValueError:
            found = re.match(r"\s*[-+]?\w+", digits[:-1])
    return default


def _float(value: Any, default: Any = None) -> Any:
    found = re.match(r"\s*[-+]?(\d+\.?\d*([eE][-+]?\d+)?|\.\d+([eE][-+]?\d+)?)", js.text(value))
    return float(found[0]) if found else default


def _wordcount(value: Any) -> int | None:
    return len(re.findall(r"\w+", _string(value), re.ASCII)) or None


def _parse_repo_url(value: Any) -> js.Object:
    """The parts of a repository's URL as Backstage's picker writes it: `github.com?owner=o&repo=r`."""
    url = urlsplit(f"https://{js.text(value)}")
    query = {name: found[-1] for name, found in parse_qs(url.query).items()}
    known = ("owner", "repo", "organization", "workspace", "project")
    return js.Object(host=url.netloc, **{name: query[name] for name in known if name in query})


def _parse_entity_ref(value: Any, context: Any = None) -> js.Object:
    defaults = context if isinstance(context, dict) else {}
    kind, colon, rest = js.text(value).rpartition(":")
    namespace, slash, name = rest.rpartition("/")
    return js.Object(
        kind=(kind if colon else defaults.get("defaultKind", "")).lower(),
        namespace=(namespace if slash else defaults.get("defaultNamespace", "default")).lower(),
        name=name,
    )


def _pick(value: Any, key: str) -> Any:
    return value.get(key) if isinstance(value, dict) else None


def _project_slug(value: Any) -> str:
    parts = _parse_repo_url(value)
    return f"{parts.get('owner', 'undefined')}/{parts.get('repo', 'undefined')}"


FILTERS: Final[Mapping[str, Callable[..., Any]]] = {
    "abs": abs,
    "batch": _batch,
    "capitalize": _capitalize,
    "center": _center,
    "d": _default,
    "default": _default,
    "dictsort": _dictsort,
    "dump": js.dumped,
    "e": _escape,
    "escape": _escape,
    "first": _first,
    "float": _float,
    "forceescape": _escape,
    "groupby": _groupby,
    "indent": _indent,
    "int": _int,
    "join": _join,
    "js_regex": js.Regex,
    "jsonify": js.dumped,
    "last": _last,
    "length": _length,
    "list": _list,
    "lower": lambda value: _string(value).lower(),
    "nl2br": lambda value: re.sub(r"\r\n|\n", "<br />\n", _string(value)),
    "parseEntityRef": _parse_entity_ref,
    "parseRepoUrl": _parse_repo_url,
    "pick": _pick,
    "projectSlug": _project_slug,
    "rejectattr": _without,
    "replace": _replace,
    "reverse": _reverse,
    "round": _round,
    "safe": _string,
    "selectattr": _with,
    "slice": _slice,
    "sort": _sort,
    "string": js.text,
    "striptags": _striptags,
    "sum": _sum,
    "title": _title,
    "trim": lambda value: _string(value).strip(),
    "truncate": _truncate,
    "upper": lambda value: _string(value).upper(),
    "urlencode": _urlencode,
    "wordcount": _wordcount,
}
# What the compiled templates call where JavaScript's operators are not Python's; no template can name them.
OPERATORS: Final[Mapping[str, Callable[..., Any]]] = {
    "js.add": js.add,
    "js.array": lambda first, *more: js.Array((first, *more)),
    "js.concat": js.concat,
    "js.each": js.each,
    "js.eq": js.equal,
    "js.gt": lambda left, right: js.less(right, left),
    "js.gteq": lambda left, right: js.less_or_equal(right, left),
    "js.in": js.contains,
    "js.lt": js.less,
    "js.lteq": js.less_or_equal,
    "js.ne": lambda left, right: not js.equal(left, right),
    "js.notin": lambda key, where: not js.contains(key, where),
    "js.notsame": lambda left, right: not js.same(left, right),
    "js.object": js.wrapped,
    "js.same": js.same,
}
