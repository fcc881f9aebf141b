"""Calls that return more values now."""

from collections.abc import Iterator

from maestro_healing.domain.diagnosis.arity import tuple_length
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.surface import SymbolKind
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.unpacking import ExtendUnpacking
from maestro_healing.domain.strategies.statements import callee, calls, statement_at
from maestro_healing.domain.strategies.strategy import Case, Finding


def longer_tuple(expected: int, case: Case, change: ProductChange) -> Iterator[Finding]:
    """For each call of the failing statement whose callable returned `expected` values at base and more
    at head.
    """
    innermost = case.failure.frames[-1] if case.failure.frames else None
    if change.base is None or innermost is None or innermost.file not in case.texts:
        return
    statement = statement_at(case.texts[innermost.file], innermost.line)
    for call in calls(statement) if statement else ():
        for new in change.head.named(callee(call)):
            old = change.base.get(new.path)
            if old is None or new.kind is not SymbolKind.FUNCTION:
                continue
            before, after = tuple_length(old), tuple_length(new)
            if before == expected and after is not None and after > before:
                sentence = (
                    f"`{new.path}` gave {before} values at base and gives {after} at head ({new.where})."
                )
                evidence = [Evidence(EvidenceKind.API_CHANGED, sentence)]
                if new.returns and new.returns != old.returns:
                    sentence = f"Its annotation says so: `{old.returns}` became `{new.returns}`."
                    evidence.append(Evidence(EvidenceKind.SAME_SIGNATURE, sentence))
                yield Finding(ExtendUnpacking(new.name, before, after), evidence)
