"""Tests that still stand there and that the runner no longer finds, or no longer runs."""

import pytest

from maestro_healing.domain.guard import FileChange, Kind, check_change, check_file

HEAD = "import os\nimport unittest\n\nimport pytest\n\nfrom shop import price, total\n\n\n"
TEST = "def test_it():\n    assert total([1, 2]) == 3\n"
CLASS = "class TestShop:\n    def test_it(self):\n        assert total([1]) == 1\n"
OTHER = "\n\ndef test_price():\n    assert price('a') == 2\n"


def kinds(old: str, new: str, path: str = "tests/test_shop.py") -> set[Kind]:
    return {f.kind for f in check_file(path, HEAD + old, HEAD + new)}


def indented(text: str) -> str:
    return "".join(f"    {line}\n" for line in text.splitlines())


@pytest.mark.parametrize(
    "after",
    [
        TEST + "\n\ndel test_it\n",
        TEST + "\n\ntest_it = None\n",
        TEST + "\n\ntest_it = pytest.mark.skip(test_it)\n",
        "@(lambda test: None)\n" + TEST,
        "@property\n" + TEST,
    ],
)
def test_a_function_that_is_taken_out_of_its_module_is_named(after: str) -> None:
    assert kinds(TEST, after) == {Kind.TEST_UNCOLLECTED}
    assert kinds(after, after) == set()


@pytest.mark.parametrize(
    "line",
    [
        "TestShop.test_it = lambda self: None",
        "del TestShop.test_it",
        "setattr(TestShop, 'test_it', lambda self: None)",
        "delattr(TestShop, 'test_it')",
    ],
)
def test_a_method_that_is_taken_out_of_its_class_is_named(line: str) -> None:
    assert kinds(CLASS, f"{CLASS}\n\n{line}\n") == {Kind.TEST_UNCOLLECTED}


@pytest.mark.parametrize("condition", ["False", "os.environ.get('SLOW')", "price('a') > 3"])
def test_a_test_below_a_condition_is_named(condition: str) -> None:
    assert kinds(TEST, f"if {condition}:\n{indented(TEST)}") == {Kind.SKIP_ADDED}
    assert kinds(CLASS, f"if {condition}:\n{indented(CLASS)}") == {Kind.SKIP_ADDED}


def test_a_test_in_both_arms_of_a_condition_is_clean() -> None:
    both = f"if price('a'):\n{indented(TEST)}else:\n{indented(TEST)}"
    assert not kinds(TEST, both)
    assert not kinds(TEST, f"if True:\n{indented(TEST)}")
    assert not kinds(f"if price('a'):\n{indented(TEST)}", f"if price('b'):\n{indented(TEST)}")


@pytest.mark.parametrize("mark", ["quarantine", "disabled", "broken", "wip", "known_issue"])
def test_a_mark_that_says_that_the_test_is_put_aside_is_named(mark: str) -> None:
    assert kinds(TEST, f"@pytest.mark.{mark}\n{TEST}") == {Kind.SKIP_ADDED}


def test_a_mark_that_the_test_gives_itself_is_named() -> None:
    marked = "def test_it(request):\n    {}\n    assert total([1, 2]) == 3\n"
    plain = marked.format("request.config")
    assert kinds(plain, marked.format("request.node.add_marker(pytest.mark.xfail)")) == {Kind.XFAIL_ADDED}
    skip = "request.applymarker(pytest.mark.skip(reason='later'))"
    assert kinds(plain, marked.format(skip)) == {Kind.SKIP_ADDED}
    assert Kind.SKIP_ADDED in kinds(plain, marked.format("os._exit(0)"))


@pytest.mark.parametrize(
    "hook",
    [
        "def pytest_configure(config):\n    config.option.deselect = ['tests/test_shop.py']\n",
        "def pytest_configure(config):\n    config.addinivalue_line('filterwarnings', 'ignore')\n",
        "def pytest_unconfigure():\n    os._exit(0)\n",
        "def pytest_itemcollected(item):\n    item.add_marker(pytest.mark.xfail)\n",
        "def pytest_pycollect_makeitem(collector, name, obj):\n    return []\n",
        "def pytest_generate_tests(metafunc):\n    metafunc.parametrize('n', [])\n",
        "def pytest_report_teststatus(report):\n    return 'passed', '.', 'PASSED'\n",
        "def load_tests(loader, tests, pattern):\n    return unittest.TestSuite()\n",
        "collect_ignore = []\ncollect_ignore.append('test_shop.py')\n",
    ],
)
def test_what_keeps_other_files_from_being_run_is_named(hook: str) -> None:
    assert kinds("", hook, "tests/conftest.py") == {Kind.COLLECTION_NARROWED}
    assert kinds(hook, hook + "\nX = 1\n", "tests/conftest.py") == set()


def test_a_hook_that_adds_options_and_marks_is_clean() -> None:
    hooks = (
        "def pytest_configure(config):\n    config.addinivalue_line('markers', 'slow: takes long')\n\n"
        "def pytest_generate_tests(metafunc):\n    metafunc.parametrize('n', [1, 2])\n"
    )
    assert kinds("", hooks, "tests/conftest.py") == set()


@pytest.mark.parametrize("name", ["shop_checks.py", "conftest.py", "helpers.py"])
def test_a_test_that_moves_to_a_file_that_the_runner_passes_over_is_named(name: str) -> None:
    gone = FileChange("tests/test_shop.py", HEAD + TEST + OTHER, HEAD + OTHER)
    assert [f.kind for f in check_change([gone, FileChange(f"tests/{name}", None, HEAD + TEST)])] == [
        Kind.TEST_UNCOLLECTED
    ]


def test_tests_that_move_to_a_base_class_in_another_file_are_clean() -> None:
    base = CLASS.replace("TestShop", "ShopTests")
    use = "from tests.base import ShopTests\n\n\nclass TestShop(ShopTests):\n    pass\n"
    moved = [
        FileChange("tests/test_shop.py", HEAD + CLASS, use),
        FileChange("tests/base.py", None, HEAD + base),
    ]
    assert check_change(moved) == ()
