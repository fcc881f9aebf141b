"""Archives of callers: what is unpacked, and what is refused with nothing written outside."""

from __future__ import annotations

import io
import tarfile
from pathlib import Path

import pytest

from maestro_core.errors import InvalidArgument, ResourceExhausted
from maestro_environment.backends.files import trees
from maestro_environment.backends.files.archives import Bounds, unpack

Entry = tuple[str, bytes, str]  # name, kind, link or content


def archive(*entries: Entry) -> io.BytesIO:
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for name, kind, text in entries:
            member = tarfile.TarInfo(name)
            member.type = kind
            if kind == tarfile.REGTYPE:
                member.size = len(text)
            else:
                member.linkname = text
            tar.addfile(member, io.BytesIO(text.encode()))
    buffer.seek(0)
    return buffer


def file(name: str, text: str = "x") -> Entry:
    return (name, tarfile.REGTYPE, text)


def test_files_folders_and_links_that_stay_inside(tmp_path: Path) -> None:
    count = unpack(
        archive(
            ("d", tarfile.DIRTYPE, ""),
            file("./d/a.txt", "hello"),
            ("link", tarfile.SYMTYPE, "d/a.txt"),
            ("d/up", tarfile.SYMTYPE, "../d"),
            ("hard", tarfile.LNKTYPE, "d/a.txt"),
        ),
        tmp_path,
        Bounds(),
    )
    assert count == 5
    assert (tmp_path / "link").read_text() == (tmp_path / "hard").read_text() == "hello"
    assert (tmp_path / "d" / "up").is_symlink()


@pytest.mark.parametrize(
    "entries",
    [
        [file("../out")],
        [file("/out")],
        [file("a/../../out")],
        [("l", tarfile.SYMTYPE, "/etc/passwd")],
        [("l", tarfile.SYMTYPE, "../out")],
        [("d/l", tarfile.SYMTYPE, "../../out")],
        [("h", tarfile.LNKTYPE, "/etc/passwd")],
        [("h", tarfile.LNKTYPE, "not-there")],
        [("c", tarfile.CHRTYPE, "")],
        [("p", tarfile.FIFOTYPE, "")],
    ],
)
def test_what_leads_out_is_refused(tmp_path: Path, entries: list[Entry]) -> None:
    with pytest.raises(InvalidArgument) as raised:
        unpack(archive(*entries), tmp_path / "in", Bounds())
    assert raised.value.reason == "ARCHIVE_UNSAFE"
    assert not (tmp_path / "out").exists()


def test_nothing_is_written_through_a_link(tmp_path: Path) -> None:
    inside = tmp_path / "in"
    inside.mkdir()
    unpack(archive(("x", tarfile.SYMTYPE, "y"), file("x/file")), inside, Bounds())
    assert (inside / "x" / "file").is_file()
    assert not (inside / "x").is_symlink()


def test_too_much_is_refused(tmp_path: Path) -> None:
    for bounds in (Bounds(files=2), Bounds(bytes=2)):
        with pytest.raises(ResourceExhausted):
            unpack(archive(file("a"), file("b"), file("c")), tmp_path, bounds)


def test_what_is_no_archive_is_refused(tmp_path: Path) -> None:
    whole = archive(file("a", "x" * 10_000)).getvalue()
    for content in (b"", b"nothing of the kind" * 100, whole[:5000], b"\x1f\x8b" + whole):
        with pytest.raises(InvalidArgument):
            unpack(io.BytesIO(content), tmp_path, Bounds())


def test_folders_that_forbid_it_are_removed_all_the_same(tmp_path: Path) -> None:
    locked = tmp_path / "a" / "b"
    locked.mkdir(parents=True)
    (locked / "file").touch()
    locked.chmod(0)
    trees.remove(tmp_path / "a")
    trees.remove(tmp_path / "a")
    assert not (tmp_path / "a").exists()
