"""Planted bugs: the record is replayed where it was made, a sample is spread, what is worst is shown."""

from pathlib import Path

import pytest

from benchmarks.kept import append, read
from benchmarks.regressions.__main__ import _sample
from benchmarks.regressions.plant import Planted, append_planted, read_planted
from benchmarks.regressions.results import Case, show

PRODUCT = b"def price(count):\n    if count > 9:\n        return 'f\xc3\xbcr alle', 8\n    return 9\n"


def planted(line: int, column: int, was: str, text: str) -> Planted:
    return Planted("shop", "1", "2", "shop.py", line, column, "boundary", was, text, False, ("t.py::test",))


def case(verdict: str, grounds: tuple[str, ...] = ()) -> Case:
    return Case(f"shop 2 {verdict}", "shop", "boundary", False, "t.py::test", verdict, grounds=grounds)


@pytest.mark.parametrize(
    ("bug", "expected"),
    [
        (planted(2, 13, ">", ">="), PRODUCT.replace(b"> 9", b">= 9")),
        (planted(3, 28, "8", "9"), PRODUCT.replace(b", 8", b", 9")),
        (planted(3, 16, "", "not "), PRODUCT.replace(b"'f", b"'not f")),
        (planted(3, 8, "return 'für alle', 8\n    return 9", "pass"), PRODUCT[:44] + b"pass\n\n"),
    ],
)
def test_a_bug_is_planted_where_it_was_recorded(bug: Planted, expected: bytes) -> None:
    assert bug.source(PRODUCT) == expected


def test_a_record_of_another_text_is_told() -> None:
    with pytest.raises(ValueError, match="`<` does not stand there; plant anew"):
        planted(2, 13, "<", "<=").source(PRODUCT)


def test_the_record_is_read_as_it_was_written(tmp_path: Path) -> None:
    file = tmp_path / "planted.jsonl"
    assert read_planted(file) == []
    append_planted(file, [planted(2, 13, ">", ">=")])
    append_planted(file, [planted(3, 16, "ü", "u")])
    assert read_planted(file) == [planted(2, 13, ">", ">="), planted(3, 16, "ü", "u")]


def test_a_sample_is_spread_over_the_record() -> None:
    record = [planted(line, 0, "", "") for line in range(10)]
    assert [one.line for one in _sample(record, 3)] == [0, 3, 6]
    assert _sample(record, 20) == record


def test_a_line_that_was_cut_off_is_no_case(tmp_path: Path) -> None:
    file = tmp_path / "results.jsonl"
    append(file, case("REFUSED"))
    with file.open("a") as stream:
        stream.write('{"key": "sho')
    assert read(file, Case) == [case("REFUSED")]


def test_a_heal_and_a_proposal_without_a_warning_are_named() -> None:
    shown = list(
        show([case("HEALED"), case("PROPOSED", ("observed_only",)), case("PROPOSED"), case("UNHEALED")])
    )
    assert "false heals: 1 of 4" in shown
    assert "proposed without saying that evidence is lacking: 1 of 4" in shown
    assert [line.split()[:2] for line in shown if "by" in line.split()] == [
        ["HEALED", "shop"], ["PROPOSED", "shop"],
    ]  # fmt: skip
