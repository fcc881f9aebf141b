"""Settings of the test runner that select fewer tests or hide what they find."""

import configparser
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping, Sequence

from maestro_healing.domain.guard.model import FileChange, Finding, Kind

Options = Mapping[str, str]

_FILES = re.compile(r"(^|/)(\.?pytest\.(ini|toml)|tox\.ini|setup\.cfg|pyproject\.toml)$")
_NARROWING = {
    "addopts": re.compile(
        r"--reruns\b|--deselect\b|--ignore(-glob)?\b|(^|\s)-k\b|(^|\s)-m\b|(^|\s)-p\s*no:|--lf\b|--maxfail=0"
        r"|--collect-only\b|--co\b|--setup-(only|plan)\b|--disable-(pytest-)?warnings\b|-W\s*.?ignore\b"
        r"|--(force|no)-flaky|--suppress-no-test-exit-code\b|--snapshot-update\b|--force-regen\b|--regen-all\b"
        r"|--inline-snapshot[= ]\S*(fix|create|update)"
    ),
    "filterwarnings": re.compile(r"^\s*ignore\b", re.MULTILINE),
    "norecursedirs": re.compile(r"\S+"),
    "collect_ignore": re.compile(r"\S+"),
    "reruns": re.compile(r"[1-9]"),
}
# What makes a run stricter, while it is there.
_STRICT = {
    "addopts": (re.compile(r"-W\s*.?error\b"), Kind.WARNINGS_IGNORED, "warnings no longer fail a test"),
    "filterwarnings": (re.compile(r"^\s*error\b"), Kind.WARNINGS_IGNORED, "warnings no longer fail a test"),
    "xfail_strict": (
        re.compile(r"^\s*(true|1|yes|on)\s*$", re.IGNORECASE),
        Kind.XFAIL_ADDED,
        "what is expected to fail may pass unseen",
    ),
}
# Lines of any tool that runs the tests.
_RUNNING = {
    re.compile(r"^\s*(commands\s*=\s*)?-\s*(python\S*\s+-m\s+)?(pytest|unittest)\b", re.MULTILINE): (
        Kind.FAILURE_SWALLOWED, "a failed run counts as passed",
    ),
    re.compile(r"^\s*ignore_outcome\s*=\s*(true|1)\b", re.MULTILINE | re.IGNORECASE): (
        Kind.FAILURE_SWALLOWED, "a failed run counts as passed",
    ),
    re.compile(r"\b(pytest|unittest)\b.*\|\|\s*(true|:|exit 0)", re.MULTILINE): (
        Kind.FAILURE_SWALLOWED, "a failed run counts as passed",
    ),
    re.compile(r"\bpython\S*\s+-OO?\s|\bPYTHONOPTIMIZE\s*=\s*['\"]?[12x]", re.MULTILINE): (
        Kind.ASSERTION_HOLLOWED, "`assert` does nothing then",
    ),
}  # fmt: skip
_REPLACING = ("python_files", "python_functions", "python_classes", "testpaths")


def find(changes: Sequence[FileChange]) -> Iterator[Finding]:
    """Options of pytest that were added and let tests go by, and strict ones that are gone.

    An option that moved from one file to another is neither.
    """
    files = [c for c in changes if _FILES.search(c.path)]
    before = {c.path: _options(c.path, c.old or "") for c in files}
    after = {c.path: _options(c.path, c.new or "") for c in files}
    for change in files:
        old, new = before[change.path], after[change.path]
        yield from _added(change, new, before.values())
        yield from _strictness_lost(change, old, after.values())
        yield from _runs(change)
        for name in _REPLACING:
            if name in old and name in new and not set(old[name].split()) <= set(new[name].split()):
                text = f"`{name}` was {old[name].strip()!r} and is {new[name].strip()!r}: tests may get lost"
                yield _finding(change, name, Kind.COLLECTION_NARROWED, text)


def _added(change: FileChange, new: Options, before: Iterable[Options]) -> Iterator[Finding]:
    for name, pattern in _NARROWING.items():
        added = sorted(_hits(pattern, new.get(name, "")) - _all_hits(pattern, name, before))
        if added:
            kind = {"filterwarnings": Kind.WARNINGS_IGNORED, "reruns": Kind.RETRY_ADDED}.get(
                name, Kind.COLLECTION_NARROWED
            )
            kind = Kind.RETRY_ADDED if "--reruns" in " ".join(added) else kind
            yield _finding(change, name, kind, f"`{name}` now has {'; '.join(added)}")


def _strictness_lost(change: FileChange, old: Options, after: Iterable[Options]) -> Iterator[Finding]:
    for name, (pattern, kind, said) in _STRICT.items():
        gone = sorted(_hits(pattern, old.get(name, "")) - _all_hits(pattern, name, after))
        if gone:
            yield _finding(change, name, kind, f"`{name}` no longer has {'; '.join(gone)}: {said}")


def _runs(change: FileChange) -> Iterator[Finding]:
    old, new = change.old or "", change.new or ""
    for pattern, (kind, said) in _RUNNING.items():
        found = list(pattern.finditer(new))
        if len(found) > len(pattern.findall(old)):
            line = new.count("\n", 0, found[-1].start()) + 1
            yield Finding(change.path, line, kind, f"`{found[-1][0].strip()}`: {said}", "")


def _finding(change: FileChange, name: str, kind: Kind, text: str) -> Finding:
    return Finding(change.path, _line(change.new or "", name), kind, text, "")


def _all_hits(pattern: re.Pattern[str], name: str, files: Iterable[Options]) -> set[str]:
    return {hit for options in files for hit in _hits(pattern, options.get(name, ""))}


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
