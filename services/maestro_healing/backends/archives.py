"""Unpacks uploaded projects: nothing of one lands outside its folder, and nothing in it leads there."""

from __future__ import annotations

import gzip
import os
import shutil
import tarfile
import zlib
from pathlib import Path, PurePosixPath
from typing import BinaryIO, cast

from maestro_healing.backends.allowance import Allowance
from maestro_healing.domain.errors import CannotHeal

_GZIP = b"\x1f\x8b"
_PLAIN_CONFIG = "[core]\n\trepositoryformatversion = 0\n\tbare = false\n"
# Each of these sends a repository to look elsewhere for what it holds.
_REDIRECTIONS = ("commondir", "config.worktree", "objects/info/alternates", "objects/info/http-alternates")


def is_archive(path: Path) -> bool:
    """Whether a file begins as a tar archive does, plain or gzipped. No more of it is read."""
    try:
        with _opened(path) as file:
            tarfile.TarInfo.frombuf(file.read(tarfile.BLOCKSIZE), "utf-8", "surrogateescape")
    except (tarfile.HeaderError, OSError, EOFError, zlib.error):
        return False
    return True


def unpack(archive: Path, target: Path) -> None:
    """Unpack into a new folder. Raises CannotHeal (ARCHIVE_INVALID, ARCHIVE_UNSAFE, PROJECT_TOO_LARGE)."""
    target.mkdir(parents=True)
    links: list[tuple[Path, str]] = []
    allowance = Allowance()
    try:
        # Of what tarfile knows to unpack, only what the contract names: others make a bomb of less.
        with _opened(archive) as file, tarfile.open(fileobj=file, mode="r:") as tar:
            for member in tar:
                allowance.spend(member.size)
                _unpack_one(tar, member, target, links)
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise CannotHeal("ARCHIVE_INVALID", f"The archive can't be unpacked: {error}") from error
    _link(target, links)
    _tame(target)


def _opened(path: Path) -> BinaryIO:
    with path.open("rb") as file:
        is_zipped = file.read(len(_GZIP)) == _GZIP
    return cast("BinaryIO", gzip.open(path)) if is_zipped else path.open("rb")


def _unpack_one(
    tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, links: list[tuple[Path, str]]
) -> None:
    place = target / _inside(member.name)
    if member.isdir():
        place.mkdir(parents=True, exist_ok=True)
        return
    place.parent.mkdir(parents=True, exist_ok=True)
    if member.issym():
        links.append((place, member.linkname))
    elif member.islnk():
        shutil.copyfile(target / _inside(member.linkname), place)
    elif member.isreg() and (content := tar.extractfile(member)) is not None:
        with place.open("wb") as file:
            shutil.copyfileobj(content, file)
        place.chmod(0o755 if member.mode & 0o100 else 0o644)
    else:
        raise _unsafe(member.name, "is neither a file, a folder nor a link")


def _link(target: Path, links: list[tuple[Path, str]]) -> None:
    """Make the links when all else is there, so that nothing is written through one; then follow each."""
    for place, goal in links:
        if not os.path.lexists(place):
            place.symlink_to(goal)
    top = target.resolve()
    for place, _ in links:
        try:
            is_inside = place.resolve().is_relative_to(top)
        except (OSError, RuntimeError):  # it leads in a circle
            is_inside = True
        if not is_inside:
            raise _unsafe(place.relative_to(target).as_posix(), "leads out of the project")


def _tame(target: Path) -> None:
    """Leave of `.git` what it holds itself: its settings and pointers are a stranger's, the disk is ours."""
    git = target / ".git"
    if git.is_symlink() or git.is_file():
        git.unlink()
    if not git.is_dir():
        return
    for name in _REDIRECTIONS:
        (git / name).unlink(missing_ok=True)
    config = git / "config"
    config.unlink(missing_ok=True)
    config.write_text(_PLAIN_CONFIG)


def _inside(name: str) -> str:
    plain = PurePosixPath(os.path.normpath(name))
    if plain.is_absolute() or ".." in plain.parts or "\0" in name:
        raise _unsafe(name, "leads out of the project")
    return str(plain)


def _unsafe(name: str, why: str) -> CannotHeal:
    return CannotHeal("ARCHIVE_UNSAFE", f"The archive's entry {name!r} {why}.")
