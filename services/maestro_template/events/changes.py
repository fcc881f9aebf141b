"""Changes of templates as they are published."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from maestro.template.v1 import template_pb2
from maestro_core.events.envelope import Event
from maestro_core.events.hub import Bookmark, Hub

_CHANGE: Final = template_pb2.TemplateChange.DESCRIPTOR.full_name


async def watch_changes(
    hub: Hub, tenant: str, resume_token: int | None
) -> AsyncGenerator[tuple[int, template_pb2.TemplateChange | None]]:
    """The number and the change of each event of a tenant; no change with a bookmark.

    Raises OutOfRange (RESUME_TOKEN_EXPIRED), ResourceExhausted (SLOW_SUBSCRIBER), Unavailable (STOPPING).
    """
    async with aclosing(hub.subscribe(tenant, resume_token, _is_change)) as events:
        async for event in events:
            if isinstance(event, Bookmark):
                yield event.sequence, None
            else:
                yield event.sequence, template_pb2.TemplateChange.FromString(event.data)


def _is_change(event: Event) -> bool:
    # The stream carries the results of commands too.
    return event.type == _CHANGE
