"""Requests as the domain's values."""

from __future__ import annotations

from maestro.healing.v1 import healing_pb2
from maestro_core.names import parse
from maestro_healing.domain.healing import HealingSpec, Source
from maestro_healing.domain.model import Policy

_NAME = "tenants/{tenant}/healings/{healing}"
_DEFAULT = Policy()


def tenant(parent: str) -> str:
    """Whose a `tenants/{tenant}` is; the contract's rules have checked its form."""
    return parent.partition("/")[2]


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
    )
