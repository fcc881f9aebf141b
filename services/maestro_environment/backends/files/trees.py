"""Folders that untrusted code has written to."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path


def remove(folder: Path) -> None:
    """Remove a folder with all that is in it, folders that forbid it included; nothing where it is gone."""
    try:
        shutil.rmtree(folder)
    except FileNotFoundError:
        return
    except PermissionError:
        for place, _, _ in os.walk(folder):
            # Top down: a folder is opened up before the walk looks into it.
            for entry in os.scandir(place):
                if entry.is_dir(follow_symlinks=False):
                    Path(entry.path).chmod(0o700)
        shutil.rmtree(folder)


def size(folder: Path) -> int:
    """Bytes of all files below a folder."""
    return sum(path.lstat().st_size for path in folder.rglob("*") if path.is_file() and not path.is_symlink())


def copy(source: Path, into: Path) -> None:
    """Copy what is in a folder into another one that is there."""
    subprocess.run(["cp", "-a", "--reflink=auto", f"{source}/.", str(into)], check=True)
