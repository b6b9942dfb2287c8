"""A Redis that lost something, and one that did not: who notices, and which epoch it is then."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime.offsets import Offset
from tests.harness import eventually
from tests.support.nodes import ROOM, Node


async def test_a_redis_that_lost_everything_begins_a_new_epoch(pair: list[Node]) -> None:
    one, two = pair
    before = await one.publish("before")
    for node in pair:
        await node.hears("before")
    await one.store.client.flushall()
    after = await two.publish("first of the new epoch")
    assert after.epoch != before.epoch
    for node in pair:
        await eventually(lambda node=node: node.losses == [frozenset({ROOM})])
        await node.connected()
        await eventually(lambda node=node: node.backplane.seen == after)
    await one.publish("second")
    for node in pair:
        await node.hears("before", "second")
        assert len(node.losses) == 1
    assert await one.backplane.replay({ROOM: 0}, before) is None


async def test_an_emptied_redis_is_noticed_although_nobody_speaks(pair: list[Node]) -> None:
    await pair[0].publish("before")
    for node in pair:
        await node.hears("before")
    await pair[0].store.client.flushall()
    for node in pair:
        await eventually(lambda node=node: node.losses == [frozenset({ROOM})])


async def test_a_loss_while_away_is_noticed_on_the_way_back(own_pair: list[Node], own_redis: Any) -> None:
    await own_pair[0].publish("before")
    for node in own_pair:
        await node.hears("before")
    own_redis.stop()
    for path in own_redis.directory.glob("appendonly*"):
        for file in path.iterdir() if path.is_dir() else [path]:
            file.unlink()
    own_redis.start()
    for node in own_pair:
        await eventually(lambda node=node: node.losses == [frozenset({ROOM})])


def forget_the_last_second(own_redis: Any, before: dict[str, bytes]) -> None:
    """Put the append-only file back as it was: what a machine that lost power finds."""
    for name, data in before.items():
        (own_redis.directory / name).write_bytes(data)


def append_only_files(own_redis: Any) -> dict[str, bytes]:
    root = own_redis.directory
    return {str(f.relative_to(root)): f.read_bytes() for f in root.rglob("*") if f.is_file() and ".aof" in f.name}


@pytest.mark.parametrize("first_back", ["who saw more", "who saw less"])
async def test_a_lost_second_is_noticed_by_whoever_saw_it(own_redis: Any, first_back: str) -> None:
    more, less = await Node(own_redis.url).start(), await Node(own_redis.url).start("elsewhere")
    kept = await more.publish("kept")
    await more.hears("kept")
    await eventually(lambda: less.backplane.seen.number == 1)  # by a mark
    saved = append_only_files(own_redis)
    await more.publish("lost")
    await more.hears("kept", "lost")
    less.backplane._task.cancel()  # so that the mark does not tell it of the second event
    await asyncio.gather(less.backplane._task, return_exceptions=True)
    own_redis.stop()
    forget_the_last_second(own_redis, saved)
    if first_back == "who saw more":
        own_redis.start()
        await eventually(lambda: len(more.losses) == 1)
        await less.backplane.start()
    else:
        more.backplane._task.cancel()
        await asyncio.gather(more.backplane._task, return_exceptions=True)
        own_redis.start()
        await less.backplane.start()
        reused = await less.publish("takes the number of the lost one")
        assert reused == Offset(kept.epoch, 2)
        for n in range(5):
            await less.publish(f"{n}")
        await more.backplane.start()
        await eventually(lambda: len(more.losses) == 1)
    await eventually(lambda: len(less.losses) == 1)
    for node in (more, less):
        await eventually(lambda node=node: node.backplane.seen.epoch not in {"", kept.epoch})
    assert more.backplane.seen.epoch == less.backplane.seen.epoch
    for node in (more, less):
        await node.stop()


async def test_after_a_crash_of_everything_nobody_vouches_for_the_old_epoch(own_redis: Any) -> None:
    node = await Node(own_redis.url).start()
    before = await node.publish("before")
    await node.hears("before")
    await node.backplane._hang_up()  # as `kill -9` of the worker would: no orderly stop
    node.backplane._task.cancel()
    await asyncio.gather(node.backplane._task, return_exceptions=True)
    await node.backplane._publisher._link.close()
    own_redis.stop()
    own_redis.start()
    fresh = await Node(own_redis.url).start()
    assert fresh.backplane.seen.epoch != before.epoch
    assert await fresh.backplane.replay({ROOM: 0}, before) is None
    await fresh.stop()
    await node.store.close()


async def test_after_an_orderly_stop_the_epoch_outlives_redis(own_redis: Any) -> None:
    node = await Node(own_redis.url).start()
    before = await node.publish("before")
    await node.publish("missed")
    await node.hears("before", "missed")
    await node.stop()
    own_redis.stop()
    own_redis.start()
    fresh = await Node(own_redis.url).start()
    assert [e.payload for e in await fresh.backplane.replay({ROOM: 0}, before) or []] == [b"missed"]
    await fresh.stop()
