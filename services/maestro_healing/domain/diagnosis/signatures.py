"""How the parameters of a callable changed."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.cochange import Place
from maestro_healing.domain.diagnosis.successors import name_likeness
from maestro_healing.domain.diagnosis.surface import Parameter, Surface, Symbol
from maestro_healing.domain.model import Evidence, EvidenceKind

_LEAST_NAME = 0.6


@dataclass(frozen=True)
class SignatureChange:
    """One callable at both revisions; parameters without `self` and `cls`."""

    old: Symbol
    new: Symbol
    before: tuple[Parameter, ...]
    after: tuple[Parameter, ...]

    @property
    def removed(self) -> tuple[Parameter, ...]:
        """Parameters that are gone by name."""
        names = {p.name for p in self.after}
        return tuple(p for p in self.before if p.name not in names and not p.is_variadic)

    @property
    def added(self) -> tuple[Parameter, ...]:
        """Parameters that are new by name."""
        names = {p.name for p in self.before}
        return tuple(p for p in self.after if p.name not in names and not p.is_variadic)

    @property
    def places_before(self) -> tuple[str, ...]:
        """What a call could give by place."""
        return tuple(p.name for p in self.before if p.is_positional)

    @property
    def places_after(self) -> tuple[str, ...]:
        """What a call can give by place."""
        return tuple(p.name for p in self.after if p.is_positional)

    @property
    def callee(self) -> str:
        """The name that a call is written with."""
        return (self.new.parent if self.new.name == "__init__" else self.new.path).rpartition(".")[2]


def signature_change(qualname: str, change: ProductChange) -> SignatureChange | None:
    """The change of the callable that Python names so in a message;
    None where it is not one of the product that changed.
    """
    if change.base is None:
        return None
    plain = qualname.replace(".<locals>", "")
    for new in change.head.named(plain):
        old = _at_base(new, plain, change.base)
        if old is not None and old.parameters != new.parameters:
            return SignatureChange(old, new, _own(old.parameters), _own(new.parameters))
    return None


def _at_base(new: Symbol, qualname: str, base: Surface) -> Symbol | None:
    same = base.get(new.path)
    others = base.named(qualname) if same is None else ()
    return same or (others[0] if len(others) == 1 else None)


def _own(parameters: Sequence[Parameter]) -> tuple[Parameter, ...]:
    return tuple(p for p in parameters if p.name not in ("self", "cls"))


def _uses(places: list[Place], name: str) -> list[Place]:
    """Places that use the name; a declaration that stands where another stood says nothing."""
    declares = re.compile(rf"(async )?def |{re.escape(name)}\s*[:=,]")
    return [place for place in places if not declares.match(place.text)]


def renamed_parameter(
    old: Parameter, change: SignatureChange, product: ProductChange
) -> tuple[Parameter, list[Evidence]] | None:
    """The new parameter that is the old one under another name, with what says so."""
    best: tuple[float, Parameter, list[Evidence]] | None = None
    for new in change.added:
        likeness = name_likeness(old.name, new.name)
        places = _uses(product.substitutions.get((old.name, new.name), []), new.name)
        mention = product.documents.naming(old.name, new.name)
        same_place = change.before.index(old) == change.after.index(new) and len(change.before) == len(
            change.after
        )
        if likeness < _LEAST_NAME and not places and not mention:
            continue
        evidence = []
        if likeness >= _LEAST_NAME:
            sentence = f"The names `{old.name}` and `{new.name}` are {likeness:.0%} alike."
            evidence.append(Evidence(EvidenceKind.SIMILAR_NAME, sentence))
        if places:
            sentence = (
                f"The product's own code changed so at {places[0].file}:{places[0].line}: `{places[0].text}`."
            )
            evidence.append(Evidence(EvidenceKind.CALL_SITES_CHANGED, sentence))
        if mention:
            sentence = f"{mention.file}:{mention.line} says: {mention.text[:160]!r}."
            evidence.append(Evidence(EvidenceKind.DOCS_NAME_IT, sentence))
        if same_place and old.default == new.default and old.kind == new.kind:
            sentence = f"`{new.name}` stands in the place of `{old.name}`, with the same default."
            evidence.append(Evidence(EvidenceKind.SAME_SIGNATURE, sentence))
        if len(change.added) == 1:
            evidence.append(Evidence(EvidenceKind.ONLY_CANDIDATE, f"`{new.name}` is the only new parameter."))
        score = likeness + len(places) + bool(mention) + same_place
        if best is None or score > best[0]:
            best = (score, new, evidence)
    return (best[1], best[2]) if best else None
