"""The services without a server: for commands that work on the database, and for what prepares it.

A Redis is used where the settings name one; else whatever would be told to running workers is told by their own sweeps.
Commands that change a station's data call `ensure_database` first: with a mistyped setting they would otherwise make a
database of their own, and the station would wonder where its account is.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from typing import TypeVar

from asyncpg import PostgresError
from sqlalchemy import make_url
from sqlalchemy.exc import SQLAlchemyError

from kit.db import normalise_url
from touchline.app import NOWHERE, Application, build_app
from touchline.migrate import migrate, revision_of
from touchline.settings import Settings, with_secret

T = TypeVar("T")

_SETTINGS = "Set TOUCHLINE_DATA_DIR or TOUCHLINE_DATABASE_URL as your server has them"
_MAKE_ONE = "or make a new one with `touchline serve` or `touchline migrate`"


class NoDatabase(Exception):
    """There is no database to work on; the message says what to do."""


def database_name(settings: Settings) -> str:
    """The database as people are shown it: a file's path, or a URL without its password."""
    url = make_url(normalise_url(settings.effective_database_url))
    if url.get_backend_name() != "sqlite":
        return url.set(drivername="postgresql").render_as_string(hide_password=True)
    return str(Path(url.database).resolve()) if url.database else "in memory"


async def ensure_database(settings: Settings) -> None:
    """See to it that there is a database that a server or `touchline migrate` has made; nothing is made here.

    Raises:
        NoDatabase: There is none, it has no tables, or it cannot be opened.
    """
    name = database_name(settings)
    if (missing := _missing_on_disk(settings, name)) is not None:
        raise NoDatabase(missing)
    try:
        revision = await revision_of(settings.effective_database_url)
    except (OSError, SQLAlchemyError, PostgresError) as error:
        cause = getattr(error, "orig", None) or error
        raise NoDatabase(f"The database {name} cannot be opened: {cause}. {_SETTINGS}.") from None
    if revision is None:
        raise NoDatabase(f"The database {name} is empty. {_SETTINGS}, or fill it with `touchline migrate`.")


def _missing_on_disk(settings: Settings, name: str) -> str | None:
    """What is said of files that are not there, or None."""
    directory = settings.data_dir.resolve()
    if not directory.is_dir() and not settings.database_url:
        return f"There is no data directory {directory}. {_SETTINGS}, {_MAKE_ONE}."
    if not directory.is_dir() and not settings.secret_key:
        return (
            f"There is no data directory {directory}, where the secret key would be. "
            "Set TOUCHLINE_DATA_DIR or TOUCHLINE_SECRET_KEY as your server has them."
        )
    if not name.startswith("postgresql://") and not Path(name).is_file():
        return f"There is no database {name}. {_SETTINGS}, {_MAKE_ONE}."
    return None


async def with_app(settings: Settings, work: Callable[[Application], Awaitable[T]], *, migrated: bool = True) -> T:
    """Do something with the services and the database, without serving.

    Args:
        settings: Where the database is; a missing secret key is made.
        work: What is done; it gets the application, whose lifespan has not begun.
        migrated: Whether the database is brought up to date before.

    Returns:
        What `work` returns.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    settings = replace(with_secret(settings), redis_url=settings.redis_url or NOWHERE)
    if migrated:
        await migrate(settings.effective_database_url)
    app = build_app(settings)
    try:
        return await work(app)
    finally:
        await app.database.close()
        await app.redis.close()
