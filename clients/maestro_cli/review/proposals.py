"""What waits for a person: found, and put as people and programs read it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from rich.text import Text

from maestro.healing.v1 import healing_pb2 as pb
from maestro_cli.heal.destination import Destination
from maestro_cli.heal.patching import merged
from maestro_cli.heal.progress import STYLES, verdict_of
from maestro_cli.heal.report import by_cause, show_diff
from maestro_cli.output import out, print_table, printable, short
from maestro_client import Maestro

_PAGE = 100
_MOST_NAMES = 10
_WITH_PATCH = (pb.VERDICT_HEALED, pb.VERDICT_PROPOSED)


@dataclass(frozen=True)
class Reviewed:
    """A healing, and where its patch was asked to go: None where that was not on this machine."""

    healing: pb.Healing
    destination: Destination | None

    @property
    def project(self) -> str:
        """Where the project is, for a person."""
        spec = self.healing.spec
        return (
            (self.destination.project if self.destination else spec.path)
            or spec.git.url
            or short(spec.uploaded)
        )

    @property
    def reviewable(self) -> list[pb.TestHealing]:
        """Tests that have a heal to say yes or no to."""
        return [test for test in self.healing.report.tests if test.verdict in _WITH_PATCH]

    @property
    def open(self) -> list[pb.TestHealing]:
        """Those that wait for that."""
        return [test for test in self.reviewable if test.review == pb.REVIEW_WANTED]

    @property
    def groups(self) -> list[list[pb.TestHealing]]:
        """Open tests by their cause: one look is enough for each."""
        return by_cause(self.open)


async def open_healings(maestro: Maestro) -> AsyncIterator[str]:
    """Names of the healings that wait for a person, the newest first."""
    request = pb.ListHealingsRequest(
        parent=maestro.parent, page_size=_PAGE, filter='state = "COMPLETED"', order_by="create_time desc"
    )
    while True:
        page = await maestro.healing.ListHealings(request)
        for healing in page.healings:
            if healing.open_reviews:
                yield healing.name
        request.page_token = page.next_page_token
        if not request.page_token:
            return


async def get(maestro: Maestro, name: str) -> pb.Healing:
    """One healing with its report. Raises MaestroError."""
    return (await maestro.healing.GetHealing(pb.GetHealingRequest(name=name))).healing


def as_json(reviewed: Sequence[Reviewed]) -> dict[str, object]:
    """The one object of `--json`: every heal of these healings, decided or not."""
    return {
        "healings": [
            {
                "healing": short(one.healing.name),
                "project": one.project,
                "create_time": one.healing.create_time.ToJsonString(),
                "open": len(one.open),
                "tests": [_test(test) for test in one.reviewable],
                "patch": one.healing.report.patch,
            }
            for one in reviewed
        ]
    }


def _test(test: pb.TestHealing) -> dict[str, object]:
    review = pb.Review.Name(test.review).removeprefix("REVIEW_")
    return {
        "test": test.test,
        "verdict": verdict_of(test),
        "review": None if test.review == pb.REVIEW_UNSPECIFIED else review,
        "strategy": test.strategy,
        "confidence": round(test.confidence, 4),
        "failure": test.failure,
        "reason": test.reason or None,
        "evidence": list(test.evidence),
        "diff": test.diff,
    }


def show_list(reviewed: Sequence[Reviewed]) -> None:
    """The healings that wait, one a line."""
    rows = [
        (
            printable(one.project),
            short(one.healing.name),
            one.healing.create_time.ToDatetime().strftime("%F %H:%M"),
            str(len(one.open)),
        )
        for one in reviewed
    ]
    print_table(("project", "healing", "asked (UTC)", "open"), rows, "Nothing waits for a person.")


def show_group(group: Sequence[pb.TestHealing], number: int, count: int) -> None:
    """What a person needs to say yes or no: tests, failure, numbered evidence, diff."""
    first, console = group[0], out()
    verdict = verdict_of(first)
    head = Text(f"\n{number} of {count}  ", style="bold")
    head.append(verdict, style=f"bold {STYLES[verdict]}")
    head.append(f"  {first.strategy}, confidence {first.confidence:.2f}")
    console.print(head, soft_wrap=True)
    for test in group[:_MOST_NAMES]:
        console.print(f"  {printable(test.test)}", markup=False, soft_wrap=True)
    if len(group) > _MOST_NAMES:
        console.print(f"  and {len(group) - _MOST_NAMES} more of the same cause")
    for line in filter(None, (first.failure, first.reason)):
        console.print(f"  {printable(line)}", style="red" if line == first.failure else None, markup=False)
    for place, sentence in enumerate(first.evidence, 1):
        console.print(f"  {place}. {printable(sentence)}", markup=False)
    if diff := merged(test.diff for test in group):
        console.print()
        show_diff(diff)
    else:
        console.print("  It has no edit: a yes notes that you agree.")
