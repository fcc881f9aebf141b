"""What sets a piece of state up for a test that others used to set it up for."""

from collections.abc import Iterator, Mapping

from maestro_healing.domain.diagnosis.isolation.dependence import Dependence
from maestro_healing.domain.rewrite.fixtures import AddFixture
from maestro_healing.domain.rewrite.rule import InFile
from maestro_healing.domain.state import StateChange
from maestro_healing.domain.strategies.isolation.reaching import OWN_MODULE, reach

_MOST_TRIES = 6


def givers(
    dependence: Dependence, texts: Mapping[str, str]
) -> Iterator[tuple[StateChange, tuple[InFile, ...]]]:
    """One fixture for the test's file at a time, for each piece of state that can be written down.

    The value is what other tests left there, for the time of each test alone.
    """
    file = dependence.test.partition("::")[0]
    if file not in texts:
        return
    tried = 0
    for change in dependence.changes:
        fixture = _fixture(change, file, texts[file])
        if fixture is not None and tried < _MOST_TRIES:
            tried += 1
            yield change, (InFile(file, fixture),)


def _fixture(change: StateChange, file: str, text: str) -> AddFixture | None:
    if not change.source or not change.has:
        return None
    reached = reach(change, file, text)
    if reached is None or reached.owner == OWN_MODULE:
        return None
    if change.module == "os" and change.steps == (".environ",):
        statement = f"monkeypatch.setenv({change.slot}, {change.source})"
    elif change.kind == "dict":
        statement = f"monkeypatch.setitem({reached.owner}, {change.slot}, {change.source})"
    elif change.kind in ("instance", "module", "class") and change.slot.isidentifier():
        raising = "" if change.had else ", raising=False"
        statement = f'monkeypatch.setattr({reached.owner}, "{change.slot}", {change.source}{raising})'
    else:
        return None
    slot = change.slot.strip("'").lower()
    name = f"with_{slot if slot.isidentifier() else reached.name}"
    source = (
        "@pytest.fixture(autouse=True)\n"
        f"def {name}(monkeypatch):\n"
        '    """Sets up what tests here need, and other tests happened to leave."""\n'
        f"    {statement}\n"
    )
    return AddFixture(name, source, ("pytest", *reached.imports))
