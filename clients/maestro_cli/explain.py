"""Any error as something that a person can use. Never a traceback: what nobody foresaw goes to a log."""

from __future__ import annotations

import secrets
import sys
import tempfile
import traceback
from datetime import UTC, datetime
from pathlib import Path

import grpc
from pydantic import ValidationError
from redis.exceptions import RedisError

from maestro_cli.failure import CliError, ExitCode
from maestro_client import MaestroError
from maestro_core.errors import DomainError, InvalidArgument
from maestro_core.settings import Settings

_WRONG_USE = {
    grpc.StatusCode.INVALID_ARGUMENT,
    grpc.StatusCode.NOT_FOUND,
    grpc.StatusCode.ALREADY_EXISTS,
}
_ADVICE = {
    grpc.StatusCode.UNAVAILABLE: "`maestro health` tells which services answer. `maestro up` starts them "
    "here; MAESTRO_ENDPOINT names others.",
    grpc.StatusCode.UNAUTHENTICATED: "The service does not take this token. MAESTRO_TOKEN sets another; "
    "`maestro token` makes one for this data directory.",
    grpc.StatusCode.PERMISSION_DENIED: "The token's tenant or role does not allow it; see `maestro token`.",
    grpc.StatusCode.UNIMPLEMENTED: "This version of the service does not have it.",
}


def explain(error: BaseException) -> CliError:
    """What happened, what it means and what to do."""
    if isinstance(error, CliError):
        return error
    if isinstance(error, MaestroError):
        return _refused_call(error)
    if isinstance(error, DomainError):
        code = ExitCode.WRONG_USE if isinstance(error, InvalidArgument) else ExitCode.COULD_NOT_RUN
        return CliError(error.message, f"Reason: {error.reason}.", code)
    if isinstance(error, ValidationError):
        problems = [
            ": ".join([*(f"MAESTRO_{part}".upper() for part in one["loc"][:1]), one["msg"]])
            for one in error.errors()
        ]
        advice = "\n".join([*problems, "docs/settings.md lists all settings."])
        return CliError("A setting is wrong.", advice, ExitCode.WRONG_USE)
    if isinstance(error, OSError):
        return _refused_by_system(error)
    if isinstance(error, RedisError):
        return CliError(f"Redis does not answer: {error}", "MAESTRO_REDIS_URL says where it is.")
    return _unforeseen(error)


def _refused_by_system(error: OSError) -> CliError:
    if not error.filename:
        return CliError(f"the system refused it: {error.strerror or error}.")
    data_dir = Settings().data_dir.absolute()
    if Path(error.filename).absolute().is_relative_to(data_dir):
        advice = f"MAESTRO_DATA_DIR names another data directory than {data_dir}."
    else:
        advice = "Check that path, and who may use it."
    return CliError(f"{error.filename}: {error.strerror}.", advice)


def _refused_call(error: MaestroError) -> CliError:
    violations = (f"{one.field}: {one.description}" for one in error.violations)
    lines = [line for line in violations if line not in error.message]
    if error.code in _ADVICE:
        lines.append(_ADVICE[error.code])
    lines.append(f"Reason: {error.reason}.")
    code = ExitCode.WRONG_USE if error.code in _WRONG_USE else ExitCode.COULD_NOT_RUN
    return CliError(error.message, "\n".join(lines), code)


def _unforeseen(error: BaseException) -> CliError:
    error_id = secrets.token_hex(4)
    log = _log_file()
    with log.open("a", encoding="utf-8") as file:
        file.write(f"{datetime.now(UTC).isoformat()} {error_id} {' '.join(sys.argv)}\n")
        traceback.print_exception(error, file=file)
    return CliError(
        f"Something unforeseen went wrong ({type(error).__name__}, id {error_id}); {log} has the details."
    )


def _log_file() -> Path:
    """In the data directory, or in a temporary folder where that can't be written."""
    name = "maestro.log"
    try:
        folder = Settings().data_dir
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        (folder / name).touch()
    except (OSError, ValueError):
        folder = Path(tempfile.gettempdir())
    return folder / name
