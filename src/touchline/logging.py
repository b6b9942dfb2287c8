"""Log lines: for people in development, JSON in production; the same form for our own and for libraries' lines.

Every process calls `configure` once, at its start. No line may hold a password, a token or an e-mail address.
"""

from __future__ import annotations

import io
import logging
import sys
import time
import unicodedata
from collections.abc import Callable
from typing import TextIO

import structlog

from kit.security import Repeats

_UNSEEN = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})
_QUIET = ("asyncio", "httpx", "httpcore", "engineio", "socketio", "aiosqlite", "sqlalchemy.engine.Engine")


def configure(*, level: str, json: bool, monotonic: Callable[[], float] = time.monotonic) -> None:
    """Send all log lines to standard error. What is bound in the context (request, connection) is on every line.

    Tracebacks come without local variables: those may hold passwords and tokens.

    Args:
        level: The least important lines that are written.
        json: One object a line, instead of text for people.
        monotonic: Seconds, by which what may come again and again (`security.refused`) is one line a minute.
    """
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.StackInfoRenderer(),
    ]
    structlog.configure(
        processors=[Repeats(monotonic), *shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=True,
    )
    end: list[structlog.types.Processor]
    if json:
        plain = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
        end = [structlog.processors.ExceptionRenderer(plain), structlog.processors.JSONRenderer()]
    else:
        console = structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty(), exception_formatter=_plain_traceback)
        end = [_escaped, console]
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


def escape(text: str, *, keep: str = "") -> str:
    r"""A text as it may stand on a terminal: what is not seen, or does something there, as `\x1b` or `\u202e`."""
    if text.isprintable():
        return text
    return "".join(
        one if one in keep or unicodedata.category(one) not in _UNSEEN else one.encode("unicode_escape").decode()
        for one in text
    )


def _escaped(_logger: object, _method: str, line: structlog.types.EventDict) -> structlog.types.EventDict:
    """What clients sent cannot move the cursor, colour the terminal or begin a line of its own."""
    for name, value in line.items():
        if name in {"exc_info", "exception", "stack"} or value is None or isinstance(value, bool | int | float):
            continue
        line[name] = escape(value if isinstance(value, str) else repr(value))
    for name in ("exception", "stack"):  # of many lines as they should be
        if isinstance(line.get(name), str):
            line[name] = escape(line[name], keep="\n\t")
    return line


def _plain_traceback(to: TextIO, exc_info: structlog.typing.ExcInfo) -> None:
    written = io.StringIO()
    structlog.dev.plain_traceback(written, exc_info)
    to.write(escape(written.getvalue(), keep="\n\t"))
