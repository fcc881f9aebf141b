"""Environment variables that must be set now."""

import re
from collections.abc import Iterator
from pathlib import Path

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.missing_services import reads_of
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.rule import Rule
from maestro_healing.domain.rewrite.scope import WHOLE_FILE
from maestro_healing.domain.rewrite.variables import SetInModule, SetInTest
from maestro_healing.domain.runs import COLLECT, TestFailure
from maestro_healing.domain.strategies.strategy import PROVIDING, Case, Proposal

_NAME = re.compile(r"['\"](?P<name>[A-Z][A-Z0-9_]{2,})['\"]")
_SECRET = re.compile(r"KEY|SECRET|TOKEN|PASSWORD|CREDENTIAL", re.IGNORECASE)
# Where projects write down which variables their tests run with.
_FILES = (
    ".env.example", ".env.test", ".env.sample", "env.example", ".env.dist", "tox.ini", "noxfile.py",
    "pytest.ini", "setup.cfg", "pyproject.toml", "Makefile", "docker-compose.yml", "docker-compose.test.yml",
    ".gitlab-ci.yml", "README.md", "README.rst", "CONTRIBUTING.md",
)  # fmt: skip


def missing_variable(case: Case, change: ProductChange) -> Iterator[Proposal]:
    """The value that base fell back to, or that the project's own files give."""
    failure = case.failure
    name = _missing(failure)
    if not name:
        return
    values = list(_values(name, change))
    for value in dict.fromkeys(value for value, _ in values):
        evidence = tuple(evidence for found, evidence in values if found == value)
        file = failure.file
        if file in case.texts:
            function = "" if failure.phase == COLLECT else _function(failure.test)
            rule: Rule = SetInTest(name, value, function) if function else SetInModule(name, value)
            yield Proposal(PROVIDING, (rule,), evidence, {file: WHOLE_FILE})


def is_documented(failure: TestFailure, change: ProductChange) -> bool:
    """Whether what is missing is a variable that the project tells its users to set: then it is no bug."""
    name = _missing(failure)
    return bool(name) and next(_written(name, change.project.head.root), None) is not None


def _missing(failure: TestFailure) -> str:
    named = _NAME.search(failure.message)
    if named is None or not any(_reads(frame.source, named["name"]) for frame in failure.frames):
        return ""
    return named["name"]


def _reads(source: str, name: str) -> bool:
    return name in source and ("environ" in source or "getenv" in source)


def _function(test: str) -> str:
    """The function of a test that is in no class: such a one can take pytest's fixture."""
    parts = test.split("::")
    return parts[1].partition("[")[0] if len(parts) == 2 else ""


def _values(name: str, change: ProductChange) -> Iterator[tuple[str, Evidence]]:
    base = change.project.base
    if base is not None and not _SECRET.search(name):
        for path in base.product:
            for read in reads_of(base.text(path) or ""):
                if read.name == name and read.default:
                    sentence = (
                        f"At base the product fell back to {read.default!r} ({path}), and no longer does."
                    )
                    yield read.default, Evidence(EvidenceKind.API_CHANGED, sentence)
    for path, line, value in _written(name, change.project.head.root):
        sentence = f"{path}:{line} gives it: `{name}={value}`."
        yield value, Evidence(EvidenceKind.DOCS_NAME_IT, sentence)


def _written(name: str, root: Path) -> Iterator[tuple[str, int, str]]:
    pattern = re.compile(
        rf"^[\s\-#*>$`]*(?:export\s+|env\.)?[\"']?{name}[\"']?\s*[=:]\s*[\"']?(?P<value>[\w.,:/@+-]*)[\"'`]?\s*(#.*)?$"
    )
    flows = sorted((root / ".github" / "workflows").glob("*.y*ml")) if (root / ".github").is_dir() else []
    for file in [*(root / path for path in _FILES), *flows]:
        try:
            lines = file.read_text(errors="replace").splitlines()
        except OSError:
            continue
        for number, line in enumerate(lines, 1):
            found = pattern.match(line)
            if found and found["value"]:
                yield file.relative_to(root).as_posix(), number, found["value"]
