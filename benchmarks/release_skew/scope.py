"""The slice that is in scope before any patch is tried."""

import re

from maestro_healing.domain.diagnosis.arity import tuple_length
from maestro_healing.domain.diagnosis.change import ProductChange
from maestro_healing.domain.diagnosis.signatures import signature_change
from maestro_healing.domain.runs import TestFailure
from maestro_healing.domain.strategies.statements import attributes, callee, calls, statement_at

_IMPORT = re.compile(r"cannot import name '(?P<name>\w+)' from '(?P<module>[\w.]+)'")
_MODULE = re.compile(r"No module named '(?P<module>[\w.]+)'")
_ATTRIBUTE = re.compile(r"'?(?P<owner>[\w.]+)'?(?: object)? has no attribute '(?P<name>\w+)'")
_CALL = re.compile(
    r"(?P<callable>[\w.<>]+)\(\) (?:got an unexpected|got multiple values|got some positional-only"
    r"|takes (?:from )?\d|takes no|missing \d)"
)
_WARNING = re.compile(r"\b\w*(?:Deprecation|Future)Warning\b")
_QUOTED_WARNING = re.compile(
    r"\w*(?:Deprecation|Future)Warning\((?P<quote>['\"])(?P<said>.*?)(?P=quote)\)", re.S
)
_INSTEAD = re.compile(
    r"\b(?:use|import|prefer|switch to|call|add|pass|available (?:in|as)|(?:renamed|moved) to"
    r"|replaced (?:by|with)|in favou?r of|superseded by)\b(?: \w+){0,3}? [`'\"@]?[A-Za-z_]",
    re.IGNORECASE,
)


def in_scope(failure: TestFailure, change: ProductChange, texts: dict[str, str]) -> str:
    """Why a row is in scope; empty where it is not.

    It is by what its first failure and the API diff show: a symbol that is missing, moved or renamed; a
    signature that changed, be it in parameters, in how many values come back, or between value and call; a
    deprecation or removal whose replacement is named. No strategy is asked and no patch is tried.
    """
    message = failure.message
    missing = [f"{m['module']}.{m['name']}" for m in _IMPORT.finditer(message)]
    missing += [m["module"] for m in _MODULE.finditer(message)]
    for found in _ATTRIBUTE.finditer(message):
        owners = (failure.owner_module,) if failure.owner_module else failure.owner_types
        missing += [f"{owner}.{found['name']}" for owner in owners or (found["owner"],)]
    base = change.base
    gone = [path for path in missing if base and base.has(path) and not change.head.has(path)]
    if gone:
        return f"missing symbol: {gone[0]}"
    for found in _CALL.finditer(message):
        called = found["callable"].replace(".<locals>", "")
        # of a test's own class it is the method that it overrides
        names = (called, called.rpartition(".")[2]) if "<locals>" in found["callable"] else (called,)
        changed = next((c for c in (signature_change(name, change) for name in names) if c), None)
        if changed:
            return f"changed signature: {changed.new.path}"
    said = message if failure.is_a("Warning") and _WARNING.search(failure.type) else ""
    said = said or next((m["said"] for m in _QUOTED_WARNING.finditer(message)), "")
    if said and _INSTEAD.search(said):
        return f"deprecation with a replacement: {' '.join(said.split())[:80]}"
    frames = [frame for frame in reversed(failure.frames) if frame.file in texts][:1]
    for frame in frames:
        statement = statement_at(texts[frame.file], frame.line)
        if statement is None:
            continue
        for name in sorted(attributes(statement) & set(change.access)):
            return f"value became call, or call value: {change.access[name][0]}"
        for name in map(callee, calls(statement)):
            for new in change.head.named(name):
                old = base.get(new.path) if base else None
                lengths = (tuple_length(old), tuple_length(new)) if old else (None, None)
                if "to unpack" in message and None not in lengths and lengths[0] != lengths[1]:
                    return f"changed number of values: {new.path}"
    return ""
