"""`maestro template`."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from google.protobuf.json_format import ParseDict
from google.protobuf.struct_pb2 import Struct

from maestro.template.v1 import template_pb2 as pb
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.output import as_dict, out, print_fields, print_json, print_table, short
from maestro_cli.target import session
from maestro_client import Maestro, files_below, files_in, write_files


async def show_all(as_json: bool) -> None:
    """List them."""
    found: list[pb.Template] = []
    async with session() as maestro:
        token = ""
        while True:
            request = pb.ListTemplatesRequest(parent=maestro.parent, page_size=1000, page_token=token)
            page = await maestro.templates.ListTemplates(request)
            found += page.templates
            token = page.next_page_token
            if not token:
                break
    _print_all(found, as_json)


async def search(words: str, as_json: bool) -> None:
    """Find some."""
    async with session() as maestro:
        request = pb.SearchTemplatesRequest(parent=maestro.parent, query=words)
        answer = await maestro.templates.SearchTemplates(request)
    _print_all([hit.template for hit in answer.hits], as_json)


async def show(template: str, version: str, as_json: bool) -> None:
    """Show one."""
    async with session() as maestro:
        request = pb.GetTemplateRequest(
            name=_full_name(maestro, template), version=version, include_files=True
        )
        found = (await maestro.templates.GetTemplate(request)).template
    if as_json:
        print_json(as_dict(found))
        return
    print_fields(
        {
            "template": short(found.name),
            "version": found.version,
            "status": _status(found),
            "category": found.category,
            "about": found.description or found.display_name,
            "files": ", ".join(file.path for file in found.files),
        }
    )
    out().print()
    columns = ("parameter", "type", "default", "about")
    print_table(columns, _parameters(as_dict(found.parameters)), "It has no parameters.")


async def render(template: str, folder: Path, answers: Iterable[str], version: str) -> None:
    """Write what a template makes. Raises CliError where the folder holds something."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise CliError(f"{folder} is not empty.", "Name a new or empty folder.", ExitCode.WRONG_USE)
    async with session() as maestro:
        request = pb.RenderTemplateRequest(
            name=_full_name(maestro, template), version=version, answers=struct_of(answers)
        )
        rendered = await maestro.templates.RenderTemplate(request)
    _write(folder, rendered.files)
    print_fields({"version": rendered.version, "files": str(len(rendered.files)), "folder": str(folder)})


async def import_(path: Path, template: str, form: str, as_json: bool) -> None:
    """Bring in a template of another tool."""
    files = _foreign(path)
    async with session() as maestro:
        request = pb.ImportTemplateRequest(
            parent=maestro.parent,
            template_id=template,
            files=files,
            format=f"TEMPLATE_FORMAT_{form.upper()}" if form else "TEMPLATE_FORMAT_UNSPECIFIED",
        )
        answer = await maestro.templates.ImportTemplate(request)
    if as_json:
        print_json(as_dict(answer))
        return
    found = answer.template
    print_fields({"template": short(found.name), "version": found.version, "status": _status(found)})
    for name in answer.not_executed:
        out().print(f"not executed: {name}", markup=False, soft_wrap=True)


async def sync(remote: str, pull: bool, push: bool, as_json: bool) -> ExitCode:
    """Exchange templates with a remote. FOUND where something was left as it is."""
    async with session() as maestro:
        request = pb.SyncRepositoryRequest(parent=maestro.parent, remote=remote, pull=pull, push=push)
        answer = await maestro.templates.SyncRepository(request, timeout=180)
    left = bool(answer.conflicts or answer.refused)
    if as_json:
        print_json(as_dict(answer))
        return ExitCode.FOUND if left else ExitCode.DONE
    rows = [
        *((name, "pulled") for name in answer.pulled),
        *((name, "pushed") for name in answer.pushed),
        *((name, "conflict: both sides went on; left as it is") for name in answer.conflicts),
        *((one.branch, f"not taken: {one.reason}") for one in answer.refused),
    ]
    print_table(("template", "what happened"), rows, "Nothing to exchange.")
    return ExitCode.FOUND if left else ExitCode.DONE


def _parameters(schema: dict[str, Any]) -> Iterator[tuple[str, str, str, str]]:
    """A row for each parameter, first those that need an answer."""
    required = schema.get("required", ())
    for name, rules in sorted(schema.get("properties", {}).items(), key=lambda one: one[0] not in required):
        default = rules.get("default")
        if isinstance(default, float) and default.is_integer():
            default = int(default)  # the wire knows one kind of number
        shown = "(needed)" if name in required else json.dumps(default, ensure_ascii=False)
        yield name, str(rules.get("type", "any")), shown, rules.get("title", "")


def _write(folder: Path, files: Iterable[pb.TemplateFile]) -> None:
    try:
        write_files(folder, files)
    except ValueError as error:
        raise CliError(f"the template would write outside its folder: {error}.") from error


def _foreign(path: Path) -> list[pb.TemplateFile]:
    """What lies in a folder or an archive. Raises CliError."""
    if not path.exists():
        raise CliError(f"{path} does not exist.", "Name a folder or an archive.", ExitCode.WRONG_USE)
    try:
        return files_below(path) if path.is_dir() else files_in(path)
    except ValueError as error:
        raise CliError(f"{error}.", "Name a smaller folder or archive.", ExitCode.WRONG_USE) from error


def struct_of(answers: Iterable[str]) -> Struct:
    """Answers of the form NAME=VALUE. Raises CliError."""
    values: dict[str, object] = {}
    for answer in answers:
        name, equals, value = answer.partition("=")
        if not equals:
            raise CliError(f"{answer!r} is no answer.", "Write NAME=VALUE.", ExitCode.WRONG_USE)
        try:
            values[name] = json.loads(value)
        except json.JSONDecodeError:
            values[name] = value
    return ParseDict(values, Struct())


def _full_name(maestro: Maestro, template: str) -> str:
    return template if "/" in template else f"{maestro.parent}/templates/{template}"


def _status(template: pb.Template) -> str:
    return pb.TemplateStatus.Name(template.status).removeprefix("TEMPLATE_STATUS_").lower()


def _print_all(found: list[pb.Template], as_json: bool) -> None:
    if as_json:
        print_json([as_dict(one) for one in found])
        return
    rows = [(short(one.name), one.version, one.category, _status(one)) for one in found]
    print_table(("template", "version", "category", "status"), rows, "No templates.")
