"""Which constants of the product that were swapped explain how a text changed."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from maestro_healing.domain.diagnosis.constants import FIELD, QUOTED_FIELD, Substitution
from maestro_healing.domain.diagnosis.wording import (
    Made,
    Region,
    count_digits,
    count_letters,
    made_by,
    regions,
    unquoted,
)

_LEAST_LETTERS = 4
_LEAST_DIGITS = 3
_LEAST_FIXED_LETTERS = 3

Pairs = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class TextChange:
    """A text, and what came in its place; `seen` is the whole of which the new one is a part."""

    old: str
    new: str
    seen: str

    @cached_property
    def regions(self) -> Sequence[Region]:
        """Where they differ in more than space."""
        return [r for r in regions(self.old, self.new) if (r.old + r.new).strip()]

    @property
    def pairs(self) -> Pairs:
        """What stands for what."""
        return frozenset((r.old.strip(), r.new.strip()) for r in self.regions)

    def explained_by(self, substitutions: Sequence[Substitution]) -> list[Substitution]:
        """Those that together made every difference; none where something is left over."""
        texts = [s for s in substitutions if s.kind == "text"]
        used: list[Substitution] = []
        for region in self.regions:
            made = next(self._makers(region, texts), None)
            if made is None:
                return []
            used += made
        return list(dict.fromkeys(used))

    def _makers(
        self, region: Region, substitutions: Sequence[Substitution]
    ) -> Iterator[Sequence[Substitution]]:
        """What made a difference: one substitution, or two of one function, the new text and the old one."""
        old = [s for s in substitutions if s.old and self._made_before(region, s)]
        new = [s for s in substitutions if s.new and any(self._made_anew(region, s))]
        yield from ([s] for s in new if s in old)
        if not region.new.strip():
            yield from ([s] for s in old if not s.new)
        if not region.old.strip():
            yield from ([s] for s in new if not s.old and _says(region.new, s.new))
        yield from ([s, other] for s in new for other in old if s.scope == other.scope)

    def _made_before(self, region: Region, substitution: Substitution) -> bool:
        made = made_by(substitution.old, self.old)
        return any(part.touches(region.old_start, len(region.old)) for part in made)

    def _made_anew(self, region: Region, substitution: Substitution) -> Iterator[Made]:
        """What the new constant made around a region; its fields hold what the old text had."""
        offset = max(self.seen.find(self.new), 0)
        known = unquoted(self.old)
        for made in made_by(substitution.new, self.seen):
            has_known_fields = all(unquoted(value) in known for value in made.fields)
            if has_known_fields and made.touches(region.new_start + offset, len(region.new)):
                yield made


def _says(text: str, template: str) -> bool:
    """Whether a text has words of a template, not only what stands in its fields."""
    fixed = template.replace(FIELD, "\n").replace(QUOTED_FIELD, "\n").split("\n")
    return any(part.strip() in text and count_letters(part) >= _LEAST_FIXED_LETTERS for part in fixed)


def rendered(substitution: Substitution) -> Pairs:
    """What a substitution of templates changes in a text, whatever stands in the fields."""
    texts = (substitution.old, substitution.new)
    old, new = (text.replace(FIELD, "x").replace(QUOTED_FIELD, "'x'") for text in texts)
    return TextChange(old, new, new).pairs


def is_telling(pairs: Pairs | Sequence[tuple[str, str]]) -> bool:
    """Whether a difference can hardly be the same as another one by chance."""
    changed = "".join(part for pair in pairs for part in pair)
    has_fields = FIELD in changed or QUOTED_FIELD in changed
    is_long = count_letters(changed) >= _LEAST_LETTERS or count_digits(changed) >= _LEAST_DIGITS
    return has_fields or is_long
