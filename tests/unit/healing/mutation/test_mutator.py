"""Mutants of a source: which there are, and that each leaves a source that Python takes."""

import ast
import difflib
import inspect
import textwrap

import pytest

from maestro_healing.mutants.mutator import ASSIGNMENT, BODY, DEFAULT, Text, mutants


def made(source: str) -> set[str]:
    """Each mutant's line, as it reads then."""
    content = textwrap.dedent(source).encode()
    text = Text(content)
    return {
        text.replaced(m.start, m.end, m.text.encode()).split(b"\n")[m.start[0] - 1].decode().strip()
        for m in mutants(content)
    }


def in_body(*lines: str) -> str:
    return "def f(a, b):\n" + "".join(f"    {line}\n" for line in lines)


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("g(a < 1)", {"g(a <= 1)", "g(a < 2)", "pass"}),
        ("g(a is not b)", {"g(a is b)", "pass"}),
        ("g(a not  in b)", {"g(a in b)", "pass"}),
        ("c = a and b", {"c = a or b"}),
        ("c = not a", {"c = a"}),
        ("c = a + b * -a", {"c = a - b * -a", "c = a + b / -a", "c = a + b * a"}),
        ("c = 'x' + a", {"c = 'XXx' + a"}),
        ("c = b'x'", {"c = b'XXx'"}),
        ("c = f'{a + b} x'", {"c = f'XX{a + b} x'", "c = f'{a - b} x'"}),
        ("c = a if b else True", {"c = a if not (b) else True", "c = a if b else False"}),
        ("c = [x for x in a if x]", {"c = [x for x in a if not (x)]"}),
        ("return a", {"return None"}),
        ("return", set()),
        ("raise E(a)", {"pass"}),
        ("a.b = b", {"pass"}),
        ("a += b", {"pass"}),
        ("a[1:]", {"a[2:]"}),
        ("if a: g()", {"if not (a): g()", "if a: pass"}),
        ("g(é=1, b=a < b)", {"g(é=2, b=a < b)", "g(é=1, b=a <= b)", "pass"}),
    ],
)
def test_statements(line: str, expected: set[str]) -> None:
    assert made(in_body(line)) == expected


def test_a_docstring_an_annotation_and_a_decorator_are_left_alone() -> None:
    source = '''
        @decorated("a")
        def f(a: "A") -> "B":
            """What it does."""
            c: "C" = a
    '''
    assert made(source) == set()


def test_defaults_and_names_of_modules_and_classes() -> None:
    source = """
        LIMIT = 5
        __version__ = "1"
        class A:
            text = "a"
            def f(self, a=1, *, b="c"):
                def inner(d=2):
                    pass
    """
    places = {(m.where, m.name) for m in mutants(textwrap.dedent(source).encode())}
    assert places == {(ASSIGNMENT, "LIMIT"), (ASSIGNMENT, "text"), (DEFAULT, "f"), (BODY, "inner")}


def test_a_loop_is_not_made_endless_by_a_counter_that_is_gone() -> None:
    assert "pass" not in made(in_body("while a < b:", "    a += g()"))


def test_a_statement_of_several_lines_keeps_their_number() -> None:
    source = in_body("raise E(", "    a,", ")  # why", "c = 1").encode()
    (mutant,) = (m for m in mutants(source) if m.operator == "removed statement")
    mutated = Text(source).replaced(mutant.start, mutant.end, mutant.text.encode())
    assert mutated.count(b"\n") == source.count(b"\n")
    assert mutated.split(b"\n")[4].strip() == b"c = 1"
    assert (mutant.first, mutant.last) == (2, 4)


@pytest.mark.parametrize("module", [difflib, textwrap, inspect])
def test_nearly_every_mutant_of_real_code_parses_and_differs(module: object) -> None:
    source = inspect.getsource(module).encode()  # type: ignore[arg-type]
    text, before = Text(source), ast.dump(ast.parse(source))
    all_mutants = list(mutants(source))[::31]
    parsed = 0
    for mutant in all_mutants:
        mutated = text.replaced(mutant.start, mutant.end, mutant.text.encode())
        assert mutated.count(b"\n") == source.count(b"\n")
        try:
            assert ast.dump(ast.parse(mutated)) != before
        except SyntaxError:
            continue
        parsed += 1
    assert parsed >= 0.95 * len(all_mutants) > 5
