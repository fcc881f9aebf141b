"""What `maestro guard` does with its options."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from maestro_cli.failure import CliError, ExitCode
from maestro_cli.guard import approvals, sarif
from maestro_cli.guard.changes import changes, repository_of
from maestro_cli.heal.project import LocalProject
from maestro_cli.output import err, out, print_json
from maestro_healing.domain.guard import Finding, Review, review

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


@dataclass(frozen=True)
class Outcome:
    """A review, the id of each finding, and which ids are approved."""

    review: Review
    ids: Mapping[Finding, str]
    approved: Collection[str]

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
    for revision in filter(None, (options.base, options.head)):
        project.check_base(revision)
    repository = repository_of(project)
    files = changes(repository, options.base, options.head)
    found = review(files)
    ids = approvals.ids(found.findings, files)
    root = Path(repository.workdir)
    if options.approve:
        approvals.add(root, options.approve, ids)
    return Outcome(found, ids, approvals.read(root))


def _as_json(outcome: Outcome) -> dict[str, object]:
    return {
        "findings": [
            {**asdict(one), "id": id, "approved": id in outcome.approved} for one, id in outcome.ids.items()
        ],
        "expectations": [asdict(one) for one in outcome.review.expectations],
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
