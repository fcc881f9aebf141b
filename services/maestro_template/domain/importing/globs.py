"""Patterns of files as Backstage takes them."""

from __future__ import annotations

import re
from typing import Final

_TOKEN: Final = re.compile(r"\*\*/|/\*\*|\*\*|\*|\?|\{[^{}]*\}|\[!?[^\]]+\]|.", re.DOTALL)


def matches(pattern: str, path: str) -> bool:
    """Whether a path, or a folder that it lies in, matches. `*` stays in a folder, `**` does not."""
    return re.fullmatch(f"{_expression(pattern.rstrip('/'))}(?:/.*)?", path) is not None


def _expression(pattern: str) -> str:
    return "".join(_part(token) for token in _TOKEN.findall(pattern.removeprefix("./")))


def _part(token: str) -> str:
    fixed = {"**/": "(?:.*/)?", "/**": "(?:/.*)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}
    if token in fixed:
        return fixed[token]
    if token.startswith("{") and token.endswith("}"):
        return "(?:" + "|".join(map(_expression, token[1:-1].split(","))) + ")"
    if token.startswith("[") and token.endswith("]"):
        inside = re.escape(token[1:-1].removeprefix("!")).replace(r"\-", "-")
        return f"[{'^' if token.startswith('[!') else ''}{inside}]"
    return re.escape(token)
