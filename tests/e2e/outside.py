"""What the tests from outside share: commands in processes of their own, asked over the wire."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

from maestro_core.auth.tokens import Authority
from maestro_core.identity import Principal, Role

BIN = Path(sys.prefix) / "bin"
SERVICES = {
    "healing": ("maestro.healing.v1.HealingService", "ListHealings"),
    "environment": ("maestro.environment.v1.EnvironmentService", "ListEnvironments"),
    "template": ("maestro.template.v1.TemplateService", "ListTemplates"),
}


@dataclass(frozen=True)
class Platform:
    """A running `maestro up`."""

    process: subprocess.Popen[str]
    env: dict[str, str]
    ports: dict[str, int]
    data_dir: Path

    def token(self, tenant: str = "local", *, lifetime: timedelta = timedelta(hours=1)) -> str:
        key = (self.data_dir / "signing.key").read_bytes()
        return Authority(key).issue(Principal("tester", tenant, frozenset({Role.ADMIN})), lifetime)

    def grpcurl(
        self, service: str, *words: str, data: object = None, token: str = ""
    ) -> subprocess.CompletedProcess[str]:
        options = ["-H", f"authorization: Bearer {token}"] if token else []
        if data is not None:
            options += ["-d", json.dumps(data)]
        address = f"127.0.0.1:{self.ports[service]}"
        return subprocess.run(
            [BIN / "grpcurl", "-plaintext", *options, address, *words],
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )


def free_ports(count: int) -> list[int]:
    """Ports that nobody uses yet."""
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [one.getsockname()[1] for one in sockets]
    for one in sockets:
        one.close()
    return ports


def listens(port: int) -> bool:
    """Whether something takes connections there."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


def start(data_dir: Path, *command: str, **settings: str) -> Platform:
    """`maestro up`, or another command, on free ports; not ready yet."""
    ports = dict(zip(SERVICES, free_ports(3), strict=True))
    env = {**os.environ, "MAESTRO_DATA_DIR": str(data_dir), **settings}
    env |= {f"MAESTRO_{name.upper()}_PORT": str(port) for name, port in ports.items()}
    process = subprocess.Popen(
        [BIN / "maestro", *(command or ["up"])],
        env=env,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    return Platform(process, env, ports, data_dir)


def started(data_dir: Path) -> Platform:
    """`maestro up` that says that it is ready."""
    platform = start(data_dir)
    assert platform.process.stdout is not None
    assert any(line.startswith("Ready") for line in platform.process.stdout)
    return platform
