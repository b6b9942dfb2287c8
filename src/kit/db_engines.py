"""How the two databases are connected to, and how long they may take: nothing waits for one that says nothing.

`kit.db` calls it; the rest of the code does not know which of the two it has.
"""

from __future__ import annotations

import math
import os
import socket
import sys
import time
from dataclasses import dataclass
from typing import Any

from sqlalchemy import event
from sqlalchemy.engine import Engine
from sqlalchemy.exc import DisconnectionError

from kit.db_errors import ERRORS
from kit.waiting import current

_PING_SECONDS = 1.0
"""For the smallest query there is; who waits longer gets a new connection instead."""

_IDLE_SECONDS = 1.0
"""A connection that was used this short a while ago is not tried before it is used again."""

_LOOK_EVERY = 20_000
"""Steps of SQLite's machine between two looks at the clock: about a millisecond."""

_BUSY_SHARES = 8
"""SQLite is told how long to wait for a lock in shares of the whole, so that it need not be told each time."""


def connect_arguments(dialect: str, timeout: float) -> dict[str, Any]:
    """What the driver is told, with `timeout` seconds for a statement.

    PostgreSQL ends by itself what takes longer, waits for others or belongs to a client that is gone: a lock that such
    a one holds would stop everybody else. The client's own deadline is for a server that says nothing.
    """
    if dialect == "sqlite":
        return {"timeout": timeout}
    ms = round(timeout * 1000)
    return {
        "timeout": max(timeout - _PING_SECONDS, 0.5),  # to connect, after a connection did not answer a ping
        "command_timeout": timeout + 0.5,
        "server_settings": {
            "application_name": "touchline",
            "statement_timeout": str(ms),
            "lock_timeout": str(ms),
            "idle_in_transaction_session_timeout": str(ms + 1000),
            "tcp_user_timeout": str(ms + 1000),
            "tcp_keepalives_idle": "10",
            "tcp_keepalives_interval": "3",
            "tcp_keepalives_count": "3",
        },
    }


def set_up_postgresql(engine: Engine, timeout: float) -> None:
    """Try a connection that has rested before it is used, and end at once one that does not answer."""

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:  # noqa: ANN401 - the event API is untyped
        _keep_alive(connection.driver_connection, timeout)
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkin")
    def checkin(_connection: Any, record: Any) -> None:  # noqa: ANN401
        record.info["used"] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def checkout(connection: Any, record: Any, _proxy: Any) -> None:  # noqa: ANN401
        if time.monotonic() - record.info.get("used", 0.0) < _IDLE_SECONDS:
            return
        try:
            connection.run_async(lambda driver: driver.execute("SELECT 1", timeout=_PING_SECONDS))
        except ERRORS as error:
            raise DisconnectionError("The connection has been lost while it rested.") from error

    @event.listens_for(engine, "invalidate")
    def invalidate(connection: Any, _record: Any, _error: Any) -> None:  # noqa: ANN401
        connection.driver_connection.terminate()  # without it the driver says goodbye, and waits for an answer


def _keep_alive(driver: Any, timeout: float) -> None:  # noqa: ANN401 - asyncpg has no types
    """Let the system notice a peer that is gone."""
    transport = getattr(driver, "_transport", None)
    sock = None if transport is None else transport.get_extra_info("socket")
    if sock is None or sock.family == socket.AF_UNIX:
        return
    with socket.socket(fileno=os.dup(sock.fileno())) as same:  # uvloop's own has no options
        same.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        if sys.platform == "linux":
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPIDLE, 10)
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPINTVL, 3)
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_KEEPCNT, 3)
            same.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, round(timeout * 1000))


@dataclass(slots=True)
class _Limits:
    """Of one connection of SQLite: until when a statement may run, and how long it waits for a lock."""

    until: float = math.inf
    busy_ms: int = -1


def set_up_sqlite(engine: Engine, timeout: float) -> None:
    """Write-ahead log, foreign keys, transactions that begin as what they are, and statements that end in time.

    A statement runs in a thread of its own that nobody can cancel, so SQLite itself is told when to stop.
    """

    @event.listens_for(engine, "connect")
    def connect(connection: Any, record: Any) -> None:  # noqa: ANN401
        connection.isolation_level = None  # SQLAlchemy says BEGIN itself, below
        record.info["limits"] = limits = _Limits(busy_ms=round(timeout * 1000))
        driver = connection.driver_connection
        connection.run_async(
            lambda _: driver.set_progress_handler(lambda: time.monotonic() > limits.until, _LOOK_EVERY)
        )
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={limits.busy_ms}", "journal_mode=WAL", "synchronous=NORMAL", "foreign_keys=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        cursor.close()

    @event.listens_for(engine, "begin")
    def begin(connection: Any) -> None:  # noqa: ANN401
        # A deferred transaction that turns to writing fails at once if another one wrote meanwhile.
        writes = connection.get_execution_options().get("touchline_write", False)
        waiting, limits = current(), connection.info["limits"]
        left = timeout if waiting is None else waiting.left(timeout)
        busy_ms = round(math.ceil(left / timeout * _BUSY_SHARES) / _BUSY_SHARES * timeout * 1000)
        if busy_ms != limits.busy_ms:
            connection.exec_driver_sql(f"PRAGMA busy_timeout={busy_ms}")
            limits.busy_ms = busy_ms
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")

    @event.listens_for(engine, "before_cursor_execute")
    def execute(connection: Any, *_: object) -> None:  # noqa: ANN401
        waiting = current()
        left = timeout if waiting is None else waiting.left(timeout)
        connection.info["limits"].until = time.monotonic() + left
