"""Definitions of a file by name, and where in them a node stands."""

from collections.abc import Iterator, Sequence
from functools import lru_cache

import libcst as cst
from libcst.metadata import CodeRange, MetadataWrapper, PositionProvider

from maestro_healing.domain.rewrite.scope import function_lines

Definition = cst.FunctionDef | cst.ClassDef | cst.SimpleStatementLine


class Located:
    """One definition with the positions of its nodes; lines count from 0 at its own first line."""

    def __init__(self, module: cst.Module, node: Definition) -> None:
        self.module = module
        self.node = node
        alone = cst.Module(body=[node], default_indent=module.default_indent)
        self._positions = MetadataWrapper(alone, unsafe_skip_copy=True).resolve(PositionProvider)
        decorators = node.decorators if isinstance(node, cst.FunctionDef | cst.ClassDef) else ()
        self._first = self._positions[decorators[0] if decorators else node].start.line

    def range(self, node: cst.CSTNode) -> CodeRange:
        """Where a node stands, its lines counted from the definition's first, from 0."""
        found = self._positions[node]
        start, end = found.start, found.end
        return CodeRange((start.line - self._first, start.column), (end.line - self._first, end.column))

    def has(self, node: cst.CSTNode) -> bool:
        """Whether a node stands in the definition."""
        return node in self._positions

    def line(self, node: cst.CSTNode) -> int:
        """The line on which a node begins."""
        return self.range(node).start.line

    def code(self, node: cst.CSTNode) -> str:
        """A node's text."""
        return self.module.code_for_node(node)

    def nodes(self) -> Iterator[cst.CSTNode]:
        """Every node, in the order of the text."""
        return walk(self.node)

    def find(self, code: str, line: int) -> cst.BaseExpression | None:
        """The expression with this text that begins nearest to a line."""
        expressions = (node for node in self.nodes() if isinstance(node, cst.BaseExpression))
        same = [node for node in expressions if self.code(node) == code]
        return min(same, key=lambda node: abs(self.line(node) - line), default=None)


def walk(node: cst.CSTNode) -> Iterator[cst.CSTNode]:
    """A node and all below it, in the order of the text."""
    yield node
    for child in node.children:
        yield from walk(child)


@lru_cache(maxsize=32)
def parsed(text: str) -> cst.Module | None:
    """The file's tree; None where it does not parse."""
    try:
        return cst.parse_module(text)
    except (cst.ParserSyntaxError, RecursionError):
        return None


@lru_cache(maxsize=256)
def located(module: cst.Module, owner: str) -> Located | None:
    """The definition with this qualified name: a function, a class, or an assignment outside of functions."""
    node = _definition(module.body, owner.split("."))
    return Located(module, node) if node is not None else None


def definitions(text: str) -> Iterator[tuple[str, Located]]:
    """The outermost functions, then the plain assignments outside of functions, by qualified name; none where
    the text does not parse.
    """
    module = parsed(text)
    if module is None:
        return
    constants = [pair[0] for statement in statements(module.body) if (pair := assigned(statement))]
    for owner in (*function_lines(text), *constants):
        definition = located(module, owner)
        if definition is not None:
            yield owner, definition


def _definition(body: Sequence[cst.CSTNode], names: Sequence[str]) -> Definition | None:
    for statement in statements(body):
        match statement:
            case cst.FunctionDef(name=cst.Name(value=name)) if [name] == list(names):
                return statement
            case cst.ClassDef(name=cst.Name(value=name), body=cst.IndentedBlock(body=inner)) if (
                name == names[0]
            ):
                if len(names) == 1:
                    return statement
                found = _definition(inner, names[1:])
                if found is not None:
                    return found
            case cst.SimpleStatementLine(body=small) if len(names) == 1:
                if any(names[0] in assigned_names(s) for s in small):
                    return statement
    return None


def statements(body: Sequence[cst.CSTNode]) -> Iterator[cst.BaseStatement]:
    """Statements of a body and of the compound ones in it, without those of functions and classes."""
    for statement in body:
        if isinstance(statement, cst.BaseStatement):
            yield statement
            if not isinstance(statement, cst.FunctionDef | cst.ClassDef):
                for block in _blocks(statement):
                    yield from statements(block.body)


def _blocks(node: cst.CSTNode) -> Iterator[cst.IndentedBlock]:
    for child in node.children:
        if isinstance(child, cst.IndentedBlock):
            yield child
        elif not isinstance(child, cst.BaseExpression):
            yield from _blocks(child)


def only(statement: cst.CSTNode) -> cst.BaseSmallStatement | None:
    """The one small statement of a line; None where there are more, or it is a compound one."""
    if isinstance(statement, cst.SimpleStatementLine) and len(statement.body) == 1:
        return statement.body[0]
    return None


def assigned(statement: cst.CSTNode) -> tuple[str, cst.BaseExpression] | None:
    """Name and value of a plain assignment."""
    match only(statement):
        case cst.Assign(targets=[cst.AssignTarget(target=cst.Name(value=name))], value=value):
            return name, value
    return None


def assigned_names(statement: cst.BaseSmallStatement) -> list[str]:
    """Names that a statement gives a value to as a whole."""
    match statement:
        case cst.Assign(targets=targets):
            return [t.target.value for t in targets if isinstance(t.target, cst.Name)]
        case cst.AnnAssign(target=cst.Name(value=name), value=cst.BaseExpression()):
            return [name]
    return []
