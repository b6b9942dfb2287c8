"""Databases that are empty at first and gone afterwards."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.engine import make_url
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import create_async_engine

from bench.procs import CannotMeasure
from kit.db import normalise_url


def kind_of(url: str | None) -> str:
    """What to call it."""
    return "SQLite" if url is None or make_url(normalise_url(url)).get_backend_name() == "sqlite" else "PostgreSQL"


@asynccontextmanager
async def new_database(url: str | None, file: Path) -> AsyncIterator[str]:
    """The URL of an empty database of the same kind as `url`; without one, an SQLite file.

    Nothing that is in the database of `url` is looked at or touched: on PostgreSQL another one is made on that server,
    which takes a role that may do so. Raises `CannotMeasure` otherwise.
    """
    if url is None or kind_of(url) == "SQLite":
        yield f"sqlite:///{file}"
        return
    name = f"touchline_bench_{secrets.token_hex(6)}"
    await _run(url, f'CREATE DATABASE "{name}"', "made")
    try:
        yield make_url(normalise_url(url)).set(database=name).render_as_string(hide_password=False)
    finally:
        await _run(url, f'DROP DATABASE IF EXISTS "{name}" WITH (FORCE)', "dropped")


async def _run(url: str, command: str, what: str) -> None:
    engine = create_async_engine(normalise_url(url), isolation_level="AUTOCOMMIT")
    try:
        async with engine.connect() as connection:
            await connection.execute(text(command))
    except (SQLAlchemyError, OSError) as error:
        raise CannotMeasure(f"A database for the benchmark could not be {what}: {error}") from None
    finally:
        await engine.dispose()
