"""Fixtures that have another name now."""

import ast
import re
from collections.abc import Iterator, Mapping
from difflib import SequenceMatcher

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.fixture_names import RenameFixture
from maestro_healing.domain.sources import FolderTree
from maestro_healing.domain.strategies.strategy import Case, Finding

_NOT_FOUND = re.compile(r"^\('(?P<name>\w+)', <")
_LEAST_ALIKE = 0.75


def renamed_fixture(case: Case, change: ProductChange) -> Iterator[Finding]:
    """The fixture that does what the missing one did at base, and was not there then."""
    missing = _NOT_FOUND.search(case.failure.message)
    base = change.project.base
    if missing is None or base is None or case.failure.short_type != "FixtureLookupError":
        return
    name = missing["name"]
    before, after = _fixtures(base), _fixtures(change.project.head)
    if name not in before or name in after:
        return
    where, old = before[name]
    gone = Evidence(EvidenceKind.API_REMOVED, f"The fixture `{name}` stood at base ({where}) and is gone.")
    new = {other: found for other, found in after.items() if other not in before}
    ranked = sorted(
        (
            (SequenceMatcher(None, old, code, autojunk=False).ratio(), other)
            for other, (_, code) in new.items()
        ),
        reverse=True,
    )
    for likeness, other in ranked[:2]:
        if likeness < _LEAST_ALIKE:
            return
        place = new[other][0]
        is_same = likeness == 1.0
        sentence = (
            f"`{other}` ({place}) is new at head and does {'the same' if is_same else 'nearly the same'}."
        )
        kind = EvidenceKind.SAME_BODY if is_same else EvidenceKind.SIMILAR_BODY
        rivals = len([r for r, _ in ranked if r >= _LEAST_ALIKE]) > 1
        evidence = [Evidence(kind, sentence)]
        if rivals:
            evidence.append(Evidence(EvidenceKind.RIVAL_CANDIDATE, "Another new fixture is like it, too."))
        elif is_same:  # what does something else is another fixture, and who took the old one away knows why
            evidence += [gone, Evidence(EvidenceKind.ONLY_CANDIDATE, "No other new fixture is like it.")]
        yield Finding(RenameFixture(name, other), evidence)


def _fixtures(tree: FolderTree) -> Mapping[str, tuple[str, str]]:
    """Where each fixture of the tests stands, and what it does, without its own name."""
    found = {}
    for path in tree.tests:
        text = tree.text(path) or ""
        if "fixture" not in text:
            continue
        try:
            parsed = ast.parse(text)
        except SyntaxError:
            continue
        for node in ast.walk(parsed):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and _is_fixture(node):
                body = "\n".join(map(ast.unparse, node.body))
                found[node.name] = f"{path}:{node.lineno}", f"({ast.unparse(node.args)})\n{body}"
    return found


def _is_fixture(node: ast.FunctionDef | ast.AsyncFunctionDef) -> bool:
    return any("fixture" in ast.unparse(decorator) for decorator in node.decorator_list)
