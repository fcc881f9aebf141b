"""Backstage's language: nunjucks between `${{` and `}}`, read by Jinja as JavaScript would."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Final

from jinja2 import ChainableUndefined, TemplateSyntaxError, nodes
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.parser import Parser
from jinja2.runtime import LoopContext
from jinja2.utils import Cycler
from jinja2.visitor import NodeTransformer

from maestro_template.domain.dialects import js
from maestro_template.domain.dialects.nunjucks_filters import FILTERS, OPERATORS
from maestro_template.domain.model import Dialect, Folder, Json
from maestro_template.domain.sandbox import Sandbox

_LOOP: Final = frozenset({"index", "index0", "revindex", "revindex0", "first", "last", "length"})
_CYCLER: Final = frozenset({"next", "current", "reset"})
_COMPARISONS: Final = frozenset({"eq", "ne", "lt", "lteq", "gt", "gteq"})
_STRICT: Final = {"eq": "js.same", "ne": "js.notsame"}
_OTHER_NAMES: Final = {
    "elseif": "elif",
    "asyncEach": "for",
    "endeach": "endfor",
    "asyncAll": "for",
    "endall": "endfor",
}
_TESTS: Final[Mapping[str, Callable[[Any], bool]]] = {
    "null": lambda value: value is None,
    "truthy": lambda value: bool(value),
    "falsy": lambda value: not value,
}
_QUOTED_OR_PATTERN: Final = re.compile(
    r"""(?P<quoted>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')|(?<![\w.])r/(?P<body>(?:\\.|[^/\\])*)/(?P<flags>[gimy]*)""",
    re.DOTALL,
)
_SINGLE: Final = re.compile(r"\s*\$\{\{-?(?P<expression>(?:(?!\}\}).)+?)-?\}\}\s*", re.DOTALL)


class BackstageSandbox(Sandbox):
    """nunjucks as Backstage sets it up."""

    shown_globals = ("cycler", "joiner")

    def __init__(self, folder: Folder, dialect: Dialect) -> None:
        self._compatible = bool(dialect.options.get("compatible"))
        marks = {} if self._compatible else {"variable_start_string": "${{"}
        options = {**marks, **dialect.options}
        super().__init__(folder, Dialect(**{**_fields(dialect), "options": options, "strict": False}))
        self.undefined = ChainableUndefined
        self.add_extension(_Names)
        self.finalize = js.printed
        self.filters = {**FILTERS, **OPERATORS, **{name: self.filters[name] for name in ("select", "reject")}}
        self.globals.update({"range": _range, "null": None})
        self.tests.update(_TESTS)
        # A step's own expressions are between `${{` and `}}`, whatever its files are written in.
        self._expressions = BackstageSandbox({}, Dialect()) if self._compatible else self
        self._parts = re.compile(
            "|".join(
                (
                    r"(?P<begin>\{%-?\s*)(?:raw|verbatim)(?P<raw>\s*-?%\}.*?\{%-?\s*)end(?:raw|verbatim)\b",
                    r"(?P<code>\{%.*?%\}|" + re.escape(self.variable_start_string) + r".*?\}\})",
                    r"(?P<comment>\{#.*?#\})",
                )
            ),
            re.DOTALL,
        )

    def scope(self, values: Mapping[str, Json]) -> Mapping[str, object]:
        """The answers as `parameters`; what was not answered is undefined."""
        return {"parameters": js.wrapped({k: v for k, v in values.items() if v is not None})}

    def file_scope(self, values: Mapping[str, Json], given: Mapping[str, Json]) -> Mapping[str, object]:
        """What the step gives its files, as `values`. Raises TemplateError."""
        name = "cookiecutter" if self._compatible else "values"
        return {name: js.wrapped(self._given(given, self.scope(values)))}

    def line_end(self, content: bytes) -> str:
        """The one that the file has."""
        return "\r\n" if b"\r\n" in content else "\n"

    def preprocess(self, source: str, name: str | None = None, filename: str | None = None) -> str:
        """What nunjucks reads in another way than Jinja: `verbatim`, patterns, and comments.

        nunjucks leaves the white space around comments alone.
        """

        def part(match: re.Match[str]) -> str:
            if match["raw"]:
                return f"{match['begin']}raw{match['raw']}endraw"
            if match["comment"]:
                return f"{self.variable_start_string}''{self.variable_end_string}"
            return _QUOTED_OR_PATTERN.sub(_pattern, match["code"])

        return self._parts.sub(part, super().preprocess(source, name, filename))

    def getattr(self, obj: Any, attribute: str) -> Any:
        """`obj.attribute`."""
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        """`obj[argument]`: of data what JavaScript would find, of anything else nothing."""
        if (isinstance(obj, LoopContext) and argument in _LOOP) or (
            isinstance(obj, Cycler) and argument in _CYCLER
        ):
            return getattr(obj, argument)
        return js.member(obj, argument, lambda: self.undefined(obj=obj, name=argument))

    def is_safe_callable(self, obj: object) -> bool:
        """Methods of data, and what Jinja itself hands to a template."""
        return isinstance(obj, js.Method) or super().is_safe_callable(obj)

    def _parse(self, source: str, name: str | None, filename: str | None) -> nodes.Template:
        template = _Parser(self, source, name, filename).parse()
        _refuse_writes_out_of_loops(template)
        changed: nodes.Template = _JavaScript().visit(template)
        changed.set_environment(self)
        return changed

    def _given(self, given: Json | Mapping[str, Json], scope: Mapping[str, object]) -> Any:
        """Expressions at every depth; one that is alone keeps its type, one that gives nothing goes."""
        if isinstance(given, Mapping):
            found = {name: self._given(item, scope) for name, item in given.items()}
            return {name: item for name, item in found.items() if item is not _NOTHING}
        if isinstance(given, list):
            return [None if (found := self._given(item, scope)) is _NOTHING else found for item in given]
        if not isinstance(given, str) or "${{" not in given:
            return given
        single = _SINGLE.fullmatch(given)
        wanted = f"${{{{ ({single['expression']}) | dump }}}}" if single else given
        said = self._expressions.from_string(wanted).render(scope)
        if said == "":
            return _NOTHING
        return json.loads(said) if single else said


_NOTHING: Final = object()


def _fields(dialect: Dialect) -> dict[str, Any]:
    return {name: getattr(dialect, name) for name in Dialect.__slots__}


def _pattern(match: re.Match[str]) -> str:
    if match["quoted"]:
        return match["quoted"]
    body, flags = (json.dumps(match[part]) for part in ("body", "flags"))
    return f"({body}|js_regex({flags}))"


def _range(start: int, stop: int | None = None, step: int = 1) -> js.Array:
    numbers = range(start) if stop is None else range(start, stop, step or 1)
    if len(numbers) > 100_000:
        raise OverflowError("range too big")
    return js.Array(numbers)


class _Names(Extension):
    """Tags that have another name in nunjucks."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """Give them the name that Jinja knows."""
        begun = False
        for token in stream:
            if begun and token.type == "name" and token.value in _OTHER_NAMES:
                yield Token(token.lineno, "name", _OTHER_NAMES[token.value])
            else:
                yield token
            begun = token.type == "block_begin"


class _Parser(Parser):
    """Comparisons as nunjucks has them, `===` and `!==` among them."""

    def parse_compare(self) -> nodes.Expr:
        """A chain of comparisons, from left to right."""
        line = self.stream.current.lineno
        left = self.parse_math1()
        while True:
            kind = self.stream.current.type
            if kind in _COMPARISONS:
                next(self.stream)
                strict = kind in _STRICT and self.stream.skip_if("assign")
                name = _STRICT[kind] if strict else f"js.{kind}"
            elif self.stream.skip_if("name:in"):
                name = "js.in"
            elif self.stream.current.test("name:not") and self.stream.look().test("name:in"):
                self.stream.skip(2)
                name = "js.notin"
            else:
                return left
            left = _operation(name, left, [self.parse_math1()], line)


class _JavaScript(NodeTransformer):
    """Puts JavaScript's operators in the place of Python's."""

    def visit_Add(self, node: nodes.Add) -> nodes.Node:
        """`+`."""
        self.generic_visit(node)
        return _operation("js.add", node.left, [node.right], node.lineno)

    def visit_Concat(self, node: nodes.Concat) -> nodes.Node:
        """`~`."""
        self.generic_visit(node)
        return _operation("js.concat", node.nodes[0], node.nodes[1:], node.lineno)

    def visit_List(self, node: nodes.List) -> nodes.Node:
        """An array."""
        self.generic_visit(node)
        return _operation("js.object", node, [], node.lineno)

    def visit_Dict(self, node: nodes.Dict) -> nodes.Node:
        """An object, whose keys may be bare names."""
        for pair in node.items:
            if isinstance(pair.key, nodes.Name):
                pair.key = nodes.Const(pair.key.name)
        self.generic_visit(node)
        return _operation("js.object", node, [], node.lineno)

    def visit_For(self, node: nodes.For) -> nodes.Node:
        """A loop over an array or an object."""
        self.generic_visit(node)
        names = len(node.target.items) if isinstance(node.target, nodes.Tuple) else 1
        node.iter = nodes.Filter(
            node.iter, "js.each", [nodes.Const(names)], [], None, None, lineno=node.lineno
        )
        return node


def _operation(name: str, first: nodes.Expr, more: list[nodes.Expr], line: int) -> nodes.Filter:
    return nodes.Filter(first, name, more, [], None, None, lineno=line)


def _refuse_writes_out_of_loops(template: nodes.Template) -> None:
    """In nunjucks a loop can change a variable from outside. In Jinja it can't, and would do so silently."""
    inside = {node: name for loop in template.find_all(nodes.For) for node, name in _writes(loop)}
    outside = {name for node, name in _writes(template) if node not in inside}
    for node, name in inside.items():
        if name in outside:
            raise TemplateSyntaxError(f"a loop can't change {name!r} from outside here", node.lineno)


def _writes(where: nodes.Node) -> list[tuple[nodes.Node, str]]:
    written: list[nodes.Assign | nodes.AssignBlock] = []
    written += where.find_all(nodes.Assign)
    written += where.find_all(nodes.AssignBlock)
    return [(node, node.target.name) for node in written if isinstance(node.target, nodes.Name)]
