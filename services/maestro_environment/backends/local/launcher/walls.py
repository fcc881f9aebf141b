"""The view of the machine that a command gets: the host read-only, secrets hidden, little of it writable.

The new root is a small tmpfs in which each top-level entry of the host is shown. All of it happens inside a
user namespace, so that root and an ordinary user take the same way, and no right outside is needed or kept.
"""

from __future__ import annotations

import os
from contextlib import suppress
from pathlib import Path

from maestro_environment.backends.local.launcher import linux
from maestro_environment.backends.local.launcher.plan import Walls

INSIDE = "/maestro"
_NEW_ROOT = "/tmp"  # any folder will do: the mount over it is seen by us alone
_OWN = ("dev", "proc", "tmp", "run", "maestro")
_DEVICES = ("null", "zero", "full", "random", "urandom", "tty")
_DEVICE_LINKS = {
    "fd": "/proc/self/fd",
    "stdin": "/proc/self/fd/0",
    "stdout": "/proc/self/fd/1",
    "stderr": "/proc/self/fd/2",
    "ptmx": "pts/ptmx",
}
_UID_OF_ROOT = 1000
# Settings of the kernel: root's own, in whatever namespace, and a way out to who writes to them.
_KERNEL = ("sys", "irq", "bus", "fs", "acpi", "scsi", "sysrq-trigger")
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
    linux.mount("none", "/", flags=linux.MS_REC | linux.MS_PRIVATE)
    # Sources below the folder that the new root covers are out of reach by path from then on: hold them open.
    resolver = _resolver() if walls["network"] else None
    sources = {path: os.open(path, os.O_PATH) for path in _sources(walls, resolver)}
    entries = [(entry, entry.readlink() if entry.is_symlink() else None) for entry in Path("/").iterdir()]
    linux.mount("tmpfs", _NEW_ROOT, "tmpfs", _TAME, "mode=755,size=4m")
    for entry, link in entries:
        target = _inside(str(entry))
        if link is not None:
            target.symlink_to(link)
        elif entry.name not in _OWN and entry.is_dir():
            target.mkdir()
            linux.bind(str(entry), str(target), writable=False)
    for path in walls["hidden"]:
        _hide(_inside(path))
    _private_folders(walls)
    for path in (*walls["shown"], *([resolver] if resolver else [])):
        _bind(sources[path], _inside(path), writable=False)
    for bind in walls["binds"]:
        _bind(sources[bind["source"]], _inside(bind["target"]), writable=bind["writable"])
    _mount_overlay(walls, sources)
    _name_user(walls["home"])
    for path in walls["hidden"]:
        if _inside(path).is_dir():
            linux.seal(str(_inside(path)))
    for source in sources.values():
        os.close(source)
    linux.pivot_root(_NEW_ROOT)
    linux.mount("none", "/", flags=linux.MS_REMOUNT | linux.MS_BIND | linux.MS_RDONLY | _TAME)


def _inside(path: str) -> Path:
    return Path(_NEW_ROOT + path)


def _resolver() -> str | None:
    """The file that names the host's name servers, where it lies in a folder that is private inside."""
    file = str(Path("/etc/resolv.conf").resolve())
    return file if file.startswith("/run/") and Path(file).is_file() else None


def _sources(walls: Walls, resolver: str | None) -> set[str]:
    found = {*walls["shown"], *(entry["source"] for entry in walls["binds"])}
    if overlay := walls["overlay"]:
        found |= {overlay["lower"], overlay["upper"], overlay["work"]}
    if resolver:
        found.add(resolver)
    return found


def _hide(target: Path) -> None:
    if target.is_dir():
        linux.mount("tmpfs", str(target), "tmpfs", _TAME, "mode=755,size=1m")
    elif target.exists():
        linux.mount("/dev/null", str(target), flags=linux.MS_BIND)


def _private_folders(walls: Walls) -> None:
    size = f"size={walls['tmp_bytes']}"
    for name in _OWN:
        _inside(f"/{name}").mkdir(exist_ok=True)
    for target in (_inside("/tmp"), _inside("/var/tmp")):
        if target.is_dir() and not target.is_symlink():
            linux.mount("tmpfs", str(target), "tmpfs", _TAME, f"mode=1777,{size}")
    linux.mount("proc", str(_inside("/proc")), "proc", _TAME | linux.MS_NOEXEC)
    for name in _KERNEL:
        if (setting := _inside(f"/proc/{name}")).exists():
            linux.bind(str(setting), str(setting), writable=False)
    for name in _DEVICES:
        _inside(f"/dev/{name}").touch()
        linux.mount(f"/dev/{name}", str(_inside(f"/dev/{name}")), flags=linux.MS_BIND)
    for name, target_of_link in _DEVICE_LINKS.items():
        _inside(f"/dev/{name}").symlink_to(target_of_link)
    for name in ("shm", "pts"):
        _inside(f"/dev/{name}").mkdir()
    linux.mount("tmpfs", str(_inside("/dev/shm")), "tmpfs", _TAME, f"mode=1777,{size}")
    with suppress(OSError):  # without pseudo-terminals, most commands still run
        linux.mount("devpts", str(_inside("/dev/pts")), "devpts", 0, "newinstance,ptmxmode=0666,mode=620")
    home = _inside(walls["home"])
    home.mkdir(parents=True)
    linux.mount("tmpfs", str(home), "tmpfs", _TAME, f"mode=700,{size}")


def _bind(source: int, target: Path, *, writable: bool) -> None:
    path = f"/proc/self/fd/{source}"
    if Path(path).is_dir():
        target.mkdir(parents=True, exist_ok=True)
    elif not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True)
        target.touch()
    linux.bind(path, str(target), writable=writable)


def _mount_overlay(walls: Walls, sources: dict[str, int]) -> None:
    if (overlay := walls["overlay"]) is None:
        return
    target = _inside(overlay["target"])
    target.mkdir(parents=True, exist_ok=True)
    lower, upper, work = (
        f"/proc/self/fd/{sources[path]}" for path in (overlay["lower"], overlay["upper"], overlay["work"])
    )
    options = f"lowerdir={lower},upperdir={upper},workdir={work},userxattr"
    linux.mount("overlay", str(target), "overlay", _TAME, options)


def _name_user(home: str) -> None:
    """Give our user an entry in the password file: programs ask for their user's name."""
    known = Path("/etc/passwd").read_bytes()
    uid, gid = os.getuid(), os.getgid()
    if any(line.split(b":")[2:3] == [str(uid).encode()] for line in known.splitlines()):
        return
    own = _inside(f"{INSIDE}/passwd")
    own.write_bytes(known + f"maestro:x:{uid}:{gid}::{home}:/bin/sh\n".encode())
    linux.bind(str(own), str(_inside("/etc/passwd")), writable=False)
