"""Whoever is signed in when the tables change stays so."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from identity.rotation import LOGIN_MS, digest
from kit.db import Database
from kit.ids import UlidGenerator
from kit.redis import RedisStore
from tests.support.doubles import START_MS, ManualClock
from tests.support.identity_world import IdentityWorld
from touchline.migrate import migrate

DAY = 24 * 3600 * 1000
USER = (
    "INSERT INTO users (id, email, display_name, password_hash, role, demo, created_ms) "
    "VALUES ('u1', 'ann@example.org', 'Ann', '-', 'owner', false, :now)"
)
TOKENS = (
    "INSERT INTO refresh_tokens (digest, family, user_id, created_ms, expires_ms, used_ms) "
    "VALUES (:digest, 'f1', 'u1', :created, :expires, :used)"
)


@pytest.fixture(params=["sqlite", "postgresql"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'old.db'}"
    else:
        yield request.getfixturevalue("postgres").new_database()


def test_logins_survive(url: str, redis_url: str) -> None:
    async def story() -> None:
        clock = ManualClock(START_MS + 3 * DAY)
        await migrate(url, "0006")
        database = Database(url, clock=clock, ids=UlidGenerator(clock))
        async with database.transaction() as tx:
            await tx.session.execute(text(USER), {"now": START_MS})
            for name, day, used in (("first", 0, START_MS + DAY), ("second", 1, None)):
                created = START_MS + day * DAY
                row = {"digest": digest(name), "created": created, "expires": created + 30 * DAY, "used": used}
                await tx.session.execute(text(TOKENS), row)
        await database.close()
        await migrate(url)
        database, redis = Database(url, clock=clock, ids=UlidGenerator(clock)), RedisStore(redis_url)
        world = IdentityWorld(database, redis, clock)
        tokens = await world.refresh("second")
        assert (await world.who(tokens.access_token)).user_id == "u1"
        (login,) = (await world.service.logins_of("u1")).items
        assert (login.id, login.created_at.ms, login.ends_at.ms) == ("f1", START_MS, START_MS + DAY + LOGIN_MS)
        await database.close()
        await redis.close()

    asyncio.run(story())
