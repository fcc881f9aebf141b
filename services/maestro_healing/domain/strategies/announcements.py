"""A use that the product deprecates since base: a test that is about it expects the warning."""

import builtins
import re
from collections.abc import Iterator

import libcst as cst

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.hints import read_hints
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.located import walk
from maestro_healing.domain.rewrite.warned import ExpectWarning, head
from maestro_healing.domain.runs import TestFailure
from maestro_healing.domain.strategies.expectations.scene import Scene
from maestro_healing.domain.strategies.strategy import Case, Finding

_PLAIN = re.compile(r"[\w.]+")


def expected(message: str, case: Case, change: ProductChange) -> Iterator[Finding]:
    """Where the failing statement uses what the message calls deprecated, and nothing warned of it at base.

    No other edit may be better known: the use itself stays, and with it all that the test checks.
    """
    failure = case.failure
    where = _new_warning(failure, change)
    scene = Scene(case)
    category = failure.short_type
    if where is None or not scene.views or not hasattr(builtins, category):
        return
    view = scene.views[0]
    statement = view.statement
    if not isinstance(statement, cst.SimpleStatementLine | cst.With):
        return
    used = _names(statement)
    for old in dict.fromkeys(hint.old.rpartition(".")[2] for hint in read_hints(message)):
        if old not in used or not _PLAIN.fullmatch(old):
            continue
        quote = f"The warning says: {' '.join(message.split())[:200]!r}; the statement uses `{old}`."
        evidence = [
            Evidence(EvidenceKind.WARNING_NAMES_IT, quote),
            Evidence(EvidenceKind.API_CHANGED, f"{where} gives this warning, and gave none at base."),
        ]
        mention = change.documents.removing(old)
        if mention is not None:
            sentence = f"{mention.file}:{mention.line} says: {mention.text[:160]!r}."
            evidence.append(Evidence(EvidenceKind.DOCS_NAME_IT, sentence))
        line = view.located.line(statement)
        yield Finding(ExpectWarning(view.owner, head(statement), line, category, old), evidence)


def _new_warning(failure: TestFailure, change: ProductChange) -> str | None:
    """Where the product warns, if it did not do so at base in the same function."""
    raised_at = failure.frames[-1] if failure.frames else None
    if change.base is None or raised_at is None or raised_at.file not in change.project.head.product:
        return None
    before = [s for s in change.base.named(raised_at.function) if s.file == raised_at.file]
    if not before or any("warn" in symbol.source for symbol in before):
        return None
    return f"`{raised_at.function}` ({raised_at.file}:{raised_at.line})"


def _names(statement: cst.SimpleStatementLine | cst.With) -> set[str]:
    """Names, members and keywords in a statement; of a `with` in what it opens."""
    parts = [item.item for item in statement.items] if isinstance(statement, cst.With) else [statement]
    return {node.value for part in parts for node in walk(part) if isinstance(node, cst.Name)}
