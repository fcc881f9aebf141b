"""Checks that still look like checks and pass where they failed before, one way after the other."""

import pytest

from maestro_healing.domain.guard import Kind, check_file

HEAD = (
    "import re\nimport unittest\n\nimport pytest\nfrom hypothesis import assume\n\n"
    "import shop\nfrom shop import price, total\n\n\n"
)


def kinds(old: str, new: str) -> set[Kind]:
    return {f.kind for f in check_file("tests/test_shop.py", HEAD + old, HEAD + new)}


def body(*lines: str, parameters: str = "") -> str:
    return f"def test_it({parameters}):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert shop.seconds() < 1", "assert shop.seconds() < 100"),
        ("assert shop.seconds() <= 1", "assert shop.seconds() < 100"),
        ("assert len(shop.rows()) >= 10", "assert len(shop.rows()) >= 1"),
        ("assert all(x == 3 for x in shop.rows())", "assert any(x == 3 for x in shop.rows())"),
        ("assert (shop.rows() == 3).all()", "assert (shop.rows() == 3).any()"),
        ("assert all(x == 3 for x in shop.rows())", "assert all(x == 3 for x in shop.rows() if x == 3)"),
    ],
)
def test_a_bound_or_a_quantifier_that_demands_less_is_named(before: str, after: str) -> None:
    assert kinds(body(before), body(after)) == {Kind.OPERATOR_LOOSENED}
    assert Kind.OPERATOR_LOOSENED not in kinds(body(after), body(before))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("shop.pay.assert_called_once_with(3)", "assert shop.pay.called_once_with(3)"),
        ("shop.pay.assert_called_once_with(3)", "assert shop.pay.assert_called_once_with"),
        ("shop.pay.assert_has_calls([1])", "assert shop.pay.has_calls([1])"),
    ],
)
def test_a_question_that_a_mock_always_answers_is_no_check(before: str, after: str) -> None:
    assert kinds(body(before), body(after)) <= {Kind.ASSERTION_HOLLOWED, Kind.ASSERTION_DELETED}
    assert kinds(body(before), body(after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (["assert shop.table()['k'] == 3"], ["assert shop.table().get('k', 3) == 3"]),
        (["assert shop.cart().limit == 3"], ["assert getattr(shop.cart(), 'limit', 3) == 3"]),
        (["assert total([1]) == 3"], ["assert (total([1]) or 3) == 3"]),
        (["found = total([1])", "assert found == 3"], ["found = total([1]) or 3", "assert found == 3"]),
        (["assert re.match('^abc$', shop.name())"], ["assert re.match('.*', shop.name())"]),
    ],
)
def test_a_check_that_brings_its_own_answer_is_named(before: list[str], after: list[str]) -> None:
    assert kinds(body(*before), body(*after)) == {Kind.ASSERTION_HOLLOWED}


def test_another_default_is_no_answer_of_its_own() -> None:
    assert not kinds(body("assert shop.table()['k'] == 3"), body("assert shop.table().get('k', 0) == 3"))
    named = body("assert shop.table().pop('k', default='none') == 'none'")
    assert not kinds(named, body("assert shop.table().pop('k', 'none') == 'none'"))
    given = body("assert shop.table().pop('k', default) == default", parameters="default")
    assert not kinds(given, body("assert shop.table().pop('k', 'none') == 'none'", parameters="default"))


def test_a_check_at_the_end_of_a_block_that_raises_is_named() -> None:
    raising = ("with pytest.raises(KeyError):", "    price('x')")
    assert kinds(body(*raising, "assert total([1]) == 1"), body(*raising, "    assert total([1]) == 1")) == {
        Kind.CHECK_UNREACHABLE
    }


def test_what_a_property_assumes_narrows_its_checks() -> None:
    plain = body("assert total(xs) == sum(xs)", parameters="xs")
    narrow = body("assume(not xs)", "assert total(xs) == sum(xs)", parameters="xs")
    assert kinds(plain, narrow) == {Kind.CHECK_CONDITIONAL}


def test_a_check_that_nothing_awaits_or_goes_through_is_named() -> None:
    waiting = (
        "async def check(n):\n    assert total([n]) == n\n\n\nasync def test_it():\n    await check(3)\n"
    )
    assert kinds(waiting, waiting.replace("await ", "")) == {Kind.CHECK_UNREACHABLE}
    helper = "def check(n):\n    assert total([n]) == n\n\n\n"
    loop = helper + body("for n in shop.rows():", "    check(n)")
    assert kinds(loop, helper + body("(check(n) for n in shop.rows())"))


@pytest.mark.parametrize(
    "line",
    [
        "shop.total = lambda numbers: 3",
        "shop = unittest.mock.Mock()",
        "def total(numbers):\n    return 3",
    ],
)
def test_what_the_module_itself_replaces_is_named(line: str) -> None:
    test = body("assert shop.total([1, 2]) == 3", "assert total([1, 2]) == 3")
    assert kinds(test, f"{line}\n\n\n{test}") == {Kind.SUBJECT_REPLACED}


def test_a_constant_of_the_module_replaces_nothing() -> None:
    test = body("assert shop.total([1, 2]) == 3")
    assert not kinds(test, f"shop.limit = 3\nmade = shop.total\n\n\n{test}")


def test_an_assertion_that_is_replaced_is_named() -> None:
    test = (
        "class ShopTest(unittest.TestCase):\n"
        "    def test_it(self):\n"
        "        {}self.assertEqual(total([1]), 1)\n"
    )
    replaced = test.format("self.assertEqual = lambda one, other: None\n        ")
    assert kinds(test.format(""), replaced) == {Kind.SUBJECT_REPLACED}


def test_a_failure_that_is_no_longer_raised_is_named() -> None:
    checked = body("if total([1]) != 1:", "    raise AssertionError('no sum')")
    assert kinds(checked, checked.replace("raise AssertionError('no sum')", "pass")) == {
        Kind.ASSERTION_DELETED
    }
    assert not kinds(checked, body("assert total([1]) == 1"))


def test_an_expected_failure_that_may_pass_unseen_is_named() -> None:
    test = "@pytest.mark.xfail(strict={})\n" + body("assert total([1]) == 2")
    assert kinds(test.format(True), test.format(False)) == {Kind.XFAIL_ADDED}
    assert not kinds(test.format(False), test.format(True))


def test_a_loop_that_stops_after_its_first_row_is_named() -> None:
    loop = "def test_it():\n    for n in (1, 2, 3):\n        assert total([n]) == n\n"
    assert kinds(loop, loop + "        break\n") == {Kind.CASES_REMOVED}
