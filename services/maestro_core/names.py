"""Resource names: `tenants/{tenant}/environments/{environment}`."""

from __future__ import annotations

from maestro_core.errors import FieldViolation, InvalidArgument


def parse(name: str, pattern: str, *, field: str = "name") -> dict[str, str]:
    """The parts of a name by the pattern's placeholders.

    Raises InvalidArgument (NAME_INVALID) where the name does not fit; `field` is the field to blame.
    """
    parts, expected = name.split("/"), pattern.split("/")
    fits = len(parts) == len(expected) and all(
        part != "" if want.startswith("{") else part == want
        for part, want in zip(parts, expected, strict=True)
    )
    if not fits:
        raise InvalidArgument(
            f"{name!r} is not a name like {pattern}.",
            reason="NAME_INVALID",
            violations=[FieldViolation(field, f"must look like {pattern}")],
        )
    return {want[1:-1]: part for part, want in zip(parts, expected, strict=True) if want.startswith("{")}
