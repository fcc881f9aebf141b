"""The inside of a worker: template and answers in, files out. It can open nothing and start nothing."""

from __future__ import annotations

import resource
import socket
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import astuple
from typing import Any, Final

from maestro_core.errors import DomainError, FieldViolation
from maestro_template.backends.render import frames
from maestro_template.domain.folder import check_files, read_folder
from maestro_template.domain.importing import import_template
from maestro_template.domain.model import File, Folder, Language
from maestro_template.domain.rendering import Program
from maestro_template.domain.syntax import syntax_problems

_MEGABYTE: Final = 1024 * 1024
_ADDRESS_SPACE: Final = 640 * _MEGABYTE
_CPU_SECONDS: Final = 2
_KEPT_PROGRAMS: Final = 32
_FRAME_BYTES: Final = 64 * _MEGABYTE
_MANIFEST: Final = "id: warm\nversion: 1.0.0\nname: w\nsummary: w\ncategory: w\nkind: w\nowner: w\n"
# What the languages need files, entropy or the time for.
_SAMPLES: Final = {
    Language.COOKIECUTTER: "{% now 'utc' %}{{ 'Ünï' | slugify }}{{ uuid4() }}{{ random_ascii_string(3) }}",
    Language.COPIER: "{{ 'a' | md5 }}{{ 'a' | to_uuid }}{{ [1] | to_nice_yaml }}{{ 'a' | b64encode }}",
    Language.BACKSTAGE: "${{ 'a?owner=b&repo=c' | parseRepoUrl | dump }}${{ '<' | escape | urlencode }}",
}


def serve(connection: socket.socket) -> None:
    """Answer requests until the service closes the connection."""
    _limit()
    programs: OrderedDict[str, Program] = OrderedDict()
    with connection.makefile("rb") as incoming:
        while request := frames.receive(incoming.read, _FRAME_BYTES):
            header, files = request
            _allow_cpu(_CPU_SECONDS)
            reply, output = _answer(programs, header, files)
            connection.sendall(frames.encode(reply, output))


def warm_up() -> None:
    """Run everything once, so that a worker needs no file that it has not read yet."""
    for language, text in _SAMPLES.items():
        dialect = f"dialect: {{language: {language}, exclude: [x], extensions: [now]}}\n"
        sample = {"template.yaml": File((_MANIFEST + dialect).encode()), "files/a.jinja": File(text.encode())}
        _answer(OrderedDict(), {"operation": "render", "key": language, "answers": {}, "origin": {}}, sample)
    manifest = (
        f"{_MANIFEST}"
        "parameters: {properties: {a: {type: string, default: \"{{ 'é' | upper }}\", pattern: '^.+$'}}}\n"
    )
    text = (
        "{% macro m(x) %}{{ x | to_json }}{% endmacro %}{% for i in range(2) %}{{ m(i) }}{{ loop.index }}"
        "{% endfor %}{{ a | regex_replace('a', 'b') }}{{ [1] | to_nice_yaml }}{{ '%s' | format(a) }}"
    )
    folder = {"template.yaml": File(manifest.encode()), "files/{{ a }}.jinja": File(text.encode())}
    _answer(
        OrderedDict(),
        {"operation": "render", "key": "warm", "answers": {}, "origin": {"version": "1"}},
        folder,
    )
    _answer(
        OrderedDict(), {"operation": "problems", "key": "warm"}, {**folder, "files/b.jinja": File(b"{% x %}")}
    )
    _answer(OrderedDict(), {"operation": "render", "key": "warm", "answers": {"a": ""}, "origin": {}}, folder)


def _answer(
    programs: OrderedDict[str, Program], header: Mapping[str, Any], files: Folder
) -> tuple[dict[str, Any], Folder]:
    """What was asked for, `missing` where the template must be sent first, or an error."""
    try:
        if header["operation"] == "import":
            return _import(header, files)
        if header["operation"] == "syntax":
            return {"problems": [astuple(problem) for problem in syntax_problems(files)]}, {}
        program = _program(programs, header["key"], files)
        if program is None:
            return {"missing": True}, {}
        if header["operation"] == "problems":
            return {"problems": [astuple(problem) for problem in program.problems()]}, {}
        rendered = program.render(header["answers"], header["origin"], header.get("only", ""))
        return {"answers": rendered.answers}, rendered.files
    except DomainError as error:
        violations = [_violation(violation) for violation in error.violations]
        return {
            "error": type(error).__name__,
            "message": str(error),
            "reason": error.reason,
            "violations": violations,
        }, {}
    except (MemoryError, RecursionError) as error:
        # What is left of this process can't be trusted with the next request.
        return {"exhausted": type(error).__name__}, {}


def _import(header: Mapping[str, Any], files: Folder) -> tuple[dict[str, Any], Folder]:
    check_files(files)
    language = Language(header["language"]) if header["language"] else None
    imported = import_template(files, language, header["template_id"], header["owner"])
    return {"not_executed": imported.not_executed}, imported.folder


def _program(programs: OrderedDict[str, Program], key: str, files: Folder) -> Program | None:
    if key not in programs:
        if not files:
            return None
        programs[key] = Program(read_folder(files), files)
        if len(programs) > _KEPT_PROGRAMS:
            programs.popitem(last=False)
    programs.move_to_end(key)
    return programs[key]


def _violation(violation: FieldViolation) -> list[str]:
    return [violation.field, violation.description]


def _limit() -> None:
    resource.setrlimit(resource.RLIMIT_AS, (_ADDRESS_SPACE, _ADDRESS_SPACE))
    # No file, socket or pipe can be opened, no file be written, no process started, no core dumped.
    for limit in (resource.RLIMIT_NOFILE, resource.RLIMIT_FSIZE, resource.RLIMIT_NPROC, resource.RLIMIT_CORE):
        resource.setrlimit(limit, (0, 0))


def _allow_cpu(seconds: int) -> None:
    """The kernel ends this process when it uses more, even if the service is not there to do so."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    used = int(usage.ru_utime + usage.ru_stime)
    resource.setrlimit(resource.RLIMIT_CPU, (used + seconds + 1, resource.RLIM_INFINITY))
