"""The view of the machine that a command gets: the host read-only, secrets hidden, little of it writable.

The new root is a small tmpfs in which each top-level entry of the host is shown. All of it happens inside a user
namespace, so that root and an ordinary user take the same way, and no right outside is needed or kept.
"""

from __future__ import annotations

import contextlib
import os
from pathlib import Path

from maestro_environment.backends.local.launcher import linux
from maestro_environment.backends.local.launcher.plan import Walls

INSIDE = "/maestro"
_NEW_ROOT = "/tmp"  # any folder will do: the mount over it is seen by us alone
_OWN = {"dev", "proc", "tmp", "run", "maestro"}
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_TMP = "mode=1777,size={}"
_UID_OF_ROOT = 1000
_TAME = linux.MS_NOSUID | linux.MS_NODEV


def leave_host(network: bool) -> None:
    """Enter namespaces of our own; those that start from here are in a process tree of their own too.

    Root becomes an ordinary user inside, since some programs refuse to be root.
    """
    uid, gid = os.getuid(), os.getgid()
    flags = linux.CLONE_NEWUSER | linux.CLONE_NEWNS | linux.CLONE_NEWPID | linux.CLONE_NEWIPC
    linux.unshare(flags | (0 if network else linux.CLONE_NEWNET | linux.CLONE_NEWUTS))
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{uid or _UID_OF_ROOT} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{gid or _UID_OF_ROOT} {gid} 1")


def build(walls: Walls) -> None:
    """Build the view and enter it. Needs to be the first process of the new process tree."""
    resolver = os.path.realpath("/etc/resolv.conf")
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    # Sources below the folder that the new root covers are out of reach by path from then on: hold them open.
    sources = {path: os.open(path, os.O_PATH) for path in _sources(walls, resolver)}
    entries = [(entry.name, entry.is_symlink(), entry.is_dir()) for entry in os.scandir("/")]
    linux.mount("tmpfs", _NEW_ROOT, "tmpfs", _TAME, "mode=755,size=4m")
    for name, is_link, is_folder in entries:
        target = f"{_NEW_ROOT}/{name}"
        if is_link:
            os.symlink(os.readlink(f"/{name}"), target)
        elif is_folder and name not in _OWN:
            Path(target).mkdir()
            linux.bind(f"/{name}", target, writable=False)
    for path in walls["hidden"]:
        _hide(_NEW_ROOT + path)
    _private_folders(walls)
    for path in walls["shown"]:
        _bind(sources[path], _NEW_ROOT + path, writable=False)
    if walls["network"] and resolver.startswith("/run/"):
        _bind(sources[resolver], _NEW_ROOT + resolver, writable=False)
    for entry in walls["binds"]:
        _bind(sources[entry["source"]], _NEW_ROOT + entry["target"], writable=entry["writable"])
    _mount_overlay(walls, sources)
    _name_user(walls["home"])
    for path in walls["hidden"]:
        if os.path.isdir(_NEW_ROOT + path):
            linux.seal(_NEW_ROOT + path)
    for source in sources.values():
        os.close(source)
    linux.pivot_root(_NEW_ROOT)
    linux.mount("none", "/", flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _TAME)


def _sources(walls: Walls, resolver: str) -> set[str]:
    found = {*walls["shown"], *(entry["source"] for entry in walls["binds"])}
    if walls["overlay"]:
        found |= {walls["overlay"][part] for part in ("lower", "upper", "work")}
    if walls["network"] and resolver.startswith("/run/"):
        found.add(resolver)
    return found


def _hide(target: str) -> None:
    if os.path.isdir(target):
        linux.mount("tmpfs", target, "tmpfs", _TAME, "mode=755,size=1m")
    elif os.path.exists(target):
        linux.mount("/dev/null", target, flags=linux.MS_BIND)


def _private_folders(walls: Walls) -> None:
    for name in ("tmp", "run", "dev", "proc", "maestro"):
        Path(_NEW_ROOT, name).mkdir(exist_ok=True)
    for target in ("/tmp", "/var/tmp"):
        if os.path.isdir(_NEW_ROOT + target) and not os.path.islink(_NEW_ROOT + target):
            linux.mount("tmpfs", _NEW_ROOT + target, "tmpfs", _TAME, _TMP.format(walls["tmp_bytes"]))
    linux.mount("proc", f"{_NEW_ROOT}/proc", "proc", _TAME | linux.MS_NOEXEC)
    for name in _DEVICES:
        node = Path(_NEW_ROOT, "dev", name)
        node.touch()
        linux.mount(f"/dev/{name}", str(node), flags=linux.MS_BIND)
    for name, folder in (("fd", "/proc/self/fd"), ("stdin", "/proc/self/fd/0")):
        os.symlink(folder, f"{_NEW_ROOT}/dev/{name}")
    for number, name in ((1, "stdout"), (2, "stderr")):
        os.symlink(f"/proc/self/fd/{number}", f"{_NEW_ROOT}/dev/{name}")
    os.symlink("pts/ptmx", f"{_NEW_ROOT}/dev/ptmx")
    for name in ("shm", "pts"):
        Path(_NEW_ROOT, "dev", name).mkdir()
    linux.mount("tmpfs", f"{_NEW_ROOT}/dev/shm", "tmpfs", _TAME, _TMP.format(walls["tmp_bytes"]))
    with contextlib.suppress(OSError):  # without pseudo-terminals, most commands still run
        linux.mount("devpts", f"{_NEW_ROOT}/dev/pts", "devpts", 0, "newinstance,ptmxmode=0666,mode=620")
    home = Path(_NEW_ROOT + walls["home"])
    home.mkdir(parents=True)
    linux.mount("tmpfs", str(home), "tmpfs", _TAME, f"mode=700,size={walls['tmp_bytes']}")


def _bind(source: int, target: str, *, writable: bool) -> None:
    path = f"/proc/self/fd/{source}"
    if os.path.isdir(path):
        os.makedirs(target, exist_ok=True)
    elif not os.path.exists(target):
        os.makedirs(os.path.dirname(target), exist_ok=True)
        Path(target).touch()
    linux.bind(path, target, writable=writable)


def _mount_overlay(walls: Walls, sources: dict[str, int]) -> None:
    if (overlay := walls["overlay"]) is None:
        return
    target = _NEW_ROOT + overlay["target"]
    os.makedirs(target, exist_ok=True)
    lower, upper, work = (f"/proc/self/fd/{sources[overlay[p]]}" for p in ("lower", "upper", "work"))
    options = f"lowerdir={lower},upperdir={upper},workdir={work},userxattr"
    linux.mount("overlay", target, "overlay", _TAME, options)


def _name_user(home: str) -> None:
    """Give our user an entry in the password file: programs ask for their user's name."""
    known = Path("/etc/passwd").read_bytes()
    uid, gid = os.getuid(), os.getgid()
    if any(line.split(b":")[2:3] == [str(uid).encode()] for line in known.splitlines()):
        return
    own = Path(_NEW_ROOT + INSIDE, "passwd")
    own.write_bytes(known + f"maestro:x:{uid}:{gid}::{home}:/bin/sh\n".encode())
    linux.bind(str(own), f"{_NEW_ROOT}/etc/passwd", writable=False)
