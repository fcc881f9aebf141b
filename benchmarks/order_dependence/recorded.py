"""The recorded rows, in the source distributions of their projects."""

import csv
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from benchmarks.order_dependence.suites import Row, Suite
from benchmarks.release_skew.repository import environment, unpacked
from benchmarks.release_skew.rows import Pair

# Repository → package, its release that is next to the recorded commit and has its tests in the source
# distribution, import name, what is installed for it (as it was then, where newer ones break it), and what
# pytest must be told.
_PROJECTS = {
    "thegetty/crom": (
        "cromulent", "1.0.1", "cromulent", ("pytest==8.4.2", "lxml", "rdflib", "PyLD", "requests"),
        ("--ignore=tests/test_currency.py",),  # it can't be collected: it calls what is gone
    ),
    "didix21/mdutils": ("mdutils", "1.6.0", "mdutils", ("pytest==8.4.2",), ()),
    "marshmallow-code/flask-smorest": (
        "flask-smorest", "0.24.1", "flask_smorest",
        (
            "pytest==7.4.4", "flask==1.1.4", "werkzeug==1.0.1", "jinja2<3", "markupsafe<2.1",
            "itsdangerous<2.1", "marshmallow==3.13.0", "webargs==6.1.1", "apispec==3.3.2",
        ),
        ("-o", "filterwarnings=default"),
    ),
}  # fmt: skip


def recorded(data: Path, cache: Path) -> Iterator[Suite]:
    """A suite for each project of `order_dependent.tsv` in the folder, fetched from the package index."""
    with (data / "order_dependent.tsv").open(newline="") as stream:
        found = list(csv.DictReader(stream, delimiter="\t"))
    tests: dict[str, list[str]] = defaultdict(list)
    for row in found:
        tests[row["repository"]].append(row["test"])
    for repository, (package, release, module, installed, arguments) in _PROJECTS.items():
        rows = (Row(package, number, test) for number, test in enumerate(tests[repository], 1))
        pair = Pair(package, release, release, (module,), installed, ())
        root, python = unpacked(package, release, cache), environment(pair, cache)
        yield Suite(root, python, tuple(rows), pytest_args=arguments)
