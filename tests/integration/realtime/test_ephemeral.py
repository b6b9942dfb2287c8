"""Ephemeral events: they reach who is there now, through every transport, and nobody ever finds them again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from kit.contracts import Policy, Reply, ServerEvent, encode_event
from kit.redis import RedisStore
from kit.rooms import channel_room
from kit.session import Role
from realtime.offsets import Offset
from realtime.sse import EventStreams
from tests.harness import eventually
from tests.live import Gateway
from tests.official import OfficialClient
from tests.proxy import Proxy
from tests.support.event_streams import reading
from tests.support.nodes import ROOM, Node

EPHEMERAL = Policy.EPHEMERAL


class Wave(Reply, frozen=True, kw_only=True):
    """Somebody waves."""

    channel_id: str
    number: int


WAVED = ServerEvent("test:waved", Wave, EPHEMERAL, "Somebody waves at who is there now.")
KEPT = ServerEvent("test:kept", Wave, Policy.RECOVERABLE, "The same, for those who come later as well.")


async def publish(node: Node, event: ServerEvent[Wave], channel: str, number: int) -> Offset:
    room, name, payload, policy = event.to(channel_room(channel), Wave(channel_id=channel, number=number))
    return await node.backplane.publish(room, name, encode_event(payload), policy, None)


@pytest.fixture
async def publisher(own_redis: Any) -> AsyncIterator[Node]:
    """A worker of a program that has such events."""
    node = await Node(own_redis.url).start()
    yield node
    await node.stop()


@pytest.fixture
async def on_air(gateway_factory: Callable[..., Gateway], own_redis: Any) -> tuple[Gateway, str]:
    """A gateway, and a channel of it."""
    gateway = gateway_factory(redis_url=own_redis.url)
    channel = await gateway.channel(await gateway.account(Role.OWNER))
    return gateway, channel["id"]


@pytest.mark.parametrize("transports", [["websocket"], ["polling"]], ids=["ws", "polling"])
async def test_a_socket_hears_it_while_it_is_there_and_never_after_a_cut(
    on_air: tuple[Gateway, str], publisher: Node, transports: list[str]
) -> None:
    gateway, channel = on_air
    async with Proxy(gateway.port) as proxy, OfficialClient(proxy.url, transports=transports) as client:
        await client.hears("connect")
        await client.call("stream:join", {"channelId": channel})
        for number in range(4):
            await publish(publisher, KEPT if number == 1 else WAVED, channel, number)
        await eventually(lambda: len(client.events("test:waved")) == 3)
        heard = [one for one in client.told if one["what"] == "event" and one["event"].startswith("test:")]
        assert [one["data"]["number"] for one in heard] == [0, 1, 2, 3], "in one order with the others"
        mark = len(client.told)
        proxy.cut()
        await client.hears("disconnect", mark)
        await publish(publisher, WAVED, channel, 4)
        await publish(publisher, KEPT, channel, 5)
        await publish(publisher, WAVED, channel, 6)
        proxy.mend()
        assert (await client.hears("connect", mark))["recovered"] is True
        await eventually(lambda: len(client.events("test:kept")) == 2)
        await publish(publisher, WAVED, channel, 7)
        await eventually(lambda: len(client.events("test:waved")) > 3)
        assert [wave["number"] for wave in client.events("test:waved")] == [0, 2, 3, 7]
        assert [wave["number"] for wave in client.events("test:kept")] == [1, 5]


async def test_an_event_stream_hears_it_without_an_id_and_never_again(
    on_air: tuple[Gateway, str], publisher: Node
) -> None:
    gateway, channel = on_air

    async def tests(events: Any, count: int) -> list[tuple[str, int, bool]]:
        found: list[tuple[str, int, bool]] = []
        while len(found) < count:
            name, data, place = await events.any()
            if name.startswith("test:"):
                found.append((name, data["number"], place is not None))
        return found

    async with reading(gateway, f"channel={channel}") as events:
        assert (await events.next())[0] == "hello"
        await publish(publisher, WAVED, channel, 1)
        await publish(publisher, KEPT, channel, 2)
        assert await tests(events, 2) == [("test:waved", 1, False), ("test:kept", 2, True)]
        place = events.last_id
    await publish(publisher, WAVED, channel, 3)
    await publish(publisher, KEPT, channel, 4)
    async with reading(gateway, f"channel={channel}", place) as events:
        assert await tests(events, 1) == [("test:kept", 4, True)]
        await publish(publisher, WAVED, channel, 5)
        assert await tests(events, 1) == [("test:waved", 5, False)]


async def test_nothing_of_it_is_kept(redis_url: str, redis: RedisStore) -> None:
    nodes = [await Node(redis_url).start() for _ in range(2)]
    first = await nodes[0].publish("counts")
    for node in nodes:
        await node.hears("counts")
    version = nodes[1].backplane.version(ROOM)
    before = await stored(redis)
    for number in range(3):
        assert await nodes[0].publish(f"wave {number}", EPHEMERAL) == first, "it has no place of its own"
    for node in nodes:
        await node.hears("counts", "wave 0", "wave 1", "wave 2")
        assert {one.policy for one in node.heard[1:]} == {EPHEMERAL}
        assert await node.backplane.replay({ROOM: 0}, Offset(first.epoch, 0)) == node.heard[:1]
        assert await node.backplane.history.since({ROOM: 0}, Offset(first.epoch, 0)) == node.heard[:1]
        assert await node.backplane.latest([ROOM]) == []
    assert await stored(redis) == before
    assert nodes[1].backplane.version(ROOM) == version, "no snapshot is outdated by it"
    for node in nodes:
        await node.stop()


async def test_what_comes_while_a_worker_is_away_is_gone_and_no_gap(own_redis: Any) -> None:
    one, two = [await Node(own_redis.url).start() for _ in range(2)]
    await one.publish("before")
    for node in (one, two):
        await node.hears("before")
    task = two.backplane._task
    assert task is not None
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)
    await one.publish("wave", EPHEMERAL)
    await one.publish("after")
    await two.backplane.start()
    await two.hears("before", "after")
    await one.hears("before", "wave", "after")
    assert (one.losses, two.losses) == ([], [])
    for node in (one, two):
        await node.stop()


async def test_a_reader_of_events_that_is_behind_goes_without_it(redis_url: str) -> None:
    node = await Node(redis_url).start()
    stream = await EventStreams(node.backplane).open([ROOM])
    stream.take()
    for number in range(40):
        await node.publish(f"{number:05} " + "x" * 10_000, EPHEMERAL)
    await node.publish("counts")
    await eventually(lambda: len(node.heard) == 41)
    waiting = stream.take().decode()
    numbers = [line[6:11] for line in waiting.split("\n") if line.startswith("data: 0")]
    assert numbers == [f"{number:05}" for number in range(26)], "what fits into a quarter of its cap"
    assert "data: counts" in waiting
    await node.publish("again", EPHEMERAL)
    await eventually(lambda: len(node.heard) == 42)
    assert b"data: again" in stream.take()
    stream.close()
    await node.stop()


async def stored(redis: RedisStore) -> dict[bytes, Any]:
    """Everything in Redis that has to do with events."""
    found: dict[bytes, Any] = {}
    async for key in redis.client.scan_iter(match="rt:*"):
        kind = await redis.client.type(key)
        command = {b"hash": "HGETALL", b"zset": "ZRANGE", b"stream": "XRANGE"}[kind]
        arguments = {"HGETALL": [], "ZRANGE": [0, -1, "WITHSCORES"], "XRANGE": ["-", "+"]}[command]
        found[key] = await redis.client.execute_command(command, key, *arguments)
    return found
