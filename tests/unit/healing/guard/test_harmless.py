"""Changes that keep or strengthen what the tests check: none may be flagged."""

from textwrap import dedent

import pytest

from maestro_healing.domain.guard import FileChange, Kind, check_change, check_file, review

HEAD = "import unittest\nimport pytest\nfrom shop import price, total\n\n"


def clean(old: str, new: str) -> bool:
    """Whether the guard finds nothing in the change of one file."""
    return check_file("tests/test_shop.py", HEAD + dedent(old), HEAD + dedent(new)) == ()


PLAIN = """
def test_total():
    result = total([1, 2])
    assert result == 3
    assert total([]) == 0


def test_price():
    assert price("a") == 2
"""


@pytest.mark.parametrize(
    ("before", "after"),
    [
        pytest.param("result", "outcome", id="local-renamed"),
        pytest.param(
            "    result = total([1, 2])\n    assert result == 3",
            "    assert total([1, 2]) == 3",
            id="inlined",
        ),
        pytest.param("assert result == 3", "assert 3 == result", id="swapped"),
        pytest.param("assert result == 3", "assert (\n        result\n        == 3\n    )", id="reformatted"),
        pytest.param(
            "def test_total():", "def test_total() -> None:\n    'Adds up.'", id="docstring-and-hint"
        ),
        pytest.param("def test_total", "def test_total_of_a_list", id="renamed"),
        pytest.param(
            "assert result == 3", "assert result == 3\n    assert isinstance(result, int)", id="check-added"
        ),
        pytest.param("assert result == 3", "assert result == 3, 'wrong sum'", id="message-added"),
        pytest.param("assert result == 3", "assert result == 4", id="expectation-changed"),
        pytest.param("total([1, 2])", "total(numbers=[1, 2])", id="argument-named"),
        pytest.param(
            "    assert total([]) == 0",
            "\n\ndef test_total_of_nothing():\n    assert total([]) == 0",
            id="split",
        ),
        pytest.param(
            "    result = total([1, 2])\n    assert result == 3\n    assert total([]) == 0",
            "    _check([1, 2], 3)\n    _check([], 0)\n\n\ndef _check(numbers, expected):\n"
            "    assert total(numbers) == expected",
            id="helper-extracted",
        ),
        pytest.param(
            "def test_total():\n    result = total([1, 2])\n"
            "    assert result == 3\n    assert total([]) == 0",
            "@pytest.mark.parametrize(('numbers', 'expected'), [([1, 2], 3), ([], 0)])\n"
            "def test_total(numbers, expected):\n    assert total(numbers) == expected",
            id="parametrised",
        ),
        pytest.param(
            "    result = total([1, 2])\n    assert result == 3\n    assert total([]) == 0",
            "    for numbers, expected in [([1, 2], 3), ([], 0)]:\n        assert total(numbers) == expected",
            id="looped",
        ),
        pytest.param("assert result == 3", "ok = result == 3\n    assert ok", id="condition-named"),
        pytest.param(
            "assert result == 3", "if True:\n        assert result == 3", id="under-a-true-condition"
        ),
    ],
)
def test_refactorings_are_clean(before: str, after: str) -> None:
    assert before in PLAIN
    assert clean(PLAIN, PLAIN.replace(before, after))


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("assert total([1]) >= 1", "assert total([1]) == 1"),
        ("assert total([1]) is not None", "assert total([1]) == 1"),
        ("assert total([1])", "assert total([1]) == 1"),
        ("assert total([1]) == True", "assert total([1])"),
        ("assert total([0.1]) == 0.1", "assert total([0.1]) == pytest.approx(0.1)"),
        ("assert total([1]) == pytest.approx(1, abs=0.1)", "assert total([1]) == pytest.approx(1, abs=0.01)"),
        ("assert len(total([1])) == 0", "assert not total([1])"),
        ("assert total([1]) == 1 and price('a') == 2", "assert total([1]) == 1\n    assert price('a') == 2"),
        ("assert not (total([1]) or price('a'))", "assert not total([1])\n    assert not price('a')"),
        (
            "with pytest.raises(Exception):\n        total()",
            "with pytest.raises(TypeError):\n        total()",
        ),
        (
            "with pytest.raises(TypeError):\n        total()",
            "with pytest.raises(TypeError, match='x'):\n        total()",
        ),
        (
            "with pytest.raises(TypeError, match='a'):\n        total()",
            "with pytest.raises(TypeError, match='b'):\n        total()",
        ),
        (
            "try:\n        total()\n    except TypeError:\n        pass\n"
            "    else:\n        pytest.fail('no error')",
            "with pytest.raises(TypeError):\n        total()",
        ),
        (
            "with pytest.raises(TypeError, match='numbers'):\n        total()",
            "with pytest.raises(TypeError) as caught:\n        total()\n"
            "    assert 'numbers' in str(caught.value)",
        ),
        ("pytest.raises(TypeError, total, 1)", "with pytest.raises(TypeError):\n        total(1)"),
        (
            "assert total([1]) == 1",
            "if price('a'):\n        assert total([1]) == 1\n    else:\n        assert total([1]) == 1",
        ),
    ],
)
def test_the_same_or_a_stronger_check_is_clean(before: str, after: str) -> None:
    head = "def test_it():\n    "
    assert clean(f"{head}{before}\n", f"{head}{after}\n")


def test_putting_back_what_is_there_replaces_nothing() -> None:
    test = "def test_it(monkeypatch):\n    {}assert shop.total([1, 2]) == 3\n"
    kept = test.format("monkeypatch.setattr(shop, 'total', shop.total)\n    ")
    assert clean(test.format(""), kept)


def test_a_check_of_a_value_that_comes_back_unchanged_may_move_to_a_helper() -> None:
    head = "def test_it():\n    bill = {('a', 1): 'b'}\n"
    helper = "    _unchanged(bill)\n\n\ndef _unchanged(bill):\n    assert price(bill) == bill\n"
    assert clean(head + "    assert price(bill) == bill\n", head + helper)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("import shop", "from shop import ExceptionGroup"),
        ("import shop", "import shop"),
        ("from shop import ExceptionGroup", "import shop"),
    ],
)
def test_what_the_product_calls_as_python_does_is_the_products(before: str, after: str) -> None:
    def test(head: str, last: str) -> str:
        call = "shop.ExceptionGroup" if head == "import shop" else "ExceptionGroup"
        return f"{head}\n\ndef test_it():\n    made = {call}('a', [OSError()])\n    {last}\n"

    old, new = test(before, "assert made.a == LIMIT"), test(after, "assert made.a == 'a'")
    assert check_file("tests/test_shop.py", old, new) == ()


def test_unittest_and_pytest_style_are_the_same() -> None:
    unit = """
        class ShopTest(unittest.TestCase):
            def test_it(self):
                self.assertEqual(total([1]), 1)
                self.assertTrue(price("a"))
                self.assertIn(2, [price("a")])
                self.assertIsNone(total(None))
                with self.assertRaises(TypeError):
                    total()
    """
    plain = """
        class ShopTest(unittest.TestCase):
            def test_it(self):
                assert total([1]) == 1
                assert price("a")
                assert 2 in [price("a")]
                assert total(None) is None
                with pytest.raises(TypeError):
                    total()
    """
    assert clean(unit, plain)
    assert clean(plain, unit)


def test_a_test_moved_to_another_file_is_clean() -> None:
    test = "\ndef test_price():\n    assert price('a') == 2\n"
    first = FileChange(
        "tests/test_shop.py",
        HEAD + test + PLAIN.replace("test_price", "test_other"),
        HEAD + PLAIN.replace("test_price", "test_other"),
    )
    assert check_change([first, FileChange("tests/test_price.py", None, HEAD + test)]) == ()
    assert [f.kind for f in check_change([first])] == [Kind.TEST_DELETED]


def test_a_file_renamed_as_a_whole_is_clean() -> None:
    assert (
        check_change([FileChange("tests/test_a.py", PLAIN, None), FileChange("tests/test_b.py", None, PLAIN)])
        == ()
    )


def test_new_tests_may_do_as_they_like() -> None:
    new = "\n\n@pytest.mark.skip\ndef test_new():\n    assert True\n"
    assert clean(PLAIN, PLAIN + new)


def test_a_sleep_that_polls_is_clean() -> None:
    polling = PLAIN.replace(
        "    result =", "    while not price('a'):\n        time.sleep(0.01)\n    result ="
    )
    assert clean(PLAIN, "import time\n" + polling)


def test_a_row_that_was_there_twice_may_go() -> None:
    rows = "@pytest.mark.parametrize('n', [1, 2, 2])\ndef test_it(n):\n    assert total([n]) == n\n"
    assert clean(rows, rows.replace("2, 2", "2"))


def test_changed_expectations_are_told_and_are_no_finding() -> None:
    outcome = review([FileChange("tests/test_shop.py", PLAIN, PLAIN.replace("== 3", "== 4"))])
    assert outcome.findings == ()
    [changed] = outcome.expectations
    assert (changed.line, changed.kind) == (4, Kind.EXPECTATION_CHANGED)
    assert "== 3" in changed.message
    assert "== 4" in changed.message


def test_settings_that_move_to_another_file_are_clean() -> None:
    old = "[tool:pytest]\naddopts = -ra --deselect tests/test_a.py\nfilterwarnings =\n    error\n"
    new = (
        "[tool.pytest.ini_options]\naddopts = '-ra --deselect tests/test_a.py'\nfilterwarnings = ['error']\n"
    )
    moved = [FileChange("setup.cfg", old, "[metadata]\n"), FileChange("pyproject.toml", "", new)]
    assert check_change(moved) == ()
