"""The `Remotes` port: what another repository holds, looked at aside before any of it comes in."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final
from urllib.parse import urlsplit

import pygit2
import yaml
from pygit2.enums import FileMode, SortMode
from pygit2.transaction import ReferenceTransaction

from maestro_core.errors import Aborted, DomainError, NotFound, ResourceExhausted
from maestro_core.settings import TemplateRemote
from maestro_template.backends.git.command import Credentials, failure, run_git
from maestro_template.backends.git.refs import branch_ref, tag_ref, target, with_locked_ref
from maestro_template.backends.git.repository import GitRepository
from maestro_template.backends.git.trees import entries, object_size, read_tree
from maestro_template.domain import limits
from maestro_template.domain.manifest import load_plain_yaml
from maestro_template.domain.model import MANIFEST, Folder
from maestro_template.domain.ports import Clock, RemoteBranch, RemoteVersion, StoredVersion

_INCOMING: Final = "refs/incoming/"
_MOST_BRANCHES: Final = 2_000
_MOST_COMMITS: Final = 1_000
_CHUNK: Final = 100


class GitRemotes:
    """The remotes of the settings, one talk at a time for each tenant; `seconds` bounds each of git's."""

    def __init__(
        self,
        repository: GitRepository,
        remotes: Mapping[str, TemplateRemote],
        clock: Clock,
        seconds: float = 25.0,
    ) -> None:
        self._repository = repository
        self._remotes = remotes
        self._clock = clock
        self._seconds = seconds
        self._busy: set[str] = set()

    @asynccontextmanager
    async def talk(self, tenant: str, name: str) -> AsyncIterator[RemoteTalk]:
        """Fetch everything aside; it is gone afterwards.

        Raises NotFound (REMOTE_NOT_FOUND), Aborted (SYNC_RUNNING), and what git can't do: Unavailable
        (REMOTE_TIMEOUT, REMOTE_UNAVAILABLE), FailedPrecondition (REMOTE_REFUSED), ResourceExhausted
        (REMOTE_TOO_LARGE).
        """
        remote = self._remotes.get(name)
        if remote is None or tenant not in remote.tenants:
            raise NotFound(
                f"the settings name no remote {name[:64]!r} for {tenant}", reason="REMOTE_NOT_FOUND"
            )
        if tenant in self._busy:
            raise Aborted("a sync of this tenant runs already", reason="SYNC_RUNNING", retry_after=5.0)
        self._busy.add(tenant)
        try:
            ours = await asyncio.to_thread(self._repository.for_writing, tenant)
            with TemporaryDirectory(prefix="maestro-sync-") as aside:
                talk = RemoteTalk(ours, Path(aside), remote, self._clock, self._seconds)
                await asyncio.to_thread(talk.fetch)
                yield talk
        finally:
            self._busy.discard(tenant)


class RemoteTalk:
    """A remote's branches, aside."""

    def __init__(
        self, ours: pygit2.Repository, aside: Path, remote: TemplateRemote, clock: Clock, seconds: float
    ) -> None:
        self._ours = ours
        self._aside = aside
        self._url = remote.url
        self._seconds = seconds
        self._clock = clock
        self._credentials = (
            Credentials(remote.username, remote.password.get_secret_value()) if remote.password else None
        )
        self._theirs = pygit2.init_repository(str(aside), bare=True)

    def fetch(self) -> None:
        """Get all branches. What we have already is looked up where it lies, and not sent again."""
        alternates = self._aside / "objects" / "info" / "alternates"
        alternates.write_text(f"{Path(self._ours.path).absolute() / 'objects'}\n")
        self._run(
            self._aside, "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--", self._url,
            f"+refs/heads/*:{_INCOMING}*",
        )  # fmt: skip
        self._theirs = pygit2.Repository(str(self._aside))

    async def branches(self, known: Mapping[str, Sequence[str]]) -> Sequence[RemoteBranch]:
        """How each branch stands to ours; `known` are the object ids of each template's versions.

        Raises ResourceExhausted (REMOTE_TOO_LARGE).
        """
        return await asyncio.to_thread(lambda: list(self._branches(known)))

    async def read(self, version: RemoteVersion) -> Folder:
        """A version's files.

        Raises InvalidArgument (FILES_INVALID), ResourceExhausted (TEMPLATE_TOO_LARGE).
        """
        commit = self._theirs[version.object_id].peel(pygit2.Commit)
        return await asyncio.to_thread(read_tree, self._theirs, commit.tree_id)

    async def adopt(self, branch: RemoteBranch, versions: Sequence[RemoteVersion]) -> Sequence[StoredVersion]:
        """Move our branch to the remote's, and tag the versions on it. Raises Aborted (REPOSITORY_BUSY)."""
        return await asyncio.to_thread(self._adopt, branch, versions)

    async def push(self, branches: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
        """Send branches, each with its versions' object ids by number, up to the last one of these.

        Gives those that the remote did not take. Raises Unavailable and the others that `talk` raises.
        """
        return await asyncio.to_thread(self._push, branches)

    def _run(self, folder: Path, *arguments: str, remote: bool = True) -> str:
        status, words = run_git(
            folder,
            *arguments,
            protocols=urlsplit(self._url).scheme if remote else "file",
            credentials=self._credentials if remote else None,
            seconds=self._seconds,
        )
        if status:
            raise failure(words)
        return words

    def _branches(self, known: Mapping[str, Sequence[str]]) -> Iterator[RemoteBranch]:
        names = [name for name in self._theirs.references if name.startswith(_INCOMING)]
        if len(names) > _MOST_BRANCHES:
            raise ResourceExhausted(
                f"the remote has {len(names)} branches; {_MOST_BRANCHES} are taken", reason="REMOTE_TOO_LARGE"
            )
        for name in sorted(names):
            branch = name.removeprefix(_INCOMING)
            tip = self._theirs.references[name].peel(pygit2.Commit).id
            mine = target(self._ours, branch_ref(branch)) if _is_ref(branch) else None
            ids = [pygit2.Oid(hex=object_id) for object_id in known.get(branch, ())]
            ahead = mine is None or mine == tip or self._theirs.descendant_of(tip, mine)
            behind = mine is not None and mine != tip and self._theirs.descendant_of(mine, tip)
            versions, problem = self._versions(tip, ids) if ahead else ([], "")
            yield RemoteBranch(
                name=branch,
                tip=str(tip),
                ours=str(mine) if mine else "",
                ahead=ahead and bool(versions or problem),
                behind=behind,
                diverged=not ahead and not behind,
                versions=tuple(versions),
                problem=problem,
            )

    def _versions(self, tip: pygit2.Oid, known: Sequence[pygit2.Oid]) -> tuple[list[RemoteVersion], str]:
        """The last commit of each version that we do not know, oldest first; or what is wrong."""
        walker = self._theirs.walk(tip, SortMode.TOPOLOGICAL | SortMode.REVERSE)
        for object_id in known:
            walker.hide(object_id)
        found: dict[str, RemoteVersion] = {}
        for count, commit in enumerate(walker):
            if count >= _MOST_COMMITS:
                return [], f"has more than {_MOST_COMMITS} new commits"
            number = self._number(commit)
            if number is None and commit.id == tip:
                return [], f"has no {MANIFEST} with a version at its tip"
            if number is None:
                continue
            made = self._made(commit)
            if made is None:
                return [], f"has a commit of a time that can't be: {commit.id}"
            found.pop(number, None)
            author = "".join(letter for letter in commit.author.name if letter.isprintable())[:200]
            found[number] = RemoteVersion(
                number, str(commit.id), author or "unknown", commit.message.strip()[:4_000], made
            )
        return list(found.values()), ""

    def _number(self, commit: pygit2.Commit) -> str | None:
        """The version that a commit's manifest names, where it names one."""
        try:
            for name, object_id, mode in entries(self._theirs, commit.tree_id):
                if name == MANIFEST and mode != FileMode.TREE:
                    return self._number_in(object_id)
        except DomainError:
            return None
        return None

    def _number_in(self, manifest: pygit2.Oid) -> str | None:
        if object_size(self._theirs, manifest) > limits.MAX_MANIFEST_BYTES:
            return None
        try:
            document = load_plain_yaml(self._theirs[manifest].peel(pygit2.Blob).data.decode())
        except (yaml.YAMLError, ValueError):
            return None
        number = document.get("version") if isinstance(document, dict) else None
        return number if isinstance(number, str) else None

    def _made(self, commit: pygit2.Commit) -> datetime | None:
        latest = (self._clock.now() + timedelta(days=1)).timestamp()
        return datetime.fromtimestamp(commit.commit_time, UTC) if 0 < commit.commit_time < latest else None

    def _adopt(self, branch: RemoteBranch, versions: Sequence[RemoteVersion]) -> list[StoredVersion]:
        self._run(
            Path(self._ours.path), "fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--",
            f"file://{self._aside}", f"{_INCOMING}{branch.name}",
            remote=False,
        )  # fmt: skip
        ours = pygit2.Repository(self._ours.path)
        ref = branch_ref(branch.name)

        def move(transaction: ReferenceTransaction) -> None:
            if str(target(ours, ref) or "") != branch.ours:
                raise Aborted("the template has changed meanwhile", reason="REPOSITORY_BUSY", retry_after=1.0)
            transaction.set_target(ref, pygit2.Oid(hex=branch.tip))
            for version in versions:
                tag = tag_ref(branch.name, version.number)
                transaction.lock_ref(tag)
                transaction.set_target(tag, pygit2.Oid(hex=version.object_id))

        with_locked_ref(ours, ref, move)
        return [
            StoredVersion(
                branch.name,
                version.number,
                version.object_id,
                version.author,
                version.message,
                version.created_at,
            )
            for version in versions
        ]

    def _push(self, branches: Mapping[str, Mapping[str, str]]) -> list[str]:
        refused: list[str] = []
        names = list(branches)
        for start in range(0, len(names), _CHUNK):
            chunk = names[start : start + _CHUNK]
            refs = [spec for name in chunk for spec in self._refspecs(name, branches[name])]
            status, words = run_git(
                Path(self._ours.path), "push", "--porcelain", "--no-verify", "--", self._url, *refs,
                protocols=urlsplit(self._url).scheme, credentials=self._credentials, seconds=self._seconds,
            )  # fmt: skip
            rejected = {
                spec.partition(":")[2] for line in words.splitlines() if line.startswith("!\t")
                for spec in line.split("\t")[1:2]
            }  # fmt: skip
            if status and not rejected:
                raise failure(words)
            refused += [
                name
                for name in chunk
                if any(ref in rejected for ref in (branch_ref(name), *_tags(name, branches[name])))
            ]
        return refused

    def _refspecs(self, name: str, versions: Mapping[str, str]) -> Iterator[str]:
        tip = target(self._ours, branch_ref(name))
        known = frozenset(versions.values())
        # On top may lie a commit of somebody who has no answer yet; it may still be withdrawn.
        walker = self._ours.walk(tip, SortMode.TOPOLOGICAL) if tip else ()
        newest = next((str(commit.id) for commit in walker if str(commit.id) in known), None)
        if newest is not None:
            yield f"{newest}:{branch_ref(name)}"
            yield from (f"{object_id}:{tag_ref(name, number)}" for number, object_id in versions.items())


def _tags(name: str, versions: Mapping[str, str]) -> Iterator[str]:
    return (tag_ref(name, number) for number in versions)


def _is_ref(branch: str) -> bool:
    return pygit2.reference_is_valid_name(branch_ref(branch))
