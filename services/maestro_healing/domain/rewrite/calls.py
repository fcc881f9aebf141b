"""Arguments of calls whose callable changed its parameters."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem

from maestro_healing.domain.rewrite.inline import substitute
from maestro_healing.domain.rewrite.references import bound_names, dotted, terminal
from maestro_healing.domain.rewrite.scope import Scope, ScopedTransformer


@dataclass(frozen=True)
class ChangeArguments:
    """Calls of `callee` (its last name) written for parameters `old` are written for `new`.

    `renamed` maps old names to new ones, `dropped` go away. Parameters are without `self`; those that
    `new` no longer takes by place are given by name.
    """

    callee: str
    old: tuple[str, ...]
    new: tuple[str, ...]
    renamed: tuple[tuple[str, str], ...] = ()
    dropped: frozenset[str] = frozenset()

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Calls in scope; one with `*args` keeps its places."""
        return module.visit(_Arguments(self, scope))


class _Arguments(ScopedTransformer):
    def __init__(self, rule: ChangeArguments, scope: Scope) -> None:
        super().__init__(scope)
        self._rule = rule
        self._renamed = dict(rule.renamed)

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.Call:
        if not self.in_scope or terminal(original_node.func) != self._rule.callee:
            return updated_node
        arguments = self._arguments(updated_node.args)
        if arguments is None or arguments == list(updated_node.args):
            return updated_node
        return updated_node.with_changes(args=_closed(updated_node.args, arguments))

    def _arguments(self, given: Sequence[cst.Arg]) -> list[cst.Arg] | None:
        """The arguments as the new parameters want them; None where a place cannot be told."""
        placed: list[cst.Arg] = []
        named: list[cst.Arg] = []
        for position, argument in enumerate(given):
            if argument.star:
                named.append(argument)
                continue
            old = argument.keyword.value if argument.keyword else None
            if old is None and any(a.star for a in given[:position]):
                return None
            name = old if old is not None else self._name_at(position)
            if name in self._rule.dropped:
                continue
            new = self._renamed.get(name, name) if name else None
            if old is None and (new is None or self._fits(new, len(placed), bool(named))):
                placed.append(argument)
            elif old is not None and new == old:
                named.append(argument)
            else:
                named.append(_keyword(argument, new or ""))
        return [*placed, *named]

    def _name_at(self, position: int) -> str | None:
        return self._rule.old[position] if position < len(self._rule.old) else None

    def _fits(self, name: str, position: int, after_names: bool) -> bool:
        return not after_names and position < len(self._rule.new) and self._rule.new[position] == name


def _keyword(argument: cst.Arg, name: str) -> cst.Arg:
    if argument.keyword:
        return argument.with_changes(keyword=argument.keyword.with_changes(value=name))
    bare = cst.SimpleWhitespace("")
    equal = cst.AssignEqual(whitespace_before=bare, whitespace_after=bare)
    return argument.with_changes(keyword=cst.Name(name), equal=equal)


def _closed(before: Sequence[cst.Arg], after: list[cst.Arg]) -> list[cst.Arg]:
    """Commas as they were: a trailing one stays where the call had it."""
    if not after:
        return after
    separator = next((a.comma for a in before[:-1] if isinstance(a.comma, cst.Comma)), None)
    separator = separator or cst.Comma(whitespace_after=cst.SimpleWhitespace(" "))
    closed = [a if isinstance(a.comma, cst.Comma) else a.with_changes(comma=separator) for a in after[:-1]]
    last = before[-1]
    return [*closed, after[-1].with_changes(comma=last.comma, whitespace_after_arg=last.whitespace_after_arg)]


@dataclass(frozen=True)
class ReplaceKeyword:
    """The keyword `old` becomes `new`, its value `template`, in which `...` stands for the old one.

    `imported` is the dotted path of the name that the template uses; empty where it needs none.
    """

    old: str
    new: str
    template: str
    imported: str = ""

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Every call in scope that gives the keyword."""
        package, _, name = self.imported.rpartition(".")
        is_dotted = bool(package) and name not in bound_names(module) and _imports(module, package)
        transformer = _Keyword(self, scope, f"{package}.{name}" if is_dotted else name)
        changed = module.visit(transformer)
        if not transformer.changed or is_dotted or not self.imported:
            return changed
        return AddImportsVisitor(CodemodContext(), [ImportItem(package, name)]).transform_module(changed)


class _Keyword(ScopedTransformer):
    def __init__(self, rule: ReplaceKeyword, scope: Scope, used_as: str) -> None:
        super().__init__(scope)
        self._rule = rule
        name = rule.imported.rpartition(".")[2]
        template = rule.template.replace("...", _OLD)
        self._template = template.replace(f"{name}(", f"{used_as}(") if name else template

    def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
        if not self.in_scope or updated_node.keyword is None or updated_node.keyword.value != self._rule.old:
            return updated_node
        self.changed = True
        value = substitute(self._template, {_OLD: updated_node.value})
        return _keyword(updated_node.with_changes(value=value), self._rule.new)


_OLD = "_old_value"


def _imports(module: cst.Module, package: str) -> bool:
    """Whether the file says `import package`."""
    lines = (s for s in module.body if isinstance(s, cst.SimpleStatementLine))
    statements = (small for line in lines for small in line.body if isinstance(small, cst.Import))
    return any(
        dotted(alias.name) == package and alias.asname is None for s in statements for alias in s.names
    )
