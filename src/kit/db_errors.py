"""Which errors of a database are outages, and why it does not do what it is asked; all others are mistakes of ours.

`kit.db` turns outages into `Unavailable`. A mistake of ours must not be taken for one: nobody would look for it.
"""

from __future__ import annotations

import sqlite3

import asyncpg
from sqlalchemy.exc import DBAPIError, SQLAlchemyError
from sqlalchemy.exc import TimeoutError as PoolTimeout

ERRORS = (
    SQLAlchemyError, sqlite3.Error, OSError,
    asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError,
)  # fmt: skip
"""Everything that a call of the database may raise; a timeout is an OSError."""

READ_ONLY = "it is read-only"
"""Of whoever only reads, this is a mistake of ours."""

# Primary result codes: https://www.sqlite.org/rescode.html
_SQLITE = {
    3: "access to its file is denied",
    5: "another program keeps it locked",
    6: "it is locked",
    7: "it is out of memory",
    8: READ_ONLY,
    9: "a query was interrupted",
    10: "its disk failed",
    11: "its file is damaged",
    13: "its disk is full",
    14: "its file cannot be opened",
    15: "its locks do not work",
    22: "its file is too large for this disk",
    26: "its file is no database",
}

# SQLSTATE, the whole code before its class: https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "08": "the connection was lost",
    "25006": READ_ONLY,
    "25P03": "a transaction waited too long for us",
    "28": "it refuses our user or password",
    "3D": "there is no database of this name",
    "40": "others changed the same rows",
    "53100": "its disk is full",
    "53200": "it is out of memory",
    "53300": "it has too many connections",
    "53": "it is short of something",
    "55P03": "a row stayed locked by others",
    "57014": "a query took too long",
    "57P01": "it was shut down",
    "57P02": "it has crashed",
    "57P03": "it is starting or stopping",
    "57": "its operator intervened",
    "58": "its system failed",
    "XX001": "its data are damaged",
    "XX002": "an index of it is damaged",
}


def outage(error: BaseException) -> str | None:
    """Why the database did not do what it was asked: a sentence without its subject. None for a mistake of ours."""
    if isinstance(error, DBAPIError):
        if error.orig is None or isinstance(error.orig, DBAPIError):
            return None
        return outage(error.orig) or ("the connection was lost" if error.connection_invalidated else None)
    if isinstance(error, sqlite3.Error):
        return _SQLITE.get(getattr(error, "sqlite_errorcode", 0) & 0xFF)  # the rest of it says more than is needed
    state = getattr(error, "sqlstate", None)
    if isinstance(state, str):
        return _POSTGRESQL.get(state) or _POSTGRESQL.get(state[:2])
    if isinstance(error, TimeoutError | PoolTimeout):
        return "it did not answer in time"
    if isinstance(error, OSError):
        return f"it cannot be reached ({error.strerror or type(error).__name__})"
    if isinstance(error, asyncpg.InternalClientError) or "closed" in str(error):
        return "the connection was lost"
    return None
