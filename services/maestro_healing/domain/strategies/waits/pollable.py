"""Which expressions can be looked at again and again, because that changes nothing."""

import ast
import re
from collections.abc import Iterator, Mapping

from maestro_healing.domain.diagnosis.change import ProductChange

_MOST_DEPTH = 3
_FUNCTIONS = frozenset(
    {
        "abs", "all", "any", "approx", "bool", "bytes", "dict", "enumerate", "float", "frozenset", "getattr",
        "hasattr", "int", "isinstance", "len", "list", "max", "min", "Path", "range", "repr", "reversed",
        "round", "set", "sorted", "str", "sum", "tuple", "type", "zip",
    }
)  # fmt: skip
_METHODS = frozenset(
    {
        "as_posix", "cancelled", "copy", "count", "decode", "done", "empty", "encode", "endswith", "exists",
        "full", "get", "getvalue", "glob", "index", "is_alive", "is_dir", "is_file", "is_set", "isoformat",
        "items", "iterdir", "join", "json", "keys", "listdir", "locked", "lower", "lstrip", "poll", "qsize",
        "read_bytes", "read_text", "rglob", "rstrip", "running", "split", "splitlines", "startswith", "stat",
        "strip", "timestamp", "total_seconds", "upper", "values",
    }
)  # fmt: skip
_OF_FILES = ("read_text", "read_bytes", "stat", "iterdir")
_CHANGING = re.compile(
    r"^(add|append|appendleft|apply|clear|close|commit|create|del|delete|discard|emit|execute|extend|insert|"
    r"kill|mark|notify|pop|popitem|popleft|post|publish|push|put|put_nowait|recv|register|release|remove|reset|"
    r"restart|resume|rollback|run|send|set|setdefault|shutdown|start|stop|submit|terminate|touch|unlink|update|"
    r"write|acquire)(_\w+)?$"
)
_PLAIN = (
    ast.Name, ast.Attribute, ast.Subscript, ast.Slice, ast.Constant, ast.Compare, ast.BoolOp, ast.UnaryOp,
    ast.BinOp, ast.IfExp, ast.Tuple, ast.List, ast.Set, ast.Dict, ast.JoinedStr, ast.FormattedValue,
    ast.ListComp, ast.SetComp, ast.DictComp, ast.GeneratorExp, ast.comprehension, ast.Starred, ast.keyword,
    ast.Await, ast.Call, ast.expr_context, ast.operator, ast.unaryop, ast.cmpop, ast.boolop,
)  # fmt: skip


class Pollable:
    """Judges expressions of one project's tests. `texts` are the test-side files."""

    def __init__(self, texts: Mapping[str, str], change: ProductChange) -> None:
        self._texts = texts
        self._change = change

    def __call__(self, expression: str, file: str) -> bool:
        """Whether an expression of a test file does nothing but look."""
        return self._looks(ast.parse(expression, mode="eval"), file, 0)

    def _looks(self, tree: ast.AST, file: str, depth: int) -> bool:
        nodes = [node for node in ast.walk(tree) if not isinstance(node, ast.Expression)]
        if not all(isinstance(node, _PLAIN) for node in nodes):
            return False
        return all(self._reads(node, file, depth) for node in nodes if isinstance(node, ast.Call))

    def _reads(self, call: ast.Call, file: str, depth: int) -> bool:
        match call.func:
            case ast.Name(id=name):
                known = name in _FUNCTIONS
            case ast.Attribute(attr=name):
                # Without a key it is a queue's, and takes what it gives.
                known = name in _METHODS and not (name == "get" and not call.args)
            case _:
                return False
        own = list(self._definitions(name, file)) if name not in _FUNCTIONS else []
        if own:
            return depth < _MOST_DEPTH and all(self._only_reads(one, file, depth + 1) for one in own)
        return known or (isinstance(call.func, ast.Attribute) and name.startswith(("is_", "has_")))

    def _definitions(self, name: str, file: str) -> Iterator[ast.AST]:
        """What a name may stand for: functions of the test file and of the product."""
        text = self._texts.get(file, "")
        sources = [text] if f"def {name}(" in text else []
        tree = self._change.project.head
        sources += [found for path in tree.product if f"def {name}(" in (found := tree.text(path) or "")]
        for source in sources:
            try:
                parsed = ast.parse(source)
            except SyntaxError:
                continue
            for node in ast.walk(parsed):
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and node.name == name:
                    yield node

    def _only_reads(self, function: ast.AST, file: str, depth: int) -> bool:
        for node in ast.walk(function):
            match node:
                case ast.Global() | ast.Nonlocal() | ast.Delete() | ast.Yield() | ast.YieldFrom():
                    return False
                case ast.Assign(targets=targets) if not all(map(_is_local, targets)):
                    return False
                case ast.AugAssign(target=target) | ast.AnnAssign(target=target) if not _is_local(target):
                    return False
                case ast.Call(func=ast.Attribute(attr=name)) if _CHANGING.match(name):
                    return False
                case ast.Call(func=ast.Name(id=name) | ast.Attribute(attr=name)) if name not in _FUNCTIONS:
                    own = list(self._definitions(name, file))
                    if own and depth >= _MOST_DEPTH:
                        return False
                    if not all(self._only_reads(one, file, depth + 1) for one in own):
                        return False
        return True


def _is_local(target: ast.AST) -> bool:
    if isinstance(target, ast.Tuple | ast.List):
        return all(map(_is_local, target.elts))
    return isinstance(target, ast.Name)


def guarded(condition: str, errors: frozenset[str]) -> str | None:
    """The condition so that it raises none of these errors while it does not hold; None where it may."""
    tree = ast.parse(condition, mode="eval").body
    first: list[str] = []
    for node in ast.walk(tree):
        match node:
            case ast.Call(func=ast.Attribute(value=path, attr=name)) if name in _OF_FILES:
                if "FileNotFoundError" in errors:
                    first.append(f"{_written(condition, path)}.exists()")
            case ast.Subscript(value=value, slice=ast.Constant(value=int(number))) if number >= 0:
                if "IndexError" in errors:
                    first.append(f"len({ast.get_source_segment(condition, value)}) > {number}")
            case ast.Subscript(value=value, slice=ast.Constant(value=str()) as key) if "KeyError" in errors:
                first.append(f"{ast.get_source_segment(condition, key)} in {_written(condition, value)}")
    left = errors - {"FileNotFoundError", "IndexError", "KeyError"}
    if left or (errors and not first):
        return None
    return " and ".join([*dict.fromkeys(first), condition if not _is_loose(tree) else f"({condition})"])


def _written(whole: str, part: ast.expr) -> str:
    """A part's own text, in parentheses where it needs them."""
    text = ast.get_source_segment(whole, part) or ast.unparse(part)
    return text if isinstance(part, ast.Name | ast.Attribute | ast.Call | ast.Subscript) else f"({text})"


def _is_loose(tree: ast.expr) -> bool:
    return (isinstance(tree, ast.BoolOp) and isinstance(tree.op, ast.Or)) or isinstance(tree, ast.IfExp)
