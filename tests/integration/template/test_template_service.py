"""The service from outside: every RPC that is built, on a real database, stream server and git."""

from __future__ import annotations

import asyncio

import grpc
import pytest
from google.protobuf.field_mask_pb2 import FieldMask
from google.protobuf.struct_pb2 import Struct
from google.rpc import error_details_pb2
from grpc_status import rpc_status

from maestro.template.v1 import template_pb2
from maestro_core.identity import Role

PARENT = "tenants/t1"
NAME = "tenants/t1/templates/demo"
ANSWERS = """parameters: {properties: {who: {type: string, default: you, maxLength: 9}}}
answer_sets: [{name: plain, answers: {}}]
"""


def struct(**values):
    made = Struct()
    made.update(values)
    return made


def reason(error):
    info = error_details_pb2.ErrorInfo()
    for detail in rpc_status.from_call(error).details:
        if detail.Unpack(info):
            return info.reason
    return None


def violations(error):
    bad = error_details_pb2.BadRequest()
    for detail in rpc_status.from_call(error).details:
        if detail.Unpack(bad):
            return {one.field: one.description for one in bad.field_violations}
    return {}


async def refused(call, code, expected):
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await call
    assert (caught.value.code(), reason(caught.value)) == (code, expected)
    return caught.value


async def create(stub, files, **fields):
    request = template_pb2.CreateTemplateRequest(parent=PARENT, files=files, **fields)
    return (await stub.CreateTemplate(request)).template


async def update(stub, files, **fields):
    request = template_pb2.UpdateTemplateRequest(
        template=template_pb2.Template(name=NAME), files=files, **fields
    )
    return (await stub.UpdateTemplate(request)).template


async def get(stub, name=NAME, **fields):
    return (await stub.GetTemplate(template_pb2.GetTemplateRequest(name=name, **fields))).template


async def render(stub, name=NAME, **fields):
    return await stub.RenderTemplate(template_pb2.RenderTemplateRequest(name=name, **fields))


async def move(stub, *statuses):
    for status in statuses:
        request = template_pb2.TransitionTemplateRequest(name=NAME, status=status, comment="go on")
        found = (await stub.TransitionTemplate(request)).template
    return found


async def search(stub, query="", **fields):
    return await stub.SearchTemplates(
        template_pb2.SearchTemplatesRequest(parent=PARENT, query=query, **fields)
    )


async def test_a_template_from_its_making_to_its_end(stub, files):
    made = await create(stub, files({"files/b.txt.jinja": "Hi {{ who }}\n"}, extra=ANSWERS), message="First")
    assert (made.name, made.version, made.status) == (NAME, "1.0.0", template_pb2.TEMPLATE_STATUS_DRAFT)
    assert made.parameters["properties"]["who"]["default"] == "you"
    assert not made.quality.HasField("score")

    rendered = await render(stub, answers=struct(who="Ana"))
    contents = {file.path: file.content for file in rendered.files}
    assert contents["b.txt"] == b"Hi Ana\n"
    assert b"_template: demo" in contents[".maestro-answers.yml"]
    assert [file.path for file in (await render(stub, only="b.txt")).files] == ["b.txt"]

    changed = await update(stub, files(version="1.1.0", extra=ANSWERS), etag=made.etag, message="Second")
    assert changed.version == "1.1.0"
    diff = await stub.DiffVersions(template_pb2.DiffVersionsRequest(name=NAME, from_version="1.0.0"))
    assert list(diff.deleted) == ["files/b.txt.jinja"]
    assert list(diff.changed) == ["template.yaml"]
    assert "-Hi {{ who }}" in diff.diff

    back = (
        await stub.RollbackTemplate(template_pb2.RollbackTemplateRequest(name=NAME, version="1.0.0"))
    ).template
    assert back.version == "1.1.1"
    old, new = [await get(stub, version=number, include_files=True) for number in ("1.0.0", "1.1.1")]
    assert [file for file in old.files if file.path != "template.yaml"] == [
        file for file in new.files if file.path != "template.yaml"
    ]

    listed = await stub.ListVersions(template_pb2.ListVersionsRequest(name=NAME, page_size=2))
    rest = await stub.ListVersions(
        template_pb2.ListVersionsRequest(name=NAME, page_size=2, page_token=listed.next_page_token)
    )
    versions = [*listed.versions, *rest.versions]
    assert [version.version for version in versions] == ["1.1.1", "1.1.0", "1.0.0"]
    assert (versions[2].author, versions[2].message) == ("tester", "First")

    await stub.DeleteTemplate(template_pb2.DeleteTemplateRequest(name=NAME))
    await refused(get(stub), grpc.StatusCode.NOT_FOUND, "TEMPLATE_NOT_FOUND")
    assert (await create(stub, files())).version == "1.0.0"


async def test_publishing_needs_the_gate(stub, files):
    review, published, deprecated, revoked = (
        template_pb2.TemplateStatus.Value(f"TEMPLATE_STATUS_{name}")
        for name in ("IN_REVIEW", "PUBLISHED", "DEPRECATED", "REVOKED")
    )
    await create(stub, files())
    await refused(move(stub, published), grpc.StatusCode.FAILED_PRECONDITION, "TRANSITION_REFUSED")
    await move(stub, review)
    await refused(move(stub, published), grpc.StatusCode.FAILED_PRECONDITION, "GATE_FAILED")
    bad = ANSWERS.replace("{name: plain, answers: {}}", "{name: long, answers: {who: much too long}}")
    await update(stub, files(version="1.0.1", extra=bad))
    error = await refused(move(stub, published), grpc.StatusCode.FAILED_PRECONDITION, "GATE_FAILED")
    assert "answer set long" in str(violations(error))
    good = ANSWERS.replace("maxLength: 9", "maxLength: 20")
    await update(stub, files(version="1.0.2", extra=good))
    assert (await move(stub, published)).status == published

    narrower = files(version="1.1.0", extra=ANSWERS)
    error = await refused(update(stub, narrower), grpc.StatusCode.FAILED_PRECONDITION, "MAJOR_VERSION_NEEDED")
    assert "maxLength" in violations(error)["parameters"]
    assert (await update(stub, files(version="2.0.0", extra=ANSWERS))).status == published
    await move(stub, deprecated, revoked)
    await refused(render(stub), grpc.StatusCode.FAILED_PRECONDITION, "TEMPLATE_REVOKED")
    await refused(
        update(stub, files(version="3.0.0")), grpc.StatusCode.FAILED_PRECONDITION, "TEMPLATE_REVOKED"
    )
    assert (await get(stub)).version == "2.0.0"


async def test_bad_templates_change_nothing(stub, files):
    cases = [
        (files(extra="colour: red\n"), "MANIFEST_INVALID"),
        ([file for file in files() if file.path != "template.yaml"], "FILES_INVALID"),
        (files({"../x": ""}), "FILES_INVALID"),
        (files({"/etc/passwd": ""}), "FILES_INVALID"),
        (files({"files/a\nb": ""}), "FILES_INVALID"),
        (files() + files(), "FILES_INVALID"),
        (files({"files/b.jinja": "{% if %}"}), "TEMPLATE_INVALID"),
        (files({"files/{{ b": ""}), "TEMPLATE_INVALID"),
        (files(extra="status: published\n"), "MANIFEST_INVALID"),
        (files(extra="parameters: {properties: {a: {type: nothing}}}\n"), "MANIFEST_INVALID"),
    ]
    for bad, expected in cases:
        error = await refused(create(stub, bad), grpc.StatusCode.INVALID_ARGUMENT, expected)
        assert violations(error)
    for large in ({f"files/{n}": "" for n in range(9_990)}, {"files/x": b"x" * 5_000_000}):
        await refused(create(stub, files(large)), grpc.StatusCode.RESOURCE_EXHAUSTED, "TEMPLATE_TOO_LARGE")
    await refused(
        create(stub, files(), template_id="other"), grpc.StatusCode.INVALID_ARGUMENT, "MANIFEST_INVALID"
    )
    await refused(get(stub), grpc.StatusCode.NOT_FOUND, "TEMPLATE_NOT_FOUND")
    assert (await create(stub, files())).version == "1.0.0"
    await refused(create(stub, files()), grpc.StatusCode.ALREADY_EXISTS, "TEMPLATE_EXISTS")


async def test_bad_requests_say_which_field(stub, files):
    await create(stub, files(extra=ANSWERS))
    for answers, field in [
        (struct(who=5), "answers.who"),
        (struct(who="x" * 10), "answers.who"),
        (struct(colour="red"), "answers.colour"),
    ]:
        error = await refused(
            render(stub, answers=answers), grpc.StatusCode.INVALID_ARGUMENT, "ANSWERS_INVALID"
        )
        assert field in violations(error)
    await refused(render(stub, version="9.9.9"), grpc.StatusCode.NOT_FOUND, "VERSION_NOT_FOUND")
    await refused(render(stub, only="no"), grpc.StatusCode.INVALID_ARGUMENT, "PATH_NOT_RENDERED")
    await refused(search(stub, page_token="nonsense"), grpc.StatusCode.INVALID_ARGUMENT, "PAGE_TOKEN_INVALID")
    await refused(
        stub.ListTemplates(template_pb2.ListTemplatesRequest(parent=PARENT, page_token="bm9uc2Vuc2U=")),
        grpc.StatusCode.INVALID_ARGUMENT,
        "LIST_PARAMETER_INVALID",
    )
    await refused(update(stub, []), grpc.StatusCode.INVALID_ARGUMENT, "UPDATE_EMPTY")
    await refused(
        update(stub, [], update_mask=FieldMask(paths=["status"])),
        grpc.StatusCode.INVALID_ARGUMENT,
        "UPDATE_MASK_INVALID",
    )


async def test_two_writers_on_one_version_and_on_one_record(stub, files):
    made = await create(stub, files())
    outcomes = await asyncio.gather(
        *(update(stub, files({"files/n": str(n)}, version="1.1.0")) for n in range(6)), return_exceptions=True
    )
    won = [outcome for outcome in outcomes if isinstance(outcome, template_pb2.Template)]
    assert len(won) == 1
    assert {reason(outcome) for outcome in outcomes if outcome not in won} == {"VERSION_EXISTS"}
    await refused(
        update(stub, files(version="1.2.0"), etag=made.etag), grpc.StatusCode.ABORTED, "ETAG_MISMATCH"
    )
    listed = await stub.ListVersions(template_pb2.ListVersionsRequest(name=NAME))
    assert [version.version for version in listed.versions] == ["1.1.0", "1.0.0"]


async def test_sixteen_writers_lose_no_version(stub, files):
    await create(stub, files())
    numbers = [f"1.0.{n}" for n in range(1, 17)]
    await asyncio.gather(*(update(stub, files({"files/n": n}, version=n)) for n in numbers))
    listed = await stub.ListVersions(template_pb2.ListVersionsRequest(name=NAME))
    assert {version.version for version in listed.versions} == {"1.0.0", *numbers}
    for number in numbers:
        shown = await get(stub, version=number, include_files=True)
        assert {file.path: file.content for file in shown.files}["files/n"] == number.encode()


async def test_a_repeated_request_changes_nothing(stub, files):
    first = await create(stub, files(), request_id="r1")
    assert await create(stub, files(), request_id="r1") == first
    await refused(
        create(stub, files({"files/b": "x"}), request_id="r1"),
        grpc.StatusCode.ALREADY_EXISTS,
        "REQUEST_ID_REUSED",
    )
    second = await update(stub, files(version="1.1.0"), request_id="r2")
    assert await update(stub, files(version="1.1.0"), request_id="r2") == second
    for _ in range(2):
        await stub.DeleteTemplate(template_pb2.DeleteTemplateRequest(name=NAME, request_id="r3"))


async def test_visibility_and_owner_belong_to_no_version(stub, files):
    await create(stub, files())
    changed = (
        await stub.UpdateTemplate(
            template_pb2.UpdateTemplateRequest(
                template=template_pb2.Template(name=NAME, owner="platform"),
                update_mask=FieldMask(paths=["owner"]),
            )
        )
    ).template
    assert (changed.owner, changed.version) == ("platform", "1.0.0")
    await refused(
        stub.UpdateTemplate(
            template_pb2.UpdateTemplateRequest(
                template=template_pb2.Template(name=NAME, visibility=template_pb2.VISIBILITY_SHARED),
                update_mask=FieldMask(paths=["visibility"]),
            )
        ),
        grpc.StatusCode.FAILED_PRECONDITION,
        "SHARING_REFUSED",
    )


async def test_the_shipped_templates_are_everybody_s_to_use_and_nobody_s_to_change(stub, files):
    name = "tenants/t1/templates/adr"
    shown = await get(stub, name)
    assert (shown.name, shown.visibility) == (name, template_pb2.VISIBILITY_SHARED)
    assert shown.status == template_pb2.TEMPLATE_STATUS_PUBLISHED
    assert not shown.quality.HasField("score")
    rendered = await render(stub, name, answers=struct(number=1, title="Keep it small"))
    assert "docs/decisions/0001-keep-it-small.md" in [file.path for file in rendered.files]
    await refused(
        stub.DeleteTemplate(template_pb2.DeleteTemplateRequest(name=name)),
        grpc.StatusCode.FAILED_PRECONDITION,
        "TEMPLATE_SHARED",
    )
    own = (
        await stub.CreateTemplate(
            template_pb2.CreateTemplateRequest(parent=PARENT, files=files(template_id="adr"))
        )
    ).template
    assert (await get(stub, name)).commit == own.commit
    listed = await stub.ListTemplates(template_pb2.ListTemplatesRequest(parent=PARENT))
    assert [template.display_name for template in listed.templates if template.name == name] == ["Demo"]
    assert [hit.template.commit for hit in (await search(stub, "adr")).hits if hit.template.name == name] == [
        own.commit
    ]


async def test_lists_are_whole_whatever_the_page(stub, files):
    for template_id in ("a-first", "fastapi-a", "zz-last"):
        await stub.CreateTemplate(
            template_pb2.CreateTemplateRequest(parent=PARENT, files=files(template_id=template_id))
        )

    async def names(**fields):
        found, token = [], ""
        while True:
            page = await stub.ListTemplates(
                template_pb2.ListTemplatesRequest(parent=PARENT, page_token=token, **fields)
            )
            found += [template.name.rpartition("/")[2] for template in page.templates]
            token = page.next_page_token
            if not token:
                return found

    whole = await names()
    assert whole == sorted(whole)
    assert len(whole) >= 15
    for size in (1, 2, 5):
        assert await names(page_size=size) == whole
    assert await names(page_size=4, order_by="id desc") == whole[::-1]
    drafts = await names(filter='status = "DRAFT"')
    assert drafts == ["a-first", "fastapi-a", "zz-last"]
    assert set(await names(filter='category = "devops_engineer" AND kind = "dockerfile"')) == {
        "dockerfile-python-multistage"
    }


async def test_search_finds_what_was_just_made(stub, files):
    await create(stub, files({"README.md": "All about pelicans."}))
    found = await search(stub, "pelican")
    assert found.hits[0].template.name == NAME
    exact = await search(stub, "fastapi-service")
    assert exact.hits[0].template.name == "tenants/t1/templates/fastapi-service"
    facets = {facet.facet: dict(facet.counts) for facet in (await search(stub)).facets}
    assert facets["status"]["DRAFT"] == 1
    narrowed = await search(
        stub, facets=[template_pb2.FacetFilter(facet="category", values=["qa_engineer"])], page_size=1
    )
    assert (narrowed.total, len(narrowed.hits)) == (2, 1)
    following = await search(
        stub,
        facets=[template_pb2.FacetFilter(facet="category", values=["qa_engineer"])],
        page_size=1,
        page_token=narrowed.next_page_token,
    )
    assert following.hits[0].template.name != narrowed.hits[0].template.name
    assert following.next_page_token == ""


async def test_validation_tells_all_problems(stub, files):
    folder = files({"files/b.jinja": "{{ 1 +* }}", "files/c.jinja": "\n{% for %}"})
    found = await stub.ValidateTemplate(template_pb2.ValidateTemplateRequest(parent=PARENT, files=folder))
    assert {(problem.path, problem.line) for problem in found.problems} == {
        ("files/b.jinja", 1),
        ("files/c.jinja", 2),
    }
    broken = files(extra=ANSWERS.replace("answers: {}", "answers: {who: 1}"))
    found = await stub.ValidateTemplate(template_pb2.ValidateTemplateRequest(parent=PARENT, files=broken))
    assert [problem.answer_set for problem in found.problems] == ["plain"]
    shipped = template_pb2.ValidateTemplateRequest(
        parent=PARENT, template="tenants/t1/templates/fastapi-service"
    )
    assert not (await stub.ValidateTemplate(shipped)).problems


async def test_statistics_count_what_the_tenant_sees_and_uses(stub, connect, files):
    await create(stub, files())
    for _ in range(3):
        await render(stub)
    counted = await stub.GetStatistics(template_pb2.GetStatisticsRequest(parent=PARENT))
    assert dict(counted.renders) == {"demo": 3}
    assert counted.by_status["DRAFT"] == 1
    assert counted.templates == sum(counted.by_category.values()) == sum(counted.by_status.values())
    others = await connect("t2").GetStatistics(template_pb2.GetStatisticsRequest(parent="tenants/t2"))
    assert others.templates == counted.templates - 1
    assert not others.renders


async def test_no_tenant_sees_another_s(stub, connect, files):
    await create(stub, files())
    other = connect("t2")
    for call in (
        get(other),
        render(other),
        stub.ListTemplates(template_pb2.ListTemplatesRequest(parent="tenants/t2")),
    ):
        with pytest.raises(grpc.aio.AioRpcError) as caught:
            await call
        assert reason(caught.value) == "TENANT_MISMATCH"
    with pytest.raises(grpc.aio.AioRpcError) as caught:
        await get(other, "tenants/t2/templates/demo")
    assert reason(caught.value) == "TEMPLATE_NOT_FOUND"
    found = await other.SearchTemplates(
        template_pb2.SearchTemplatesRequest(parent="tenants/t2", query="kites")
    )
    assert not found.hits
    listed = await other.ListTemplates(template_pb2.ListTemplatesRequest(parent="tenants/t2"))
    assert "tenants/t2/templates/demo" not in [template.name for template in listed.templates]


async def test_a_viewer_reads_and_renders_and_changes_nothing(connect, files):
    await create(connect(), files())
    viewer = connect("t1", Role.VIEWER)
    assert (await render(viewer)).version == "1.0.0"
    await refused(update(viewer, files(version="2.0.0")), grpc.StatusCode.PERMISSION_DENIED, "ROLE_MISSING")
