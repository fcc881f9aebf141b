"""The comparisons that a statement of a test makes."""

from collections.abc import Iterator
from dataclasses import dataclass

import libcst as cst

from maestro_healing.domain.rewrite.references import terminal

_OPERATORS: dict[type[cst.BaseCompOp], str] = {
    cst.Equal: "==",
    cst.Is: "is",
    cst.In: "in",
    cst.LessThan: "<",
    cst.LessThanEqual: "<=",
    cst.GreaterThan: ">",
    cst.GreaterThanEqual: ">=",
}
_CALLS = {
    "assertEqual": "==",
    "assertEquals": "==",
    "assertListEqual": "==",
    "assertTupleEqual": "==",
    "assertDictEqual": "==",
    "assertSetEqual": "==",
    "assertSequenceEqual": "==",
    "assertMultiLineEqual": "==",
    "assertIs": "is",
    "assertIn": "in",
}
_METHODS = ("startswith", "endswith")


@dataclass(frozen=True)
class Check:
    """One comparison; `whole` is the expression of the statement that holds it, `comparison` the part that
    an operator makes, where one does.
    """

    operator: str
    left: cst.BaseExpression
    right: cst.BaseExpression
    whole: cst.BaseExpression
    comparison: cst.Comparison | None = None


def checks_of(statement: cst.CSTNode) -> Iterator[Check]:
    """The comparisons of an `assert` and of unittest's methods, in order."""
    if not isinstance(statement, cst.SimpleStatementLine):
        return
    for small in statement.body:
        match small:
            case cst.Assert(test=test):
                yield from _in_test(test, test)
            case cst.Expr(
                value=cst.Call(func=function, args=[cst.Arg() as left, cst.Arg() as right, *_]) as call
            ):
                operator = _CALLS.get(terminal(function))
                if operator and not left.star and not right.star:
                    yield Check(operator, left.value, right.value, call)


def _in_test(test: cst.BaseExpression, whole: cst.BaseExpression) -> Iterator[Check]:
    match test:
        case cst.BooleanOperation(left=left, right=right):
            yield from _in_test(left, whole)
            yield from _in_test(right, whole)
        case cst.Comparison(left=left, comparisons=targets):
            for target in targets:
                operator = _OPERATORS.get(type(target.operator))
                if operator:
                    yield Check(operator, left, target.comparator, whole, test)
                left = target.comparator
        case cst.Call(
            func=cst.Attribute(value=base, attr=cst.Name(value=method)), args=[cst.Arg(value=part)]
        ) if method in _METHODS:
            yield Check(method, base, part, whole)
