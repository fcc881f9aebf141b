"""The role table knows every RPC of the contracts, and no other."""

from __future__ import annotations

import importlib
from pathlib import Path

from google.protobuf.descriptor import FileDescriptor

import maestro
from maestro_core.access import REQUIRED_ROLE
from maestro_core.identity import Role


def contracts() -> list[FileDescriptor]:
    roots = [Path(root) for root in maestro.__path__]
    files = [(root, file) for root in roots for file in root.rglob("*_pb2.py")]
    modules = [".".join(file.relative_to(root.parent).with_suffix("").parts) for root, file in files]
    return [importlib.import_module(module).DESCRIPTOR for module in modules]


def rpcs() -> set[str]:
    return {
        f"/{service.full_name}/{method.name}"
        for file in contracts()
        for service in file.services_by_name.values()
        for method in service.methods
    }


def test_every_rpc_has_a_role_and_every_role_an_rpc() -> None:
    assert len(rpcs()) >= 58
    assert set(REQUIRED_ROLE) == rpcs()


def test_reading_needs_a_viewer_and_changing_needs_more() -> None:
    reading = ("Get", "List", "Watch", "Search", "Diff", "Check", "Stream", "Download")
    for method, role in REQUIRED_ROLE.items():
        name = method.rpartition("/")[2]
        if name.startswith(reading):
            assert role is Role.VIEWER, method
        if name.startswith(
            ("Create", "Delete", "Cancel", "Approve", "Reject", "Upload", "Extend", "Transition")
        ):
            assert role is Role.EDITOR, method
