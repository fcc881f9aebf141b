"""Functions of a test that stand in for others, and are called with more than they take."""

import ast
import re
from collections.abc import Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.surface import Parameter, Symbol
from maestro_healing.domain.diagnosis.symptoms import UnexpectedKeyword, read_symptom
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.stand_ins import TakeKeyword
from maestro_healing.domain.strategies.strategy import Case, Finding


def outgrown_stand_in(case: Case, change: ProductChange) -> Iterator[Finding]:
    """A function or lambda of the test that the product calls with a keyword that it did not give at base."""
    symptom = read_symptom(case.failure)
    frames = case.failure.frames
    if not isinstance(symptom, UnexpectedKeyword) or not frames:
        return
    name, keyword = symptom.callable.rpartition(".")[2], symptom.keyword
    caller = frames[-1]
    base = change.project.base
    if caller.file not in change.project.head.product or base is None or keyword not in caller.source:
        return
    text = case.texts.get(case.failure.file, "")
    if not any(_is_stand_in(node, name) for node in _nodes(text)):
        return
    before = base.text(caller.file) or ""
    if re.search(rf"\b{keyword}\s*=", before) and caller.source in before:
        return
    where = f"{caller.file}:{caller.line}"
    sentence = f"{where} gives `{keyword}` now: `{caller.source[:120]}`; at base it did not."
    evidence = [Evidence(EvidenceKind.CALL_SITES_CHANGED, sentence)]
    replaced = list(_replaced(text, change))
    taking = [symbol for symbol in replaced if any(_takes(p, keyword) for p in symbol.parameters)]
    if replaced and not taking:
        return  # what it stands in for would not take it either: the product calls it wrongly
    if taking:
        sentence = f"`{taking[0].path}`, which it stands in for, takes `{keyword}` ({taking[0].where})."
        evidence.append(Evidence(EvidenceKind.API_CHANGED, sentence))
    yield Finding(TakeKeyword(name, keyword), evidence)


def _takes(parameter: Parameter, keyword: str) -> bool:
    return parameter.name == keyword or parameter.kind == "variadic keyword"


def _nodes(text: str) -> Iterator[ast.AST]:
    try:
        yield from ast.walk(ast.parse(text))
    except SyntaxError:
        return


def _is_stand_in(node: ast.AST, name: str) -> bool:
    if name == "<lambda>":
        return isinstance(node, ast.Lambda)
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name


def _replaced(text: str, change: ProductChange) -> Iterator[Symbol]:
    """Definitions of the product that the file's patches name."""
    for node in _nodes(text):
        match node:
            case ast.Call(func=ast.Attribute(attr="setattr" | "object" | "patch"), args=args):
                texts = [
                    a.value for a in args[:2] if isinstance(a, ast.Constant) and isinstance(a.value, str)
                ]
                for path in texts[:1]:
                    yield from change.head.named(path.rpartition(".")[2])
