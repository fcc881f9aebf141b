"""Findings that a person approved, each bound to the content of the file that it is in.

They stand in `.maestro-approvals`, one a line: the finding's id, then words for whoever reads it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path

from maestro_cli.failure import CliError, ExitCode
from maestro_healing.domain.guard import FileChange, Finding

FILE = ".maestro-approvals"


def ids(findings: Sequence[Finding], files: Sequence[FileChange]) -> Mapping[Finding, str]:
    """An id for each: another one when the file has other content, or the change takes something else."""
    contents = {file.path: (file.old if file.new is None else file.new) or "" for file in files}
    return {finding: _id(finding, contents.get(finding.file, "")) for finding in findings}


def _id(finding: Finding, content: str) -> str:
    parts = finding.file, str(finding.line), finding.kind, finding.test, finding.message, content
    said = "\0".join(parts)
    return hashlib.blake2b(said.encode("utf-8", "surrogatepass"), digest_size=6).hexdigest()


def read(root: Path) -> Collection[str]:
    """The ids that are approved."""
    try:
        lines = (root / FILE).read_text(encoding="utf-8", errors="replace").splitlines()
    except FileNotFoundError:
        return frozenset()
    return frozenset(line.split()[0] for line in lines if line.strip() and not line.startswith("#"))


def add(root: Path, wanted: Sequence[str], known: Mapping[Finding, str]) -> None:
    """Approve findings by their ids. Raises CliError where one is no finding's."""
    found = {id: finding for finding, id in known.items()}
    if unknown := [id for id in wanted if id not in found]:
        raise CliError(
            f"no finding has the id {unknown[0]!r}.",
            "Run maestro guard without --approve: each finding stands there with its id.",
            ExitCode.WRONG_USE,
        )
    approved = read(root)
    with (root / FILE).open("a", encoding="utf-8") as file:
        for id in dict.fromkeys(wanted):
            if id not in approved:
                one = found[id]
                file.write(f"{id} {one.file}:{one.line} {one.kind}\n")
