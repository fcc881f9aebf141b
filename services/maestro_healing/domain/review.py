"""What the guard says of edited texts."""

from collections.abc import Mapping, Sequence

from maestro_healing.domain.guard import FileChange, Finding
from maestro_healing.domain.ports import Guard


def weakenings(guard: Guard, originals: Mapping[str, str], texts: Mapping[str, str]) -> Sequence[Finding]:
    """Each place where the texts test less than the originals did."""
    changes = [FileChange(path, originals[path], text) for path, text in sorted(texts.items())]
    return guard(changes) if changes else ()
