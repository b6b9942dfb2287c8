"""What a returning reader is told, against a model: everything it missed in order, or nothing at all."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from kit.contracts import Policy
from realtime.history import RecentEvents, Retention, RoomReading
from realtime.offsets import Envelope, Offset
from realtime.redis_keys import STATE, STREAM
from tests.support.nodes import Node

ROOMS = ["a", "b", "c"]

publish = st.tuples(st.just("publish"), st.sampled_from(ROOMS))
operation = st.one_of(
    publish,
    publish,
    publish,
    st.tuples(st.just("latest"), st.sampled_from(ROOMS)),
    st.tuples(st.just("trim"), st.sampled_from(ROOMS), st.integers(0, 3)),
    st.tuples(st.just("expire"), st.sampled_from(ROOMS)),
    st.tuples(st.just("ask"), st.dictionaries(st.sampled_from(ROOMS), st.integers(0, 12)), st.integers(0, 12)),
)


@dataclass
class Model:
    """All that was ever published, and how many of the oldest are gone."""

    said: dict[str, list[int]] = field(default_factory=lambda: {room: [] for room in ROOMS})
    kept: dict[str, int] = field(default_factory=lambda: dict.fromkeys(ROOMS, 0))
    number: int = 0

    def since(self, rooms: dict[str, int], after: int) -> list[tuple[int, str]] | None:
        found: list[tuple[int, str]] = []
        for room, joined in rooms.items():
            missed = [number for number in self.said[room] if number > max(joined, after)]
            if max(joined, after) > self.number or any(n not in self.available(room) for n in missed):
                return None
            found += [(number, room) for number in missed]
        return None if after > self.number else sorted(found)

    def available(self, room: str) -> list[int]:
        return self.said[room][len(self.said[room]) - self.kept[room] :]


@given(operations=st.lists(operation, max_size=40))
def test_since_is_all_or_nothing(shared_redis: Any, operations: list[tuple[Any, ...]]) -> None:
    asyncio.run(_play(shared_redis.url, operations))


async def _play(url: str, operations: list[tuple[Any, ...]]) -> None:
    node = Node(url)
    try:
        await _play_on(node, operations)
    finally:
        await node.stop()  # what stays open is found by the next test that lets the garbage be collected


async def _play_on(node: Node, operations: list[tuple[Any, ...]]) -> None:
    client = node.store.client
    await client.flushall()
    model = Model()
    epoch = (await node.publish("", Policy.LATEST_WINS)).epoch
    for name, *arguments in operations:
        if name == "publish":
            room = arguments[0]
            model.number += 1
            model.said[room].append(model.number)
            model.kept[room] += 1
            assert (await node.publish("x", room=room)).number == model.number
        elif name == "latest":
            await node.publish("x", Policy.LATEST_WINS, room=arguments[0])
        elif name == "trim":
            room, length = arguments
            if model.kept[room]:
                await client.xtrim(f"{STREAM}{epoch}:{room}", maxlen=length, approximate=False)
                model.kept[room] = min(model.kept[room], length)
        elif name == "expire":
            await client.delete(f"{STREAM}{epoch}:{arguments[0]}")
            model.kept[arguments[0]] = 0
        else:
            await _check(node, model, Offset(epoch, arguments[1]), arguments[0])
    for after in range(model.number + 2):
        for rooms in ({"a": 0}, {"b": 0, "c": 1}, dict.fromkeys(ROOMS, 0)):
            await _check(node, model, Offset(epoch, after), rooms)


async def _check(node: Node, model: Model, offset: Offset, rooms: dict[str, int]) -> None:
    found = await node.backplane.history.since(rooms, offset)
    told = None if found is None else [(one.number, one.room) for one in found]
    assert told == model.since(rooms, offset.number)


@given(
    events=st.lists(st.tuples(st.sampled_from(ROOMS), st.integers(0, 30)), max_size=40),
    rooms=st.dictionaries(st.sampled_from(ROOMS), st.integers(0, 50)),
    after=st.integers(0, 50),
    base=st.integers(0, 5),
)
def test_memory_tells_all_or_nothing(
    events: list[tuple[str, int]], rooms: dict[str, int], after: int, base: int
) -> None:
    recent = RecentEvents(max_events=10, max_bytes=120)
    recent.reset(base)
    said = [
        Envelope("e", base + 1 + n, Policy.RECOVERABLE, room, "said", b"x" * size)
        for n, (room, size) in enumerate(events)
    ]
    for one in said:
        recent.append(one)
    assert len(recent._events) <= 11
    found = recent.since(rooms, after)
    if found is None:
        assert any(max(joined, after) < recent.base for joined in rooms.values())
    else:
        assert found == [one for one in said if one.room in rooms and one.number > max(after, rooms[one.room])]


async def test_another_epoch_and_an_emptied_redis_tell_nothing(redis_url: str) -> None:
    node = await Node(redis_url).start()
    place = await node.publish("1")
    since = node.backplane.history.since
    assert await since({"room": 0}, Offset("another", 0)) is None
    assert await since({}, Offset("another", 0)) is None
    assert await since({}, place) == []
    await node.store.client.delete(STATE)
    assert await since({"room": 0}, place) is None
    await node.stop()


async def test_a_state_that_alone_was_lost_begins_a_new_epoch_with_empty_rooms(redis_url: str) -> None:
    node = await Node(redis_url).start()
    for n in range(3):
        await node.publish(f"{n}")
    await node.store.client.delete(STATE)
    after = await node.publish("first of the new epoch")
    assert after.number == 1
    found = await node.backplane.history.since({"room": 0}, Offset(after.epoch, 0))
    assert [one.payload for one in found or []] == [b"first of the new epoch"]
    await node.stop()


@pytest.mark.parametrize("rooms", [3, 120])
async def test_many_rooms_are_read_as_of_one_moment(redis_url: str, rooms: int) -> None:
    node = await Node(redis_url, retention=Retention(entries=50_000)).start()
    names = [f"r{n}" for n in range(rooms)]
    epoch = (await node.publish("begin", room=names[0])).epoch
    stop = False

    async def talk() -> None:
        while not stop:
            await asyncio.gather(*(node.publish("x", room=name) for name in names))

    talking = asyncio.create_task(talk())
    readings: list[RoomReading | None] = [
        await node.backplane.history.read(dict.fromkeys(names, 0), Offset(epoch, 0), 100_000) for _ in range(10)
    ]
    stop = True
    await talking
    for reading in readings:
        assert reading is not None
        assert not reading.missing
        assert [one.number for one in reading.events] == list(range(1, reading.number + 1))
    await node.stop()


async def test_who_is_too_far_behind_is_told_nothing(redis_url: str) -> None:
    node = await Node(redis_url, retention=Retention(entries=500)).start()
    place = await node.publish("first")
    await asyncio.gather(*(node.publish("x") for _ in range(700)))
    history = node.backplane.history
    assert await history.since({"room": 0}, place) is None, "trimmed"
    reading = await history.read({"room": 0}, Offset(place.epoch, 650), 10)
    assert reading is not None
    assert (reading.events, reading.missing) == ([], {"room"}), "more than asked for"
    await node.stop()
