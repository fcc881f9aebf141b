"""The image recipe and the compose file, checked without a Docker engine."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[3]
BIN = Path(sys.executable).parent
DOCKERFILE = ROOT / "Dockerfile"


def run(*command: str | Path, cwd: Path = ROOT, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, env=env, capture_output=True, text=True, timeout=300
    )
    assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_dockerfile_is_clean() -> None:
    run(BIN / "hadolint", DOCKERFILE)


def test_compose_file_is_valid() -> None:
    run(BIN / "check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")


def test_compose_builds_targets_that_exist_and_run_as_nobody_special() -> None:
    text = DOCKERFILE.read_text()
    targets = set(re.findall(r"^FROM base AS (\w+)$", text, re.MULTILINE))
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    built = {spec["build"]["target"] for spec in services.values() if "build" in spec}
    assert built == targets == {"healing", "environment", "template"}
    assert {"maestro-redis", "maestro-postgres"} <= set(services)
    assert re.search(r"^USER 10001$", text, re.MULTILINE)
    for name in built:
        assert services[name]["healthcheck"]["test"] == ["CMD", "maestro", "health", name]
        assert set(services[name]["depends_on"]) == {"maestro-redis", "maestro-postgres"}


def build_commands() -> list[str]:
    """The RUN lines of the build stage, each as one shell command."""
    stage = re.split(r"^FROM .*$", DOCKERFILE.read_text(), flags=re.MULTILINE)[1]
    joined = stage.replace("\\\n", " ")
    return re.findall(r"^RUN (.*)$", joined, re.MULTILINE)


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_build_stage_works_in_a_clean_folder(tmp_path: Path) -> None:
    source, prefix = tmp_path / "src", tmp_path / "opt"
    source.mkdir()
    for name in ("requirements.lock", "pyproject.toml", "README.md", "LICENSE", "gen", "services", "clients"):
        run("cp", "-r", ROOT / name, source / name)
    env = {key: value for key, value in os.environ.items() if key not in {"VIRTUAL_ENV", "PYTHONPATH"}}
    # Here uv may use its cache, which an image build has no use for.
    commands = [command.replace("/opt/maestro", str(prefix)) for command in build_commands()]
    assert len(commands) == 2
    for command in commands:
        run(
            "sh", "-c", command.replace("python -m venv", f"{sys.executable} -m venv", 1), cwd=source, env=env
        )
    env["MAESTRO_DATA_DIR"] = str(tmp_path / "data")
    assert "heal" in run(prefix / "bin" / "maestro", "--help", cwd=tmp_path, env=env)
    run(
        prefix / "bin" / "python",
        "-c",
        "import maestro_core, maestro_healing, maestro.healing.v1.healing_pb2",
        cwd=tmp_path,
        env=env,
    )
