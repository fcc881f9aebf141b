"""UpdateProject from outside: what a person did is kept, what the template did comes in, and never half of it."""

from __future__ import annotations

import grpc
from test_template_service import PARENT, create, refused, render, struct, update, violations

from maestro.template.v1 import template_pb2

INVALID, PRECONDITION = grpc.StatusCode.INVALID_ARGUMENT, grpc.StatusCode.FAILED_PRECONDITION
EXTRA = """parameters:
  properties:
    who: {type: string, default: you}
    token: {type: string, default: "none", writeOnly: true}
answer_sets: [{name: plain, answers: {}}]
"""
TEN = "".join(f"line {number}\n" for number in range(10))
FIRST = {
    "files/lines.txt.jinja": TEN + "{{ who }} {{ token }}\n",
    "files/{{ who }}.cfg": "a=1\n",
    "files/gone.txt": "old\n",
    "files/kept.txt": "old\n",
    "files/logo.bin": b"\x00\x01",
    "files/data.json": '{\n  "a": 1,\n  "b": 2\n}\n',
    "files/run.sh": "echo 1\n",
}
SECOND = {
    **FIRST,
    "files/lines.txt.jinja": TEN.replace("line 8", "LINE 8") + "{{ who }} {{ token }}\n",
    "files/new.txt.jinja": "{{ who }} {{ colour }}\n",
    "files/kept.txt": "new\n",
    "rules": None,
}
del SECOND["files/gone.txt"], SECOND["rules"]
MORE = EXTRA.replace("answer_sets", "    colour: {type: string, default: red}\nanswer_sets")


async def projects(stub, files, first=FIRST, second=SECOND, answers=None, extra=MORE):
    """A template of two versions, and a project of the first."""
    await create(stub, files(first, extra=EXTRA))
    made = await render(stub, answers=struct(**(answers or {"who": "ana"})))
    await update(stub, files(second, version="1.1.0", extra=extra))
    return {file.path: file for file in made.files}


async def bring_up(stub, project, **fields):
    request = template_pb2.UpdateProjectRequest(parent=PARENT, files=list(project.values()), **fields)
    return await stub.UpdateProject(request)


def put(project, path, content, executable=False):
    if content is None:
        del project[path]
    else:
        content = content if isinstance(content, bytes) else content.encode()
        project[path] = template_pb2.TemplateFile(path=path, content=content, executable=executable)


def contents(files):
    return {file.path: file.content for file in files}


async def test_what_both_sides_did_comes_together(stub, files):
    project = await projects(stub, files)
    put(project, "lines.txt", project["lines.txt"].content.replace(b"line 1\n", b"my line\n"))
    put(project, "mine.py", "x = 1\n")
    put(project, "ana.cfg", None)
    put(project, "run.sh", "echo 1\n", executable=True)
    answer = await bring_up(stub, project)
    assert list(answer.conflicts) == []
    found = contents(answer.files)
    assert (
        found["lines.txt"]
        == (TEN.replace("line 1\n", "my line\n").replace("line 8", "LINE 8") + "ana none\n").encode()
    )
    assert found["new.txt"] == b"ana red\n"
    assert found["kept.txt"] == b"new\n"
    assert found["mine.py"] == b"x = 1\n"
    assert not {"gone.txt", "ana.cfg"} & found.keys()
    assert b"_version: 1.1.0" in found[".maestro-answers.yml"]
    assert b"colour: red" in found[".maestro-answers.yml"]
    assert next(file for file in answer.files if file.path == "run.sh").executable
    assert "-line 8\n+LINE 8\n" in answer.diff
    assert "mine.py" not in answer.diff
    assert (answer.from_version, answer.to_version) == ("1.0.0", "1.1.0")

    again = await bring_up(stub, {file.path: file for file in answer.files})
    assert contents(again.files) == found
    assert again.diff == ""


async def test_an_untouched_project_becomes_what_would_be_rendered(stub, files):
    project = await projects(stub, files)
    answer = await bring_up(stub, project)
    rendered = await render(stub, answers=struct(who="ana"))
    assert contents(answer.files) == contents(rendered.files)


async def test_conflicts_are_a_report_and_no_tree(stub, files):
    project = await projects(stub, files)
    put(project, "lines.txt", project["lines.txt"].content.replace(b"line 8", b"MINE 8"))
    put(project, "gone.txt", "changed\n")
    put(project, "new.txt", "was there\n")
    answer = await bring_up(stub, project)
    assert list(answer.files) == []
    found = {path: content.decode() for path, content in contents(answer.conflicts).items()}
    assert "<<<<<<< yours\nMINE 8\n=======\nLINE 8\n>>>>>>> template 1.1.0\n" in found["lines.txt"]
    assert found["gone.txt"] == "<<<<<<< yours\nchanged\n=======\n>>>>>>> template 1.1.0 (deleted)\n"
    assert found["new.txt"] == "<<<<<<< yours\nwas there\n=======\nana red\n>>>>>>> template 1.1.0\n"
    assert sorted(found) == ["gone.txt", "lines.txt", "new.txt"]


async def test_binary_files_conflict_as_a_whole(stub, files):
    project = await projects(stub, files, second={**SECOND, "files/logo.bin": b"\x00\x02"})
    put(project, "logo.bin", b"\x00\x03")
    answer = await bring_up(stub, project)
    assert contents(answer.conflicts) == {"logo.bin": b"\x00\x02"}
    assert list(answer.files) == []


async def test_lines_that_merge_into_nonsense_are_not_offered(stub, files):
    # Each side adds the same key in another place: git sees no conflict, and what comes out is no TOML.
    table = "[tool]\n" + "".join(f"key{number} = 1\n" for number in range(10))
    project = await projects(
        stub, files, {**FIRST, "files/a.toml": table}, {**SECOND, "files/a.toml": f"{table}added = 2\n"}
    )
    mine = table.replace("[tool]\n", "[tool]\nadded = 1\n")
    put(project, "a.toml", mine)
    answer = await bring_up(stub, project)
    assert contents(answer.conflicts) == {
        "a.toml": f"<<<<<<< yours\n{mine}=======\n{table}added = 2\n>>>>>>> template 1.1.0\n".encode()
    }
    assert [problem.path for problem in answer.problems] == ["a.toml"]
    assert list(answer.files) == []


async def test_what_was_broken_before_is_not_the_merge_s_fault(stub, files):
    first = {**FIRST, "files/data.json": "{ template\n\n\n\n\n  1\n"}
    second = {**SECOND, "files/data.json": "{ template\n\n\n\n\n  2\n"}
    project = await projects(stub, files, first, second)
    put(project, "data.json", "{ mine\n\n\n\n\n  1\n")
    answer = await bring_up(stub, project)
    assert list(answer.conflicts) == []
    assert contents(answer.files)["data.json"] == b"{ mine\n\n\n\n\n  2\n"


async def test_a_file_where_a_folder_comes_is_a_conflict(stub, files):
    project = await projects(stub, files, second={**SECOND, "files/mine/a.txt": "x"})
    put(project, "mine", "a file\n")
    answer = await bring_up(stub, project)
    assert list(contents(answer.conflicts)) == ["mine"]
    assert "folder" in answer.problems[0].message


async def test_new_and_secret_answers_can_be_given(stub, files):
    needed = EXTRA.replace("answer_sets", "    colour: {type: string}\nanswer_sets").replace(
        "parameters:\n", "parameters:\n  required: [colour]\n"
    )
    project = await projects(stub, files, answers={"who": "ana", "token": "hush"}, extra=needed)
    error = await refused(bring_up(stub, project), INVALID, "ANSWERS_INVALID")
    assert "required" in violations(error)["answers.colour"]
    answer = await bring_up(stub, project, answers=struct(colour="blue", token="hush"))
    found = contents(answer.files)
    assert found["new.txt"] == b"ana blue\n"
    assert found["lines.txt"].endswith(b"ana hush\n")
    assert b"hush" not in found[".maestro-answers.yml"]
    kept = contents((await bring_up(stub, project, answers=struct(colour="blue"))).files)
    assert kept["lines.txt"].endswith(b"ana hush\n")


async def test_what_can_t_be_updated_is_told(stub, connect, files):
    project = await projects(stub, files)
    answers = project.pop(".maestro-answers.yml")
    await refused(bring_up(stub, {"a": template_pb2.TemplateFile(path="a")}), INVALID, "ANSWERS_FILE_MISSING")
    for content, expected in [(b"", "ANSWERS_FILE_INVALID"), (b"\xff\0", "ANSWERS_FILE_INVALID")]:
        put(project, ".maestro-answers.yml", content)
        await refused(bring_up(stub, project), INVALID, expected)
    for old, new, expected in [
        (b"_template: demo", b"_template: nothing", "TEMPLATE_NOT_FOUND"),
        (b"_template: demo", b"_template: ../../etc", "TEMPLATE_NOT_FOUND"),
        (b"_version: 1.0.0", b"_version: 9.9.9", "VERSION_NOT_FOUND"),
    ]:
        put(project, ".maestro-answers.yml", answers.content.replace(old, new))
        await refused(bring_up(stub, project), grpc.StatusCode.NOT_FOUND, expected)
    put(project, ".maestro-answers.yml", answers.content.replace(b"_version: 1.0.0", b"_version: 1.1.0"))
    await refused(bring_up(stub, project, version="1.0.0"), PRECONDITION, "DOWNGRADE_REFUSED")
    put(project, ".maestro-answers.yml", answers.content.replace(b"who: ana", b"who: [1]"))
    await refused(bring_up(stub, project), INVALID, "ANSWERS_INVALID")
    project[".maestro-answers.yml"] = answers
    for name in ("../x", "/x", "a\nb", ".git/config", "a\\b"):
        await refused(
            bring_up(stub, {**project, "x": template_pb2.TemplateFile(path=name)}), INVALID, "FILES_INVALID"
        )
    request = template_pb2.UpdateProjectRequest(parent="tenants/other", files=list(project.values()))
    await refused(connect("other").UpdateProject(request), grpc.StatusCode.NOT_FOUND, "TEMPLATE_NOT_FOUND")
    assert contents((await bring_up(stub, project)).files)["new.txt"] == b"ana red\n"


async def test_many_files_of_a_project_are_left_alone(stub, files):
    project = await projects(stub, files)
    for number in range(5_000):
        put(project, f"src/{number}.txt", f"{number}\n")
    answer = await bring_up(stub, project)
    assert len(answer.files) == 5_000 + 9
    assert "src/" not in answer.diff
