"""What puts a piece of state back after a test."""

import re
from dataclasses import dataclass

from maestro_healing.domain.state import StateChange
from maestro_healing.domain.strategies.isolation.reaching import OWN_MODULE, Reached, reach

WHOLE = "*"


@dataclass(frozen=True)
class Restoring:
    """The same in the two styles that tests have.

    `before` and `after` stand around the `yield` of a fixture, `within` is the head of a `with` around it,
    `monkeypatch` a statement that needs no `yield`. `cleanup` are the arguments of unittest's `addCleanup`,
    empty where it has none. `name` is what the state is called.
    """

    name: str
    imports: tuple[str, ...] = ()
    before: tuple[str, ...] = ()
    within: str = ""
    after: tuple[str, ...] = ()
    monkeypatch: str = ""
    cleanup: str = ""


def restoring(change: StateChange, file: str, text: str) -> Restoring | None:
    """What a test file says to put the change back; None where it cannot."""
    if change.kind == "system":
        return _SYSTEM.get(change.module)
    if change.kind == "files":
        return _file(change)
    reached = reach(change, file, text)
    if reached is None:
        return None
    if change.kind in ("instance", "module", "class"):
        return _attribute(change, reached)
    return _container(change, reached)


def _attribute(change: StateChange, reached: Reached) -> Restoring | None:
    owner, slot = reached.owner, change.slot
    if change.type in ("logging.Logger", "logging.RootLogger") and slot == "level":
        set_level = f"{owner}.setLevel"
        return Restoring(
            "log_level",
            reached.imports,
            (f"before = {owner}.level",),
            after=(f"{set_level}(before)",),
            cleanup=f"{set_level}, {owner}.level",
        )
    if not slot.isidentifier():
        return None
    if change.had and change.has:
        value = f"{owner}.{slot}"
        return Restoring(
            slot,
            reached.imports,
            monkeypatch=f'monkeypatch.setattr({owner}, "{slot}", {value})',
            cleanup="" if owner == OWN_MODULE else f'setattr, {owner}, "{slot}", {value}',
        )
    if change.kind == "class":
        if change.had:
            return None
        return Restoring(
            slot,
            reached.imports,
            after=(f'if "{slot}" in vars({owner}):', f"    del {owner}.{slot}"),
        )
    return _patched_dict(f"vars({owner})", reached, slot)


def _container(change: StateChange, reached: Reached) -> Restoring | None:
    owner = reached.owner
    match change.kind:
        case "dict":
            return _patched_dict(owner, reached, reached.name)
        case "list":
            return Restoring(
                reached.name,
                reached.imports,
                (f"before = list({owner})",),
                after=(f"{owner}[:] = before",),
                cleanup=f"{owner}.__setitem__, slice(None), list({owner})",
            )
        case "set" | "deque":
            method = "update" if change.kind == "set" else "extend"
            return Restoring(
                reached.name,
                reached.imports,
                (f"before = list({owner})",),
                after=(f"{owner}.clear()", f"{owner}.{method}(before)"),
            )
        case "cache":
            return Restoring(
                reached.name,
                reached.imports,
                after=(f"{owner}.cache_clear()",),
                cleanup=f"{owner}.cache_clear",
            )
    return None


def _patched_dict(owner: str, reached: Reached, name: str) -> Restoring:
    return Restoring(
        name,
        (*reached.imports, "unittest.mock"),
        within=f"unittest.mock.patch.dict({owner})",
        cleanup=f"{owner}.update, dict({owner})" if owner == "os.environ" else "",
    )


def _file(change: StateChange) -> Restoring:
    if change.slot.endswith("/"):
        return _folder(change)
    path = f'pathlib.Path("{change.slot}")'
    if change.had:
        return Restoring(
            _name_of(change.slot),
            ("pathlib",),
            (f"before = {path}.read_bytes()",),
            after=(f"{path}.write_bytes(before)",),
            cleanup=f"{path}.write_bytes, {path}.read_bytes()",
        )
    return Restoring(
        _name_of(change.slot),
        ("pathlib",),
        after=(f"{path}.unlink(missing_ok=True)",),
        cleanup=f"{path}.unlink, missing_ok=True",
    )


def _folder(change: StateChange) -> Restoring:
    name = change.slot.rstrip("/")
    if change.had:
        path = f'pathlib.Path("{name}")'
        return Restoring(_name_of(name), ("pathlib",), after=(f"{path}.mkdir(exist_ok=True)",),
                         cleanup=f"{path}.mkdir, exist_ok=True")  # fmt: skip
    return Restoring(
        _name_of(name),
        ("shutil",),
        after=(f'shutil.rmtree("{name}", ignore_errors=True)',),
        cleanup=f'shutil.rmtree, "{name}", ignore_errors=True',
    )


def _name_of(path: str) -> str:
    return re.sub(r"\W+", "_", path).strip("_").lower() or "file"


_SYSTEM = {
    "cwd": Restoring("cwd", ("os",), monkeypatch='monkeypatch.chdir(".")', cleanup="os.chdir, os.getcwd()"),
    "random": Restoring(
        "random",
        ("random",),
        ("before = random.getstate()",),
        after=("random.setstate(before)",),
        cleanup="random.setstate, random.getstate()",
    ),
    "numpy.random": Restoring(
        "numpy_random",
        ("numpy",),
        ("before = numpy.random.get_state()",),
        after=("numpy.random.set_state(before)",),
        cleanup="numpy.random.set_state, numpy.random.get_state()",
    ),
    "locale": Restoring(
        "locale",
        ("locale",),
        ("before = locale.setlocale(locale.LC_ALL)",),
        after=("locale.setlocale(locale.LC_ALL, before)",),
        cleanup="locale.setlocale, locale.LC_ALL, locale.setlocale(locale.LC_ALL)",
    ),
    "timezone": Restoring("time_zone", ("time",), after=("time.tzset()",), cleanup="time.tzset"),
    "recursionlimit": Restoring(
        "recursion_limit",
        ("sys",),
        ("before = sys.getrecursionlimit()",),
        after=("sys.setrecursionlimit(before)",),
        cleanup="sys.setrecursionlimit, sys.getrecursionlimit()",
    ),
    "sockettimeout": Restoring(
        "socket_timeout",
        ("socket",),
        ("before = socket.getdefaulttimeout()",),
        after=("socket.setdefaulttimeout(before)",),
        cleanup="socket.setdefaulttimeout, socket.getdefaulttimeout()",
    ),
    "decimal": Restoring("decimal_context", ("decimal",), within="decimal.localcontext()"),
}
