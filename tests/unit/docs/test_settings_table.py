"""The documents that are made from code say what the code says."""

import importlib.util
from pathlib import Path

ROOT = Path(__file__).resolve().parents[3]


def test_settings_documents_are_current() -> None:
    spec = importlib.util.spec_from_file_location("settings_table", ROOT / "docs" / "settings_table.py")
    assert spec is not None
    assert spec.loader is not None
    table = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(table)
    assert (ROOT / "docs" / "settings.md").read_text() == table.settings_table(), "run: make docs"
    assert (ROOT / ".env.example").read_text() == table.env_example(), "run: make docs"
