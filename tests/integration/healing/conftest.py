"""Both services that heal, in one process and over real gRPC; and small projects for them to heal."""

from __future__ import annotations

import asyncio
import datetime
import hashlib
import importlib.metadata
import ipaddress
import subprocess
import textwrap
import time
import venv
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import make_url

import maestro_environment.app
import maestro_healing.app
from maestro.environment.v1 import environment_pb2
from maestro.healing.v1 import healing_pb2
from maestro_client import Endpoints, Maestro, connect
from maestro_core.settings import Settings

from .service import ServiceProcess

ENDED = {
    healing_pb2.HEALING_STATE_COMPLETED,
    healing_pb2.HEALING_STATE_FAILED,
    healing_pb2.HEALING_STATE_CANCELLED,
}


@dataclass
class Caller:
    """One caller of the platform, and the waits that tests need."""

    maestro: Maestro
    tenant: str
    python: Path

    @property
    def parent(self) -> str:
        """`tenants/{tenant}`."""
        return f"tenants/{self.tenant}"

    async def create(
        self, project: Path, *, base: str = "", python: str | None = None, **fields: object
    ) -> healing_pb2.Healing:
        """Start to heal a folder, with an interpreter that has pytest and no more unless another is named."""
        python = str(self.python) if python is None else python
        spec = healing_pb2.HealingSpec(path=str(project), base_revision=base, python=python)
        spec.MergeFrom(healing_pb2.HealingSpec(**fields))
        request = healing_pb2.CreateHealingRequest(parent=self.parent, spec=spec)
        return (await self.maestro.healing.CreateHealing(request)).healing

    async def heal(self, project: Path, *, seconds: float = 90, **fields: object) -> healing_pb2.Healing:
        """Heal a folder, and wait for the end."""
        return await self.ended((await self.create(project, **fields)).name, seconds)

    async def get(self, name: str) -> healing_pb2.Healing:
        """A healing as it stands."""
        return (await self.maestro.healing.GetHealing(healing_pb2.GetHealingRequest(name=name))).healing

    async def ended(self, name: str, seconds: float = 90) -> healing_pb2.Healing:
        """Wait for the end of a healing."""
        return await self.reaches(name, lambda healing: healing.state in ENDED, seconds)

    async def reaches(
        self, name: str, condition: Callable[[healing_pb2.Healing], bool], seconds: float = 30
    ) -> healing_pb2.Healing:
        """Wait until a healing fulfils a condition."""
        deadline = time.monotonic() + seconds
        while True:
            healing = await self.get(name)
            if condition(healing):
                return healing
            assert time.monotonic() < deadline, f"still {healing}"
            await asyncio.sleep(0.05)

    async def cleaned_up(self, seconds: float = 30) -> None:
        """Wait until none of the tenant's environments is left, and so no job."""
        request = environment_pb2.ListEnvironmentsRequest(parent=self.parent)
        async with asyncio.timeout(seconds):
            while True:
                listed = (await self.maestro.environments.ListEnvironments(request)).environments
                if all(one.state == environment_pb2.ENVIRONMENT_STATE_TERMINATED for one in listed):
                    return
                await asyncio.sleep(0.05)

    async def watch_up_to(
        self, name: str, stage: healing_pb2.Stage.ValueType
    ) -> list[healing_pb2.WatchHealingResponse]:
        """What a watch tells, from the start to the first word of a stage."""
        call = self.maestro.healing.WatchHealing(healing_pb2.WatchHealingRequest(name=name))
        seen: list[healing_pb2.WatchHealingResponse] = []
        async for entry in call:
            seen.append(entry)
            if entry.progress.stage == stage:
                call.cancel()
                return seen
        raise AssertionError(f"the healing ended before: {seen[-1]}")


@pytest.fixture(scope="session")
def python(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An interpreter that has pytest and nothing else: what else our own has would only cost time."""
    folder = tmp_path_factory.mktemp("python")
    venv.create(folder, symlinks=True)
    packages = next(folder.glob("lib/python*/site-packages"))
    for name in ("pytest", "pluggy", "iniconfig", "packaging", "pygments"):
        distribution = importlib.metadata.distribution(name)
        tops = {file.parts[0] for file in distribution.files or ()} - {"..", "__pycache__"}
        for top in tops:
            (packages / top).symlink_to(Path(str(distribution.locate_file(top))))
    return folder / "bin" / "python"


@pytest.fixture
def projects(tmp_path: Path) -> Path:
    """The folder below which requests may name projects."""
    folder = tmp_path / "projects"
    folder.mkdir()
    return folder


@pytest.fixture
def environment_settings(settings: Settings) -> Settings:
    """The Environment service's own: its socket is where Healing looks for it."""
    return settings.model_copy(update={"listen": f"unix:{settings.data_dir / 'environment.sock'}"})


@pytest.fixture
def healing_settings(settings: Settings, environment_settings: Settings, projects: Path) -> Settings:
    """The Healing service's own. A SQLite file has one service, so it gets another."""
    url = settings.database_url
    database = url.get_secret_value() if url else ""
    if database.startswith("sqlite"):
        file = Path(make_url(database).database or "").with_name("healing.db")
        database = f"sqlite:///{file}"
    changes = {
        "environment_endpoint": environment_settings.listen,
        "allowed_roots": [projects],
        "monitor_interval": 5,
    }
    return Settings.model_validate({**settings.model_dump(), "database_url": database, **changes})


Connected = Callable[[ServiceProcess], Awaitable[Caller]]


@pytest.fixture
async def environment(environment_settings: Settings) -> AsyncIterator[str]:
    """A running Environment service."""
    environment_settings.data_dir.mkdir(parents=True, exist_ok=True)
    async with maestro_environment.app.build(environment_settings) as server, server:
        yield server.address


@pytest.fixture
async def callers(
    environment: str, healing_settings: Settings, token: Callable[..., str], python: Path
) -> AsyncIterator[Callable[..., Caller]]:
    """Makes callers of a running Healing service: `callers("t1", Role.VIEWER)`."""
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(maestro_healing.app.build(healing_settings))
        await stack.enter_async_context(server)
        endpoints = Endpoints(server.address, environment, server.address)
        made: list[Maestro] = []

        def make(tenant: str = "t1", *roles: object) -> Caller:
            maestro = connect(endpoints, token(tenant, *roles))
            made.append(maestro)
            return Caller(maestro, tenant, python)

        yield make
        for maestro in made:
            await maestro.__aexit__()


@pytest.fixture
def caller(callers: Callable[..., Caller]) -> Caller:
    """An editor of one tenant."""
    return callers()


@pytest.fixture
def service(environment: str, healing_settings: Settings, tmp_path: Path) -> Iterator[ServiceProcess]:
    """A running service that a test may kill."""
    with ServiceProcess(healing_settings, tmp_path / "healing.sock") as process:
        process.start()
        yield process


@pytest.fixture
async def connected(token: Callable[..., str], python: Path) -> AsyncIterator[Connected]:
    """Makes callers of services that run in processes of their own."""
    async with AsyncExitStack() as stack:

        async def make(service: ServiceProcess) -> Caller:
            maestro = await service.connect(token())
            return Caller(await stack.enter_async_context(maestro), "t1", python)

        yield make


@pytest.fixture
def certificate(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A certificate of this machine, with its key, that git trusts."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(hours=1))
        .not_valid_after(now + datetime.timedelta(hours=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), False
        )
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    file = tmp_path / "certificate.pem"
    file.write_bytes(made.public_bytes(serialization.Encoding.PEM) + private)
    monkeypatch.setenv("GIT_SSL_CAINFO", str(file))
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    return file


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write files, each with its common indentation taken away."""
    for path, content in files.items():
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_bytes(content if isinstance(content, bytes) else textwrap.dedent(content).encode())


def git(folder: Path, *arguments: str) -> str:
    """Run git as a person would."""
    who = ["-c", "user.name=Someone", "-c", "user.email=someone@example.org"]
    command = ["git", *who, "-c", "commit.gpgsign=false", *arguments]
    return subprocess.run(command, cwd=folder, check=True, capture_output=True, text=True).stdout.strip()


def commit(folder: Path, message: str = "A change") -> str:
    """Commit all that is there, and say which commit it became."""
    if not (folder / ".git").exists():
        git(folder, "init", "-q", "-b", "main")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)
    return git(folder, "rev-parse", "HEAD")


@pytest.fixture
def renamed(projects: Path) -> Path:
    """A project whose product renamed a function, while its test still calls the old name; base is `HEAD~1`."""
    folder = projects / "renamed"
    body = """
        '''Prices.'''


        def {name}(amount, rate):
            '''What `amount` costs with tax.'''
            return round(amount * (1 + rate), 2)
    """
    write(
        folder,
        {
            "shop/__init__.py": "",
            "shop/prices.py": body.format(name="total_with_tax"),
            "shop/till.py": """
                from shop.prices import total_with_tax


                def charge(amount):
                    return total_with_tax(amount, 0.2)
            """,
            "tests/test_prices.py": """
                from shop import prices


                def test_total():
                    assert prices.total_with_tax(10, 0.2) == 12.0


                def test_nothing():
                    assert prices.total_with_tax(0, 0.2) == 0
            """,
            "tests/test_till.py": """
                from shop.till import charge


                def test_charge():
                    assert charge(5) == 6.0
            """,
        },
    )
    commit(folder, "First")
    till = (folder / "shop/till.py").read_text().replace("total_with_tax", "gross_price")
    write(folder, {"shop/prices.py": body.format(name="gross_price"), "shop/till.py": till})
    commit(folder, "Call it gross_price")
    return folder


@pytest.fixture
def hanging(projects: Path) -> Path:
    """A project whose tests do not end."""
    folder = projects / "hanging"
    write(folder, {"test_a.py": "import time\n\ndef test_a():\n    time.sleep(600)\n"})
    return folder


def state_of(folder: Path) -> dict[str, tuple[str, int]]:
    """Digest and time of each file, git's own among them."""
    files = (path for path in sorted(folder.rglob("*")) if path.is_file() and not path.is_symlink())
    return {str(p): (hashlib.sha256(p.read_bytes()).hexdigest(), p.stat().st_mtime_ns) for p in files}
