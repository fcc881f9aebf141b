"""What `maestro review` does: list, walk through, decide, and deliver what was decided."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pygit2

from maestro.healing.v1 import healing_pb2 as pb
from maestro_cli.explain import explain
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal import delivery, destination, report
from maestro_cli.heal.project import LocalProject
from maestro_cli.heal.run import platform
from maestro_cli.names import full_name
from maestro_cli.output import err, out, print_json, short
from maestro_cli.review import keys, proposals
from maestro_cli.review.proposals import Reviewed
from maestro_client import Maestro
from maestro_core.ids import new_id
from maestro_core.settings import Settings

ALL = "all"
_YES, _NO, _SKIP, _QUIT = "a", "r", "s", "q"


@dataclass(frozen=True)
class Options:
    """The command's options."""

    healing: str
    approve: tuple[str, ...]
    reject: tuple[str, ...]
    as_json: bool


async def review(settings: Settings, options: Options) -> ExitCode:
    """Raises CliError and MaestroError."""
    async with platform(settings) as (maestro, _):
        work = _Review(settings, maestro)
        reviewed = await work.found(options.healing)
        if options.approve or options.reject:
            (one,) = reviewed
            reviewed = [await work.decide(one, *_meant(one, options))]
        elif not options.as_json and sys.stdin.isatty() and out().is_terminal:
            reviewed = await work.walk(reviewed)
        elif not options.as_json:
            _show(reviewed, options.healing)
    if options.as_json:
        print_json(proposals.as_json(reviewed))
    return ExitCode.FOUND if any(one.open for one in reviewed) else ExitCode.DONE


def _show(reviewed: Sequence[Reviewed], named: str) -> None:
    """The list of healings, or all that one of them proposes."""
    if not named:
        proposals.show_list(reviewed)
        if reviewed:
            out().print("\nmaestro review HEALING shows what one proposes.")
        return
    (one,) = reviewed
    groups = one.groups
    for number, group in enumerate(groups, 1):
        proposals.show_group(group, number, len(groups))
    if groups:
        out().print(f"\nmaestro review {short(one.healing.name)} --approve TEST | --reject TEST")
    else:
        out().print(f"Nothing of {short(one.healing.name)} waits for a person.")


def _meant(one: Reviewed, options: Options) -> tuple[list[str], list[str]]:
    """The tests to approve and to reject. Raises CliError where one can't be, and nothing is decided then."""
    known = {test.test for test in one.reviewable}
    waiting = [test.test for test in one.open]
    both = set(options.approve) & set(options.reject)
    if both:
        raise CliError(f"{min(both)} is approved and rejected.", "Choose one.", ExitCode.WRONG_USE)
    strange = [test for test in (*options.approve, *options.reject) if test not in known and test != ALL]
    if strange:
        advice = "\n".join(sorted(known)) or "No test of it has one."
        raise CliError(f"{strange[0]} has no heal to decide on.", advice, ExitCode.WRONG_USE)
    named = {*options.approve, *options.reject} - {ALL}

    def spread(tests: Sequence[str]) -> list[str]:
        rest = [test for test in waiting if test not in named] if ALL in tests else []
        return [*(test for test in dict.fromkeys(tests) if test != ALL), *rest]

    return spread(options.approve), spread(options.reject)


class _Review:
    """Talks to the service and to the person."""

    def __init__(self, settings: Settings, maestro: Maestro) -> None:
        self._settings = settings
        self._maestro = maestro

    async def found(self, named: str) -> list[Reviewed]:
        """The healing that was named, or all that wait. Raises CliError where one has no report."""
        if not named:
            names = [name async for name in proposals.open_healings(self._maestro)]
            return [await self._get(name) for name in names]
        one = await self._get(full_name(self._maestro, "healings", named))
        if one.healing.state != pb.HEALING_STATE_COMPLETED:
            state = pb.HealingState.Name(one.healing.state).removeprefix("HEALING_STATE_").lower()
            raise CliError(f"{named} is {state}: there is no report to review.")
        return [one]

    async def walk(self, reviewed: Sequence[Reviewed]) -> list[Reviewed]:
        """Ask for each edit of each healing; a healing's answers are sent once it is gone through."""
        if not any(one.open for one in reviewed):
            out().print("Nothing waits for a person.")
        answered, going_on = list(reviewed), True
        for place, one in enumerate(reviewed):
            if going_on and one.open:
                going_on, approved, rejected = await self._ask(one)
                if approved or rejected:
                    answered[place] = await self.decide(one, approved, rejected)
        left = sum(len(one.open) for one in answered)
        if left:
            out().print(f"\n{left} still wait: maestro review")
        return answered

    async def _ask(self, one: Reviewed) -> tuple[bool, list[str], list[str]]:
        """Whether to go on with the next healing, and the tests that the person approved and rejected."""
        console = out()
        console.print(f"\n{short(one.healing.name)}  {one.project}", style="bold", markup=False)
        groups = one.groups
        said: dict[str, list[str]] = {_YES: [], _NO: [], _SKIP: []}
        for number, group in enumerate(groups, 1):
            proposals.show_group(group, number, len(groups))
            console.print("\n  a approve · r reject · s skip · q quit", markup=False)
            key = await keys.pressed((*said, _QUIT), at_end=_QUIT)
            if key == _QUIT:
                return False, said[_YES], said[_NO]
            said[key] += [test.test for test in group]
        return True, said[_YES], said[_NO]

    async def decide(self, one: Reviewed, approved: Sequence[str], rejected: Sequence[str]) -> Reviewed:
        """Note the decisions, and bring what was delivered in line with them. Raises CliError."""
        name, healing = one.healing.name, one.healing
        if approved:
            yes = pb.ApproveHealingRequest(name=name, tests=approved, request_id=new_id("review"))
            healing = (await self._maestro.healing.ApproveHealing(yes)).healing
        if rejected:
            no = pb.RejectHealingRequest(name=name, tests=rejected, request_id=new_id("review"))
            healing = (await self._maestro.healing.RejectHealing(no)).healing
        err().print(f"{len(approved)} approved, {len(rejected)} rejected.")
        await asyncio.to_thread(self._deliver, one, healing.report)
        return Reviewed(healing, one.destination)

    def _deliver(self, one: Reviewed, now: pb.Report) -> None:
        """The patch as it is now goes where the healing's went, else into the data directory alone."""
        before = one.healing.report.patch
        if now.patch == before:
            return
        folder = self._settings.data_dir.absolute() / "patches"
        project = LocalProject(Path(one.project))
        kept = delivery.keep(folder, project, now.patch) if now.patch else None
        where = f"The patch is kept: {kept}" if kept else ""
        said: list[str] = []
        if one.destination:
            try:
                said = one.destination.fulfil(now.patch, report.commit_message(now), delivered=before)
            except (CliError, OSError, pygit2.GitError) as error:
                known = explain(error)
                advice = "\n".join(filter(None, ("Your decision is noted.", known.advice, where)))
                raise CliError(known.message, advice, known.code) from error
        for line in (*said, f"Patch: {kept}" if kept else "Nothing of the patch is left."):
            err().print(line, markup=False, soft_wrap=True)

    async def _get(self, name: str) -> Reviewed:
        healing = await proposals.get(self._maestro, name)
        return Reviewed(healing, destination.recall(self._settings, name))
