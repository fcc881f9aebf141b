"""The git store: nothing is lost, nothing is overwritten, and ordinary git can read it."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time

import pytest

from maestro_core.errors import AlreadyExists, InvalidArgument, NotFound
from maestro_template.backends.git.repository import GitRepository
from maestro_template.domain.model import File


@pytest.fixture
def repository(tmp_path, clock):
    return GitRepository(tmp_path, clock)


def git(tmp_path, *arguments):
    command = ["git", "--git-dir", str(tmp_path / "acme.git"), *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


async def commit(repository, folder, number, *, text="x", template_id="demo", tenant="acme"):
    files = folder({"files/a.txt": text}, version=number, template_id=template_id)
    return await repository.commit(
        tenant, template_id, number, files, author="ana", message=f"Because {number}"
    )


async def test_a_version_is_read_back_as_it_was(repository, folder):
    files = folder({"files/a/b.bin": bytes(range(256)), "files/ü.jinja": "{{ x }}"})
    files["files/run"] = File(b"#!/bin/sh\n", executable=True)
    stored = await repository.commit("acme", "demo", "1.0.0", files, author="ana", message="First")
    source = await repository.read("acme", stored.object_id)
    assert source.folder == files
    assert source.manifest.id == "demo"


async def test_ordinary_git_sees_branch_tag_and_sign_off(repository, folder, tmp_path):
    await commit(repository, folder, "1.0.0")
    await commit(repository, folder, "1.1.0-rc.1+build.5", text="y")
    assert git(tmp_path, "tag", "--list").split() == ["demo/v1.0.0", "demo/v1.1.0-rc.1+build.5"]
    assert git(tmp_path, "rev-list", "--count", "demo") == "2"
    assert git(
        tmp_path, "log", "-1", "--format=%an %ae|%s|%(trailers:key=Signed-off-by,valueonly)", "demo"
    ) == ("ana ana@acme|demo 1.1.0-rc.1+build.5|ana <ana@acme>")
    assert git(tmp_path, "fsck", "--strict") == ""
    git(tmp_path, "clone", "--quiet", "--branch", "demo", str(tmp_path / "acme.git"), str(tmp_path / "clone"))
    assert (tmp_path / "clone" / "files" / "a.txt").read_text() == "y"


async def test_sixteen_writers_lose_no_commit(repository, folder, tmp_path):
    numbers = [f"1.0.{number}" for number in range(48)]
    queue = asyncio.Queue()
    for number in numbers:
        queue.put_nowait(number)

    async def writer():
        while not queue.empty():
            number = queue.get_nowait()
            await commit(repository, folder, number, text=number)

    await asyncio.gather(*(writer() for _ in range(16)))
    assert {stored.number for stored in await repository.versions("acme")} == set(numbers)
    history = git(tmp_path, "log", "--format=%s", "demo").splitlines()
    assert sorted(history) == sorted(f"demo {number}" for number in numbers)


async def test_writers_in_other_processes_lose_no_commit_either(repository, folder, tmp_path):
    await commit(repository, folder, "0.0.1")
    script = (
        "import asyncio,sys; from pathlib import Path; from maestro_core.clock import SystemClock;"
        "from maestro_template.backends.git.repository import GitRepository;"
        "from maestro_template.domain.model import File\n"
        "async def main(root, who):\n"
        "    repository = GitRepository(Path(root), SystemClock())\n"
        "    for number in range(8):\n"
        "        files = {'template.yaml': File(f'{who} {number}'.encode())}\n"
        "        version = f'{who}.0.{number}'\n"
        "        await repository.commit('acme', 'demo', version, files, author='a', message='m')\n"
        "asyncio.run(main(*sys.argv[1:]))"
    )
    processes = [
        await asyncio.create_subprocess_exec(sys.executable, "-c", script, str(tmp_path), str(who))
        for who in range(1, 5)
    ]
    assert [await process.wait() for process in processes] == [0] * 4
    assert git(tmp_path, "rev-list", "--count", "demo") == "33"
    assert len(await repository.versions("acme")) == 33


async def test_one_number_is_one_content(repository, folder):
    first = await commit(repository, folder, "1.0.0")
    assert await commit(repository, folder, "1.0.0") == first
    with pytest.raises(AlreadyExists) as caught:
        await commit(repository, folder, "1.0.0", text="other")
    assert caught.value.reason == "VERSION_EXISTS"
    assert [stored.object_id for stored in await repository.versions("acme")] == [first.object_id]


async def test_two_writers_on_one_number_are_told_apart(repository, folder):
    outcomes = await asyncio.gather(
        *(commit(repository, folder, "1.0.0", text=str(number)) for number in range(8)),
        return_exceptions=True,
    )
    assert sum(isinstance(outcome, AlreadyExists) for outcome in outcomes) == 7


async def test_withdrawing_leaves_what_came_before_and_after(repository, folder, tmp_path):
    first = await commit(repository, folder, "1.0.0")
    second = await commit(repository, folder, "1.1.0", text="2")
    await repository.withdraw("acme", second)
    assert git(tmp_path, "rev-parse", "demo") == first.object_id
    third = await commit(repository, folder, "1.1.0", text="3")
    await repository.withdraw("acme", first)
    assert git(tmp_path, "rev-parse", "demo") == third.object_id
    assert [stored.number for stored in await repository.versions("acme")] == ["1.1.0"]


async def test_removed_versions_leave_their_commits(repository, folder, tmp_path):
    stored = await commit(repository, folder, "1.0.0")
    await commit(repository, folder, "1.0.0", template_id="other")
    await repository.remove("acme", "demo")
    await repository.remove("acme", "demo")
    assert [found.template_id for found in await repository.versions("acme")] == ["other"]
    assert (
        git(tmp_path, "for-each-ref", "--format=%(refname)", "refs/deleted")
        == f"refs/deleted/demo/{stored.object_id}"
    )
    again = await commit(repository, folder, "1.0.0", text="new")
    assert again.object_id != stored.object_id


async def test_tenants_share_nothing(repository, folder):
    stored = await commit(repository, folder, "1.0.0", tenant="acme")
    await commit(repository, folder, "1.0.0", tenant="other", text="z")
    assert await repository.tenants() == ["acme", "other"]
    with pytest.raises(NotFound):
        await repository.read("other", stored.object_id)
    with pytest.raises(NotFound):
        await repository.read("nobody", stored.object_id)
    assert await repository.versions("nobody") == []


@pytest.mark.parametrize("object_id", ["0" * 40, "nonsense", "", "HEAD"])
async def test_an_unknown_object_is_not_found(repository, folder, object_id):
    await commit(repository, folder, "1.0.0")
    with pytest.raises(NotFound):
        await repository.read("acme", object_id)


async def test_a_symlink_from_elsewhere_is_refused(repository, folder, tmp_path):
    await commit(repository, folder, "1.0.0")
    environment = {
        **os.environ,
        "GIT_DIR": str(tmp_path / "acme.git"),
        "GIT_INDEX_FILE": str(tmp_path / "index"),
    }

    def plumb(*arguments, stdin=None):
        result = subprocess.run(
            ["git", "-c", "user.name=x", "-c", "user.email=x@y", *arguments],
            env=environment, input=stdin, check=True, capture_output=True, text=True,
        )  # fmt: skip
        return result.stdout.strip()

    blob = plumb("hash-object", "-w", "--stdin", stdin="/etc/passwd")
    plumb("update-index", "--add", "--cacheinfo", f"120000,{blob},files/link")
    commit_id = plumb("commit-tree", "-m", "m", plumb("write-tree"))
    with pytest.raises(InvalidArgument, match="symlink"):
        await repository.read("acme", commit_id)


async def test_the_lock_of_a_killed_writer_does_not_block_for_good(repository, folder, tmp_path):
    await commit(repository, folder, "1.0.0")
    lock = tmp_path / "acme.git" / "refs" / "heads" / "demo.lock"
    lock.touch()
    long_ago = time.time() - 60
    os.utime(lock, (long_ago, long_ago))
    await commit(repository, folder, "1.0.1", text="y")
    assert not lock.exists()
