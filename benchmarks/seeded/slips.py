"""Slips that keep a file of tests from being parsed, as people make them."""

import ast
import random
import re
import tokenize
from collections.abc import Callable, Iterator, Mapping
from io import StringIO
from itertools import pairwise

Slip = Callable[[str, random.Random], str | None]

_PAIRS = {")": "(", "]": "[", "}": "{"}


def broken(text: str, kind: str, chance: random.Random) -> str | None:
    """The text with one slip of the kind that keeps it from being parsed; None where none fits."""
    for _ in range(30):
        changed = KINDS[kind](text, chance)
        if changed is not None and changed != text and not _parses(changed):
            return changed
    return None


def _parses(text: str) -> bool:
    try:
        compile(text, "<test>", "exec", dont_inherit=True)
    except (SyntaxError, ValueError):
        return False
    return True


def _tokens(text: str) -> list[tokenize.TokenInfo]:
    return list(tokenize.generate_tokens(StringIO(text).readline))


def _places(text: str, wanted: Callable[[tokenize.TokenInfo], bool]) -> list[tuple[int, int]]:
    """Where tokens of a kind stand inside of tests, as offsets."""
    starts = [0]
    for line in text.split("\n"):
        starts.append(starts[-1] + len(line) + 1)
    spans = _test_lines(text)
    return [
        (starts[token.start[0] - 1] + token.start[1], starts[token.end[0] - 1] + token.end[1])
        for token in _tokens(text)
        if wanted(token) and any(first <= token.start[0] <= last for first, last in spans)
    ]


def _test_lines(text: str) -> list[tuple[int, int]]:
    return [
        (node.lineno, node.end_lineno or node.lineno)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test")
    ]


def _without(text: str, chance: random.Random, wanted: Callable[[tokenize.TokenInfo], bool]) -> str | None:
    places = _places(text, wanted)
    if not places:
        return None
    start, stop = chance.choice(places)
    return text[:start] + text[stop:]


def _closer_lost(text: str, chance: random.Random) -> str | None:
    return _without(text, chance, lambda token: token.string in _PAIRS)


def _opener_lost(text: str, chance: random.Random) -> str | None:
    return _without(text, chance, lambda token: token.string in _PAIRS.values())


def _closer_twice(text: str, chance: random.Random) -> str | None:
    places = _places(text, lambda token: token.string in _PAIRS)
    if not places:
        return None
    start, stop = chance.choice(places)
    return text[:stop] + text[start:stop] + text[stop:]


def _closer_swapped(text: str, chance: random.Random) -> str | None:
    places = _places(text, lambda token: token.string in _PAIRS)
    if not places:
        return None
    start, stop = chance.choice(places)
    return text[:start] + chance.choice([c for c in _PAIRS if c != text[start]]) + text[stop:]


def _colon_lost(text: str, chance: random.Random) -> str | None:
    places = [(a, b) for a, b in _places(text, lambda token: token.string == ":") if text[b : b + 1] == "\n"]
    if not places:
        return None
    start, stop = chance.choice(places)
    return text[:start] + text[stop:]


def _comma_lost(text: str, chance: random.Random) -> str | None:
    return _without(text, chance, lambda token: token.string == ",")


def _quote_lost(text: str, chance: random.Random) -> str | None:
    places = _places(text, lambda t: t.type == tokenize.STRING and not t.string.endswith(('"""', "'''")))
    if not places:
        return None
    start, stop = chance.choice(places)
    at = chance.choice(
        [stop - 1, stop - 1, start + len(text[start:stop]) - len(text[start:stop].lstrip("rbufRBUF"))]
    )
    return text[:at] + text[at + 1 :]


def _quote_swapped(text: str, chance: random.Random) -> str | None:
    places = _places(text, lambda t: t.type == tokenize.STRING and not t.string.endswith(('"""', "'''")))
    if not places:
        return None
    _, stop = chance.choice(places)
    return text[: stop - 1] + ("'" if text[stop - 1] == '"' else '"') + text[stop:]


def _long_text_open(text: str, chance: random.Random) -> str | None:
    places = _places(text, lambda token: token.string.endswith(('"""', "'''")))
    if not places:
        return None
    _, stop = chance.choice(places)
    return text[: stop - 3] + text[stop:]


def _line_shifted(text: str, chance: random.Random) -> str | None:
    lines = text.split("\n")
    inside = [n for first, last in _test_lines(text) for n in range(first, last) if lines[n].strip()]
    if not inside:
        return None
    number = chance.choice(inside)
    line = lines[number]
    by = chance.choice([1, 2, 4, -1, -2, -4])
    lines[number] = " " * by + line if by > 0 else line[min(-by, len(line) - len(line.lstrip())) :]
    return "\n".join(lines)


def _block_shifted(text: str, chance: random.Random) -> str | None:
    """The body of a block slid out to its header."""
    lines = text.split("\n")
    heads = [n for first, last in _test_lines(text) for n in range(first - 1, last)
             if lines[n].rstrip().endswith(":") and lines[n + 1].strip()]  # fmt: skip
    if not heads:
        return None
    head = chance.choice(heads)
    outer = len(lines[head]) - len(lines[head].lstrip())
    step = len(lines[head + 1]) - len(lines[head + 1].lstrip()) - outer
    number = head + 1
    while number < len(lines) and (
        not lines[number].strip() or lines[number].startswith(" " * (outer + step))
    ):
        lines[number] = lines[number][step:]
        number += 1
    return "\n".join(lines)


def _tabs_mixed(text: str, chance: random.Random) -> str | None:
    lines = text.split("\n")
    spans = _test_lines(text)
    if not spans:
        return None
    first, last = chance.choice(spans)
    for number in range(first, last):
        if chance.random() < 0.5:
            indent = len(lines[number]) - len(lines[number].lstrip(" "))
            lines[number] = "\t" * (indent // 8) + " " * (indent % 8) + lines[number][indent:]
    return "\n".join(lines)


def _assigned(text: str, chance: random.Random) -> str | None:
    found = list(re.finditer(r"^[ \t]+assert [\w.()\[\]]+ (==) ", text, re.MULTILINE))
    if not found:
        return None
    match = chance.choice(found)
    return text[: match.start(1)] + "=" + text[match.end(1) :]


def _typographic(text: str, chance: random.Random) -> str | None:
    places = _places(
        text,
        lambda t: t.type == tokenize.STRING and re.fullmatch(r"'[^'\\]*'|\"[^\"\\]*\"", t.string) is not None,
    )
    if not places:
        return None
    start, stop = chance.choice(places)
    marks = "‘’" if text[start] == "'" else "“”"
    return text[:start] + marks[0] + text[start + 1 : stop - 1] + marks[1] + text[stop:]


def _hard_space(text: str, chance: random.Random) -> str | None:
    places = [(b, b + 1) for _, b in _places(text, lambda t: t.type == tokenize.OP) if text[b : b + 1] == " "]
    if not places:
        return None
    start, stop = chance.choice(places)
    return text[:start] + "\u00a0" + text[stop:]


def _python2(text: str, chance: random.Random) -> str | None:
    """Turns a few constructs of a test back into what Python 2 took."""
    changed = re.sub(r"(except [\w.]+) as (\w+):", r"\1, \2:", text)
    changed = re.sub(r"(assert .*) != ", r"\1 <> ", changed, count=2)
    changed = re.sub(r"^( +)print\((.*)\)$", r"\1print \2", changed, flags=re.MULTILINE)
    changed = re.sub(r"\b0o(\d+)", r"0\1", changed)
    changed = re.sub(r"\brepr\((\w+)\)", r"`\1`", changed)
    return re.sub(
        r"^( +)raise (\w+)\((\"[^\"]*\"|'[^']*')\)$", r"\1raise \2, \3", changed, flags=re.MULTILINE
    )


def _conflict_value(text: str, chance: random.Random) -> str | None:
    """Two values for one expectation; the right one is what stood there."""
    lines = text.split("\n")
    inside = [n for first, last in _test_lines(text) for n in range(first, last)]
    whole = [n for n in inside if lines[n].count("(") == lines[n].count(")")]
    found = [n for n in whole if re.match(r"\s+assert .* == ['\"\d]", lines[n])]
    if not found:
        return None
    number = chance.choice(found)
    stale = re.sub(
        r"== (.)(.*)$",
        lambda m: f"== {m[1]}0{m[2]}" if m[1].isdigit() else f"== {m[1]}old {m[2]}",
        lines[number],
    )
    sides = [lines[number], stale]
    if chance.random() < 0.5:
        sides.reverse()
    lines[number : number + 1] = ["<<<<<<< HEAD", sides[0], "=======", sides[1], ">>>>>>> topic"]
    return "\n".join(lines)


def _conflict_tests(text: str, chance: random.Random) -> str | None:
    """Each side added a test of its own: both belong there."""
    nodes = [n for n in ast.parse(text).body if isinstance(n, ast.FunctionDef) and n.name.startswith("test")]
    pairs = [(a, b) for a, b in pairwise(nodes) if b.lineno - (a.end_lineno or 0) <= 4
             and not a.decorator_list and not b.decorator_list]  # fmt: skip
    if not pairs:
        return None
    one, other = chance.choice(pairs)
    lines = text.split("\n")
    end = other.end_lineno or other.lineno
    between = other.lineno - 1
    lines[one.lineno - 1 : end] = [
        "<<<<<<< HEAD", *lines[one.lineno - 1 : between], "=======", *lines[between:end], ">>>>>>> topic",
    ]  # fmt: skip
    return "\n".join(lines)


KINDS: Mapping[str, Slip] = {
    "closer lost": _closer_lost,
    "opener lost": _opener_lost,
    "closer twice": _closer_twice,
    "closer swapped": _closer_swapped,
    "colon lost": _colon_lost,
    "comma lost": _comma_lost,
    "quote lost": _quote_lost,
    "quote swapped": _quote_swapped,
    "long text open": _long_text_open,
    "line shifted": _line_shifted,
    "block shifted": _block_shifted,
    "tabs mixed": _tabs_mixed,
    "= for ==": _assigned,
    "typographic quotes": _typographic,
    "hard space": _hard_space,
    "Python 2": _python2,
    "conflict: a value": _conflict_value,
    "conflict: tests": _conflict_tests,
}


def slips(text: str, chance: random.Random) -> Iterator[tuple[str, str]]:
    """Each kind that fits the text, once."""
    for kind in KINDS:
        changed = broken(text, kind, chance)
        if changed is not None:
            yield kind, changed
