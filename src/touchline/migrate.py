"""The database's schema, brought up to date (Alembic; the steps are in `migrations/`).

`touchline serve` and `touchline migrate` call it, also on several nodes at once.
"""

from __future__ import annotations

import asyncio
from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, MetaData, NullPool, text
from sqlalchemy.ext.asyncio import create_async_engine

import chat.models
import feeds.models
import identity.models
import kit.generations
import matches.alerts.models
import matches.storage.models
import monitoring.models
import streaming.models
from kit.db import Base, normalise_url

_MIGRATIONS = Path(__file__).parents[2] / "migrations"
_LOCK = 0x70C411E  # PostgreSQL advisory lock: several nodes may start at once
_TABLES = (
    chat.models, identity.models, kit.generations, matches.alerts.models, feeds.models, matches.storage.models,
    monitoring.models, streaming.models,
)  # fmt: skip


def metadata() -> MetaData:
    """All tables of all modules."""
    return Base.metadata


async def migrate(url: str, revision: str = "head") -> None:
    """Bring a database to a revision; safe to run from several nodes at once."""
    engine = create_async_engine(normalise_url(url), poolclass=NullPool)
    try:
        async with engine.begin() as connection:
            if connection.dialect.name == "postgresql":
                await connection.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
            await connection.run_sync(_upgrade, revision)
    finally:
        await engine.dispose()


async def revision_of(url: str) -> str | None:
    """The revision that a database is at; None if it is empty. Nothing is changed."""
    engine = create_async_engine(normalise_url(url), poolclass=NullPool)
    try:
        async with engine.connect() as connection:
            return await connection.run_sync(lambda c: MigrationContext.configure(c).get_current_revision())
    finally:
        await engine.dispose()


def revisions() -> frozenset[str]:
    """All revisions of the schema that this program knows."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    return frozenset(script.revision for script in ScriptDirectory.from_config(config).walk_revisions())


def make_revision(url: str, message: str) -> None:
    """Write a new migration from the difference between the models and a migrated database."""

    def revision(connection: Connection) -> None:
        command.revision(_config(connection), message=message, autogenerate=True)

    async def run() -> None:
        engine = create_async_engine(normalise_url(url), poolclass=NullPool)
        async with engine.begin() as connection:
            await connection.run_sync(revision)
        await engine.dispose()

    asyncio.run(run())


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    config.attributes["connection"] = connection
    return config


def _upgrade(connection: Connection, revision: str) -> None:
    command.upgrade(_config(connection), revision)
