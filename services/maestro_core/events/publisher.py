"""Appending to a stream so that no event is in it twice and none is missing, whoever dies when."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from redis.asyncio import Redis

from maestro_core.events.envelope import Event
from maestro_core.events.streams import is_command_stream

# Compare and append: the entries are added only where the last published number is the expected one; the
# answer is the last published number. On a stream of our own it is the newest entry's id; on a stream that
# others write to as well, where Redis gives the ids, it stands in a key beside it.
_APPEND = """
local stream, marker, expected = KEYS[1], KEYS[2], ARGV[1]
local top = '0'
if marker then
  top = redis.call('GET', marker) or '0'
elseif redis.call('EXISTS', stream) == 1 then
  local info = redis.call('XINFO', 'STREAM', stream)
  for i = 1, #info, 2 do
    if info[i] == 'last-generated-id' then top = string.match(info[i + 1], '^%d+') end
  end
end
if top ~= expected then return top end
local at = 2
while at <= #ARGV do
  local sequence, count = ARGV[at], tonumber(ARGV[at + 1])
  local id = marker and '*' or (sequence .. '-0')
  redis.call('XADD', stream, id, unpack(ARGV, at + 2, at + 1 + count))
  top = sequence
  at = at + 2 + count
end
if marker then redis.call('SET', marker, top) end
return top
"""
_NOTHING_EXPECTED = -1


class Publisher:
    """Publishes numbered events of one database."""

    def __init__(self, redis: Redis, database: str, token_for: Callable[[str], str] | None = None) -> None:
        """`token_for` gives the tenant's token that entries on command streams need."""
        self._append = redis.register_script(_APPEND)
        self._database = database
        self._token_for = token_for

    async def top(self, stream: str) -> int:
        """The last published number."""
        return await self.append(stream, _NOTHING_EXPECTED, ())

    async def append(self, stream: str, expected: int, events: Sequence[Event]) -> int:
        """Add events where `expected` is the last published number. Returns what it is then."""
        shared = is_command_stream(stream)
        keys = [stream, f"{stream}:published:{self._database}"] if shared else [stream]
        arguments: list[str | int | bytes] = [expected]
        for event in events:
            fields = event.to_fields()
            if shared and self._token_for is not None:
                fields["token"] = self._token_for(event.tenant).encode()
            arguments += [event.sequence, 2 * len(fields)]
            for name, value in fields.items():
                arguments += [name, value]
        return int(await self._append(keys=keys, args=arguments))
