"""`maestro env`."""

from __future__ import annotations

from contextlib import aclosing

from google.protobuf.duration_pb2 import Duration

from maestro.environment.v1 import environment_pb2 as pb
from maestro_cli.durations import duration
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.output import as_dict, print_fields, print_json, print_table, short
from maestro_cli.target import session
from maestro_client import Maestro, watch

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
            environment_id=name,
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
        (short(one.name), _state(one), _services(one), one.expire_time.ToDatetime().strftime("%F %T"))
        for one in found
    ]
    print_table(("environment", "state", "services", "expires (UTC)"), rows, "No environments.")


async def show(name: str, as_json: bool) -> None:
    """Show one."""
    async with session() as maestro:
        request = pb.GetEnvironmentRequest(name=full_name(maestro, name))
        _print((await maestro.environments.GetEnvironment(request)).environment, as_json)


async def delete(name: str) -> None:
    """Take one down."""
    async with session() as maestro:
        request = pb.DeleteEnvironmentRequest(name=full_name(maestro, name))
        await maestro.environments.DeleteEnvironment(request)
    print_fields({name: "is being taken down"})


async def extend(name: str, ttl: str) -> None:
    """Move its end."""
    async with session() as maestro:
        request = pb.ExtendEnvironmentRequest(name=full_name(maestro, name), ttl=proto_duration(ttl))
        extended = (await maestro.environments.ExtendEnvironment(request)).environment
    print_fields({name: f"expires at {extended.expire_time.ToJsonString()}"})


def full_name(maestro: Maestro, name: str) -> str:
    """An environment's resource name, from that or from its id."""
    return name if "/" in name else f"{maestro.parent}/environments/{name}"


def _print(environment: pb.Environment, as_json: bool) -> None:
    if as_json:
        print_json(as_dict(environment))
        return
    fields = {
        "environment": short(environment.name),
        "state": _state(environment),
        "expires": environment.expire_time.ToJsonString(),
        "isolation": environment.isolation.mechanism,
    }
    if environment.failure.reason:
        fields["failure"] = f"{environment.failure.message} ({environment.failure.reason})"
    for connection in environment.connections:
        fields[pb.ServiceKind.Name(connection.kind).removeprefix("SERVICE_KIND_").lower()] = connection.uri
    print_fields(fields)


def _state(environment: pb.Environment) -> str:
    return pb.EnvironmentState.Name(environment.state).removeprefix("ENVIRONMENT_STATE_")


def _services(environment: pb.Environment) -> str:
    kinds = (pb.ServiceKind.Name(one.kind) for one in environment.spec.services)
    return ", ".join(kind.removeprefix("SERVICE_KIND_").lower() for kind in kinds) or "-"
