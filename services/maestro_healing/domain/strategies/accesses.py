"""Members that are called now where they were read, or the reverse."""

from collections.abc import Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.surface import SymbolKind
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.attributes import Access, ChangeAccess
from maestro_healing.domain.strategies.statements import attributes, statement_at
from maestro_healing.domain.strategies.strategy import Case, Finding


def changed_access(case: Case, change: ProductChange) -> Iterator[Finding]:
    """For each member that the failing statement uses and that is reached otherwise now."""
    if not case.failure.is_a("TypeError", "AssertionError", "AttributeError"):
        return
    file, line = case.test_frames()[0]
    statement = statement_at(case.texts.get(file, ""), line)
    for name in sorted(attributes(statement)) if statement else ():
        if name not in change.access:
            continue
        path, before, after = change.access[name]
        new = change.head.definitions[path]
        if after is SymbolKind.FUNCTION and len(new.parameters) > 1:
            continue  # it wants arguments: a call alone is not what the value was
        becomes = Access.CALL if after is SymbolKind.FUNCTION else Access.VALUE
        kinds = f"`{path}` was a {_word(before)} at base and is a {_word(after)} at head ({new.where})."
        evidence = [Evidence(EvidenceKind.API_CHANGED, kinds)]
        evidence.append(
            Evidence(EvidenceKind.SAME_NAME, f"Line {line} of {file} uses `{name}` in the old way.")
        )
        yield Finding(ChangeAccess(name, becomes), evidence)


def _word(kind: SymbolKind) -> str:
    return "method" if kind is SymbolKind.FUNCTION else kind.value
