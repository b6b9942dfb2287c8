"""Replay for a connection that comes back, on two nodes and a real Redis."""

from __future__ import annotations

import asyncio

from realtime.offsets import Offset
from tests.harness import eventually
from tests.support.nodes import ROOM, Node


async def test_a_replay_reaches_exactly_to_what_is_delivered_from_then_on(pair: list[Node]) -> None:
    one, two = pair
    for n in range(5):
        await one.publish(f"{n}")
    start = Offset(one.backplane.seen.epoch, 0)
    stop = False

    async def talk() -> None:
        while not stop:
            await two.publish("talk", room="other")
            await two.publish("talk")

    talking = asyncio.create_task(talk())
    late = await Node(one.store.url).start("other")
    for reset in (False, True, True):
        rooms = {ROOM: 2, "other": 0}
        for room in rooms:
            await late.backplane.subscribe(room)
        if reset:
            late.backplane._tracker.recent.reset(late.backplane.place.number)
        told = await late.backplane.replay(rooms, start)
        assert told is not None
        place = late.backplane.place.number
        heard = len(late.heard)
        await eventually(lambda heard=heard: len(late.heard) > heard + 10)
        numbers = [e.number for e in told] + [e.number for e in late.heard if e.number > place]
        assert numbers == list(range(numbers[0], numbers[-1] + 1)), "no gap and nothing twice at the seam"
        assert numbers[0] == 3
    stop = True
    await talking
    await late.stop()


async def test_who_was_ahead_of_this_worker_gets_nothing_twice(pair: list[Node]) -> None:
    one, two = pair
    offset = await one.publish("1")
    for node in pair:
        await node.hears("1")
    gate = asyncio.Event()

    async def slowly(_: object) -> None:
        await gate.wait()

    two.backplane._receivers.insert(0, (slowly, slowly))
    ahead = await one.publish("2")
    await one.publish("3")
    await one.hears("1", "2", "3")
    await eventually(lambda: two.backplane.place.number == 2)
    replay = asyncio.create_task(two.backplane.replay({ROOM: 0}, Offset(offset.epoch, 3)))
    await eventually(lambda: two.backplane._listener is not None)
    gate.set()
    assert await replay == []
    assert two.backplane.place.number >= ahead.number


async def test_an_offset_that_nobody_gave_out_recovers_nothing(pair: list[Node]) -> None:
    epoch = (await pair[0].publish("1")).epoch
    await pair[1].hears("1")
    assert await pair[1].backplane.replay({ROOM: 0}, Offset(epoch, 99)) is None
    assert await pair[1].backplane.replay({ROOM: 0}, Offset("another", 1)) is None
    assert await pair[1].backplane.replay({ROOM: 0}, Offset(epoch, 1)) == []
