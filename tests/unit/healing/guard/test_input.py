"""Texts that are no Python, or too much of it: a clear answer and never a traceback."""

import time

import pytest

from maestro_healing.domain.guard import FileChange, Kind, check_change, check_file

TEST = "def test_it():\n    assert f(1) == 2\n"


@pytest.mark.parametrize(
    "new",
    [
        pytest.param(b"\xff\xfe\x00binary", id="binary"),
        pytest.param(b"def test_it(:\n    assert f(1) == 2\n", id="syntax"),
        pytest.param(b"def test_it():\n    assert f('\xe9') == 2\n", id="latin-1-without-coding-line"),
        pytest.param(b"x = 1\x00\n", id="null-byte"),
        pytest.param(b"# coding: no-such-codec\n" + TEST.encode() + b"\xff", id="unknown-codec"),
        pytest.param(b"(" * 5000 + b")" * 5000, id="deep"),
        pytest.param(b"x = 1\n" * 2_000_000, id="huge"),
        pytest.param(b"<<<<<<< ours\n" + TEST.encode() + b">>>>>>> theirs\n", id="conflict-markers"),
    ],
)
def test_what_cannot_be_read_is_a_finding(new: bytes) -> None:
    [finding] = check_change([FileChange.decode("tests/test_it.py", TEST.encode(), new)])
    assert finding.kind is Kind.UNREADABLE
    assert finding.line >= 1


def test_a_new_file_that_cannot_be_read_hides_no_test() -> None:
    assert check_change([FileChange.decode("tests/data/test_bad.py", None, b"def test_it(:\n\xff")]) == ()


def test_helpers_that_multiply_end() -> None:
    helpers = "".join(f"def check{i}():\n" + f"    check{i + 1}()\n" * 40 + "\n\n" for i in range(4))
    old = helpers + "def check4():\n    assert f() == 3\n\n\ndef test_it():\n" + "    check0()\n" * 40
    [finding] = check_file("tests/test_it.py", old, old.replace("f() == 3", "f()"))
    assert (finding.kind, finding.test) == (Kind.OPERATOR_LOOSENED, "tests/test_it.py::check4")


def test_an_expression_nested_too_deeply_is_a_finding() -> None:
    deep = "def test_it():\n    assert " + " + ".join(["f(1)"] * 4000) + " == 2\n"
    assert {f.kind for f in check_file("tests/test_it.py", TEST, deep)} == {Kind.UNREADABLE}


def test_a_coding_line_is_followed() -> None:
    latin = "# coding: latin-1\ndef test_it():\n    assert f(1) == 'é'\n".encode("latin-1")
    assert (
        check_change([FileChange.decode("tests/test_it.py", latin, latin.replace(b"f(1)", b"f( 1 )"))]) == ()
    )


def test_a_repaired_file_is_compared_by_its_lines() -> None:
    broken = (
        "def test_it()\n    assert f(1) == 2\n    assert f(2) == 3\n\ndef test_other():\n    assert g()\n"
    )
    whole = broken.replace("test_it()", "test_it():")
    assert check_file("tests/test_it.py", broken, whole) == ()
    [lost] = check_file("tests/test_it.py", broken, whole.replace("    assert f(2) == 3\n", ""))
    assert (lost.kind, lost.test) == (Kind.ASSERTION_DELETED, "tests/test_it.py::test_it")
    [gone] = check_file("tests/test_it.py", broken, whole.split("def test_other")[0])
    assert gone.kind is Kind.TEST_DELETED
    [skipped] = check_file(
        "tests/test_it.py", broken, whole.replace("    assert g()", "    pytest.skip()\n    assert g()")
    )
    assert skipped.kind is Kind.SKIP_ADDED


def test_windows_line_ends_and_tabs_are_no_change() -> None:
    assert check_file("tests/test_it.py", TEST, TEST.replace("\n", "\r\n").replace("    ", "\t")) == ()


def test_files_that_appear_or_are_no_tests_are_clean() -> None:
    changes = [
        FileChange("tests/test_new.py", None, TEST),
        FileChange("tests/data.json", "{}", "[]"),
        FileChange("shop.py", "x = 1\n", "x = \n"),
        FileChange("tests/test_gone.py", None, None),
    ]
    assert check_change(changes) == ()


def test_names_that_refer_to_each_other_end() -> None:
    head = "X = -Y\nY = -X\nX = -X\n\n"
    loop = head + "def test_it(flag):\n    flag = not flag\n    a = -b\n    b = -a\n    assert f(a) == X\n"
    assert check_file("tests/test_it.py", loop, loop.replace("f(a)", "f( a )")) == ()
    assert check_file("tests/test_it.py", loop, loop.replace("    assert f(a) == X\n", ""))


@pytest.mark.parametrize(
    "old",
    [
        pytest.param(
            "C0 = [1]\n" + "".join(f"C{i} = [C{i - 1}, C{i - 1}]\n" for i in range(1, 41)), id="chain"
        ),
        pytest.param("C40 = [1]\n" + "C40 = C40 + C40\n" * 40, id="doubled"),
        pytest.param("C40 = [1]\n" + "C40 += C40\n" * 2000, id="added"),
        pytest.param("<<<<<<< ours\n" * 20000, id="conflicts"),
    ],
)
def test_names_and_marks_without_end_take_no_time_without_end(old: str) -> None:
    test = "def test_it():\n    for n in C40:\n        assert f(n) == C40\n"
    [finding] = check_file("tests/test_it.py", old + test, test.replace("assert ", ""))
    assert (finding.kind, finding.test) == (Kind.ASSERTION_DELETED, "tests/test_it.py::test_it")


def test_a_test_of_very_many_checks_is_compared_in_order() -> None:
    old = "def test_it():\n" + "".join(f"    assert f({i}) == {i}\n" for i in range(2000))
    weak = old.replace("assert f(1234) == 1234", "assert f(1234)")
    [finding] = check_file("tests/test_it.py", old, weak)
    assert (finding.kind, finding.line) == (Kind.OPERATOR_LOOSENED, 1236)
    assert check_file("tests/test_it.py", old, old.replace(") == ", ") == 1 + ")) == ()


def test_a_file_of_twenty_thousand_lines_takes_time_as_its_length_does() -> None:
    def took(count: int) -> float:
        many = "import shop\n\n" + "".join(
            f"def test_{i}():\n    result = shop.f({i})\n    assert result == {i}\n\n\n" for i in range(count)
        )
        weak = many.replace("    assert result == 234\n", "    assert result\n")
        started = time.process_time()
        [finding] = check_file("tests/test_many.py", many, weak)
        assert (finding.kind, finding.test) == (Kind.OPERATOR_LOOSENED, "tests/test_many.py::test_234")
        return time.process_time() - started

    took(500)
    assert took(4000) < 40 * took(500), "eight times as long, with room for noise; its square is 64"
