"""The SQL of backups: a consistent copy of a SQLite file, and what is in the tables of either database."""

from __future__ import annotations

import contextlib
import hashlib
import sqlite3
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import msgspec
from sqlalchemy import NullPool, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, create_async_engine

from kit.db import normalise_url
from touchline.backup.manifest import BackupError, TableDigest

_BUSY_SECONDS = 15.0  # as long as the server itself waits
_ROWS = 500  # read at a time: a row has 64 KiB at most, nearly all have less than 1
_STEPS = 10_000  # of SQLite's machine between two looks at the write-ahead log
_LOG_BYTES = 1024 * 1024 * 1024
"""How far the write-ahead log may grow while a copy reads: it cannot be emptied meanwhile, and shares the disk with the
database. A copy takes a second for some hundred megabytes, so that is years of events in one backup."""

_encode = msgspec.msgpack.Encoder().encode


class TableSum:
    """The digest of a table, row by row, in any order."""

    def __init__(self) -> None:
        self._rows = 0
        self._sum = 0

    def add(self, row: Iterable[Any]) -> None:
        """Add one row to the sum."""
        self._rows += 1
        self._sum += int.from_bytes(hashlib.sha256(_encode(tuple(row))).digest(), "big")

    @property
    def digest(self) -> TableDigest:
        """The digest of all rows so far."""
        return TableDigest(self._rows, f"{self._sum % 2**256:064x}")


# SQLite


def copy_sqlite(source: Path, target: Path, *, log_bytes: int = _LOG_BYTES) -> None:
    """Write a consistent copy of a database that others read and write meanwhile; raises `BackupError`.

    It is the state at one moment, with what is in the write-ahead log. Afterwards that log is emptied as far as its
    users let it.

    Args:
        source: The database.
        target: The copy, which is not there yet.
        log_bytes: How long its write-ahead log may become meanwhile.
    """
    log = source.with_name(f"{source.name}-wal")
    too_long = False

    def look() -> bool:
        nonlocal too_long
        with contextlib.suppress(FileNotFoundError):
            too_long = log.stat().st_size > log_bytes
        return too_long

    with _opened(source) as connection:
        connection.set_progress_handler(look, _STEPS)
        try:
            connection.execute("VACUUM INTO ?", (str(target),))
        except sqlite3.Error as error:
            if too_long:
                raise BackupError(
                    f"The database is written faster than it can be copied: {log} has more than {log_bytes >> 20} MiB. "
                    "Try again when less is going on."
                ) from None
            raise BackupError(f"{source} could not be copied: {error}.") from None
        connection.set_progress_handler(None, 0)
        with contextlib.suppress(sqlite3.Error):  # whoever reads just now keeps it as it is
            connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def digest_sqlite(path: Path) -> dict[str, TableDigest]:
    """What is in each table of a file that nobody else uses; raises `BackupError` for one that is damaged."""
    found = {}
    with _opened(path) as connection:
        try:
            for table in _sqlite_tables(connection):
                total = TableSum()
                cursor = connection.execute(f"SELECT * FROM {_quoted(table)}")  # noqa: S608 - a name that it has
                cursor.arraysize = _ROWS
                while rows := cursor.fetchmany():
                    for row in rows:
                        total.add(row)
                found[table] = total.digest
        except sqlite3.Error as error:
            raise BackupError(f"{path} is damaged: {error}.") from None
    return found


def check_sqlite(path: Path) -> None:
    """Raise `BackupError` if the file is not whole."""
    with _opened(path) as connection:
        try:
            (first, *_) = connection.execute("PRAGMA integrity_check(1)").fetchone()
        except sqlite3.Error as error:
            raise BackupError(f"{path} is damaged: {error}.") from None
    if first != "ok":
        raise BackupError(f"{path} is damaged: {first}.")


def sqlite_revision(path: Path) -> str:
    """The schema's revision; raises `BackupError` where there is none."""
    with _opened(path) as connection:
        try:
            row = connection.execute("SELECT version_num FROM alembic_version").fetchone()
        except sqlite3.OperationalError:
            row = None
        except sqlite3.Error as error:
            raise BackupError(f"{path} cannot be read: {error}.") from None
    if row is None:
        raise BackupError(f"{path} is no database of Touchline.")
    return str(row[0])


def rest_in_one_file(path: Path) -> None:
    """Leave a database in one file, without a log beside it; raises `BackupError` where somebody else uses it."""
    with _opened(path) as connection:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.Error as error:
            raise BackupError(f"{path} cannot be used: {error}.") from None
    if mode != "delete":
        raise BackupError(f"{path} is in use by another program.")


@contextmanager
def _opened(path: Path) -> Iterator[sqlite3.Connection]:
    try:
        connection = sqlite3.connect(
            f"file:{quote(str(path))}?mode=rw", uri=True, timeout=_BUSY_SECONDS, isolation_level=None
        )
    except sqlite3.Error as error:
        raise BackupError(f"{path} cannot be opened: {error}.") from None
    try:
        yield connection
    finally:
        connection.close()


def _sqlite_tables(connection: sqlite3.Connection) -> list[str]:
    rows = connection.execute(
        "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' ORDER BY name"
    )
    return [name for (name,) in rows]


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'


# PostgreSQL


@asynccontextmanager
async def postgres(url: str) -> AsyncIterator[AsyncConnection]:
    """A connection that sees one state of the database and writes nothing; raises `BackupError` if there is none."""
    engine = create_async_engine(normalise_url(url), poolclass=NullPool)
    try:
        try:
            opened = await engine.connect()
        except (OSError, DBAPIError) as error:
            raise BackupError(f"PostgreSQL does not answer: {_reason(error)}.") from None
        try:
            yield await opened.execution_options(isolation_level="REPEATABLE READ", postgresql_readonly=True)
        finally:
            await opened.close()
    finally:
        await engine.dispose()


async def server_version(connection: AsyncConnection) -> int:
    """The major version of a PostgreSQL server."""
    return int(await connection.scalar(text("SHOW server_version_num"))) // 10_000


async def export_snapshot(connection: AsyncConnection) -> str:
    """A name by which another program sees the same state, for as long as this transaction lasts."""
    return str(await connection.scalar(text("SELECT pg_export_snapshot()")))


async def postgres_tables(connection: AsyncConnection) -> list[tuple[str, str]]:
    """Schema and name of each table."""
    rows = await connection.execute(
        text("SELECT schemaname, tablename FROM pg_tables WHERE schemaname = current_schema() ORDER BY tablename")
    )
    return [(schema, name) for schema, name in rows]


async def postgres_revision(connection: AsyncConnection) -> str | None:
    """The schema's revision; None where there is none."""
    if await connection.scalar(text("SELECT to_regclass('alembic_version')")) is None:
        return None
    return str(await connection.scalar(text("SELECT version_num FROM alembic_version")))


async def digest_postgres(connection: AsyncConnection) -> dict[str, TableDigest]:
    """How many rows each table has, and a digest of them."""
    found = {}
    for _, table in await postgres_tables(connection):
        total = TableSum()
        rows = await connection.stream(
            text(f"SELECT * FROM {_quoted(table)}"),  # noqa: S608 - a name that it has
            execution_options={"yield_per": _ROWS},
        )
        async for row in rows:
            total.add(row)
        found[table] = total.digest
    return found


async def others_connected(connection: AsyncConnection) -> int:
    """How many other programs' connections this database has."""
    count = await connection.scalar(
        text(
            "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() "
            "AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
        )
    )
    return int(count or 0)


def drop_tables(tables: Iterable[tuple[str, str]]) -> str:
    """The statements that make room for what is restored, for a transaction of its own. Waits 10 s for who reads."""
    names = ", ".join(f"{_quoted(schema)}.{_quoted(name)}" for schema, name in tables)
    return f"SET lock_timeout = '10s';\nDROP TABLE IF EXISTS {names};\n" if names else ""


@asynccontextmanager
async def scratch_database(url: str, name: str) -> AsyncIterator[str]:
    """The URL of a new, empty database on the server of another; it is gone afterwards. Raises `BackupError`."""
    engine = create_async_engine(normalise_url(url), poolclass=NullPool, isolation_level="AUTOCOMMIT")

    async def run(statement: str) -> None:
        async with engine.connect() as connection:
            await connection.execute(text(statement))

    try:
        try:
            await run(f"CREATE DATABASE {_quoted(name)} TEMPLATE template0 ENCODING 'UTF8'")
        except (OSError, DBAPIError) as error:
            raise BackupError(
                f"A database to verify the backup in could not be made: {_reason(error)}. "
                "Name a server on which it may with --on postgresql://…"
            ) from None
        try:
            yield engine.url.set(database=name).render_as_string(hide_password=False)
        finally:
            await run(f"DROP DATABASE IF EXISTS {_quoted(name)} WITH (FORCE)")
    finally:
        await engine.dispose()


async def one_match(connection: AsyncConnection) -> str | None:
    """The id of some match."""
    found = await connection.scalar(text("SELECT id FROM matches ORDER BY id DESC LIMIT 1"))
    return None if found is None else str(found)


async def forget_feeds(connection: AsyncConnection) -> None:
    """So that a copy that is booted asks no provider for anything."""
    await connection.execute(text("DELETE FROM match_feeds"))


@asynccontextmanager
async def writing(url: str) -> AsyncIterator[AsyncConnection]:
    """A transaction on a database that nobody else uses."""
    engine = create_async_engine(normalise_url(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            yield connection
    finally:
        await engine.dispose()


def _reason(error: Exception) -> str:
    original = getattr(error, "orig", None) or error
    return (str(original).splitlines() or [type(original).__name__])[0].rstrip(".")
