"""ImportTemplate from outside: what it adds, what it refuses, and that nothing of the original runs."""

from __future__ import annotations

import asyncio
import json
import time

import grpc
import pytest
from foreign_templates import BACKSTAGE, COOKIECUTTER, COPIER, PYPACKAGE, Foreign
from test_template_service import PARENT, get, reason, refused, render, violations

from maestro.template.v1 import template_pb2

INVALID, EXHAUSTED = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.RESOURCE_EXHAUSTED


def messages(files):
    return [
        template_pb2.TemplateFile(
            path=path.removesuffix("!"),
            content=content if isinstance(content, bytes) else content.encode(),
            executable=path.endswith("!"),
        )
        for path, content in files.items()
    ]


async def bring(stub, files, **fields):
    return await stub.ImportTemplate(
        template_pb2.ImportTemplateRequest(parent=PARENT, files=messages(files), **fields)
    )


@pytest.mark.parametrize("template", [*COOKIECUTTER, *COPIER, *BACKSTAGE], ids=lambda one: one.name)
async def test_a_foreign_template_becomes_one_of_ours(stub, template: Foreign):
    answer = await bring(stub, template.files, template_id="mine", request_id="r1")
    again = await bring(stub, template.files, template_id="mine", request_id="r1")
    assert again == answer
    made = answer.template
    assert (made.name, made.version) == (f"{PARENT}/templates/mine", "1.0.0")
    assert made.status == template_pb2.TEMPLATE_STATUS_DRAFT
    assert sorted(answer.not_executed) == sorted(template.not_executed)
    shown = await get(stub, made.name, include_files=True)
    rendered = await stub.RenderTemplate(
        template_pb2.RenderTemplateRequest(
            name=made.name, answers={} if not template.answers[0] else _struct(template.answers[0])
        )
    )
    assert len(rendered.files) > 1
    assert shown.kind in ("cookiecutter", "copier", "backstage")
    problems = await stub.ValidateTemplate(
        template_pb2.ValidateTemplateRequest(parent=PARENT, template=made.name)
    )
    assert list(problems.problems) == []


def _struct(values):
    from google.protobuf.struct_pb2 import Struct

    made = Struct()
    made.update(values)
    return made


async def test_it_is_found_published_and_named_by_what_it_says(stub):
    made = (await bring(stub, BACKSTAGE[0].files)).template
    assert (made.name.rpartition("/")[2], made.display_name, made.owner) == (
        "node-service",
        "Node.js Service",
        "platform-team",
    )
    unnamed = (await bring(stub, PYPACKAGE.files)).template
    assert unnamed.name.rpartition("/")[2].startswith("cookiecutter-")
    for status in ("IN_REVIEW", "PUBLISHED"):
        await stub.TransitionTemplate(
            template_pb2.TransitionTemplateRequest(name=unnamed.name, status=f"TEMPLATE_STATUS_{status}")
        )
    found = await stub.SearchTemplates(
        template_pb2.SearchTemplatesRequest(parent=PARENT, query="node service")
    )
    assert found.hits[0].template.name == made.name
    await refused(bring(stub, BACKSTAGE[0].files), grpc.StatusCode.ALREADY_EXISTS, "TEMPLATE_EXISTS")


CUT = "{{cookiecutter.a}}/x"
ONE = {"cookiecutter.json": '{"a": "b"}', CUT: "{{ cookiecutter.a }}"}
STEP = "steps: [{action: 'fetch:template', input: {url: ./s, values: {n: '${{ parameters.n }}'}}}]"
BACK = "apiVersion: scaffolder.backstage.io/v1beta3\nkind: Template\nmetadata: {name: n}\nspec:\n  "


REFUSED = [
    ({"README.md": ""}, "FORMAT_UNKNOWN"),
    ({"template.yaml": "id: x"}, "FORMAT_UNKNOWN"),
    ({**ONE, "cookiecutter.json": ""}, "IMPORT_REFUSED"),
    ({**ONE, "cookiecutter.json": b"\xff\xfe{"}, "IMPORT_REFUSED"),
    ({**ONE, "cookiecutter.json": b"\0\x01\x02"}, "IMPORT_REFUSED"),
    ({**ONE, "cookiecutter.json": "[" * 100_000}, "IMPORT_REFUSED"),
    ({**ONE, "cookiecutter.json": "[]"}, "IMPORT_REFUSED"),
    ({**ONE, "cookiecutter.json": '{"a": []}'}, "IMPORT_REFUSED"),
    ({**ONE, "cookiecutter.json": '{"templates": {"one": {"path": "./one"}}}'}, "IMPORT_REFUSED"),
    ({**ONE, "cookiecutter.json": '{"a": "b", "_jinja2_env_vars": {"loader": "x"}}'}, "IMPORT_REFUSED"),
    ({**ONE, "cookiecutter.json": '{"a": "b", "_copy_without_render": 3}'}, "IMPORT_REFUSED"),
    ({**ONE, "cookiecutter.json": '{"a b": "c"}'}, "MANIFEST_INVALID"),
    ({"cookiecutter.json": '{"a": "b"}', "plain/x": ""}, "IMPORT_REFUSED"),
    ({**ONE, "{{cookiecutter.b}}/x": ""}, "IMPORT_REFUSED"),
    ({**ONE, CUT: "{% include '../../../etc/passwd' %}{% if %}"}, "TEMPLATE_INVALID"),
    ({**ONE, "../x": ""}, "FILES_INVALID"),
    ({**ONE, "/etc/passwd": ""}, "FILES_INVALID"),
    ({**ONE, "a\nb": ""}, "FILES_INVALID"),
    ({**ONE, "hooks": "", "hooks/a": ""}, "FILES_INVALID"),
    ({**ONE, ".git/config": ""}, "FILES_INVALID"),
    ({"copier.yml": "a: &x [*x]", "a": ""}, "IMPORT_REFUSED"),
    ({"copier.yml": "a: " + "[" * 100, "a": ""}, "IMPORT_REFUSED"),
    ({"copier.yml": "- a", "a": ""}, "IMPORT_REFUSED"),
    ({"copier.yml": b"\xff", "a": ""}, "IMPORT_REFUSED"),
    ({"copier.yml": "a: !include x.yml", "a": ""}, "IMPORT_REFUSED"),
    ({"copier.yml": "a: {type: '{{ b }}'}", "a": ""}, "IMPORT_REFUSED"),
    ({"copier.yml": "_subdirectory: '{{ a }}'\na: b", "b/x": ""}, "IMPORT_REFUSED"),
    ({"copier.yml": "_envops: {loader: x}", "a": ""}, "IMPORT_REFUSED"),
    ({"copier.yml": "_envops: {block_start_string: '{{'}", "a": ""}, "MANIFEST_INVALID"),
    ({"copier.yml": "a: b", "{% yield x from a %}{{ x }}{% endyield %}.jinja": ""}, "TEMPLATE_INVALID"),
    ({"template.yaml": BACK + "steps: []"}, "IMPORT_REFUSED"),
    ({"template.yaml": BACK + "steps: 3"}, "IMPORT_REFUSED"),
    ({"template.yaml": BACK + "parameters: 3\n  " + STEP, "s/x": ""}, "IMPORT_REFUSED"),
    ({"template.yaml": BACK + STEP}, "IMPORT_REFUSED"),
    ({"template.yaml": BACK + STEP.replace("./s", "../s"), "s/x": ""}, "IMPORT_REFUSED"),
    ({"template.yaml": BACK + STEP, "s/x": "{% unknown %}"}, "TEMPLATE_INVALID"),
    ({"template.yaml": BACK + STEP, "s/.maestro-answers.yml": ""}, "FILES_INVALID"),
]


async def test_what_can_t_be_imported_is_told_and_leaves_nothing(stub):
    for files, expected in REFUSED:
        error = await refused(bring(stub, files, template_id="mine"), INVALID, expected)
        assert violations(error), files
    await refused(get(stub, f"{PARENT}/templates/mine"), grpc.StatusCode.NOT_FOUND, "TEMPLATE_NOT_FOUND")


async def test_too_much_is_refused(stub):
    many = {**ONE, **{f"{{{{cookiecutter.a}}}}/{number}": "" for number in range(9_990)}}
    await refused(bring(stub, many), EXHAUSTED, "TEMPLATE_TOO_LARGE")
    await refused(bring(stub, {**ONE, "big": b"x" * 5_000_000}), EXHAUSTED, "TEMPLATE_TOO_LARGE")


@pytest.mark.parametrize(
    "files",
    [
        {**ONE, "cookiecutter.json": json.dumps({"a": "b", "_copy_without_render": ["*a" * 40 + "!"]})
         , **{f"{{{{cookiecutter.a}}}}/{'a' * 200}{n}": "" for n in range(50)}},
        {"template.yaml": BACK + STEP.replace("url", "copyWithoutTemplating: ['" + "*a" * 40 + "!'], url"),
         **{f"s/{'a' * 200}{n}": "" for n in range(50)}},
        {**ONE, CUT: "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}"},
    ],
    ids=["cookiecutter's patterns", "Backstage's patterns", "a loop"],
)  # fmt: skip
async def test_bombs_end_in_time_and_hurt_nobody(stub, files):
    begin = time.monotonic()
    outcome = await asyncio.gather(bring(stub, files, template_id="mine"), return_exceptions=True)
    if not isinstance(outcome[0], Exception):
        outcome = await asyncio.gather(render(stub, f"{PARENT}/templates/mine"), return_exceptions=True)
    assert time.monotonic() - begin < 2 * 2.0
    if isinstance(outcome[0], Exception):
        assert (outcome[0].code(), reason(outcome[0])) == (EXHAUSTED, "RENDER_LIMIT")
    assert (await bring(stub, COPIER[2].files, template_id="good")).template.version == "1.0.0"


async def test_an_extension_that_is_missed_is_named(stub):
    files = {
        **ONE,
        "cookiecutter.json": '{"a": "b", "_extensions": ["local_extensions.Shout"]}',
        CUT: "{{ 'x' | shout }}",
    }
    error = await refused(bring(stub, files), INVALID, "TEMPLATE_INVALID")
    assert "local_extensions.Shout" in error.details()
    assert "shout" in str(violations(error))


async def test_the_format_that_is_named_is_the_one_that_is_read(stub):
    both = {**ONE, "copier.yml": "a: b"}
    made = (await bring(stub, both, format=template_pb2.TEMPLATE_FORMAT_COPIER)).template
    assert (await get(stub, made.name)).kind == "copier"
    await refused(bring(stub, both, format=template_pb2.TEMPLATE_FORMAT_BACKSTAGE), INVALID, "FORMAT_UNKNOWN")
