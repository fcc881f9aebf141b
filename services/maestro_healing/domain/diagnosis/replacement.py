"""What to use in the place of a path that stood at base and is gone at head."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.meaning import (
    Expression,
    Imported,
    meaning_in_module,
    meaning_of_body,
)
from maestro_healing.domain.diagnosis.successors import Successor, name_likeness, successors
from maestro_healing.domain.diagnosis.surface import Surface, Symbol, SymbolKind
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.inline import InlineFunction, ReplaceValue
from maestro_healing.domain.rewrite.rename import RenameSymbol
from maestro_healing.domain.rewrite.rule import Rule

_MOST_CANDIDATES = 3
_LEAST_SHARED = 0.5


@dataclass(frozen=True)
class Replacement:
    """An edit that puts something in the place of what is gone, and what speaks for it."""

    rule: Rule
    evidence: tuple[Evidence, ...]


def replacements(path: str, change: ProductChange) -> Iterator[Replacement]:
    """What can stand for a vanished module, class, function or constant at `path`, the likeliest first."""
    base = change.base
    if base is None or not base.has(path):
        return
    gone = Evidence(EvidenceKind.API_REMOVED, f"`{path}` stood at base and is gone at head.")
    for replacement in _replacements(path, change, base):
        yield Replacement(replacement.rule, (gone, *replacement.evidence))


def _replacements(path: str, change: ProductChange, base: Surface) -> Iterator[Replacement]:
    symbol = base.get(path)
    if symbol is not None and symbol.kind is SymbolKind.MODULE:
        yield from _moved_module(symbol, change, base)
        return
    at_home = change.head.get(symbol.path) if symbol else None
    found = successors(symbol, base, change.head)[:_MOST_CANDIDATES] if symbol and at_home is None else []
    renamed = [candidate for candidate in found if candidate.is_renamed]
    # First of all: what it did, written out in the test, would test nothing of the product.
    for candidate in renamed:
        yield _succeeded(path, candidate, found, change)
    yield from _same_meaning(path, symbol, change, base)
    if symbol is None:
        return
    if at_home is not None and symbol.path != path:
        sentence = f"At base it was a re-export of `{symbol.path}`, which still stands at head."
        yield Replacement(
            RenameSymbol(path, symbol.path), (Evidence(EvidenceKind.DEFINITION_KNOWN, sentence),)
        )
        return
    yield from _swapped(path, symbol, change)
    for candidate in found:
        if candidate not in renamed:
            yield _succeeded(path, candidate, found, change)


def _succeeded(
    path: str, candidate: Successor, rivals: Sequence[Successor], change: ProductChange
) -> Replacement:
    rule = RenameSymbol(path, _import_path(candidate.new, path, change))
    return Replacement(rule, tuple(successor_evidence(candidate, rivals, change)))


def _same_meaning(
    path: str, symbol: Symbol | None, change: ProductChange, base: Surface
) -> Iterator[Replacement]:
    parent, _, name = path.rpartition(".")
    module = base.get(parent)
    text = (change.project.base.text(module.file) if module and change.project.base else None) or ""
    meaning = meaning_of_body(symbol, text) if symbol else None
    found = meaning or meaning_in_module(text, name)
    match found:
        case Expression(text=expression, parameters=parameters, imports=imports):
            is_function = symbol is not None and symbol.kind is SymbolKind.FUNCTION
            sentence = (
                f"At base `{name}` was nothing but `{expression}` ({module.file if module else parent})."
            )
            evidence = Evidence(EvidenceKind.DEFINITION_KNOWN, sentence)
            rule: Rule = ReplaceValue(path, expression, imports)
            if is_function:
                rule = InlineFunction(path, parameters, expression, imports)
            yield Replacement(rule, (evidence,))
        case Imported(path=target) if not change.is_product(target) or change.head.has(target):
            sentence = (
                f"At base `{path}` was `{target}`, imported there ({module.file if module else parent})."
            )
            yield Replacement(
                RenameSymbol(path, target), (Evidence(EvidenceKind.DEFINITION_KNOWN, sentence),)
            )


def _swapped(path: str, symbol: Symbol, change: ProductChange) -> Iterator[Replacement]:
    """Constants and the like: the product's own lines say what took the place."""
    for old, new in change.substitutions:
        successor = change.head.get(f"{symbol.parent}.{new}")
        if old != symbol.name or successor is None or change.base is None or change.base.has(successor.path):
            continue
        if symbol.kind is not SymbolKind.ATTRIBUTE or successor.kind is not SymbolKind.ATTRIBUTE:
            continue  # functions and classes are judged by their bodies
        rule = RenameSymbol(path, f"{path.rpartition('.')[0]}.{new}")
        candidate = Successor(symbol, successor, 0.0, name_likeness(old, new))
        yield Replacement(rule, tuple(successor_evidence(candidate, [candidate], change)))


def _moved_module(symbol: Symbol, change: ProductChange, base: Surface) -> Iterator[Replacement]:
    names = _public_names(symbol.path, base)
    found = []
    for path, new in change.head.definitions.items():
        if new.kind is SymbolKind.MODULE and path not in base.definitions:
            shared = len(names & _public_names(path, change.head)) / max(len(names), 1)
            if shared >= _LEAST_SHARED:
                found.append((shared, new))
    for shared, new in sorted(found, key=lambda pair: (pair[0], pair[1].path), reverse=True)[
        :_MOST_CANDIDATES
    ]:
        sentence = f"`{new.path}` is new at head and has {shared:.0%} of what `{symbol.path}` offered."
        evidence = [Evidence(EvidenceKind.API_ADDED, sentence)]
        evidence.append(Evidence(EvidenceKind.SAME_BODY, f"Both define {_listed(sorted(names), 4)}."))
        if len(found) == 1:
            evidence.append(Evidence(EvidenceKind.ONLY_CANDIDATE, "No other new module does."))
        yield Replacement(RenameSymbol(symbol.path, new.path, is_module=True), tuple(evidence))


def _public_names(module: str, surface: Surface) -> set[str]:
    prefix = f"{module}."
    members = (path[len(prefix) :] for path in surface.definitions if path.startswith(prefix))
    return {name for name in members if "." not in name and not name.startswith("_")}


def _listed(names: Sequence[str], most: int) -> str:
    shown = ", ".join(f"`{name}`" for name in names[:most])
    return f"{shown} and {len(names) - most} more" if len(names) > most else shown


def _import_path(symbol: Symbol, used: str, change: ProductChange) -> str:
    """Where a test would import it from: the module that it used, else the definition's own."""
    beside = f"{used.rpartition('.')[0]}.{symbol.name}"
    found = change.head.get(beside)
    return beside if found and found.path == symbol.path else symbol.path


def successor_evidence(
    candidate: Successor, rivals: Sequence[Successor], change: ProductChange
) -> Iterator[Evidence]:
    """What speaks for a successor, and against it."""
    old, new = candidate.old, candidate.new
    yield Evidence(EvidenceKind.API_ADDED, f"`{new.path}` is new at head ({new.where}).")
    if candidate.has_same_body:
        yield Evidence(
            EvidenceKind.SAME_BODY, f"Its body is that of `{old.path}` at base ({candidate.body:.0%} alike)."
        )
    elif candidate.has_similar_body:
        yield Evidence(
            EvidenceKind.SIMILAR_BODY, f"Its body is {candidate.body:.0%} like that of `{old.path}` at base."
        )
    if candidate.has_same_name:
        yield Evidence(EvidenceKind.SAME_NAME, "The name stayed, the place changed.")
    elif candidate.name >= _LEAST_SHARED:
        yield Evidence(
            EvidenceKind.SIMILAR_NAME,
            f"The names `{old.name}` and `{new.name}` are {candidate.name:.0%} alike.",
        )
    if old.parameters and old.parameters == new.parameters:
        yield Evidence(EvidenceKind.SAME_SIGNATURE, "Both take the same parameters.")
    places = change.substitutions.get((old.name, new.name), [])
    if places:
        first = places[0]
        sentence = (
            f"The product's own code made the same change at {first.file}:{first.line}: `{first.text}`."
        )
        yield Evidence(EvidenceKind.CALL_SITES_CHANGED, sentence)
    mention = change.documents.naming(old.name, new.name) if old.name != new.name else None
    if mention:
        yield Evidence(
            EvidenceKind.DOCS_NAME_IT, f"{mention.file}:{mention.line} says: {mention.text[:160]!r}."
        )
    if new.name.startswith("_") and not old.name.startswith("_"):
        yield Evidence(EvidenceKind.PRIVATE_NAME, f"`{new.name}` is private.")
    close = [r for r in rivals if r.new.path != new.path and r.score >= candidate.score - 0.25]
    if close:
        sentence = f"`{close[0].new.path}` is nearly as likely."
        yield Evidence(EvidenceKind.RIVAL_CANDIDATE, sentence)
    elif not candidate.has_similar_body:
        yield Evidence(EvidenceKind.ONLY_CANDIDATE, "Nothing else that is new comes close.")
