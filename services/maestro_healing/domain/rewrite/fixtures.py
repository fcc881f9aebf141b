"""Fixtures and cleanups that are added to a file of tests."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem

from maestro_healing.domain.rewrite.scope import Scope


@dataclass(frozen=True)
class AddFixture:
    """A fixture that every test of the file gets, before the first function or class.

    `source` is its whole text, `imports` are modules that it names by their full names.
    """

    name: str
    source: str
    imports: tuple[str, ...]

    whole_file = True

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """With the fixture, numbered where another one has its name; as it was where it stands there."""
        source = next(self._sources(module))
        if source is None:
            return module
        added = cst.parse_module(source, module.config_for_parsing).body[0]
        place = next(
            (n for n, s in enumerate(module.body) if isinstance(s, cst.FunctionDef | cst.ClassDef)),
            len(module.body),
        )
        after = module.body[place] if place < len(module.body) else None
        blank = [cst.EmptyLine(indent=False), cst.EmptyLine(indent=False)]
        body: list[cst.BaseStatement | cst.SimpleStatementLine] = [*module.body]
        if after is not None:
            lead = list(getattr(after, "leading_lines", ()))
            if not any(line.comment is None for line in lead):
                lead = [*blank, *lead]
            body[place] = after.with_changes(leading_lines=lead)
        body.insert(place, added.with_changes(leading_lines=blank))
        return _importing(module.with_changes(body=body), self.imports)

    def _sources(self, module: cst.Module) -> Iterator[str | None]:
        """Its text under each name that nothing has yet; None where it stands there under one."""
        functions = (statement for statement in module.body if isinstance(statement, cst.FunctionDef))
        known = {one.name.value: module.code_for_node(one).strip() for one in functions}
        for number in count(1):
            name = self.name if number == 1 else f"{self.name}_{number}"
            source = self.source.replace(f"def {self.name}(", f"def {name}(")
            if name not in known:
                yield source
            elif known[name] == source.strip():
                yield None


@dataclass(frozen=True)
class AddCleanup:
    """A statement at the beginning of the `setUp` of each named TestCase."""

    classes: frozenset[str]
    statement: str
    imports: tuple[str, ...]

    whole_file = True

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """With the statement in each `setUp`, which is made where a class has none."""
        transformer = _InSetUp(self, module)
        changed = module.visit(transformer)
        return _importing(changed, self.imports) if transformer.changed else module


class _InSetUp(cst.CSTTransformer):
    def __init__(self, rule: AddCleanup, module: cst.Module) -> None:
        super().__init__()
        self._rule = rule
        self._statement = cst.parse_statement(rule.statement, module.config_for_parsing)
        self.changed = False

    def leave_ClassDef(self, original_node: cst.ClassDef, updated_node: cst.ClassDef) -> cst.ClassDef:
        is_named = original_node.name.value in self._rule.classes
        if not is_named or not isinstance(updated_node.body, cst.IndentedBlock):
            return updated_node
        self.changed = True
        body = list(updated_node.body.body)
        for number, statement in enumerate(body):
            if isinstance(statement, cst.FunctionDef) and statement.name.value == "setUp":
                body[number] = self._begun(statement)
                break
        else:
            inherits = any(_last_name(base.value) != "TestCase" for base in original_node.bases)
            made = cst.parse_statement(f"def setUp(self):\n    {'super().setUp()' if inherits else 'pass'}\n")
            assert isinstance(made, cst.FunctionDef)
            place = 1 if body and _is_text(body[0]) else 0
            lead = [cst.EmptyLine(indent=False)] if place else []
            if place < len(body) and isinstance(body[place], cst.FunctionDef):
                body[place] = body[place].with_changes(leading_lines=[cst.EmptyLine(indent=False)])
            body.insert(place, self._begun(made).with_changes(leading_lines=lead))
        return updated_node.with_changes(body=updated_node.body.with_changes(body=body))

    def _begun(self, function: cst.FunctionDef) -> cst.FunctionDef:
        if not isinstance(function.body, cst.IndentedBlock):
            return function
        body = list(function.body.body)
        place = 1 if body and (_is_text(body[0]) or _is_super(body[0])) else 0
        rest = [statement for statement in body if not _is_pass(statement)]
        return function.with_changes(
            body=function.body.with_changes(body=[*rest[:place], self._statement, *rest[place:]])
        )


def _last_name(node: cst.BaseExpression) -> str:
    match node:
        case cst.Name(value=name) | cst.Attribute(attr=cst.Name(value=name)):
            return name
    return ""


def _importing(module: cst.Module, names: Sequence[str]) -> cst.Module:
    items = [ImportItem(name) for name in names]
    return AddImportsVisitor(CodemodContext(), items).transform_module(module) if items else module


def _only(statement: cst.CSTNode) -> cst.CSTNode | None:
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def _is_text(statement: cst.CSTNode) -> bool:
    only = _only(statement)
    return isinstance(only, cst.Expr) and isinstance(only.value, cst.SimpleString | cst.ConcatenatedString)


def _is_super(statement: cst.CSTNode) -> bool:
    only = _only(statement)
    return isinstance(only, cst.Expr) and cst.Module([]).code_for_node(only.value).startswith("super(")


def _is_pass(statement: cst.CSTNode) -> bool:
    return isinstance(_only(statement), cst.Pass)
