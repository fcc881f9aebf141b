"""`maestro guard`: the guard on what lies between a revision and the working tree."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import pygit2

from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal.project import LocalProject
from maestro_cli.output import out, print_json
from maestro_healing.domain.guard import FileChange, review


def run_guard(path: Path, base: str, as_json: bool) -> ExitCode:
    """Review, and print what was found. Raises CliError."""
    project = LocalProject.at(path)
    project.check_base(base)
    repository = project.repository
    if repository is None or repository.workdir is None:
        raise CliError(f"{project.root} has no git working tree.", code=ExitCode.WRONG_USE)
    found = review(_changes(repository, base))
    if as_json:
        print_json({"findings": [asdict(one) for one in found.findings]})
    else:
        for one in found.findings:
            out().print(f"[bold]{one.file}:{one.line}[/bold]  [red]{one.kind}[/red]", soft_wrap=True)
            out().print(f"  {one.message} ({one.test})", markup=False)
        count = len(found.findings)
        said = "nothing weakens a test" if not count else f"{count} place(s) where tests get weaker"
        out().print(f"Since {base}: {said}.", markup=False)
    return ExitCode.FOUND if found.findings else ExitCode.DONE


def _changes(repository: pygit2.Repository, base: str) -> list[FileChange]:
    """The changed Python and configuration files, with their bytes on both sides."""
    tree = repository.revparse_single(base).peel(pygit2.Tree)
    flags = pygit2.enums.DiffOption.INCLUDE_UNTRACKED | pygit2.enums.DiffOption.RECURSE_UNTRACKED_DIRS
    root = Path(repository.workdir)
    changes = []
    for delta in tree.diff_to_workdir(flags=flags).deltas:
        path = delta.new_file.path or delta.old_file.path
        old = tree / path if path in tree else None
        new = root / path
        changes.append(
            FileChange.decode(
                path,
                old.data if isinstance(old, pygit2.Blob) else None,
                new.read_bytes() if new.is_file() else None,
            )
        )
    return changes
