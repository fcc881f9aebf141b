"""The Markdown of a report, as a renderer of CommonMark and tables reads it."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from markdown_it import MarkdownIt

from maestro.healing.v1 import healing_pb2 as pb
from maestro_cli.heal.markdown import as_markdown

HOSTILE = [
    "tests/test_a.py::test_a[a|b]",
    "tests/test_a.py::test_a[`x` **y** _z_]",
    "tests/test_a.py::test_a[</code></details><script>alert(1)</script>]",
    "tests/test_a.py::test_a[line\n\n# heading\n| a | b |]",
    "tests/test_a.py::test_a[![img](http://evil)]",
    "tests/test_a.py::test_a[@octocat #12 \x1b[31m\x00]",
    "tests/test_a.py::test_a[```\n```]",
    "tests/test_a.py::test_a[" + "x" * 5000 + "]",
]

HEAD = "diff --git a/t.py b/t.py\n--- a/t.py\n+++ b/t.py\n"


class Html(HTMLParser):
    """What a browser would see: tags, table cells and whether every tag is closed in its turn."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.text = ""
        self.feed(html)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data


def rendered(report: pb.Report) -> Html:
    """The report as GitHub would show it."""
    return Html(MarkdownIt("commonmark", {"html": True}).enable("table").render(as_markdown(report)))


def quiet(text: str) -> str:
    """A text as one line of a diff can hold it."""
    return text.replace("\n", " ")


def one(test: str, verdict: pb.Verdict.ValueType = pb.VERDICT_HEALED, **fields: object) -> pb.TestHealing:
    given = {
        "strategy": "assertion_update",
        "confidence": 0.9,
        "diff": HEAD + f"@@ -1 +1 @@\n-{quiet(test)}\n+new\n",
        **fields,
    }
    return pb.TestHealing(test=test, verdict=verdict, **given)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_name_stays_a_name(name: str) -> None:
    tests = [
        one(name, failure=name, reason=name, evidence=[name, f"`{name}` is gone."]),
        one("tests/test_b.py::test_b", pb.VERDICT_REFUSED, strategy="", diff="", reason="It broke."),
    ]
    page = rendered(pb.Report(tests=tests, total=2))
    assert page.open == []
    assert page.tags.count("td") == 8
    assert page.tags.count("details") == 2
    assert not {"script", "img", "a", "h1"} & set(page.tags)
    assert page.tags.count("h3") == 2
    assert "\x1b" not in page.text
    assert "test_a" in page.text


def test_refusals_come_first_and_tests_of_one_edit_together() -> None:
    same = {"diff": HEAD + "@@ -1 +1 @@\n-1\n+2\n", "evidence": ["`f` became `g`."]}
    tests = [
        one("t.py::a", **same),
        one("t.py::b", **same),
        one("t.py::c", pb.VERDICT_REFUSED, strategy="", diff="", reason="The docstring says so."),
    ]
    text = as_markdown(pb.Report(tests=tests, total=9, base_revision="a" * 40, head_revision="b" * 40))
    assert text.index("REFUSED\n\n") < text.index("HEALED\n\n")
    assert text.count("```diff") == 1
    assert "1. <code>f</code> became <code>g</code>." in text
    assert "3 of 9 tests failed" in rendered(pb.Report(tests=tests, total=9)).text


def test_it_is_never_longer_than_a_comment() -> None:
    names = [f"t.py::test_{number}[{'|' * 1000}]" for number in range(500)]
    tests = [one(name, diff=HEAD + "@@ -0,0 +1,5000 @@\n" + "+x\n" * 5000) for name in names]
    report = pb.Report(tests=tests, total=500)
    assert len(as_markdown(report)) < 65_000
    page = rendered(report)
    assert page.open == []
    assert "and 49" in page.text
    assert "too long for a comment" in page.text


def test_nothing_to_heal_is_said() -> None:
    assert "All 3 tests pass: nothing to heal" in rendered(pb.Report(total=3)).text
