"""Attributes and methods of the product's classes that have another name now."""

from collections.abc import Iterator, Sequence

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.meaning import Expression, delegate_of_body, meaning_of_body
from maestro_healing.domain.diagnosis.replacement import successor_evidence
from maestro_healing.domain.diagnosis.successors import successors
from maestro_healing.domain.diagnosis.surface import Symbol, SymbolKind
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.attributes import RenameAttribute
from maestro_healing.domain.rewrite.inline import InlineMethod
from maestro_healing.domain.strategies.strategy import Finding

_MOST_CANDIDATES = 3


def renamed_member(name: str, owners: Sequence[str], change: ProductChange) -> Iterator[Finding]:
    """What the class offers in the place of a member that it had at base.

    `owners`: its full name and its bases'.
    """
    found = _member(name, owners, change)
    if found is None or change.base is None:
        return
    owner, old = found
    known = [
        Evidence(EvidenceKind.API_REMOVED, f"`{old.path}` stood at base ({old.where}) and is gone at head."),
        Evidence(EvidenceKind.RECEIVER_TYPE_KNOWN, f"It was asked of a `{owner}`, as the failure says."),
    ]
    candidates = successors(old, change.base, change.head)[:_MOST_CANDIDATES]
    sure = [candidate for candidate in candidates if candidate.has_same_body]
    found_by_name = [
        Finding(RenameAttribute(name, c.new.name), [*known, *successor_evidence(c, candidates, change)])
        for c in [*sure, *(c for c in candidates if c not in sure)]
    ]
    yield from found_by_name[: len(sure)]
    yield from _written_out(old, known, change)
    yield from found_by_name[len(sure) :]


def _member(name: str, owners: Sequence[str], change: ProductChange) -> tuple[str, Symbol] | None:
    for owner in owners:
        old = change.base.get(f"{owner}.{name}") if change.base and change.is_product(owner) else None
        if old is not None and not change.head.has(f"{owner}.{name}"):
            return owner, old
    return None


def _written_out(old: Symbol, known: list[Evidence], change: ProductChange) -> Iterator[Finding]:
    """A member that was a mere alias: another one's name, or one expression."""
    delegate = delegate_of_body(old) or ""
    front, _, target = delegate.rpartition(".")
    if front in ("self", "cls") and target.isidentifier() and change.head.has(f"{old.parent}.{target}"):
        sentence = f"At base it only called `{target}`, which still stands at head."
        yield Finding(
            RenameAttribute(old.name, target), [*known, Evidence(EvidenceKind.DEFINITION_KNOWN, sentence)]
        )
        return
    base = change.project.base
    meaning = meaning_of_body(old, (base.text(old.file) if base else None) or "")
    if (
        isinstance(meaning, Expression)
        and meaning.parameters
        and not meaning.imports
        and "._" not in meaning.text
    ):
        rule = InlineMethod(old.name, meaning.parameters, meaning.text, old.kind is SymbolKind.PROPERTY)
        sentence = f"At base it returned `{meaning.text}` and did nothing else."
        yield Finding(rule, [*known, Evidence(EvidenceKind.DEFINITION_KNOWN, sentence)])
