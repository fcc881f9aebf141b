"""Comparisons whose expected side states another value than the product gives now."""

import ast
import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import libcst as cst

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.rewrite.literals import read_value
from maestro_healing.domain.rewrite.literals.values import tree_of
from maestro_healing.domain.rewrite.references import terminal
from maestro_healing.domain.runs import Compared, Value
from maestro_healing.domain.strategies.expectations import fragments
from maestro_healing.domain.strategies.expectations.adapting import adapted, is_singleton, with_operator
from maestro_healing.domain.strategies.expectations.checks import Check, checks_of
from maestro_healing.domain.strategies.expectations.edits import Edit
from maestro_healing.domain.strategies.expectations.scene import Scene, View
from maestro_healing.domain.strategies.expectations.tracing import Place, Tracer

_EXIT = re.compile(r"exit_?code|return_?code|exit_?status")
_MOST_DIGITS = 17
_APPROXIMATE = 1e-7  # well within the 1e-6 that approx allows


def changed_values(scene: Scene, change: ProductChange) -> Iterator[Sequence[Edit]]:
    """Edits of what the failing statement expects, the likeliest first."""
    compared = scene.failure.compared
    view = scene.views[0] if scene.views else None
    if compared is None or view is None or view.statement is None:
        return
    for check in checks_of(view.statement):
        if check.operator == compared.operator:
            yield from _Comparison(check, compared, view, Tracer(scene), change).edits()


@dataclass(frozen=True)
class _Comparison:
    """The check that failed, with the values that it compared."""

    check: Check
    compared: Compared
    view: View
    tracer: Tracer
    change: ProductChange

    def edits(self) -> Iterator[Sequence[Edit]]:
        match self.check.operator:
            case "==" | "is":
                yield from self._equal()
            case "in":
                yield from self._contained()
            case "startswith" | "endswith":
                yield from self._affix()

    def _equal(self) -> Iterator[Sequence[Edit]]:
        """Either side may be the one that the test expects; most tests have it on the right."""
        check, compared = self.check, self.compared
        for node, expected, observed in (
            (check.right, compared.right, compared.left),
            (check.left, compared.left, compared.right),
        ):
            place = self.tracer.trace(node, check.whole, self.view)
            old, new = read_value(expected.source), read_value(observed.source)
            if place is not None and isinstance(place.node, cst.Call):
                place, old, new = _approximate(place, place.node, old, new)
            if place is None or old is None or new is None:
                continue
            other = check.left if node is check.right else check.right
            if _tells_failure(self.view.code(other), old, new):
                continue
            if place.node is node and check.comparison and is_singleton(old) != is_singleton(new):
                edits = with_operator(place, check.comparison, old, new, observed.imports)
            else:
                edits = adapted(place, old, new, self.tracer, observed.imports)
            if edits:
                yield edits
                return

    def _contained(self) -> Iterator[Sequence[Edit]]:
        """A text that is looked for in another one or in a collection, or a collection that lacks a value."""
        place = self.tracer.trace(self.check.left, self.check.whole, self.view)
        old = read_value(self.compared.left.source)
        if place is None or old is None:
            return
        text = _text(old)
        for found, seen in self._successors(text) if text is not None else ():
            yield adapted(place, old, ast.Constant(found), self.tracer, seen=seen)
        container = self.tracer.trace(self.check.right, self.check.whole, self.view)
        known = read_value(self.compared.right.source)
        if container is None or place.node is not self.check.left or not isinstance(place.node, cst.Name):
            return
        if isinstance(known, ast.List | ast.Tuple | ast.Set):
            yield adapted(container, known, type(known)([*known.elts, old]), self.tracer)

    def _successors(self, fragment: str) -> Iterator[tuple[str, str]]:
        """What may be looked for now, with the text that it stands in."""
        for text in _texts(self.compared.right, fragment):
            for found in fragments.successors(fragment, text):
                widened = fragments.widened(found, text, self.change.constants.substitutions)
                yield from ((part, text) for part in dict.fromkeys((widened, found)))

    def _affix(self) -> Iterator[Sequence[Edit]]:
        place = self.tracer.trace(self.check.right, self.check.whole, self.view)
        old = read_value(self.compared.right.source)
        affix, text = _text(old), self.compared.left.text
        if place is None or old is None or affix is None:
            return
        alike = fragments.starts_alike if self.check.operator == "startswith" else fragments.ends_alike
        found = alike(affix, text)
        if found:
            yield adapted(place, old, ast.Constant(found), self.tracer, seen=text)


def _tells_failure(subject: str, old: ast.expr, new: ast.expr) -> bool:
    """Whether what succeeded fails now: such a status is no value to copy."""
    match old, new:
        case ast.Constant(value=int() as before), ast.Constant(value=int() as after):
            is_answer = "status" in subject and 200 <= before < 400 <= after < 600
            is_exit = _EXIT.search(subject) is not None and before == 0 and after == 1
            return is_answer or is_exit
    return False


def _approximate(
    place: Place, call: cst.Call, old: ast.expr | None, new: ast.expr | None
) -> tuple[Place, ast.expr | None, ast.expr | None]:
    """What `approx` wraps, and the value in as many digits as are needed."""
    if terminal(call.func) != "approx" or not call.args or not isinstance(new, ast.Constant):
        return place, old, new
    inner, value = call.args[0].value, new.value
    if not isinstance(value, int | float):
        return place, old, new
    short = (float(f"{value:.{digits}g}") for digits in range(1, _MOST_DIGITS))
    written = next((v for v in short if math.isclose(v, value, rel_tol=_APPROXIMATE)), value)
    return replace(place, node=inner), tree_of(place.located.code(inner)), ast.Constant(written)


def _text(value: ast.expr | None) -> str | None:
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, str) else None


def _texts(container: Value, fragment: str) -> Iterator[str]:
    """Where the fragment may have a successor: the container itself, or the member most like it."""
    if container.type == "builtins.str":
        yield container.text
        return
    value = read_value(container.source)
    if isinstance(value, ast.List | ast.Tuple | ast.Set):
        nearest = fragments.nearest(fragment, [text for e in value.elts if (text := _text(e)) is not None])
        if nearest is not None:
            yield nearest
