"""Deprecated uses whose warning, now an error, names what to use instead."""

import ast
from collections.abc import Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.hints import Hint, Template, read_hints
from maestro_healing.domain.diagnosis.lazy import lazy_target
from maestro_healing.domain.diagnosis.replacement import successor_evidence
from maestro_healing.domain.diagnosis.successors import successors
from maestro_healing.domain.diagnosis.surface import Symbol
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.attributes import RenameAttribute
from maestro_healing.domain.rewrite.calls import ReplaceKeyword
from maestro_healing.domain.rewrite.rename import RenameSymbol
from maestro_healing.domain.strategies.statements import attributes, calls, statement_at
from maestro_healing.domain.strategies.strategy import Case, Finding


def replaced(message: str, case: Case, change: ProductChange) -> Iterator[Finding]:
    """What the message names in the place of what the failing statement uses."""
    quote = Evidence(EvidenceKind.WARNING_NAMES_IT, f"The warning says: {' '.join(message.split())[:200]!r}.")
    statements = [
        s for s in (statement_at(case.texts[f], n) for f, n in case.test_frames() if f in case.texts) if s
    ]
    for hint in read_hints(message):
        for statement in statements:
            yield from _keyword(hint, statement, change, quote)
            yield from _attribute(hint, statement, change, quote)
        yield from _symbol(hint, change, quote)


def _keyword(hint: Hint, statement: ast.AST, change: ProductChange, quote: Evidence) -> Iterator[Finding]:
    if not any(k.arg == hint.old for call in calls(statement) for k in call.keywords):
        return
    if hint.template is not None:
        found = _template(hint.old, hint.template, change)
        if found is not None:
            yield Finding(found, [quote])
    elif hint.new.isidentifier() and _is_parameter(hint.new, change):
        yield Finding(ReplaceKeyword(hint.old, hint.new, "..."), [quote])


def _template(old: str, template: Template, change: ProductChange) -> ReplaceKeyword | None:
    named = [s for s in change.head.named(template.name) if s.is_public or change.head.exports(s)]
    if len(named) != 1:
        return None
    return ReplaceKeyword(old, template.keyword, template.value, change.head.exports(named[0])[0])


def _is_parameter(name: str, change: ProductChange) -> bool:
    return any(p.name == name for symbol in change.head.definitions.values() for p in symbol.parameters)


def _attribute(hint: Hint, statement: ast.AST, change: ProductChange, quote: Evidence) -> Iterator[Finding]:
    old, new = (path.rpartition(".")[2] for path in (hint.old, hint.new))
    if old not in attributes(statement) or not new or old == new:
        return
    target = next((s for s in change.head.named(new) if _is_member(s, change)), None)
    if target is not None:
        sentence = f"`{target.path}` stands at head ({target.where})."
        yield Finding(RenameAttribute(old, new), [quote, Evidence(EvidenceKind.API_ADDED, sentence)])


def _is_member(symbol: Symbol, change: ProductChange) -> bool:
    parent = change.head.definitions.get(symbol.parent)
    return parent is not None and parent.kind.value == "class"


def _symbol(hint: Hint, change: ProductChange, quote: Evidence) -> Iterator[Finding]:
    """A deprecated import: to the path that is named, or else to the definition that took its place."""
    for old in _paths(hint.old, change):
        if hint.new:
            beside = f"{old.rpartition('.')[0]}.{hint.new}"
            new = beside if change.head.has(beside) else next(iter(_paths(hint.new, change)), hint.new)
            if "." in new and (change.head.has(new) or not change.is_product(new)):
                yield Finding(RenameSymbol(old, new), [quote, *_support(old, new, change)])
        yield from _answered(old, change)
        symbol = change.base.get(old) if change.base else None
        if symbol is None or change.base is None or change.head.get(symbol.path) is not None:
            continue
        rivals = successors(symbol, change.base, change.head)
        for candidate in rivals[:1]:
            plain = Evidence(EvidenceKind.API_REMOVED, f"`{symbol.path}` is a deprecated alias at head.")
            beside = f"{old.rpartition('.')[0]}.{candidate.new.name}"
            new = beside if change.head.has(beside) else candidate.new.path
            yield Finding(RenameSymbol(old, new), [plain, *successor_evidence(candidate, rivals, change)])


def _answered(old: str, change: ProductChange) -> Iterator[Finding]:
    """A name that its module only answers with a warning: what it answers can be named itself."""
    target = lazy_target(old, change.head)
    if target is None:
        return
    answers = f"`{old.rpartition('.')[0]}.__getattr__` answers `{old}` with `{target}` and a warning."
    evidence = [Evidence(EvidenceKind.DEFINITION_KNOWN, answers)]
    evidence.append(
        Evidence(EvidenceKind.API_REMOVED, f"`{old}` stood at base and is no more than that at head.")
    )
    if target.rpartition(".")[2].startswith("_"):
        evidence.append(Evidence(EvidenceKind.PRIVATE_NAME, f"`{target}` is private."))
    yield Finding(RenameSymbol(old, target), evidence)


def _support(old: str, new: str, change: ProductChange) -> Iterator[Evidence]:
    """What else speaks for the name in the warning."""
    target = change.head.get(new)
    if target is not None:
        yield Evidence(EvidenceKind.API_ADDED, f"`{new}` stands at head ({target.where}).")
    names = old.rpartition(".")[2], new.rpartition(".")[2]
    for place in change.substitutions.get(names, [])[:1]:
        sentence = (
            f"The product's own code made the same change at {place.file}:{place.line}: `{place.text}`."
        )
        yield Evidence(EvidenceKind.CALL_SITES_CHANGED, sentence)
    mention = change.documents.naming(*names)
    if mention:
        yield Evidence(
            EvidenceKind.DOCS_NAME_IT, f"{mention.file}:{mention.line} says: {mention.text[:160]!r}."
        )


def _paths(name: str, change: ProductChange) -> Iterator[str]:
    """The full paths that a message's shortened one may mean."""
    if "." in name and change.is_product(name):
        yield name
        return
    for surface in (change.base, change.head):
        for symbol in surface.named(name) if surface else ():
            if not _is_member(symbol, change):
                yield from surface.exports(symbol) if surface else ()
