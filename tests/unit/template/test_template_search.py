"""Search: the right one first, counts that add up, and nobody sees what is not theirs."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from maestro_template.backends.search.index import TantivyIndex
from maestro_template.domain.model import Status, Template, Visibility
from maestro_template.domain.ports import SearchQuery

TIME = datetime(2030, 1, 1, tzinfo=UTC)


def template(
    template_id, summary, *, category="devops_engineer", kind="yaml", tags=(), readme="", tenant="system"
):
    return Template(
        tenant=tenant,
        id=template_id,
        name=template_id.replace("-", " ").title(),
        summary=summary,
        category=category,
        kind=kind,
        owner="maestro",
        status=Status.PUBLISHED,
        visibility=Visibility.SHARED if tenant == "system" else Visibility.TENANT,
        tags=tags,
        readme=readme,
        versions=(),
        created_at=TIME,
        updated_at=TIME,
    )


CATALOGUE = [
    template(
        "fastapi-service", "A web service with tests", category="backend", kind="python", tags=("http",)
    ),
    template(
        "rag-service-fastapi", "FastAPI service FastAPI service for answers", category="ai", kind="python"
    ),
    template("dockerfile-python", "A multi-stage image", kind="dockerfile", tags=("docker",)),
    template(
        "compose-web-stack", "App and database in containers", readme="Uses Docker Compose.", tags=("docker",)
    ),
    template("kubernetes-deployment", "Deployments with probes", tags=("k8s",)),
    template("migration-plan", "Migrating a database", category="database", kind="sql"),
]


@pytest.fixture
async def index():
    made = TantivyIndex()
    await made.rebuild(CATALOGUE)
    return made


async def ids(index, text, tenant="acme", **facets):
    result = await index.search(tenant, SearchQuery(text, facets, 10))
    return [hit.template_id for hit in result.hits]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("fastapi-service", "fastapi-service"),
        ("FastAPI Service", "fastapi-service"),
        ("rag-service-fastapi", "rag-service-fastapi"),
        ("docker image", "dockerfile-python"),
        ("deploying to kubernetes", "kubernetes-deployment"),
        ("kubernets", "kubernetes-deployment"),
        ("migrations of databases", "migration-plan"),
        ("container", "compose-web-stack"),
        ("k8s", "kubernetes-deployment"),
    ],
)
async def test_the_right_one_comes_first(index, query, expected):
    assert (await ids(index, query))[0] == expected


async def test_a_hostile_query_is_only_words(index):
    for query in ['"', "id:*", "AND OR NOT", "a" * 512, "((((", "\\", "\0", "sees:other", "é" * 100]:
        assert await ids(index, query) is not None


async def test_no_words_list_everything_and_nonsense_nothing(index):
    assert len(await ids(index, "")) == len(CATALOGUE)
    assert await ids(index, "qzxqzx") == []


async def test_facets_narrow_and_count(index):
    result = await index.search("acme", SearchQuery("docker", {}, 10))
    assert result.facets["kind"] == {"dockerfile": 1, "yaml": 1}
    assert await ids(index, "docker", kind=["dockerfile"]) == ["dockerfile-python"]
    both = await index.search(
        "acme", SearchQuery("", {"kind": ["dockerfile", "sql"], "owner": ["maestro"]}, 1)
    )
    assert (both.total, len(both.hits)) == (2, 1)
    assert sum(both.facets["status"].values()) == 2


async def test_pages_follow_each_other(index):
    pages = [await index.search("acme", SearchQuery("", {}, 4, offset)) for offset in (0, 4)]
    found = [hit.template_id for page in pages for hit in page.hits]
    assert sorted(found) == sorted(entry.id for entry in CATALOGUE)


async def test_a_change_is_found_at_once_and_the_old_words_are_gone(index):
    await index.put(template("fastapi-service", "Now about bananas"))
    assert (await ids(index, "bananas"))[0] == "fastapi-service"
    assert "fastapi-service" not in await ids(index, "http")
    await index.remove("system", "fastapi-service")
    assert "fastapi-service" not in await ids(index, "bananas")


async def test_no_tenant_finds_or_counts_what_is_another_s(index):
    await index.put(template("secret-plan", "Docker for acme", tenant="acme", tags=("docker",)))
    assert (await ids(index, "secret plan"))[0] == "secret-plan"
    for query in ("secret-plan", "secret", "docker", ""):
        result = await index.search("other", SearchQuery(query, {}, 100))
        assert "secret-plan" not in [hit.template_id for hit in result.hits]
    counted = await index.search("other", SearchQuery("docker", {}, 10))
    assert counted.facets["tag"]["docker"] == 2
    await index.put(replace(CATALOGUE[0], tenant="acme", visibility=Visibility.SHARED))
    assert len(await ids(index, "fastapi-service", tenant="other")) >= 2
