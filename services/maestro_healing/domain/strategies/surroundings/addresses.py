"""Addresses of databases and caches that stand in the tests themselves."""

from collections.abc import Iterator

import libcst as cst

from maestro_healing.domain.rewrite.expression import ReplaceExpression
from maestro_healing.domain.rewrite.located import definitions
from maestro_healing.domain.rewrite.references import dotted
from maestro_healing.domain.rewrite.scope import WHOLE_FILE
from maestro_healing.domain.rewrite.variables import ReadAddress
from maestro_healing.domain.services import Needed, given
from maestro_healing.domain.strategies.strategy import PROVIDING, Case, Proposal

# What the Environment service's jobs are told each kind's address by.
_VARIABLES = {
    "postgresql": "DATABASE_URL",
    "redis": "REDIS_URL",
    "mysql": "DATABASE_URL",
    "mongodb": "MONGODB_URL",
}
_SCHEMES = {
    "postgresql": ("postgres",),
    "redis": ("redis:", "valkey:"),
    "mysql": ("mysql",),
    "mongodb": ("mongodb",),
}
_CLIENTS = {
    "postgresql": ("psycopg.connect", "psycopg2.connect", "psycopg.Connection.connect", "asyncpg.connect"),
    "redis": ("redis.Redis", "redis.StrictRedis", "Redis", "StrictRedis", "valkey.Valkey", "Valkey"),
}


def written_address(case: Case) -> Iterator[Proposal]:
    """The address read from the variable that the service is told by, in the files that the failure names."""
    for needed in case.services:
        for file in dict.fromkeys(file for file, _ in case.test_frames()):
            for rule in _edits(needed, case.texts[file]):
                yield Proposal(PROVIDING, (rule,), (given([needed]),), {file: WHOLE_FILE})


def _edits(needed: Needed, text: str) -> Iterator[ReadAddress]:
    for owner, definition in definitions(text):
        for node in definition.nodes():
            new = _read(needed, node)
            if new is not None and isinstance(node, cst.BaseExpression):
                rule = ReplaceExpression(owner, definition.code(node), new, definition.line(node))
                yield ReadAddress(rule)


def _read(needed: Needed, node: cst.CSTNode) -> str | None:
    """What stands for an address, or for a client that is given one in parts."""
    variable = _VARIABLES.get(needed.kind, "")
    match node:
        case cst.SimpleString() if isinstance(value := node.evaluated_value, str):
            if value.startswith(_SCHEMES[needed.kind]) and "://" in value:
                return f'os.environ.get("{variable}", {node.value})'
        case cst.Call(func=func, args=args) if dotted(func) in _CLIENTS.get(needed.kind, ()):
            given_by = {arg.keyword.value: arg.value for arg in args if arg.keyword is not None}
            if len(given_by) != len(args) or not all(map(_is_plain, given_by.values())):
                return None
            parts = {name: str(_plain(value)) for name, value in given_by.items()}
            return _of_parts(needed.kind, variable, dotted(func), parts)
    return None


def _is_plain(node: cst.BaseExpression) -> bool:
    return isinstance(node, cst.SimpleString | cst.Integer) or (
        isinstance(node, cst.Name) and node.value in ("True", "False")
    )


def _plain(node: cst.BaseExpression) -> object:
    if isinstance(node, cst.SimpleString | cst.Integer):
        return node.evaluated_value
    return cst.Module([]).code_for_node(node)


def _of_parts(kind: str, variable: str, client: str, parts: dict[str, str]) -> str | None:
    if kind == "redis":
        options = {
            name: parts.pop(name) for name in list(parts) if name not in ("host", "port", "db", "password")
        }
        secret = f":{parts['password']}@" if "password" in parts else ""
        host, port = parts.get("host", "localhost"), parts.get("port", "6379")
        url = f"redis://{secret}{host}:{port}/{parts.get('db', '0')}"
        more = "".join(f", {name}={value}" for name, value in options.items())
        return f'{client}.from_url(os.environ.get("{variable}", "{url}"){more})'
    if client.startswith("asyncpg"):
        return None
    words = " ".join(f"{name}={value}" for name, value in parts.items())
    return f'{client}(os.environ.get("{variable}", "{words}"))'
