"""What `maestro heal` does with its options, before and after the healing itself."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pygit2

from maestro.healing.v1 import healing_pb2
from maestro_cli.explain import explain
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal import delivery, destination, report
from maestro_cli.heal.destination import Destination
from maestro_cli.heal.from_junit import failing
from maestro_cli.heal.markdown import as_markdown
from maestro_cli.heal.progress import Display
from maestro_cli.heal.project import LocalProject
from maestro_cli.heal.run import Wish, heal
from maestro_cli.output import err, out, print_json, printable, short
from maestro_cli.running import run
from maestro_core.settings import Settings


@dataclass(frozen=True)
class Options:
    """The command's options."""

    base: str
    apply: bool
    branch: str
    patch: Path | None
    python: Path | None
    timeout: timedelta
    mutation_time: timedelta
    budget: timedelta | None
    as_json: bool
    junit: Path | None
    report: Path | None
    from_junit: Path | None
    pytest_args: tuple[str, ...]
    orders: int = 0

    def destination(self, project: LocalProject) -> Destination:
        """Where the patch is to go."""
        patch = str(self.patch.absolute()) if self.patch else ""
        return Destination(str(project.root), self.apply, self.branch, patch)


def run_heal(path: Path, options: Options) -> ExitCode:
    """Heal, deliver, and report. Raises CliError and MaestroError."""
    project = LocalProject.at(path)
    settings = Settings()
    display = Display(quiet=options.as_json)
    _check(project, options, display)
    # absolute, not resolved: what a link of a virtual environment points to is another interpreter
    python = options.python.absolute() if options.python else project.interpreter()
    display.say(f"Tests run with {python or 'an environment that is built for the project'}.")
    snapshot = project.snapshot()
    tests: tuple[str, ...] = ()
    if options.from_junit:
        tests = _failing(options.from_junit, project, snapshot)
        if not tests:
            nothing = f"{options.from_junit} tells of no failing test: nothing to heal."
            err().print(nothing, markup=False, soft_wrap=True)
            if options.as_json:
                print_json(report.as_json(healing_pb2.Report()))
            return ExitCode.DONE
    with display:
        limits = options.timeout, options.mutation_time, options.orders, options.budget
        wish = Wish(project, options.base, python, tests, options.pytest_args, *limits)
        healing = run(heal(settings, wish, display))
    outcome = healing.report
    destination.keep(settings, healing.name, options.destination(project))
    if options.junit:
        report.write_junit(outcome, options.junit)
    if options.report:
        options.report.write_text(as_markdown(outcome), encoding="utf-8")
    if options.as_json:
        print_json(report.as_json(outcome))
    else:
        report.show(outcome)
    deliver(project, settings, options, healing, snapshot)
    return ExitCode.DONE if report.all_healed(outcome) else ExitCode.FOUND


def _failing(file: Path, project: LocalProject, snapshot: delivery.Snapshot) -> tuple[str, ...]:
    """The tests that failed elsewhere. Raises CliError where the project has none of them."""
    found = failing(file, project.root, snapshot)
    names = [f"{name} is no longer there." for name in found.gone]
    if found.gone and not found.tests:
        what = f"{project.root} has none of the tests that failed in {file}."
        raise CliError(what, "\n".join(names), ExitCode.WRONG_USE)
    for line in names:
        err().print(printable(line), markup=False, soft_wrap=True)
    return found.tests


def _check(project: LocalProject, options: Options, display: Display) -> None:
    """Say what is wrong before anything is started."""
    for file in (options.patch, options.junit, options.report):
        if file and (file.is_dir() or not file.parent.is_dir()):
            advice = "It is a folder." if file.is_dir() else f"There is no folder {file.parent}."
            raise CliError(f"{file} can't be written.", advice, ExitCode.WRONG_USE)
    if options.python and not options.python.exists():
        raise CliError(
            f"{options.python} is no interpreter.", "Give the path of a python.", ExitCode.WRONG_USE
        )
    if options.base:
        project.check_base(options.base)
    else:
        display.say(project.advice_without_base())
    if options.branch:
        delivery.check_branch(project, options.branch)


def deliver(
    project: LocalProject,
    settings: Settings,
    options: Options,
    healing: healing_pb2.Healing,
    snapshot: delivery.Snapshot,
) -> None:
    """Put the patch where it was asked for, and say where it lies."""
    outcome = healing.report
    folder = settings.data_dir.absolute() / "patches"
    said: list[str] = []
    if outcome.proposed_patch:
        said.append(f"Proposed patch: {delivery.keep(folder, project, outcome.proposed_patch, '.proposed')}")
    if outcome.patch:
        kept = delivery.keep(folder, project, outcome.patch)
        try:
            if options.apply:
                delivery.check_unchanged(project, outcome.patch, snapshot)
            said += options.destination(project).fulfil(outcome.patch, report.commit_message(outcome))
        except (CliError, OSError, pygit2.GitError) as error:
            known = explain(error)
            raise CliError(known.message, f"{known.advice}\nThe patch is kept: {kept}", known.code) from error
        said.append(f"Patch: {options.patch or kept}")
    elif options.apply or options.branch or options.patch:
        said.append("Nothing is healed, so there is nothing to deliver.")
    if healing.open_reviews:
        said.append(f"{healing.open_reviews} wait for your yes or no: maestro review {short(healing.name)}")
    console = err() if options.as_json else out()
    for line in said:
        console.print(line, markup=False, soft_wrap=True)
