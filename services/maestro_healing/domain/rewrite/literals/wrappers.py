"""Calls that only lay out a text or a collection: the lines that are joined, the text that is dedented."""

import ast
import re
import textwrap
from dataclasses import dataclass

import libcst as cst

from maestro_healing.domain.rewrite.literals.strings import evaluated
from maestro_healing.domain.rewrite.literals.values import members, read_value, states
from maestro_healing.domain.rewrite.references import terminal

_KINDS: dict[type, type[ast.List] | type[ast.Tuple] | type[ast.Set]] = {
    cst.List: ast.List,
    cst.Tuple: ast.Tuple,
    cst.Set: ast.Set,
}
_CLASS = re.compile(r"<class '(?:[\w.]+\.)?(?P<name>\w+)'>")
_MEMBER = re.compile(r"<(?P<name>\w+\.\w+): .*>")
_COLLECTIONS = ("set", "frozenset", "list", "tuple", "sorted", "dict")


@dataclass(frozen=True)
class Wrapped:
    """What a call wraps, with the values that it has now and is to have."""

    node: cst.BaseExpression
    old: ast.expr
    new: ast.expr


def inside(node: cst.BaseExpression, old: ast.expr, new: ast.expr) -> Wrapped | None:
    """What has to change inside of a call for its value to be `new`; None where that can't be told."""
    match node:
        case cst.Call(func=cst.Attribute(value=cst.SimpleString() as glue, attr=cst.Name(value="join"))):
            return _joined(node, str(glue.evaluated_value), old, new)
        case cst.Call(func=function, args=[cst.Arg(value=text)]) if terminal(function) == "dedent":
            return _dedented(text, old, new)
        case cst.Call(func=cst.Name(value=name), args=[cst.Arg(value=inner)]) if name in _COLLECTIONS:
            return _collection(inner, old, new)
        case cst.Call(func=cst.Name(value="repr"), args=[cst.Arg(value=inner)]):
            return _of_repr(inner, old, new)
        case cst.Call(func=cst.Attribute(value=text, attr=cst.Name(value=method))) if evaluated(text):
            return _method(text, method, old, new)
        case cst.Call(args=[cst.Arg(keyword=None, star="", value=inner)]) if states(inner, old):
            return Wrapped(inner, old, new)  # a marker around the value, such as a snapshot has
    return None


def _texts(old: ast.expr, new: ast.expr) -> tuple[str, str] | None:
    match old, new:
        case ast.Constant(value=str() as before), ast.Constant(value=str() as after):
            return before, after
    return None


def _joined(node: cst.Call, glue: str, old: ast.expr, new: ast.expr) -> Wrapped | None:
    texts = _texts(old, new)
    if texts is None or not glue or len(node.args) != 1:
        return None
    inner = node.args[0].value
    if not isinstance(inner, cst.List | cst.Tuple):
        return None
    lines = [evaluated(element.value) for element in inner.elements]
    known = [line for line in lines if isinstance(line, str)]
    if len(known) != len(lines) or glue.join(known) != texts[0]:
        return None
    return Wrapped(inner, _display(inner, known), _display(inner, texts[1].split(glue)))


def _display(node: cst.List | cst.Tuple, texts: list[str]) -> ast.expr:
    return _KINDS[type(node)]([ast.Constant(text) for text in texts])


def _dedented(node: cst.BaseExpression, old: ast.expr, new: ast.expr) -> Wrapped | None:
    texts = _texts(old, new)
    text = evaluated(node)
    if texts is None or not isinstance(text, str) or textwrap.dedent(text) != texts[0]:
        return None
    line = next((line for line in text.splitlines() if line.strip()), "")
    flush = next((line for line in texts[0].splitlines() if line.strip()), "")
    margin = line.removesuffix(flush)
    lines = [margin + line if line.strip() else line for line in texts[1].split("\n")]
    closing = text.rpartition("\n")[2]
    if "\n" in text and not closing.strip() and not lines[-1].strip():
        lines[-1] = closing  # the closing quotes stay where they are
    return Wrapped(node, ast.Constant(text), ast.Constant("\n".join(lines)))


def _collection(node: cst.BaseExpression, old: ast.expr, new: ast.expr) -> Wrapped | None:
    match old, new:
        case (ast.Call(args=[before]), ast.Call(args=[after])):
            return Wrapped(node, before, after)
    kind = _KINDS.get(type(node))
    had, wanted = members(old), members(new)
    if kind is None or had is None or wanted is None:
        return None
    return Wrapped(node, kind(had), kind(wanted))


def _of_repr(node: cst.BaseExpression, old: ast.expr, new: ast.expr) -> Wrapped | None:
    """The value whose repr a text is: a literal, a class or an enum's member that the file may name."""
    texts = _texts(old, new)
    had, wanted = (_made_of(texts[0]), _made_of(texts[1])) if texts is not None else (None, None)
    return Wrapped(node, had, wanted) if had is not None and wanted is not None else None


def _made_of(text: str) -> ast.expr | None:
    found = _CLASS.fullmatch(text) or _MEMBER.fullmatch(text)
    return read_value(found["name"] if found else text)


def _method(node: cst.BaseExpression, method: str, old: ast.expr, new: ast.expr) -> Wrapped | None:
    """A string's method whose effect can be undone."""
    text = evaluated(node)
    texts = _texts(old, new)
    if not isinstance(text, str):
        return None
    whole: str | None = None
    match method, new:
        case "encode", ast.Constant(value=bytes() as content):
            whole = content.decode(errors="ignore")
        case (("strip" | "lstrip" | "rstrip"), _) if texts is not None:
            at = text.find(texts[0])
            if getattr(text, method)() == texts[0] and getattr(texts[1], method)() == texts[1] and at >= 0:
                whole = text[:at] + texts[1] + text[at + len(texts[0]) :]
        case "splitlines", ast.List(elts=found):
            lines = [value.value for value in found if isinstance(value, ast.Constant)]
            if len(lines) == len(found) and all(isinstance(line, str) for line in lines):
                whole = "\n".join(map(str, lines)) + ("\n" if text.endswith("\n") else "")
    return Wrapped(node, ast.Constant(text), ast.Constant(whole)) if whole is not None else None
