"""Unpacks tar archives of callers: nothing of one lands outside, and nothing in it leads there."""

from __future__ import annotations

import posixpath
import tarfile
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import IO

from maestro_core.errors import InvalidArgument, ResourceExhausted

_PIECE = 2**20
# An entry below a file, or of the name of a folder: the archive contradicts itself.
_CONTRADICTIONS = (FileExistsError, NotADirectoryError, IsADirectoryError)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How much an archive may hold."""

    files: int = 200_000
    bytes: int = 2 * 2**30


def unpack(archive: IO[bytes], into: Path, bounds: Bounds) -> int:
    """Unpack a tar archive, plain or gzipped, into an empty folder; says how many entries it had.

    Raises InvalidArgument for what is no archive, and for entries that are absolute, lead outside, or are
    neither file, folder nor link; ResourceExhausted where it holds too much.
    """
    links: list[tuple[Path, str]] = []
    count = room = 0
    try:
        with tarfile.open(fileobj=archive, mode="r|*") as tar:
            for member in tar:
                count += 1
                room += member.size
                if count > bounds.files or room > bounds.bytes:
                    raise ResourceExhausted(
                        f"A workspace has {bounds.files} files and {bounds.bytes} bytes at most.",
                        reason="WORKSPACE_TOO_LARGE",
                    )
                _unpack_one(tar, member, into, links)
    except (tarfile.TarError, EOFError, *_CONTRADICTIONS) as error:
        raise InvalidArgument(f"This is no tar archive: {error}", reason="ARCHIVE_INVALID") from error
    # Links come last, so that no entry can be written through one.
    for place, target in links:
        if not place.is_symlink() and not place.exists():
            place.symlink_to(target)
    return count


def _unpack_one(
    tar: tarfile.TarFile, member: tarfile.TarInfo, into: Path, links: list[tuple[Path, str]]
) -> None:
    name = _inside(member.name, member.name)
    place = into / name
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        _inside(posixpath.join(posixpath.dirname(name), member.linkname), member.name)
        links.append((place, member.linkname))
    elif member.islnk():
        source = into / _inside(member.linkname, member.name)
        if not source.is_file():
            raise _refused(member.name, "is a link to something that is not in the archive")
        place.write_bytes(source.read_bytes())
        place.chmod(source.stat().st_mode)
    elif member.isreg():
        if (content := tar.extractfile(member)) is None:
            raise _refused(member.name, "has no content")
        with place.open("wb") as file:
            while piece := content.read(_PIECE):
                file.write(piece)
        place.chmod(0o755 if member.mode & 0o100 else 0o644)
    else:
        raise _refused(member.name, "is neither a file, a folder nor a link")


def _inside(path: str, name: str) -> str:
    """A path without detours; refused where it is absolute or leads out."""
    plain = posixpath.normpath(path)
    if plain.startswith("/") or PurePosixPath(plain).parts[:1] == ("..",) or "\0" in plain:
        raise _refused(name, "leads out of the workspace")
    return plain


def _refused(name: str, why: str) -> InvalidArgument:
    return InvalidArgument(f"The archive's entry {name!r} {why}.", reason="ARCHIVE_UNSAFE")
