"""What holds for any test file: no change and no change of form is ever flagged; a lost check always is."""

import ast

from hypothesis import given, settings
from hypothesis import strategies as st

from maestro_healing.domain.guard import Kind, check_file

NAMES = st.sampled_from(["alpha", "beta", "gamma"])
VALUES = st.one_of(
    st.integers(-5, 5).map(str), st.sampled_from(["'x'", "None", "True", "[1, 2]", "{'a': 1}"])
)
CALLS = st.builds("{}({})".format, NAMES, VALUES)
CHECKS = st.one_of(
    st.builds("assert {} == {}".format, CALLS, VALUES),
    st.builds("assert {} is not {}".format, CALLS, VALUES),
    st.builds("assert {} in ({}, {})".format, CALLS, VALUES, VALUES),
    st.builds("assert not {}".format, CALLS),
    st.builds("with pytest.raises(ValueError, match='{}'):\n        {}".format, NAMES, CALLS),
)
STEPS = st.one_of(CHECKS, st.builds("{} = {}".format, st.sampled_from(["one", "two"]), CALLS), CALLS)


@st.composite
def modules(draw: st.DrawFn) -> str:
    """A small test module."""
    bodies = draw(st.lists(st.lists(STEPS, min_size=1, max_size=5), min_size=1, max_size=4))
    return "import pytest\n\n" + "\n\n".join(
        f"def test_{i}():\n" + "".join(f"    {step}\n" for step in body) for i, body in enumerate(bodies)
    )


@given(modules())
def test_no_change_is_clean(text: str) -> None:
    assert check_file("tests/test_it.py", text, text) == ()


@given(modules())
def test_another_form_of_the_same_code_is_clean(text: str) -> None:
    spaced = text.replace(" == ", "==").replace("\n\n", "\n\n\n# a remark\n")
    assert check_file("tests/test_it.py", text, spaced) == ()
    assert check_file("tests/test_it.py", text, ast.unparse(ast.parse(text))) == ()


@given(modules())
def test_the_order_of_tests_is_nothing(text: str) -> None:
    head, *tests = text.split("\n\n")
    assert check_file("tests/test_it.py", text, "\n\n".join([head, *reversed(tests)]) + "\n") == ()


@given(modules())
@settings(max_examples=50)
def test_a_test_that_lost_its_only_exact_check_is_flagged(text: str) -> None:
    old = text + "\n\ndef test_last():\n    assert delta(7) == 49\n"
    for new in ("    delta(7)\n", "    pass\n", "    assert delta(7)\n"):
        findings = check_file("tests/test_it.py", old, old.replace("    assert delta(7) == 49\n", new))
        assert {f.kind for f in findings} <= {Kind.ASSERTION_DELETED, Kind.OPERATOR_LOOSENED}
        assert findings
