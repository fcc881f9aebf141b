"""What the deployments say of settings, ports and files is what the services have."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from maestro_core.settings import Settings

ROOT = Path(__file__).resolve().parents[3]
KUSTOMIZE = ROOT / "k8s" / "deploy"
NAMES = ("healing", "environment", "template")


def compose_environments() -> dict[str, set[str]]:
    services = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
    return {name: set(services[name]["environment"]) for name in NAMES}


def manifests() -> list[dict[str, Any]]:
    listed = yaml.safe_load((KUSTOMIZE / "kustomization.yaml").read_text())["resources"]
    return [one for name in listed for one in yaml.safe_load_all((KUSTOMIZE / name).read_text())]


def containers() -> dict[str, dict[str, Any]]:
    """The one container of each workload, by the workload's name."""
    sets = [one for one in manifests() if one["kind"] == "StatefulSet"]
    return {one["metadata"]["name"]: one["spec"]["template"]["spec"]["containers"][0] for one in sets}


def test_every_variable_is_a_setting() -> None:
    known = {f"MAESTRO_{name}".upper() for name in Settings.model_fields}
    assert set(containers()) == set(NAMES)
    for name in NAMES:
        assert compose_environments()[name] <= known
        assert {one["name"] for one in containers()[name]["env"]} <= known


@pytest.mark.parametrize("name", NAMES)
def test_ports_are_the_services_own(name: str) -> None:
    port = Settings.model_fields[f"{name}_port"].default
    container = containers()[name]
    assert container["image"] == f"maestro-{name}"
    assert container["ports"] == [{"name": "grpc", "containerPort": port}]
    (service,) = (one for one in manifests() if one["kind"] == "Service" and one["metadata"]["name"] == name)
    assert service["spec"]["ports"] == [{"name": "grpc", "port": port, "targetPort": "grpc"}]
    compose = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"][name]
    assert compose["ports"] == [f"127.0.0.1:{port}:{port}"]
    assert f"EXPOSE {port}" in (ROOT / "Dockerfile").read_text()


def test_kustomize_lists_every_manifest() -> None:
    kustomization = yaml.safe_load((KUSTOMIZE / "kustomization.yaml").read_text())
    assert {*kustomization["resources"], "kustomization.yaml"} == {one.name for one in KUSTOMIZE.iterdir()}
