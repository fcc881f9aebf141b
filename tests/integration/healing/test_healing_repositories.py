"""Repositories from elsewhere: by TLS, and from folders that may be named."""

from __future__ import annotations

import asyncio
import ssl
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import grpc
import pytest

from maestro.healing.v1 import healing_pb2
from maestro_client import MaestroError
from maestro_healing.backends import clones
from maestro_healing.domain.errors import CannotHeal

from .conftest import Caller, git, write


@pytest.mark.parametrize(
    ("url", "good"),
    [
        ("https://example.org/a.git", True),
        ("ssh://git@example.org/a.git", True),
        ("git@example.org:a/b.git", True),
        ("http://example.org/a.git", False),
        ("file:///etc", False),
        ("ext::sh -c touch% x", False),
        ("/etc", False),
        ("--upload-pack=x", False),
        ("ssh://-oProxyCommand=x/a", False),
        ("git@-oProxyCommand:a", False),
    ],
)
def test_only_two_transports_lead_out(url: str, good: bool) -> None:
    """And nothing that git could take for an option."""
    assert clones.is_url(url) is good


@pytest.fixture
def served(tmp_path: Path, certificate: Path) -> Iterator[str]:
    """The URL of a folder `served`, by TLS; below `/elsewhere` it sends its callers to this machine's files."""
    folder = tmp_path / "served"
    folder.mkdir()

    class Handler(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            if not self.path.startswith("/elsewhere"):
                super().do_GET()
                return
            self.send_response(302)
            self.send_header("Location", f"file://{folder}{self.path.removeprefix('/elsewhere')}")
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Says nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Handler, directory=str(folder)))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def heal(caller: Caller, url: str, revision: str, base: str) -> healing_pb2.Healing:
    """Heal a repository from elsewhere."""
    source = healing_pb2.GitSource(url=url, revision=revision)
    spec = healing_pb2.HealingSpec(git=source, base_revision=base, python=str(caller.python))
    request = healing_pb2.CreateHealingRequest(parent=caller.parent, spec=spec)
    return await caller.ended((await caller.maestro.healing.CreateHealing(request)).healing.name)


async def test_a_repository_is_healed_at_a_revision(
    caller: Caller, renamed: Path, served: str, tmp_path: Path
) -> None:
    """A branch, a tag or a commit of one behind a URL; what comes after it is not looked at."""
    healed = git(renamed, "rev-parse", "HEAD")
    git(renamed, "tag", "last-good", "HEAD~1")
    git(renamed, "branch", "topic")
    write(renamed, {"tests/test_prices.py": "def test_later(): pass\n"})
    git(renamed, "commit", "-qam", "Later")
    git(tmp_path, "clone", "-q", "--bare", str(renamed), str(tmp_path / "served/p.git"))
    git(tmp_path / "served/p.git", "update-server-info")
    by_tls, by_path = f"{served}/p.git", f"file://{renamed}"
    healings = await asyncio.gather(
        heal(caller, by_tls, "topic", "last-good"),
        heal(caller, by_path, healed, "topic~1"),
        heal(caller, by_tls, "", "last-good"),
        heal(caller, by_tls, "nowhere", "last-good"),
        heal(caller, f"{served}/none.git", "", ""),
        heal(caller, f"{served}/elsewhere/p.git", "", ""),
    )
    by_branch, by_commit, newest, unknown, missing, sent_away = healings
    for healing in (by_branch, by_commit):
        assert len(healing.report.tests) == 2, healing
        assert healing.report.head_revision == healed
        assert {one.verdict for one in healing.report.tests} == {healing_pb2.VERDICT_HEALED}
    assert (newest.report.total, list(newest.report.tests)) == (2, [])
    assert unknown.failure.reason == "UNKNOWN_REVISION"
    assert missing.failure.reason == sent_away.failure.reason == "CLONE_FAILED"
    assert "not found" in missing.failure.message
    assert 'Protocol "file"' in sent_away.failure.message


async def test_of_this_machine_only_what_may_be_named(caller: Caller, tmp_path: Path) -> None:
    """A URL is no way around the roots of paths."""
    for url, reason in (
        (f"file://{tmp_path}", "PATH_NOT_ALLOWED"),
        (f"file://{tmp_path}/projects/../", "PATH_NOT_ALLOWED"),
        (f"file://{tmp_path}/projects/none", "SOURCE_INVALID"),
        ("file://elsewhere/p", "SOURCE_INVALID"),
        ("https://a/\0", "VALIDATION_FAILED"),
        ("file:///%00", "SOURCE_INVALID"),
    ):
        with pytest.raises(MaestroError) as caught:
            await heal(caller, url, "", "")
        assert caught.value.reason == reason, url
        assert caught.value.code is not grpc.StatusCode.INTERNAL


async def test_a_clone_that_does_not_end_is_ended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """By whoever answers and says nothing."""
    monkeypatch.setattr(clones, "_SECONDS", 1.0)
    silent = await asyncio.start_server(lambda reader, _: reader.read(), "127.0.0.1", 0)
    async with silent:
        port = silent.sockets[0].getsockname()[1]
        with pytest.raises(CannotHeal) as caught:
            await clones.clone(f"https://127.0.0.1:{port}/p.git", tmp_path / "p")
    assert caught.value.reason == "CLONE_FAILED"
