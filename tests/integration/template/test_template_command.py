"""`maestro template import` and `update` as people run them, against a service of this test's own."""

from __future__ import annotations

import asyncio
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest
from foreign_templates import PYPACKAGE
from test_template_service import create, update
from test_template_update import EXTRA, FIRST, MORE, SECOND

COOKIECUTTER = {
    "cookiecutter.json": '{"slug": "kites"}',
    "{{cookiecutter.slug}}/a.txt": "{{ cookiecutter.slug }}\n",
}


def write(root: Path, files):
    for path, content in files.items():
        target = root / path.removesuffix("!")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def zipped(path: Path, files):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return path


async def test_a_folder_is_imported_and_rendered(maestro, tmp_path):
    source = write(tmp_path / "source", PYPACKAGE.files)
    (source / ".git").mkdir()
    (source / ".git" / "config").write_text("")
    code, out, err = await maestro("import", source, "--id", "pypackage")
    assert (code, err) == (0, "")
    assert "not executed: hook hooks/post_gen_project.py" in out
    code, out, _ = await maestro("render", "pypackage", tmp_path / "out", "--set", "project_name=Kites")
    assert code == 0
    assert (tmp_path / "out" / "Makefile").read_text() == "help:\n\t@echo kites\n"
    again = await maestro("import", source, "--id", "pypackage")
    assert again[0] == 2
    assert "already" in again[2]


async def test_archives_are_imported_without_their_top_folder(maestro, tmp_path):
    nested = {f"repo-main/{path}": content for path, content in COOKIECUTTER.items()}
    code, out, err = await maestro("import", zipped(tmp_path / "a.zip", nested), "--id", "zipped", "--json")
    assert (code, json.loads(out)["template"]["version"]) == (0, "1.0.0"), err
    with tarfile.open(tmp_path / "a.tar.gz", "w:gz") as tar:
        for path, content in COOKIECUTTER.items():
            entry = tarfile.TarInfo(path)
            entry.size = len(content)
            tar.addfile(entry, io.BytesIO(content.encode()))
        link = tarfile.TarInfo("{{cookiecutter.slug}}/passwd")
        link.type, link.linkname = tarfile.SYMTYPE, "/etc/passwd"
        tar.addfile(link)
    assert (await maestro("import", tmp_path / "a.tar.gz", "--id", "tarred"))[0] == 0
    await maestro("render", "tarred", tmp_path / "out")
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [".maestro-answers.yml", "a.txt"]


async def test_hostile_archives_are_refused(maestro, tmp_path):
    slip = zipped(tmp_path / "slip.zip", {**COOKIECUTTER, "../../outside": "x"})
    bomb = zipped(tmp_path / "bomb.zip", {**COOKIECUTTER, "big": b"\0" * 200_000_000})
    many = zipped(tmp_path / "many.zip", {**COOKIECUTTER, **{f"d/{number}": "" for number in range(10_001)}})
    torn = tmp_path / "torn.zip"
    torn.write_bytes(bomb.read_bytes()[:100])
    empty = zipped(tmp_path / "empty.zip", {})
    for path in (slip, bomb, many, torn, empty, tmp_path / "missing", tmp_path / "torn.zip"):
        code, _, err = await maestro("import", path)
        assert code == 2, (path, err)
    code, _, err = await maestro("import", slip)
    assert "'..'" in err
    assert not (tmp_path.parent / "outside").exists()


@pytest.fixture
async def project(stub, files, maestro, tmp_path):
    """A project of version 1.0.0 in git, whose template has a 1.1.0."""
    await create(stub, files(FIRST, extra=EXTRA))
    root = tmp_path / "project"
    assert (await maestro("render", "demo", root, "--set", "who=ana"))[0] == 0
    await update(stub, files(SECOND, version="1.1.0", extra=MORE))
    process = await asyncio.create_subprocess_exec("git", "init", "-q", root)
    assert await process.wait() == 0
    (root / ".gitignore").write_text("ignored/\n")
    write(root, {"ignored/big.bin": b"\0" * 20_000_000, "src/mine.py": "x = 1\n"})
    return root


def tree(root: Path):
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in root.rglob("*")
        if path.is_file() and ".git" not in path.parts
    }


async def test_a_project_is_updated_in_place(maestro, project):
    before = tree(project)
    (project / "run.sh").chmod(0o750)
    code, out, _ = await maestro("update", "--dry-run", cwd=project)
    assert code == 0
    assert "+LINE 8" in out
    assert tree(project) == before

    code, out, err = await maestro("update", project)
    assert (code, err) == (0, "")
    assert "1.0.0 to 1.1.0" in out
    after = tree(project)
    assert after["new.txt"] == b"ana red\n"
    assert after["ignored/big.bin"] == before["ignored/big.bin"]
    assert "gone.txt" not in after
    assert (project / "run.sh").stat().st_mode & 0o777 == 0o750
    assert [path for path in project.iterdir() if path.name.startswith(".maestro-update")] == []
    assert (await maestro("update", project))[0] == 0
    assert tree(project) == after


async def test_a_conflict_writes_nothing(maestro, project):
    (project / "lines.txt").write_text((project / "lines.txt").read_text().replace("line 8", "MINE 8"))
    before = tree(project)
    code, out, err = await maestro("update", project)
    assert code == 1
    assert "<<<<<<< yours\nMINE 8\n=======\nLINE 8\n>>>>>>> template 1.1.0" in out
    assert "nothing was written" in err
    assert tree(project) == before


async def test_nothing_is_written_through_a_link_or_halfway(stub, files, maestro, project, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (project / "docs").symlink_to(outside)
    second = {**SECOND, "files/aaa.txt": "x", "files/docs/a.txt": "x"}
    await update(stub, files(second, version="1.2.0", extra=MORE))
    before = tree(project)
    code, _, err = await maestro("update", project)
    assert code == 3
    assert "symbolic link" in err
    assert tree(project) == before
    assert list(outside.iterdir()) == []


async def test_a_folder_that_is_no_project_is_told(maestro, tmp_path):
    code, _, err = await maestro("update", tmp_path)
    assert code == 2
    assert ".maestro-answers.yml" in err
