"""Settings of the test runner that select fewer tests or hide what they find."""

import configparser
import re
import tomllib
from collections.abc import Iterator

from maestro_healing.domain.guard.model import FileChange, Finding, Kind

_FILES = re.compile(r"(^|/)(\.?pytest\.(ini|toml)|tox\.ini|setup\.cfg|pyproject\.toml)$")
_NARROWING = {
    "addopts": re.compile(
        r"--reruns\b|--deselect\b|--ignore(-glob)?\b|(^|\s)-k\b|(^|\s)-m\b|(^|\s)-p\s*no:|--lf\b|--maxfail=0"
    ),
    "filterwarnings": re.compile(r"^\s*ignore\b", re.MULTILINE),
    "norecursedirs": re.compile(r"\S+"),
    "collect_ignore": re.compile(r"\S+"),
    "reruns": re.compile(r"[1-9]"),
}
_REPLACING = ("python_files", "python_functions", "python_classes", "testpaths")


def find(change: FileChange) -> Iterator[Finding]:
    """Options of pytest that were added and let tests go by; nothing for a file that holds none."""
    if change.new is None or not _FILES.search(change.path):
        return
    before, after = _options(change.path, change.old or ""), _options(change.path, change.new)
    for name, pattern in _NARROWING.items():
        added = sorted(_hits(pattern, after.get(name, "")) - _hits(pattern, before.get(name, "")))
        if added:
            kind = {"filterwarnings": Kind.WARNINGS_IGNORED, "reruns": Kind.RETRY_ADDED}.get(
                name, Kind.COLLECTION_NARROWED
            )
            kind = Kind.RETRY_ADDED if "--reruns" in " ".join(added) else kind
            yield Finding(
                change.path, _line(change.new, name), kind, f"`{name}` now has {'; '.join(added)}", ""
            )
    for name in _REPLACING:
        if name in before and name in after and not set(before[name].split()) <= set(after[name].split()):
            text = f"`{name}` was {before[name].strip()!r} and is {after[name].strip()!r}: tests may get lost"
            yield Finding(change.path, _line(change.new, name), Kind.COLLECTION_NARROWED, text, "")


def _hits(pattern: re.Pattern[str], value: str) -> set[str]:
    return {line.strip() for part in value.split("\n") for line in _options_of(part) if pattern.search(line)}


def _options_of(line: str) -> list[str]:
    """`--a b --c` as `--a b` and `--c`."""
    return [p for p in re.split(r"\s(?=-)", line) if p.strip()]


def _options(path: str, text: str) -> dict[str, str]:
    """pytest's settings in a file, each as text with a value a line."""
    if path.endswith(".toml"):
        try:
            table = tomllib.loads(text).get("tool", {}).get("pytest", {}).get("ini_options", {})
        except tomllib.TOMLDecodeError:
            return {}
        return {k: "\n".join(map(str, v)) if isinstance(v, list) else str(v) for k, v in table.items()}
    parser = configparser.RawConfigParser(strict=False)
    try:
        parser.read_string(text)
    except configparser.Error:
        return {}
    return {
        k: v
        for s in ("pytest", "tool:pytest")
        if parser.has_section(s)
        for k, v in parser.items(s)
        if v is not None
    }


def _line(text: str, name: str) -> int:
    found = re.search(rf"^\s*{name}\b", text, re.MULTILINE)
    return text.count("\n", 0, found.start()) + 1 if found else 1
