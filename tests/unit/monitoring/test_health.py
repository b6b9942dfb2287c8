"""What `/health/ready` says, for every state of the stores and of the worker."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import OutOfMemoryError, ReadOnlyError, ResponseError

from kit.errors import Unavailable
from monitoring.health import DEADLINE_SECONDS, Health, HealthService


class World:
    """The stores and the engine, each as a test wants it."""

    def __init__(self) -> None:
        self.now = 1000.0
        self.database: Exception | str | None = None
        self.redis: Exception | None = None
        self.hang: asyncio.Event | None = None
        self.healthy, self.draining, self.full = True, False, False
        self.client = self
        self.service = HealthService(
            write=self.write,
            reason=lambda: "its disk is full",
            redis=self,  # type: ignore[arg-type]
            realtime=self,
            node_id="n1",
            monotonic=lambda: self.now,
        )

    async def write(self) -> str | None:
        if self.hang is not None:
            await self.hang.wait()
        if isinstance(self.database, Exception):
            raise self.database
        return self.database

    async def set(self, _key: str, _value: str, *, ex: int) -> None:
        assert ex > 0, "nothing is left behind"
        if self.redis is not None:
            raise self.redis

    async def look(self) -> Health:
        async with self.service.running():
            pass
        return self.service.report()

    # What the service asks of the engine, and does not use here.
    connections = 0

    async def publish(self, *_: Any, **__: Any) -> str:
        return ""

    async def join(self, *_: Any) -> str:
        return ""


@pytest.fixture
def world() -> World:
    return World()


async def test_all_is_well(world: World) -> None:
    told = await world.look()
    assert (told.status, told.ready, told.problems) == ("ok", True, {})
    assert told.parts == {"redis": True, "database": True, "realtime": True}


def test_nobody_is_sent_to_one_that_has_not_looked_yet(world: World) -> None:
    assert (world.service.report().status, world.service.report().ready) == ("starting", False)


async def test_a_database_that_takes_nothing_in(world: World) -> None:
    world.database = Unavailable("x")
    told = await world.look()
    assert (told.status, told.ready) == ("unavailable", False)
    assert told.problems == {"database": "The database is not available: its disk is full."}
    assert told.parts == {"redis": True, "database": False, "realtime": True}
    world.database = None
    assert (await world.look()).status == "ok"


async def test_a_database_that_hangs_shows_while_it_does(world: World) -> None:
    assert (await world.look()).ready
    world.hang = asyncio.Event()
    looking = asyncio.create_task(world.service.look_at_database())
    await asyncio.sleep(0)
    assert world.service.report().ready
    world.now += DEADLINE_SECONDS + 4
    told = world.service.report()
    assert (told.status, told.problems["database"]) == (
        "unavailable", "The database is not available: it has not answered for 7 seconds.",
    )  # fmt: skip
    world.hang.set()
    await looking
    assert world.service.report().status == "ok"


@pytest.mark.parametrize(
    ("error", "status", "said"),
    [
        (RedisConnectionError("Error 111 connecting to 10.1.2.3:6379"), "degraded", "it cannot be reached"),
        (TimeoutError(), "degraded", "it cannot be reached"),
        (ResponseError("LOADING Redis is loading the dataset in memory"), "degraded", "it is loading its data"),
        (OutOfMemoryError("command not allowed"), "unavailable", "it is out of memory"),
        (ReadOnlyError("You can't write against a read only replica."), "unavailable", "it is read-only"),
        (ResponseError("MISCONF Errors writing to the AOF file"), "unavailable", "it cannot write to its disk"),
    ],
)
async def test_a_redis_that_is_away_empties_no_fleet_and_one_that_is_full_does(
    world: World, error: Exception, status: str, said: str
) -> None:
    world.redis = error
    world.healthy = not isinstance(error, RedisConnectionError)
    told = await world.look()
    assert (told.status, told.ready) == (status, status == "degraded")
    assert told.problems["redis"] == f"Redis is not available: {said}."
    world.now += 60  # however long that lasts
    assert world.service.report().status == status


async def test_a_worker_that_stays_deaf_beside_a_redis_that_answers(world: World) -> None:
    assert (await world.look()).ready
    world.healthy = False
    assert world.service.report().status == "degraded"
    world.now += 11
    assert world.service.report().status == "unavailable"


@pytest.mark.parametrize("state", ["draining", "full"])
async def test_one_that_takes_nobody(world: World, state: str) -> None:
    await world.look()
    setattr(world, state, True)
    assert (world.service.report().status, world.service.report().ready) == (state, False)


async def test_a_mistake_of_ours_is_no_health(world: World) -> None:
    await world.look()
    world.database = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await world.service.look_at_database()
    assert world.service.report().problems == {"database": "The database is not available: it could not be tried."}
