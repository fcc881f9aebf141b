"""Environment variables that a test sets, or reads an address from."""

from dataclasses import dataclass

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem

from maestro_healing.domain.rewrite.expression import ReplaceExpression
from maestro_healing.domain.rewrite.scope import Scope

_FIXTURE = "monkeypatch"


@dataclass(frozen=True)
class SetInTest:
    """The test function sets a variable for its own time, by pytest's fixture."""

    name: str
    value: str
    function: str

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """The function of that name at the file's top level."""
        return with_first_statement(
            module, self.function, f"{_FIXTURE}.setenv({self.name!r}, {self.value!r})"
        )


@dataclass(frozen=True)
class SetInModule:
    """The file sets a variable, where it is not set, before it imports anything of the project."""

    name: str
    value: str

    whole_file = True

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """After the imports that the file begins with, those of Python's own modules."""
        statement = f'os.environ.setdefault("{self.name}", "{self.value}")\n'
        if statement.strip() in module.code:
            return module
        body = list(module.body)
        place = 0
        while place < len(body) and _is_preamble(body[place]):
            place += 1
        lines = [] if _imports_os(body[:place]) else [cst.parse_statement("import os\n")]
        made = cst.parse_statement(statement, module.config_for_parsing)
        blank = cst.EmptyLine(indent=False)
        after = body[place:]
        if after and hasattr(after[0], "leading_lines"):
            after[0] = after[0].with_changes(leading_lines=[blank, *after[0].leading_lines])
        lines.append(made.with_changes(leading_lines=[blank]))
        return module.with_changes(body=[*body[:place], *lines, *after])


@dataclass(frozen=True)
class ReadAddress:
    """An expression reads an address from a variable; without the variable it is what it was."""

    replace: ReplaceExpression

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """The place is named exactly, so the scope says nothing more."""
        changed = self.replace.rewrite(module, scope)
        if changed is module:
            return module
        return AddImportsVisitor(CodemodContext(), [ImportItem("os")]).transform_module(changed)


def with_first_statement(module: cst.Module, function: str, *statements: str) -> cst.Module:
    """The module with statements at the beginning of a test function, which takes `monkeypatch` for them."""
    body = list(module.body)
    for place, node in enumerate(body):
        if not isinstance(node, cst.FunctionDef) or node.name.value != function:
            continue
        if not isinstance(node.body, cst.IndentedBlock):
            return module
        made = [cst.parse_statement(f"{text}\n", module.config_for_parsing) for text in statements]
        inner = list(node.body.body)
        first = 1 if inner and node.get_docstring() is not None else 0
        if any(module.code_for_node(made[0]).strip() == module.code_for_node(old).strip() for old in inner):
            return module
        block = node.body.with_changes(body=[*inner[:first], *made, *inner[first:]])
        parameters = node.params
        if all(p.name.value != _FIXTURE for p in parameters.params):
            known = [p.with_changes(comma=cst.MaybeSentinel.DEFAULT) for p in parameters.params]
            parameters = parameters.with_changes(params=[*known, cst.Param(cst.Name(_FIXTURE))])
        body[place] = node.with_changes(body=block, params=parameters)
        return module.with_changes(body=body)
    return module


def _imports_os(statements: list[cst.SimpleStatementLine | cst.BaseCompoundStatement]) -> bool:
    return any(
        isinstance(small, cst.Import) and any(alias.evaluated_name == "os" for alias in small.names)
        for statement in statements
        if isinstance(statement, cst.SimpleStatementLine)
        for small in statement.body
    )


def _is_preamble(node: cst.CSTNode) -> bool:
    """A docstring, `from __future__`, or `import` of whole modules without a package."""
    if not isinstance(node, cst.SimpleStatementLine) or len(node.body) != 1:
        return False
    match node.body[0]:
        case cst.Expr(value=cst.SimpleString() | cst.ConcatenatedString()):
            return True
        case cst.ImportFrom(module=cst.Name(value=name)):
            return name in _PYTHONS
        case cst.Import(names=names):
            return all(alias.evaluated_name.partition(".")[0] in _PYTHONS for alias in names)
    return False


_PYTHONS = frozenset(
    {"__future__", "os", "sys", "re", "json", "time", "datetime", "pathlib", "typing", "unittest", "pytest",
     "asyncio", "collections", "contextlib", "functools", "itertools", "logging", "tempfile", "threading"}
)  # fmt: skip
