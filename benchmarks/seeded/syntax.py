"""Slips in the suites of real packages; some with a bug of the product behind them."""

import ast
import random
from collections.abc import Iterator, Sequence

from benchmarks.seeded.case import Case, Truth
from benchmarks.seeded.slips import KINDS, broken
from benchmarks.seeded.suites import PYTEST_ARGS, Suite, run

_STRATEGY = "syntax_repair"
# Every so many cases have a bug behind the slip.
_WITH_BUG = 4
_MOST_TRIES = 6


def syntax_cases(found: Sequence[Suite], chance: random.Random, each: int) -> Iterator[Case]:
    """`each` of every kind of slip, in files that it fits."""
    count = 0
    for kind in KINDS:
        files = list(found)
        chance.shuffle(files)
        number = 0
        for suite in files:
            slipped = broken(suite.text, kind, chance)
            if slipped is None or number >= each:
                continue
            number += 1
            count += 1
            bug = _bug(suite, chance) if count % _WITH_BUG == 0 else {}
            yield Case(
                _STRATEGY,
                f"{kind} and a bug" if bug else kind,
                number,
                Truth.BUG if bug else Truth.STALE,
                {},
                {suite.file: slipped, **bug},
                expected={suite.file: suite.text},
                tests=(suite.file,),
                lies_in=suite.tree.root,
                python=suite.python,
                pytest_args=PYTEST_ARGS,
            )


def _bug(suite: Suite, chance: random.Random) -> dict[str, str]:
    """A comparison of the product turned round, such that a test of the file fails and most still pass."""
    paths = [path for path in suite.tree.product if "==" in (suite.tree.text(path) or "")]
    for _ in range(_MOST_TRIES if paths else 0):
        path = chance.choice(paths)
        text = suite.tree.text(path) or ""
        places = [node for node in ast.walk(ast.parse(text)) if _is_equality(node)]
        if not places:
            continue
        mutant = _turned(text, chance.choice(places))
        result = run(suite.tree, suite.python, {path: mutant.encode()}, (suite.file,))
        failed = [test for test in suite.tests if (o := result.outcomes.get(test)) and not o.passed]
        if failed and len(failed) < len(suite.tests) / 2:
            return {path: mutant}
    return {}


def _is_equality(node: ast.AST) -> bool:
    return isinstance(node, ast.Compare) and len(node.ops) == 1 and isinstance(node.ops[0], ast.Eq)


def _turned(text: str, node: ast.AST) -> str:
    assert isinstance(node, ast.Compare)
    left, right = node.left, node.comparators[0]
    lines = text.split("\n")
    if left.end_lineno != right.lineno:
        return text
    line = lines[right.lineno - 1]
    start, stop = len(line.encode()[: left.end_col_offset].decode()), right.col_offset
    lines[right.lineno - 1] = line[:start] + line[start:stop].replace("==", "!=") + line[stop:]
    return "\n".join(lines)
