"""Templates, their versions and what rendering one gives."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

Json: TypeAlias = "bool | int | float | str | list[Json] | dict[str, Json] | None"

MANIFEST: Final = "template.yaml"
README: Final = "README.md"
FILES_ROOT: Final = "files/"
ANSWERS_FILE: Final = ".maestro-answers.yml"
RENDERED_SUFFIX: Final = ".jinja"

# Owns the templates that ship with Maestro; every tenant may read and render them.
SYSTEM_TENANT: Final = "system"


class Status(StrEnum):
    """Where a template stands in its life."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    PUBLISHED = "published"
    DEPRECATED = "deprecated"
    REVOKED = "revoked"


class Visibility(StrEnum):
    """Who sees a template: its tenant alone, or everybody."""

    TENANT = "tenant"
    SHARED = "shared"


@dataclass(frozen=True, slots=True)
class File:
    """One file of a template or of a rendered project: its content as bytes and its executable bit."""

    content: bytes
    executable: bool = False


# A folder as a flat map from a relative path with forward slashes to its file.
Folder: TypeAlias = Mapping[str, File]


@dataclass(frozen=True, slots=True)
class FileRule:
    """What holds for the files below `files/` whose name matches (fnmatch, where `*` crosses folders).

    `values` are expressions: what files of a Backstage template see as `values`.
    """

    match: str
    when: str | None = None
    executable: bool | None = None
    render: bool | None = None
    values: Mapping[str, Json] | None = None


class Language(StrEnum):
    """Whose templates' texts these are: Maestro's own, or those of a tool that they were imported from."""

    MAESTRO = "maestro"
    COOKIECUTTER = "cookiecutter"
    COPIER = "copier"
    BACKSTAGE = "backstage"


@dataclass(frozen=True, slots=True)
class Dialect:
    """How the texts of a template are to be read.

    `options` are Jinja's own (delimiters, white space), `extensions` those of its extensions that only add
    syntax. `suffix` marked rendered files, and `roots` says where folders lie now, both where the template
    comes from: that is how its texts name what they include. `exclude` are patterns of a .gitignore.
    """

    language: Language = Language.MAESTRO
    options: Mapping[str, Json] = field(default_factory=dict)
    extensions: tuple[str, ...] = ()
    strict: bool = True
    suffix: str = RENDERED_SUFFIX
    roots: tuple[tuple[str, str], ...] = (("", ""),)
    exclude: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class AnswerSet:
    """Named answers that the template must render with: its examples and its test data."""

    name: str
    answers: Mapping[str, Json]


@dataclass(frozen=True, slots=True)
class Manifest:
    """What `template.yaml` says. `parameters` is a JSON Schema, with `when` beside its keywords."""

    id: str
    version: str
    name: str
    summary: str
    category: str
    kind: str
    owner: str
    status: Status
    visibility: Visibility
    tags: tuple[str, ...]
    parameters: Mapping[str, Json]
    rules: tuple[FileRule, ...]
    validators: tuple[str, ...]
    answer_sets: tuple[AnswerSet, ...]
    dialect: Dialect = Dialect()


@dataclass(frozen=True, slots=True)
class Evidence:
    """One run of a validator on one rendered answer set; `seconds` says how long it took."""

    validator: str
    tool_version: str
    answer_set: str
    passed: bool
    detail: str
    seconds: float
    checked_at: datetime


@dataclass(frozen=True, slots=True)
class Version:
    """One immutable version of a template: a commit in its tenant's repository, and a hash of its content."""

    number: str
    object_id: str
    digest: str
    author: str
    message: str
    created_at: datetime
    evidence: tuple[Evidence, ...] = ()

    @property
    def score(self) -> float | None:
        """The share of recorded checks that passed; None, "unverified", as long as there are none."""
        if not self.evidence:
            return None
        return sum(check.passed for check in self.evidence) / len(self.evidence)


@dataclass(frozen=True, slots=True)
class Template:
    """A template of one tenant with the index of its versions, lowest first.

    Its name, summary, category, kind, tags and readme (its beginning, for the search) are those of its newest
    version.
    """

    tenant: str
    id: str
    name: str
    summary: str
    category: str
    kind: str
    owner: str
    status: Status
    visibility: Visibility
    tags: tuple[str, ...]
    readme: str
    versions: tuple[Version, ...]
    created_at: datetime
    updated_at: datetime
    etag: str = ""


@dataclass(frozen=True, slots=True)
class Problem:
    """Something wrong with a template; `line` counts from 1, 0 where it is not known.

    `answer_set` names the one that shows it, empty where every one does.
    """

    path: str
    line: int
    message: str
    answer_set: str = ""


@dataclass(frozen=True, slots=True)
class Rendered:
    """A rendered project: its files and the answers, defaults filled in, that made it."""

    files: Folder
    answers: Mapping[str, Json]
