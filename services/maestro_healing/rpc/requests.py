"""Requests as the domain's values."""

from __future__ import annotations

from collections.abc import Mapping

from maestro.healing.v1 import healing_pb2, monitor_pb2
from maestro_core.names import parse
from maestro_healing.domain.healing import HealingSpec, Source
from maestro_healing.domain.model import Policy
from maestro_healing.domain.monitor import ErrorKind
from maestro_healing.domain.usecases.monitors import Wish

_NAME = "tenants/{tenant}/healings/{healing}"
_MONITOR = "tenants/{tenant}/monitors/{monitor}"
_DEFAULT = Policy()
KINDS: Mapping[int, ErrorKind] = {
    monitor_pb2.ErrorKind.Value(f"ERROR_KIND_{kind}"): kind for kind in ErrorKind
}


def tenant(parent: str) -> str:
    """Whose a `tenants/{tenant}` is; the contract's rules have checked its form."""
    return parent.partition("/")[2]


def monitor_name(text: str, field: str = "name") -> tuple[str, str]:
    """Tenant and id of a monitor's name. Raises InvalidArgument."""
    parts = parse(text, _MONITOR, field=field)
    return parts["tenant"], parts["monitor"]


def wish(message: monitor_pb2.Monitor) -> Wish:
    """What to watch."""
    return Wish(
        spec=spec(message.spec),
        interval=message.interval.ToNanoseconds() / 1e9,
        kinds=tuple(one for value in message.kinds if (one := KINDS.get(value)) is not None),
        heal=message.heal,
        push=message.push,
    )


def name(text: str) -> tuple[str, str]:
    """Tenant and id of a healing's name."""
    parts = parse(text, _NAME)
    return parts["tenant"], parts["healing"]


def spec(message: healing_pb2.HealingSpec) -> HealingSpec:
    """What to heal, and how."""
    source = Source(message.path, message.uploaded, message.git.url, message.git.revision)
    seconds = message.run_timeout.ToNanoseconds() / 1e9
    given = HealingSpec(
        source=source,
        base_revision=message.base_revision,
        tests=tuple(message.tests),
        pytest_args=tuple(message.pytest_args),
        python=message.python,
        policy=_policy(message.policy),
        budget=message.budget.ToNanoseconds() / 1e9 or None,
    )
    return given if not seconds else HealingSpec(**{**vars(given), "run_timeout": seconds})


def _policy(message: healing_pb2.Policy) -> Policy:
    """Zero means the default, but for the time on mutants, of which it is no time."""
    seconds = message.mutation_time.ToNanoseconds() / 1e9
    return Policy(
        message.heal_at or _DEFAULT.heal_at,
        message.review_at or _DEFAULT.review_at,
        message.propose_at or _DEFAULT.propose_at,
        message.verify_runs or _DEFAULT.verify_runs,
        seconds if message.HasField("mutation_time") else _DEFAULT.mutation_seconds,
        message.orders,
    )
