"""Where state is put back, and in which style."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from maestro_healing.domain.diagnosis.isolation.dependence import Dependence
from maestro_healing.domain.rewrite.fixtures import AddCleanup, AddFixture
from maestro_healing.domain.rewrite.rule import InFile, Rule
from maestro_healing.domain.state import StateChange
from maestro_healing.domain.strategies.isolation.restoring import Restoring, restoring

_MOST_FILES = 8


def keepers(dependence: Dependence, texts: Mapping[str, str]) -> Iterator[tuple[InFile, ...]]:
    """Edits of the files whose tests leave the state changed, those that authors would make first."""
    leavers = sorted({*dependence.leavers, *dependence.others})
    files = sorted({test.partition("::")[0] for test in leavers})
    if not files or len(files) > _MOST_FILES or any(file not in texts for file in files):
        return
    for make in (_cleanups, _fixtures, _module_fixtures):
        made = [make(dependence.changes, file, texts[file], leavers) for file in files]
        if all(rules is not None for rules in made):
            found = zip(files, made, strict=True)
            yield tuple(InFile(file, rule) for file, rules in found for rule in rules or ())


def _cleanups(
    changes: Sequence[StateChange], file: str, text: str, leavers: Sequence[str]
) -> list[Rule] | None:
    """`addCleanup` in the classes of a file that knows unittest alone; a fixture in any other."""
    classes = {
        test.split("::")[1] for test in leavers if test.startswith(f"{file}::") and test.count("::") > 1
    }
    functions = {test for test in leavers if test.startswith(f"{file}::") and test.count("::") == 1}
    cases = _test_cases(text)
    if functions or not classes <= cases or "pytest" in text:
        return _fixtures(changes, file, text, leavers)
    rules: list[Rule] = []
    for change in changes:
        found = restoring(change, file, text)
        if found is None or not found.cleanup:
            return None
        rules.append(AddCleanup(frozenset(classes), f"self.addCleanup({found.cleanup})", found.imports))
    return rules


def _fixtures(
    changes: Sequence[StateChange], file: str, text: str, leavers: Sequence[str]
) -> list[Rule] | None:
    """A fixture that each test of the file gets."""
    found = [restoring(change, file, text) for change in changes]
    return None if any(one is None for one in found) else [_fixture(one) for one in found if one is not None]


def _module_fixtures(
    changes: Sequence[StateChange], file: str, text: str, leavers: Sequence[str]
) -> list[Rule] | None:
    """As a fixture of the whole file: what a class's or module's own set-up changes is put back too."""
    found = [restoring(change, file, text) for change in changes]
    if any(one is None for one in found):
        return None
    return [_fixture(one, "module") for one in found if one is not None]


def _fixture(found: Restoring, scope: str = "") -> AddFixture:
    name = f"keep_{found.name}"
    uses_request = "request.module" in found.monkeypatch or "request.module" in found.within
    body = [found.monkeypatch] if found.monkeypatch else [*found.before, "yield", *found.after]
    if found.within:
        body = [f"with {found.within}:", "    yield"]
    arguments = ["request"] if uses_request else []
    if found.monkeypatch and scope:
        body = ["with pytest.MonkeyPatch.context() as monkeypatch:", *(f"    {b}" for b in body), "    yield"]
    elif found.monkeypatch:
        arguments.append("monkeypatch")
    marks = "autouse=True" + (f', scope="{scope}"' if scope else "")
    lines = [
        f"@pytest.fixture({marks})",
        f"def {name}({', '.join(arguments)}):",
        '    """Puts back what a test changes, for the tests after it."""',
        *(f"    {line}" for line in body),
    ]
    imports = tuple(name for name in found.imports if name != "os" or not found.monkeypatch)
    return AddFixture(name, "\n".join(lines) + "\n", ("pytest", *imports))


def _test_cases(text: str) -> set[str]:
    """Classes of the file that derive from one called TestCase, or from one that does."""
    found: set[str] = set()
    for node in ast.parse(text).body:
        if isinstance(node, ast.ClassDef):
            bases = {ast.unparse(base).rpartition(".")[2] for base in node.bases}
            if any(base.endswith("TestCase") for base in bases) or bases & found:
                found.add(node.name)
    return found
