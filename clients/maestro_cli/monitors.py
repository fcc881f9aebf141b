"""`maestro monitor`."""

from __future__ import annotations

import json
import re
from contextlib import aclosing
from dataclasses import dataclass
from pathlib import Path

from maestro.healing.v1 import healing_pb2
from maestro.healing.v1 import monitor_pb2 as pb
from maestro_cli.environments import proto_duration
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.names import checked_id, full_name
from maestro_cli.output import as_dict, out, print_fields, print_json, print_table, short
from maestro_cli.target import session
from maestro_client import watch

_URL = re.compile(r"[a-z+]+://.*|[^/:]+@[^/:]+:.*")


@dataclass(frozen=True)
class Wish:
    """A monitor as it is asked for on the command line."""

    project: str
    kinds: tuple[str, ...]
    revision: str
    base: str
    interval: str
    heal: bool
    push: bool
    python: str
    id: str


async def create(wish: Wish, as_json: bool) -> None:
    """Make one. Raises CliError."""
    spec = healing_pb2.HealingSpec(base_revision=wish.base, python=wish.python)
    if _URL.fullmatch(wish.project):
        spec.git.url, spec.git.revision = wish.project, wish.revision
    elif wish.revision:
        raise CliError("--revision is for git URLs.", "A folder is watched as it stands.", ExitCode.WRONG_USE)
    else:
        spec.path = str(Path(wish.project).resolve())
    monitor = pb.Monitor(
        spec=spec,
        interval=proto_duration(wish.interval),
        kinds=[f"ERROR_KIND_{kind.upper()}" for kind in wish.kinds],
        heal=wish.heal,
        push=wish.push,
    )
    async with session() as maestro:
        request = pb.CreateMonitorRequest(
            parent=maestro.parent, monitor_id=checked_id(wish.id) if wish.id else "", monitor=monitor
        )
        _print((await maestro.monitors.CreateMonitor(request)).monitor, as_json)


async def show_all(as_json: bool) -> None:
    """List them."""
    found: list[pb.Monitor] = []
    async with session() as maestro:
        request = pb.ListMonitorsRequest(parent=maestro.parent, page_size=1000)
        while True:
            page = await maestro.monitors.ListMonitors(request)
            found += page.monitors
            request.page_token = page.next_page_token
            if not request.page_token:
                break
    if as_json:
        print_json([as_dict(one) for one in found])
        return
    rows = [(short(one.name), _project(one), _kinds(one), _policy(one), _state(one)) for one in found]
    print_table(("monitor", "project", "looks for", "heals", "state"), rows, "No monitors.")


async def show(name: str, as_json: bool) -> None:
    """Show one."""
    async with session() as maestro:
        request = pb.GetMonitorRequest(name=full_name(maestro, "monitors", name))
        _print((await maestro.monitors.GetMonitor(request)).monitor, as_json)


async def delete(name: str) -> None:
    """Take one away."""
    async with session() as maestro:
        request = pb.DeleteMonitorRequest(name=full_name(maestro, "monitors", name))
        await maestro.monitors.DeleteMonitor(request)
    print_fields({short(request.name): "watches no more"})


async def watch_errors(after: int | None, as_json: bool) -> None:
    """Print errors until cancelled."""
    async with session() as maestro:
        request = pb.WatchErrorsRequest(parent=maestro.parent, resume_token=after)
        async with aclosing(watch(maestro.monitors.WatchErrors, request)) as entries:
            async for entry in entries:
                if entry.HasField("error"):
                    _print_error(entry, as_json)


def _print_error(entry: pb.WatchErrorsResponse, as_json: bool) -> None:
    if as_json:
        print(json.dumps(as_dict(entry), ensure_ascii=False), flush=True)
        return
    error = entry.error
    kind = _kind(error.kind)
    line = f"{entry.sequence}  {short(error.monitor)}  {kind:<5}  {error.subject}  {error.message}"
    out().print(line, markup=False, soft_wrap=True)


def _print(monitor: pb.Monitor, as_json: bool) -> None:
    if as_json:
        print_json(as_dict(monitor))
        return
    looked = monitor.last_look_time.ToDatetime().strftime("%F %T UTC")
    fields = {
        "monitor": short(monitor.name),
        "project": _project(monitor),
        "looks for": _kinds(monitor),
        "every": f"{monitor.interval.seconds} s",
        "heals": _policy(monitor),
        "revision": monitor.last_revision or "-",
        "looked": looked if monitor.HasField("last_look_time") else "not yet",
    }
    if monitor.HasField("failure"):
        fields["failure"] = f"{monitor.failure.message} ({monitor.failure.reason})"
    for heal in monitor.healings:
        where = f"{heal.branch} at {heal.commit[:12]}. " if heal.branch else ""
        fields[short(heal.healing)] = f"{where}{heal.outcome or 'under way'}"
    print_fields(fields)


def _project(monitor: pb.Monitor) -> str:
    spec = monitor.spec
    if spec.path:
        return spec.path
    return f"{spec.git.url} {spec.git.revision}".rstrip()


def _kinds(monitor: pb.Monitor) -> str:
    return ", ".join(map(_kind, monitor.kinds))


def _kind(kind: pb.ErrorKind) -> str:
    return pb.ErrorKind.Name(kind).removeprefix("ERROR_KIND_").lower()


def _policy(monitor: pb.Monitor) -> str:
    return "and pushes" if monitor.push else "yes" if monitor.heal else "no"


def _state(monitor: pb.Monitor) -> str:
    if monitor.HasField("failure"):
        return monitor.failure.reason
    return monitor.last_revision[:12] or "not looked yet"
