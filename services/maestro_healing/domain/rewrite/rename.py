"""A symbol or module that is now found under another path."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import cast

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem

from maestro_healing.domain.rewrite.references import (
    Reference,
    bound_names,
    dotted,
    dotted_node,
    references,
    terminal,
)
from maestro_healing.domain.rewrite.scope import Scope
from maestro_healing.domain.rewrite.unused import remove_unused_imports

_PATCHERS = {"patch", "setattr", "delattr", "import_module", "importorskip"}


@dataclass(frozen=True)
class RenameSymbol:
    """What was imported from `old` (a dotted path) is imported from `new`, and used by its new name."""

    old: str
    new: str
    is_module: bool = False

    whole_file = True

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Imports, references and the paths given to `patch` and its like."""
        found = references(module, lambda name: name == self.old)
        transformer = _Rename(self, found, bound_names(module))
        changed = module.visit(transformer)
        if transformer.imports_needed:
            context = CodemodContext()
            is_whole = self.is_module or "." not in self.new
            item = ImportItem(self.new) if is_whole else ImportItem(*_split(self.new))
            changed = AddImportsVisitor(context, [item]).transform_module(changed)
        return remove_unused_imports(module, changed) if found else changed


def _split(path: str) -> tuple[str, str]:
    parent, _, name = path.rpartition(".")
    return parent, name


class _Rename(cst.CSTTransformer):
    def __init__(self, rule: RenameSymbol, found: Mapping[Reference, str], taken: frozenset[str]) -> None:
        super().__init__()
        self._rule = rule
        self._found = found
        self._old_parent, self._old_name = _split(rule.old)
        self._new_parent, self._new_name = _split(rule.new)
        self._collides = self._new_name != self._old_name and self._new_name in taken
        self.imports_needed = False

    def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.Name:
        is_kept = original_node not in self._found or original_node.value != self._old_name or self._collides
        return updated_node if is_kept else updated_node.with_changes(value=self._new_name)

    def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> Reference:
        if original_node not in self._found:
            return updated_node
        if self._new_parent == self._old_parent:
            return updated_node.with_changes(attr=cst.Name(self._new_name))
        if dotted(original_node) == self._rule.old and self._rule.is_module:
            return dotted_node(self._rule.new)
        self.imports_needed = True
        return dotted_node(self._rule.new if self._rule.is_module else self._new_name)

    def leave_SimpleString(
        self, original_node: cst.SimpleString, updated_node: cst.SimpleString
    ) -> cst.SimpleString:
        if original_node not in self._paths:
            return updated_node
        return updated_node.with_changes(value=updated_node.value.replace(self._rule.old, self._rule.new, 1))

    _paths: frozenset[cst.SimpleString] = frozenset()

    def visit_Call(self, node: cst.Call) -> None:
        if terminal(node.func) not in _PATCHERS or not node.args:
            return
        path = node.args[0].value
        if isinstance(path, cst.SimpleString) and isinstance(path.evaluated_value, str):
            text = path.evaluated_value
            if text == self._rule.old or text.startswith(f"{self._rule.old}."):
                self._paths |= {path}

    def leave_Import(self, original_node: cst.Import, updated_node: cst.Import) -> cst.Import:
        if not self._rule.is_module:
            return updated_node
        names = [self._moved(alias) for alias in updated_node.names]
        return updated_node.with_changes(names=names)

    def _moved(self, alias: cst.ImportAlias) -> cst.ImportAlias:
        path = dotted(alias.name)
        if path != self._rule.old and not path.startswith(f"{self._rule.old}."):
            return alias
        return alias.with_changes(name=dotted_node(self._rule.new + path[len(self._rule.old) :]))

    def leave_ImportFrom(self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom) -> cst.ImportFrom:
        source = dotted(updated_node.module)
        is_below = source == self._rule.old or source.startswith(f"{self._rule.old}.")
        if updated_node.relative or not (self._rule.is_module and is_below):
            return updated_node
        return updated_node.with_changes(module=dotted_node(self._rule.new + source[len(self._rule.old) :]))

    def leave_SimpleStatementLine(
        self, original_node: cst.SimpleStatementLine, updated_node: cst.SimpleStatementLine
    ) -> cst.SimpleStatementLine | cst.FlattenSentinel[cst.SimpleStatementLine]:
        if len(updated_node.body) != 1 or not isinstance(updated_node.body[0], cst.ImportFrom):
            return updated_node
        statement = updated_node.body[0]
        if (
            statement.relative
            or dotted(statement.module) != self._old_parent
            or isinstance(statement.names, cst.ImportStar)
        ):
            return updated_node
        moved = [alias for alias in statement.names if alias.evaluated_name == self._old_name]
        kept = [alias for alias in statement.names if alias.evaluated_name != self._old_name]
        if not moved:
            return updated_node
        renamed = [self._renamed(alias) for alias in moved]
        if self._new_parent == self._old_parent:
            in_place = [self._renamed(a) if a in moved else a for a in statement.names]
            return updated_node.with_changes(body=[statement.with_changes(names=in_place)])
        fresh: cst.Import | cst.ImportFrom
        if self._new_parent:
            module = dotted_node(self._new_parent)
            fresh = _plain(statement.with_changes(module=module, names=_without_last_comma(renamed)))
        else:
            fresh = cst.Import(_without_last_comma(renamed))
        if not kept:
            return updated_node.with_changes(body=[fresh])
        rest = statement.with_changes(names=_without_last_comma(kept))
        line = cst.SimpleStatementLine([fresh])
        return cst.FlattenSentinel([updated_node.with_changes(body=[rest]), line])

    def _renamed(self, alias: cst.ImportAlias) -> cst.ImportAlias:
        local = alias.evaluated_alias
        if local is None and self._collides:
            local = self._old_name
        asname = cst.AsName(cst.Name(local)) if local is not None and local != self._new_name else None
        return alias.with_changes(name=cst.Name(self._new_name), asname=asname)


def _without_last_comma(names: Sequence[cst.ImportAlias]) -> list[cst.ImportAlias]:
    return [*names[:-1], names[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)]


def _plain(statement: cst.ImportFrom) -> cst.ImportFrom:
    """One import without the parentheses that a longer list had."""
    names = cast("Sequence[cst.ImportAlias]", statement.names)
    return statement.with_changes(lpar=None, rpar=None) if len(names) == 1 else statement
