"""Rendering a template: names, conditions and contents, as Copier does it. Runs inside a worker."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from fnmatch import fnmatchcase

import yaml
from jinja2 import Template, TemplateError, TemplateSyntaxError

from maestro_core.errors import FieldViolation, InvalidArgument, ResourceExhausted
from maestro_template.domain import limits
from maestro_template.domain.dialects import sandbox_of
from maestro_template.domain.model import (
    ANSWERS_FILE,
    FILES_ROOT,
    MANIFEST,
    RENDERED_SUFFIX,
    File,
    Folder,
    Json,
    Manifest,
    Problem,
    Rendered,
)
from maestro_template.domain.parameters import Parameters, Resolved, truth
from maestro_template.domain.paths import collision, path_problem

# What a template can raise by itself; everything else is a fault of ours.
TEMPLATE_FAULTS = (
    TemplateError, ArithmeticError, LookupError, TypeError, ValueError, RecursionError, AttributeError
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class _Entry:
    """One file below `files/` and what the rules say of it."""

    source: str
    segments: tuple[str, ...]
    rendered: bool
    executable: bool
    when: str | None
    values: Mapping[str, Json]


class Program:
    """One version of a template, compiled as it is used and kept for the next rendering."""

    def __init__(self, manifest: Manifest, folder: Folder) -> None:
        self.manifest = manifest
        self._folder = folder
        self._parameters = Parameters(manifest)
        self._sandbox = sandbox_of(folder, manifest.dialect)
        self.deep_defaults = self._sandbox.deep_defaults
        self._expressions: dict[str, Template] = {}
        self._entries = [
            _entry(manifest, path, folder[path]) for path in sorted(folder) if path.startswith(FILES_ROOT)
        ]

    def render(self, answers: Mapping[str, Json], origin: Mapping[str, str], only: str = "") -> Rendered:
        """Render the whole template, or `only` one path of its output.

        `origin` says in the answers file where the project came from.
        Raises InvalidArgument (ANSWERS_INVALID, TEMPLATE_FAILS, OUTPUT_PATH_INVALID, PATH_NOT_RENDERED) and
        ResourceExhausted (OUTPUT_TOO_LARGE).
        """
        resolved = self._parameters.resolve(answers, self)
        files = self._files(resolved.values, only)
        if only in ("", ANSWERS_FILE):
            files[ANSWERS_FILE] = File(self._answers_file(resolved, origin))
        if only and only not in files:
            raise InvalidArgument(
                f"nothing is rendered to {only[:200]!r} with these answers",
                reason="PATH_NOT_RENDERED",
                violations=[FieldViolation("only", "names no rendered file")],
            )
        secrets = self._parameters.secrets
        return Rendered(
            files, {name: value for name, value in resolved.values.items() if name not in secrets}
        )

    def is_template(self, text: str) -> bool:
        """Whether a text holds anything but itself."""
        return self._sandbox.is_template(text)

    def evaluate(self, text: str, values: Mapping[str, Json]) -> str:
        """What a text says with these values. Raises TEMPLATE_FAULTS."""
        return self._text(text, self._sandbox.scope(values)) if self.is_template(text) else text

    def _files(self, values: Mapping[str, Json], only: str) -> dict[str, File]:
        files: dict[str, File] = {}
        size = 0
        with _told(MANIFEST):
            excluded = self._sandbox.excludes(values)
            scope = self._sandbox.scope(values)
        for entry in self._entries:
            with _told(entry.source):
                seen = self._sandbox.file_scope(values, entry.values)
                target = self._target(entry, scope, {**scope, **seen})
            if target is None or (only and target != only) or excluded(target):
                continue
            if target in files:
                raise _refused_path(entry.source, f"becomes {target!r}, as another file does")
            files[target] = self._file(entry, seen, limits.MAX_OUTPUT_BYTES - size)
            size += len(files[target].content)
            if len(files) > limits.MAX_OUTPUT_FILES:
                raise _too_large(f"more than {limits.MAX_OUTPUT_FILES} files")
        if clash := collision(files):
            raise _refused_path(clash, "is both a file and a folder in the output")
        return files

    def problems(self) -> Iterator[Problem]:
        """What is wrong with the template whatever the answers: expressions and files that do not compile."""
        for name, spec in self._named_expressions():
            try:
                self._expression(spec)
            except TEMPLATE_FAULTS as error:
                yield Problem(MANIFEST, 0, f"{name}: {_describe(error)}")
        for entry in self._entries:
            try:
                for segment in entry.segments:
                    self._expression(segment)
                if entry.rendered:
                    self._sandbox.compiled(entry.source)
            except TEMPLATE_FAULTS as error:
                yield Problem(entry.source, getattr(error, "lineno", 0), _describe(error))

    def _named_expressions(self) -> Iterator[tuple[str, str]]:
        properties = self.manifest.parameters["properties"]
        for name, spec in properties.items() if isinstance(properties, dict) else ():
            for keyword in ("when", "default", "validator"):
                value = spec.get(keyword) if isinstance(spec, dict) else None
                if isinstance(value, str):
                    yield f"parameters.properties.{name}.{keyword}", value
        for index, rule in enumerate(self.manifest.rules):
            if rule.when is not None:
                yield f"rules[{index}].when", rule.when
            for name, text in (rule.values or {}).items():
                if isinstance(text, str):
                    yield f"rules[{index}].values.{name}", text
        for index, pattern in enumerate(self.manifest.dialect.exclude):
            yield f"dialect.exclude[{index}]", pattern

    def _target(self, entry: _Entry, scope: Mapping[str, object], seen: Mapping[str, object]) -> str | None:
        """Where a file goes, or None where a name or a rule says that it is left out."""
        if entry.when is not None and not truth(self._text(entry.when, scope)):
            return None
        parts = [self._text(part, seen) for part in entry.segments]
        if not all(parts):
            return None
        target = "/".join(parts)
        if problem := path_problem(target):
            raise _refused_path(entry.source, f"becomes {target[:200]!r}, which {problem}")
        if target == ANSWERS_FILE:
            raise _refused_path(entry.source, f"becomes {ANSWERS_FILE}, which Maestro writes")
        return target

    def _file(self, entry: _Entry, seen: Mapping[str, object], room: int) -> File:
        content = self._folder[entry.source].content
        if entry.rendered:
            with _told(entry.source):
                content = self._content(entry.source, content, seen, room)
        if len(content) > room:
            raise _too_large(f"more than {limits.MAX_OUTPUT_BYTES} bytes")
        return File(content, entry.executable)

    def _content(self, source: str, content: bytes, seen: Mapping[str, object], room: int) -> bytes:
        pieces: list[bytes] = []
        line_end = self._sandbox.line_end(content)
        for piece in self._sandbox.compiled(source).generate(seen):
            pieces.append((piece if line_end == "\n" else piece.replace("\n", line_end)).encode())
            room -= len(pieces[-1])
            if room < 0:
                raise _too_large(f"more than {limits.MAX_OUTPUT_BYTES} bytes")
        return b"".join(pieces)

    def _text(self, text: str, scope: Mapping[str, object]) -> str:
        return self._expression(text).render(scope) if self.is_template(text) else text

    def _expression(self, text: str) -> Template:
        compiled = self._expressions.get(text)
        if compiled is None:
            compiled = self._expressions[text] = self._sandbox.from_string(text)
        return compiled

    def _recorded(self, resolved: Resolved) -> dict[str, Json]:
        return {
            name: resolved.values[name]
            for name in resolved.asked
            if name not in self._parameters.secrets and resolved.values[name] is not None
        }

    def _answers_file(self, resolved: Resolved, origin: Mapping[str, str]) -> bytes:
        document = {f"_{key}": value for key, value in origin.items()} | self._recorded(resolved)
        text = yaml.dump(document, Dumper=yaml.CSafeDumper, sort_keys=False, allow_unicode=True)
        return f"# Written by Maestro, read again when this project is updated. Do not edit.\n{text}".encode()


def _entry(manifest: Manifest, source: str, file: File) -> _Entry:
    relative = source.removeprefix(FILES_ROOT)
    rendered, executable, when = relative.endswith(RENDERED_SUFFIX), file.executable, None
    values: Mapping[str, Json] = {}
    for rule in manifest.rules:
        if fnmatchcase(relative, rule.match):
            rendered = rendered if rule.render is None else rule.render
            executable = executable if rule.executable is None else rule.executable
            when = rule.when or when
            values = values if rule.values is None else rule.values
    stem = relative.removesuffix(RENDERED_SUFFIX) if rendered else relative
    return _Entry(source, tuple(stem.split("/")), rendered, executable, when, values)


@contextmanager
def _told(source: str) -> Iterator[None]:
    """What a template can raise by itself as something that its author can use."""
    try:
        yield
    except TEMPLATE_FAULTS as error:
        raise _fails(source, error) from error


def _fails(source: str, error: Exception) -> InvalidArgument:
    problem = _describe(error)
    return InvalidArgument(
        f"the template fails in {source[:200]!r}: {problem}",
        reason="TEMPLATE_FAILS",
        violations=[FieldViolation(source[:200], problem)],
    )


def _refused_path(source: str, problem: str) -> InvalidArgument:
    return InvalidArgument(
        f"{source[:200]!r} {problem}",
        reason="OUTPUT_PATH_INVALID",
        violations=[FieldViolation(source[:200], problem)],
    )


def _too_large(what: str) -> ResourceExhausted:
    return ResourceExhausted(f"the output has {what}", reason="OUTPUT_TOO_LARGE")


def _describe(error: Exception) -> str:
    where = f" (line {error.lineno})" if isinstance(error, TemplateSyntaxError) else ""
    if isinstance(error, RecursionError):
        return "recurses too deeply"
    return (str(error) or type(error).__name__)[:300] + where
