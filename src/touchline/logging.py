"""Log lines: for people in development, JSON in production; the same form for our own and for libraries' lines."""

from __future__ import annotations

import logging
import sys

import structlog

_QUIET = ("asyncio", "httpx", "httpcore", "engineio", "socketio", "aiosqlite", "sqlalchemy.engine.Engine")


def configure(*, level: str, json: bool) -> None:
    """Send all log lines to standard error. What is bound in the context (request, connection) is on every line.

    Tracebacks come without local variables: those may hold passwords and tokens.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    end: list[structlog.types.Processor]
    if json:
        plain = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        end = [structlog.processors.ExceptionRenderer(plain), structlog.processors.JSONRenderer()]
    else:
        end = [
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=structlog.dev.plain_traceback)
        ]
    formatter = structlog.stdlib.ProcessorFormatter(
        foreign_pre_chain=[*shared, structlog.stdlib.ExtraAdder()],
        processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *end],
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(formatter)
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(level.upper())
    for name in _QUIET:
        logging.getLogger(name).setLevel(max(logging.WARNING, root.level))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logging.getLogger(name).handlers = []
        logging.getLogger(name).propagate = True
    logging.getLogger("uvicorn.error").setLevel(max(logging.WARNING, root.level))
