"""Structured logs: one JSON object a line on standard error, with the trace and the tenant of the call."""

from __future__ import annotations

import logging
import sys

import structlog

from maestro_core.context import current_call
from maestro_core.settings import Settings


def _add_call(_logger: object, _method: str, event: structlog.typing.EventDict) -> structlog.typing.EventDict:
    call = current_call()
    if call is not None:
        event["trace"] = call.trace[3:35]
        if call.method:
            event["method"] = call.method
        if call.principal is not None:
            event["tenant"] = call.principal.tenant
            event["subject"] = call.principal.subject
    return event


def configure(settings: Settings, service: str) -> None:
    """Set logging up for this process, the standard library's included."""
    # Tracebacks come without local variables: those hold tokens.
    shared: list[structlog.typing.Processor] = [
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        _add_call,
        structlog.stdlib.ExtraAdder(),
    ]
    if settings.log_format == "json":
        last: list[structlog.typing.Processor] = [
            structlog.processors.ExceptionRenderer(
                structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
            ),
            structlog.processors.JSONRenderer(default=str),
        ]
    else:
        last = [
            structlog.dev.ConsoleRenderer(
                colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback
            )
        ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared[:-1],
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

    def add_service(
        _logger: object, _method: str, event: structlog.typing.EventDict
    ) -> structlog.typing.EventDict:
        return {**event, "service": service}

    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, add_service, *last],
        )
    )
    logging.basicConfig(handlers=[handler], level=settings.log_level, force=True)


def get_logger(name: str) -> structlog.stdlib.BoundLogger:
    """A logger: `log.info("what happened", key=value)`."""
    logger: structlog.stdlib.BoundLogger = structlog.stdlib.get_logger(name)
    return logger
