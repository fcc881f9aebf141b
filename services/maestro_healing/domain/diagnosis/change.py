"""What changed in the product between base and head, read once and shared by all who ask."""

from collections.abc import Mapping, Sequence
from functools import cached_property

from maestro_healing.domain.diagnosis.cochange import Place, substitutions
from maestro_healing.domain.diagnosis.constants import Constants
from maestro_healing.domain.diagnosis.documents import Documents
from maestro_healing.domain.diagnosis.prose import Prose
from maestro_healing.domain.diagnosis.surface import Surface, SymbolKind
from maestro_healing.domain.diagnosis.swaps import ExpressionSwap, expression_swaps
from maestro_healing.domain.diagnosis.vocabulary import Vocabulary
from maestro_healing.domain.sources import Project


class ProductChange:
    """The product at both revisions. Without a base there is only the head to look at."""

    def __init__(self, project: Project) -> None:
        self.project = project

    @cached_property
    def head(self) -> Surface:
        """The API at head."""
        return Surface(self.project.head)

    @cached_property
    def base(self) -> Surface | None:
        """The API at base."""
        return Surface(self.project.base) if self.project.base else None

    @cached_property
    def documents(self) -> Documents:
        """What the documents say anew."""
        return Documents(self.project.head, self.project.base)

    @cached_property
    def substitutions(self) -> Mapping[tuple[str, str], list[Place]]:
        """Which names the product's own lines swapped for which."""
        return substitutions(self.project.base, self.project.head) if self.project.base else {}

    @cached_property
    def prose(self) -> Prose:
        """How documents and docstrings changed, line by line."""
        return Prose.of_documents(self.project.head, self.project.base)

    @cached_property
    def updated_tests(self) -> Prose:
        """How the tests changed, line by line."""
        return Prose.of_tests(self.project.head, self.project.base)

    @cached_property
    def expression_swaps(self) -> Sequence[ExpressionSwap]:
        """Which expressions the product's code swapped for others."""
        return expression_swaps(self.project.base, self.project.head)

    @cached_property
    def constants(self) -> Constants:
        """Which texts, numbers and raised types the product's code swapped for others."""
        return Constants(self.project.base, self.project.head)

    @cached_property
    def product_changed(self) -> bool:
        """Whether any of the product's sources differs between base and head."""
        head, base = self.project.head, self.project.base
        if base is None:
            return False
        return any(head.text(path) != base.text(path) for path in {*head.product, *base.product})

    @cached_property
    def vocabulary(self) -> Vocabulary:
        """Which words the product's code gained and lost."""
        return Vocabulary(self.project.head, self.project.base)

    @cached_property
    def product_tops(self) -> frozenset[str]:
        """Names of the product's top-level packages and modules, at either revision."""
        trees = [self.project.head, *([self.project.base] if self.project.base else [])]
        return frozenset(name for tree in trees for _, name in tree.packages)

    def is_product(self, path: str) -> bool:
        """Whether a dotted path belongs to the product."""
        return path.partition(".")[0] in self.product_tops

    @cached_property
    def access(self) -> Mapping[str, tuple[str, SymbolKind, SymbolKind]]:
        """Members that were a value and are a method now, or the reverse:
        name → path, kind before, kind now.
        """
        found = {}
        for path, old in (self.base.definitions if self.base else {}).items():
            new = self.head.definitions.get(path)
            kinds = {old.kind, new.kind} if new else set()
            if new and len(kinds) > 1 and SymbolKind.FUNCTION in kinds and kinds <= _VALUE_OR_CALL:
                found[old.name] = (path, old.kind, new.kind)
        return found


_VALUE_OR_CALL = {SymbolKind.FUNCTION, SymbolKind.PROPERTY, SymbolKind.ATTRIBUTE}
