"""Waits in tests: until a condition holds, instead of for a while; and edits that measure them."""

from collections.abc import Sequence
from dataclasses import dataclass

import libcst as cst
from libcst.codemod import CodemodContext
from libcst.codemod.visitors import AddImportsVisitor, ImportItem

from maestro_healing.domain.rewrite.located import located
from maestro_healing.domain.rewrite.references import bound_names
from maestro_healing.domain.rewrite.scope import Scope

_INTERVAL = "0.01"
_MEASURED_INTERVAL = "0.005"
_PROBE = '__import__("maestro_probe_waits")'


@dataclass(frozen=True)
class Anchor:
    """A statement of the definition `owner`: the one that reads `code`, of several the one nearest to `line`
    (from 0 at the owner's first line). `replaced` says whether what is put in comes instead of it, or after.
    """

    owner: str
    code: str
    line: int
    replaced: bool


@dataclass(frozen=True)
class WaitUntil:
    """At the anchor the test waits until the condition holds, for `seconds` at most; what it asserts stays.

    `pause` is what sleeps for the number of seconds that follows it, e.g. `await asyncio.sleep`.
    """

    anchor: Anchor
    condition: str
    seconds: str
    pause: str

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """The place is named exactly, so the scope says nothing more."""
        clock, imported = _clock(module)
        deadline = _free("deadline", module)
        lines = [
            f"{deadline} = {clock}() + {self.seconds}",
            f"while {_negated(self.condition)} and {clock}() < {deadline}:",
            f"    {self.pause}({_INTERVAL})",
        ]
        return _put(module, self.anchor, lines, [imported, *_module_of(self.pause)])


@dataclass(frozen=True)
class LookAt:
    """At the anchor the test looks at conditions again and again; the probe writes down when they hold."""

    anchor: Anchor
    conditions: tuple[str, ...]
    key: str
    limit: float
    settle: float
    pause: str

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Only ever run, never proposed."""
        made = f"{_PROBE}.Watch({self.key!r}, {len(self.conditions)}, {self.limit}, {self.settle})"
        lines = [f"_maestro_watch = {made}", "while _maestro_watch.goes_on():"]
        for number, condition in enumerate(self.conditions):
            lines.append(f"    with _maestro_watch.look({number}) as _maestro_see:")
            lines.append(f"        _maestro_see({condition})")
        lines.append(f"    {self.pause}({_MEASURED_INTERVAL})")
        imports = _module_of(self.pause)
        return _put(module, self.anchor, lines, imports)


@dataclass(frozen=True)
class TimeIt:
    """In the anchor's place stands `code`, and the probe writes down how long it takes."""

    anchor: Anchor
    code: str
    key: str

    whole_file = False

    def rewrite(self, module: cst.Module, scope: Scope) -> cst.Module:
        """Only ever run, never proposed."""
        inside = (f"    {line}" for line in self.code.split("\n"))
        return _put(module, self.anchor, [f"with {_PROBE}.timed({self.key!r}):", *inside], ())


def _put(module: cst.Module, anchor: Anchor, lines: Sequence[str], imports: Sequence[str]) -> cst.Module:
    """The module with the lines at the anchor; as it was where the anchor is not there."""
    definition = located(module, anchor.owner)
    if definition is None:
        return module
    fitting = [
        node
        for node in definition.nodes()
        if isinstance(node, cst.SimpleStatementLine | cst.BaseCompoundStatement)
        and bare(definition.code(node)) == anchor.code
    ]
    target = min(fitting, key=lambda node: abs(definition.line(node) - anchor.line), default=None)
    if target is None:
        return module
    made = cst.parse_module("\n".join(lines) + "\n", module.config_for_parsing).body
    changed = module.visit(_Put(target, made, anchor.replaced))
    items = [ImportItem(name) for name in imports if name]
    return AddImportsVisitor(CodemodContext(), items).transform_module(changed) if items else changed


def bare(code: str) -> str:
    """A statement's text without the blank lines and comments that lead it and the line's end."""
    lines = code.strip().split("\n")
    while lines and (not lines[0].strip() or lines[0].lstrip().startswith("#")):
        del lines[0]
    return "\n".join(lines)


class _Put(cst.CSTTransformer):
    def __init__(
        self, target: cst.CSTNode, made: Sequence[cst.BaseStatement | cst.SimpleStatementLine], replaced: bool
    ) -> None:
        super().__init__()
        self._target = target
        self._made = made
        self._replaced = replaced

    def on_leave(
        self, original_node: cst.CSTNodeT, updated_node: cst.CSTNodeT
    ) -> cst.CSTNodeT | cst.RemovalSentinel | cst.FlattenSentinel[cst.CSTNodeT]:
        if original_node is not self._target:
            return super().on_leave(original_node, updated_node)
        first, *rest = self._made
        if not self._replaced:
            return cst.FlattenSentinel([updated_node, first, *rest])  # type: ignore[list-item]
        lead = getattr(updated_node, "leading_lines", ())
        return cst.FlattenSentinel([first.with_changes(leading_lines=lead), *rest])  # type: ignore[list-item]


def _clock(module: cst.Module) -> tuple[str, str]:
    """What tells the time, and the module to import for it."""
    for statement in module.body:
        if isinstance(statement, cst.SimpleStatementLine):
            for small in statement.body:
                if isinstance(small, cst.Import):
                    for alias in small.names:
                        if alias.evaluated_name == "time":
                            return f"{alias.evaluated_alias or 'time'}.monotonic", ""
    return "time.monotonic", "time"


def _module_of(pause: str) -> list[str]:
    """The module that a pause needs."""
    name = pause.removeprefix("await ").rpartition(".")[0]
    return [name] if name in ("time", "asyncio") else []


def _free(name: str, module: cst.Module) -> str:
    taken = bound_names(module)
    while name in taken:
        name = f"wait_{name}"
    return name


_OPPOSITE: dict[type[cst.BaseCompOp], cst.BaseCompOp] = {
    cst.Equal: cst.NotEqual(),
    cst.NotEqual: cst.Equal(),
    cst.Is: cst.IsNot(),
    cst.IsNot: cst.Is(),
    cst.In: cst.NotIn(),
    cst.NotIn: cst.In(),
}


def _negated(condition: str) -> str:
    node = cst.parse_expression(condition)
    match node:
        case cst.UnaryOperation(operator=cst.Not(), expression=inner):
            return cst.Module([]).code_for_node(inner)
        case cst.Comparison(comparisons=[cst.ComparisonTarget(operator=operator) as only]):
            opposite = _OPPOSITE.get(type(operator))
            if opposite is not None:
                changed = node.with_changes(comparisons=[only.with_changes(operator=opposite)])
                return cst.Module([]).code_for_node(changed)
            return f"not {condition}"
        case cst.BooleanOperation() | cst.IfExp() | cst.Lambda():
            return f"not ({condition})"
    return f"not {condition}"
