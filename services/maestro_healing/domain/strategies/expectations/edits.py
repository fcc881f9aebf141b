"""An expectation with another value, as a proposal."""

import ast
import builtins
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import libcst as cst

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.witnesses import Swap, support, text_of
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.expression import ReplaceExpression
from maestro_healing.domain.rewrite.literals.values import replaced, tree_of
from maestro_healing.domain.rewrite.parts import ReplacePart
from maestro_healing.domain.rewrite.references import bound_names, is_free
from maestro_healing.domain.rewrite.scope import WHOLE_FILE, Scope
from maestro_healing.domain.strategies.expectations.tracing import Place
from maestro_healing.domain.strategies.strategy import Proposal

ID = "assertion_update"
_SHOWN = 160
_ADDRESS = re.compile(r"\b0x[0-9a-fA-F]{6,}")
_DEBRIS = re.compile(r"\[['\"]|\{['\"]|<[\w.]+ object\b|<(function|bound) |\b(None|nan|Traceback)\b")


@dataclass(frozen=True)
class Edit:
    """The expression at a place becomes another one, for these swaps of values."""

    place: Place
    new: cst.BaseExpression
    swaps: Sequence[Swap]
    imports: Sequence[str] = ()


@dataclass(frozen=True)
class FileEdit:
    """A data file's text, or a part of it, before and after."""

    file: str
    old: str
    new: str
    swaps: tuple[Swap, ...]


def proposals(
    edits: Sequence[Edit], change: ProductChange, known: Sequence[Evidence] = ()
) -> Iterator[Proposal]:
    """The edits as one, with all that speaks for them (`known`, where the caller found it); none where there
    is nothing to edit, where the file lacks a name, or where what came looks broken.
    """
    swaps = [swap for edit in edits for swap in edit.swaps]
    rules = _rules(edits)
    if not rules or any(looks_broken(swap) for swap in swaps):
        return
    scopes: dict[str, Scope] = {}
    for edit in edits:
        file = edit.place.file
        scopes[file] = scopes.get(file, Scope()) | Scope(frozenset({edit.place.owner}))
    evidence = (_observed(swaps), *(known or support(swaps, change)))
    yield Proposal(ID, tuple(rules), evidence, scopes)


def file_proposals(edit: FileEdit, change: ProductChange) -> Iterator[Proposal]:
    """The edit of a data file, with all that speaks for it."""
    if not any(looks_broken(swap) for swap in edit.swaps):
        evidence = (_observed(edit.swaps), *support(edit.swaps, change))
        yield Proposal(ID, (ReplacePart(edit.old, edit.new),), evidence, {edit.file: WHOLE_FILE})


def _rules(edits: Sequence[Edit]) -> list[ReplaceExpression]:
    """One rule for each anchor, whatever is edited in it."""
    by_anchor: dict[cst.BaseExpression, list[Edit]] = {}
    for edit in edits:
        by_anchor.setdefault(edit.place.anchor, []).append(edit)
    rules = []
    for anchor, parts in by_anchor.items():
        place = parts[0].place
        whole = anchor
        for part in parts:
            whole = replaced(whole, part.place.node, part.new)
        old, new = place.located.code(anchor), place.located.code(whole)
        imports = tuple(sorted({path for part in parts for path in part.imports}))
        if new == old or not all(_is_nameable(part.new, part.imports, part.place) for part in parts):
            return []
        rules.append(ReplaceExpression(place.owner, old, new, place.located.line(anchor), imports))
    return rules


def looks_broken(swap: Swap) -> bool:
    """Whether an address came into a value, or the repr of an object or a nothing into a text."""
    old, new = text_of(swap.old), text_of(swap.new)
    has_debris = bool(old and new and _DEBRIS.search(new) and not _DEBRIS.search(old))
    return has_debris or bool(_ADDRESS.search(swap.new) and not _ADDRESS.search(swap.old))


def _observed(swaps: Sequence[Swap]) -> Evidence:
    first = swaps[0] if swaps else Swap("", "")
    more = f" ({len(swaps) - 1} more such)" if len(swaps) > 1 else ""
    if not first.old:
        sentence = f"The product gives {_short(first.new)} besides what the test expects{more}."
    elif not first.new:
        sentence = f"The product does not give {_short(first.old)}, which the test expects{more}."
    else:
        sentence = f"The product gives {_short(first.new)} where the test expects {_short(first.old)}{more}."
    return Evidence(EvidenceKind.OBSERVED_VALUE, sentence)


def _short(source: str) -> str:
    return f"`{source if len(source) <= _SHOWN else source[:_SHOWN] + ' ...'}`"


def _is_nameable(node: cst.BaseExpression, imports: Sequence[str], place: Place) -> bool:
    """Whether every name in an expression is bound in the file, or is imported with it."""
    tree = tree_of(place.located.code(node))
    if tree is None:
        return False
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    bound = bound_names(place.located.module)
    new = {path.rpartition(".")[2] for path in imports}
    is_importable = all(is_free(name, place.located.module, place.located.node) for name in new)
    return is_importable and used <= bound | new | set(vars(builtins))
