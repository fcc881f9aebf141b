"""The system calls that Python 3.11 has no function for."""

from __future__ import annotations

import ctypes
import fcntl
import os
import signal
import socket
import struct

CLONE_NEWNS = 0x00020000
CLONE_NEWUTS = 0x04000000
CLONE_NEWIPC = 0x08000000
CLONE_NEWUSER = 0x10000000
CLONE_NEWPID = 0x20000000
CLONE_NEWNET = 0x40000000

MS_RDONLY = 0x1
MS_NOSUID = 0x2
MS_NODEV = 0x4
MS_NOEXEC = 0x8
MS_REMOUNT = 0x20
MS_BIND = 0x1000
MS_REC = 0x4000
MS_PRIVATE = 0x40000
MNT_DETACH = 0x2

_ATTR_RDONLY = 0x1
_ATTR_NOSUID = 0x2
_ATTR_NODEV = 0x4
_AT_FDCWD = -100
_AT_RECURSIVE = 0x8000
# The same numbers on every architecture since 5.12; pivot_root is older and differs.
_SYS_MOUNT_SETATTR = 442
_SYS_PIVOT_ROOT = {"x86_64": 155, "aarch64": 41}

_PR_SET_PDEATHSIG = 1
_PR_SET_DUMPABLE = 4
_PR_SET_CHILD_SUBREAPER = 36
_PR_SET_NO_NEW_PRIVS = 38
_PR_SET_SECUREBITS = 28
_SECUREBIT_NO_SETUID_FIXUP = 1 << 2
_PR_CAP_AMBIENT = 47
_PR_CAP_AMBIENT_RAISE = 2
_CAPABILITY_VERSION = 0x20080522
_CAP_DAC_OVERRIDE = 1
_CAP_FOWNER = 3

_SIOCGIFFLAGS = 0x8913
_SIOCSIFFLAGS = 0x8914
_IFF_UP = 0x1

_libc = ctypes.CDLL(None, use_errno=True)


class _MountAttributes(ctypes.Structure):
    _fields_ = (
        ("set", ctypes.c_uint64),
        ("clear", ctypes.c_uint64),
        ("propagation", ctypes.c_uint64),
        ("userns_fd", ctypes.c_uint64),
    )


def _check(result: int, what: str) -> None:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, f"{what}: {os.strerror(number)}")


def unshare(flags: int) -> None:
    """Leave the namespaces named by `flags` for new ones."""
    _check(_libc.unshare(flags), "unshare")


def enter(namespace: int) -> None:
    """Enter the namespace of an open file."""
    _check(_libc.setns(namespace, 0), "setns")


def mount(source: str, target: str, kind: str | None = None, flags: int = 0, options: str = "") -> None:
    """Mount a file system, or change a mount."""
    arguments = (source.encode(), target.encode(), kind.encode() if kind else None, flags, options.encode())
    _check(_libc.mount(*arguments), f"mount {kind or 'bind'} on {target}")


def detach(target: str) -> None:
    """Unmount as soon as nothing uses it."""
    _check(_libc.umount2(target.encode(), MNT_DETACH), f"unmount {target}")


def bind(source: str, target: str, *, writable: bool) -> None:
    """Show `source`, with all that is mounted below it, at `target`; without devices and set-uid programs."""
    mount(source, target, flags=MS_BIND | MS_REC)
    seal(target, writable=writable)


def seal(target: str, *, writable: bool = False) -> None:
    """Take devices and set-uid programs from a mount and all below it, and writing unless `writable`."""
    attributes = _MountAttributes(_ATTR_NOSUID | _ATTR_NODEV | (0 if writable else _ATTR_RDONLY), 0, 0, 0)
    result = _libc.syscall(
        _SYS_MOUNT_SETATTR,
        _AT_FDCWD,
        target.encode(),
        _AT_RECURSIVE,
        ctypes.byref(attributes),
        ctypes.sizeof(attributes),
    )
    _check(result, f"seal {target}")


def pivot_root(new: str) -> None:
    """Make `new` the root and forget the old one."""
    os.chdir(new)
    _check(_libc.syscall(_SYS_PIVOT_ROOT[os.uname().machine], b".", b"."), "pivot_root")
    detach(".")
    os.chdir("/")


def loopback_up() -> None:
    """Bring up `lo` in a new network namespace."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        request = struct.pack("16sh14x", b"lo", 0)
        flags = struct.unpack("16sh14x", fcntl.ioctl(probe, _SIOCGIFFLAGS, request))[1]
        fcntl.ioctl(probe, _SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", flags | _IFF_UP))


def die_with_parent(parent: int) -> None:
    """Be killed when the thread that started this process ends; exit now where `parent` is gone already."""
    _check(_libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL), "prctl")
    if os.getppid() != parent:
        os._exit(1)


def adopt_orphans() -> None:
    """Become the parent of descendants whose own parent ends."""
    _check(_libc.prctl(_PR_SET_CHILD_SUBREAPER, 1), "prctl")


def no_new_privileges() -> None:
    """No program that is started from here on gains rights by being started."""
    _check(_libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0), "prctl")


def become(user: int) -> None:
    """Be another user, from here on and for good, who keeps of root's rights those to files alone.

    The kernel holds no limit against root itself. Raises OSError where we may not.
    """
    # Else the rights go with the user, and access() does not go by those that are kept: initdb asks it about
    # programs, which may lie below a folder that is for root alone.
    _check(_libc.prctl(_PR_SET_SECUREBITS, _SECUREBIT_NO_SETUID_FIXUP, 0, 0, 0), "prctl")
    os.setgroups([])
    os.setresgid(user, user, user)
    os.setresuid(user, user, user)
    kept = 1 << _CAP_DAC_OVERRIDE | 1 << _CAP_FOWNER
    header = struct.pack("Ii", _CAPABILITY_VERSION, 0)
    _check(_libc.capset(header, struct.pack("6I", kept, kept, kept, 0, 0, 0)), "capset")
    for capability in (_CAP_DAC_OVERRIDE, _CAP_FOWNER):
        _check(_libc.prctl(_PR_CAP_AMBIENT, _PR_CAP_AMBIENT_RAISE, capability, 0, 0), "prctl")


def no_tracing() -> None:
    """Nobody but the kernel looks into this process."""
    _check(_libc.prctl(_PR_SET_DUMPABLE, 0, 0, 0, 0), "prctl")
