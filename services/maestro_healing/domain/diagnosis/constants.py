"""Which texts, numbers and raised types the product's code swapped for others, function by function."""

import ast
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property

from maestro_healing.domain.sources import FolderTree

FIELD, QUOTED_FIELD = "\ue000", "\ue001"  # in a template, where a value goes, and where its repr does
_TEMPLATE_FIELD = re.compile(r"\{[^{}]*?(?P<repr>!r)?(?::[^{}]*)?\}|%(?:\(\w+\))?(?:[sdif]|(?P<percent>r))")
_LEAST_ALIKE = 0.3
_LEAST_ALIKE_ELSEWHERE = 0.7
_TOKEN = re.compile(r"\w+|\s+|[^\w\s]")


@dataclass(frozen=True)
class Constant:
    """A literal in the product's code; a text's fields are marked."""

    kind: str
    text: str
    line: int


@dataclass(frozen=True)
class Substitution:
    """In one function, class body or module, a constant that came in another's place.

    One of both is empty where the other came or went alone.
    """

    kind: str
    old: str
    new: str
    scope: str
    file: str
    line: int

    @property
    def where(self) -> str:
        """File and line at head (at base, where it is gone), as a reviewer looks them up."""
        return f"{self.file}:{self.line}"

    @cached_property
    def difference(self) -> tuple[tuple[str, str], ...]:
        """What was taken out and put in, without the text around it."""
        old, new = _TOKEN.findall(self.old), _TOKEN.findall(self.new)
        opcodes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        return tuple(
            ("".join(old[start:stop]), "".join(new[first:last]))
            for tag, start, stop, first, last in opcodes
            if tag != "equal"
        )


class Constants:
    """What changed between two revisions of the product."""

    def __init__(self, base: FolderTree | None, head: FolderTree) -> None:
        self._base = base
        self._head = head

    @cached_property
    def substitutions(self) -> Sequence[Substitution]:
        """Texts, numbers, and names of raised exceptions (kind `raise`), in the order of the files."""
        return tuple(self._changes())

    def _changes(self) -> Iterator[Substitution]:
        if self._base is None:
            return
        for path in sorted({*self._base.product, *self._head.product}):
            old, new = (tree.text(path) or "" for tree in (self._base, self._head))
            if old != new:
                yield from _of_file(self._head.module_name(path), path, _scopes(old), _scopes(new))


def _of_file(
    module: str, path: str, before: Mapping[str, list[Constant]], after: Mapping[str, list[Constant]]
) -> Iterator[Substitution]:
    """First within each scope, then between scopes: a text may have moved from one function to another."""
    gone: list[tuple[str, Constant]] = []
    come: list[tuple[str, Constant]] = []

    def made(scope: str, old: Constant | None, new: Constant | None) -> Substitution:
        shown = new or old or Constant("text", "", 0)
        texts = (old.text if old else "", new.text if new else "")
        return Substitution(shown.kind, *texts, f"{module}.{scope}" if scope else module, path, shown.line)

    for scope in dict.fromkeys((*after, *before)):
        for old, new in _paired(before.get(scope, []), after.get(scope, []), _LEAST_ALIKE):
            if old is not None and new is not None:
                yield made(scope, old, new)
            elif old is not None:
                gone.append((scope, old))
            elif new is not None:
                come.append((scope, new))
    scopes = {id(constant): scope for scope, constant in (*gone, *come)}
    for old, new in _paired([c for _, c in gone], [c for _, c in come], _LEAST_ALIKE_ELSEWHERE):
        yield made(scopes[id(new or old)], old, new)


def _scopes(text: str) -> Mapping[str, list[Constant]]:
    """Constants of each function, class body and of the module, by qualified name."""
    found: dict[str, list[Constant]] = {}
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return found

    def visit(node: ast.AST, name: str) -> None:
        for child in _without_annotations(node):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                visit(child, f"{name}.{child.name}" if name else child.name)
            elif not _is_bare_text(child):
                constant = _constant(child)
                if constant is not None:
                    found.setdefault(name, []).append(constant)
                if not isinstance(child, ast.JoinedStr):
                    visit(child, name)

    visit(tree, "")
    return found


def _without_annotations(node: ast.AST) -> Iterator[ast.AST]:
    for name, value in ast.iter_fields(node):
        if name not in ("annotation", "returns"):
            for child in value if isinstance(value, list) else [value]:
                if isinstance(child, ast.AST):
                    yield child


def _is_bare_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


def _constant(node: ast.AST) -> Constant | None:
    match node:
        case ast.Constant(value=str() as text):
            return Constant("text", _TEMPLATE_FIELD.sub(_mark, text), node.lineno)
        case ast.Constant(value=bool() | None):
            return None
        case ast.Constant(value=int() | float() as number):
            return Constant("number", repr(number), node.lineno)
        case ast.JoinedStr(values=parts):
            return Constant("text", "".join(map(_part, parts)), node.lineno)
        case ast.Raise(exc=ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name))):
            return Constant("raise", name, node.lineno)
        case ast.Raise(exc=ast.Name(id=name) | ast.Attribute(attr=name)) if name[:1].isupper():
            return Constant("raise", name, node.lineno)
    return None


def _mark(field: re.Match[str]) -> str:
    return QUOTED_FIELD if field["repr"] or field["percent"] else FIELD


def _part(node: ast.expr) -> str:
    match node:
        case ast.Constant(value=str() as text):
            return text
        case ast.FormattedValue(conversion=conversion):
            return QUOTED_FIELD if conversion == ord("r") else FIELD
    return FIELD


def _paired(
    before: Sequence[Constant], after: Sequence[Constant], least: float
) -> Iterator[tuple[Constant | None, Constant | None]]:
    """Constants that went and came, those together that are alike."""
    gone, come = _left(before, after), _left(after, before)
    for old in gone:
        rivals = [(_alike(old, new), new) for new in come if new.kind == old.kind]
        likeness, best = max(rivals, key=lambda rival: rival[0], default=(0.0, None))
        if best is None or likeness < least:
            yield old, None
        else:
            come.remove(best)
            yield old, best
    for new in come:
        yield None, new


def _alike(one: Constant, other: Constant) -> float:
    if one.kind != "text":
        return 1.0
    return SequenceMatcher(None, one.text, other.text, autojunk=False).ratio()


def _left(these: Sequence[Constant], others: Sequence[Constant]) -> list[Constant]:
    """Those that the others have fewer of."""
    surplus = Counter((c.kind, c.text) for c in these) - Counter((c.kind, c.text) for c in others)
    found = []
    for constant in these:
        key = constant.kind, constant.text
        if surplus[key] > 0:
            surplus[key] -= 1
            found.append(constant)
    return found
