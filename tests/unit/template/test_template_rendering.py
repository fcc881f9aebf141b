"""Names, conditions, contents and answers."""

from __future__ import annotations

import pytest
import yaml

from maestro_core.errors import InvalidArgument, ResourceExhausted
from maestro_template.domain import limits
from maestro_template.domain.folder import read_folder
from maestro_template.domain.model import File
from maestro_template.domain.rendering import Program

PARAMETERS = """
parameters:
  type: object
  required: [name]
  properties:
    name: {type: string, maxLength: 10, pattern: "^[a-z-]+$"}
    package: {type: string, default: "{{ name | replace('-', '_') }}"}
    database: {type: string, enum: [none, postgres], default: none}
    port: {type: integer, when: "{{ database == 'postgres' }}", default: 5432, minimum: 1}
    shards: {type: integer, default: "{{ 2 if database == 'postgres' else 0 }}"}
    tags: {type: array, items: {type: string}, default: ["{{ kept }}"]}
    token: {type: string, writeOnly: true, default: ""}
    note: {type: string}
"""


def program(folder, files, extra=PARAMETERS):
    made = folder(files, extra=extra)
    return Program(read_folder(made), made)


def test_only_the_suffix_is_rendered_and_the_rest_is_copied_byte_for_byte(render):
    binary = bytes(range(256)) + b"{{ name }}\r\n"
    out = render(
        {"files/a.txt.jinja": "{{ name }}\n", "files/b.bin": binary, "README.md": "no output"},
        {"name": "x"},
        PARAMETERS,
    )
    assert out == {"a.txt": b"x\n", "b.bin": binary}


def test_names_are_rendered_and_an_empty_segment_leaves_out_the_file(render):
    files = {
        "files/{{ package }}/__init__.py": "",
        "files/{% if database == 'postgres' %}db{% endif %}/schema.sql": "create",
        "files/{% if database == 'none' %}README{% endif %}.jinja": "none",
    }
    assert set(render(files, {"name": "my-app"}, PARAMETERS)) == {"my_app/__init__.py", "README"}
    assert set(render(files, {"name": "my-app", "database": "postgres"}, PARAMETERS)) == {
        "my_app/__init__.py",
        "db/schema.sql",
    }


def test_rules_override_condition_mode_and_rendering(folder):
    rules = PARAMETERS + (
        "rules:\n- {match: 'bin/*', executable: true}\n"
        "- {match: '*.sql', when: \"{{ database != 'none' }}\"}\n"
        "- {match: 'raw/*', render: false}\n- {match: 'plain', render: true}\n"
    )
    files = {
        "files/bin/run": "x",
        "files/a.sql": "x",
        "files/raw/a.jinja": "{{ no }}",
        "files/plain": "{{ name }}",
    }
    out = program(folder, files, rules).render({"name": "x"}, {}).files
    assert out["bin/run"].executable
    assert not out["plain"].executable
    assert "a.sql" not in out
    assert out["raw/a.jinja"].content == b"{{ no }}"
    assert out["plain"].content == b"x"


def test_the_executable_bit_of_a_file_is_kept(folder):
    made = folder({}, extra="")
    made["files/run.sh.jinja"] = File(b"#!/bin/sh\n", executable=True)
    assert Program(read_folder(made), made).render({}, {}).files["run.sh"].executable


def test_includes_and_macros_come_from_the_same_folder(render):
    files = {
        "files/a.jinja": "{% from 'partials/m.jinja' import hi %}{{ hi(name) }}{% include 'partials/end' %}",
        "partials/m.jinja": "{% macro hi(who) %}Hi {{ who }}{% endmacro %}",
        "partials/end": "!",
    }
    assert render(files, {"name": "x"}, PARAMETERS) == {"a": b"Hi x!"}


def test_answers_file_keeps_what_was_asked_and_no_secret(folder):
    made = program(folder, {"files/a": ""})
    rendered = made.render({"name": "x", "token": "hush", "port": 1}, {"template": "t", "version": "1.0.0"})
    answers = yaml.safe_load(rendered.files[".maestro-answers.yml"].content)
    assert answers == {
        "_template": "t",
        "_version": "1.0.0",
        "name": "x",
        "package": "x",
        "database": "none",
        "shards": 0,
        "tags": ["{{ kept }}"],
    }
    assert "token" not in rendered.answers
    assert rendered.answers["port"] == 5432


def test_rendering_again_with_the_recorded_answers_gives_the_same(folder):
    made = program(folder, {"files/{{ package }}/a.jinja": "{{ port }} {{ shards }}"})
    first = made.render({"name": "x", "database": "postgres"}, {})
    recorded = yaml.safe_load(first.files[".maestro-answers.yml"].content)
    assert made.render(recorded, {}) == first


def test_one_path_alone(folder):
    made = program(
        folder, {"files/{{ name }}.txt.jinja": "{{ name }}", "files/other.jinja": "{{ undefined }}"}
    )
    assert set(made.render({"name": "x"}, {}, "x.txt").files) == {"x.txt"}
    with pytest.raises(InvalidArgument) as caught:
        made.render({"name": "x"}, {}, "nothing")
    assert caught.value.reason == "PATH_NOT_RENDERED"


@pytest.mark.parametrize(
    ("answers", "field", "words"),
    [
        ({}, "answers.name", "required"),
        ({"name": 5}, "answers.name", "string"),
        ({"name": "x" * 11}, "answers.name", "too long"),
        ({"name": "X"}, "answers.name", "match"),
        ({"name": "x", "colour": "red"}, "answers.colour", "no such parameter"),
        ({"name": "x", "database": "oracle"}, "answers.database", "one of"),
        ({"name": "x", "database": "postgres", "port": 0}, "answers.port", "minimum"),
        ({"name": "x", "database": "postgres", "port": "5432"}, "answers.port", "integer"),
        ({"name": "x", "tags": ["a", 1]}, "answers.tags[1]", "string"),
        ({"name": "x", "note": None, "package": "y" * 300_000}, "answers", "larger"),
    ],
)
def test_wrong_answers_are_told_by_field(folder, answers, field, words):
    with pytest.raises(InvalidArgument) as caught:
        program(folder, {"files/a": ""}).render(answers, {})
    assert caught.value.reason == "ANSWERS_INVALID"
    found = {violation.field: violation.description for violation in caught.value.violations}
    assert words in found[field]


def test_all_wrong_answers_are_told_at_once(folder):
    with pytest.raises(InvalidArgument) as caught:
        program(folder, {"files/a": ""}).render({"database": 1, "colour": 2}, {})
    assert {violation.field for violation in caught.value.violations} >= {
        "answers.name",
        "answers.database",
        "answers.colour",
    }


def test_a_parameter_that_is_not_asked_can_not_be_missing(folder):
    extra = (
        "parameters: {required: [url], properties: {"
        "remote: {type: boolean, default: false}, url: {type: string, when: '{{ remote }}', minLength: 3}}}\n"
    )
    made = program(folder, {"files/a.jinja": "{{ url }}"}, extra)
    assert made.render({}, {}).files["a"].content == b"None"
    with pytest.raises(InvalidArgument):
        made.render({"remote": True}, {})


@pytest.mark.parametrize(
    ("value", "words"),
    [
        ("../../../etc/passwd", "'..'"),
        ("/etc/passwd", "absolute"),
        ("a\nb", "control"),
        ("a\\b", "backslash"),
        (".git/hooks", ".git"),
        ("a" * 300, "segment longer"),
        (".maestro-answers.yml", "Maestro writes"),
    ],
)
def test_a_rendered_name_can_not_leave_the_output(render, value, words):
    with pytest.raises(InvalidArgument) as caught:
        render({"files/{{ x }}": ""}, {"x": value}, "parameters: {properties: {x: {type: string}}}\n")
    assert caught.value.reason == "OUTPUT_PATH_INVALID"
    assert words in caught.value.violations[0].description


def test_a_value_can_name_folders_below_the_output(render):
    extra = "parameters: {properties: {x: {type: string}}}\n"
    assert render({"files/{{ x }}/A.java": ""}, {"x": "com/example"}, extra) == {"com/example/A.java": b""}


def test_two_files_can_not_become_one(render):
    with pytest.raises(InvalidArgument, match="another file"):
        render({"files/a": "", "files/{{ 'a' }}": ""})
    with pytest.raises(InvalidArgument, match="both a file and a folder"):
        render({"files/a": "", "files/{{ 'a' }}/b": ""})


def test_output_is_capped(render):
    with pytest.raises(ResourceExhausted) as caught:
        render({"files/a.jinja": "{% for i in range(100000) %}{{ 'x' * 1000 }}{% endfor %}"})
    assert caught.value.reason == "OUTPUT_TOO_LARGE"
    half = b"x" * (limits.MAX_FILE_BYTES)
    with pytest.raises(ResourceExhausted):
        render({"files/a": half, "files/b.jinja": "{{ 'x' * 9000000 }}"})


@pytest.mark.parametrize(
    ("content", "words"),
    [
        ("{{ nothing }}", "undefined"),
        ("{% if %}", "line 1"),
        ("a\n{{ 1 / 0 }}", "division"),
        ("{% include 'template.yml' %}", "template.yml"),
        ("{% include '/etc/passwd' %}", "/etc/passwd"),
        ("{% include 'file1' %}", "file1"),
        ("{{ 'x' | nothing }}", "nothing"),
        (b"\xff", "utf-8"),
    ],
)
def test_a_failing_template_says_where_and_why(render, content, words):
    with pytest.raises(InvalidArgument) as caught:
        render({"files/a.jinja": content})
    assert caught.value.reason == "TEMPLATE_FAILS"
    assert caught.value.violations[0].field == "files/a.jinja"
    assert words in caught.value.violations[0].description


def test_everything_that_does_not_compile_is_told(folder):
    extra = "parameters: {properties: {a: {type: string, when: '{{ x', default: '{% y %}'}}}\n"
    made = program(
        folder, {"files/{{ b": "", "files/c.jinja": "\n\n{% for %}", "files/d": "{% is not rendered"}, extra
    )
    found = {(problem.path, problem.line) for problem in made.problems()}
    assert found == {("template.yaml", 0), ("files/{{ b", 1), ("files/c.jinja", 3)}
