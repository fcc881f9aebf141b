"""SyncRepository with real git repositories, by file and by http: forward only, bounded, and trusting nobody."""

from __future__ import annotations

import asyncio
import base64
import os
import socket
import subprocess
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import pytest
from test_template_service import ANSWERS, PARENT, create, get, refused, update

from maestro.template.v1 import template_pb2
from maestro_core.identity import Role
from maestro_core.settings import TemplateRemote
from maestro_template.backends.git.remotes import GitRemotes
from maestro_template.backends.git.repository import GitRepository

SECRET = "s3cret-71c1"
PRECONDITION, UNAVAILABLE = grpc.StatusCode.FAILED_PRECONDITION, grpc.StatusCode.UNAVAILABLE


def git(folder, *arguments, stdin=None):
    done = subprocess.run(
        ["git", "-c", "user.name=Bo", "-c", "user.email=bo@example.com", *arguments],
        cwd=folder, input=stdin, capture_output=True, check=True,
    )  # fmt: skip
    return done.stdout.decode().strip()


class _Handler(BaseHTTPRequestHandler):
    """git's own http server, behind a password; below `/away` it sends its callers elsewhere."""

    def do_GET(self):
        self._serve(b"")

    def do_POST(self):
        self._serve(self.rfile.read(int(self.headers["Content-Length"])))

    def _serve(self, body):
        self.server.seen.append(self.headers.get("Authorization"))
        path, _, query = self.path.partition("?")
        if path.startswith("/away"):
            self.send_response(302)
            self.send_header("Location", f"http://127.0.0.1:{self.server.server_port}{self.path[5:]}")
            self.end_headers()
            return
        wanted = "Basic " + base64.b64encode(f"bo:{SECRET}".encode()).decode()
        if self.headers.get("Authorization") != wanted:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        done = subprocess.run(
            ["git", "http-backend"],
            input=body,
            env={
                "PATH": os.environ["PATH"],
                "GIT_PROJECT_ROOT": str(self.server.root),
                "GIT_HTTP_EXPORT_ALL": "1",
                "PATH_INFO": path,
                "QUERY_STRING": query,
                "REQUEST_METHOD": self.command,
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
                "REMOTE_USER": "bo",
                "REMOTE_ADDR": "127.0.0.1",
                "GIT_PROTOCOL": self.headers.get("Git-Protocol", ""),
            },
            capture_output=True,
            check=False,
        )
        head, _, content = done.stdout.partition(b"\r\n\r\n")
        lines = [line.partition(": ") for line in head.decode().split("\r\n") if line]
        status = next((int(value.split()[0]) for name, _, value in lines if name == "Status"), 200)
        self.send_response(status)
        for name, _, value in lines:
            if name != "Status":
                self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def remote(tmp_path):
    """A bare repository elsewhere."""
    folder = tmp_path / "served" / "remote.git"
    folder.mkdir(parents=True)
    git(folder, "init", "-q", "--bare", "-b", "main")
    git(folder, "config", "http.receivepack", "true")
    return folder


@pytest.fixture
def server(remote):
    serving = ThreadingHTTPServer(("127.0.0.1", 0), _Handler)
    serving.root, serving.seen = remote.parent, []
    thread = threading.Thread(target=serving.serve_forever)
    thread.start()
    yield serving
    serving.shutdown()
    thread.join()
    serving.server_close()


@pytest.fixture
def settings(settings, remote, server, monkeypatch):
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    base = f"http://127.0.0.1:{server.server_port}"
    known = {
        "files": {"url": f"file://{remote}"},
        "web": {"url": f"{base}/remote.git", "username": "bo", "password": SECRET},
        "locked": {"url": f"{base}/remote.git", "username": "bo", "password": "wrong"},
        "away": {"url": f"{base}/away/remote.git", "username": "bo", "password": SECRET},
        "nowhere": {"url": f"file://{remote}-nowhere"},
        "theirs": {"url": f"file://{remote}", "tenants": ["other"]},
    }
    remotes = {name: TemplateRemote(**{"tenants": ("t1", "t2"), **one}) for name, one in known.items()}
    return settings.model_copy(update={"template_remotes": remotes})


@pytest.fixture
def admin(connect):
    return connect("t1", Role.ADMIN)


async def sync(stub, remote="files", pull=True, push=True, parent=PARENT):
    request = template_pb2.SyncRepositoryRequest(parent=parent, remote=remote, pull=pull, push=push)
    answer = await stub.SyncRepository(request)
    return (
        list(answer.pulled),
        list(answer.pushed),
        list(answer.conflicts),
        {one.branch: one.reason for one in answer.refused},
    )


def cloned(remote, folder, branch=None):
    git(remote.parent, "clone", "-q", *(["-b", branch] if branch else []), str(remote), str(folder))
    return folder


def empty(folder, branch):
    """Begin a branch without anything of the others."""
    git(folder, "checkout", "-q", "--orphan", branch)
    git(folder, "rm", "-rfq", "--ignore-unmatch", ".")


def commit(folder, files, message="Because", branch=None):
    if branch:
        empty(folder, branch)
    for file in files:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.content)
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    git(folder, "push", "-q", "origin", "HEAD")


@pytest.mark.parametrize("name", ["files", "web"])
async def test_what_is_new_here_goes_out_and_what_is_new_there_comes_in(admin, files, remote, tmp_path, name):
    await create(admin, files(extra=ANSWERS))
    await update(admin, files({"files/b.txt": "b"}, version="1.1.0", extra=ANSWERS))
    assert await sync(admin, name) == ([], ["demo"], [], {})
    assert git(remote, "tag", "--list").split() == ["demo/v1.0.0", "demo/v1.1.0"]
    assert await sync(admin, name) == ([], [], [], {})

    work = cloned(remote, tmp_path / "work", "demo")
    assert (work / "files" / "b.txt").read_text() == "b"
    commit(work, files({"files/c.txt": "draft"}, version="1.2.0", extra=ANSWERS))
    commit(work, files({"files/c.txt": "done"}, version="1.2.0", extra=ANSWERS), "Add c\n\nfor kites")
    commit(work, files({"files/d.txt": "d"}, version="2.0.0", extra=ANSWERS))
    commit(work, files(template_id="fresh"), branch="fresh")
    assert await sync(admin, name) == (["demo", "fresh"], [], [], {})
    shown = await get(admin, version="1.2.0", include_files=True)
    assert next(file.content for file in shown.files if file.path == "files/c.txt") == b"done"
    assert (await get(admin)).version == "2.0.0"
    fresh = await get(admin, f"{PARENT}/templates/fresh")
    assert fresh.status == template_pb2.TEMPLATE_STATUS_DRAFT
    versions = (await admin.ListVersions(template_pb2.ListVersionsRequest(name=shown.name))).versions
    assert [(one.version, one.author) for one in versions][1] == ("1.2.0", "Bo")
    found = await admin.SearchTemplates(template_pb2.SearchTemplatesRequest(parent=PARENT, query="fresh"))
    assert found.hits[0].template.name == fresh.name
    assert await sync(admin, name) == ([], [], [], {})


async def test_the_command_says_what_happened(maestro, admin, files, remote, tmp_path):
    await create(admin, files())
    code, out, err = await maestro("sync", "files")
    assert (code, err) == (0, "")
    assert out.splitlines()[-1].split() == ["demo", "pushed"]
    assert "Nothing to exchange." in (await maestro("sync", "files", "--pull"))[1]
    commit(cloned(remote, tmp_path / "work", "demo"), files({"files/x": "theirs"}, version="1.1.0"))
    await update(admin, files({"files/x": "mine"}, version="1.2.0"))
    code, out, _ = await maestro("sync", "files")
    assert code == 1
    assert "conflict" in out
    code, _, err = await maestro("sync", "nothing")
    assert code == 2
    assert "nothing" in err


async def test_only_what_is_asked_for_is_done(admin, files, remote, tmp_path):
    await create(admin, files())
    assert await sync(admin, push=False) == ([], [], [], {})
    assert git(remote, "branch", "--list") == ""
    await sync(admin, pull=False)
    commit(cloned(remote, tmp_path / "work", "demo"), files(version="1.1.0"))
    assert await sync(admin, pull=False) == ([], [], [], {})
    assert (await get(admin)).version == "1.0.0"
    await refused(sync(admin, pull=False, push=False), grpc.StatusCode.INVALID_ARGUMENT, "SYNC_EMPTY")


async def test_where_both_went_on_nothing_is_forced(admin, files, remote, tmp_path):
    await create(admin, files())
    await sync(admin)
    commit(cloned(remote, tmp_path / "work", "demo"), files({"files/x": "theirs"}, version="1.1.0"))
    there = git(remote, "rev-parse", "demo")
    mine = await update(admin, files({"files/x": "mine"}, version="1.2.0"))
    for _ in range(2):
        assert await sync(admin) == ([], [], ["demo"], {})
    assert git(remote, "rev-parse", "demo") == there
    assert (await get(admin)).commit == mine.commit


async def test_what_a_remote_refuses_is_a_conflict(admin, files, remote):
    await create(admin, files())
    hook = remote / "hooks" / "update"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text("#!/bin/sh\nexit 1\n")
    hook.chmod(0o755)
    assert await sync(admin) == ([], [], ["demo"], {})


async def test_what_is_no_template_is_told_and_the_rest_comes_in(admin, files, remote, tmp_path):
    await create(admin, files(template_id="released", extra=ANSWERS))
    for status in ("IN_REVIEW", "PUBLISHED"):
        await admin.TransitionTemplate(
            template_pb2.TransitionTemplateRequest(
                name=f"{PARENT}/templates/released", status=f"TEMPLATE_STATUS_{status}"
            )
        )
    await sync(admin)
    work = cloned(remote, tmp_path / "work")
    readme = template_pb2.TemplateFile(path="README.md", content=b"x")
    commit(work, [readme], branch="main")
    commit(work, files(template_id="other-id"), branch="misnamed")
    commit(work, files({"files/a.jinja": "{% if %}"}, template_id="broken"), branch="broken")
    commit(work, files(template_id="loud", extra="status: published\n"), branch="loud")
    commit(work, files(template_id="good"), branch="good")
    empty(work, "linked")
    (work / "files").mkdir(exist_ok=True)
    (work / "files" / "link").symlink_to("/etc/passwd")
    commit(work, files(template_id="linked"))
    git(work, "checkout", "-q", "-f", "-B", "released", "origin/released")
    commit(work, files(template_id="released", extra=ANSWERS.replace("9", "3"), version="1.1.0"))
    pulled, _, conflicts, told = await sync(admin)
    assert (pulled, conflicts) == (["good"], [])
    assert set(told) == {"main", "misnamed", "broken", "loud", "linked", "released"}
    for branch, words in {
        "main": "template.yaml",
        "misnamed": "other-id",
        "broken": "files/a.jinja",
        "loud": "status",
        "linked": "symlink",
        "released": "major version",
    }.items():
        assert words in told[branch], told
    assert (await get(admin, f"{PARENT}/templates/released")).version == "1.0.0"


async def test_a_version_has_one_content(admin, files, remote, tmp_path):
    await create(admin, files())
    await sync(admin)
    commit(cloned(remote, tmp_path / "work", "demo"), files({"files/x": "other"}))
    told = (await sync(admin))[3]
    assert "1.0.0" in told["demo"]


def _bomb(remote, files):
    """A tree of ten levels with ten times the same below each: ten thousand million files in a few objects."""
    manifest = files(template_id="bomb")[0].content
    blob = git(remote, "hash-object", "-w", "--stdin", stdin=b"x")
    tree = git(remote, "mktree", stdin="".join(f"100644 blob {blob}\tf{n}\n" for n in range(10)).encode())
    for _ in range(10):
        tree = git(remote, "mktree", stdin="".join(f"040000 tree {tree}\td{n}\n" for n in range(10)).encode())
    return manifest, tree


def _top(remote, manifest, entry):
    blob = git(remote, "hash-object", "-w", "--stdin", stdin=manifest)
    return git(remote, "mktree", stdin=f"100644 blob {blob}\ttemplate.yaml\n{entry}\n".encode())


async def test_bombs_are_not_unpacked(admin, files, remote):
    manifest, tree = _bomb(remote, files)
    tops = {"bomb": _top(remote, manifest, f"040000 tree {tree}\tfiles")}
    deep = git(remote, "mktree", stdin=b"")
    for _ in range(3_000):
        deep = git(remote, "mktree", "--missing", stdin=f"040000 tree {deep}\td\n".encode())
    tops["deep"] = _top(remote, files(template_id="deep")[0].content, f"040000 tree {deep}\tfiles")
    big = git(remote, "hash-object", "-w", "--stdin", stdin=b"\0" * 100_000_000)
    tops["big"] = _top(remote, files(template_id="big")[0].content, f"100644 blob {big}\tbig")
    for name, top in tops.items():
        made = git(remote, "commit-tree", "-m", "m", top)
        git(remote, "update-ref", f"refs/heads/{name}", made)
    begin = time.monotonic()
    pulled, _, _, told = await sync(admin)
    assert time.monotonic() - begin < 20
    assert (pulled, set(told)) == ([], {"bomb", "deep", "big"})
    assert all("too many or too large" in reason for reason in told.values()), told
    assert (await create(admin, files())).version == "1.0.0"


async def test_hooks_of_a_remote_do_not_run_and_passwords_go_nowhere_else(
    admin, files, remote, server, settings
):
    ran = remote.parent / "ran"
    for name in ("post-checkout", "reference-transaction", "post-merge", "pre-push"):
        for folder in (remote, settings.data_dir / "template" / "git" / "t1.git"):
            hook = folder / "hooks" / name
            hook.parent.mkdir(parents=True, exist_ok=True)
            if folder != remote:
                hook.write_text(f"#!/bin/sh\ntouch {ran}\n")
                hook.chmod(0o755)
    (settings.data_dir / "template" / "git" / "t1.git" / "hooks").rename(remote.parent / "hooks")
    (settings.data_dir / "template" / "git" / "t1.git").rmdir()
    await create(admin, files())
    (remote.parent / "hooks").rename(settings.data_dir / "template" / "git" / "t1.git" / "myhooks")
    git(settings.data_dir / "template" / "git" / "t1.git", "config", "core.hooksPath", "myhooks")
    assert await sync(admin, "web") == ([], ["demo"], [], {})
    assert not ran.exists()
    server.seen.clear()
    error = await refused(sync(admin, "away"), UNAVAILABLE, "REMOTE_UNAVAILABLE")
    assert SECRET not in error.details()
    assert len(server.seen) == 1
    error = await refused(sync(admin, "locked"), PRECONDITION, "REMOTE_REFUSED")
    assert "wrong" not in error.details()


async def test_a_remote_is_the_settings_and_the_tenant_s(admin, connect, files):
    for name in ("nothing", "theirs", "--upload-pack=x", "file:///etc", "../x"):
        await refused(sync(admin, name), grpc.StatusCode.NOT_FOUND, "REMOTE_NOT_FOUND")
    await refused(sync(admin, "nowhere"), UNAVAILABLE, "REMOTE_UNAVAILABLE")
    await refused(sync(connect("t1", Role.EDITOR)), grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")
    await refused(sync(admin, ""), grpc.StatusCode.INVALID_ARGUMENT, "VALIDATION_FAILED")
    await create(admin, files())
    await sync(admin)
    other = connect("t2", Role.ADMIN)
    assert (await sync(other, parent="tenants/t2", push=False))[0] == ["demo"]
    assert (await get(other, "tenants/t2/templates/demo")).version == "1.0.0"


@pytest.mark.parametrize(
    "url",
    [
        "ssh://a/b",
        "ext::sh -c x",
        "/etc",
        "http://u:p@host/x",
        "https://-o/x",
        "file://../x",
        "git://a/b",
        "https://a b/c",
    ],
)
def test_other_urls_are_no_remotes(url):
    with pytest.raises(ValueError, match="url"):
        TemplateRemote(url=url, tenants=("t1",))


async def test_a_remote_that_hangs_is_left(tmp_path, clock_of_today):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/x.git"
        remotes = GitRemotes(
            GitRepository(tmp_path / "git", clock_of_today),
            {"slow": TemplateRemote(url=url, tenants=("t1",))},
            clock_of_today,
            seconds=1.0,
        )
        begin = time.monotonic()

        async def talk():
            async with remotes.talk("t1", "slow"):
                pytest.fail("it answered")

        first, second = await asyncio.gather(talk(), talk(), return_exceptions=True)
        assert {first.reason, second.reason} == {"REMOTE_TIMEOUT", "SYNC_RUNNING"}
        assert time.monotonic() - begin < 8
    await asyncio.sleep(0)


@pytest.fixture
def clock_of_today():
    from maestro_core.clock import SystemClock

    return SystemClock()
