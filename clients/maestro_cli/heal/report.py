"""What came out, for people, programs and CI."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from xml.etree import ElementTree

from rich.syntax import Syntax
from rich.table import Table
from rich.text import Text

from maestro.healing.v1 import healing_pb2
from maestro_cli.heal.progress import STYLES, verdict_of
from maestro_cli.output import out, printable

# What XML can't hold, though a test may print it.
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def by_cause(tests: Iterable[healing_pb2.TestHealing]) -> list[list[healing_pb2.TestHealing]]:
    """Tests of one cause, or of one reason that there is no edit, together: one look is enough for each."""
    found: dict[tuple[int, str, str], list[healing_pb2.TestHealing]] = {}
    for test in tests:
        same = test.cause or test.diff or test.reason
        found.setdefault((test.verdict, test.strategy, same), []).append(test)
    return list(found.values())


def all_healed(report: healing_pb2.Report) -> bool:
    """Whether nothing is left to heal."""
    return all(test.verdict == healing_pb2.VERDICT_HEALED for test in report.tests)


def as_json(report: healing_pb2.Report) -> dict[str, object]:
    """The one object of `--json`; why a test was not healed comes first in its evidence."""
    return {
        "tests": [
            {
                "test": test.test,
                "verdict": verdict_of(test),
                "strategy": test.strategy or None,
                "confidence": round(test.confidence, 4),
                "review": test.verdict != healing_pb2.VERDICT_HEALED or _to_be_reviewed(test),
                "evidence": [*filter(None, [test.reason]), *test.evidence],
                "seconds": _seconds(test),
            }
            for test in report.tests
        ],
        "patch": report.patch,
    }


def write_junit(report: healing_pb2.Report, file: Path) -> None:
    """JUnit XML: what is healed passes, what is not fails. Raises OSError."""
    left = [test for test in report.tests if test.verdict != healing_pb2.VERDICT_HEALED]
    suite = ElementTree.Element(
        "testsuite",
        name="maestro heal",
        tests=str(len(report.tests)),
        failures=str(len(left)),
        errors="0",
        skipped="0",
        time=f"{report.duration.ToTimedelta().total_seconds():.3f}",
    )
    for test in report.tests:
        path, _, name = _xml(test.test).partition("::")
        case = ElementTree.SubElement(
            suite, "testcase", classname=path, name=name or path, time=f"{_seconds(test):.3f}"
        )
        verdict = verdict_of(test)
        said = [f"{verdict} {test.strategy}".strip(), *test.evidence]
        if test in left:
            message = _xml(test.reason or said[0])
            ElementTree.SubElement(case, "failure", type=verdict, message=message).text = _xml(test.failure)
        ElementTree.SubElement(case, "system-out").text = _xml("\n".join(said))
    root = ElementTree.Element("testsuites")
    root.append(suite)
    ElementTree.ElementTree(root).write(file, encoding="utf-8", xml_declaration=True)


def _xml(text: str) -> str:
    return _NOT_XML.sub("\ufffd", text)


def commit_message(report: healing_pb2.Report) -> str:
    """Says what was healed, and on which evidence."""
    healed = [test for test in report.tests if _in_patch(test)]
    count = f"{len(healed)} test" + ("s" if len(healed) != 1 else "")
    lines = [f"Heal {count} that the product moved away from", ""]
    for test in healed:
        review = ", to be reviewed" if _to_be_reviewed(test) else ""
        lines.append(f"{test.test} ({test.strategy}, confidence {test.confidence:.2f}{review})")
        lines += [f"- {sentence}" for sentence in test.evidence]
    return "\n".join(lines) + "\n"


def _in_patch(test: healing_pb2.TestHealing) -> bool:
    """Whether its edit belongs to the patch: what a person said counts, else the verdict."""
    if test.review == healing_pb2.REVIEW_APPROVED:
        return True
    return test.verdict == healing_pb2.VERDICT_HEALED and test.review != healing_pb2.REVIEW_REJECTED


def show(report: healing_pb2.Report) -> None:
    """Diffs, reasons and the table."""
    console = out()
    for title, patch in (("Healed", report.patch), ("Proposed", report.proposed_patch)):
        if patch:
            console.print(f"\n[bold]{title}[/bold]")
            show_diff(patch)
    for test in report.tests:
        if test.verdict != healing_pb2.VERDICT_HEALED:
            _show_reason(test)
    if report.tests:
        console.print()
        console.print(_table(report))
    console.print(f"\n{summary(report)}", markup=False)


def show_diff(patch: str) -> None:
    """A diff, in colour on a terminal."""
    patch = printable(patch)
    if out().is_terminal:
        out().print(Syntax(patch, "diff", theme="ansi_dark", background_color="default", word_wrap=True))
    else:
        out().print(patch, markup=False, soft_wrap=True)


def _show_reason(test: healing_pb2.TestHealing) -> None:
    verdict = verdict_of(test)
    console = out()
    head = Text(f"\n{verdict}", style=f"bold {STYLES[verdict]}")
    head.append(f"  {printable(test.test)}", style="default")
    console.print(head, soft_wrap=True)
    why = test.reason or test.failure or "A person must approve."
    console.print(f"  {printable(why)}", markup=False)
    for sentence in test.evidence:
        console.print(f"  - {printable(sentence)}", markup=False)


def _table(report: healing_pb2.Report) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    table.add_column("test", overflow="fold", ratio=1)
    for name in ("verdict", "strategy"):
        table.add_column(name, no_wrap=name == "verdict", overflow="fold")
    for name in ("conf.", "sec."):
        table.add_column(name, justify="right", no_wrap=True)
    for test in report.tests:
        verdict = verdict_of(test)
        mark = "*" if verdict == "HEALED" and _to_be_reviewed(test) else ""
        table.add_row(
            Text(printable(test.test)),
            Text(verdict + mark, style=STYLES[verdict]),
            test.strategy or "-",
            f"{test.confidence:.2f}" if test.strategy else "-",
            f"{_seconds(test):.1f}",
        )
    return table


def summary(report: healing_pb2.Report) -> str:
    """All of it in a line."""
    spent = f"{report.duration.ToTimedelta().total_seconds():.1f} s"
    if not report.tests:
        return f"All {report.total} tests pass: nothing to heal ({spent})."
    counts: dict[str, int] = {}
    for test in report.tests:
        counts[verdict_of(test)] = counts.get(verdict_of(test), 0) + 1
    said = ", ".join(f"{count} {verdict}" for verdict, count in counts.items())
    review = any(_to_be_reviewed(test) for test in report.tests if verdict_of(test) == "HEALED")
    stars = " * a person should look at it." if review else ""
    # a file that could not be imported counts as one until it is healed
    of_all = f" of {report.total}" if report.total >= len(report.tests) else ""
    return f"{len(report.tests)}{of_all} tests failed: {said} ({spent}).{stars}"


def _to_be_reviewed(test: healing_pb2.TestHealing) -> bool:
    return test.review == healing_pb2.REVIEW_WANTED


def _seconds(test: healing_pb2.TestHealing) -> float:
    return round(test.duration.ToTimedelta().total_seconds(), 3)
