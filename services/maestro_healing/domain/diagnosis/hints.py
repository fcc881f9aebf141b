"""What a deprecation message names: what is deprecated, and what to use instead."""

import re
from dataclasses import dataclass

_QUOTE = "[`'\"\u2018\u2019\u201c\u201d]{1,2}"
_NAME = r"[A-Za-z_][\w.]*"
_ADVICE = "(?:[Uu]se|[Ii]mport|[Pp]refer|[Ss]witch to|[Cc]all)"
_QUOTED = re.compile(rf"{_QUOTE}(?P<name>{_NAME})(?:\(\)|\(.*?\)|=[\w.<>]*)?{_QUOTE}")
_BARE_OLD = re.compile(
    rf"(?P<name>{_NAME})(?:\(\))? (?:is|are|has been|was|will be)(?: now)? "
    r"(?:deprecated|renamed|moved|removed)"
)
_INSTEAD = (
    re.compile(rf"(?:renamed|moved) (?:to )?{_QUOTE}?(?P<new>{_NAME})"),
    re.compile(rf"{_ADVICE}(?: the)?(?: \w+){{0,3}}? {_QUOTE}(?P<new>{_NAME})(?:\(\))?{_QUOTE}"),
    re.compile(
        rf"(?:[Uu]se|[Ii]mport|[Pp]refer|[Ss]witch to|[Cc]all) (?P<new>{_NAME})(?:\(\))?(?: instead|\.|$)"
    ),
    re.compile(rf"(?:replaced (?:by|with)|in favou?r of|superseded by) {_QUOTE}?(?P<new>{_NAME})"),
)
_TEMPLATE = re.compile(
    rf"{_QUOTE}?(?P<keyword>\w+)=(?P<value>(?P<name>{_NAME})\((?P<inner>\w+)=\.\.\.\)){_QUOTE}?"
)
_FILLER = {"instead", "the", "a", "an", "it", "this", "that", "explicit", "of", "in"}


@dataclass(frozen=True)
class Template:
    """A keyword and its value, in which `...` stands for what was given; `name` is what the value calls."""

    keyword: str
    value: str
    name: str


@dataclass(frozen=True)
class Hint:
    """`old` may be dotted; `new` is empty where the message names none, or where a template says more."""

    old: str
    new: str = ""
    template: Template | None = None


def read_hints(message: str) -> list[Hint]:
    """What the message names, the likeliest reading first."""
    text = " ".join(message.split())
    news = [m["new"].rstrip(".") for pattern in _INSTEAD for m in pattern.finditer(text)]
    news = [new for new in dict.fromkeys(news) if new not in _FILLER]
    quoted = [m["name"].rstrip(".") for m in _QUOTED.finditer(text)]
    bare = [m["name"] for m in _BARE_OLD.finditer(text)]
    olds = [old for old in dict.fromkeys([*quoted, *bare]) if old not in news and old not in _FILLER]
    template = _TEMPLATE.search(text)
    if template:
        filled = Template(template["keyword"], template["value"], template["name"])
        return [Hint(old, "", filled) for old in dict.fromkeys([template["inner"], *olds])]
    return [Hint(old, new) for old in olds[:2] for new in news] or [Hint(old) for old in olds[:2]]
