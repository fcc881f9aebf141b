"""Expectations that stand in data files: a text, or JSON."""

import ast
import json
from collections.abc import Iterator

import libcst as cst

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.witnesses import Swap
from maestro_healing.domain.rewrite.literals import read_value
from maestro_healing.domain.rewrite.literals.adapter import Adapter
from maestro_healing.domain.runs import Snapshot, Value
from maestro_healing.domain.sources import is_test_path
from maestro_healing.domain.strategies.expectations.edits import FileEdit
from maestro_healing.domain.strategies.expectations.scene import Scene

_LEAST_TEXT = 3


def changed_files(scene: Scene, change: ProductChange) -> Iterator[FileEdit]:
    """Files that the test read and that hold what it expects, with what the product gives now."""
    compared = scene.failure.compared
    if compared is None or compared.operator != "==":
        return
    if compared.snapshot is not None:
        yield from _stored(scene, compared.snapshot, change)
        return
    for file in scene.failure.files:
        text = scene.case.texts.get(file) or change.project.head.text(file)
        if not text or not is_test_path(file):
            continue
        for expected, observed in ((compared.right, compared.left), (compared.left, compared.right)):
            new = _as_text(text, expected, observed) or _as_json(text, expected, observed)
            if new is not None and new != text:
                yield FileEdit(file, text, new, (Swap(expected.source, observed.source),))
                return


def _stored(scene: Scene, snapshot: Snapshot, change: ProductChange) -> Iterator[FileEdit]:
    """A snapshot's own part of its file, or the file that it has for itself."""
    text = scene.case.texts.get(snapshot.file) or change.project.head.text(snapshot.file) or ""
    swaps = (Swap(repr(snapshot.old), repr(snapshot.new)),)
    if text == snapshot.old:
        yield FileEdit(snapshot.file, snapshot.old, snapshot.new, swaps)
        return
    old, new = (_entry(snapshot.name, data) for data in (snapshot.old, snapshot.new))
    if old in text:
        yield FileEdit(snapshot.file, old, new, swaps)


def _entry(name: str, data: str) -> str:
    """An entry of a file in the format that syrupy calls amber."""
    lines = "".join(f"  {line}\n" for line in data.split("\n"))
    return f"# name: {name}\n{lines}# ---\n"


def _as_text(text: str, expected: Value, observed: Value) -> str | None:
    """The file for a test that compares with its text, with or without the space at its ends."""
    old, new = _string(expected), _string(observed)
    if old is None or new is None or len(old) < _LEAST_TEXT:
        return None
    ends = "\r\n" if "\r\n" in text else "\n"
    plain = text.replace("\r\n", "\n")
    if plain not in (old, f"{old}\n") and plain.strip() != old.strip():
        return None
    start = plain[: len(plain) - len(plain.lstrip())] if old[:1] != plain[:1] else ""
    end = plain[len(plain.rstrip()) :] if old[-1:] != plain[-1:] else ""
    return f"{start}{new}{end}".replace("\n", ends)


def _string(value: Value) -> str | None:
    tree = read_value(value.source)
    return tree.value if isinstance(tree, ast.Constant) and isinstance(tree.value, str) else None


def _as_json(text: str, expected: Value, observed: Value) -> str | None:
    """The file for a test that compares with what its JSON stands for; what is alike keeps its layout."""
    old, new = read_value(expected.source), read_value(observed.source)
    if not isinstance(old, ast.Dict | ast.List) or new is None:
        return None
    try:
        known = json.loads(text)
        wanted = json.loads(json.dumps(ast.literal_eval(new)))
        if known != json.loads(json.dumps(ast.literal_eval(old))) or ast.literal_eval(new) != wanted:
            return None
        tree = cst.parse_expression(text.strip())
    except (ValueError, TypeError, cst.ParserSyntaxError):
        return None
    made = Adapter().adapt(tree, _spelled(old), _spelled(new))
    if made is None:
        return None
    start, end = text[: len(text) - len(text.lstrip())], text[len(text.rstrip()) :]
    written = f"{start}{cst.Module([]).code_for_node(made)}{end}"
    try:
        return written if json.loads(written) == wanted else None
    except ValueError:  # what Python writes of a text need not be JSON
        return None


def _spelled(value: ast.expr) -> ast.expr:
    """The value with JSON's words for Python's."""
    tree = _Words().visit(ast.parse(ast.unparse(value), mode="eval").body)
    return tree if isinstance(tree, ast.expr) else value


class _Words(ast.NodeTransformer):
    def visit_Constant(self, node: ast.Constant) -> ast.expr:
        word = "null" if node.value is None else str(node.value).lower()
        is_word = node.value is None or isinstance(node.value, bool)
        return ast.Name(word, ast.Load()) if is_word else node
