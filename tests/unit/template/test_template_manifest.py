"""What a manifest and a folder may hold, and what is said where they may not."""

from __future__ import annotations

import pytest

from maestro_core.errors import InvalidArgument, ResourceExhausted
from maestro_template.domain import limits
from maestro_template.domain.folder import digest, read_folder
from maestro_template.domain.manifest import parse_manifest
from maestro_template.domain.model import File, Status, Visibility
from maestro_template.domain.paths import collision, path_problem


def violations(content: bytes) -> dict[str, str]:
    with pytest.raises(InvalidArgument) as caught:
        parse_manifest(content)
    assert caught.value.reason == "MANIFEST_INVALID"
    return {violation.field: violation.description for violation in caught.value.violations}


BASE = b"id: a\nversion: 1.0.0\nname: A\nsummary: S.\ncategory: c\nkind: python\nowner: me\n"


def test_a_small_manifest_has_defaults():
    manifest = parse_manifest(BASE)
    assert (manifest.status, manifest.visibility) == (Status.DRAFT, Visibility.TENANT)
    assert manifest.answer_sets == ()


@pytest.mark.parametrize(
    ("content", "field", "words"),
    [
        (b"id: [", "template.yaml", "parsing"),
        (b"\xff\xfe", "template.yaml", "utf-8"),
        (b"", "template.yaml", "object"),
        (b"[" * 100_000, "template.yaml", "nests deeper"),
        (b"a: &x [1]\nb: *x", "template.yaml", "aliases"),
        (BASE + b"id: b\n", "template.yaml", "stands twice"),
        (BASE + b"x: 2020-01-01\n", "template.yaml", "JSON"),
        (BASE.replace(b"1.0.0", b"1.0"), "version", "string"),
        (BASE.replace(b"1.0.0", b"one"), "version", "semantic version"),
        (BASE.replace(b"id: a", b"id: A/../b"), "id", "match"),
        (BASE + b"colour: red\n", "template.yaml", "colour"),
        (BASE + b"parameters: {properties: {a: {}}}\n", "parameters.properties.a", "type"),
        (BASE + b"parameters: {properties: {a: {type: str}}}\n", "parameters.properties.a.type", "str"),
        (
            BASE + b"parameters: {properties: {a: {type: string, minLength: x}}}\n",
            "parameters.properties.a.minLength",
            "x",
        ),
        (
            BASE + b"parameters: {required: [b], properties: {a: {type: string}}}\n",
            "parameters.required",
            "no parameter",
        ),
        (
            BASE + b"parameters: {properties: {a: {type: object, properties: {b: {$ref: 'http://x/y'}}}}}\n",
            "parameters.properties.a.properties.b.$ref",
            "itself",
        ),
        (BASE + b"rules: [{match: x}]\n", "rules[0]", "properties"),
        (
            BASE + b"answer_sets: [{name: a, answers: {}}, {name: a, answers: {}}]\n",
            "answer_sets",
            "twice",
        ),
    ],
)
def test_a_bad_manifest_is_refused_by_field(content, field, words):
    found = violations(content)
    assert field in found
    assert words in found[field]


def test_a_huge_manifest_is_not_even_parsed():
    assert "larger" in violations(b"#" * (limits.MAX_MANIFEST_BYTES + 1))["template.yaml"]


@pytest.mark.parametrize(
    ("path", "problem"),
    [
        ("", "empty"),
        ("/etc/passwd", "absolute"),
        ("C:/x", "absolute"),
        ("a/../b", "'..'"),
        ("./a", "'.'"),
        ("a//b", "empty segment"),
        ("a/", "empty segment"),
        ("a\nb", "control"),
        ("a\0b", "control"),
        ("a\\b", "backslash"),
        (".git/config", ".git"),
        ("x/.GIT/hooks/y", ".git"),
        ("a" * 256, "segment longer"),
        ("/".join(["a" * 200] * 6), "longer than"),
        ("\ud800", "Unicode"),
    ],
)
def test_a_dangerous_path_has_a_problem(path, problem):
    assert problem in (path_problem(path) or "")


@pytest.mark.parametrize("path", ["a", "a b/c.txt", ".github/workflows/ci.yml", "…/ü", "a..b", ".gitignore"])
def test_an_ordinary_path_has_none(path):
    assert path_problem(path) is None


def test_a_file_can_not_be_a_folder_too():
    assert collision(["a/b", "a/c", "d"]) is None
    assert collision(["a", "a/b/c"]) == "a"


def test_all_bad_names_are_told_at_once(folder):
    with pytest.raises(InvalidArgument) as caught:
        read_folder(
            folder({"files/../x": "", "files/a\nb": "", "/abs": "", "files/.maestro-answers.yml": ""})
        )
    assert caught.value.reason == "FILES_INVALID"
    assert len(caught.value.violations) == 4


def test_a_folder_without_manifest_is_refused():
    with pytest.raises(InvalidArgument, match="acceptable") as caught:
        read_folder({"files/a": File(b"")})
    assert "template.yaml" in caught.value.violations[0].description


@pytest.mark.parametrize(
    "files",
    [
        {f"files/{number}": "" for number in range(10_000)},
        {"files/big": b"x" * (limits.MAX_FILE_BYTES + 1)},
        {f"files/{number}": b"x" * limits.MAX_FILE_BYTES for number in range(3)},
    ],
    ids=["10,000 files", "a huge file", "huge together"],
)
def test_too_much_is_refused(folder, files):
    with pytest.raises(ResourceExhausted) as caught:
        read_folder(folder(files))
    assert caught.value.reason == "TEMPLATE_TOO_LARGE"


def test_a_digest_tells_content_name_and_mode_apart(folder):
    base = folder({"files/a": "x"})
    others = [
        folder({"files/a": "y"}),
        folder({"files/b": "x"}),
        {**base, "files/a": File(b"x", executable=True)},
    ]
    assert len({digest(base), *map(digest, others)}) == 4
    assert digest(base) == digest(dict(reversed(base.items())))
