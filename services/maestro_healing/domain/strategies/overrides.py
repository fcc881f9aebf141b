"""Methods of a test's own classes, which the product calls and now calls otherwise."""

import ast
import re
from collections.abc import Iterator

from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.surface import Symbol
from maestro_healing.domain.model import Evidence, EvidenceKind
from maestro_healing.domain.rewrite.parameters import AddParameters
from maestro_healing.domain.strategies.strategy import Case, Finding

_ADVICE = re.compile(
    r"(?P<qualname>[\w.<>]+\.\w+) is a method\b.*\b[Aa]dd '(?P<name>\w+)' as the first parameter", re.S
)


def outgrown_override(qualname: str, case: Case, change: ProductChange) -> Iterator[Finding]:
    """A method that overrides one of the product, which takes more parameters at head."""
    owner, method = _split(qualname)
    if change.base is None or not owner:
        return
    for base_name in _bases(owner, method, case):
        for new in change.head.named(f"{base_name}.{method}"):
            old = change.base.get(new.path)
            added = _added(old, new) if old else ()
            if not added:
                continue
            names = ", ".join(f"`{name}`" for _, name in added)
            sentence = f"`{new.path}` takes {names} at head ({new.where}) and did not at base."
            override = f"`{owner}.{method}` of the test overrides it, and is called as it is."
            evidence = [
                Evidence(EvidenceKind.API_CHANGED, sentence),
                Evidence(EvidenceKind.SAME_NAME, override),
            ]
            yield Finding(AddParameters(owner, method, added, "<locals>" not in qualname), evidence)


def advised_parameter(message: str) -> Iterator[Finding]:
    """A method of the test that a warning tells to take a first parameter."""
    advice = _ADVICE.search(" ".join(message.split()))
    if advice is None:
        return
    owner, method = _split(advice["qualname"])
    if owner:
        quote = Evidence(EvidenceKind.WARNING_NAMES_IT, f"The warning says: {advice[0]!r}.")
        rule = AddParameters(owner, method, ((0, advice["name"]),), "<locals>" not in advice["qualname"])
        yield Finding(rule, [quote])


def _split(qualname: str) -> tuple[str, str]:
    owner, _, method = qualname.rpartition(".")
    return owner.rpartition(".")[2], method


def _added(old: Symbol, new: Symbol) -> tuple[tuple[int, str], ...]:
    """Parameters that a caller gives by place or name and that are new, with their places."""
    known = {p.name for p in old.parameters}
    placed = [p for p in new.parameters if p.is_positional]
    if not known <= {p.name for p in new.parameters}:
        return ()
    return tuple((place, p.name) for place, p in enumerate(placed) if p.name not in known)


def _bases(owner: str, method: str, case: Case) -> Iterator[str]:
    """Last names of the bases of a class that the failing file defines with this method."""
    for file in dict.fromkeys(file for file, _ in case.test_frames()):
        try:
            tree = ast.parse(case.texts.get(file, ""))
        except SyntaxError:
            continue
        for node in ast.walk(tree):
            match node:
                case ast.ClassDef(name=name, bases=bases, body=body) if name == owner:
                    if any(isinstance(f, ast.FunctionDef) and f.name == method for f in body):
                        yield from (ast.unparse(base).rpartition(".")[2] for base in bases)
