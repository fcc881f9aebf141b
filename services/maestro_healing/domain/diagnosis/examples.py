"""Examples in the product's docstrings that say what the test says, and not what the product does."""

import ast
import doctest
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.runs import TestFailure


@dataclass(frozen=True)
class Example:
    """A call in a docstring with its result; `call` is its last name and its arguments."""

    where: str
    text: str
    call: str
    result: str


def contradicted_example(
    failure: TestFailure, change: ProductChange, texts: Mapping[str, str]
) -> Example | None:
    """An example at head that makes a call of the test and gives what the test expects of it, where the
    product gives something else.
    """
    compared = failure.compared
    function = _function(texts.get(failure.file, ""), failure.test)
    if compared is None or compared.operator != "==" or function is None:
        return None
    values = {_normal(compared.left.source), _normal(compared.right.source)} - {""}
    stated = {ast.dump(node) for node in ast.walk(function) if isinstance(node, ast.expr)} & values
    if len(values) != 2 or len(stated) != 1:
        return None
    calls = {_call(node) for node in ast.walk(function)} - {""}
    given = (example for example in _examples(change) if example.call in calls)
    return next((example for example in given if _normal(example.result) in stated), None)


def _examples(change: ProductChange) -> Iterator[Example]:
    parser = doctest.DocTestParser()
    for symbol in change.head.definitions.values():
        if ">>>" not in symbol.doc:
            continue
        try:
            found = parser.get_examples(symbol.doc)
        except ValueError:  # a docstring that doctest can't read says nothing
            continue
        for example in found:
            tree = _parsed(example.source)
            if tree is not None and _call(tree):
                result = example.want.strip()
                yield Example(symbol.where, f"{example.source.strip()} -> {result}", _call(tree), result)


def _parsed(source: str) -> ast.expr | None:
    try:
        return ast.parse(source.strip(), mode="eval").body
    except (SyntaxError, ValueError):
        return None


def _normal(source: str) -> str:
    tree = _parsed(source)
    return ast.dump(tree) if tree is not None else ""


def _call(node: ast.AST) -> str:
    """The last name and the arguments of a function's call; empty for anything else."""
    match node:
        case ast.Call(func=ast.Name(id=name) | ast.Attribute(value=ast.Name(), attr=name)):
            arguments = [*map(ast.dump, node.args), *(ast.dump(keyword) for keyword in node.keywords)]
            return f"{name}({', '.join(arguments)})" if arguments else ""
    return ""


def _function(text: str, test: str) -> ast.AST | None:
    name = test.partition("[")[0].rpartition("::")[2]
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return None
    functions = (n for n in ast.walk(tree) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return next((node for node in functions if node.name == name), None)
