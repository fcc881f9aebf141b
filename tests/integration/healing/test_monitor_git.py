"""Monitors of repositories elsewhere: a branch is asked for its commit, and heals are pushed where they may be."""

from __future__ import annotations

import base64
import os
import ssl
import subprocess
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro_core.settings import Settings

from .conftest import Caller, git
from .monitoring import create, reaches, watching

pytestmark = [pytest.mark.slow, pytest.mark.timeout(300)]
USER, PASSWORD = "maestro", "se cret/1"


@pytest.fixture
def origin(renamed: Path, projects: Path) -> Path:
    """A repository without a working tree. Its rename is still to come, and its hooks tell that they ran."""
    bare = projects / "origin.git"
    git(projects, "clone", "-q", "--bare", str(renamed), str(bare))
    git(bare, "branch", "next", "main")
    git(bare, "branch", "-f", "trunk", "main~1")
    for name in ("pre-receive", "post-receive", "update", "reference-transaction"):
        hook = bare / "hooks" / name
        hook.write_text(f"#!/bin/sh\ntouch {projects}/hook-ran\n")
        hook.chmod(0o755)
    return bare


def source(url: str) -> healing_pb2.GitSource:
    """The branch that is watched."""
    return healing_pb2.GitSource(url=url, revision="trunk")


async def healed(caller: Caller, monitor: monitor_pb2.Monitor, origin: Path) -> monitor_pb2.MonitorHealing:
    """Let the rename come, and wait for what becomes of it."""
    before, after = git(origin, "rev-parse", "trunk"), git(origin, "rev-parse", "next")
    await reaches(caller, monitor.name, lambda now: now.last_revision == before)
    async with watching(caller) as found:
        subprocess.run(
            ["git", "-c", "core.hooksPath=/dev/null", "branch", "-f", "trunk", "next"], cwd=origin, check=True
        )
        await found.count(2)
        over = await reaches(caller, monitor.name, lambda now: any(one.outcome for one in now.healings))
        assert {entry.error.revision for entry in found.entries if entry.HasField("error")} == {after}
        assert over.last_revision == after
    (heal,) = over.healings
    assert heal.revision == after
    return heal


async def test_a_repository_of_this_machine_gets_its_branch_and_runs_no_hook(
    caller: Caller, origin: Path, projects: Path
) -> None:
    """Where the monitor says that it pushes."""
    url = f"file://{origin}"
    monitor = await create(caller, git=source(url), heal=True, push=True)
    heal = await healed(caller, monitor, origin)
    assert heal.commit == git(origin, "rev-parse", heal.branch), heal
    assert "total_with_tax" not in git(origin, "show", f"{heal.branch}:tests/test_prices.py")
    assert not (projects / "hook-ran").exists()


async def test_without_a_word_of_pushing_the_patch_is_kept(caller: Caller, origin: Path) -> None:
    """The healing has it, and the repository is as it was."""
    monitor = await create(caller, git=source(f"file://{origin}"), heal=True)
    heal = await healed(caller, monitor, origin)
    assert (heal.branch, heal.commit) == ("", "")
    assert "pushes nothing" in heal.outcome
    assert (await caller.get(heal.healing)).report.patch
    assert git(origin, "for-each-ref", "refs/heads/maestro") == ""


class Backend(BaseHTTPRequestHandler):
    """git's own server behind a password: who reads needs none."""

    folder: Path
    pushed: list[str]

    def do_GET(self) -> None:
        self._serve()

    def do_POST(self) -> None:
        self._serve()

    def _serve(self) -> None:
        path, _, query = self.path.partition("?")
        given = "Basic " + base64.b64encode(f"{USER}:{PASSWORD}".encode()).decode()
        user = USER if self.headers.get("Authorization") == given else ""
        if "git-receive-pack" in self.path and not user:
            self.send_response(401)
            self.send_header("WWW-Authenticate", 'Basic realm="git"')
            self.send_header("Content-Length", "0")
            self.end_headers()
            return
        if path.endswith("git-receive-pack"):
            self.pushed.append(user)
        length = int(self.headers.get("Content-Length") or 0)
        env = {
            "PATH": os.environ["PATH"],
            "GIT_PROJECT_ROOT": str(self.folder),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_CONFIG_GLOBAL": os.devnull,
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "core.hooksPath",
            "GIT_CONFIG_VALUE_0": os.devnull,
            "PATH_INFO": path,
            "QUERY_STRING": query,
            "REQUEST_METHOD": self.command,
            "CONTENT_TYPE": self.headers.get("Content-Type", ""),
            "CONTENT_LENGTH": str(length),
            "HTTP_CONTENT_ENCODING": self.headers.get("Content-Encoding", ""),
            "REMOTE_USER": user,
            "REMOTE_ADDR": "127.0.0.1",
        }
        ran = subprocess.run(
            ["git", "http-backend"], input=self.rfile.read(length), env=env, capture_output=True, check=True
        )
        head, _, body = ran.stdout.partition(b"\r\n\r\n")
        headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
        self.send_response(int(headers.pop("Status", "200").split()[0]))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def served(projects: Path, certificate: Path) -> Iterator[tuple[str, list[str]]]:
    """The URL of the projects by TLS, and who pushed there."""
    pushed: list[str] = []
    handler = type("Handler", (Backend,), {"folder": projects, "pushed": pushed})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", pushed
    server.shutdown()
    thread.join()
    server.server_close()


class TestPushing:
    """By https, with the credentials of the tenant."""

    @pytest.fixture
    def healing_settings(
        self, healing_settings: Settings, served: tuple[str, list[str]], tmp_path: Path
    ) -> Settings:
        """Credentials of one tenant, in a folder whose name git's shell must not misread."""
        folder = tmp_path / "git 'credentials'"
        folder.mkdir()
        place = served[0].removeprefix("https://")
        (folder / "t1").write_text(
            f"https://{USER}:{PASSWORD.replace(' ', '%20').replace('/', '%2f')}@{place}\n"
        )
        return healing_settings.model_copy(update={"git_credentials": folder})

    async def test_a_heal_is_pushed(
        self, caller: Caller, origin: Path, served: tuple[str, list[str]]
    ) -> None:
        """Once, as the tenant's user."""
        url, pushed = served
        monitor = await create(caller, git=source(f"{url}/origin.git"), heal=True, push=True)
        heal = await healed(caller, monitor, origin)
        assert heal.commit == git(origin, "rev-parse", heal.branch), heal
        assert pushed == [USER]

    async def test_who_may_not_push_has_the_patch(
        self, caller: Caller, origin: Path, served: tuple[str, list[str]], healing_settings: Settings
    ) -> None:
        """It is tried again later, and no word of the secret is told."""
        url, pushed = served
        monitor = await create(caller, git=source(f"{url}/origin.git"), heal=True, push=True)
        assert healing_settings.git_credentials is not None
        (healing_settings.git_credentials / "t1").unlink()
        heal = await healed(caller, monitor, origin)
        assert "no credentials of this tenant" in heal.outcome, heal
        assert pushed == []
