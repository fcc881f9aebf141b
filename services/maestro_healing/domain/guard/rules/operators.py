"""Comparisons that more values pass than before."""

import ast
import re

from maestro_healing.domain.guard.facts import Check
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.relations import Relation
from maestro_healing.domain.guard.rules.weakening import Weakening
from maestro_healing.domain.guard.source import last_name

_LOSSY_CALLS = ("len", "type", "bool", "int", "abs", "round", "any", "id", "callable", "max", "min", "sum")
_LOSSY_METHODS = ("lower", "upper", "casefold", "strip", "lstrip", "rstrip", "keys", "title", "count")
_BOUNDS = ("<", "<=", ">", ">=")
_ANYTHING = re.compile(r"\b(ANY|IsAnything|Anything|AnyThing|anything)\b")


def judge(old: Check, new: Check) -> Weakening | None:
    """A looser operator, a part of the value instead of the whole, or a comparison with anything."""
    if (old.relation is None and old.op == new.op == "called") or (
        old.op == "called" and new.relation is not None
    ):
        loosened = new.strength < old.strength and new.op == "called"
    elif old.relation is None or new.relation is None:
        return None
    else:
        loosened = _looser(old, new) or _partial(old, new) or _some(old, new)
    if (
        not loosened
        and _ANYTHING.search(new.expected)
        and len(_ANYTHING.findall(new.expected)) > len(_ANYTHING.findall(old.expected))
    ):
        loosened = True
    if not loosened:
        return None
    return Weakening(Kind.OPERATOR_LOOSENED, new.place, f"`{new.text}` demands less than `{old.text}`")


def collapsed(old: Check, new: Check) -> Weakening | None:
    """A check of something else that came in the stead of an exact one and demands next to nothing."""
    if old.relation is None or new.relation is None or old.strength < 5 or new.strength > 1:
        return None
    if isinstance(new.relation.expected, ast.Constant) and new.op == "==":
        return None
    return Weakening(Kind.OPERATOR_LOOSENED, new.place, f"`{new.text}` stands where `{old.text}` stood")


def _looser(old: Check, new: Check) -> bool:
    if new.op == "approx" and old.op in ("==", "is"):
        return False  # how far off is the matter of the tolerance rule
    if new.strength < old.strength:
        return not _same_meaning(old, new)
    if new.strength > old.strength or old.relation is None or new.relation is None:
        return False
    if (old.op, new.op) in ((">", ">="), ("<", "<=")) and old.expected == new.expected:
        return True
    if old.op[0] == new.op[0] and old.op in _BOUNDS and old.value is not None and new.value is not None:
        further = new.value > old.value if old.op[0] == "<" else new.value < old.value
        return old.subject == new.subject and further
    if old.op == new.op == "contains":
        return _shorter(old.relation, new.relation)
    if old.op == new.op and old.op in ("in", "isinstance"):
        before, now = _alternatives(old.relation), _alternatives(new.relation)
        return before < now or now == {"object"} != before
    if old.op == new.op == "or":
        return len(new.relation.arms) > len(old.relation.arms)
    return False


def _same_meaning(old: Check, new: Check) -> bool:
    """`len(x) == 0` and `not x`, `x == True` and `x`: written otherwise, no looser in practice."""
    if new.op == "falsy" and old.op == "==":
        return old.expected in ("0", "False") and (old.subject.startswith("len(") or old.expected == "False")
    if new.op == "truthy" and old.op in (">", "!=") and old.subject.startswith("len("):
        return old.expected == "0"
    # A condition over the same call, e.g. `x.startswith("a")` for `x[:1] == "a"`, tells as much.
    return (
        new.op in ("contains", "matches")
        and old.op == "=="
        and old.expected == new.expected
        and old.subject.endswith("]")
    )


def _shorter(old: Relation, new: Relation) -> bool:
    match old.expected, new.expected:
        case ast.Constant(value=str() as before), ast.Constant(value=str() as now):
            return len(now) < len(before) and now in before
    return False


def _alternatives(relation: Relation) -> set[str]:
    node = relation.expected
    if isinstance(node, ast.Tuple | ast.List | ast.Set):
        return {ast.unparse(e) for e in node.elts}
    return set() if node is None else {ast.unparse(node)}


def _partial(old: Check, new: Check) -> bool:
    """Equality of a part or a digest of the value where the whole was compared."""
    if old.op not in ("==", "is") or new.subject == old.subject:
        return False
    for name in _LOSSY_CALLS:
        if new.subject == f"{name}({old.subject})":
            return True
    rest = new.subject.removeprefix(old.subject)
    if rest == new.subject:
        return False
    return rest.startswith(("[Slice(", *(f".{m}(" for m in _LOSSY_METHODS)))


def _some(old: Check, new: Check) -> bool:
    """`any` where `all` was demanded, or `all` of those that a condition lets through."""
    if old.op != "truthy" or new.op != "truthy" or old.relation is None or new.relation is None:
        return False
    before, now = last_name(old.relation.subject), last_name(new.relation.subject)
    if (before, now) == ("all", "any"):
        return old.subject.replace("all", "any") == new.subject.replace("all", "any")
    return before == now == "all" and _conditions(old.relation) < _conditions(new.relation)


def _conditions(relation: Relation) -> int:
    return sum(len(n.ifs) for n in ast.walk(relation.subject) if isinstance(n, ast.comprehension))
