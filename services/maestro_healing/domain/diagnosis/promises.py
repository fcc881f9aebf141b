"""What the product still says of a function whose body changed:
documentation that did not move, commits that claim no effect.
"""

import ast
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.surface import Symbol, SymbolKind
from maestro_healing.domain.runs import TestFailure

_NO_EFFECT = re.compile(
    r"\b(refactor|clean(s|ed)?[ -]?up|simplif|tid(y|ies)|reformat|speed(s|ed)? up|faster"
    r"|optimi[sz]|rewrite|readab"
    r"|no (functional|behaviou?r)|same behaviou?r)",
    re.IGNORECASE,
)
_ON_PURPOSE = re.compile(
    r"\b(fix|change|now|no longer|instead|break|drop|remove|add|support|raise|return)", re.IGNORECASE
)
_CRASHES = ("TypeError", "AttributeError", "KeyError", "IndexError", "ZeroDivisionError", "RecursionError")
_REACH = 2
_LEAST_LITERAL = 3
_PHRASE = 3
_MEANINGFUL = 4
_WORD = re.compile(r"[a-z]+")


@dataclass(frozen=True)
class Promise:
    """A function that changed, and a statement, as a clause, that its behaviour did not."""

    symbol: Symbol
    statement: str
    evidence: tuple[str, ...]


def kept_promise(failure: TestFailure, change: ProductChange, texts: Mapping[str, str]) -> Promise | None:
    """A public function that the test uses whose body alone changed, where the product says that it did not.

    None where a changelog or document speaks of the function anew: then the change was on purpose.
    """
    if change.base is None or not (failure.is_a("AssertionError") or failure.is_a(*_CRASHES)):
        return None
    for new in _exercised(failure, change, texts):
        if change.documents.mentioning(new.name):
            continue
        statement = _documented(failure, new) or _named_for(failure, new) or _committed(new, change)
        if statement:
            changed = f"The body of `{new.path}` changed since base, its signature and documentation did not."
            silence = f"No changelog or document that is new at head names `{new.name}`."
            return Promise(new, statement, (changed, silence, f"The test fails with {failure.headline!r}."))
    return None


def _exercised(failure: TestFailure, change: ProductChange, texts: Mapping[str, str]) -> Iterator[Symbol]:
    """Changed functions that the failing test calls, or that those call; nearest first."""
    changed = _changed_bodies(change)
    names = _called_names(texts.get(failure.file, ""), failure.test)
    seen: set[str] = set()
    for _ in range(_REACH):
        following: set[str] = set()
        for name in sorted(names):
            for symbol in change.head.named(name):
                if symbol.kind is SymbolKind.MODULE or symbol.path in seen:
                    continue
                seen.add(symbol.path)
                following |= _names_in(symbol.source)
                if symbol.path in changed:
                    yield symbol
        names = following - names


def _changed_bodies(change: ProductChange) -> frozenset[str]:
    """Functions with the same parameters and documentation and another body; what is left is alike."""
    found = set()
    for path, new in change.head.definitions.items():
        old = change.base.definitions.get(path) if change.base else None
        if (
            old is None
            or new.kind not in (SymbolKind.FUNCTION, SymbolKind.PROPERTY)
            or old.tokens == new.tokens
        ):
            continue
        if old.parameters == new.parameters and old.doc == new.doc and new.is_public:
            found.add(path)
    return frozenset(found)


def _called_names(text: str, test: str) -> set[str]:
    """What the test's function calls or reads by name."""
    parts = test.partition("[")[0].split("::")[1:]
    try:
        nodes: list[ast.stmt] = ast.parse(text).body
    except SyntaxError:
        return set()
    for part in parts:
        named = [n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)]
        node = next((n for n in named if n.name == part), None)
        if node is None:
            return set()
        nodes = node.body
    return {name for node in nodes for name in _used_names(node)}


def _names_in(source: str) -> set[str]:
    try:
        return set(_used_names(ast.parse(source)))
    except SyntaxError:
        return set()


def _used_names(tree: ast.AST) -> Iterator[str]:
    for node in ast.walk(tree):
        match node:
            case ast.Attribute(attr=name):
                yield name
            case ast.Name(id=name):
                yield name


def _documented(failure: TestFailure, new: Symbol) -> str | None:
    """The docstring still gives the value that the test expects, and not the one that came."""
    if failure.compared is None or failure.compared.operator != "==" or not new.doc:
        return None
    sides = (failure.compared.left, failure.compared.right)
    values = [_plain(side.text) for side in sides if side.source and _is_literal(side.source)]
    stated = [value for value in values if len(value) >= _LEAST_LITERAL and value in new.doc]
    if len(stated) != 1:
        return None
    line = next(line.strip() for line in new.doc.splitlines() if stated[0] in line)
    return f"its docstring, unchanged since base, still says {line!r}"


def _named_for(failure: TestFailure, new: Symbol) -> str | None:
    """The docstring still says, word for word, what the test is named for."""
    name = failure.test.partition("[")[0].rpartition("::")[2]
    words = _WORD.findall(name.replace("_", " ").lower())
    for line in new.doc.splitlines():
        said = " ".join(_WORD.findall(line.lower()))
        for start in range(len(words) - _PHRASE + 1):
            phrase = words[start : start + _PHRASE]
            if (
                sum(len(word) >= _MEANINGFUL for word in phrase) >= _PHRASE - 1
                and f" {' '.join(phrase)} " in f" {said} "
            ):
                said_so = f"its docstring, unchanged since base, still says {line.strip()!r}"
                return f"{said_so}, which is what the test is named for"
    return None


def _is_literal(text: str) -> bool:
    """Whether it is a plain value: an object's repr may stand in any docstring."""
    try:
        ast.literal_eval(text)
    except (ValueError, SyntaxError, MemoryError, RecursionError):
        return False
    return True


def _plain(text: str) -> str:
    return text.strip("'\"")


def _committed(new: Symbol, change: ProductChange) -> str | None:
    """Every commit that touched the file claims to change nothing that can be seen."""
    touching = [c for c in change.project.commits if new.file in c.paths]
    if not touching or not all(_NO_EFFECT.search(c.message) for c in touching):
        return None
    if any(_ON_PURPOSE.search(_subject(c.message)) for c in touching):
        return None
    claim = f"{touching[0].revision[:10]}: {_subject(touching[0].message)!r}"
    return f"the commits that touched it claim no change of behaviour ({claim})"


def _subject(message: str) -> str:
    return message.strip().partition("\n")[0]
