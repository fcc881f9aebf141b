"""What the statements after a wait demand, as conditions that can be looked at before."""

from collections.abc import Iterator, Mapping, Sequence

import libcst as cst

from maestro_healing.domain.rewrite.located import only
from maestro_healing.domain.rewrite.references import enclosed, terminal

_PAIRS = {
    "assertEqual": "==", "assertEquals": "==", "assertNotEqual": "!=", "assertIs": "is",
    "assertIsNot": "is not", "assertIn": "in", "assertNotIn": "not in", "assertGreater": ">",
    "assertGreaterEqual": ">=",
    "assertLess": "<", "assertLessEqual": "<=", "assertListEqual": "==", "assertDictEqual": "==",
    "assertSetEqual": "==", "assertTupleEqual": "==", "assertSequenceEqual": "==",
    "assertMultiLineEqual": "==", "assertCountEqual": "sorted",
}  # fmt: skip
_SINGLE = {
    "assertTrue": "{}",
    "assertFalse": "not {}",
    "assertIsNone": "{} is None",
    "assertIsNotNone": "{} is not None",
}


def demand(statement: cst.CSTNode) -> cst.BaseExpression | None:
    """The condition that an assertion demands; None where it is none."""
    match only(statement):
        case cst.Assert(test=test):
            return test
        case cst.Expr(value=cst.Call(func=cst.Attribute() as function, args=args)):
            return _of_unittest(terminal(function), [arg.value for arg in args if arg.keyword is None])
    return None


def _of_unittest(name: str, args: Sequence[cst.BaseExpression]) -> cst.BaseExpression | None:
    parts = [cst.Module([]).code_for_node(enclosed(arg)) for arg in args[:2]]
    if name in _SINGLE and parts:
        return cst.parse_expression(_SINGLE[name].format(parts[0]))
    if name not in _PAIRS or len(parts) < 2:
        return None
    operator = _PAIRS[name]
    if operator == "sorted":
        return cst.parse_expression(f"sorted({parts[0]}) == sorted({parts[1]})")
    return cst.parse_expression(f"{parts[0]} {operator} {parts[1]}")


def inlined(node: cst.BaseExpression, values: Mapping[str, cst.BaseExpression]) -> cst.BaseExpression:
    """The expression with names replaced by what they were assigned."""
    if not values:
        return node
    changed = node.visit(_Inliner(values))
    return changed if isinstance(changed, cst.BaseExpression) else node


class _Inliner(cst.CSTTransformer):
    def __init__(self, values: Mapping[str, cst.BaseExpression]) -> None:
        super().__init__()
        self._values = values

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
        return updated_node.with_changes(attr=original_node.attr)

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        return updated_node.with_changes(keyword=original_node.keyword)

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
        value = self._values.get(original_node.value)
        return updated_node if value is None else enclosed(value.deep_clone())


def blocks(node: cst.CSTNode) -> Iterator[Sequence[cst.CSTNode]]:
    """The statements of each block at or below a node, the outermost block first."""
    if isinstance(node, cst.IndentedBlock):
        yield node.body
    for child in node.children:
        if not isinstance(child, cst.BaseExpression):
            yield from blocks(child)
