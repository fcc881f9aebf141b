"""Uploads: archives that lead out, that are bombs, or that are none; and one that is healed."""

from __future__ import annotations

import gzip
import io
import tarfile
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import grpc
import pytest

from maestro.healing.v1 import healing_pb2
from maestro_client import MaestroError, upload_project
from maestro_core.identity import Role
from maestro_core.settings import Settings
from maestro_healing.backends import archives, sources
from maestro_healing.backends.trees import Checkout
from maestro_healing.domain.errors import CannotHeal

from .conftest import Caller, commit, write


def archive_of(path: Path, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    with tarfile.open(path, "w") as tar:
        for member, content in members:
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def member(name: str, kind: bytes = tarfile.REGTYPE, link: str = "") -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.type, member.linkname = kind, link
    return member


@pytest.mark.parametrize(
    "members",
    [
        [member("../out")],
        [member("/etc/out")],
        [member("a", tarfile.SYMTYPE, "/etc/passwd")],
        [member("a", tarfile.SYMTYPE, "../out")],
        [member("l", tarfile.SYMTYPE, "."), member("x", tarfile.SYMTYPE, "l/l/l/../../../out")],
        [member("null", tarfile.CHRTYPE)],
        [member("h", tarfile.LNKTYPE, "../out")],
    ],
)
def test_an_archive_that_leads_out_is_refused(tmp_path: Path, members: list[tarfile.TarInfo]) -> None:
    """Names, links, chains of links, devices."""
    archive = archive_of(tmp_path / "a.tar", *((member, b"") for member in members))
    with pytest.raises(CannotHeal) as caught:
        archives.unpack(archive, tmp_path / "deep/er/target")
    assert caught.value.reason == "ARCHIVE_UNSAFE"


def test_an_uploaded_repository_is_no_way_into_another(tmp_path: Path) -> None:
    """A `.git` that points elsewhere, or borrows objects, holds nothing."""
    write(tmp_path / "victim", {"secret.py": ""})
    commit(tmp_path / "victim")
    archive = archive_of(tmp_path / "a.tar", (member(".git"), f"gitdir: {tmp_path}/victim/.git\n".encode()))
    archives.unpack(archive, tmp_path / "one")
    assert Checkout.of(tmp_path / "one", alone=True).repository is None
    members = [
        (member(".git/objects/info/alternates"), f"{tmp_path}/victim/.git/objects\n".encode()),
        (member(".git/config"), f"[core]\nworktree = {tmp_path}/victim\n".encode()),
    ]
    archives.unpack(archive_of(tmp_path / "b.tar", *members), tmp_path / "two")
    assert not (tmp_path / "two/.git/objects/info/alternates").exists()
    assert "worktree" not in (tmp_path / "two/.git/config").read_text()


def test_of_the_ways_to_pack_those_of_the_contract_are_taken(tmp_path: Path) -> None:
    """Plain and gzipped; one that is cut off, or packed in another way, is said to be invalid."""
    write(tmp_path / "p", {"a.py": "x = 1\n" * 1000})
    for kind in ("", "gz", "xz", "bz2"):
        with tarfile.open(tmp_path / f"a.{kind}", f"w:{kind}") as tar:
            tar.add(tmp_path / "p/a.py", "a.py")
    for kind in ("", "gz"):
        assert archives.is_archive(tmp_path / f"a.{kind}")
        archives.unpack(tmp_path / f"a.{kind}", tmp_path / f"to-{kind}")
        assert (tmp_path / f"to-{kind}/a.py").read_text() == "x = 1\n" * 1000
    assert not any(archives.is_archive(tmp_path / f"a.{kind}") for kind in ("xz", "bz2"))
    whole = (tmp_path / "a.gz").read_bytes()
    (tmp_path / "cut").write_bytes(whole[: len(whole) // 2])
    with pytest.raises(CannotHeal) as caught:
        archives.unpack(tmp_path / "cut", tmp_path / "to-cut")
    assert caught.value.reason == "ARCHIVE_INVALID"


async def send(caller: Caller, *pieces: bytes, parent: str = "") -> str:
    """Upload bytes; gives the project's name."""

    async def requests() -> AsyncIterator[healing_pb2.UploadProjectRequest]:
        header = healing_pb2.ProjectHeader(parent=parent or caller.parent)
        yield healing_pb2.UploadProjectRequest(header=header)
        for piece in pieces:
            yield healing_pb2.UploadProjectRequest(data=piece)

    return (await caller.maestro.healing.UploadProject(requests())).project


async def heal_upload(caller: Caller, project: str, base: str = "") -> healing_pb2.Healing:
    """Heal an uploaded project."""
    spec = healing_pb2.HealingSpec(uploaded=project, base_revision=base, python=str(caller.python))
    request = healing_pb2.CreateHealingRequest(parent=caller.parent, spec=spec)
    return await caller.ended((await caller.maestro.healing.CreateHealing(request)).healing.name)


def zipped(*pieces: bytes) -> bytes:
    """The pieces, one after the other, gzipped."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=9) as file:
        for piece in pieces:
            file.write(piece)
    return packed.getvalue()


def big(size: int) -> Iterator[bytes]:
    """So many zeros."""
    for _ in range(size >> 24):
        yield bytes(2**24)


def head(name: str, size: int, kind: bytes = tarfile.REGTYPE) -> bytes:
    """The header of an entry."""
    one = member(name, kind)
    one.size = size
    return one.tobuf(tarfile.GNU_FORMAT)


async def test_an_upload_is_healed_as_a_folder_is(caller: Caller, renamed: Path) -> None:
    """With its history, and the same content has the same name."""
    project = await upload_project(caller.maestro.healing, caller.parent, renamed)
    assert await upload_project(caller.maestro.healing, caller.parent, renamed) == project
    healing = await heal_upload(caller, project, base="HEAD~1")
    assert {one.verdict for one in healing.report.tests} == {healing_pb2.VERDICT_HEALED}, healing
    assert healing.report.patch == (await caller.heal(renamed, base="HEAD~1")).report.patch
    assert (await heal_upload(caller, project, base="nowhere")).failure.reason == "UNKNOWN_REVISION"


async def test_uploads_that_are_none(
    callers: Callable[..., Caller], healing_settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each is refused at once, and nothing of it is kept."""
    caller = callers()

    async def refusal(*pieces: bytes, who: Caller = caller, parent: str = "") -> tuple[grpc.StatusCode, str]:
        with pytest.raises(MaestroError) as caught:
            await send(who, *pieces, parent=parent)
        return caught.value.code, caught.value.reason

    bad = grpc.StatusCode.INVALID_ARGUMENT
    assert await refusal() == (bad, "NOT_AN_ARCHIVE")
    assert await refusal(b"no archive at all") == (bad, "NOT_AN_ARCHIVE")
    assert await refusal(b"\x1f\x8b\x08 no gzip") == (bad, "NOT_AN_ARCHIVE")
    assert await refusal(b"PK\x03\x04" + bytes(600)) == (bad, "NOT_AN_ARCHIVE")
    monkeypatch.setattr(sources, "_LARGEST_UPLOAD", 2**20)
    assert await refusal(*[bytes(2**18)] * 5) == (bad, "UPLOAD_TOO_LARGE")
    denied = grpc.StatusCode.PERMISSION_DENIED
    assert await refusal(b"x", parent="tenants/t2") == (denied, "TENANT_MISMATCH")
    assert await refusal(b"x", who=callers("t1", Role.VIEWER)) == (denied, "ROLE_MISSING")
    kept = healing_settings.data_dir / "healing" / "uploads"
    assert [path for path in kept.rglob("*") if path.is_file()] == []


async def test_a_hostile_archive_ends_its_healing_and_nothing_else(caller: Caller, tmp_path: Path) -> None:
    """A way out, a file that is larger than may be, and a name that takes more memory than may be."""
    way_out = archive_of(tmp_path / "a.tar", (member("../../out"), b"x")).read_bytes()
    hostile = {
        "ARCHIVE_UNSAFE": way_out,
        "PROJECT_TOO_LARGE": zipped(head("zeros", 2**34), *big(2**26)),
        "ARCHIVE_INVALID": zipped(head("cut", 2**20), bytes(2**10)),
    }
    for reason, archive in hostile.items():
        assert (await heal_upload(caller, await send(caller, archive))).failure.reason == reason
    assert list(tmp_path.rglob("out")) == []


@pytest.mark.slow
async def test_an_archive_that_wants_all_memory_gets_no_more_than_its_worker_has(caller: Caller) -> None:
    """Its first entry has a name of eight gigabytes."""
    bomb = zipped(head("././@LongLink", 2**33, tarfile.GNUTYPE_LONGNAME)) + zipped(*big(2**28)) * 20
    failure = (await heal_upload(caller, await send(caller, bomb))).failure
    assert failure.reason == "PROJECT_TOO_LARGE"
    assert "memory" in failure.message
    listed = healing_pb2.ListStrategiesRequest(parent=caller.parent)
    assert (await caller.maestro.healing.ListStrategies(listed)).strategies


async def test_an_upload_is_its_tenant_s(callers: Callable[..., Caller], tmp_path: Path) -> None:
    """Nobody else can name it, and one that is gone is not found."""
    mine, theirs = callers("t1"), callers("t2")
    archive = archive_of(tmp_path / "a.tar", (member("a.py"), b"")).read_bytes()
    project = await send(mine, archive)
    with pytest.raises(MaestroError) as caught:
        await heal_upload(theirs, project)
    assert caught.value.reason == "TENANT_MISMATCH"
    with pytest.raises(MaestroError) as caught:
        await heal_upload(theirs, project.replace("t1", "t2"))
    assert (caught.value.code, caught.value.reason) == (grpc.StatusCode.NOT_FOUND, "NOT_FOUND")
