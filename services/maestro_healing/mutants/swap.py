"""Puts a mutant into a running process: functions that live get its code, names its values.

So a process that has imported everything once can be forked for each mutant.
"""

from __future__ import annotations
import __future__

import ast
import gc
import os
import sys
import types
from importlib.machinery import SourceFileLoader
from pathlib import Path
from typing import TYPE_CHECKING, Any

from . import mutator
from .mutator import BODY, DEFAULT, FUNCTIONS, Mutant, Text, end_of, start_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    _Key = tuple[str, int, str]  # file, first line, name


class Source:
    """A file of the product: its text, and what it consists of."""

    def __init__(self, path: str) -> None:
        """`path` is absolute. Raises OSError, SyntaxError and ValueError (it is no UTF-8, or not Python)."""
        self.path = path
        content = Path(path).read_bytes()
        content.decode("utf-8")
        self.text = Text(content)
        self.tree = ast.parse(content)
        self.mutants = list(mutator.mutants(content))
        self.flags = 0
        for node in self.tree.body:
            if isinstance(node, ast.ImportFrom) and node.module == "__future__":
                for alias in node.names:
                    self.flags |= getattr(__future__, alias.name).compiler_flag

    def mutated(self, mutant: Mutant) -> bytes:
        """The file's content with the mutant in it."""
        return self.text.replaced(mutant.start, mutant.end, mutant.text.encode("utf-8", "surrogateescape"))

    def compiled(self, mutant: Mutant) -> tuple[ast.Module, types.CodeType]:
        """The top-level statement that the mutant lies in, with the file's lines. Raises SyntaxError."""
        outermost = next(n for n in self.tree.body if _first_line(n) <= mutant.start[0] <= end_of(n)[0])
        lines = self.mutated(mutant).split(b"\n")
        first = _first_line(outermost) - 1
        segment = b"\n" * first + b"\n".join(lines[first : end_of(outermost)[0]])
        tree = compile(segment, self.path, "exec", self.flags | ast.PyCF_ONLY_AST, dont_inherit=True)
        assert isinstance(tree, ast.Module)
        return tree, compile(tree, self.path, "exec", self.flags, dont_inherit=True)


def _first_line(node: ast.AST) -> int:
    """Its first line as code counts it, decorators included."""
    decorators = getattr(node, "decorator_list", [])
    return min([start_of(node)[0], *(start_of(d)[0] for d in decorators)])


def live_functions(paths: Iterable[str]) -> dict[_Key, list[types.FunctionType]]:
    """Every function there is of the files, whose paths are absolute."""
    wanted = set(paths)
    real: dict[str, str] = {}
    found: dict[_Key, list[types.FunctionType]] = {}
    for function in gc.get_objects():
        if type(function) is types.FunctionType:
            code = function.__code__
            path = real.setdefault(code.co_filename, os.path.realpath(code.co_filename))
            if path in wanted:
                found.setdefault((path, code.co_firstlineno, code.co_name), []).append(function)
    return found


class Unapplied(Exception):
    """A mutant that can't be put into a process that runs."""


class Swap:
    """Puts mutants in; each at most once in a process."""

    def __init__(self, functions: dict[_Key, list[types.FunctionType]], modules: Mapping[str, Any]) -> None:
        """`modules` are those that are imported, by their absolute paths."""
        self._functions = functions
        self._modules = modules

    def apply(self, source: Source, mutant: Mutant) -> None:
        """Raises Unapplied and SyntaxError."""
        tree, code = source.compiled(mutant)
        _import_as(source.path, source.mutated(mutant))
        if source.path not in self._modules:
            return  # imported by the test, and mutated then
        chain = list(_chain(tree, mutant))
        if mutant.where == BODY:
            self._bodies(source, chain, code)
        elif mutant.where == DEFAULT:
            self._default(source, chain, mutant)
        else:
            self._assignment(source, chain, mutant)

    def _bodies(self, source: Source, chain: Sequence[ast.AST], code: types.CodeType) -> None:
        """Of every function around the mutant, for each may have made some that live."""
        codes: dict[_Key, list[types.CodeType]] = {}
        _collect(code, source.path, codes)
        done = 0
        for node in chain:
            if not isinstance(node, FUNCTIONS):
                continue
            key = source.path, _first_line(node), getattr(node, "name", "<lambda>")
            for function in self._functions.get(key, ()):
                if len(codes.get(key, ())) == 1:
                    try:
                        function.__code__ = codes[key][0]
                    except ValueError as error:  # it closes over other names now
                        raise Unapplied(str(error)) from error
                    done += 1
        if not done:
            raise Unapplied("no function of it lives")

    def _default(self, source: Source, chain: Sequence[ast.AST], mutant: Mutant) -> None:
        node = next(n for n in reversed(chain) if isinstance(n, FUNCTIONS))
        done = 0
        for function in self._functions.get((source.path, _first_line(node), mutant.name), ()):
            space = function.__globals__
            for position, default in enumerate(node.args.defaults):
                if _holds(default, mutant) and function.__defaults__:
                    values = list(function.__defaults__)
                    values[position] = _value(default, source, space, {})
                    function.__defaults__ = tuple(values)
                    done += 1
            for argument, keyword in zip(node.args.kwonlyargs, node.args.kw_defaults):  # noqa: B905
                if keyword is not None and _holds(keyword, mutant) and function.__kwdefaults__:
                    function.__kwdefaults__[argument.arg] = _value(keyword, source, space, {})
                    done += 1
        if not done:
            raise Unapplied("no function has the default")

    def _assignment(self, source: Source, chain: Sequence[ast.AST], mutant: Mutant) -> None:
        statement = next(n for n in reversed(chain) if isinstance(n, (ast.Assign, ast.AnnAssign)))
        assert statement.value is not None
        module = self._modules[source.path]
        space = vars(module)
        owner: Any = module
        for node in chain:
            if isinstance(node, ast.ClassDef):
                owner = vars(owner).get(node.name)
        if not isinstance(owner, (type, types.ModuleType)):
            raise Unapplied("no class of that name is there")
        local = dict(vars(owner)) if isinstance(owner, type) else {}
        old, new = vars(owner).get(mutant.name), _value(statement.value, source, space, local)
        try:
            setattr(owner, mutant.name, new)
        except (AttributeError, TypeError) as error:
            raise Unapplied(str(error)) from error
        if owner is module:
            for other in list(sys.modules.values()):
                if getattr(other, "__dict__", {}).get(mutant.name, owner) is old:
                    setattr(other, mutant.name, new)


def _value(node: ast.expr, source: Source, space: dict[str, Any], local: dict[str, Any]) -> Any:
    try:
        code = compile(ast.Expression(node), source.path, "eval", source.flags, dont_inherit=True)
        return eval(code, space, local)
    except Exception as error:  # the project's code: it may raise anything
        raise Unapplied(str(error)) from error


def _holds(node: ast.AST, mutant: Mutant) -> bool:
    """Whether the mutant is in it; `node` is of the mutated tree, so that only its start is as it was."""
    return start_of(node) <= mutant.start <= max(end_of(node), start_of(node))


def _chain(node: ast.AST, mutant: Mutant) -> Iterator[ast.AST]:
    """Classes, functions and the assignment that the mutant lies in, outermost first."""
    kept = (*FUNCTIONS, ast.ClassDef, ast.Assign, ast.AnnAssign)
    for child in ast.iter_child_nodes(node):
        if not hasattr(child, "lineno") or start_of(child) <= mutant.start <= end_of(child):
            if isinstance(child, kept):
                yield child
            yield from _chain(child, mutant)


def _collect(code: types.CodeType, path: str, found: dict[_Key, list[types.CodeType]]) -> None:
    for constant in code.co_consts:
        if isinstance(constant, types.CodeType):
            found.setdefault((path, constant.co_firstlineno, constant.co_name), []).append(constant)
            _collect(constant, path, found)


def _import_as(path: str, content: bytes) -> None:
    """From here on, the file is imported with other content."""
    original: Callable[..., Any] = SourceFileLoader.get_code

    def get_code(loader: SourceFileLoader, fullname: str) -> types.CodeType | None:
        name = loader.get_filename(fullname)
        if os.path.realpath(name) == path:
            return loader.source_to_code(content, name)
        found: types.CodeType | None = original(loader, fullname)
        return found

    SourceFileLoader.get_code = get_code  # type: ignore[method-assign, assignment]


def imported(paths: Iterable[str]) -> dict[str, Any]:
    """The modules that are imported from the files."""
    wanted = set(paths)
    found = {}
    for module in list(sys.modules.values()):
        name = getattr(module, "__file__", None)
        if isinstance(name, str):
            path = os.path.realpath(name)
            if path in wanted:
                found[path] = module
    return found
