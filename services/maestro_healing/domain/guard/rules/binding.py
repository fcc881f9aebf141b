"""Tests that stand in their module and are taken out of it, or put into it only under a condition."""

import ast
from collections.abc import Iterator, Mapping, Sequence

from maestro_healing.domain.guard.facts import Place
from maestro_healing.domain.guard.model import Kind
from maestro_healing.domain.guard.project import Project
from maestro_healing.domain.guard.rules.weakening import Weakening
from maestro_healing.domain.guard.source import Module, Role, dotted
from maestro_healing.domain.guard.truth import constant_truth


def find(old: Project, new: Project) -> Iterator[Weakening]:
    """Names of tests that are now deleted or bound to something else; tests that are now below an `if`."""
    for module in new.modules.values():
        earlier = old.modules.get(module.path)
        lost_before = dict(_taken(earlier)) if earlier else {}
        for name, node in _taken(module):
            if name not in lost_before:
                text = f"`{_shown(node)}` takes `{name}` out of the module: it never runs"
                yield Weakening(Kind.TEST_UNCOLLECTED, Place(module.path, name, node.lineno), text)
        free_before = (
            {n for n, conditions in _conditions(earlier).items() if not conditions} if earlier else ()
        )
        for name, conditions in _conditions(module).items():
            if conditions and name in free_before:
                text = f"`{name}` is there only where `{conditions[0]}`"
                line = module.functions[name].line
                yield Weakening(Kind.SKIP_ADDED, Place(module.path, name, line), text)


def _shown(node: ast.stmt) -> str:
    return ast.unparse(node).split("\n", 1)[0][:160]


def _taken(module: Module) -> Iterator[tuple[str, ast.stmt]]:
    """Tests by their qualified names, each with the statement that takes it away."""
    for node in module.tree.body:
        targets: Sequence[ast.expr] = ()
        match node:
            case ast.Delete(targets=deleted):
                targets = deleted
            case ast.Assign(targets=assigned):
                targets = assigned
            case ast.Expr(
                value=ast.Call(
                    func=ast.Name(id="setattr" | "delattr"),
                    args=[ast.Name() as owner, ast.Constant(value=str() as attr), *_],
                )
            ):
                targets = [ast.Attribute(owner, attr, ast.Store())]
        for target in targets:
            name = dotted(target).replace(".", "::")
            function = module.functions.get(name)
            if function is not None and function.role is Role.TEST and function.line < node.lineno:
                yield name, node


def _conditions(module: Module | None) -> Mapping[str, Sequence[str]]:
    """The conditions of each function of a module, none for one that is defined in every case."""
    found: dict[str, Sequence[str]] = {}
    if module is not None:
        for name, _, conditions in definitions(module.tree.body):
            # a second definition is the other arm of a condition
            found[name] = conditions if name not in found else ()
    return found


def definitions(
    body: Sequence[ast.stmt], prefix: str = "", conditions: tuple[str, ...] = ()
) -> Iterator[tuple[str, int, tuple[str, ...]]]:
    """The name, the line and the conditions of each function below `body`."""
    for node in body:
        match node:
            case ast.FunctionDef() | ast.AsyncFunctionDef():
                yield prefix + node.name, node.lineno, conditions
            case ast.ClassDef():
                yield from definitions(node.body, f"{prefix}{node.name}::", conditions)
            case ast.If(test=test, body=yes, orelse=no):
                truth, text = constant_truth(test, {}), ast.unparse(test)[:100]
                yield from definitions(yes, prefix, conditions if truth else (*conditions, text))
                yield from definitions(
                    no, prefix, conditions if truth is False else (*conditions, f"not {text}")
                )
            case ast.Try():
                for block in (node.body, node.orelse, node.finalbody):
                    yield from definitions(block, prefix, conditions)
