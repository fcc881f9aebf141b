"""What speaks for a changed expectation besides the value that the test saw.

The product's own diff explains it. A witness stands outside of the changed function: the same change in
another one, a document or docstring that says the new and not the old, a test that was updated already.
"""

import ast
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.constants import FIELD, QUOTED_FIELD, Substitution
from maestro_healing.domain.diagnosis.explanation import TextChange, is_telling, rendered
from maestro_healing.domain.diagnosis.swaps import HOLE, ExpressionSwap
from maestro_healing.domain.diagnosis.wording import count_digits, count_letters
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.runs import Frame

_SHOWN = 120
_LEAST_DIGITS = 3
_LEAST_QUOTED_LETTERS = 20
_LEAST_QUOTED_WORDS = 3
_MOST_ALONE = 2
_LEAST_GIVEN_UP = 3
_LEAST_OTHER_RAISES = 2
_LEAST_PAIRS = 2
_CALLED = re.compile(r"[\w.]+")


@dataclass(frozen=True)
class Swap:
    """A part of an expectation, as expressions, before and after; empty where it comes or goes.

    `seen` is the whole text of which the new one is a part, where it is one.
    """

    old: str
    new: str
    seen: str = ""


def support(swaps: Sequence[Swap], change: ProductChange) -> list[Evidence]:
    """The evidence for all of an edit: what speaks for a part of it only is not told."""
    found = [_support_of(swap, change) for swap in swaps]
    diffs = [diff for diff, _ in found]
    witnesses = [witness for _, witness in found]
    evidence: list[Evidence] = []
    if diffs and all(diffs):
        evidence += list(dict.fromkeys(diff for diff in diffs if diff))[:_MOST_ALONE]
    if witnesses and all(witnesses):
        evidence += list(dict.fromkeys(witness for witness in witnesses if witness))[:_MOST_ALONE]
    return [*evidence, *_caveat(evidence)]


def raise_support(old: str, new: str, frames: Sequence[Frame], change: ProductChange) -> list[Evidence]:
    """What speaks for one exception in the place of another, besides that it was raised.

    `frames` lead to where it was raised; a document has to name one of their functions beside both types.
    """
    same = [s for s in change.constants.substitutions if (s.kind, s.old, s.new) == ("raise", old, new)]
    raised_at = frames[-1]
    here = [s for s in same if s.file == raised_at.file and _is_scope_of(s.scope, raised_at.function)]
    evidence = [_told(found) for found in here[:1]]
    elsewhere = {s.scope: s for s in same if here and s.scope != here[0].scope}
    if len(elsewhere) >= _LEAST_OTHER_RAISES:
        evidence.append(_other_place(next(iter(elsewhere.values()))))
    product = frozenset(change.project.head.product)
    names = {f.function.rpartition(".")[2] for f in frames if f.file in product}
    mention = change.documents.naming(old, new, *sorted(names))
    if mention is not None:
        sentence = f"{mention.file}:{mention.line} says: {mention.text[:160]!r}."
        evidence.append(Evidence(EvidenceKind.DOCS_NAME_IT, sentence))
    return [*evidence, *_caveat(evidence)]


def swap_support(swap: ExpressionSwap, change: ProductChange) -> list[Evidence]:
    """What speaks for making the product's own swap of an expression in a test, too."""
    (scope, place), *others = swap.places.items()
    old, new = (side.replace(HOLE, "_") for side in (swap.old, swap.new))
    sentence = (
        f"The product's diff says the same: {place.file}:{place.line} (`{scope}`) has `{new}` "
        f"where it had `{old}`."
    )
    evidence = [Evidence(EvidenceKind.PRODUCT_DIFF, sentence)]
    rivals = [other for other in change.expression_swaps if other.old == swap.old and other is not swap]
    if others and all(len(other.places) < len(swap.places) for other in rivals):
        scope, place = others[0]
        sentence = (
            f"It made the same swap in {len(swap.places)} functions, among them `{scope}` "
            f"({place.file}:{place.line})."
        )
        evidence.append(Evidence(EvidenceKind.CHANGED_ELSEWHERE, sentence))
    elif not rivals:
        evidence += _given_up(swap, change)
    return [*evidence, *_caveat(evidence)]


def _given_up(swap: ExpressionSwap, change: ProductChange) -> Iterator[Evidence]:
    """That the product stopped using a library altogether: other swaps of what it offers."""
    library = _CALLED.match(swap.old)
    module = library[0].rpartition(".")[0] if library else ""
    family = [other for other in change.expression_swaps if module and other.old.startswith(f"{module}.")]
    places = {scope: place for other in family for scope, place in other.places.items()}
    others = [(scope, place) for scope, place in places.items() if scope not in swap.places]
    if len(others) >= _LEAST_GIVEN_UP:
        scope, place = others[0]
        sentence = (
            f"It gave up `{module}` in {len(others)} other functions as well, among them `{scope}` "
            f"({place.file}:{place.line})."
        )
        yield Evidence(EvidenceKind.CHANGED_ELSEWHERE, sentence)


def _is_scope_of(scope: str, function: str) -> bool:
    name = function.rpartition(".")[2]
    return scope == name or scope.endswith(f".{name}")


def _caveat(evidence: Sequence[Evidence]) -> Iterator[Evidence]:
    kinds = {found.kind for found in evidence}
    if not kinds:
        sentence = (
            "Nothing but the observed value supports this: neither the product's diff nor a document, "
            "another test or a caller names it."
        )
        yield Evidence(EvidenceKind.OBSERVED_ONLY, sentence)
    elif kinds == {EvidenceKind.PRODUCT_DIFF}:
        sentence = (
            "Evidence is lacking outside of the changed code, and a bug has a diff too: no document, "
            "other test or caller names the new value."
        )
        yield Evidence(EvidenceKind.OBSERVED_ONLY, sentence)


def _support_of(swap: Swap, change: ProductChange) -> tuple[Evidence | None, Evidence | None]:
    """What the product's diff says of a swap, and a witness outside of it."""
    old, new = text_of(swap.old), text_of(swap.new)
    if old is None or new is None:
        return _of_value(swap, change)
    text = TextChange(old, new, swap.seen or new)
    explaining = text.explained_by(change.constants.substitutions)
    diff = _told(explaining[0]) if explaining else None
    if explaining:
        elsewhere = _elsewhere(text, explaining, change)
        if elsewhere is not None:
            return diff, elsewhere
    return diff, _documented(text, change) or _in_tests(text, change)


def text_of(source: str) -> str | None:
    """The text that an expression stands for; empty for none, None where it is no text."""
    if not source:
        return ""
    try:
        value = ast.literal_eval(source)
    except (ValueError, SyntaxError):
        return None
    return value if isinstance(value, str) else None


def _of_value(swap: Swap, change: ProductChange) -> tuple[Evidence | None, Evidence | None]:
    """Numbers and the like: the very same swap of one constant for another."""
    same = [
        s
        for s in change.constants.substitutions
        if s.kind == "number" and (s.old, s.new) == (swap.old, swap.new)
    ]
    diff = _told(same[0]) if same else None
    is_long = min(count_digits(part) for part in (swap.old, swap.new)) >= _LEAST_DIGITS
    if is_long and len({s.scope for s in same}) > 1:
        return diff, _other_place(same[-1])
    return diff, _in_tests(TextChange(swap.old, swap.new, swap.new), change) if is_long else None


def _told(substitution: Substitution) -> Evidence:
    old, new = _shown(substitution.old), _shown(substitution.new)
    where = f"{substitution.where} (`{substitution.scope}`)"
    if substitution.old and substitution.new:
        sentence = f"The product's diff says the same: {where} has {new} where it had {old}."
    elif substitution.new:
        sentence = f"The product's diff says the same: {where} has {new}, which is new."
    else:
        sentence = f"The product's diff says the same: {where} has lost {old}."
    return Evidence(EvidenceKind.PRODUCT_DIFF, sentence)


def _shown(template: str) -> str:
    text = template.replace(QUOTED_FIELD, "{!r}").replace(FIELD, "{}")
    return repr(text if len(text) <= _SHOWN else f"{text[:_SHOWN]} ...")


def _elsewhere(
    text: TextChange, explaining: Sequence[Substitution], change: ProductChange
) -> Evidence | None:
    """The same difference in another function."""
    scopes = {found.scope for found in explaining}
    others = [
        s
        for s in change.constants.substitutions
        if s.kind == "text" and s.old and s.new and s.scope not in scopes
    ]
    if is_telling(text.pairs) or len(text.pairs) >= _LEAST_PAIRS:
        other = next((o for o in others if rendered(o) == text.pairs), None)
        if other is not None:
            return _other_place(other)
    same = []
    for found in explaining:
        alike = (o for o in others if found.old and found.new and o.difference == found.difference)
        same.append(next(alike, None) if is_telling(found.difference) else None)
    return _other_place(same[0]) if same[0] and all(same) else None


def _other_place(other: Substitution) -> Evidence:
    sentence = (
        f"The product made the same change in another function: {other.where} (`{other.scope}`) has "
        f"{_shown(other.new)} where it had {_shown(other.old)}."
    )
    return Evidence(EvidenceKind.CHANGED_ELSEWHERE, sentence)


def _documented(text: TextChange, change: ProductChange) -> Evidence | None:
    """A document that shows the same difference, or quotes the new text."""
    line = change.prose.swapping(_telling(text))
    is_long = (
        count_letters(text.new) >= _LEAST_QUOTED_LETTERS and len(text.new.split()) >= _LEAST_QUOTED_WORDS
    )
    if line is None and is_long:
        line = change.prose.quoting(text.new)
    if line is None:
        return None
    return Evidence(EvidenceKind.DOCS_NAME_IT, f"{line.file}:{line.line} says: {line.text[:160]!r}.")


def _in_tests(text: TextChange, change: ProductChange) -> Evidence | None:
    """A test that was updated in the same way."""
    line = change.updated_tests.swapping(_telling(text))
    if line is None:
        return None
    sentence = f"A test was updated in the same way since base: {line.file}:{line.line}: `{line.text[:160]}`."
    return Evidence(EvidenceKind.TESTS_UPDATED, sentence)


def _telling(text: TextChange) -> list[tuple[str, str]]:
    """What differs, where that can hardly be the same by chance; nothing else."""
    found = [(region.old, region.new) for region in text.regions]
    return found if is_telling(found) else []
