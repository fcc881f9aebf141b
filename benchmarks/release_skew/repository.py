"""Makes of two releases a repository of two commits: the tests of the old one on the code of the new one."""

import os
import shutil
import subprocess
import sys
import tarfile
from pathlib import Path

from benchmarks.release_skew.rows import Pair
from maestro_healing.domain.sources import is_test_path

BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")
BASE_TAG = "last-good"


def make_repository(pair: Pair, cache: Path) -> Path:
    """The repository, its first commit tagged `last-good`; the same one when it was made before."""
    target = cache / "projects" / f"{pair.package}-{pair.old}-{pair.new}"
    if (target / ".git" / "refs" / "tags" / BASE_TAG).exists():
        return target
    shutil.rmtree(target, ignore_errors=True)
    old, new = (_unpacked(pair.package, version, cache) for version in (pair.old, pair.new))
    shutil.copytree(old, target)
    git = [
        "git",
        "-c",
        "user.name=Benchmark",
        "-c",
        "user.email=benchmark@localhost",
        "-c",
        "commit.gpgsign=false",
    ]

    def run(*arguments: str) -> None:
        subprocess.run([*git, *arguments], cwd=target, check=True, stdout=subprocess.DEVNULL)

    run("-c", "init.defaultBranch=main", "init", "-q")
    run("add", "-A", "-f")
    run("commit", "-q", "-m", f"Release {pair.old}")
    _replace_code(pair, new, target)
    run("add", "-A", "-f")
    run("commit", "-q", "-m", f"Release {pair.new}")
    run("tag", BASE_TAG, "HEAD~1")
    return target


def make_environment(pair: Pair, cache: Path) -> Path:
    """The interpreter that runs the package's tests; the same one when it was made before."""
    folder = cache / "environments" / pair.package
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        subprocess.run(["uv", "venv", "-q", "--python", sys.executable, str(folder)], check=True)
        command = ["uv", "pip", "install", "-q", "--python", str(python), *pair.installed]
        subprocess.run(command, check=True)
        ready.touch()
    _describe(pair, folder)
    return python


def _describe(pair: Pair, folder: Path) -> None:
    """Metadata of the package itself, for the code that asks for its own version."""
    for stale in folder.glob(f"lib/python*/site-packages/{pair.package}-*.dist-info"):
        shutil.rmtree(stale)
    for site in folder.glob("lib/python*/site-packages"):
        info = site / f"{pair.package}-{pair.new}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {pair.package}\nVersion: {pair.new}\n")


def _unpacked(package: str, version: str, cache: Path) -> Path:
    folder = cache / "releases" / f"{package}-{version}"
    if not folder.exists():
        sdists = cache / "sdists" / f"{package}-{version}"
        sdists.mkdir(parents=True, exist_ok=True)
        if not list(sdists.glob("*.tar.gz")):
            options = ["--no-deps", "--no-binary", ":all:", "--no-build-isolation", "-q", "-d", str(sdists)]
            command = [sys.executable, "-m", "pip", "download", *options, f"{package}=={version}"]
            subprocess.run(command, check=True, env={**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"})
        (archive,) = sdists.glob("*.tar.gz")
        staged = folder.with_suffix(".part")
        shutil.rmtree(staged, ignore_errors=True)
        with tarfile.open(archive) as tar:
            tar.extractall(staged, filter="data")
        (top,) = staged.iterdir()
        top.rename(folder)
        staged.rmdir()
    return folder


def _replace_code(pair: Pair, new: Path, target: Path) -> None:
    """Takes the package's code and build files from the new release; tests and all else stay."""
    for module in pair.modules:
        for tree in (target, target / "src"):
            shutil.rmtree(tree / module, ignore_errors=True)
            (tree / f"{module}.py").unlink(missing_ok=True)
        for source in (new, new / "src"):
            place = target / source.relative_to(new)
            if (source / module).is_dir():
                shutil.copytree(source / module, place / module)
            elif (source / f"{module}.py").is_file():
                place.mkdir(exist_ok=True)
                shutil.copy2(source / f"{module}.py", place)
    for name in BUILD_FILES:
        (target / name).unlink(missing_ok=True)
        if (new / name).exists():
            shutil.copy2(new / name, target / name)
    assert not any(is_test_path(f"{module}/x.py") for module in pair.modules)
