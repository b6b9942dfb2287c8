"""A database that is another one, or older, than the one Redis knows: a new epoch, and nothing of the other is left."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kit.contracts import Policy
from kit.generations import Generation
from kit.redis import RedisStore
from kit.shared_cache import SharedCache
from realtime.lineage import Lineage
from tests.harness import eventually
from tests.support.nodes import ROOM, Node


class Stored:
    """What stands in for the database's row."""

    def __init__(self, name: str = "one", progress: int = 0, outbox: int = 0) -> None:
        self.name, self.progress, self.outbox = name, progress, outbox

    async def advance(self) -> Generation:
        self.progress += 1
        return Generation(self.name, self.progress, self.outbox)


def lineage(redis: RedisStore, stored: Stored, epoch: str = "fresh") -> Lineage:
    return Lineage(redis, stored.advance, lambda: epoch)


async def epoch(redis: RedisStore) -> str:
    return str((await redis.client.hget("rt:{rt}:state", "epoch") or b"").decode())


@pytest.fixture
async def node(redis: RedisStore) -> Any:
    node = await Node(redis.url).start()
    yield node
    await node.stop()


async def test_a_database_that_goes_on_changes_nothing(redis: RedisStore, node: Node) -> None:
    before, stored = await epoch(redis), Stored()
    looks = [lineage(redis, stored) for _ in range(4)]  # workers, also when they are started anew
    for _ in range(3):
        assert all(await asyncio.gather(*(one.check() for one in looks)))
        stored.outbox += 2
        await node.publish("x", once=f"{stored.outbox}.id")
    assert await lineage(redis, stored).check()
    assert await epoch(redis) == before
    assert node.losses == []


@pytest.mark.parametrize(
    "restored",
    [Stored("other", 50, 50), Stored("one", 3, 5), Stored("one", 50, 4)],
    ids=["another generation", "fewer looks", "fewer events"],
)
async def test_a_database_that_went_back_begins_an_epoch_and_all_are_told(
    redis: RedisStore, node: Node, restored: Stored
) -> None:
    assert await lineage(redis, Stored("one", 9, 5)).check()
    await node.publish("state", Policy.LATEST_WINS)
    await SharedCache(redis).put("match:1", 7, b"of the other")
    restored = Stored(restored.name, restored.progress, restored.outbox)
    looks = [lineage(redis, restored, f"fresh{number}") for number in range(3)]
    assert all(await asyncio.gather(*(one.check() for one in looks)))
    fresh = await epoch(redis)
    assert fresh.startswith("fresh")
    await eventually(lambda: frozenset({ROOM}) in node.losses)
    assert await node.backplane.latest([ROOM]) == []
    assert await SharedCache(redis).get("match:1", 7) is None
    assert all(await asyncio.gather(*(one.check() for one in looks)))
    assert await epoch(redis) == fresh, "once"


async def test_what_was_published_counts_without_another_look(redis: RedisStore, node: Node) -> None:
    await lineage(redis, Stored("one", 9, 5)).check()
    await node.publish("x", once="6.id")
    before = await epoch(redis)
    await lineage(redis, Stored("one", 20, 5)).check()
    assert await epoch(redis) != before


@pytest.mark.usefixtures("node")
async def test_a_worker_learns_that_its_own_database_was_replaced(redis: RedisStore) -> None:
    stored = Stored("one", 9, 5)
    running = lineage(redis, stored)
    assert await running.check()
    stored.progress = 2
    assert not await running.check()
    await redis.client.delete("rt:{rt}:state")  # also where Redis knows nothing
    stored.name = "other"
    assert not await running.check()


async def test_a_redis_that_knows_nothing_is_told(redis: RedisStore) -> None:
    assert await lineage(redis, Stored("one", 9, 5)).check()
    assert await redis.client.hmget("rt:{rt}:state", "epoch", "generation", "progress", "outbox") == [
        None, b"one", b"10", b"5",
    ]  # fmt: skip
