"""Failing tests from JUnit XML, as many tools write it and as attackers do."""

from __future__ import annotations

from pathlib import Path
from xml.sax.saxutils import quoteattr

import pytest

from maestro_cli.failure import CliError, ExitCode
from maestro_cli.heal.from_junit import failing

FILES = {
    "tests/test_a.py": "class TestX:\n    class TestY:\n        def test_deep(self): ...\n    def test_b(self): ...\n"
    "def test_c(): ...\nif 1:\n    def test_if(): ...\n",
    "tests/unit/test_a.py": "def test_other(): ...\n",
    "tests/test_cases.py": "import unittest\nfrom base import Base\n\n\nclass Own(unittest.TestCase):\n"
    "    def test_own(self): ...\n\n\nclass Inherits(Base): ...\n",
    "tests/test_broken.py": "def test_x(:\n",
    "src/shop/prices.py": "def total():\n    '''>>> total()'''\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A project's folder."""
    for path, text in FILES.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(text)
    return tmp_path


def write(root: Path, *cases: tuple[str, str, str]) -> Path:
    """A file in which cases (class name, name, file) failed."""
    lines = [
        f"<testcase classname={quoteattr(c)} name={quoteattr(n)} {f'file={quoteattr(f)}' if f else ''}>"
        "<failure/></testcase>"
        for c, n, f in cases
    ]
    file = root / "junit.xml"
    file.write_text(f"<testsuites><testsuite>{''.join(lines)}</testsuite></testsuites>")
    return file


@pytest.mark.parametrize(
    ("class_name", "name", "file", "meant"),
    [
        ("tests.test_a", "test_c", "", "tests/test_a.py::test_c"),
        ("tests.test_a.TestX", "test_b", "", "tests/test_a.py::TestX::test_b"),
        ("tests.test_a.TestX.TestY", "test_deep[a::b.c]", "", "tests/test_a.py::TestX::TestY::test_deep"),
        ("tests.unit.test_a", "test_other", "", "tests/unit/test_a.py::test_other"),
        ("tests.test_a", "test_if", "tests/test_a.py", "tests/test_a.py::test_if"),
        # from the root of a repository that holds several projects, or from another machine
        ("services.api.tests.test_a", "test_c", "", "tests/test_a.py::test_c"),
        (
            "tests.test_a.TestX",
            "test_b",
            "/home/runner/work/x/tests/test_a.py",
            "tests/test_a.py::TestX::test_b",
        ),
        ("TestX", "test_b", "C:\\ci\\tests\\test_a.py", "tests/test_a.py::TestX::test_b"),
        # unittest, started inside of tests/
        ("test_cases.Own", "test_own", "", "tests/test_cases.py::Own::test_own"),
        ("test_cases.Inherits", "test_from_base", "", "tests/test_cases.py::Inherits::test_from_base"),
        # a file that can't be imported
        ("", "tests.test_broken", "", "tests/test_broken.py"),
        ("tests.test_broken", "test_x", "", "tests/test_broken.py::test_x"),
        # a doctest, and what `maestro heal --junit` writes
        ("src.shop.prices", "shop.prices.total", "", "src/shop/prices.py::shop.prices.total"),
        ("tests/test_a.py", "TestX::test_b", "", "tests/test_a.py::TestX::test_b"),
    ],
)
def test_names_of_many_writers(root: Path, class_name: str, name: str, file: str, meant: str) -> None:
    found = failing(write(root, (class_name, name, file)), root, FILES)
    assert (found.tests, found.gone) == ((meant,), ())


@pytest.mark.parametrize(
    ("class_name", "name", "file"),
    [
        ("tests.test_a", "test_renamed", ""),
        ("tests.test_a.TestX", "test_renamed", "tests/test_a.py"),
        ("tests.test_a.TestGone", "test_b", ""),
        ("tests.test_cases.Own", "test_gone", ""),
        ("tests.test_gone", "test_c", ""),
        ("", "", ""),
        ("../../etc", "passwd", "../../etc/passwd"),
    ],
)
def test_what_is_not_there_any_more_is_told(root: Path, class_name: str, name: str, file: str) -> None:
    found = failing(write(root, (class_name, name, file), ("tests.test_a", "test_c", "")), root, FILES)
    assert found.tests == ("tests/test_a.py::test_c",)
    assert len(found.gone) == 1


def test_only_failures_and_errors_and_each_once(root: Path) -> None:
    file = root / "junit.xml"
    file.write_text(
        '<testsuite><testcase classname="tests.test_a" name="test_c[1]"><error/></testcase>'
        '<testcase classname="tests.test_a" name="test_c[2]"><failure/></testcase>'
        '<testcase classname="tests.test_a.TestX" name="test_b"/>'
        '<testcase classname="tests.test_a" name="test_if"><skipped/></testcase></testsuite>'
    )
    assert failing(file, root, FILES).tests == ("tests/test_a.py::test_c",)


BOMB = '<!DOCTYPE b [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;">]><testsuites>&b;</testsuites>'


@pytest.mark.parametrize(
    "text",
    [
        "",
        "not xml",
        "{}",
        "<html><body/></html>",
        BOMB,
        '<!DOCTYPE t SYSTEM "file:///etc/passwd"><testsuites/>',
        "<testsuites><testsuite><testcase name='a'><failure/></testcase>",
        "<testsuites>" + "<a>" * 1000,
        "<testsuites>\x00</testsuites>",
    ],
)
def test_what_is_no_junit_xml_is_refused(root: Path, text: str) -> None:
    file = root / "junit.xml"
    file.write_text(text)
    with pytest.raises(CliError, match="no JUnit XML that can be read") as caught:
        failing(file, root, FILES)
    assert caught.value.code is ExitCode.WRONG_USE


def test_a_file_without_end_is_refused_unread(root: Path) -> None:
    file = root / "junit.xml"
    with file.open("wb") as huge:
        huge.truncate(2**30)
    with pytest.raises(CliError, match="more than 256 MiB"):
        failing(file, root, FILES)
    with pytest.raises(CliError, match="is no file"):
        failing(root, root, FILES)
