"""Which definition at head took the place of one that stood at base."""

from collections.abc import Iterable
from dataclasses import dataclass
from difflib import SequenceMatcher

from maestro_healing.domain.diagnosis.surface import Surface, Symbol, SymbolKind

_LEAST_BODY = 0.6
_LEAST_NAME = 0.6
_SAME_BODY = 0.95
_CALLABLE = {SymbolKind.FUNCTION, SymbolKind.CLASS}
_TRIVIAL_TOKENS = 8


@dataclass(frozen=True)
class Successor:
    """A candidate: how alike bodies and names are (0 to 1), and whether it has the same parent and name."""

    old: Symbol
    new: Symbol
    body: float
    name: float

    @property
    def has_same_body(self) -> bool:
        """Whether it does the same, but for its name."""
        return self.body >= _SAME_BODY and len(self.old.tokens) > _TRIVIAL_TOKENS

    @property
    def has_similar_body(self) -> bool:
        """Whether it does much the same."""
        return self.body >= _LEAST_BODY and len(self.old.tokens) > _TRIVIAL_TOKENS

    @property
    def is_renamed(self) -> bool:
        """Whether it is the old one itself; a short body says so in its place and with its parameters."""
        in_place = self.has_same_parent and self.old.parameters == self.new.parameters
        return self.has_same_body or (self.body >= _SAME_BODY and in_place)

    @property
    def has_same_name(self) -> bool:
        """Whether only the place changed."""
        return self.old.name == self.new.name

    @property
    def has_same_parent(self) -> bool:
        """Whether only the name changed."""
        return self.old.parent == self.new.parent

    @property
    def score(self) -> float:
        """For ranking candidates among each other; not a confidence."""
        return self.body + self.name + 0.5 * self.has_same_parent + 0.5 * self.has_same_name


def successors(old: Symbol, base: Surface, head: Surface) -> list[Successor]:
    """Definitions that are new at head and could be `old` under another name or in another place,
    best first.
    """
    found = [_compare(old, new) for new in _added(old, base, head)]
    return sorted((s for s in found if _is_plausible(s)), key=lambda s: s.score, reverse=True)


def name_likeness(old: str, new: str) -> float:
    """How alike two names are, 0 to 1; underscores and case aside."""
    plain_old, plain_new = old.replace("_", "").lower(), new.replace("_", "").lower()
    if not plain_old or not plain_new:
        return 0.0
    alike = SequenceMatcher(None, plain_old, plain_new).ratio()
    parts_old, parts_new = set(old.lower().split("_")) - {""}, set(new.lower().split("_")) - {""}
    contained = bool(parts_new) and bool(parts_old) and (parts_new <= parts_old or parts_old <= parts_new)
    return max(alike, 0.75 if contained else 0.0)


def body_likeness(old: Symbol, new: Symbol) -> float:
    """How alike the two definitions are, 0 to 1."""
    matcher = SequenceMatcher(None, old.tokens, new.tokens, autojunk=False)
    if matcher.real_quick_ratio() < _LEAST_BODY or matcher.quick_ratio() < _LEAST_BODY:
        return 0.0
    return matcher.ratio()


def _added(old: Symbol, base: Surface, head: Surface) -> Iterable[Symbol]:
    in_class = _holder(old, base) is SymbolKind.CLASS
    for path, new in head.definitions.items():
        comparable = new.kind is old.kind or {new.kind, old.kind} <= _CALLABLE
        if not comparable or path in base.definitions:
            continue
        if in_class and new.parent != old.parent:
            continue
        if not in_class and _holder(new, head) is SymbolKind.CLASS:
            continue
        yield new


def _holder(symbol: Symbol, surface: Surface) -> SymbolKind | None:
    parent = surface.definitions.get(symbol.parent)
    return parent.kind if parent else None


def _compare(old: Symbol, new: Symbol) -> Successor:
    return Successor(old, new, body_likeness(old, new), name_likeness(old.name, new.name))


def _is_plausible(candidate: Successor) -> bool:
    if candidate.has_same_name:
        return True
    if candidate.has_same_parent:
        return candidate.has_similar_body or candidate.name >= _LEAST_NAME
    return (candidate.has_similar_body and candidate.name >= _LEAST_NAME) or candidate.has_same_body
