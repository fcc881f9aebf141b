"""Whether a new version still takes the answers that the one before took."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final, cast

from semver import Version as SemVer

from maestro_template.domain.model import Manifest

# A keyword that was added or changed may refuse an answer that passed before.
_NARROWING: Final = (
    "pattern", "minLength", "minimum", "exclusiveMinimum", "maxLength", "maximum", "exclusiveMaximum",
    "minItems", "maxItems", "multipleOf", "const", "format", "items", "properties",
)  # fmt: skip


def breaking_changes(old: Manifest, new: Manifest) -> Iterator[str]:
    """What in the parameters would refuse answers that `old` took, one sentence each."""
    before, after = _properties(old), _properties(new)
    required_before, required_after = _required(old), _required(new)
    for name, spec in before.items():
        if name not in after:
            yield f"{name} is gone"
            continue
        if spec["type"] != after[name]["type"]:
            yield f"{name} was of type {spec['type']} and is of type {after[name]['type']}"
        lost = [value for value in spec.get("enum", ()) if value not in after[name].get("enum", spec["enum"])]
        if lost or ("enum" in after[name] and "enum" not in spec):
            yield f"{name} takes fewer values"
        yield from (
            f"{name} has another {keyword}"
            for keyword in _NARROWING
            if keyword in after[name] and after[name][keyword] != spec.get(keyword)
        )
    for name, spec in after.items():
        if name in required_after and name not in required_before and "default" not in spec:
            yield f"{name} must be answered now"


def needs_major(old: Manifest, new: Manifest) -> tuple[str, ...]:
    """The breaking changes that `new`'s version number does not admit to; empty where all is well."""
    before, after = SemVer.parse(old.version), SemVer.parse(new.version)
    # Below 1.0.0 the minor number plays the major's part.
    announced = after.major > before.major or (after.major == 0 and after.minor > before.minor)
    return () if announced else tuple(breaking_changes(old, new))


def _properties(manifest: Manifest) -> Mapping[str, dict[str, Any]]:
    return cast(Mapping[str, dict[str, Any]], manifest.parameters["properties"])


def _required(manifest: Manifest) -> frozenset[str]:
    return frozenset(cast(list[str], manifest.parameters.get("required", [])))
