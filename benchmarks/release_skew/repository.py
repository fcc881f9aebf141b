"""Makes of two releases a repository of two commits: the tests of the old one on the code of the new one."""

import fcntl
import os
import shutil
import subprocess
import sys
import tarfile
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from uv import find_uv_bin

from benchmarks.release_skew.rows import Pair
from maestro_healing.domain.sources import FolderTree, is_test_path

BUILD_FILES = ("pyproject.toml", "setup.py", "setup.cfg", "MANIFEST.in")
BASE_TAG = "last-good"
_GIT = (
    "git", "-c", "user.name=Benchmark", "-c", "user.email=benchmark@localhost", "-c", "commit.gpgsign=false",
)  # fmt: skip


@dataclass(frozen=True)
class Places:
    """Where a pair lies: the repository to heal, both releases as they were published, an interpreter."""

    repository: Path
    old: Path
    new: Path
    python: Path

    @cached_property
    def head(self) -> FolderTree:
        """The old tests on the new code."""
        return FolderTree(self.repository)

    @cached_property
    def base(self) -> FolderTree:
        """The old release."""
        return FolderTree(self.old)

    @cached_property
    def authors(self) -> FolderTree:
        """The new release with its own tests: the authors' fix."""
        return FolderTree(self.new)


def make_places(pair: Pair, cache: Path) -> Places:
    """Everything a pair needs, fetched and built below `cache`; what was made before is used again."""
    old, new = (unpacked(pair.package, version, cache) for version in (pair.old, pair.new))
    return Places(_repository(pair, old, new, cache), old, new, environment(pair, cache))


def _repository(pair: Pair, old: Path, new: Path, cache: Path) -> Path:
    """Two commits, the first one tagged `last-good`."""
    target = cache / "projects" / pair.name
    if (target / ".git" / "refs" / "tags" / BASE_TAG).exists():
        return target
    shutil.rmtree(target, ignore_errors=True)
    shutil.copytree(old, target)

    def run(*arguments: str) -> None:
        subprocess.run([*_GIT, *arguments], cwd=target, check=True, stdout=subprocess.DEVNULL)

    run("-c", "init.defaultBranch=main", "init", "-q")
    run("add", "-A", "-f")
    run("commit", "-q", "-m", f"Release {pair.old}")
    _replace_code(pair, new, target)
    run("add", "-A", "-f")
    run("commit", "-q", "-m", f"Release {pair.new}")
    run("tag", BASE_TAG, "HEAD~1")
    return target


def environment(pair: Pair, cache: Path) -> Path:
    """The interpreter that runs the tests. Each pair has its own: it holds the metadata of one release."""
    folder = cache / "environments" / pair.name
    python = folder / "bin" / "python"
    ready = folder / ".ready"
    if not ready.exists():
        shutil.rmtree(folder, ignore_errors=True)
        uv = find_uv_bin()
        subprocess.run([uv, "venv", "-q", "--python", sys.executable, str(folder)], check=True)
        subprocess.run([uv, "pip", "install", "-q", "--python", str(python), *pair.installed], check=True)
        _describe(pair, folder)
        ready.touch()
    return python


def _describe(pair: Pair, folder: Path) -> None:
    """Metadata of the package itself, for the code that asks for its own version."""
    for stale in folder.glob(f"lib/python*/site-packages/{pair.package}-*.dist-info"):
        shutil.rmtree(stale)
    for site in folder.glob("lib/python*/site-packages"):
        info = site / f"{pair.package}-{pair.new}.dist-info"
        info.mkdir()
        (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {pair.package}\nVersion: {pair.new}\n")


def unpacked(package: str, version: str, cache: Path) -> Path:
    """The source distribution of a release, unpacked below `cache`."""
    folder = cache / "releases" / f"{package}-{version}"
    folder.parent.mkdir(parents=True, exist_ok=True)
    with folder.with_name(f"{folder.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)  # it is the new release of one pair and the old one of the next
        if not folder.exists():
            _unpack(_sdist(package, version, cache), folder)
    return folder


def _sdist(package: str, version: str, cache: Path) -> Path:
    sdists = cache / "sdists" / f"{package}-{version}"
    sdists.mkdir(parents=True, exist_ok=True)
    if not list(sdists.glob("*.tar.gz")):
        options = ["--no-deps", "--no-binary", ":all:", "-q", "-d", str(sdists)]
        command = [sys.executable, "-m", "pip", "download", *options, f"{package}=={version}"]
        env = {**os.environ, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        done = subprocess.run(command, env=env, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"pip download {package}=={version}: {done.stderr.strip()[-1000:]}")
    (archive,) = sdists.glob("*.tar.gz")
    return archive


def _unpack(archive: Path, folder: Path) -> None:
    staged = folder.with_name(f"{folder.name}.part")
    shutil.rmtree(staged, ignore_errors=True)
    with tarfile.open(archive) as tar:
        tar.extractall(staged, filter="data")
    (top,) = staged.iterdir()
    top.rename(folder)
    staged.rmdir()


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
