"""The `LineMerger` port on libgit2."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from tempfile import TemporaryDirectory

import pygit2
from pygit2.enums import FileMode

from maestro_template.domain.merging import Contested
from maestro_template.domain.ports import MergedLines


class GitLineMerger:
    """Merges as `git merge` does, in a repository that is gone afterwards."""

    async def merge(self, files: Sequence[Contested], label: str) -> Sequence[MergedLines]:
        """Each file's lines from both sides; where both changed the same ones, both, between markers."""
        return await asyncio.to_thread(_merge, files, label) if files else []


def _merge(files: Sequence[Contested], label: str) -> list[MergedLines]:
    with TemporaryDirectory(prefix="maestro-merge-") as folder:
        repository = pygit2.init_repository(folder, bare=True)

        def entry(name: str, content: bytes) -> pygit2.IndexEntry:
            # The names of its sides are what the markers of a conflict show.
            return pygit2.IndexEntry(name, repository.create_blob(content), FileMode.BLOB)

        merged = []
        for one in files:
            assert one.base is not None
            assert one.theirs is not None
            result = repository.merge_file_from_index(
                entry("rendered", one.base.content),
                entry("yours", one.ours.content),
                entry(label, one.theirs.content),
            )
            merged.append(MergedLines(result.contents.encode(), result.automergeable))
        return merged
