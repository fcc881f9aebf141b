"""Which tests a change may alter: those are worth a run."""

from maestro_healing.domain.guard import FileChange, TouchedTest, review

OLD = """\
def check(value):
    assert value == 1


def test_one():
    check(f())


def test_two():
    assert g() == 2


class TestThree:
    def test_it(self):
        assert h() == 3
"""


def touched(new: str | None) -> list[TouchedTest]:
    return sorted(review([FileChange("tests/test_a.py", OLD, new)]).touched, key=lambda one: one.new)


def test_one_that_changed_and_no_other() -> None:
    (one,) = touched(OLD.replace("g() == 2", "g() == 4"))
    assert one == TouchedTest("tests/test_a.py::test_two", "tests/test_a.py::test_two", 9)


def test_one_whose_helper_changed() -> None:
    (one,) = touched(OLD.replace("value == 1", "value == 4"))
    assert one.new == "tests/test_a.py::test_one"


def test_one_that_has_another_name_or_class() -> None:
    moved = OLD.replace("class TestThree", "class TestMore").replace("test_two", "test_second")
    pairs = {(one.old, one.new) for one in touched(moved)}
    assert pairs == {
        ("tests/test_a.py::TestThree::test_it", "tests/test_a.py::TestMore::test_it"),
        ("tests/test_a.py::test_two", "tests/test_a.py::test_second"),
    }


def test_one_that_is_gone_or_not_collected_has_nothing_to_run() -> None:
    assert touched(OLD.replace("test_two", "check_two")) == []
    assert touched(None) == []
