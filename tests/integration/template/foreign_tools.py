"""The tools that templates are imported from, each in an environment of its own below `build/`."""

from __future__ import annotations

import fcntl
import json
import os
import shutil
import subprocess
import sys
import venv
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from maestro_template.domain.importing.globs import matches

TOOLS = Path(__file__).parents[3] / "build" / "import-tools"
COOKIECUTTER, NUNJUCKS = "cookiecutter==2.7.1", "nunjucks@3.2.4"
COPIER = "copier==9.19.1 jinja2-time==0.2.0"
RENDER = Path(__file__).with_name("render.js")


@contextmanager
def _once(what: str) -> Iterator[Path]:
    """The folder of a tool, which only one process makes."""
    folder = TOOLS / what
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_suffix(".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield folder


def _install(what: str, folder: Path, *command: str) -> None:
    """Raises pytest.skip where it can't be had."""
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=300, check=False)
    if done.returncode:
        shutil.rmtree(folder)
        pytest.skip(f"{what} can't be had: {done.stderr.strip()[-300:]}")


def python_with(packages: str) -> Path:
    """An interpreter that has some packages."""
    with _once(packages.replace(" ", "+")) as folder:
        python = folder / "bin" / "python"
        if not python.exists():
            venv.create(folder, with_pip=True)
            _install(packages, folder, str(python), "-m", "pip", "install", "-q", *packages.split())
        return python


def modules_with(package: str) -> Path:
    """A folder of node's modules that has a package."""
    if shutil.which("npm") is None:
        pytest.skip(f"{package} can't be had: there is no npm")
    with _once(package) as folder:
        if not folder.exists():
            folder.mkdir()
            _install(package, folder, "npm", "install", "--silent", "--no-audit", "--no-fund", package)
        return folder / "node_modules"


def cookiecutter(source: Path, target: Path, answers: Mapping[str, Any], home: Path) -> Path:
    """Render with Cookiecutter, without hooks; gives the project's folder."""
    _python(
        COOKIECUTTER,
        "from cookiecutter.main import cookiecutter as run; run(job['source'], no_input=True,"
        " extra_context=job['answers'], output_dir=job['target'], accept_hooks=False)",
        {"source": str(source), "target": str(target), "answers": answers},
        home,
    )
    (project,) = target.iterdir()
    return project


def copier(source: Path, target: Path, answers: Mapping[str, Any], home: Path) -> Path:
    """Render with Copier, without tasks."""
    _python(
        COPIER,
        "import copier; copier.run_copy(job['source'], job['target'], data=job['answers'], defaults=True,"
        " quiet=True, unsafe=True, skip_tasks=True)",
        {"source": str(source), "target": str(target), "answers": answers},
        home,
    )
    return target


def backstage(source: Path, target: Path, answers: Mapping[str, Any], home: Path) -> Path:
    """Render with nunjucks as Backstage does."""
    spec = yaml.safe_load((source / "template.yaml").read_text())["spec"]
    steps = [step for step in spec["steps"] if step["action"].startswith("fetch:")]
    for step in steps:
        given = step["input"]
        listed = [*given.get("copyWithoutTemplating", []), *given.get("copyWithoutRender", [])]
        folder = source / given["url"]
        paths = [path.relative_to(folder).as_posix() for path in folder.rglob("*")]
        step["copied"] = [path for path in paths if any(matches(pattern, path) for pattern in listed)]
    pages = spec["parameters"] if isinstance(spec["parameters"], list) else [spec["parameters"]]
    asked = {name: one for page in pages for name, one in page["properties"].items()}
    defaults = {name: one["default"] for name, one in asked.items() if "default" in one}
    job = {
        "source": str(source),
        "target": str(target),
        "parameters": {**defaults, **answers},
        "steps": steps,
    }
    subprocess.run(
        ["node", str(RENDER)],
        input=json.dumps(job),
        env={**os.environ, "NODE_PATH": str(modules_with(NUNJUCKS))},
        text=True,
        check=True,
        timeout=60,
    )
    return target


def _python(package: str, program: str, job: Mapping[str, Any], home: Path) -> None:
    done = subprocess.run(
        [str(python_with(package)), "-c", f"import json, sys; job = json.load(sys.stdin); {program}"],
        input=json.dumps(job),
        env={"PATH": os.environ["PATH"], "HOME": str(home), "LANG": "C.UTF-8"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    print(done.stderr, file=sys.stderr)
