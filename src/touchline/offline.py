"""The services without a server: for commands that work on the database, and for what prepares it.

A Redis is used where the settings name one; else whatever would be told to running workers is told by their own sweeps.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import TypeVar

from touchline.app import NOWHERE, Application, build_app
from touchline.migrate import migrate
from touchline.settings import Settings, with_secret

T = TypeVar("T")


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
