"""Names and dotted names of a file that stand for something imported."""

from collections.abc import Callable, Mapping

import libcst as cst
from libcst.metadata import MetadataWrapper, QualifiedNameProvider, QualifiedNameSource

Reference = cst.Name | cst.Attribute


class _Collector(cst.CSTVisitor):
    METADATA_DEPENDENCIES = (QualifiedNameProvider,)

    def __init__(self, wanted: Callable[[str], bool]) -> None:
        super().__init__()
        self.found: dict[Reference, str] = {}
        self._wanted = wanted

    def _take(self, node: Reference) -> bool:
        for name in self.get_metadata(QualifiedNameProvider, node, frozenset()):
            if name.source is QualifiedNameSource.IMPORT and self._wanted(name.name):
                self.found[node] = name.name
                return True
        return False

    def visit_Attribute(self, node: cst.Attribute) -> bool:
        if not self._take(node):
            node.value.visit(self)
        return False  # an attribute's own name is no reference

    def visit_Name(self, node: cst.Name) -> None:
        self._take(node)

    def visit_Arg(self, node: cst.Arg) -> bool:
        node.value.visit(self)
        return False

    def visit_Param(self, node: cst.Param) -> bool:
        for part in (node.annotation, node.default):
            if part is not None:
                part.visit(self)
        return False

    def visit_Import(self, node: cst.Import) -> bool:
        return False

    def visit_ImportFrom(self, node: cst.ImportFrom) -> bool:
        return False


def references(module: cst.Module, wanted: Callable[[str], bool]) -> Mapping[Reference, str]:
    """Nodes outside of imports whose qualified name is wanted, with that name.

    Nodes are the module's own, so that a transformer can meet them again.
    """
    collector = _Collector(wanted)
    MetadataWrapper(module, unsafe_skip_copy=True).visit(collector)
    return collector.found


def dotted(node: cst.BaseExpression | None) -> str:
    """The text of a dotted name; empty where it is none."""
    if isinstance(node, cst.Name):
        return node.value
    if isinstance(node, cst.Attribute):
        front = dotted(node.value)
        return f"{front}.{node.attr.value}" if front else ""
    return ""


def dotted_node(path: str) -> cst.Name | cst.Attribute:
    """The node of a dotted name."""
    front, _, last = path.rpartition(".")
    return cst.Attribute(dotted_node(front), cst.Name(last)) if front else cst.Name(last)


def terminal(node: cst.BaseExpression) -> str:
    """The last part of a name or attribute; empty where it is neither."""
    if isinstance(node, cst.Name):
        return node.value
    return node.attr.value if isinstance(node, cst.Attribute) else ""


def bound_names(module: cst.Module) -> frozenset[str]:
    """Every name that the file binds or uses, at any level: a new import must not collide with one."""
    names: set[str] = set()

    class Visitor(cst.CSTVisitor):
        def visit_Name(self, node: cst.Name) -> None:
            names.add(node.value)

        def visit_Attribute(self, node: cst.Attribute) -> bool:
            node.value.visit(self)
            return False

        def visit_Arg(self, node: cst.Arg) -> bool:
            node.value.visit(self)
            return False

    module.visit(Visitor())
    return frozenset(names)


def is_free(name: str, module: cst.Module, user: cst.CSTNode) -> bool:
    """Whether the module may import a name that a definition of it uses: nothing at its top level, nor in the
    definition, is called so. What other functions call so hides the import from them alone.
    """
    top: list[cst.SimpleStatementLine | cst.BaseCompoundStatement] = []
    for statement in module.body:
        if isinstance(statement, cst.FunctionDef | cst.ClassDef):
            if statement.name.value == name:
                return False
        else:
            top.append(statement)
    own = [user] if isinstance(user, cst.SimpleStatementLine | cst.BaseCompoundStatement) else []
    return name not in bound_names(cst.Module([*top, *own]))


_ATOMS = (
    cst.Name | cst.Attribute | cst.Call | cst.Subscript | cst.SimpleString | cst.FormattedString | cst.Integer
    | cst.Float | cst.List | cst.Dict | cst.Set | cst.ListComp | cst.DictComp | cst.SetComp
)  # fmt: skip


def enclosed(node: cst.BaseExpression) -> cst.BaseExpression:
    """The expression so that it can stand anywhere, in parentheses where it needs them."""
    if isinstance(node, _ATOMS) or node.lpar:
        return node
    return node.with_changes(lpar=[cst.LeftParen()], rpar=[cst.RightParen()])
