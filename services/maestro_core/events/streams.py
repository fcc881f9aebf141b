"""The nine streams and the three consumer groups, and what the numbers of their entries mean."""

from __future__ import annotations

AUTOMATION_ERRORS = "maestro:streams:automation:errors"
AUTOMATION_HEALINGS = "maestro:streams:automation:healings"
AUTOMATION_RESULTS = "maestro:streams:automation:results"
K8S_JOBS = "maestro:streams:k8s:jobs"
K8S_STATUS = "maestro:streams:k8s:status"
K8S_RESULTS = "maestro:streams:k8s:results"
TEMPLATE_REQUESTS = "maestro:streams:templates:requests"
TEMPLATE_RESULTS = "maestro:streams:templates:results"
TEMPLATE_USAGE = "maestro:streams:templates:usage"

AUTOMATION_WORKERS = "maestro-automation-workers"
K8S_WORKERS = "maestro-k8s-workers"
TEMPLATE_WORKERS = "maestro-template-workers"

# Anybody may write commands, so Redis numbers these. Every other stream has one writer, the relay of one
# database, and there an entry's id is its sequence: a second publication is refused by Redis itself.
COMMAND_STREAMS = frozenset({AUTOMATION_ERRORS, K8S_JOBS, TEMPLATE_REQUESTS})

_COUNTER_BITS = 20


def is_command_stream(stream: str) -> bool:
    """Whether outside producers write to it."""
    return stream in COMMAND_STREAMS


def dead_letters(stream: str) -> str:
    """The stream that keeps what could not be handled."""
    return f"{stream}:dead"


def number_of(stream: str, entry_id: str) -> int:
    """The number by which watchers know an entry: its sequence, or the two parts of Redis' own id in one."""
    major, _, minor = entry_id.partition("-")
    if is_command_stream(stream):
        return int(major) << _COUNTER_BITS | int(minor or 0)
    return int(major)


def entry_id_of(stream: str, number: int) -> str:
    """The reverse of `number_of`."""
    if is_command_stream(stream):
        return f"{number >> _COUNTER_BITS}-{number & (1 << _COUNTER_BITS) - 1}"
    return f"{number}-0"
