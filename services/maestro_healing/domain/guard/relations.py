"""What a condition or an assertion call demands, in one form for pytest, unittest, nose and numpy style."""

import ast
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from maestro_healing.domain.guard.canonical import canonical, operator
from maestro_healing.domain.guard.source import last_name

Known = Mapping[str, ast.expr]

_MIRROR = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_NEGATION = {
    "==": "!=", "is": "is not", "in": "not in", "<": ">=", ">": "<=", "truthy": "falsy",
    "isinstance": "not isinstance", "contains": "not contains", "matches": "not matches",
}  # fmt: skip
_NEGATION |= {v: k for k, v in _NEGATION.items()}
# Names that stand for names: to follow all of them would not end where each is used twice.
_MOST_NAMES = 4
_EXPECTED_NAMES = ("expect", "want", "desired", "correct", "reference", "golden")


@dataclass(frozen=True)
class Tolerance:
    """How far a value may be off; NaN where it cannot be told."""

    relative: float
    absolute: float

    def around(self, value: float) -> float:
        """The widest difference that passes beside `value`."""
        if math.isnan(self.relative) or math.isnan(self.absolute):
            return math.nan
        return max(self.relative * abs(value), self.absolute)


@dataclass(frozen=True)
class Relation:
    """One demand: `subject op expected`. For `or` the subject is the whole condition, its arms beside it."""

    op: str
    subject: ast.expr
    expected: ast.expr | None = None
    tolerance: Tolerance | None = None
    arms: tuple[tuple["Relation", ...], ...] = ()


def is_literal(node: ast.expr, known: Known, follow: int = _MOST_NAMES) -> bool:
    """Whether the value is written down rather than worked out, by way of so many names at most."""
    match node:
        case ast.Constant():
            return True
        case ast.Name(id=name):
            value = known.get(name) if follow else None
            return (
                value is not None and not isinstance(value, ast.Name) and is_literal(value, known, follow - 1)
            )
        case ast.UnaryOp(operand=operand):
            return is_literal(operand, known, follow)
        case ast.BinOp(left=left, right=right):
            return is_literal(left, known, follow) and is_literal(right, known, follow)
        case ast.List(elts=items) | ast.Tuple(elts=items) | ast.Set(elts=items):
            return all(is_literal(i, known, follow) for i in items)
        case ast.Dict(keys=keys, values=values):
            return all(k is not None and is_literal(k, known, follow) for k in keys) and all(
                is_literal(v, known, follow) for v in values
            )
        case ast.JoinedStr(values=values):
            return all(isinstance(v, ast.Constant) for v in values)
        case _:
            return False


def number(node: ast.expr | None, known: Known) -> float:
    """The number that a node stands for; NaN where it is none."""
    match node:
        case ast.Constant(value=bool()):
            return math.nan
        case ast.Constant(value=int() | float() as value):
            return float(value)
        case ast.UnaryOp(op=ast.USub(), operand=operand):
            return -number(operand, known)
        case ast.BinOp(left=left, op=ast.Pow(), right=right):
            base, power = number(left, known), number(right, known)
            return math.nan if abs(power) > 300 else float(base**power) if base > 0 else math.nan
        case ast.Name(id=name) if name in known and not isinstance(known[name], ast.Name):
            return number(known[name], known)
        case _:
            return math.nan


def demands(node: ast.expr, known: Known) -> list[Relation]:
    """The relations that must all hold for the condition to be true."""
    match node:
        case ast.BoolOp(op=ast.And(), values=values):
            return [r for v in values for r in demands(v, known)]
        case ast.BoolOp(op=ast.Or(), values=values):
            return [Relation("or", node, arms=tuple(tuple(demands(v, known)) for v in values))]
        case ast.UnaryOp(op=ast.Not(), operand=operand):
            return _negated(operand, known)
        case ast.NamedExpr(value=value):
            return demands(value, known)
        case ast.Name(id=name) if isinstance(known.get(name), ast.Compare | ast.BoolOp | ast.UnaryOp):
            return demands(known[name], {k: v for k, v in known.items() if k != name})
        case ast.Compare():
            lefts = [node.left, *node.comparators]
            return [
                _comparison(operator(op), left, right, known)
                for left, op, right in zip(lefts, node.ops, node.comparators, strict=False)
            ]
        case ast.Call():
            return [_predicate(node, known)]
        case _:
            return [Relation("truthy", node)]


def _negated(node: ast.expr, known: Known) -> list[Relation]:
    if isinstance(node, ast.BoolOp) and isinstance(node.op, ast.Or):
        return [r for v in node.values for r in _negated(v, known)]
    inner = demands(node, known)
    if len(inner) == 1 and inner[0].op in _NEGATION:
        only = inner[0]
        return [Relation(_NEGATION[only.op], only.subject, only.expected)]
    return [Relation("falsy", node)]


def _comparison(op: str, left: ast.expr, right: ast.expr, known: Known) -> Relation:
    if (
        op in ("is", "is not", "==", "!=")
        and isinstance(left, ast.Call)
        and last_name(left) == "type"
        and len(left.args) == 1
    ):
        return Relation("isinstance" if op in ("is", "==") else "not isinstance", left.args[0], right)
    if op in ("in", "not in"):
        written = is_literal(left, known) or isinstance(left, ast.JoinedStr)
        if written and not is_literal(right, known):
            return Relation(op.replace("in", "contains"), right, left)
        return Relation(op, left, right)
    if op in ("<", "<=", ">", ">="):
        close = _within(op, left, right, known)
        if close is not None:
            return close
        return Relation(_MIRROR[op], right, left) if is_literal(left, known) else Relation(op, left, right)
    if _looks_expected(left, known) and not _looks_expected(right, known):
        left, right = right, left
    return (
        _close(left, right, known) or Relation(op, left, right) if op == "==" else Relation(op, left, right)
    )


def _looks_expected(node: ast.expr, known: Known) -> bool:
    if is_literal(node, known) or last_name(node) in ("approx", "ANY"):
        return True
    return isinstance(node, ast.Name) and any(part in node.id.lower() for part in _EXPECTED_NAMES)


def _within(op: str, left: ast.expr, right: ast.expr, known: Known) -> Relation | None:
    """`abs(a - b) < t`."""
    if op in (">", ">="):
        left, right = right, left
    match left:
        case ast.Call(func=ast.Name(id="abs"), args=[ast.BinOp(left=a, op=ast.Sub(), right=b)]):
            subject, expected = (b, a) if is_literal(a, known) else (a, b)
            return Relation("approx", subject, expected, Tolerance(0.0, number(right, known)))
    return None


def _close(left: ast.expr, right: ast.expr, known: Known) -> Relation | None:
    """`a == approx(b)`, `round(a, n) == round(b, n)`."""
    match right:
        case ast.Call(args=[expected, *_]) if last_name(right) == "approx":
            return Relation("approx", left, expected, _approx(right, known))
    match left:
        case ast.Call(func=ast.Name(id="round"), args=[subject, *digits]):
            places = number(digits[0], known) if digits else 0.0
            match right:
                case ast.Call(func=ast.Name(id="round"), args=[inner, *_]):
                    right = inner
            absolute = math.nan if math.isnan(places) or abs(places) > 300 else 0.5 * 10**-places
            return Relation("approx", subject, right, Tolerance(0.0, absolute))
    return None


def _argument(call: ast.Call, position: int, *names: str) -> ast.expr | None:
    for keyword in call.keywords:
        if keyword.arg in names:
            return keyword.value
    return call.args[position] if len(call.args) > position else None


def _given(node: ast.expr | None, default: float, known: Known) -> float:
    return default if node is None else number(node, known)


def _approx(call: ast.Call, known: Known) -> Tolerance:
    relative, absolute = _argument(call, 1, "rel"), _argument(call, 2, "abs")
    # pytest's documented rule: an absolute tolerance alone switches the relative default off.
    default = 0.0 if absolute is not None and relative is None else 1e-6
    return Tolerance(_given(relative, default, known), _given(absolute, 1e-12, known))


def _predicate(call: ast.Call, known: Known) -> Relation:
    name, arguments = last_name(call.func), call.args
    if name in ("isinstance", "issubclass") and len(arguments) == 2:
        return Relation("isinstance", arguments[0], arguments[1])
    if name in ("isclose", "allclose") and len(arguments) >= 2:
        math_like = name == "isclose" and getattr(call.func, "value", None) is not None
        relative = _given(_argument(call, 2, "rel_tol", "rtol"), 1e-9 if math_like else 1e-5, known)
        absolute = _given(_argument(call, 3, "abs_tol", "atol"), 0.0 if math_like else 1e-8, known)
        return _oriented("approx", arguments[0], arguments[1], known, Tolerance(relative, absolute))
    if name in ("startswith", "endswith") and len(arguments) == 1 and isinstance(call.func, ast.Attribute):
        return Relation("contains", call.func.value, arguments[0])
    if (
        name in ("match", "search", "fullmatch")
        and len(arguments) == 2
        and isinstance(call.func, ast.Attribute)
    ):
        return Relation("matches", arguments[1], arguments[0])
    if name == "bool" and len(arguments) == 1:
        return demands(arguments[0], known)[0]
    return Relation("truthy", call)


def _oriented(
    op: str, left: ast.expr, right: ast.expr, known: Known, tolerance: Tolerance | None = None
) -> Relation:
    if _looks_expected(left, known) and not _looks_expected(right, known):
        left, right = right, left
    return Relation(op, left, right, tolerance)


_EQUAL = {
    "assertequal", "assertequals", "assertlistequal", "assertdictequal", "assertsequenceequal",
    "asserttupleequal", "assertsetequal", "assertmultilineequal", "assertarrayequal", "assertstringequal",
    "eq",
}  # fmt: skip
_COMPARING = {
    "assertnotequal": "!=", "assertnotequals": "!=", "assertis": "is", "assertisnot": "is not",
    "assertin": "in", "assertnotin": "not in", "assertgreater": ">", "assertgreaterequal": ">=",
    "assertless": "<", "assertlessequal": "<=", "assertnotalmostequal": "!=",
}  # fmt: skip
_SAME_ITEMS = {"assertcountequal", "assertitemsequal"}
_ALMOST = {
    "assertalmostequal": 7,
    "assertalmostequals": 7,
    "assertarrayalmostequal": 6,
    "assertapproxequal": 7,
}


def call_demands(call: ast.Call, known: Known) -> Sequence[Relation] | None:
    """What a well-known assertion function demands; None where the call is no such function."""
    name = last_name(call.func).replace("_", "").lower()
    arguments = call.args
    if any(isinstance(a, ast.Starred) for a in arguments):
        return None
    if arguments and name in ("asserttrue", "assert", "ok", "failunless"):
        return demands(arguments[0], known)
    if arguments and name in ("assertfalse", "failif"):
        return _negated(arguments[0], known)
    if arguments and name in ("assertisnone", "assertisnotnone"):
        return [Relation("is" if name == "assertisnone" else "is not", arguments[0], ast.Constant(None))]
    if len(arguments) < 2:
        return None
    first, second = arguments[0], arguments[1]
    if name in _EQUAL:
        return [_comparison("==", first, second, known)]
    if name in _COMPARING:
        return [_comparison(_COMPARING[name], first, second, known)]
    if name in _SAME_ITEMS:
        return [_oriented("same_items", first, second, known)]
    if name in ("assertisinstance", "assertnotisinstance"):
        return [Relation("isinstance" if name == "assertisinstance" else "not isinstance", first, second)]
    if name in ("assertregex", "assertregexpmatches", "assertnotregex"):
        return [Relation("not matches" if "not" in name else "matches", first, second)]
    if name in _ALMOST:
        return [_oriented("approx", first, second, known, _places(call, _ALMOST[name], known))]
    if name == "assertallclose":
        relative = _given(_argument(call, 2, "rtol"), 1e-7, known)
        return [
            _oriented(
                "approx",
                first,
                second,
                known,
                Tolerance(relative, _given(_argument(call, 3, "atol"), 0.0, known)),
            )
        ]
    return None


def _places(call: ast.Call, default: int, known: Known) -> Tolerance:
    delta = _argument(call, 4, "delta")
    if delta is not None:
        return Tolerance(0.0, number(delta, known))
    places = _given(_argument(call, 2, "places", "decimal", "significant"), default, known)
    return Tolerance(0.0, math.nan if math.isnan(places) or abs(places) > 300 else 0.5 * 10**-places)


def exact_key(relation: Relation, write: Callable[[ast.expr], str]) -> str:
    """Equal for two relations exactly where they demand the same."""
    if relation.op == "or":
        arms = sorted("&".join(sorted(exact_key(r, write) for r in arm)) for arm in relation.arms)
        return f"or({'|'.join(arms)})"
    sides = [write(relation.subject), write(relation.expected) if relation.expected is not None else ""]
    if relation.op in ("==", "!=", "is", "is not", "same_items", "approx"):
        sides.sort()
    tolerance = f"~{relation.tolerance}" if relation.tolerance else ""
    return f"{relation.op}|{'|'.join(sides)}{tolerance}"


def strength(relation: Relation) -> float:
    """How much a relation pins down: the same subject under a weaker one may take more values."""
    match relation.op:
        case "==" | "is":
            if (
                isinstance(relation.expected, ast.Constant)
                and relation.op == "=="
                and isinstance(relation.expected.value, bool)
            ):
                return 1.0
            return 6.0
        case "approx" | "same_items":
            return 5.0
        case "in":
            return 4.0
        case "contains" | "matches" | "<" | "<=" | ">" | ">=":
            return 3.0
        case "isinstance" | "!=" | "not in" | "not contains" | "not matches" | "not isinstance":
            return 2.0
        case "is not":
            return 0.5 if canonical(relation.expected, {}) == "None" else 2.0
        case "or":
            return (
                min((max((strength(r) for r in arm), default=0.0) for arm in relation.arms), default=0.0)
                - 0.5
            )
        case _:
            return 1.0
