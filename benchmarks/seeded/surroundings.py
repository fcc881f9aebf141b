"""Small projects whose tests need something around them that moved, was renamed, or is asked for now."""

import random
from collections.abc import Callable, Iterator, Mapping

from benchmarks.seeded.case import Case, Files, Truth, text

_STRATEGY = "environment_healing"
_NOUNS = ("price", "recipe", "route", "station", "member", "reading", "holiday", "colour")
_TEST = "tests/test_$noun.py"

Values = Mapping[str, object]
Made = tuple[Truth, Files, Files, tuple[Files, ...]]

_LOADS = """
    '''Reads $nouns.'''

    import json


    def load(path):
        '''All $nouns of a file.'''
        with open(path) as stream:
            return json.load(stream)
"""
_DATA = '{"first": $number, "second": 2}'
_READERS: Mapping[str, str] = {
    "a constant folder": """
        from pathlib import Path

        from $nouns import load

        DATA = Path(__file__).parent / "data"


        def test_$nouns_are_read():
            assert load(DATA / "$nouns.json")["first"] == $number
    """,
    "a path in the test": """
        from $nouns import load


        def test_$nouns_are_read():
            found = load("tests/data/$nouns.json")
            assert found["first"] == $number
            assert len(found) == 2
    """,
    "os.path": """
        import os

        from $nouns import load

        HERE = os.path.dirname(__file__)


        def test_$nouns_are_read():
            assert load(os.path.join(HERE, "data", "$nouns.json")) == {"first": $number, "second": 2}
    """,
    "a fixture": """
        import json
        import pathlib

        import pytest

        from $nouns import load


        @pytest.fixture
        def $noun_file():
            path = pathlib.Path(__file__).parent.joinpath("data/$nouns.json")
            assert json.loads(path.read_text())
            return path


        def test_$nouns_are_read($noun_file):
            assert load($noun_file)["first"] == $number
    """,
}
_MOVES = {
    "moved": "tests/data/current/$nouns.json",
    "renamed": "tests/data/$nouns_v2.json",
    "folder renamed": "tests/fixtures/$nouns.json",
}


def _moved(reader: str, target: str) -> Callable[[Values], Made]:
    def make(values: Values) -> Made:
        data, old = text(_DATA, **values), text("tests/data/$nouns.json", **values)
        product = text(_LOADS, **values)
        files = {
            text("$nouns.py", **values): product,
            text(_TEST, **values): text(reader, **values),
            old: data,
        }
        bug = {text("$nouns.py", **values): product.replace("return json.load(stream)", "return {}")}
        return Truth.STALE, files, {old: None, text(target, **values): data}, (bug,)

    return make


def _opens_another(values: Values) -> Made:
    """The product is what looks in the wrong place."""
    _, files, _, _ = _moved(_READERS["a constant folder"], _MOVES["moved"])(values)
    product = text(_LOADS, **values).replace("open(path)", "open(f'{path}.json')")
    return Truth.BUG, files, {text("$nouns.py", **values): product}, ()


_ASKS = """
    '''Where $nouns come from.'''

    import os


    def source():
        '''The name of the source of $nouns.'''
        return os.environ.get("$NOUN_SOURCE", "$word").upper()
"""
_ASKS_TEST = """
    from $nouns import source


    def test_source_of_$nouns():
        assert source() == "$WORD"
"""


def _variable(notes: Mapping[str, str], truth: Truth) -> Callable[[Values], Made]:
    """A variable that must be set now; `notes` say to what, where any does."""

    def make(values: Values) -> Made:
        product = text(_ASKS, **values)
        strict = product.replace(
            text('.get("$NOUN_SOURCE", "$word")', **values), text('["$NOUN_SOURCE"]', **values)
        )
        assert strict != product
        path = text("$nouns.py", **values)
        files = {path: product, text(_TEST, **values): text(_ASKS_TEST, **values)}
        changed: Files = {path: strict, **{name: text(note, **values) for name, note in notes.items()}}
        bugs = ({path: strict.replace(".upper()", "")},) if truth is Truth.STALE else ()
        return truth, files, changed, bugs

    return make


def _wrong_variable(values: Values) -> Made:
    """The product asks for a variable that nobody knows."""
    product = text(_ASKS, **values)
    known = text('.get("$NOUN_SOURCE", "$word")', **values)
    path = text("$nouns.py", **values)
    files = {path: product, text(_TEST, **values): text(_ASKS_TEST, **values)}
    return Truth.BUG, files, {path: product.replace(known, text('["$NOUN_SUORCE"]', **values))}, ()


_CONFTEST = """
    import pytest


    @pytest.fixture
    def $fixture():
        return {"first": $number, "second": 2}
"""
_COUNTS = """
    '''Counts $nouns.'''


    def total($nouns):
        return sum($nouns.values())
"""
_TAKES = """
    import pytest

    from $nouns import total


    def test_total_of_$nouns($noun_table):
        assert total($noun_table) == $total


    def test_no_$noun_is_lost($noun_table):
        assert len($noun_table) == 2
"""
_USES = """
    import os

    import pytest

    from $nouns import total


    @pytest.mark.usefixtures("$noun_table")
    class TestTotals:
        def test_total(self):
            assert os.environ["$NOUN_TABLE"] == "ready"
            assert total({"a": $number}) == $number
"""
_SETS = """
    import pytest


    @pytest.fixture
    def $fixture(monkeypatch):
        monkeypatch.setenv("$NOUN_TABLE", "ready")
"""


def _fixture(conftest: str, test: str, truth: Truth, other: int = 0) -> Callable[[Values], Made]:
    """A fixture by another name; with `other` it gives something else, too."""

    def make(values: Values) -> Made:
        path, noun = text("$nouns.py", **values), values["noun"]
        before = text(conftest, **{**values, "fixture": f"{noun}_table"})
        number = int(str(values["number"])) + other
        after = text(conftest, **{**values, "fixture": f"all_{noun}s", "number": number})
        files = {
            path: text(_COUNTS, **values),
            "tests/conftest.py": before,
            text(_TEST, **values): text(test, **values),
        }
        bug = {path: text(_COUNTS, **values).replace("sum(", "-sum(")}
        return truth, files, {"tests/conftest.py": after}, (bug,) if truth is Truth.STALE else ()

    return make


_FETCHES = """
    '''Fetches $nouns.'''


    def fetch(url, timeout=None):
        raise OSError("there is no network")


    def first(name):
        '''What the service says of a $noun.'''
        return fetch(f"https://$nouns.example/{name}")
"""
_STAND_INS = {
    "function": """
        import $nouns


        def test_first_$noun(monkeypatch):
            asked = []

            def answer(url):
                asked.append(url)
                return $number

            monkeypatch.setattr($nouns, "fetch", answer)
            assert $nouns.first("a") == $number
            assert asked == ["https://$nouns.example/a"]
    """,
    "lambda": """
        import $nouns


        def test_first_$noun(monkeypatch):
            monkeypatch.setattr($nouns, "fetch", lambda url: url.rpartition("/")[2])
            assert $nouns.first("a") == "a"
    """,
    "mock.patch": """
        from unittest import mock

        import $nouns


        def answer(url):
            return len(url)


        def test_first_$noun():
            with mock.patch.object($nouns, "fetch", answer):
                assert $nouns.first("a") == len("https://$nouns.example/a")
    """,
}


def _stand_in(test: str, keyword: str, truth: Truth) -> Callable[[Values], Made]:
    def make(values: Values) -> Made:
        path, product = text("$nouns.py", **values), text(_FETCHES, **values)
        gives = product.replace('{name}")', '{name}", ' + keyword + "=3)")
        files = {path: product, text(_TEST, **values): text(test, **values)}
        bugs = ({path: gives.replace("/{name}", "/x{name}")},) if truth is Truth.STALE else ()
        return truth, files, {path: gives}, bugs

    return make


_STORE = """
    '''Keeps $nouns.'''


    def put(connection, name, count):
        connection.execute("CREATE TABLE $nouns (name text PRIMARY KEY, count int)")
        connection.execute("INSERT INTO $nouns VALUES (%s, %s)", (name, count))


    def count(connection, name):
        return connection.execute("SELECT count FROM $nouns WHERE name = %s", (name,)).fetchone()[0]
"""
_STORE_TEST = """
    from $nouns import count, put


    def test_$noun_is_kept(connection):
        put(connection, "a", $number)
        assert count(connection, "a") == $number
"""
_CONNECTS = """
    import os

    import psycopg
    import pytest


    @pytest.fixture
    def connection():
        with psycopg.connect($address) as connection:
            yield connection
"""
_CACHE = """
    '''Remembers $nouns.'''


    def remember(client, name, value):
        client.set(name, value)


    def recall(client, name):
        return int(client.get(name))
"""
_CACHE_TEST = """
    import os

    import redis

    from $nouns import recall, remember


    def test_$noun_is_remembered():
        client = redis.Redis.from_url(os.environ.get("$NOUN_CACHE", "redis://localhost:6379"))
        remember(client, "a", $number)
        assert recall(client, "a") == $number
"""


def _database(address: str, truth: Truth) -> Callable[[Values], Made]:
    def make(values: Values) -> Made:
        path, product = text("$nouns.py", **values), text(_STORE, **values)
        conftest = text(_CONNECTS, **{**values, "address": text(address, **values)})
        files = {
            path: product,
            "tests/conftest.py": conftest,
            text(_TEST, **values): text(_STORE_TEST, **values),
        }
        changed: Files = {"NOTES.md": "Nothing of note.\n"}
        if truth is Truth.BUG:
            changed = {path: product.replace("(name, count))", "(name, count + 1))")}
        return truth, files, changed, ()

    return make


def _cache(values: Values) -> Made:
    files = {
        text("$nouns.py", **values): text(_CACHE, **values),
        text(_TEST, **values): text(_CACHE_TEST, **values),
    }
    return Truth.QUESTION, files, {"NOTES.md": "Nothing of note.\n"}, ()


_READS_URL = 'os.environ.get("$NOUN_DATABASE_URL", "postgresql://localhost:5432/$nouns")'
_SERVICES: Mapping[str, Callable[[Values], Made]] = {
    "database: told by a variable": _database(_READS_URL, Truth.QUESTION),
    "database: its address in the conftest": _database('host="localhost", dbname="$nouns"', Truth.QUESTION),
    "database: a bug behind it": _database(_READS_URL, Truth.BUG),
    "cache: told by a variable": _cache,
}
_KINDS: Mapping[str, Callable[[Values], Made]] = {
    **{
        f"data {move}: {name}": _moved(reader, target)
        for name, reader in _READERS.items()
        for move, target in _MOVES.items()
        if (name, move) not in (("os.path", "moved"), ("a fixture", "renamed"))
    },
    "bug: looks in the wrong place": _opens_another,
    "variable: in the readme": _variable(
        {"README.md": "# Tests\n\nThey need this:\n\n    export $NOUN_SOURCE=$word\n"}, Truth.STALE
    ),
    "variable: in an example": _variable({".env.example": "DEBUG=1\n$NOUN_SOURCE=$word\n"}, Truth.STALE),
    "variable: in tox.ini": _variable(
        {"tox.ini": "[testenv]\nsetenv =\n    $NOUN_SOURCE=$word\n"}, Truth.STALE
    ),
    "variable: nobody names it": _variable({}, Truth.QUESTION),
    "bug: asks for a wrong variable": _wrong_variable,
    "fixture renamed: a parameter": _fixture(_CONFTEST, _TAKES, Truth.STALE),
    "fixture renamed: usefixtures": _fixture(_SETS, _USES, Truth.STALE),
    "fixture replaced by another": _fixture(_CONFTEST, _TAKES, Truth.QUESTION, other=1),
    **{f"stand-in: {name}": _stand_in(test, "timeout", Truth.STALE) for name, test in _STAND_INS.items()},
    "bug: calls with a wrong keyword": _stand_in(_STAND_INS["function"], "timout", Truth.BUG),
    **_SERVICES,
}


def surroundings_cases(chance: random.Random, each: int) -> Iterator[Case]:
    """`each` of every kind; of those that need a server, one."""
    for kind, make in _KINDS.items():
        for number in range(1, (1 if kind in _SERVICES else each) + 1):
            noun, word = chance.choice(_NOUNS), chance.choice(("archive", "live", "local", "mirror"))
            first = chance.randint(3, 99)
            values = {
                "nouns": f"{noun}s", "noun": noun, "NOUN": noun.upper(), "word": word, "WORD": word.upper(),
                "number": first, "total": first + 2,
            }  # fmt: skip
            truth, files, changed, bugs = make(values)
            files = {**files, "pytest.ini": "[pytest]\n"}
            yield Case(_STRATEGY, kind, number, truth, files, changed, bugs, needs_services=kind in _SERVICES)
