"""What all edits have in common."""

from dataclasses import dataclass
from typing import Protocol, runtime_checkable

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


@runtime_checkable
class TextRule(Protocol):
    """An edit of a text that need not parse."""

    @property
    def whole_file(self) -> bool:
        """As a Rule's."""
        ...

    def rewrite_text(self, text: str) -> str:
        """The text with the edit made; the same one where there is nothing to edit."""
        ...


@dataclass(frozen=True)
class InFile:
    """A rule for one file among those that a proposal edits."""

    path: str
    rule: Rule

    whole_file = True


AnyRule = Rule | TextRule | InFile


def rewrite_text(text: str, rule: AnyRule, scope: Scope) -> str:
    """The text with the rule's edit; unchanged where it does not parse or has nothing to edit."""
    if isinstance(rule, InFile):
        return rewrite_text(text, rule.rule, scope)
    if isinstance(rule, TextRule):
        return rule.rewrite_text(text)
    try:
        module = cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError):
        return text
    return rule.rewrite(module, scope).code
