"""What the mutation check makes of a heal that the static guard lets through."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import FileChange, Finding
from maestro_healing.domain.model import Evidence, EvidenceKind, Policy, StrategyInfo, TestHealing, Verdict
from maestro_healing.domain.sources import Project
from maestro_healing.domain.strategies.strategy import Case, Proposal

MakeProject = Callable[..., Project]
RunLocally = Callable[[Project], LocalRunner]

OLD = "def total(prices, discount=0):\n    return sum(prices) * (100 - discount) / 100\n"
TEST = "from shop import total\n\n\ndef test_total():\n    assert total([50, 50], discount=10) == 90\n"


@dataclass(frozen=True)
class Replace:
    """An edit of the file's text."""

    old: str
    new: str
    whole_file = True

    def rewrite_text(self, text: str) -> str:
        return text.replace(self.old, self.new)


@dataclass(frozen=True)
class Careless:
    """A strategy that proposes one edit, be it what it may."""

    edit: Replace
    info = StrategyInfo("careless", "anything", "none", True)

    def propose(self, case: Case, change: ProductChange) -> Iterator[Proposal]:
        known = tuple(
            Evidence(kind, f"{kind}.") for kind in (EvidenceKind.LANGUAGE_FACT, EvidenceKind.SAME_NAME)
        )
        yield Proposal("careless", (self.edit,), known)


def sees_nothing(files: Sequence[FileChange]) -> Sequence[Finding]:
    """A guard that lets everything through."""
    return ()


async def heal(project: Project, runner: LocalRunner, old: str, new: str, policy: Policy) -> TestHealing:
    engine = Engine(runner, sees_nothing, strategies=[Careless(Replace(old, new))])
    (healing,) = (await engine.heal(project, policy=policy)).tests
    return healing


async def test_a_heal_says_what_it_keeps(make_project: MakeProject, run_locally: RunLocally) -> None:
    project = make_project(
        {"shop.py": OLD, "tests/test_shop.py": TEST}, {"shop.py": OLD.replace("discount", "off")}
    )
    made = await heal(project, run_locally(project), "discount=", "off=", Policy(mutation_seconds=60))
    assert made.verdict is Verdict.HEALED
    assert not made.review
    assert made.evidence[-1] == "The old test kills no mutant of the lines that both revisions share."


async def test_a_heal_that_loses_kills_is_none(make_project: MakeProject, run_locally: RunLocally) -> None:
    old = OLD.replace("return", "share = 100 - discount\n    return").replace("(100 - discount)", "share")
    project = make_project(
        {"shop.py": old, "tests/test_shop.py": TEST}, {"shop.py": old.replace("discount", "off")}
    )
    runner = run_locally(project)
    made = await heal(project, runner, "discount=10) == 90", "off=10)", Policy(mutation_seconds=60))
    assert made.verdict is Verdict.UNHEALED
    assert made.reason.startswith(
        "it kills only 1 of 4 mutants that the old test killed through an assertion"
    )
    assert "+    assert total([50, 50], off=10)\n" in made.diff


async def test_a_policy_can_do_without(make_project: MakeProject, run_locally: RunLocally) -> None:
    project = make_project(
        {"shop.py": OLD, "tests/test_shop.py": TEST}, {"shop.py": OLD.replace("discount", "off")}
    )
    made = await heal(project, run_locally(project), "discount=", "off=", Policy(mutation_seconds=0))
    assert made.verdict is Verdict.HEALED
    assert all("mutant" not in sentence for sentence in made.evidence)


async def test_time_that_runs_out_asks_for_a_person(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    project = make_project(
        {"shop.py": OLD, "tests/test_shop.py": TEST}, {"shop.py": OLD.replace("discount", "off")}
    )
    made = await heal(project, run_locally(project), "discount=", "off=", Policy(mutation_seconds=0.001))
    assert (made.verdict, made.review) == (Verdict.HEALED, True)
    assert made.evidence[-1].endswith("The mutation check ran out of time.")
