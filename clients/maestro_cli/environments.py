"""`maestro env`."""

from __future__ import annotations

import asyncio
from contextlib import aclosing

from google.protobuf.duration_pb2 import Duration

from maestro.environment.v1 import environment_pb2 as pb
from maestro_cli.durations import duration
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.names import checked_id, full_name
from maestro_cli.output import as_dict, err, print_fields, print_json, print_table, short
from maestro_cli.target import session
from maestro_client import Maestro, tunnel, watch

_PARTS = ("memory", "cpu", "processes", "filesystem", "network", "disk")
_ENDED = {pb.ENVIRONMENT_STATE_FAILED, pb.ENVIRONMENT_STATE_TERMINATING, pb.ENVIRONMENT_STATE_TERMINATED}


def proto_duration(text: str) -> Duration:
    """A duration as people write it, for the wire. Raises CliError."""
    found = Duration()
    found.FromTimedelta(duration(text))
    return found


async def create(kinds: list[str], name: str, ttl: str, as_json: bool) -> ExitCode:
    """Make one, and wait until it is ready. Raises CliError where it fails."""
    services = [pb.ServiceSpec(kind=f"SERVICE_KIND_{kind.upper()}") for kind in kinds]
    async with session() as maestro:
        request = pb.CreateEnvironmentRequest(
            parent=maestro.parent,
            environment_id=checked_id(name) if name else "",
            spec=pb.EnvironmentSpec(services=services),
            ttl=proto_duration(ttl),
        )
        made = (await maestro.environments.CreateEnvironment(request)).environment
        ready = await _until_ready(maestro, made.name)
    if ready.state in _ENDED:
        raise CliError(ready.failure.message or "the environment ended before it was ready.")
    _print(ready, as_json)
    return ExitCode.DONE


async def _until_ready(maestro: Maestro, name: str) -> pb.Environment:
    """The environment, with its connections, once it is ready or has ended."""
    answer = await maestro.environments.GetEnvironment(pb.GetEnvironmentRequest(name=name))
    settled = _ENDED | {pb.ENVIRONMENT_STATE_READY}
    if answer.environment.state not in settled:
        request = pb.WatchEnvironmentsRequest(
            parent=maestro.parent, environment=name, resume_token=answer.sequence
        )
        async with aclosing(watch(maestro.environments.WatchEnvironments, request)) as entries:
            async for entry in entries:
                if entry.environment.name == name and entry.environment.state in settled:
                    break
        answer = await maestro.environments.GetEnvironment(pb.GetEnvironmentRequest(name=name))
    return answer.environment


async def show_all(as_json: bool) -> None:
    """List them."""
    found: list[pb.Environment] = []
    async with session() as maestro:
        token = ""
        while True:
            request = pb.ListEnvironmentsRequest(parent=maestro.parent, page_size=1000, page_token=token)
            page = await maestro.environments.ListEnvironments(request)
            found += page.environments
            token = page.next_page_token
            if not token:
                break
    if as_json:
        print_json([as_dict(one) for one in found])
        return
    rows = [
        (short(one.name), _state(one), _services(one), _time(one) if one.state not in _ENDED else "-")
        for one in found
    ]
    print_table(("environment", "state", "services", "expires"), rows, "No environments.")


async def show(name: str, as_json: bool) -> None:
    """Show one."""
    async with session() as maestro:
        request = pb.GetEnvironmentRequest(name=full_name(maestro, "environments", name))
        _print((await maestro.environments.GetEnvironment(request)).environment, as_json)


async def delete(name: str) -> None:
    """Take one down."""
    async with session() as maestro:
        request = pb.DeleteEnvironmentRequest(name=full_name(maestro, "environments", name))
        environment = (await maestro.environments.DeleteEnvironment(request)).environment
    gone = environment.state != pb.ENVIRONMENT_STATE_TERMINATING
    print_fields({short(environment.name): "was gone already" if gone else "is being taken down"})


async def extend(name: str, ttl: str) -> None:
    """Move its end."""
    async with session() as maestro:
        request = pb.ExtendEnvironmentRequest(
            name=full_name(maestro, "environments", name), ttl=proto_duration(ttl)
        )
        extended = (await maestro.environments.ExtendEnvironment(request)).environment
    print_fields({short(extended.name): f"expires {_time(extended)}"})


async def tunnel_to(name: str, port: int, local_port: int) -> None:
    """Lead a port of this machine into one, until we are interrupted."""
    async with session() as maestro:
        place = full_name(maestro, "environments", name)
        found = await maestro.environments.GetEnvironment(pb.GetEnvironmentRequest(name=place))
        if found.environment.state != pb.ENVIRONMENT_STATE_READY:
            raise CliError(f"{name} is {_state(found.environment)}: a tunnel leads into one that is READY.")
        try:
            async with tunnel(
                maestro.environments,
                place,
                port,
                local_port=local_port,
                failed=lambda error: err().print(error.message, markup=False),
            ) as opened:
                print_fields({f"127.0.0.1:{opened}": f"port {port} of {short(place)}, until Ctrl-C"})
                await asyncio.Event().wait()
        except OSError as error:
            raise CliError(
                f"port {local_port} of this machine can't be had: {error.strerror}.",
                "Name another with --local-port, or none.",
            ) from error


def _print(environment: pb.Environment, as_json: bool) -> None:
    if as_json:
        print_json(as_dict(environment))
        return
    fields = {
        "environment": short(environment.name),
        "state": _state(environment),
        "services": _services(environment),
        "expires": _time(environment),
        "isolation": environment.isolation.mechanism,
        "limits": _limits(environment.isolation),
    }
    if environment.failure.reason:
        fields["failure"] = f"{environment.failure.message} ({environment.failure.reason})"
    for connection in environment.connections:
        fields[pb.ServiceKind.Name(connection.kind).removeprefix("SERVICE_KIND_").lower()] = connection.uri
    print_fields(fields)


def _state(environment: pb.Environment) -> str:
    return pb.EnvironmentState.Name(environment.state).removeprefix("ENVIRONMENT_STATE_")


def _time(environment: pb.Environment) -> str:
    return environment.expire_time.ToDatetime().strftime("%F %T UTC")


def _limits(isolation: pb.Isolation) -> str:
    """Which walls and limits hold here, and which are only asked for."""
    held = [part for part in _PARTS if getattr(isolation, part) == pb.ENFORCEMENT_ENFORCED]
    advisory = [part for part in _PARTS if part not in held]
    said = ((held, "held: "), (advisory, "advisory: "))
    return "; ".join(word + ", ".join(parts) for parts, word in said if parts)


def _services(environment: pb.Environment) -> str:
    kinds = (pb.ServiceKind.Name(one.kind) for one in environment.spec.services)
    return ", ".join(kind.removeprefix("SERVICE_KIND_").lower() for kind in kinds) or "-"
