"""Exchanging templates with a git repository elsewhere: each side gets what is new on the other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

from maestro_core.errors import DomainError, FieldViolation, InvalidArgument
from maestro_template.domain.folder import digest, read_folder
from maestro_template.domain.gate import Gate
from maestro_template.domain.growth import first, with_version
from maestro_template.domain.lifecycle import RELEASED, newest
from maestro_template.domain.model import Status, Template, Visibility
from maestro_template.domain.ports import (
    Caller,
    RemoteBranch,
    Remotes,
    RemoteVersion,
    Repository,
    SearchIndex,
    Source,
    StoredVersion,
    Talk,
    Templates,
)

_MOST_VERSIONS = 100


@dataclass(slots=True)
class Outcome:
    """Which branches moved here, and there; which diverged; and why others were not taken."""

    pulled: list[str] = field(default_factory=list)
    pushed: list[str] = field(default_factory=list)
    conflicts: list[str] = field(default_factory=list)
    refused: dict[str, str] = field(default_factory=dict)


class Syncing:
    """The use case that talks to remotes. It only ever moves branches forward, on either side."""

    def __init__(
        self,
        repository: Repository,
        templates: Templates,
        remotes: Remotes,
        gate: Gate,
        index: SearchIndex,
    ) -> None:
        self._repository = repository
        self._templates = templates
        self._remotes = remotes
        self._gate = gate
        self._index = index

    async def sync(self, caller: Caller, remote: str, *, pull: bool, push: bool) -> Outcome:
        """Pull, push, or both. Repeating it does what is left to do.

        Raises InvalidArgument (SYNC_EMPTY), NotFound (REMOTE_NOT_FOUND), Aborted (SYNC_RUNNING), Unavailable
        (REMOTE_TIMEOUT, REMOTE_UNAVAILABLE), FailedPrecondition (REMOTE_REFUSED), ResourceExhausted
        (REMOTE_TOO_LARGE).
        """
        if not pull and not push:
            raise InvalidArgument(
                "nothing is to be done",
                reason="SYNC_EMPTY",
                violations=[FieldViolation("pull", "is not set, and neither is push")],
            )
        outcome = Outcome()
        async with self._remotes.talk(caller.tenant, remote) as talk:
            owned = await self._templates.owned(caller.tenant)
            known = {one.id: [version.object_id for version in one.versions] for one in owned}
            branches = await talk.branches(known)
            outcome.conflicts = [branch.name for branch in branches if branch.diverged]
            if pull:
                for branch in (branch for branch in branches if branch.ahead):
                    await self._pull(caller, talk, branch, outcome)
            if push:
                await self._push(talk, owned, branches, outcome)
        return outcome

    async def _pull(self, caller: Caller, talk: Talk, branch: RemoteBranch, outcome: Outcome) -> None:
        """Take a branch whole, or not at all."""
        try:
            template = await self._templates.find(caller.tenant, branch.name)
            taken = await self._checked(talk, branch, template)
            stored = await talk.adopt(branch, [version for version, _ in taken])
        except DomainError as error:
            details = "; ".join(f"{one.field}: {one.description}" for one in error.violations[:5])
            outcome.refused[branch.name] = f"{error.message} ({details})" if details else error.message
            return

        def grow(found: Template | None) -> Template:
            for (_, source), version in zip(taken, stored, strict=True):
                found = _grown(caller.tenant, found, source, version)
            assert found is not None
            return found

        try:
            adopted = await self._templates.adopt(caller, branch.name, grow)
        except DomainError:
            for version in reversed(stored):
                await self._repository.withdraw(caller.tenant, version)
            raise
        await self._index.put(adopted)
        outcome.pulled.append(branch.name)

    async def _checked(
        self, talk: Talk, branch: RemoteBranch, template: Template | None
    ) -> Sequence[tuple[RemoteVersion, Source]]:
        """The branch's new versions, each as good as one that is created here. Raises DomainError."""
        if branch.problem:
            raise _refused(branch.problem)
        if len(branch.versions) > _MOST_VERSIONS:
            raise _refused(f"has more than {_MOST_VERSIONS} new versions")
        taken: list[tuple[RemoteVersion, Source]] = []
        for version in branch.versions:
            folder = await talk.read(version)
            manifest = read_folder(folder)
            if manifest.id != branch.name:
                raise _refused(f"holds the template {manifest.id!r} in {version.number}")
            if manifest.status is not Status.DRAFT or manifest.visibility is not Visibility.TENANT:
                raise _refused(f"sets status or visibility in {version.number}, which are not set by files")
            if template and any(one.number == version.number for one in template.versions):
                raise _refused(f"changes what {version.number} holds without a new version number")
            source = Source(digest(folder), manifest, folder)
            await self._gate.require_compiling(source)
            taken.append((version, source))
        if template is not None and template.status in RELEASED:
            await self._check_releases(template, [source for _, source in taken])
        return taken

    async def _check_releases(self, template: Template, sources: Sequence[Source]) -> None:
        last = await self._repository.read(template.tenant, newest(template.versions).object_id)
        for previous, source in pairwise([last, *sources]):
            await self._gate.require_releasable(source, previous)

    async def _push(
        self, talk: Talk, owned: Sequence[Template], branches: Sequence[RemoteBranch], outcome: Outcome
    ) -> None:
        there = {branch.name: branch for branch in branches}
        wanted = {
            template.id: {version.number: version.object_id for version in template.versions}
            for template in owned
            if template.id not in there or there[template.id].behind
        }
        if not wanted:
            return
        rejected = set(await talk.push(wanted))
        outcome.pushed = sorted(wanted.keys() - rejected)
        outcome.conflicts = sorted({*outcome.conflicts, *rejected})


def _grown(tenant: str, found: Template | None, source: Source, version: StoredVersion) -> Template:
    if found is None:
        return first(tenant, Status.DRAFT, Visibility.TENANT, source, version)
    return replace(with_version(found, source, version), updated_at=version.created_at)


def _refused(why: str) -> InvalidArgument:
    return InvalidArgument(why, reason="BRANCH_REFUSED")
