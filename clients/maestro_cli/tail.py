"""`maestro events tail`: what is published, as it is published."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import TypeAlias, cast

from google.protobuf import descriptor_pool, json_format, message_factory
from google.protobuf.message import DecodeError

from maestro.environment.v1 import environment_pb2
from maestro.events.v1 import events_pb2
from maestro.healing.v1 import monitor_pb2
from maestro.template.v1 import template_pb2, workflow_pb2
from maestro_cli.failure import CliError, ExitCode
from maestro_cli.output import out, short
from maestro_cli.platform.record import running
from maestro_core.embedded.valkey import EmbeddedValkey
from maestro_core.events import streams
from maestro_core.events.connection import BLOCK_MS, connect_for_blocking
from maestro_core.events.envelope import JSON, Event, Malformed
from maestro_core.settings import Settings

# Importing the contracts is what makes their messages known by name.
CONTRACTS = (environment_pb2, events_pb2, monitor_pb2, template_pb2, workflow_pb2)
_Answer: TypeAlias = "list[tuple[bytes, list[tuple[bytes, dict[bytes, bytes]]]]]"
_STREAMS = sorted(
    value for name, value in vars(streams).items() if name.isupper() and str(value).startswith("maestro:")
)


async def tail(stream: str, as_json: bool) -> None:
    """Print until cancelled. Raises CliError where there is no such stream or no platform."""
    chosen = [name for name in _STREAMS if name.endswith(stream)]
    if not chosen:
        raise CliError(f"there is no stream {stream!r}.", "\n".join(_STREAMS), ExitCode.WRONG_USE)
    redis = connect_for_blocking(_url(Settings()))
    try:
        positions: dict[bytes | str | memoryview, int | bytes | str | memoryview] = dict.fromkeys(chosen, "$")
        while True:
            answer = cast("_Answer", await redis.xread(positions, block=BLOCK_MS) or [])
            for name, entries in answer:
                for entry_id, fields in entries:
                    positions[name.decode()] = entry_id.decode()
                    show(name.decode(), fields, as_json=as_json)
    finally:
        await redis.aclose()


def _url(settings: Settings) -> str:
    if settings.redis_url is not None:
        return settings.redis_url.get_secret_value()
    if running(settings.data_dir) is None:
        raise CliError(
            f"no platform runs on {settings.data_dir}.",
            "`maestro up` starts one; MAESTRO_REDIS_URL names another.",
        )
    return EmbeddedValkey(settings.data_dir).url


def show(stream: str, fields: Mapping[bytes, bytes], *, as_json: bool) -> None:
    """Print one entry as it lies in a stream."""
    try:
        event = Event.from_fields(fields)
    except Malformed as error:
        if as_json:
            print(json.dumps({"stream": stream, "malformed": str(error)}), flush=True)
        else:
            out().print(f"{stream}  malformed: {error}", markup=False, soft_wrap=True)
        return
    if as_json:
        about = {name: value.decode(errors="replace") for name, value in _texts(fields).items()}
        print(json.dumps({"stream": stream, **about, "data": _data(event)}, ensure_ascii=False), flush=True)
        return
    kind = event.type.rpartition(".")[2]
    line = f"{event.time:%H:%M:%S}  {event.sequence:>6}  {stream.removeprefix('maestro:streams:')}  {kind}"
    state = _state(_data(event))
    out().print(f"{line}  {event.tenant}  {short(event.subject)}  {state}", markup=False, soft_wrap=True)


def _state(data: object) -> str:
    """The state or the stage that a message tells of, where it does."""
    said = data if isinstance(data, dict) else {}
    return re.sub("^([A-Z]+_STATE|STAGE)_", "", str(said.get("state") or said.get("stage") or ""))


def _texts(fields: Mapping[bytes, bytes]) -> dict[str, bytes]:
    # a token is a secret, wherever it stands
    return {name.decode(): value for name, value in fields.items() if name not in (b"data", b"token")}


def _data(event: Event) -> object:
    try:
        if event.content_type == JSON:
            return json.loads(event.data)
        kind = descriptor_pool.Default().FindMessageTypeByName(event.type)
        message = message_factory.GetMessageClass(kind).FromString(event.data)
    except (KeyError, ValueError, DecodeError):
        return None
    return json_format.MessageToDict(message, preserving_proto_field_name=True)
