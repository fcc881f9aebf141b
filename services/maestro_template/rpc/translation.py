"""Between messages and the domain."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from google.protobuf.json_format import MessageToDict, ParseDict
from google.protobuf.struct_pb2 import Struct

from maestro.template.v1 import template_pb2
from maestro_core.errors import FieldViolation, InvalidArgument
from maestro_template.domain.diffing import Change, FileChange
from maestro_template.domain.model import File, Folder, Json, Language, Problem, Version, Visibility
from maestro_template.domain.usecases.reading import Shown
from maestro_template.store.messages import template_message, timestamp


def folder_of(files: Iterable[template_pb2.TemplateFile]) -> dict[str, File]:
    """The files of a request. Raises InvalidArgument (FILES_INVALID) where a name stands twice."""
    folder: dict[str, File] = {}
    for file in files:
        if file.path in folder:
            raise InvalidArgument(
                f"{file.path[:200]!r} stands twice",
                reason="FILES_INVALID",
                violations=[FieldViolation("files", f"the name {file.path[:200]!r} stands twice")],
            )
        folder[file.path] = File(file.content, file.executable)
    return folder


def language_of(form: template_pb2.TemplateFormat) -> Language | None:
    """The language of a format, None where it is to be found out."""
    name = template_pb2.TemplateFormat.Name(form).removeprefix("TEMPLATE_FORMAT_")
    return None if name == "UNSPECIFIED" else Language[name]


def file_messages(folder: Folder) -> list[template_pb2.TemplateFile]:
    """The files of an answer."""
    return [
        template_pb2.TemplateFile(path=path, content=file.content, executable=file.executable)
        for path, file in folder.items()
    ]


def answers_of(struct: Struct) -> dict[str, Json]:
    """Answers as JSON; whole numbers, which a Struct can't tell from others, as integers."""
    return {name: _whole(value) for name, value in MessageToDict(struct).items()}


def struct_of(values: Mapping[str, Json]) -> Struct:
    """JSON as a Struct."""
    return ParseDict(dict(values), Struct())


def shown_message(tenant: str, shown: Shown, *, files: bool = False) -> template_pb2.Template:
    """A template with what its version holds: parameters, answer sets, and its files where asked for."""
    message = template_message(tenant, shown.template, shown.version)
    manifest = shown.source.manifest
    # What describes it is that of the version shown, which need not be the newest.
    message.display_name = manifest.name
    message.description = manifest.summary
    message.parameters.CopyFrom(struct_of(manifest.parameters))
    message.answer_sets.extend(
        template_pb2.AnswerSet(name=answer_set.name, answers=struct_of(answer_set.answers))
        for answer_set in manifest.answer_sets
    )
    if files:
        message.files.extend(file_messages(shown.source.folder))
    return message


def version_message(version: Version) -> template_pb2.Version:
    """One version."""
    return template_pb2.Version(
        version=version.number,
        commit=version.object_id,
        author=version.author,
        message=version.message,
        create_time=timestamp(version.created_at),
    )


def diff_message(changes: Sequence[FileChange]) -> template_pb2.DiffVersionsResponse:
    """What changed, as one unified diff and by kind of change."""
    response = template_pb2.DiffVersionsResponse(diff="".join(_patch(change) for change in changes))
    lists = {
        Change.ADDED: response.added,
        Change.REMOVED: response.deleted,
        Change.MODIFIED: response.changed,
    }
    for change in changes:
        lists[change.change].append(change.path)
    return response


def problem_message(problem: Problem) -> template_pb2.Problem:
    """One problem."""
    return template_pb2.Problem(
        path=problem.path, line=problem.line, message=problem.message, answer_set=problem.answer_set
    )


def changes_of(template: template_pb2.Template, paths: Sequence[str]) -> tuple[Visibility | None, str | None]:
    """The visibility and the owner that an update sets, each None where it is not in the mask.

    Raises InvalidArgument (UPDATE_MASK_INVALID).
    """
    violations = [
        FieldViolation("update_mask", f"{path[:100]!r} can't be changed; visibility and owner can")
        for path in paths
        if path not in ("visibility", "owner")
    ]
    if "owner" in paths and not template.owner:
        violations.append(FieldViolation("template.owner", "must not be empty"))
    if violations:
        raise InvalidArgument("this can't be changed so", reason="UPDATE_MASK_INVALID", violations=violations)
    visibility = Visibility.TENANT if "visibility" in paths else None
    if visibility and template.visibility == template_pb2.VISIBILITY_SHARED:
        visibility = Visibility.SHARED
    return visibility, template.owner if "owner" in paths else None


def _patch(change: FileChange) -> str:
    return f"Binary file {change.path} differs\n" if change.binary else change.patch


def _whole(value: Json) -> Json:
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, dict):
        return {key: _whole(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_whole(item) for item in value]
    return value
