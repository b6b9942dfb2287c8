"""Kept snapshots on the real backplane: whoever joins whenever has everything by its snapshot and the events after."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator

import msgspec
import pytest

from kit.contracts import Policy
from kit.redis import RedisStore
from kit.snapshots import Snapshots
from realtime.offsets import Envelope, Offset
from tests.harness import eventually
from tests.support.nodes import ROOM, Node


class State(msgspec.Struct):
    """What is stored: the numbers that were written, in order."""

    written: list[int]
    offset: str


@pytest.fixture
async def node(redis_url: str, redis: RedisStore) -> AsyncIterator[Node]:  # noqa: ARG001 - empties it
    node = Node(redis_url)
    await node.backplane.start()
    yield node
    await node.stop()


async def test_a_room_has_a_version_while_it_is_heard_and_another_with_each_event(node: Node) -> None:
    seen: list[tuple[Offset, int | None]] = []

    async def look(_: Envelope) -> None:
        seen.append((node.backplane.place, node.backplane.version(ROOM)))

    async def lost(_: frozenset[str]) -> None: ...

    node.backplane.listen(look, lost)
    assert node.backplane.version(ROOM) is None
    await node.backplane.subscribe(ROOM)
    versions = [node.backplane.version(ROOM)]
    assert versions[0] is not None
    for policy in (Policy.RECOVERABLE, Policy.LATEST_WINS, Policy.RECOVERABLE):
        place = await node.publish("x", policy)
        await node.hears(*["x"] * len(versions))
        assert seen[-1] == (place, node.backplane.version(ROOM)), "it changes together with the place"
        versions.append(seen[-1][1])
    await node.publish("elsewhere", room="other")
    assert node.backplane.version(ROOM) == versions[-1]
    assert len(set(versions)) == 4


async def test_a_loss_changes_the_version_of_every_room_that_is_lost(node: Node, redis: RedisStore) -> None:
    await node.backplane.subscribe(ROOM)
    await node.publish("x")
    await node.hears("x")
    before = node.backplane.version(ROOM)
    await redis.client.flushall()
    await redis.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await eventually(lambda: bool(node.losses))
    assert node.backplane.version(ROOM) not in {None, before}


@pytest.mark.parametrize("seed", range(4))
async def test_snapshot_and_later_events_are_all_there_is(node: Node, redis: RedisStore, seed: int) -> None:
    """Writers, joiners, a cache between them, and a backplane that is cut off again and again."""
    chance = random.Random(seed)  # noqa: S311 - a seed, so that a failure comes again
    snapshots = Snapshots(node.backplane.version)
    stored: list[int] = []
    reads = 0
    joined: list[tuple[State, Offset]] = []

    async def load(offset: str) -> State:
        nonlocal reads
        reads += 1
        for _ in range(chance.randrange(5)):
            await asyncio.sleep(0)
        state = State(list(stored), offset)
        for _ in range(chance.randrange(5)):
            await asyncio.sleep(0)
        return state

    async def write(number: int) -> None:
        stored.append(number)  # stored first, then published
        await node.publish(str(number))

    async def join() -> None:
        place = await node.backplane.subscribe(ROOM)
        state = msgspec.json.decode(await snapshots.get(ROOM, str(place), load), type=State)
        assert state.offset == str(place)
        joined.append((state, place))

    await node.backplane.subscribe(ROOM)
    work = []
    for number in range(150):
        work.append(asyncio.create_task(write(number)))
        work.extend(asyncio.create_task(join()) for _ in range(chance.randrange(6)))
        if chance.random() < 0.05:
            await redis.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
        for _ in range(chance.randrange(20)):
            await asyncio.sleep(0)
    await asyncio.gather(*work)
    await eventually(lambda: len(node.heard) == 150)
    assert node.losses == []
    for state, place in joined:
        later = {int(one.payload) for one in node.heard if one.number > place.number}
        assert set(state.written) | later == set(stored)
    assert reads < len(joined)
