"""A file as the guard sees it: its functions and what each is for, its imports and constants."""

import ast
import copy
import re
import warnings
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from functools import cached_property
from itertools import pairwise

from maestro_healing.domain.guard.canonical import MODULE

FunctionNode = ast.FunctionDef | ast.AsyncFunctionDef
MAX_CHARACTERS = 8_000_000
# How often a constant that is bound again and again may hold what it was.
_MOST_COPIES = 100

_TEST_FILE = re.compile(r"(^|/)(test_[^/]*|[^/]*_tests?|tests?|conftest)\.py$")
_TOKEN = re.compile(r"\w+|[^\w\s]")
_TEST_FOLDERS = {"tests", "test", "testing"}
_SETUP = re.compile(
    r"(async)?(set_?up|tear_?down)(_?(class|module|method|function|testdata))?", re.IGNORECASE
)


class UnreadableError(Exception):
    """A text that cannot be parsed; the message says why, `line` where."""

    def __init__(self, message: str, line: int) -> None:
        super().__init__(message)
        self.line = line


class Role(Enum):
    """What a function is for."""

    TEST = "test"
    FIXTURE = "fixture"
    SETUP = "setup"
    HOOK = "hook"
    HELPER = "helper"


def is_test_file(path: str) -> bool:
    """Whether a Python file belongs to the tests rather than to the product."""
    if not path.endswith(".py"):
        return False
    *folders, _ = path.split("/")
    return bool(_TEST_FILE.search(path)) or not _TEST_FOLDERS.isdisjoint(folders)


def last_name(node: ast.AST) -> str:
    """The last part of a dotted name, or of what is called; empty for anything else."""
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name):
            return name
        case ast.Call(func=func):
            return last_name(func)
        case _:
            return ""


def dotted(node: ast.AST) -> str:
    """`a.b.c` for a dotted name, else empty."""
    match node:
        case ast.Name(id=name):
            return name
        case ast.Attribute(value=value, attr=attr):
            owner = dotted(value)
            return f"{owner}.{attr}" if owner else ""
        case _:
            return ""


@dataclass(frozen=True, eq=False)
class Function:
    """A function of a module or of a class in it."""

    path: str
    classes: tuple[str, ...]
    node: FunctionNode
    role: Role
    text: str

    @property
    def name(self) -> str:
        return self.node.name

    @property
    def qualname(self) -> str:
        return "::".join((*self.classes, self.node.name))

    @property
    def id(self) -> str:
        return f"{self.path}::{self.qualname}"

    @property
    def line(self) -> int:
        return self.node.lineno

    @cached_property
    def words(self) -> frozenset[str]:
        """All identifiers in its text."""
        return frozenset(re.findall(r"\w+", self.text))

    @cached_property
    def stored(self) -> Mapping[str, int]:
        """The names that it assigns to, and how often; those that others may assign to count twice."""
        return self._names[0]

    @cached_property
    def loaded(self) -> frozenset[str]:
        """The names that it reads."""
        return self._names[1]

    @cached_property
    def _names(self) -> tuple[Counter[str], frozenset[str]]:
        stored: Counter[str] = Counter()
        loaded, shared = set(), set()
        for node in ast.walk(self.node):
            if isinstance(node, ast.Name):
                if isinstance(node.ctx, ast.Store):
                    stored[node.id] += 1
                else:
                    loaded.add(node.id)
            elif isinstance(node, ast.Global | ast.Nonlocal):
                shared.update(node.names)
        stored.update(dict.fromkeys(shared & stored.keys(), 2))
        return stored, frozenset(loaded)

    @cached_property
    def shingles(self) -> frozenset[str]:
        """The words of its body with their order, as pairs of neighbours (w-shingling, Broder 1997)."""
        return frozenset(f"{a} {b}" for a, b in pairwise(_TOKEN.findall(self.text.split(":", 1)[-1])))

    @cached_property
    def parameters(self) -> tuple[str, ...]:
        arguments = self.node.args
        return tuple(a.arg for a in (*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs))


def _role(node: FunctionNode) -> Role:
    if any(last_name(d) in ("fixture", "yield_fixture") for d in node.decorator_list):
        return Role.FIXTURE
    if node.name.startswith("test"):
        return Role.TEST
    if node.name.startswith("pytest_"):
        return Role.HOOK
    return Role.SETUP if _SETUP.fullmatch(node.name) else Role.HELPER


@dataclass
class Module:
    """A parsed test file."""

    path: str
    text: str
    tree: ast.Module
    functions: dict[str, Function] = field(default_factory=dict)
    shadowed: list[Function] = field(default_factory=list)
    classes: dict[str, ast.ClassDef] = field(default_factory=dict)
    imports: dict[str, str] = field(default_factory=dict)
    constants: dict[str, ast.expr] = field(default_factory=dict)
    definitions: dict[str, str] = field(default_factory=dict)

    @cached_property
    def top_level_calls(self) -> Sequence[ast.Call]:
        """What the module calls when it is imported."""
        blocks = (ast.Expr, ast.Assign, ast.If, ast.Try)
        return [
            c for s in self.tree.body if isinstance(s, blocks) for c in ast.walk(s) if isinstance(c, ast.Call)
        ]

    @cached_property
    def bases(self) -> frozenset[str]:
        """Names of all classes that another class here derives from."""
        return frozenset(last_name(b) for c in self.classes.values() for b in c.bases)


def parse(path: str, text: str) -> Module:
    """Raises UnreadableError where the text is no Python."""
    if len(text) > MAX_CHARACTERS:
        raise UnreadableError(f"is too large to review ({len(text)} characters)", 1)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        raise UnreadableError(f"does not parse: {error.msg}", error.lineno or 1) from error
    except UnicodeEncodeError as error:
        raise UnreadableError("is not UTF-8, and names no other encoding that it is in", 1) from error
    except ValueError as error:
        raise UnreadableError(f"does not parse: {error}", 1) from error
    except (RecursionError, MemoryError) as error:
        raise UnreadableError("is nested too deeply to review", 1) from error
    module = Module(path, text, tree)
    _Reader(module).read(tree.body, ())
    _cut_cycles(module.constants)
    return module


def _cut_cycles(constants: dict[str, ast.expr]) -> None:
    """Drops constants that lead back to themselves: following them would not end."""
    used = {
        name: {n.id for n in ast.walk(value) if isinstance(n, ast.Name) and n.id in constants}
        for name, value in constants.items()
    }
    for name in list(constants):
        reached, pending = set[str](), list(used[name])
        while pending:
            following = pending.pop()
            if following not in reached and following in constants:
                reached.add(following)
                pending += used[following]
        if name in reached:
            del constants[name]


class _Reader:
    def __init__(self, module: Module) -> None:
        self._module = module
        self._holds: Counter[str] = Counter()
        self._lines = module.text.replace("\r\n", "\n").replace("\r", "\n").split("\n")

    def _text(self, node: ast.stmt) -> str:
        decorators = getattr(node, "decorator_list", [])
        first = min([node.lineno, *(d.lineno for d in decorators)])
        return "\n".join(self._lines[first - 1 : node.end_lineno])

    def read(self, body: Sequence[ast.stmt], classes: tuple[str, ...]) -> None:
        for node in _flat(body):
            match node:
                case ast.FunctionDef() | ast.AsyncFunctionDef():
                    self._function(node, classes)
                case ast.ClassDef():
                    self._module.classes[node.name] = node
                    if not classes:
                        head = [*node.decorator_list, *node.bases, *node.keywords]
                        rest = [s for s in node.body if not isinstance(s, FunctionNode | ast.ClassDef)]
                        self._module.definitions[node.name] = "".join(map(ast.dump, [*head, *rest]))
                    self.read(node.body, (*classes, node.name))
                case ast.Import() | ast.ImportFrom():
                    self._module.imports.update(imported(node))
                case ast.Assign() | ast.AnnAssign() | ast.AugAssign():
                    self._assignment(node, classes)

    def _function(self, node: FunctionNode, classes: tuple[str, ...]) -> None:
        function = Function(self._module.path, classes, node, _role(node), self._text(node))
        earlier = self._module.functions.get(function.qualname)
        if earlier is not None and earlier.role is Role.TEST:
            self._module.shadowed.append(earlier)
        self._module.functions[function.qualname] = function
        if not classes:
            self._module.definitions[node.name] = function.text

    def _assignment(self, node: ast.Assign | ast.AnnAssign | ast.AugAssign, classes: tuple[str, ...]) -> None:
        targets = node.targets if isinstance(node, ast.Assign) else [node.target]
        for target in targets:
            name = dotted(target)
            if not name or (classes and "." in name):
                continue
            key = "::".join((*classes, name))
            self._module.definitions[name] = self._module.definitions.get(name, "") + self._text(node)
            value: ast.expr | None = node.value
            earlier = self._module.constants.pop(key, None)
            if earlier is not None and value is not None:
                value = self._in_terms_of(earlier, key, node, value)
            elif isinstance(node, ast.AugAssign):
                value = None
            if value is not None:
                self._module.constants[key] = value

    def _in_terms_of(
        self, earlier: ast.expr, key: str, node: ast.Assign | ast.AnnAssign | ast.AugAssign, value: ast.expr
    ) -> ast.expr | None:
        """What a name stands for when it is bound once more; None where that is too much to look at."""
        name = key.rpartition("::")[2]
        uses = sum(isinstance(n, ast.Name) and n.id == name for n in ast.walk(value))
        adds = isinstance(node, ast.AugAssign)
        self._holds[key] = (uses + adds) * (1 + self._holds[key])
        if self._holds[key] > _MOST_COPIES:
            return None
        value = _Substitution(name, earlier).visit(copy.deepcopy(value)) if uses else value
        return (
            ast.copy_location(ast.BinOp(earlier, node.op, value), node)
            if isinstance(node, ast.AugAssign)
            else value
        )


class _Substitution(ast.NodeTransformer):
    """`X = X[1:]` in terms of what X was."""

    def __init__(self, name: str, value: ast.expr) -> None:
        self._name, self._value = name, value

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self._value if node.id == self._name else node


def _flat(body: Sequence[ast.stmt]) -> Iterator[ast.stmt]:
    """Statements of a module or class, those in its if, try and with blocks included."""
    for node in body:
        if isinstance(node, ast.If | ast.Try | ast.With | ast.For | ast.While):
            for name in ("body", "orelse", "finalbody"):
                yield from _flat(getattr(node, name, []))
            for handler in getattr(node, "handlers", []):
                yield from _flat(handler.body)
        else:
            yield node


def imported(node: ast.Import | ast.ImportFrom) -> dict[str, str]:
    """What each name that an import binds stands for."""
    if isinstance(node, ast.Import):
        return {(a.asname or a.name.split(".")[0]): MODULE + a.name for a in node.names}
    return {(a.asname or a.name): a.name for a in node.names if a.name != "*"}
