"""Stores that freeze in the middle of a request: it waits once for all its steps, whatever they are."""

from __future__ import annotations

import os
import signal
from typing import Any

import pytest
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy import text
from sqlalchemy.engine import make_url

from kit import db_session
from kit.clock import SystemClock
from kit.completion import to_completion
from kit.db import Database
from kit.errors import Unavailable
from kit.ids import UlidGenerator
from kit.redis import RedisStore
from kit.redis_waiting import may_wait
from kit.waiting import DATABASE, one_request
from realtime.redis_link import RedisLink
from tests.proxy import Proxy

SHORT = 0.3


@pytest.mark.parametrize("steps", [0, 1, 3])
async def test_a_postgresql_that_freezes_takes_the_time_of_a_request_once(
    postgres: Any, postgres_template: str, monkeypatch: pytest.MonkeyPatch, steps: int
) -> None:
    given: list[float] = []

    async def spied(work: Any, *, seconds: float | None = None) -> Any:
        assert seconds is not None
        given.append(seconds)
        return await to_completion(work, seconds=seconds)

    url = make_url(postgres.new_database(postgres_template))
    async with Proxy(url.port or 0) as proxy:
        through = url.set(port=proxy.port).render_as_string(hide_password=False)
        database = Database(through, clock=SystemClock(), ids=UlidGenerator(SystemClock()), pool_size=2, timeout=SHORT)

        async def freezes() -> None:
            async with database.transaction() as tx:
                for _ in range(steps):
                    await tx.session.execute(text("SELECT 1"))
                proxy.freeze()
                await tx.session.execute(text("SELECT 1"))

        monkeypatch.setattr(db_session, "to_completion", spied)
        with one_request() as waiting:
            with pytest.raises(Unavailable):
                await freezes()
            if steps:  # else it could not even connect, which has less
                assert waiting.left(SHORT, DATABASE) == 0
            for _ in range(5):  # whoever tries again meets the same deadline, and does not begin
                with pytest.raises(Unavailable):
                    async with database.read() as tx:
                        await tx.session.execute(text("SELECT 1"))
        assert max(given[: steps + 1]) <= SHORT + db_session._SERVER_FIRST
        assert sorted(given[: steps + 1], reverse=True) == given[: steps + 1]  # each has what the one before it left
        proxy.cut()
        await database.close()


async def test_a_redis_that_freezes_takes_the_time_of_a_request_once(own_redis: Any) -> None:
    store = RedisStore(own_redis.url, patience=SHORT)
    link = await RedisLink.open(own_redis.url, patience=SHORT)
    await store.client.set("a", "1")
    os.kill(own_redis.process.pid, signal.SIGSTOP)
    try:
        with one_request():
            for _ in range(3):
                with pytest.raises(RedisTimeoutError):
                    await store.client.get("a")
                assert may_wait(SHORT) == 0
            with pytest.raises(RedisTimeoutError):
                await link.call("GET", "a")
            with pytest.raises(RedisTimeoutError):
                await store.client.pipeline().get("a").get("a").execute()
        with one_request(), pytest.raises(RedisTimeoutError):
            await link.call("GET", "a")
    finally:
        os.kill(own_redis.process.pid, signal.SIGCONT)
    with one_request():
        assert await store.client.get("a") == b"1"
        assert await link.call("GET", "a") == b"1"
    await link.close()
    await store.close()
