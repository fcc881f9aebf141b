"""Calls whose callable takes other parameters now."""

from collections.abc import Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.signatures import SignatureChange, renamed_parameter, signature_change
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.calls import ChangeArguments
from maestro_healing.domain.strategies.statements import callee, calls, statement_at
from maestro_healing.domain.strategies.strategy import Case, Finding


def unexpected_keyword(qualname: str, keyword: str, case: Case, product: ProductChange) -> Iterator[Finding]:
    """A keyword that was renamed, or went away."""
    change = signature_change(qualname, product)
    old = next((p for p in change.before if p.name == keyword), None) if change else None
    if change is None or old is None or all(p.name != keyword for p in change.removed):
        return
    sentence = f"`{change.new.path}` took `{keyword}` at base ({change.old.where}) and does not at head."
    gone = Evidence(EvidenceKind.API_REMOVED, sentence)
    for name in _callees(keyword, case) or [change.callee]:
        renamed = renamed_parameter(old, change, product)
        if renamed:
            new, evidence = renamed
            rule = _rule(change, name, renamed=((keyword, new.name),))
            yield Finding(rule, [gone, *evidence])
        if not renamed or len(change.added) > 1:
            yield Finding(
                _rule(change, name, dropped=frozenset({keyword})),
                [gone, *_dropping(keyword, change, product)],
            )


def bad_arguments(qualname: str, product: ProductChange) -> Iterator[Finding]:
    """Parameters that were reordered, made keyword-only, renamed or removed."""
    change = signature_change(qualname, product)
    if change is None or any(
        p.default is None for p in change.added if not _replaces(p.name, change, product)
    ):
        return
    renamed = []
    evidence = [Evidence(EvidenceKind.API_CHANGED, _signatures(change))]
    dropped = set()
    for old in change.removed:
        found = renamed_parameter(old, change, product)
        if found:
            renamed.append((old.name, found[0].name))
            evidence += found[1]
        else:
            dropped.add(old.name)
            evidence += _dropping(old.name, change, product)
    if not dropped and not renamed:
        evidence.append(
            Evidence(EvidenceKind.SAME_NAME, "The same parameters are given by name, or in their new order.")
        )
    yield Finding(_rule(change, change.callee, tuple(renamed), frozenset(dropped)), evidence)


def _replaces(name: str, change: SignatureChange, product: ProductChange) -> bool:
    found = (renamed_parameter(old, change, product) for old in change.removed)
    return any(pair is not None and pair[0].name == name for pair in found)


def _dropping(keyword: str, change: SignatureChange, product: ProductChange) -> Iterator[Evidence]:
    yield Evidence(EvidenceKind.ARGUMENT_DROPPED, f"The edit gives up what the test said by `{keyword}`.")
    mention = product.documents.removing(keyword)
    if mention:
        yield Evidence(
            EvidenceKind.DOCS_NAME_IT, f"{mention.file}:{mention.line} says: {mention.text[:160]!r}."
        )
    if keyword not in change.new.source:
        sentence = f"Nothing in `{change.new.path}` speaks of `{keyword}` any more, not even to refuse it."
        yield Evidence(EvidenceKind.ONLY_CANDIDATE, sentence)


def _callees(keyword: str, case: Case) -> list[str]:
    """Names of what the failing statement calls with that keyword."""
    for file, line in case.test_frames():
        statement = statement_at(case.texts.get(file, ""), line)
        found = (
            [c for c in calls(statement) if any(k.arg == keyword for k in c.keywords)] if statement else []
        )
        if found:
            return list(dict.fromkeys(callee(c) for c in found if callee(c)))
    return []


def _rule(
    change: SignatureChange,
    name: str,
    renamed: tuple[tuple[str, str], ...] = (),
    dropped: frozenset[str] = frozenset(),
) -> ChangeArguments:
    return ChangeArguments(name, change.places_before, change.places_after, renamed, dropped)


def _signatures(change: SignatureChange) -> str:
    before, after = (", ".join(p.name for p in side) for side in (change.before, change.after))
    return f"`{change.new.path}` took ({before}) at base and takes ({after}) at head ({change.new.where})."
