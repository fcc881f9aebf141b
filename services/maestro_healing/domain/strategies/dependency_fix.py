"""Imports that lead nowhere any more."""

import ast
from collections.abc import Iterable, Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.replacement import Replacement, replacements
from maestro_healing.domain.diagnosis.stdlib import dropped_names, stdlib_replacement
from maestro_healing.domain.diagnosis.symptoms import (
    MissingAttribute,
    MissingModule,
    MissingName,
    read_symptom,
)
from maestro_healing.domain.model import StrategyInfo
from maestro_healing.domain.strategies.strategy import Case, Proposal

_MOST_ALTERNATIVES = 3


class DependencyFix:
    """Modules and names that moved, were renamed or removed: in the product, or in Python itself."""

    info = StrategyInfo(
        "dependency_fix",
        "missing or moved modules, removed stdlib modules, undeclared or conflicting packages",
        "symbol index of old and new code, installed metadata, lock files",
        available=True,
    )

    def propose(self, case: Case, change: ProductChange) -> Iterable[Proposal]:
        """Every import of the file that leads nowhere is replaced at once: the next one would fail next."""
        found = [list(_replacements(path, case, change)) for path in _missing(case, change)]
        if not found or not found[0]:
            return
        for first in found[0][:_MOST_ALTERNATIVES]:
            chosen = [first, *(alternatives[0] for alternatives in found[1:] if alternatives)]
            evidence = tuple(e for replacement in chosen for e in replacement.evidence)
            yield Proposal(self.info.id, tuple(r.rule for r in chosen), evidence)


def _replacements(path: str, case: Case, change: ProductChange) -> Iterator[Replacement]:
    standard = stdlib_replacement(path, case.python)
    if standard is not None:
        yield standard
    elif change.is_product(path):
        yield from replacements(path, change)


def _missing(case: Case, change: ProductChange) -> list[str]:
    """Dotted paths that the failing file imports in vain, those that failed first."""
    match read_symptom(case.failure):
        case MissingName(module=module, name=name):
            failed = f"{module}.{name}"
        case MissingModule(module=module):
            failed = module
        case MissingAttribute(name=name, owners=(module,), of_module=True) if not change.is_product(module):
            return [f"{module}.{name}"]
        case MissingAttribute(name=name, owners=owners) if "unittest.case.TestCase" in owners:
            return [f"unittest.TestCase.{name}"]
        case _:
            return []
    dead = {
        path
        for file, _ in case.test_frames()
        for path in _dead_imports(case.texts.get(file, ""), case, change)
    }
    below = sorted(path for path in dead if path == failed or path.startswith(f"{failed}."))
    if list(replacements(failed, change)):  # a module that moved as a whole moves in one edit
        below = [failed]
        dead = {path for path in dead if not path.startswith(f"{failed}.")}
    return [*(below or [failed]), *sorted(dead - set(below))]


def _dead_imports(text: str, case: Case, change: ProductChange) -> Iterator[str]:
    """What a file imports that leads nowhere at head, or is gone from Python."""
    try:
        tree = ast.parse(text)
    except SyntaxError:
        return
    for node in ast.walk(tree):
        match node:
            case ast.ImportFrom(module=str() as module, names=aliases, level=0):
                paths = [f"{module}.{alias.name}" for alias in aliases if alias.name != "*"]
            case ast.Import(names=aliases):
                paths = [alias.name for alias in aliases]
                used = {ast.unparse(n) for n in ast.walk(tree) if isinstance(n, ast.Attribute)}
                paths += [path for module in paths for path in dropped_names(module) if path in used]
            case _:
                continue
        for path in paths:
            if change.is_product(path):
                if not change.head.has(path):
                    yield path
            elif stdlib_replacement(path, case.python):
                yield path
