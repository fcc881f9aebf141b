"""What `maestro guard` does with its options."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from maestro_cli.failure import CliError, ExitCode
from maestro_cli.guard import approvals, sarif
from maestro_cli.guard.changes import changes, repository_of
from maestro_cli.heal.project import LocalProject
from maestro_cli.output import err, out, print_json
from maestro_healing.domain.guard import FileChange, Finding, Review, review

if TYPE_CHECKING:
    from maestro.healing.v1 import healing_pb2
    from maestro_cli.guard.mutation import Tried

# What an agent's stop hook answers with so that the agent goes on.
_GO_ON = 2


@dataclass(frozen=True)
class Options:
    """The command's options; without `head` the working tree is reviewed."""

    base: str
    head: str
    as_json: bool
    sarif: Path | None
    approve: Sequence[str]
    mutation: Mutation | None = None


@dataclass(frozen=True)
class Mutation:
    """How the tests that are touched are tried on mutants."""

    time: timedelta
    python: Path | None


@dataclass(frozen=True)
class Outcome:
    """A review, the id of each finding, which ids are approved, and what the mutation check says of tests."""

    review: Review
    ids: Mapping[Finding, str]
    approved: Collection[str]
    kept: Sequence[healing_pb2.KeptKills]

    @property
    def open(self) -> list[Finding]:
        """What nobody approved."""
        return [one for one, id in self.ids.items() if id not in self.approved]


def run_guard(path: Path, options: Options) -> ExitCode:
    """Review, and print what was found. Raises CliError."""
    if options.sarif and not options.sarif.absolute().parent.is_dir():
        raise CliError(
            f"{options.sarif} can't be written.",
            f"There is no folder {options.sarif.parent}.",
            ExitCode.WRONG_USE,
        )
    outcome = _reviewed(path, options)
    if options.sarif:
        known = [one for one in outcome.ids if one not in outcome.open]
        text = json.dumps(sarif.document(outcome.ids, known, outcome.review.expectations), indent=2)
        options.sarif.write_text(text, encoding="utf-8")
    if options.as_json:
        print_json(_as_json(outcome))
    else:
        _show(outcome, options)
    return ExitCode.FOUND if outcome.open else ExitCode.DONE


def run_stop_hook(path: Path, options: Options) -> int:
    """Tell a coding agent that is about to stop what it weakened, once. Raises CliError.

    Its hook gives JSON on standard input, and takes exit code 2 and standard error for what is still to do.
    """
    try:
        asked = json.load(sys.stdin)
    except ValueError:
        asked = {}
    if isinstance(asked, dict) and asked.get("stop_hook_active"):
        return ExitCode.DONE
    found = _reviewed(path, options).open
    for one in found:
        print(f"{one.file}:{one.line} {one.kind}: {one.message} ({one.test})", file=sys.stderr)
    if found:
        words = "These changes make tests weaker. Restore what was checked, or ask the user to approve each."
        print(words, file=sys.stderr)
    return _GO_ON if found else ExitCode.DONE


def _reviewed(path: Path, options: Options) -> Outcome:
    project = LocalProject.at(path)
    repository = repository_of(project)
    if not options.base:
        raise CliError(
            "--base is empty.", "Name the revision to compare with, e.g. --base HEAD~1.", ExitCode.WRONG_USE
        )
    for revision in filter(None, (options.base, options.head)):
        project.check_base(revision)
    files = changes(repository, options.base, options.head)
    found = review(files)
    root = Path(repository.workdir)
    kept: Sequence[healing_pb2.KeptKills] = ()
    if options.mutation and found.touched:
        tried = _tried(project, root, options, options.mutation, files)
        found = replace(found, findings=sorted([*found.findings, *tried.findings]))
        kept = tried.kept
    ids = approvals.ids(found.findings, files)
    if options.approve:
        approvals.add(root, options.approve, ids)
    return Outcome(found, ids, approvals.read(root), kept)


def _tried(
    project: LocalProject, root: Path, options: Options, mutation: Mutation, files: Sequence[FileChange]
) -> Tried:
    """The tests in the project's folder on mutants; the platform counts paths from there."""
    # a platform takes a while to import, and only this needs one
    from maestro_cli.guard.mutation import Tried, try_on_mutants
    from maestro_cli.heal.progress import Display
    from maestro_cli.running import run
    from maestro_core.settings import Settings

    if options.head:
        raise CliError(
            "--mutation runs the tests of the working tree.",
            "Check the revision out, and leave out --head.",
            ExitCode.WRONG_USE,
        )
    folder = project.root.relative_to(root.resolve())
    prefix = "" if folder == Path() else f"{folder.as_posix()}/"
    inside = [replace(f, path=f.path.removeprefix(prefix)) for f in files if f.path.startswith(prefix)]
    if not inside:
        return Tried((), ())
    display = Display(quiet=options.as_json)
    # absolute, not resolved: what a link of a virtual environment points to is another interpreter
    python = mutation.python.absolute() if mutation.python else project.interpreter()
    work = try_on_mutants(Settings(), project, options.base, inside, python, mutation.time, display)
    tried = run(work)
    back = [replace(f, file=prefix + f.file, test=prefix + f.test) for f in tried.findings]
    return Tried(back, tried.kept)


def _as_json(outcome: Outcome) -> dict[str, object]:
    return {
        "findings": [
            {**asdict(one), "id": id, "approved": id in outcome.approved} for one, id in outcome.ids.items()
        ],
        "expectations": [asdict(one) for one in outcome.review.expectations],
        "mutation": [
            {
                "test": one.test,
                "kills": one.kills,
                "kept": one.kept,
                "message": one.message,
                "review": one.review,
            }
            for one in outcome.kept
        ],
    }


def _show(outcome: Outcome, options: Options) -> None:
    from rich.markup import escape

    for one, id in outcome.ids.items():
        mark = "  [green]approved[/green]" if id in outcome.approved else ""
        place = f"[bold]{escape(one.file)}:{one.line}[/bold]"
        out().print(f"{place}  [red]{one.kind}[/red]  {id}{mark}", soft_wrap=True)
        out().print(f"  {one.message} ({one.test})", markup=False)
    for one in outcome.review.expectations:
        out().print(f"{one.file}:{one.line}  expects something else: {one.message}", markup=False)
    for test in outcome.kept:
        mark = "  [yellow]to be reviewed[/yellow]" if test.review else ""
        out().print(f"{escape(test.test)}: {escape(test.message)}{mark}")
    if os.environ.get("GITHUB_ACTIONS") == "true":
        for one in outcome.open:
            print(_annotation(one))
    count = len(outcome.open)
    said = f"{count} place(s) where tests get weaker" if count else "nothing weakens a test"
    if len(outcome.ids) > count:
        said += f", {len(outcome.ids) - count} approved"
    span = f"{options.base}..{options.head}" if options.head else f"Since {options.base}"
    out().print(f"{span}: {said}.", markup=False)
    if count:
        err().print(f"--approve ID lets one pass, and writes it to {approvals.FILE}.", markup=False)


def _annotation(finding: Finding) -> str:
    """As a line of a workflow's log that the code host shows in the diff."""
    message = finding.message.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")
    return f"::error file={finding.file},line={finding.line},title={finding.kind}::{message}"
