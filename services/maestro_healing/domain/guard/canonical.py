"""Expressions as text that no renaming, extraction of a variable or reformatting alters.

A local name stands for what was assigned to it, a module's prefix is dropped, keywords are sorted.
"""

import ast
import hashlib
from collections.abc import Mapping

MODULE = "@"
_LONG_LITERAL = 80
_LONG = 4000

_OPERATORS: dict[type[ast.AST], str] = {
    ast.Eq: "==", ast.NotEq: "!=", ast.Lt: "<", ast.LtE: "<=", ast.Gt: ">", ast.GtE: ">=", ast.Is: "is",
    ast.IsNot: "is not", ast.In: "in", ast.NotIn: "not in", ast.Add: "+", ast.Sub: "-", ast.Mult: "*",
    ast.Div: "/", ast.FloorDiv: "//", ast.Mod: "%", ast.Pow: "**", ast.LShift: "<<", ast.RShift: ">>",
    ast.BitOr: "|", ast.BitAnd: "&", ast.BitXor: "^", ast.MatMult: "@", ast.And: "and", ast.Or: "or",
    ast.Not: "not ", ast.USub: "-", ast.UAdd: "+", ast.Invert: "~",
}  # fmt: skip


def operator(node: ast.AST) -> str:
    """The operator as it is written."""
    return _OPERATORS[type(node)]


def digest(text: str) -> str:
    """A short stand-in for a long text."""
    return "#" + hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def canonical(node: ast.AST | None, names: Mapping[str, str]) -> str:
    """`node` with each name replaced by what `names` says it stands for."""
    if node is None:
        return ""
    text = _Writer(names).write(node)
    return text if len(text) <= _LONG else digest(text)


class _Writer:
    def __init__(self, names: Mapping[str, str]) -> None:
        self._names = names

    def write(self, node: ast.AST) -> str:
        match node:
            case ast.Name():
                return self._names.get(node.id, node.id)
            case ast.Constant():
                text = repr(node.value)
                return text if len(text) <= _LONG_LITERAL else text[:20] + digest(text)
            case ast.Attribute():
                owner = self.write(node.value)
                return node.attr if owner.startswith(MODULE) else f"{owner}.{node.attr}"
            case ast.Call():
                keywords = sorted(f"{k.arg or '**'}={self.write(k.value)}" for k in node.keywords)
                return f"{self.write(node.func)}({', '.join([*map(self.write, node.args), *keywords])})"
            case ast.Compare():
                parts = [self.write(node.left)]
                for op, right in zip(node.ops, node.comparators, strict=True):
                    parts += [operator(op), self.write(right)]
                return f"({' '.join(parts)})"
            case ast.BoolOp():
                return f"({f' {operator(node.op)} '.join(map(self.write, node.values))})"
            case ast.BinOp():
                return f"({self.write(node.left)} {operator(node.op)} {self.write(node.right)})"
            case ast.UnaryOp():
                return f"{operator(node.op)}{self.write(node.operand)}"
            case ast.Subscript():
                return f"{self.write(node.value)}[{self.write(node.slice)}]"
            case ast.List() | ast.Tuple() | ast.Set():
                brackets = {ast.List: "[]", ast.Tuple: "()", ast.Set: "{}"}[type(node)]
                return f"{brackets[0]}{', '.join(map(self.write, node.elts))}{brackets[1]}"
            case ast.Dict():
                pairs = zip(node.keys, node.values, strict=True)
                return f"{{{', '.join(self._pair(k, v) for k, v in pairs)}}}"
            case ast.Starred():
                return f"*{self.write(node.value)}"
            case ast.NamedExpr():
                return self.write(node.value)
            case ast.Await():
                return f"await {self.write(node.value)}"
            case ast.Lambda() | ast.ListComp() | ast.SetComp() | ast.GeneratorExp() | ast.DictComp():
                return self._scoped(node)
            case _:
                return self._fields(node)

    def _pair(self, key: ast.expr | None, value: ast.expr) -> str:
        return f"{self.write(key) if key else '**'}: {self.write(value)}"

    def _scoped(self, node: ast.AST) -> str:
        """An expression with names of its own: they are numbered."""
        if isinstance(node, ast.Lambda):
            bound = [a.arg for a in ast.walk(node.args) if isinstance(a, ast.arg)]
        else:
            bound = [n.id for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Store)]
        inner = {**self._names, **{name: f"${i}" for i, name in enumerate(dict.fromkeys(bound))}}
        return _Writer(inner)._fields(node)

    def _fields(self, node: ast.AST) -> str:
        parts = []
        for name, value in ast.iter_fields(node):
            if isinstance(value, ast.expr_context) or name in ("kind", "type_comment", "annotation"):
                continue
            if isinstance(value, ast.AST):
                parts.append(self.write(value))
            elif isinstance(value, list):
                parts.append(
                    "[" + ", ".join(self.write(v) if isinstance(v, ast.AST) else repr(v) for v in value) + "]"
                )
            elif isinstance(node, ast.arg) and name == "arg":
                parts.append(self._names.get(node.arg, node.arg))
            else:
                parts.append(repr(value))
        return f"{type(node).__name__}({', '.join(parts)})"
