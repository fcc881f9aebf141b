"""Where a check failed: the test-side functions that the traceback went through, with their statements."""

import ast
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from pathlib import PurePosixPath

import libcst as cst

from maestro_healing.domain.rewrite.located import Located, located, parsed
from maestro_healing.domain.rewrite.scope import function_lines
from maestro_healing.domain.runs import Frame, TestFailure
from maestro_healing.domain.strategies.strategy import Case


@dataclass(frozen=True)
class View:
    """One frame in a test-side function; `line` counts from 0 at the function's first line."""

    file: str
    owner: str
    line: int
    located: Located
    locals: Mapping[str, str]

    @property
    def function(self) -> cst.FunctionDef:
        """The outermost function around the frame's line."""
        return cst.ensure_type(self.located.node, cst.FunctionDef)

    @cached_property
    def path(self) -> Sequence[cst.CSTNode]:
        """The statements around the line, the outermost first; the last is the one that was at work."""
        return list(self._around(self.function.body))

    def _around(self, block: cst.CSTNode) -> Iterator[cst.CSTNode]:
        for child in block.children:
            if isinstance(child, cst.BaseExpression) or not self._covers(child):
                continue
            if isinstance(child, cst.BaseStatement):
                yield child
            yield from self._around(child)

    def _covers(self, node: cst.CSTNode) -> bool:
        found = self.located.range(node)
        return found.start.line <= self.line <= found.end.line

    @property
    def statement(self) -> cst.CSTNode | None:
        """The statement that was at work."""
        return self.path[-1] if self.path else None

    def code(self, node: cst.CSTNode) -> str:
        """A node's text."""
        return self.located.code(node)


class Scene:
    """The frames of one failure in test-side files, innermost first."""

    def __init__(self, case: Case) -> None:
        self.case = case
        self.views = list(_views(case))

    @property
    def failure(self) -> TestFailure:
        """How the test failed."""
        return self.case.failure

    def caller(self, view: View) -> View | None:
        """The test-side frame that called a frame's function."""
        if view not in self.views:
            return None
        place = self.views.index(view) + 1
        return self.views[place] if place < len(self.views) else None

    def imported(self, file: str, name: str) -> tuple[str, str] | None:
        """The test-side file, and the name in it, that a name of a file was imported from."""
        origin = _imports(self.case.texts.get(file, "")).get(name)
        if origin is None:
            return None
        module, level, original = origin
        found = self._file_of(file, module, level)
        return (found, original) if found else None

    def _file_of(self, file: str, module: str, level: int) -> str | None:
        path = "/".join([*(module.split(".") if module else [])]) + ".py"
        folder = PurePosixPath(file).parent
        if level:
            folder = [folder, *folder.parents][level - 1] if level <= len(folder.parts) + 1 else folder
        nearest = [folder, *folder.parents] if not level else [folder]
        candidates = (str(base / path) for base in nearest)
        return next((path for path in candidates if path in self.case.texts), None)

    def module(self, file: str) -> cst.Module | None:
        """A test-side file's tree."""
        return parsed(self.case.texts.get(file, ""))


@lru_cache(maxsize=64)
def _imports(text: str) -> Mapping[str, tuple[str, int, str]]:
    """Module, level and original name of each name that a file imports from a module: where it does so
    more than once, the first one.
    """
    try:
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.ImportFrom)]
    except (SyntaxError, ValueError, RecursionError):
        return {}
    return {
        alias.asname or alias.name: (node.module or "", node.level, alias.name)
        for node in sorted(nodes, key=lambda node: node.lineno, reverse=True)
        for alias in reversed(node.names)
    }


def _views(case: Case) -> Iterator[View]:
    for frame in reversed(case.failure.frames):
        view = _view(frame, case.texts.get(frame.file))
        if view is not None:
            yield view


def _view(frame: Frame, text: str | None) -> View | None:
    module = parsed(text) if text is not None else None
    if text is None or module is None:
        return None
    for owner, (first, last) in function_lines(text).items():
        if first <= frame.line <= last:
            definition = located(module, owner)
            if definition is not None and isinstance(definition.node, cst.FunctionDef):
                return View(frame.file, owner, frame.line - first, definition, frame.locals)
    return None
