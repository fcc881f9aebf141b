"""Writes docs/settings.md and .env.example from the settings themselves: `make docs`."""

from pathlib import Path

from pydantic_core import PydanticUndefined

from maestro_core.settings import Settings

ROOT = Path(__file__).resolve().parents[1]


def rows() -> list[tuple[str, str, str]]:
    """Name, default and description of each setting."""
    found = []
    for name, field in Settings.model_fields.items():
        default = "" if field.default in (PydanticUndefined, None, ()) else str(field.default)
        found.append((f"MAESTRO_{name.upper()}", default, field.description or ""))
    return found


def settings_table() -> str:
    """The table in Markdown."""
    lines = [
        "# Settings",
        "",
        "Environment variables, or lines of a `.env` file. Made by `make docs` from",
        "`services/maestro_core/settings.py`.",
        "",
        "| variable | default | meaning |",
        "|---|---|---|",
    ]
    lines += [
        f"| `{name}` | {f'`{default}`' if default else ''} | {text} |" for name, default, text in rows()
    ]
    return "\n".join(lines) + "\n"


def env_example() -> str:
    """The same as a .env file in which everything is commented out."""
    lines = ["# Settings of Maestro; docs/settings.md explains them. Copy to .env and change what you need."]
    for name, default, text in rows():
        lines += ["", f"# {text}", f"# {name}={default}"]
    lines += [
        "",
        "# Password of the PostgreSQL in docker-compose.yml.",
        "# MAESTRO_POSTGRES_PASSWORD=",
    ]
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (ROOT / "docs" / "settings.md").write_text(settings_table())
    (ROOT / ".env.example").write_text(env_example())
