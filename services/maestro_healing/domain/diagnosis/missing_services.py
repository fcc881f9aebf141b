"""Which database or cache a failing test could not reach, and which variables would lead to it."""

import ast
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import lru_cache

from maestro_healing.domain.runs import TestFailure
from maestro_healing.domain.services import DATABASE, HOST, PASSWORD, PORT, URL, USER, Needed, Variable

_BY_TYPE = (
    ("postgresql", re.compile(r"^(psycopg2?|asyncpg|pg8000|psycopg_pool)\b")),
    ("redis", re.compile(r"^(redis|valkey|aioredis|coredis)\b")),
    ("mysql", re.compile(r"^(pymysql|MySQLdb|mysql|aiomysql)\b")),
    ("mongodb", re.compile(r"^(pymongo|motor)\b")),
)
_UNREACHABLE = re.compile(
    r"connect|refused|could not translate|server at|timed? ?out|unreachable|name or service not known|"
    r"getaddrinfo|Errno 111|Errno -[23]|Server Selection|no password supplied|does not exist",
    re.IGNORECASE,
)
_BY_SCHEME = (
    ("postgresql", re.compile(r"^postgres(ql)?(\+\w+)?://")),
    ("redis", re.compile(r"^(rediss?|valkeys?|unix)://")),
    ("mysql", re.compile(r"^(mysql|mariadb)(\+\w+)?://")),
    ("mongodb", re.compile(r"^mongodb(\+srv)?://")),
)
_PORTS = {5432: "postgresql", 6379: "redis", 3306: "mysql", 27017: "mongodb"}
_BY_NAME = (
    ("redis", re.compile(r"REDIS|VALKEY|CACHE|BROKER", re.IGNORECASE)),
    ("mongodb", re.compile(r"MONGO", re.IGNORECASE)),
    ("mysql", re.compile(r"MYSQL|MARIADB", re.IGNORECASE)),
    ("postgresql", re.compile(r"POSTGRES|\bPG|_PG_|PSQL", re.IGNORECASE)),
)
_SQL = re.compile(r"(^|_)(DATABASE|DB|SQL)(_|$)|SQLALCHEMY", re.IGNORECASE)
_PARTS = (
    (URL, re.compile(r"(URL|URI|DSN|CONNINFO|CONNECTION)$", re.IGNORECASE)),
    (HOST, re.compile(r"(HOST|HOSTNAME|ADDRESS|SERVER)$", re.IGNORECASE)),
    (PORT, re.compile(r"PORT$", re.IGNORECASE)),
    (USER, re.compile(r"(USER|USERNAME)$", re.IGNORECASE)),
    (PASSWORD, re.compile(r"(PASS|PASSWORD|PWD)$", re.IGNORECASE)),
    (DATABASE, re.compile(r"(NAME|DB|DATABASE|DBNAME)$", re.IGNORECASE)),
)
_READERS = ("get", "getenv", "setdefault")


@dataclass(frozen=True)
class Read:
    """An environment variable that a source reads, and the text that it falls back to."""

    name: str
    default: str


def missing_services(failures: Iterable[TestFailure], sources: Mapping[str, str]) -> tuple[Needed, ...]:
    """What the failures could not reach. `sources` are the texts of tests and product that were involved."""
    kinds = dict.fromkeys(kind for f in failures if (kind := _kind(f, sources)))
    if not kinds:
        return ()
    reads = [read for text in sources.values() for read in reads_of(text)]
    return tuple(Needed(kind, tuple(_variables(kind, reads, len(kinds)))) for kind in kinds)


def is_missing(failure: TestFailure, sources: Mapping[str, str]) -> bool:
    """Whether a failure is about a service that is not there."""
    return bool(_kind(failure, sources))


def _kind(failure: TestFailure, sources: Mapping[str, str]) -> str:
    if failure.is_a("KeyError"):
        name = failure.message.strip("'\"")
        return (_kind_of(name, "") or _imported(sources)) if _part(name) and _is_address(name) else ""
    if not _UNREACHABLE.search(failure.message):
        return ""
    for kind, pattern in _BY_TYPE:
        if any(pattern.match(base) for base in (failure.type, *failure.mro)):
            return kind
        if failure.type.startswith("sqlalchemy.") and re.search(rf"\({pattern.pattern[1:]}", failure.message):
            return kind
    if not failure.is_a("ConnectionError", "OSError"):
        return ""
    numbers = {int(n) for frame in failure.frames for n in re.findall(r"\b\d{4,5}\b", frame.source)}
    numbers |= {int(n) for n in re.findall(r"\b\d{4,5}\b", failure.message)}
    return next((kind for port, kind in _PORTS.items() if port in numbers), "")


def _is_address(name: str) -> bool:
    return bool(_kind_of(name, "") or _SQL.search(name))


def _imported(sources: Mapping[str, str]) -> str:
    """The kind whose client the sources import."""
    for kind, pattern in _BY_TYPE:
        client = pattern.pattern.strip("^").removesuffix(r"\b")
        if any(re.search(rf"^\s*(import|from) {client}", text, re.MULTILINE) for text in sources.values()):
            return kind
    return ""


def _kind_of(name: str, default: str) -> str:
    for kind, pattern in _BY_SCHEME:
        if pattern.match(default):
            return kind
    return next((kind for kind, pattern in _BY_NAME if pattern.search(name)), "")


def _part(name: str) -> str:
    return next((part for part, pattern in _PARTS if pattern.search(name)), "")


def _variables(kind: str, reads: Iterable[Read], count: int) -> Iterator[Variable]:
    for read in dict.fromkeys(reads):
        found = _kind_of(read.name, read.default)
        is_sql = (
            not found and bool(_SQL.search(read.name)) and (kind in ("postgresql", "mysql") or count == 1)
        )
        part = URL if "://" in read.default else _part(read.name)
        if part and (found == kind or is_sql):
            scheme = read.default.partition("://")[0] if "://" in read.default else ""
            yield Variable(read.name, part, scheme if found else "")


@lru_cache(maxsize=256)
def reads_of(text: str) -> tuple[Read, ...]:
    """The environment variables that a source reads."""
    if "environ" not in text and "getenv" not in text:
        return ()
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return ()
    return tuple(_reads(tree))


def _reads(tree: ast.AST) -> Iterator[Read]:
    for node in ast.walk(tree):
        match node:
            case ast.Subscript(value=owner, slice=ast.Constant(value=str() as name)) if _is_environ(owner):
                yield Read(name, "")
            case ast.Call(func=func, args=[ast.Constant(value=str() as name), *rest]) if _reads_variable(
                func
            ):
                default = rest[0].value if rest and isinstance(rest[0], ast.Constant) else ""
                yield Read(name, default if isinstance(default, str) else "")


def _is_environ(node: ast.AST) -> bool:
    return isinstance(node, ast.Name | ast.Attribute) and ast.unparse(node).rpartition(".")[2] == "environ"


def _reads_variable(func: ast.AST) -> bool:
    match func:
        case ast.Attribute(value=owner, attr=name) if name in _READERS:
            return _is_environ(owner) or name == "getenv"
        case ast.Name(id="getenv"):
            return True
    return False
