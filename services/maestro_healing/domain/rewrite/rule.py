"""What all edits have in common."""

from typing import Protocol

import libcst as cst

from maestro_healing.domain.rewrite.scope import Scope


class Rule(Protocol):
    """One edit, the same for all tests that fail of the same cause. Equal rules are the same edit."""

    @property
    def whole_file(self) -> bool:
        """Whether it makes sense for a file as a whole only, as an import does."""
        ...

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """The module with the edit made within the scope; the same one where there is nothing to edit."""
        ...


def rewrite_text(text: str, rule: Rule, scope: Scope) -> str:
    """The text with the rule's edit; unchanged where it does not parse or has nothing to edit."""
    try:
        module = cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError):
        return text
    return rule.rewrite(module, scope).code
