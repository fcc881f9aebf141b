"""What a failure says: its exception's message read into facts."""

import ast
import builtins
import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from maestro_healing.domain.runs import TestFailure


@dataclass(frozen=True)
class MissingModule:
    """A module that cannot be imported."""

    module: str


@dataclass(frozen=True)
class MissingName:
    """A name that a module does not offer to `from module import name`."""

    module: str
    name: str


@dataclass(frozen=True)
class MissingAttribute:
    """An attribute that is not there; owners are full type names, nearest first, or one module."""

    name: str
    owners: tuple[str, ...]
    of_module: bool


@dataclass(frozen=True)
class UnexpectedKeyword:
    """A call gave a keyword that the callable does not take.

    `callable` is its qualified name as Python prints it.
    """

    callable: str
    keyword: str


@dataclass(frozen=True)
class BadArguments:
    """A call gave too many or too few arguments, or one of them twice."""

    callable: str


@dataclass(frozen=True)
class Deprecated:
    """A deprecation warning that was raised, or caught and looked at."""

    message: str


@dataclass(frozen=True)
class BadUnpacking:
    """An unpacking got more or fewer values than it names."""

    expected: int


@dataclass(frozen=True)
class MethodAsValue:
    """A method was used where its value was meant."""


@dataclass(frozen=True)
class ValueAsMethod:
    """Something that is no callable was called."""

    type: str


Symptom = (
    MissingModule
    | MissingName
    | MissingAttribute
    | UnexpectedKeyword
    | BadArguments
    | Deprecated
    | BadUnpacking
    | MethodAsValue
    | ValueAsMethod
)

_CALLABLE = r"(?P<callable>[\w.<>]+)\(\)"
_PATTERNS: tuple[tuple[str, re.Pattern[str], Callable[[re.Match[str]], Symptom]], ...] = (
    (
        "ImportError",
        re.compile(
            r"cannot import name '(?P<name>\w+)' from (?:partially initialized module )?'(?P<module>[\w.]+)'"
        ),
        lambda m: MissingName(m["module"], m["name"]),
    ),
    (
        "ImportError",
        re.compile(r"No module named '(?P<module>[\w.]+)'"),
        lambda m: MissingModule(m["module"]),
    ),
    (
        "TypeError",
        re.compile(_CALLABLE + r" got an unexpected keyword argument '(?P<keyword>\w+)'"),
        lambda m: UnexpectedKeyword(m["callable"], m["keyword"]),
    ),
    (
        "TypeError",
        re.compile(
            _CALLABLE
            + r" (?:got multiple values for|got some positional-only|takes \d+ |takes from \d+ |missing \d+ "
            r"required|takes no )"
        ),
        lambda m: BadArguments(m["callable"]),
    ),
    (
        "TypeError",
        re.compile(r"'(?:method|builtin_function_or_method|function)'|bound method"),
        lambda _: MethodAsValue(),
    ),
    (
        "TypeError",
        re.compile(r"'(?P<type>[\w.]+)' object is not callable"),
        lambda m: ValueAsMethod(m["type"]),
    ),
    (
        "ValueError",
        re.compile(r"(?:too many|not enough) values to unpack \(expected (?:at least )?(?P<expected>\d+)"),
        lambda m: BadUnpacking(int(m["expected"])),
    ),
    ("AssertionError", re.compile(r"<bound method "), lambda _: MethodAsValue()),
)
_DEPRECATION = re.compile(r"\b\w*Deprecat\w*|\b(?:Pending|Future|User)Warning\b")
# An exception that the test looked at instead of letting it rise, in its repr.
_QUOTED = re.compile(
    r"\b(?P<type>\w+(?:Error|Warning))\((?P<message>'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\")", re.S
)
_ATTRIBUTE = re.compile(
    r"(?:module|type object)? ?'(?P<owner>[\w.]+)'(?: object)? has no attribute '(?P<name>\w+)'"
)


def read_symptom(failure: TestFailure) -> Symptom | None:
    """What the failure says, or None where it says nothing that an API could explain."""
    if failure.is_a("Warning") and _DEPRECATION.search(failure.type):
        return Deprecated(failure.message)
    if failure.is_a("AttributeError"):
        return _missing_attribute(failure)
    for kind, pattern, make in _PATTERNS:
        found = pattern.search(failure.message) if failure.is_a(kind) else None
        if found:
            return make(found)
    quoted = _QUOTED.search(failure.message) if failure.is_a("AssertionError") else None
    return read_symptom(_as_risen(failure, quoted)) if quoted else None


def _as_risen(failure: TestFailure, quoted: re.Match[str]) -> TestFailure:
    """The failure as it were if the exception that it quotes had not been caught."""
    kind = getattr(builtins, quoted["type"], Warning if quoted["type"].endswith("Warning") else Exception)
    mro = tuple(f"builtins.{base.__name__}" for base in kind.__mro__[:-1])
    message = str(ast.literal_eval(quoted["message"]))
    return replace(failure, type=f"builtins.{quoted['type']}", mro=mro, message=message)


def _missing_attribute(failure: TestFailure) -> MissingAttribute | None:
    found = _ATTRIBUTE.search(failure.message)
    if failure.owner_module:
        name = failure.name or (found["name"] if found else "")
        return MissingAttribute(name, (failure.owner_module,), True) if name else None
    if found is None:
        return None
    owners = failure.owner_types or (found["owner"],)
    return MissingAttribute(found["name"], owners, found[0].startswith("module"))
