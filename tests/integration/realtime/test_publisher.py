"""What is published arrives as it was sent, once, and only so much of it is kept."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from kit.contracts import Policy
from kit.errors import Unavailable
from realtime.history import Retention
from realtime.offsets import Offset
from realtime.redis_keys import LATEST, STREAM, TAILS
from tests.support.nodes import ROOM, Node

RECOVERABLE, LATEST_WINS = Policy.RECOVERABLE, Policy.LATEST_WINS


async def test_the_payload_arrives_as_it_was_sent(pair: list[Node]) -> None:
    text = '{"a":"ä🎉\\n","b":"\\u0000"}'
    room = 'r"oo\\m ü'
    for node in pair:
        await node.backplane.subscribe(room)
    await pair[0].backplane.publish(room, 'e"v e', text.encode(), RECOVERABLE, None)
    for node in pair:
        await node.hears(text)
        assert (node.heard[0].room, node.heard[0].event) == (room, 'e"v e')
    assert await pair[1].backplane.history.since({room: 0}, Offset(pair[0].backplane.seen.epoch, 0)) == pair[0].heard


async def test_a_publication_with_the_same_key_arrives_once(pair: list[Node]) -> None:
    first = await pair[0].publish("once", once="key")
    assert await pair[1].publish("twice", once="key") == first
    await asyncio.gather(*(node.publish("many", once="other") for node in pair for _ in range(10)))
    await pair[1].publish("end")
    for node in pair:
        await node.hears("once", "many", "end")


async def test_a_script_that_redis_forgot_is_sent_again(pair: list[Node]) -> None:
    await pair[0].publish("before")
    await pair[0].store.client.script_flush()
    assert (await pair[0].publish("after")).number == 2
    await pair[1].hears("before", "after")


async def test_the_newest_values_of_latest_wins_events_are_kept(pair: list[Node]) -> None:
    one, two = pair
    for n in range(3):
        await one.publish(f"{n}", LATEST_WINS)
    await one.backplane.publish(ROOM, "count", b"7", LATEST_WINS, None)
    await one.publish("not this")
    found = await two.backplane.latest([ROOM, "empty"])
    assert [(e.event, e.payload, e.recoverable) for e in found] == [("said", b"2", False), ("count", b"7", False)]
    assert 0 < await one.store.client.ttl(LATEST + ROOM) <= Retention().latest_seconds


async def test_streams_are_bounded_in_length_and_age(redis_url: str) -> None:
    node = await Node(redis_url, retention=Retention(entries=200, seconds=50)).start()
    await asyncio.gather(*(node.publish(f"{n}") for n in range(1_000)))
    key = STREAM + node.backplane.seen.epoch + ":" + ROOM
    assert 200 <= await node.store.client.xlen(key) <= 300
    assert 0 < await node.store.client.ttl(key) <= 50
    await node.stop()


async def test_the_tails_are_bounded_and_what_is_unknown_is_a_gap(redis_url: str) -> None:
    node = await Node(redis_url, retention=Retention(rooms=150)).start()
    offsets = [await node.publish("1", room=f"r{n}") for n in range(400)]
    assert await node.store.client.zcard(TAILS) <= 151
    since = node.backplane.history.since
    assert await since({"r0": 0}, offsets[0]) is None
    assert [e.number for e in await since({"r399": 0}, offsets[-2]) or []] == [400]
    assert await since({"r0": 0}, offsets[-1]) == []
    assert await since({"never": 0}, offsets[-1]) == []
    await node.publish("2", room="r0")
    assert await since({"r0": 0}, offsets[0]) is None
    assert [e.payload for e in await since({"r0": 0}, offsets[-1]) or []] == [b"2"]
    await node.stop()


async def test_rubbish_instead_of_redis_is_an_error_and_not_the_end(short_tmp: Any) -> None:
    path = short_tmp / "s"

    async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    server = await asyncio.start_unix_server(answer, path)
    node = Node(f"unix://{path}")
    with pytest.raises(Unavailable):
        await node.publish("1")
    starting = asyncio.create_task(node.backplane.start())
    await asyncio.sleep(0)
    assert not starting.done()
    starting.cancel()
    await asyncio.gather(starting, return_exceptions=True)
    await node.stop()
    server.close()
    await server.wait_closed()
