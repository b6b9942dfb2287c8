"""The backplane on Redis 6.2, the oldest that is supported by URL: it has no sharded channels."""

from __future__ import annotations

from typing import Any

from kit.contracts import Policy
from realtime.offsets import Offset
from tests.harness import eventually
from tests.support.nodes import ROOM, Node


async def test_events_arrive_and_what_was_missed_is_replayed(oldest_redis: Any) -> None:
    assert oldest_redis.command("INFO", "server")["redis_version"].startswith("6.2.")
    one, two = await Node(oldest_redis.url).start(), await Node(oldest_redis.url).start()
    first = await one.publish("first")
    await two.publish("value", Policy.LATEST_WINS)
    await one.publish("once", once="key")
    await two.publish("once", once="key")
    for node in (one, two):
        await node.hears("first", "value", "once")
        await eventually(lambda node=node: not node.losses)
    await one.store.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    await two.publish("meanwhile")
    for node in (one, two):
        await eventually(lambda node=node: [text for _, _, text in node.recoverable] == ["first", "once", "meanwhile"])
    replayed = await one.backplane.replay({ROOM: 0}, first)
    assert [envelope.payload for envelope in replayed or []] == [b"once", b"meanwhile"]
    for node in (one, two):
        await node.stop()


async def test_a_restart_with_its_data_goes_on_and_an_empty_one_begins_anew(oldest_redis: Any) -> None:
    node = await Node(oldest_redis.url).start()
    before = await node.publish("before")
    await node.hears("before")
    oldest_redis.shut_down()
    await eventually(lambda: not node.backplane.connected.is_set())
    oldest_redis.start()
    await node.connected()
    assert await node.publish("after") == Offset(before.epoch, 2)
    await node.hears("before", "after")
    oldest_redis.command("FLUSHALL")
    await eventually(lambda: node.losses == [frozenset({ROOM})])
    await node.connected()
    assert (await node.publish("anew")).epoch != before.epoch
    await node.stop()
