"""The smallest edit that makes an expression stand for another value.

The value that it stands for now, and the one that it is to stand for, are given as syntax trees of plain
expressions; what is the same in both keeps its text, its comments and its layout.
"""

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from difflib import SequenceMatcher
from typing import Any, cast

import libcst as cst

from maestro_healing.domain.rewrite.literals.elements import spliced
from maestro_healing.domain.rewrite.literals.fields import refilled
from maestro_healing.domain.rewrite.literals.strings import evaluated, quoted, restyled
from maestro_healing.domain.rewrite.literals.values import (
    is_opaque,
    members,
    replaced,
    same,
    states,
)
from maestro_healing.domain.rewrite.literals.wrappers import inside
from maestro_healing.domain.rewrite.references import enclosed


@dataclass(frozen=True)
class Change:
    """A part whose value changes, as expressions; empty where it comes or goes."""

    old: str
    new: str


@dataclass
class Adapter:
    """Makes the edits of one expectation and keeps what they changed.

    `names` has the values that fields of formatted strings may name; new strings are put in `quote`.
    `follow` is asked to edit what a name stands for, elsewhere; it answers whether it could.
    """

    names: Mapping[str, object] = field(default_factory=dict)
    quote: str = '"'
    follow: Callable[[cst.BaseExpression, ast.expr, ast.expr], bool] | None = None
    changes: list[Change] = field(default_factory=list)

    def adapt(self, node: cst.BaseExpression, old: ast.expr, new: ast.expr) -> cst.BaseExpression | None:
        """The expression for the new value; the node itself where nothing is to change,
        None where no edit of it can be told.
        """
        if same(old, new) or is_opaque(new):
            return node
        told = len(self.changes)
        made = self._inside(node, old, new)
        if made is not None:
            return made
        del self.changes[told:]
        if states(node, old):
            return self._replaced(node, old, new)
        return node if self.follow is not None and self.follow(node, old, new) else None

    def _inside(self, node: cst.BaseExpression, old: ast.expr, new: ast.expr) -> cst.BaseExpression | None:
        """An edit of a part."""
        match node, old, new:
            case cst.Dict(), ast.Dict(), ast.Dict():
                return self._dict(node, old, new)
            case ((cst.List() | cst.Tuple() | cst.Set()), ast.expr(), ast.expr()):
                return self._sequence(node, old, new)
            case _, ast.Constant(value=str() as before), ast.Constant(value=str() as after):
                return self._string(node, before, after)
            case cst.Call(), ast.Call(), ast.Call() if same(old.func, new.func):
                return self._call(node, old, new)
            case cst.Call(), _, _:
                return self._through(node, old, new)
        return None

    def _replaced(self, node: cst.BaseExpression, old: ast.expr, new: ast.expr) -> cst.BaseExpression:
        self.changes.append(Change(ast.unparse(old), ast.unparse(new)))
        match node, new:
            case cst.SimpleString(), ast.Constant(value=bytes() as content) if "b" in node.prefix:
                return node.with_changes(value=quoted(content, node))
        made = self.written(new)
        return made.with_changes(lpar=node.lpar, rpar=node.rpar) if node.lpar else enclosed(made)

    def written(self, value: ast.expr) -> cst.BaseExpression:
        """A value as new code."""
        tree = cst.parse_expression(ast.unparse(value))
        return cast("cst.BaseExpression", tree.visit(_Quotes(self.quote)))

    def _string(self, node: cst.BaseExpression, before: str, after: str) -> cst.BaseExpression | None:
        made: cst.BaseExpression | None = None
        if isinstance(node, cst.SimpleString | cst.ConcatenatedString) and evaluated(node) == before:
            made = restyled(node, after)
        if made is None:
            made = refilled(node, before, after, self.names)
        if made is not None:
            self.changes.append(Change(repr(before), repr(after)))
        return made if made is not None else self._through(node, ast.Constant(before), ast.Constant(after))

    def _through(self, node: cst.BaseExpression, old: ast.expr, new: ast.expr) -> cst.BaseExpression | None:
        """An edit of what a known call wraps: the lines that are joined, the text that is dedented."""
        wrapped = inside(node, old, new)
        if wrapped is None:
            return None
        inner = self.adapt(wrapped.node, wrapped.old, wrapped.new)
        return replaced(node, wrapped.node, inner) if inner is not None else None

    def _dict(self, node: cst.Dict, old: ast.Dict, new: ast.Dict) -> cst.BaseExpression | None:
        elements = [element for element in node.elements if isinstance(element, cst.DictElement)]
        if len(elements) != len(node.elements) or len(elements) != len(old.keys):
            return None
        wanted = {_key(key): value for key, value in zip(new.keys, new.values, strict=True)}
        kept: list[tuple[str, cst.BaseDictElement]] = []
        for element, key, value in zip(elements, old.keys, old.values, strict=True):
            name = _key(key)
            if name not in wanted:
                self.changes.append(Change(f"{name}: {ast.unparse(value)}", ""))
                continue
            made = self.adapt(element.value, value, wanted[name])
            if made is None:
                return None
            kept.append((name, element if made is element.value else element.with_changes(value=made)))
        known = {name for name, _ in kept}
        names = list(wanted)
        for number, name in enumerate(names):
            if name in known:
                continue
            before = names[number - 1] if number else None
            place = next((i + 1 for i, (other, _) in enumerate(kept) if other == before), 0)
            value = wanted[name]
            self.changes.append(Change("", f"{name}: {ast.unparse(value)}"))
            written = cst.DictElement(self.written(ast.parse(name, mode="eval").body), self.written(value))
            kept.insert(place, (name, written))
        opening = node.lbrace.whitespace_after
        return node.with_changes(elements=spliced(node.elements, [element for _, element in kept], opening))

    def _sequence(
        self, node: cst.List | cst.Tuple | cst.Set, old: ast.expr, new: ast.expr
    ) -> cst.BaseExpression | None:
        before, after = members(old), members(new)
        if before is None or after is None or type(old) is not type(new):
            return None
        if len(before) != len(node.elements) or any(isinstance(e, cst.StarredElement) for e in node.elements):
            return None
        made = self._set(node, before, after) if isinstance(new, ast.Set) else self._row(node, before, after)
        if made is None:
            return None
        if isinstance(node, cst.Tuple):
            opening = node.lpar[-1].whitespace_after if node.lpar else cst.SimpleWhitespace("")
            closed = spliced(node.elements, made, opening)
            if len(closed) == 1 and not isinstance(closed[0].comma, cst.Comma):
                closed = [closed[0].with_changes(comma=cst.Comma())]
            return node.with_changes(elements=closed) if closed else cst.Tuple([])
        bracket = node.lbracket if isinstance(node, cst.List) else node.lbrace
        if isinstance(node, cst.Set) and not made:
            return None
        return node.with_changes(elements=spliced(node.elements, made, bracket.whitespace_after))

    def _row(
        self, node: cst.List | cst.Tuple | cst.Set, before: Sequence[ast.expr], after: Sequence[ast.expr]
    ) -> list[cst.BaseElement] | None:
        """Members in order."""
        made: list[cst.BaseElement] = []
        for old, new, element in _aligned(before, after, node.elements):
            if old is None and new is not None:
                self.changes.append(Change("", ast.unparse(new)))
                made.append(cst.Element(self.written(new)))
            elif new is None and old is not None:
                self.changes.append(Change(ast.unparse(old), ""))
            elif old is not None and new is not None and element is not None:
                value = self.adapt(element.value, old, new)
                if value is None:
                    return None
                made.append(element if value is element.value else element.with_changes(value=value))
        return made

    def _set(
        self, node: cst.List | cst.Tuple | cst.Set, before: Sequence[ast.expr], after: Sequence[ast.expr]
    ) -> list[cst.BaseElement] | None:
        """Members in no order: those that came are put where the sorted ones would stand."""
        wanted = [ast.dump(value) for value in after]
        pairs = list(zip(before, node.elements, strict=True))
        kept = [(ast.unparse(old), element) for old, element in pairs if ast.dump(old) in wanted]
        self.changes += [Change(ast.unparse(old), "") for old, _ in pairs if ast.dump(old) not in wanted]
        is_sorted = [name for name, _ in kept] == sorted(name for name, _ in kept)
        there = {ast.dump(old) for old in before}
        for new in after:
            if ast.dump(new) in there or is_opaque(new):
                continue
            name = ast.unparse(new)
            self.changes.append(Change("", name))
            later = (i for i, (other, _) in enumerate(kept) if other > name)
            place = next(later, len(kept)) if is_sorted else len(kept)
            kept.insert(place, (name, cst.Element(self.written(new))))
        return [element for _, element in kept]

    def _call(self, node: cst.Call, old: ast.Call, new: ast.Call) -> cst.BaseExpression | None:
        """Arguments of a call that makes the value: each where the other values have it, too."""
        if any(argument.star for argument in node.args):
            return None
        names = [argument.keyword.value if argument.keyword else None for argument in node.args]
        placed_before, placed_after = list(old.args), list(new.args)
        named_before, named_after = (
            {k.arg: k.value for k in call.keywords if k.arg is not None} for call in (old, new)
        )
        if set(named_before) != set(named_after) or len(placed_before) != len(placed_after):
            return None
        made: list[cst.Arg] = []
        left = {name for name in named_before if not same(named_before[name], named_after[name])}
        positional = iter(range(len(placed_before)))
        done: set[int] = set()
        for argument, name in zip(node.args, names, strict=True):
            if name is None:
                number = next(positional, None)
                if number is None:
                    return None
                done.add(number)
                value = self.adapt(argument.value, placed_before[number], placed_after[number])
            elif name in named_before:
                left.discard(name)
                value = self.adapt(argument.value, named_before[name], named_after[name])
            else:
                return None
            if value is None:
                return None
            made.append(argument if value is argument.value else argument.with_changes(value=value))
        rest = [n for n in range(len(placed_before)) if n not in done]
        if left or any(not same(placed_before[n], placed_after[n]) for n in rest):
            return None
        return node.with_changes(args=made)


def _key(key: ast.expr | None) -> str:
    return ast.unparse(key) if key is not None else ""


def _aligned(
    before: Sequence[ast.expr], after: Sequence[ast.expr], elements: Sequence[Any]
) -> Iterator[tuple[ast.expr | None, ast.expr | None, Any]]:
    """Members that stand for each other; None where one came or went."""
    old, new = [ast.dump(value) for value in before], [ast.dump(value) for value in after]
    for _, start, stop, first, last in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        common = min(stop - start, last - first)
        for number in range(common):
            yield before[start + number], after[first + number], elements[start + number]
        for number in range(start + common, stop):
            yield before[number], None, elements[number]
        for number in range(first + common, last):
            yield None, after[number], None


class _Quotes(cst.CSTTransformer):
    def __init__(self, quote: str) -> None:
        super().__init__()
        self._quote = quote

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        value = original_node.evaluated_value
        return updated_node.with_changes(value=quoted(value, None, self._quote))
