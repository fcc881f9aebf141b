"""`maestro template update`: a newer version of its template, merged into a project; all of it or nothing."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterable, Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from maestro.template.v1 import template_pb2 as pb
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.output import as_dict, err, out, print_fields, print_json
from maestro_cli.target import session
from maestro_cli.templates import struct_of
from maestro_client import files_below
from maestro_client.templates import inside
from maestro_template.domain.limits import MAX_FILE_BYTES
from maestro_template.domain.model import ANSWERS_FILE
from maestro_template.domain.paths import path_problem

_UNTOUCHED = "Nothing was written."


async def update(
    folder: Path, version: str, answers: Iterable[str], dry_run: bool, as_json: bool
) -> ExitCode:
    """Merge and write what changed. FOUND where there are conflicts; then nothing is written."""
    files = _project(folder)
    async with session() as maestro:
        request = pb.UpdateProjectRequest(
            parent=maestro.parent, files=files, version=version, answers=struct_of(answers)
        )
        answer = await maestro.templates.UpdateProject(request)
    if answer.conflicts:
        _report(answer, as_json)
        return ExitCode.FOUND
    before = {file.path: file for file in files}
    after = {file.path: file for file in answer.files}
    changed = [file for path, file in after.items() if before.get(path) != file]
    gone = sorted(before.keys() - after.keys())
    if not dry_run:
        _apply(folder, changed, gone)
    if as_json:
        print_json(as_dict(answer))
    elif dry_run:
        out().print(answer.diff, markup=False, soft_wrap=True, end="")
    else:
        print_fields(
            {
                "version": f"{answer.from_version} to {answer.to_version}",
                "written": str(len(changed)),
                "deleted": str(len(gone)),
                "folder": str(folder),
            }
        )
    return ExitCode.DONE


def _project(folder: Path) -> list[pb.TemplateFile]:
    """The files that a template can have made. Raises CliError."""
    if not (folder / ANSWERS_FILE).is_file():
        raise CliError(
            f"{folder} holds no {ANSWERS_FILE}.",
            "Name the folder of a project that `maestro template render` made.",
            ExitCode.WRONG_USE,
        )
    found = {*_listed(folder), ANSWERS_FILE}
    try:
        return files_below(folder, filter(lambda path: _can_be_rendered(folder, path), found))
    except ValueError as error:
        advice = "Tell git to ignore what is not source."
        raise CliError(f"the project is too large: {error}.", advice) from error


def _can_be_rendered(folder: Path, path: str) -> bool:
    """Whether a file can have come from a template, by its size and its name."""
    source = folder / path
    return not path_problem(path) and source.is_file() and source.stat().st_size <= MAX_FILE_BYTES


def _listed(folder: Path) -> Iterator[str]:
    """What git tracks or would track; all files where git does not know the folder."""
    listed = subprocess.run(
        ["git", "-C", str(folder), "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        capture_output=True,
        check=False,
    )
    if listed.returncode == 0:
        yield from filter(None, listed.stdout.decode(errors="surrogateescape").split("\0"))
        return
    for parent, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name != ".git"]
        yield from (Path(parent, name).relative_to(folder).as_posix() for name in names)


def _apply(folder: Path, changed: list[pb.TemplateFile], gone: list[str]) -> None:
    """Write all aside first: what can fail fails before the project is touched. Raises CliError."""
    with TemporaryDirectory(dir=folder, prefix=".maestro-update-") as aside:
        staged = [(Path(aside) / str(number), file) for number, file in enumerate(changed)]
        for source, file in staged:
            target = _target(folder, file.path)
            source.write_bytes(file.content)
            mode = (target if target.exists() else source).stat().st_mode & 0o777
            source.chmod(mode | 0o111 if file.executable else mode & ~0o111)
        for source, file in staged:
            target = folder / inside(file.path)
            target.parent.mkdir(parents=True, exist_ok=True)
            source.replace(target)
        for path in gone:
            (folder / inside(path)).unlink(missing_ok=True)


def _target(folder: Path, path: str) -> Path:
    root, target = folder.resolve(), folder / inside(path)
    if target.is_symlink() or not target.parent.resolve().is_relative_to(root):
        raise CliError(f"{target} leads out of the project, by a symbolic link.", _UNTOUCHED)
    above = (folder / parent for parent in inside(path).parents)
    if target.is_dir() or any(parent.is_file() for parent in above):
        raise CliError(f"{target} can't be written: a file and a folder have one name.", _UNTOUCHED)
    return target


def _report(answer: pb.UpdateProjectResponse, as_json: bool) -> None:
    if as_json:
        print_json(as_dict(answer))
        return
    for problem in answer.problems:
        err().print(f"{problem.path}:{problem.line}: {problem.message}", markup=False, soft_wrap=True)
    for file in answer.conflicts:
        out().print(f"--- {file.path}", markup=False, soft_wrap=True)
        out().print(file.content.decode(errors="replace"), markup=False, soft_wrap=True, end="")
    err().print(
        f"{len(answer.conflicts)} files conflict between {answer.from_version} and {answer.to_version}; "
        "nothing was written.",
        soft_wrap=True,
    )
