"""Tests whose surroundings no longer fit: what is healed, what is proposed, and what is left alone."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from benchmarks.local_runner import LocalRunner
from maestro_healing.domain.diagnosis.missing_services import missing_services
from maestro_healing.domain.engine import Engine
from maestro_healing.domain.guard import check_change
from maestro_healing.domain.model import Policy, TestHealing, Verdict
from maestro_healing.domain.ports import RunRequest
from maestro_healing.domain.report import HealingReport
from maestro_healing.domain.rewrite.rule import rewrite_text
from maestro_healing.domain.rewrite.scope import WHOLE_FILE
from maestro_healing.domain.runs import Frame, RunResult, TestFailure
from maestro_healing.domain.services import Needed, Variable
from maestro_healing.domain.sources import Project
from maestro_healing.domain.strategies.strategy import Case
from maestro_healing.domain.strategies.surroundings.addresses import written_address

MakeProject = Callable[..., Project]
RunLocally = Callable[[Project], LocalRunner]
Files = dict[str, str]
Changes = dict[str, str | None]

FILE = "tests/test_shop.py"
INI = {"pytest.ini": "[pytest]\n"}


@pytest.fixture(autouse=True)
def lean(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each run loads what it needs alone."""
    monkeypatch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")


Heal = Callable[[Files, Changes], "object"]


async def heal(
    make_project: MakeProject, run_locally: RunLocally, base: Files, head: Changes
) -> tuple[TestHealing, HealingReport]:
    project = make_project({**INI, **base}, head)
    engine = Engine(run_locally(project), check_change)
    report = await engine.heal(project, policy=Policy(mutation_seconds=0))
    (found,) = report.tests
    return found, report


READS = """
from pathlib import Path

from shop import load

DATA = Path(__file__).parent / "data"


def test_load():
    assert load(DATA / "prices.json") == {"apple": 2}


def test_other():
    assert load(DATA / "other.json") == {}
"""
SHOP = "import json\n\n\ndef load(path):\n    with open(path) as stream:\n        return json.load(stream)\n"


async def test_a_data_file_that_moved_is_found(make_project: MakeProject, run_locally: RunLocally) -> None:
    base = {
        "shop.py": SHOP,
        FILE: READS,
        "tests/data/prices.json": '{"apple": 2}',
        "tests/data/other.json": "{}",
    }
    head: Changes = {"tests/data/prices.json": None, "tests/data/catalogue/prices.json": '{"apple": 2}'}
    found, report = await heal(make_project, run_locally, base, head)
    assert (found.verdict, found.strategy) == (Verdict.HEALED, "environment_healing"), found
    assert report.edited({found.test})[FILE] == READS.replace('"prices.json"', '"catalogue/prices.json"')


async def test_a_product_that_looks_in_the_wrong_place_is_not_helped(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    base = {
        "shop.py": SHOP,
        FILE: READS,
        "tests/data/prices.json": '{"apple": 2}',
        "tests/data/other.json": "{}",
    }
    bug = SHOP.replace("open(path)", "open(path if 'other' in str(path) else str(path) + '.bak')")
    found, report = await heal(make_project, run_locally, base, {"shop.py": bug})
    assert found.verdict not in (Verdict.HEALED, Verdict.PROPOSED)
    assert report.patch == report.proposed_patch == ""


MODE = 'import os\n\n\ndef mode():\n    return os.environ.get("SHOP_MODE", "closed").upper()\n'
MODE_TEST = "from shop import mode\n\n\ndef test_mode():\n    assert mode() == 'CLOSED'\n"
STRICT = MODE.replace('environ.get("SHOP_MODE", "closed")', 'environ["SHOP_MODE"]')


async def test_a_variable_that_must_be_set_now_is_set_in_the_test(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    base = {"shop.py": MODE, FILE: MODE_TEST}
    head: Changes = {"shop.py": STRICT, "README.md": "Set this first:\n\n    export SHOP_MODE=closed\n"}
    found, report = await heal(make_project, run_locally, base, head)
    assert (found.verdict, found.strategy) == (Verdict.HEALED, "environment_healing"), found
    assert report.edited({found.test})[FILE] == (
        "from shop import mode\n\n\ndef test_mode(monkeypatch):\n"
        "    monkeypatch.setenv('SHOP_MODE', 'closed')\n    assert mode() == 'CLOSED'\n"
    )


async def test_a_variable_that_no_document_names_is_a_question(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    found, _ = await heal(make_project, run_locally, {"shop.py": MODE, FILE: MODE_TEST}, {"shop.py": STRICT})
    assert (found.verdict, found.strategy) == (Verdict.PROPOSED, "environment_healing"), found


CONFTEST = """
import pytest


@pytest.fixture
def {name}():
    return {{"apple": 2}}
"""


async def test_a_fixture_with_another_name_is_found(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    test = "def test_prices(prices):\n    assert prices['apple'] == 2\n    assert len(prices) == 1\n"
    base = {"shop.py": SHOP, FILE: test, "tests/conftest.py": CONFTEST.format(name="prices")}
    head: Changes = {"tests/conftest.py": CONFTEST.format(name="price_list")}
    found, report = await heal(make_project, run_locally, base, head)
    assert (found.verdict, found.strategy) == (Verdict.HEALED, "environment_healing"), found
    assert report.edited({found.test})[FILE] == test.replace("prices", "price_list").replace(
        "test_price_list", "test_prices"
    )


FETCHES = """
def fetch(url):
    raise OSError("no network")


def price(name):
    return fetch(f"https://shop.example/{name}")
"""
STANDS_IN = """
import shop


def test_price(monkeypatch):
    def answer(url):
        return f"asked {url}"

    monkeypatch.setattr(shop, "fetch", answer)
    assert shop.price("apple") == "asked https://shop.example/apple"
"""


async def test_a_stand_in_takes_what_it_is_given_now(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    head = FETCHES.replace("fetch(url):", "fetch(url, timeout=None):").replace(
        '{name}")', '{name}", timeout=3)'
    )
    found, report = await heal(
        make_project, run_locally, {"shop.py": FETCHES, FILE: STANDS_IN}, {"shop.py": head}
    )
    assert (found.verdict, found.strategy) == (Verdict.HEALED, "environment_healing"), found
    assert report.edited({found.test})[FILE] == STANDS_IN.replace(
        "answer(url):", "answer(url, timeout=None):"
    )


def failure(kind: str, message: str, source: str = "", *mro: str) -> TestFailure:
    frames = (Frame("tests/conftest.py", 1, "database", source),)
    return TestFailure(f"{FILE}::test_x", "setup", kind, message, (kind, *mro), frames)


READS_URL = 'import os\nimport {client}\nURL = os.environ.get("{name}", "{default}")\n'


@pytest.mark.parametrize(
    ("failed", "source", "expected"),
    [
        (
            failure(
                "psycopg.OperationalError",
                'connection failed: connection to server at "127.0.0.1", port 5432',
            ),
            READS_URL.format(client="psycopg", name="TEST_DATABASE_URL", default="postgresql://localhost/x"),
            Needed("postgresql", (Variable("TEST_DATABASE_URL", "url", "postgresql"),)),
        ),
        (
            failure("sqlalchemy.exc.OperationalError", "(psycopg2.OperationalError) connection refused"),
            READS_URL.format(client="sqlalchemy", name="DB_URL", default="postgresql+psycopg2://localhost/x"),
            Needed("postgresql", (Variable("DB_URL", "url", "postgresql+psycopg2"),)),
        ),
        (
            failure("redis.exceptions.ConnectionError", "Error 111 connecting to localhost:6379."),
            READS_URL.format(client="redis", name="CACHE", default="redis://localhost"),
            Needed("redis", (Variable("CACHE", "url", "redis"),)),
        ),
        (
            failure("builtins.KeyError", "'REDIS_URL'", 'os.environ["REDIS_URL"]', "builtins.KeyError"),
            'import os\nimport redis\nclient = redis.Redis.from_url(os.environ["REDIS_URL"])\n',
            Needed("redis", (Variable("REDIS_URL", "url", ""),)),
        ),
        (
            failure("psycopg.OperationalError", "connection refused"),
            'import os\nhost = os.getenv("DB_HOST", "localhost")\nname = os.getenv("DB_NAME", "x")\n',
            Needed("postgresql", (Variable("DB_HOST", "host", ""), Variable("DB_NAME", "database", ""))),
        ),
    ],
)
def test_what_is_missing_is_told_by_the_failure_and_where_it_is_read(
    failed: TestFailure, source: str, expected: Needed
) -> None:
    assert missing_services([failed], {"tests/conftest.py": source}) == (expected,)


def test_a_query_that_fails_misses_nothing() -> None:
    failed = failure("psycopg.errors.UndefinedColumn", 'column "x" of relation "y" is wrong')
    assert missing_services([failed], {"tests/conftest.py": ""}) == ()


@pytest.mark.parametrize(
    ("kind", "old", "new"),
    [
        (
            "postgresql",
            'psycopg.connect("postgresql://me:secret@localhost:5432/test")',
            'psycopg.connect(os.environ.get("DATABASE_URL", "postgresql://me:secret@localhost:5432/test"))',
        ),
        (
            "postgresql",
            'psycopg.connect(host="localhost", dbname="test")',
            'psycopg.connect(os.environ.get("DATABASE_URL", "host=localhost dbname=test"))',
        ),
        (
            "redis",
            'redis.Redis(host="localhost", port=6379, decode_responses=True)',
            'redis.Redis.from_url(os.environ.get("REDIS_URL", "redis://localhost:6379/0"), decode_responses=True)',
        ),
    ],
)
def test_an_address_in_a_conftest_is_read_from_the_variable(kind: str, old: str, new: str) -> None:
    text = f"import psycopg\nimport redis\n\n\ndef client():\n    return {old}\n"
    case = replace(
        Case(failure("x.Y", "refused"), {"tests/conftest.py": text}, "3.11"), services=(Needed(kind),)
    )
    (proposal, *_) = written_address(case)
    changed = rewrite_text(text, proposal.rules[0], WHOLE_FILE)
    assert changed == "import os\n" + text.replace(old, new) or changed == text.replace(old, new).replace(
        "import redis\n", "import redis\nimport os\n"
    )


async def test_where_a_service_cannot_be_had_that_is_said(
    make_project: MakeProject, run_locally: RunLocally
) -> None:
    test = """
        import pymysql


        def test_query():
            pymysql.connect("localhost")
        """
    client = 'class OperationalError(Exception): pass\n\n\ndef connect(host):\n    raise OperationalError("can\'t connect")\n'
    project = make_project({**INI, "pymysql.py": client, FILE: test}, {}, has_base=False)

    class Without(LocalRunner):
        async def run(self, request: RunRequest) -> RunResult:
            if request.services:
                return RunResult(unavailable="MySQL is not installed")
            return await super().run(request)

    runner = run_locally(project)
    runner.__class__ = Without
    (found,) = (await Engine(runner, check_change).heal(project)).tests
    assert found.verdict is Verdict.UNHEALED
    assert found.reason == "it needs MySQL, which can't be had: MySQL is not installed"
