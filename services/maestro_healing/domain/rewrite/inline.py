"""A definition that went away, replaced by what it stood for."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem

from maestro_healing.domain.rewrite.references import (
    Reference,
    bound_names,
    dotted,
    enclosed,
    references,
)
from maestro_healing.domain.rewrite.scope import Scope, ScopedTransformer
from maestro_healing.domain.rewrite.unused import remove_unused_imports


@dataclass(frozen=True)
class InlineFunction:
    """Calls of the function at `path` become the expression that it returned, in terms of its parameters.

    `imports` are the modules that the expression names.
    """

    path: str
    parameters: tuple[str, ...]
    expression: str
    imports: tuple[str, ...] = ()

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Calls in scope; an import that is not needed any more goes with the last of them."""
        found = references(module, lambda name: name == self.path)
        transformer = _InlineCalls(self, found, scope)
        changed = module.visit(transformer)
        if not transformer.changed:
            return module
        for name in self.imports:
            changed = AddImportsVisitor(CodemodContext(), [ImportItem(name)]).transform_module(changed)
        return remove_unused_imports(module, changed)


class _InlineCalls(ScopedTransformer):
    def __init__(self, rule: InlineFunction, found: Mapping[Reference, str], scope: Scope) -> None:
        super().__init__(scope)
        self._rule = rule
        self._found = found

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        if not self.in_scope or original_node.func not in self._found:
            return updated_node
        values = bind(self._rule.parameters, updated_node.args)
        if values is None:
            return updated_node
        self.changed = True
        return enclosed(substitute(self._rule.expression, values))


@dataclass(frozen=True)
class InlineMethod:
    """Uses of the method or property `name` become the expression that it returned;
    `self` is the receiver.
    """

    name: str
    parameters: tuple[str, ...]
    expression: str
    is_property: bool

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Uses in scope, whatever their receiver."""
        return module.visit(_InlineMethods(self, scope))


class _InlineMethods(ScopedTransformer):
    def __init__(self, rule: InlineMethod, scope: Scope) -> None:
        super().__init__(scope)
        self._rule = rule

    def leave_Call(self, original_node: cst.Call, updated_node: cst.Call) -> cst.BaseExpression:
        function = updated_node.func
        if not self.in_scope or self._rule.is_property or not isinstance(function, cst.Attribute):
            return updated_node
        values = (
            bind(self._rule.parameters[1:], updated_node.args)
            if function.attr.value == self._rule.name
            else None
        )
        if values is None:
            return updated_node
        self.changed = True
        return enclosed(
            substitute(self._rule.expression, {**values, self._rule.parameters[0]: function.value})
        )

    def leave_Attribute(
        self, original_node: cst.Attribute, updated_node: cst.Attribute
    ) -> cst.BaseExpression:
        if not (self.in_scope and self._rule.is_property and updated_node.attr.value == self._rule.name):
            return updated_node
        self.changed = True
        return enclosed(substitute(self._rule.expression, {self._rule.parameters[0]: updated_node.value}))


@dataclass(frozen=True)
class ReplaceValue:
    """An imported constant becomes `expression`;
    it is defined anew under its name where it is no mere name.
    """

    path: str
    expression: str
    imports: tuple[str, ...] = ()

    whole_file = True

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Drops the import; the name is defined after the imports where it cannot be written out in place."""
        parent, _, name = self.path.rpartition(".")
        dropped = _DropImport(parent, name)
        changed = module.visit(dropped)
        found = references(module, lambda found: found == self.path)
        in_place = self.expression.isidentifier() and self.expression not in bound_names(module) - {
            self.expression
        }
        if in_place or not dropped.locals:
            replacement = cst.parse_expression(self.expression)
            changed = module.visit(_Replace(found, replacement)).visit(_DropImport(parent, name))
        else:
            lines = [
                cst.parse_statement(f"{local} = {self.expression}\n") for local in sorted(dropped.locals)
            ]
            changed = insert_after_imports(changed, lines)
        for needed in self.imports if found else ():
            changed = AddImportsVisitor(CodemodContext(), [ImportItem(needed)]).transform_module(changed)
        return remove_unused_imports(module, changed)


class _Replace(cst.CSTTransformer):
    def __init__(self, found: Mapping[Reference, str], replacement: cst.BaseExpression) -> None:
        super().__init__()
        self._found = found
        self._replacement = replacement

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        if isinstance(original_node, cst.Name | cst.Attribute) and original_node in self._found:
            return enclosed(self._replacement.deep_clone())  # type: ignore[return-value]
        return super().on_leave(original_node, updated_node)


class _DropImport(cst.CSTTransformer):
    def __init__(self, parent: str, name: str) -> None:
        super().__init__()
        self._parent = parent
        self._name = name
        self.locals: set[str] = set()

    def leave_ImportFrom(
        self, original_node: cst.ImportFrom, updated_node: cst.ImportFrom
    ) -> cst.ImportFrom | cst.RemovalSentinel:
        names = updated_node.names
        if (
            updated_node.relative
            or dotted(updated_node.module) != self._parent
            or isinstance(names, cst.ImportStar)
        ):
            return updated_node
        kept = [alias for alias in names if alias.evaluated_name != self._name]
        if len(kept) == len(names):
            return updated_node
        self.locals |= {
            a.evaluated_alias or a.evaluated_name for a in names if a.evaluated_name == self._name
        }
        if not kept:
            return cst.RemoveFromParent()
        kept[-1] = kept[-1].with_changes(comma=cst.MaybeSentinel.DEFAULT)
        return updated_node.with_changes(names=kept)


def insert_after_imports(module: cst.Module, statements: Sequence[cst.BaseStatement]) -> cst.Module:
    """The module with the statements behind its last leading import."""
    last = 0
    for position, statement in enumerate(module.body):
        if isinstance(statement, cst.SimpleStatementLine) and isinstance(
            statement.body[0], cst.Import | cst.ImportFrom
        ):
            last = position + 1
    spaced = [statements[0].with_changes(leading_lines=[cst.EmptyLine(indent=False)]), *statements[1:]]
    return module.with_changes(body=[*module.body[:last], *spaced, *module.body[last:]])


def bind(parameters: Sequence[str], arguments: Sequence[cst.Arg]) -> dict[str, cst.BaseExpression] | None:
    """Parameter names with the call's values;
    None where the call does not give each exactly once in the open.
    """
    values: dict[str, cst.BaseExpression] = {}
    for position, argument in enumerate(arguments):
        name = argument.keyword.value if argument.keyword else None
        if argument.star or (name is None and position >= len(parameters)):
            return None
        values[name or parameters[position]] = argument.value
    return values if set(values) == set(parameters) else None


def substitute(expression: str, values: Mapping[str, cst.BaseExpression]) -> cst.BaseExpression:
    """The expression with each name in `values` replaced."""

    class Filler(cst.CSTTransformer):
        def leave_Name(self, original_node: cst.Name, updated_node: cst.Name) -> cst.BaseExpression:
            value = values.get(original_node.value)
            return updated_node if value is None else enclosed(value.deep_clone())

        def leave_Attribute(self, original_node: cst.Attribute, updated_node: cst.Attribute) -> cst.Attribute:
            return updated_node.with_changes(attr=original_node.attr)

        def leave_Arg(self, original_node: cst.Arg, updated_node: cst.Arg) -> cst.Arg:
            updated = updated_node.with_changes(keyword=original_node.keyword)
            bare = isinstance(original_node.value, cst.Name) and original_node.value.value in values
            return updated.with_changes(value=_bare(updated.value)) if bare else updated

    result = cst.parse_expression(expression).visit(Filler())
    if not isinstance(result, cst.BaseExpression):
        raise TypeError("an expression stays one")
    return result


def _bare(node: cst.BaseExpression) -> cst.BaseExpression:
    """An argument needs no parentheses, but for those of a generator, a tuple and an assignment."""
    if isinstance(node, cst.Tuple | cst.GeneratorExp | cst.NamedExpr):
        return node
    return node.with_changes(lpar=[], rpar=[]) if len(node.lpar) == 1 else node
