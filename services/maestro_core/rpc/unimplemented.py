"""RPCs that a service has in its contract and has not built."""

from __future__ import annotations

from collections.abc import Callable

from maestro_core.errors import Unimplemented


def is_built(behaviour: Callable[..., object]) -> bool:
    """Whether the servicer has this RPC itself; what it inherits from the generated base is a placeholder."""
    function = getattr(behaviour, "__func__", behaviour)
    return not function.__module__.endswith("_pb2_grpc")


def not_built(method: str) -> Unimplemented:
    """The error of an RPC that is not built."""
    name = method.rpartition("/")[2]
    return Unimplemented(f"{name} is part of the contract and is not built yet.", reason="NOT_BUILT")


def unknown(method: str) -> Unimplemented:
    """The error of an RPC that is in no contract."""
    return Unimplemented(f"There is no RPC {method}.", reason="UNKNOWN_METHOD")
