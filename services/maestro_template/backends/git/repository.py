"""The `Repository` port on pygit2."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Final

import pygit2
from pygit2.enums import RepositoryOpenFlag
from pygit2.transaction import ReferenceTransaction

from maestro_core.errors import AlreadyExists, NotFound
from maestro_template.backends.git.refs import branch_ref, deleted_ref, tag_ref, target, with_locked_ref
from maestro_template.backends.git.trees import read_tree, write_tree
from maestro_template.domain.manifest import parse_manifest
from maestro_template.domain.model import MANIFEST, Folder
from maestro_template.domain.ports import Clock, Source, StoredVersion

_CACHE_BYTES: Final = 64 * 1024 * 1024


class GitRepository:
    """Bare repositories below one folder, one for each tenant, made when first written to."""

    def __init__(self, root: Path, clock: Clock) -> None:
        self._root = root
        self._clock = clock
        self._cache = _Cache(_CACHE_BYTES)

    async def commit(
        self, tenant: str, template_id: str, number: str, folder: Folder, *, author: str, message: str
    ) -> StoredVersion:
        """Add a version on top of the branch, whatever other writers do meanwhile.

        The same content under the same number answers with what is there already.
        Raises AlreadyExists (VERSION_EXISTS), Aborted (REPOSITORY_BUSY).
        """
        return await asyncio.to_thread(self._commit, tenant, template_id, number, folder, author, message)

    async def read(self, tenant: str, object_id: str) -> Source:
        """A version's content. Raises NotFound (VERSION_NOT_FOUND)."""
        cached = self._cache.get((tenant, object_id))
        if cached is None:
            cached = await asyncio.to_thread(self._read, tenant, object_id)
            self._cache.put((tenant, object_id), cached)
        return cached

    async def versions(self, tenant: str) -> Sequence[StoredVersion]:
        """Every tagged version in a tenant's repository."""
        return await asyncio.to_thread(self._versions, tenant)

    async def tenants(self) -> Sequence[str]:
        """The tenants that have a repository."""
        return sorted(path.stem for path in self._root.glob("*.git"))

    async def withdraw(self, tenant: str, version: StoredVersion) -> None:
        """Undo a commit: its tag goes, and the branch goes back where nothing came on top."""
        await asyncio.to_thread(self._withdraw, tenant, version)

    async def remove(self, tenant: str, template_id: str) -> None:
        """Take a template's branch and tags away; its commits stay under `refs/deleted`."""
        await asyncio.to_thread(self._remove, tenant, template_id)

    def for_writing(self, tenant: str) -> pygit2.Repository:
        """A tenant's repository, made where there is none yet."""
        repository = self._open(tenant)
        if repository is not None:
            return repository
        self._root.mkdir(parents=True, exist_ok=True)
        # Nobody may see a half-made repository, so it is made aside and moved into its place.
        with TemporaryDirectory(dir=self._root, prefix=".new-") as aside:
            fresh = Path(aside) / "repository"
            pygit2.init_repository(str(fresh), bare=True, initial_head="main")
            with suppress(OSError):
                fresh.rename(self._path(tenant))
        return pygit2.Repository(str(self._path(tenant)), RepositoryOpenFlag.NO_SEARCH)

    def _commit(
        self, tenant: str, template_id: str, number: str, folder: Folder, author: str, message: str
    ) -> StoredVersion:
        repository = self.for_writing(tenant)
        # Everything slow happens before the lock: objects that nothing points at do no harm.
        tree = write_tree(repository, folder)
        signature = _signature(author, tenant, self._clock.now())
        branch, tag = branch_ref(template_id), tag_ref(template_id, number)

        def append(transaction: ReferenceTransaction) -> pygit2.Oid:
            existing = target(repository, tag)
            if existing is not None:
                if _peel(repository, existing).tree_id != tree:
                    raise AlreadyExists(
                        f"{template_id} has a version {number} already, with other content",
                        reason="VERSION_EXISTS",
                    )
                return existing
            tip = target(repository, branch)
            reason = message.strip() or "No reason given."
            text = f"{template_id} {number}\n\n{reason}\n\n{_sign_off(signature)}\n"
            commit = repository.create_commit(None, signature, signature, text, tree, [tip] if tip else [])
            transaction.lock_ref(tag)
            transaction.set_target(branch, commit)
            transaction.set_target(tag, commit)
            return commit

        return _stored(repository, template_id, number, with_locked_ref(repository, branch, append))

    def _read(self, tenant: str, object_id: str) -> Source:
        repository = self._open(tenant)
        try:
            commit = repository[object_id] if repository else None
        except (KeyError, ValueError):
            commit = None
        if not isinstance(commit, pygit2.Commit):
            raise NotFound(f"no version has the object id {object_id[:64]}", reason="VERSION_NOT_FOUND")
        folder = read_tree(repository, commit.tree_id)
        return Source(object_id, parse_manifest(folder[MANIFEST].content), folder)

    def _versions(self, tenant: str) -> list[StoredVersion]:
        repository = self._open(tenant)
        if repository is None:
            return []
        found = []
        for reference in repository.references.iterator():
            template_id, separator, number = reference.name.removeprefix("refs/tags/").partition("/v")
            if separator and reference.name.startswith("refs/tags/"):
                found.append(_stored(repository, template_id, number, reference.target))
        return found

    def _withdraw(self, tenant: str, version: StoredVersion) -> None:
        repository = self.for_writing(tenant)
        branch, tag = branch_ref(version.template_id), tag_ref(version.template_id, version.number)

        def undo(transaction: ReferenceTransaction) -> None:
            if str(target(repository, tag)) == version.object_id:
                transaction.lock_ref(tag)
                transaction.remove(tag)
            if str(target(repository, branch)) == version.object_id:
                parents = _peel(repository, version.object_id).parent_ids
                if parents:
                    transaction.set_target(branch, parents[0])
                else:
                    transaction.remove(branch)

        with_locked_ref(repository, branch, undo)

    def _remove(self, tenant: str, template_id: str) -> None:
        repository = self._open(tenant)
        if repository is None:
            return
        branch = branch_ref(template_id)
        tags = tag_ref(template_id, "")

        def hide(transaction: ReferenceTransaction) -> None:
            tip = target(repository, branch)
            if tip is None:
                return
            kept = deleted_ref(template_id, tip)
            transaction.lock_ref(kept)
            transaction.set_target(kept, tip)
            # Tags go first: a branch without tags can be removed again after a crash in between.
            for name in [name for name in repository.references if name.startswith(tags)]:
                transaction.lock_ref(name)
                transaction.remove(name)
            transaction.remove(branch)

        with_locked_ref(repository, branch, hide)

    def _path(self, tenant: str) -> Path:
        return self._root / f"{tenant}.git"

    def _open(self, tenant: str) -> pygit2.Repository | None:
        path = self._path(tenant)
        return pygit2.Repository(str(path), RepositoryOpenFlag.NO_SEARCH) if path.is_dir() else None


class _Cache:
    """The sources read last, up to a number of bytes. A commit never changes, so nothing goes stale."""

    def __init__(self, capacity: int) -> None:
        self._room = capacity
        self._sources: OrderedDict[tuple[str, str], Source] = OrderedDict()

    def get(self, key: tuple[str, str]) -> Source | None:
        source = self._sources.get(key)
        if source is not None:
            self._sources.move_to_end(key)
        return source

    def put(self, key: tuple[str, str], source: Source) -> None:
        if key not in self._sources:
            self._sources[key] = source
            self._room -= _weight(source)
        while self._room < 0 and len(self._sources) > 1:
            self._room += _weight(self._sources.popitem(last=False)[1])


def _weight(source: Source) -> int:
    return sum(len(path) + len(file.content) for path, file in source.folder.items())


def _signature(author: str, tenant: str, when: datetime) -> pygit2.Signature:
    name = "".join(letter for letter in author if letter.isprintable() and letter not in "<>").strip()
    email = name if "@" in name else f"{name.replace(' ', '.')}@{tenant}"
    return pygit2.Signature(name or "unknown", email, int(when.timestamp()), 0)


def _sign_off(signature: pygit2.Signature) -> str:
    return f"Signed-off-by: {signature.name} <{signature.email}>"


def _peel(repository: pygit2.Repository, object_id: pygit2.Oid | str) -> pygit2.Commit:
    return repository[object_id].peel(pygit2.Commit)


def _stored(
    repository: pygit2.Repository, template_id: str, number: str, object_id: pygit2.Oid | str
) -> StoredVersion:
    commit = _peel(repository, object_id)
    message = commit.message.partition("\n\n")[2].rpartition("\n\nSigned-off-by:")[0]
    return StoredVersion(
        template_id=template_id,
        number=number,
        object_id=str(commit.id),
        author=commit.author.name,
        message=message,
        created_at=datetime.fromtimestamp(commit.commit_time, UTC),
    )
