"""Checks what a healing made of the sample project: python examples/check_sample.py JUNIT_FILE

Each stale test must be healed, the one that found the real bug must be refused, and no other may have failed.
"""

import sys
from pathlib import Path
from xml.etree import ElementTree

EXPECTED = {
    "tests/test_catalog.py::test_dashes_of_an_isbn_do_not_matter": "HEALED",
    "tests/test_catalog.py::test_finds_a_book_by_its_isbn": "HEALED",
    "tests/test_catalog.py::test_search_gives_no_more_than_asked_for": "HEALED",
    "tests/test_catalog.py::test_unknown_isbn_finds_nothing": "HEALED",
    "tests/test_dates.py": "HEALED",
    "tests/test_desk.py::test_loans_of_a_member_come_soonest_due_first": "REFUSED",
    "tests/test_fees.py::test_a_fee_has_a_ceiling": "HEALED",
    "tests/test_fees.py::test_each_late_day_costs[10-1.75]": "HEALED",
    "tests/test_fees.py::test_each_late_day_costs[20-4.25]": "HEALED",
    "tests/test_fees.py::test_in_time_costs_nothing": "HEALED",
}


def verdicts(junit: Path) -> dict[str, str]:
    """The verdict of each test. Raises OSError and ParseError."""
    found = {}
    for case in ElementTree.parse(junit).iter("testcase"):
        path, name = case.attrib["classname"], case.attrib["name"]
        failure = case.find("failure")
        verdict = "HEALED" if failure is None else failure.attrib["type"]
        found[path if name == path else f"{path}::{name}"] = verdict
    return found


def differences(found: dict[str, str]) -> list[str]:
    """A line for each test whose verdict is not the expected one."""
    lines = []
    for test in sorted(EXPECTED.keys() | found.keys()):
        verdict, expected = found.get(test, "missing"), EXPECTED.get(test, "passing")
        if verdict != expected:
            lines.append(f"{test} is {verdict}, expected {expected}")
    return lines


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    if lines := differences(verdicts(Path(sys.argv[1]))):
        sys.exit("\n".join(["The sample did not come out as it should:", *lines]))
    print("The sample came out as it should: each stale test is healed, the real bug is refused.")
