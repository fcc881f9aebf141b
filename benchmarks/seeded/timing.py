"""Small projects that work in the background, and tests that look too early, or rightly complain."""

import random
from collections.abc import Callable, Iterator, Mapping

from benchmarks.seeded.case import Case, Files, Truth, text

_NOUNS = ("order", "report", "invoice", "thumbnail", "parcel", "backup", "letter", "ticket")
_VERBS = ("process", "render", "deliver", "index", "archive", "convert", "export", "print")
_TEST = "tests/test_jobs.py"

_PRODUCT = """
    '''$Noun jobs that run in the background.'''

    import queue
    import threading
    import time

    PAUSE_SECONDS = $pause


    class $Noun:
        '''One $noun; `$verb` returns at once.'''

        def __init__(self, name, folder=None):
            self.name = name
            self.folder = folder
            self.log = []
            self.errors = []
            self.ready = threading.Event()
            self.outbox = queue.Queue()
            self._thread = None

        def state(self):
            return "done" if self.ready.is_set() else "pending"

        def $verb(self):
            self._thread = threading.Thread(target=self._work, daemon=True)
            self._thread.start()
            return self._thread

        def _work(self):
            time.sleep(PAUSE_SECONDS)
            self.log.append(self.name.upper())
            if self.folder is not None:
                (self.folder / "out.txt").write_text(self.name)
            self.outbox.put(self.name)
            self.ready.set()
"""
_HEAD = "\n    import time\n\n    from jobs import $Noun\n\n\n"

Values = Mapping[str, object]
_SLEPT = (
    _HEAD
    + """
    def test_$noun_is_done():
        job = $Noun("a")
        job.$verb()
        time.sleep($short)
        assert job.log == ["A"]
        assert job.state() == "done"
"""
)
_BOUND = """
    from jobs import $Noun

    PATIENCE = $short


    def test_$noun_is_done():
        job = $Noun("a")
        job.$verb()
        assert job.ready.wait(PATIENCE)
        assert job.log == ["A"]
"""
_TESTS: Mapping[str, str] = {
    "sleep": _SLEPT,
    "sleep in a class": """
        import time
        import unittest

        from jobs import $Noun


        class Test$Noun(unittest.TestCase):
            def test_done(self):
                job = $Noun("a")
                job.$verb()
                time.sleep($short)
                self.assertEqual(job.state(), "done")
                self.assertIn("A", job.log)
    """,
    "sleep before a local": """
        from time import sleep

        from jobs import $Noun


        def test_$noun_is_done():
            job = $Noun("a")
            job.$verb()
            sleep($short)
            state = job.state()
            lines = len(job.log)
            assert state == "done"
            assert lines == 1
    """,
    "asynchronous sleep": """
        import asyncio

        from jobs import $Noun


        def test_$noun_is_done():
            async def scenario():
                job = $Noun("a")
                job.$verb()
                await asyncio.sleep($short)
                assert job.state() == "done"

            asyncio.run(scenario())
    """,
    "file": """
        import time

        from jobs import $Noun


        def test_$noun_is_written(tmp_path):
            $Noun("a", tmp_path).$verb()
            time.sleep($short)
            assert (tmp_path / "out.txt").read_text() == "a"
    """,
    "bound": _BOUND,
    "join": """
        from jobs import $Noun


        def test_$noun_comes_to_its_end():
            job = $Noun("a")
            thread = job.$verb()
            thread.join(timeout=$short)
            assert not thread.is_alive()
            assert job.log == ["A"]
    """,
    "queue": """
        from jobs import $Noun


        def test_$noun_comes_out():
            job = $Noun("a")
            job.$verb()
            assert job.outbox.get(timeout=$short) == "a"
    """,
    "future": """
        from concurrent.futures import ThreadPoolExecutor

        from jobs import $Noun


        def test_$noun_in_a_pool():
            job = $Noun("a")
            with ThreadPoolExecutor(1) as pool:
                pool.submit(job._work).result(timeout=$short)
            assert job.state() == "done"
    """,
}
_NO_WAIT = """
    from jobs import $Noun, start


    def test_$noun_is_done():
        job = start("a")
        assert job.state() == "done"
        assert job.log == ["A"]
"""
_START = """


    def start(name):
        '''A $noun that is at work.'''
        job = $Noun(name)
        job.$verb()
        return job
"""


def timing_cases(chance: random.Random, each: int) -> Iterator[Case]:
    """`each` of every kind."""
    for kind, make in _KINDS.items():
        for number in range(1, each + 1):
            noun, verb = chance.choice(_NOUNS), chance.choice(_VERBS)
            long = round(chance.uniform(0.25, 0.45), 2)
            values = {
                "noun": noun,
                "Noun": noun.title(),
                "verb": verb,
                "long": long,
                "short": round(long * chance.uniform(0.3, 0.6), 2),
                "quick": round(chance.uniform(0.01, 0.04), 2),
            }
            truth, files, changed, bugs = make(values)
            yield Case(
                "timing_adjustment", kind, number, truth, {**files, "pytest.ini": "[pytest]\n"}, changed, bugs
            )


Made = tuple[Truth, Files, Files, tuple[Files, ...]]


def _product(values: Values, pause: object) -> str:
    return text(_PRODUCT.rstrip() + _START, **{**values, "pause": pause})


def _bugs(product: str) -> tuple[Files, ...]:
    """A product that comes to no end, and brings nothing forth."""
    lost = {
        "self.ready.set()": "self.ready.clear()",
        "self.log.append(self.name.upper())": "self.name.upper()",
        "self.outbox.put(self.name)": "self.outbox.empty()",
        "write_text(self.name)": "exists()",
    }
    for works, does_nothing in lost.items():
        product = product.replace(works, does_nothing)
    return ({"jobs.py": product},)


def _too_tight(test: str) -> Callable[[Values], Made]:
    """As slow at base as at head."""

    def make(values: Values) -> Made:
        product = _product(values, values["long"])
        files = {"jobs.py": product, _TEST: text(test, **values)}
        return Truth.STALE, files, {"NOTES.md": "Nothing of note.\n"}, _bugs(product)

    return make


def _slower(test: str, truth: Truth, news: str = "", hidden: bool = False) -> Callable[[Values], Made]:
    """Quick at base; slow at head by a number in its diff, or (`hidden`) by its work."""

    def make(values: Values) -> Made:
        long = float(str(values["long"])) * 2
        before = _product(values, values["quick"])
        after = _product(values, long)
        if hidden:
            turns = round(long / float(str(values["quick"])))
            after = before.replace(
                "time.sleep(PAUSE_SECONDS)", f"[time.sleep(PAUSE_SECONDS) for _ in range({turns})]"
            )
        files = {"jobs.py": before, _TEST: text(test, **values)}
        changed: Files = {
            "jobs.py": after,
            **({"CHANGES.md": text(news, **values, seconds=long)} if news else {}),
        }
        return truth, files, changed, _bugs(after) if truth is not Truth.BUG else ()

    return make


def _broken(test: str, old: str, new: str) -> Callable[[Values], Made]:
    """Quick enough, and wrong at head."""

    def make(values: Values) -> Made:
        product = _product(values, values["quick"])
        assert text(old, **values) in product
        files = {"jobs.py": product, _TEST: text(test, **{**values, "short": values["long"]})}
        return Truth.BUG, files, {"jobs.py": product.replace(text(old, **values), text(new, **values))}, ()

    return make


_NEWS = "# Changes\n\nEach $noun now waits $seconds seconds before it is done, so that others can join it.\n"
_NO_ERRORS = (
    _HEAD
    + """
    def test_$noun_makes_no_error():
        job = $Noun("a")
        job.$verb()
        time.sleep($short)
        assert job.errors == []
        assert job.state() == "done"
"""
)
_TOOK = (
    _HEAD
    + """
    def test_$noun_takes_no_time():
        job = $Noun("a")
        began = time.perf_counter()
        job._work()
        elapsed = time.perf_counter() - began
        assert elapsed < $short
"""
)
_KINDS: Mapping[str, Callable[[Values], Made]] = {
    **{
        f"too tight: {name}": _too_tight(test) for name, test in _TESTS.items()
    },
    "too tight: no wait": _too_tight(_NO_WAIT),
    "slower on purpose: sleep": _slower(_SLEPT, Truth.STALE, _NEWS),
    "slower on purpose: bound": _slower(_BOUND, Truth.STALE, _NEWS),
    "slower by its diff: sleep": _slower(_SLEPT, Truth.QUESTION),
    "slower for no reason: sleep": _slower(_SLEPT, Truth.QUESTION, hidden=True),
    "slower for no reason: bound": _slower(_BOUND, Truth.BUG, hidden=True),
    "slower: a check of time": _slower(_TOOK, Truth.BUG),
    "bug: never done": _broken(_SLEPT, "self.ready.set()", "self.ready.clear()"),
    "bug: wrong result": _broken(_SLEPT, "self.name.upper()", "self.name.lower()"),
    "bug: an error comes later": _broken(
        _NO_ERRORS, "        self.ready.set()", "        self.errors.append('late')\n        self.ready.set()"
    ),
    "bug: done twice": _broken(
        _SLEPT, "        self.ready.set()",
        "        self.ready.set()\n        time.sleep(0.05)\n        self.log.append(self.name.upper())",
    ),
    "bug: lost when waited for": _broken(_BOUND, "self.ready.set()", "self.ready.is_set()"),
}  # fmt: skip
