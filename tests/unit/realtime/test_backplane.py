"""Two nodes on one real Redis: the same order, nothing twice, never silently deaf."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest

from kit.contracts import Policy
from kit.errors import Unavailable
from kit.redis import RedisStore
from realtime.backplane import _COUNTER, Backplane, Envelope, Offset
from tests.harness import eventually

RECOVERABLE, LATEST = Policy.RECOVERABLE, Policy.LATEST_WINS


class Node:
    """One worker: what it was told, and how often it was told that something is missing."""

    made = 0

    def __init__(self, url: str) -> None:
        self.store = RedisStore(url)
        self.heard: list[Envelope] = []
        self.lost = 0
        self.backplane = Backplane(self.store, new_epoch=self._epoch, deliver=self._deliver, lost=self._lose)

    @classmethod
    def _epoch(cls) -> str:
        cls.made += 1
        return f"epoch{cls.made}"

    async def _deliver(self, envelope: Envelope) -> None:
        await asyncio.sleep(0)  # a fan-out that lets others run must not change the order
        self.heard.append(envelope)

    async def _lose(self) -> None:
        self.lost += 1

    async def publish(self, text: str, policy: Policy = RECOVERABLE, once: str | None = None) -> Offset:
        return await self.backplane.publish("room", "said", text.encode(), policy, once)

    @property
    def texts(self) -> list[str]:
        return [envelope.payload.decode() for envelope in self.heard]


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[list[Node]]:
    nodes = [Node(redis_url), Node(redis_url)]
    for node in nodes:
        await node.backplane.start()
    yield nodes
    for node in nodes:
        await node.backplane.stop()
        await node.store.close()


@pytest.fixture
async def own_pair(own_redis: Any) -> AsyncIterator[list[Node]]:
    nodes = [Node(own_redis.url), Node(own_redis.url)]
    for node in nodes:
        await node.backplane.start()
    yield nodes
    for node in nodes:
        await node.backplane.stop()
        await node.store.close()


async def test_everybody_hears_the_same_in_the_same_order(pair: list[Node]) -> None:
    chance = random.Random(7)  # noqa: S311 - a seed, so that a failure comes again
    policies = [chance.choice([RECOVERABLE, RECOVERABLE, LATEST]) for _ in range(300)]
    offsets = await asyncio.gather(
        *(pair[n % 2].publish(f"{n}\nwith a line break", policy) for n, policy in enumerate(policies))
    )
    for node in pair:
        await eventually(lambda node=node: len(node.heard) == 300)
    assert pair[0].heard == pair[1].heard
    assert len(set(pair[0].texts)) == 300
    numbers = [envelope.number for envelope in pair[0].heard if envelope.recoverable]
    assert numbers == list(range(1, policies.count(RECOVERABLE) + 1))
    assert sorted(o.number for o, policy in zip(offsets, policies, strict=True) if policy is RECOVERABLE) == numbers
    assert {offset.epoch for offset in offsets} == {pair[0].backplane.seen.epoch}
    assert pair[0].backplane.seen == pair[1].backplane.seen
    assert [node.lost for node in pair] == [0, 0]


async def test_the_payload_arrives_as_it_was_sent(pair: list[Node]) -> None:
    text = '{"a":"ä🎉\\n","b":"\\u0000"}'
    await pair[0].backplane.publish('r"oo\\m ü', 'e"v', text.encode(), RECOVERABLE, None)
    for node in pair:
        await eventually(lambda node=node: node.texts == [text])
        assert (node.heard[0].room, node.heard[0].event) == ('r"oo\\m ü', 'e"v')


async def test_a_publication_with_the_same_key_arrives_once(pair: list[Node]) -> None:
    first = await pair[0].publish("once", once="key")
    assert await pair[1].publish("twice", once="key") == first
    await asyncio.gather(*(node.publish("many", once="other") for node in pair for _ in range(10)))
    await pair[1].publish("end")
    for node in pair:
        await eventually(lambda node=node: "end" in node.texts)
        assert node.texts == ["once", "many", "end"]


async def test_a_node_that_comes_later_starts_from_there(pair: list[Node], redis_url: str) -> None:
    for n in range(3):
        await pair[0].publish(str(n))
    late = Node(redis_url)
    await late.backplane.start()
    assert late.backplane.seen == Offset(pair[0].backplane.seen.epoch, 3)
    await pair[0].publish("new")
    await eventually(lambda: late.texts == ["new"])
    assert late.lost == 0
    await late.backplane.stop()
    await late.store.close()


async def test_after_a_restart_of_redis_both_receive_again(own_pair: list[Node], own_redis: Any) -> None:
    one, two = own_pair
    await one.publish("before")
    for node in own_pair:
        await eventually(lambda node=node: node.texts == ["before"])
    own_redis.stop()
    for node in own_pair:
        await eventually(lambda node=node: not node.backplane.connected.is_set())
        with pytest.raises(Unavailable):
            await node.publish("into the void")
    own_redis.start()
    for node in own_pair:
        await eventually(node.backplane.connected.is_set)
    await two.publish("after")
    for node in own_pair:
        await eventually(lambda node=node: node.texts == ["before", "after"])
    assert [node.lost for node in own_pair] == [0, 0], "nothing was missed, so nobody has to reload"


async def test_who_missed_something_while_away_is_told(own_pair: list[Node]) -> None:
    one = own_pair[0]
    await one.publish("before")
    for node in own_pair:
        await eventually(lambda node=node: node.texts == ["before"])
    # Cut every subscription and count on before anybody can be back: as a network that failed for one of two.
    pipe = one.store.client.pipeline(transaction=True)
    pipe.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    pipe.incr(_COUNTER)
    await pipe.execute()
    for node in own_pair:
        await eventually(lambda node=node: node.lost == 1)
        await eventually(node.backplane.connected.is_set)
    await one.publish("after")
    for node in own_pair:
        await eventually(lambda node=node: node.texts == ["before", "after"])
        assert (node.lost, node.backplane.seen.number) == (1, 3)


async def test_a_redis_that_lost_everything_begins_a_new_epoch(pair: list[Node]) -> None:
    one, two = pair
    before = await one.publish("before")
    for node in pair:
        await eventually(lambda node=node: node.texts == ["before"])
    await one.store.client.flushall()
    after = await two.publish("first of the new epoch")
    assert after.epoch != before.epoch
    for node in pair:
        await eventually(lambda node=node: node.lost == 1)
        assert node.backplane.seen == after
    await one.publish("second")
    for node in pair:
        await eventually(lambda node=node: node.texts == ["before", "second"])
        assert node.lost == 1


async def test_a_loss_while_away_is_noticed_on_the_way_back(own_pair: list[Node], own_redis: Any) -> None:
    await own_pair[0].publish("before")
    for node in own_pair:
        await eventually(lambda node=node: node.texts == ["before"])
    own_redis.stop()
    for path in own_redis.directory.glob("appendonly*"):
        for file in path.iterdir() if path.is_dir() else [path]:
            file.unlink()
    own_redis.start()
    for node in own_pair:
        await eventually(lambda node=node: node.lost == 1)


def message(number: int, text: str, *, recoverable: bool = True, epoch: str = "e") -> bytes:
    head = msgspec.json.encode([epoch, number, int(recoverable), "room", "said"])
    return head + b"\n" + text.encode()


async def test_what_arrives_between_subscribing_and_reading_the_counter_is_not_told_twice(redis_url: str) -> None:
    node = Node(redis_url)
    node.backplane._seen = Offset("e", 2)  # read after these three were published
    await node.backplane._receive(message(1, "old"))
    await node.backplane._receive(message(1, "newest count", recoverable=False))
    await node.backplane._receive(message(2, "old too"))
    await node.backplane._receive(message(3, "new"))
    assert node.texts == ["newest count", "new"]
    assert (node.lost, node.backplane.seen) == (0, Offset("e", 3))
    await node.store.close()


async def test_a_hole_in_the_numbers_is_a_loss(redis_url: str) -> None:
    node = Node(redis_url)
    node.backplane._seen = Offset("e", 2)
    await node.backplane._receive(message(4, "after the hole"))
    assert (node.texts, node.lost, node.backplane.seen) == ([], 1, Offset("e", 4))
    await node.backplane._receive(message(6, "latest", recoverable=False))
    assert (node.lost, node.backplane.seen) == (2, Offset("e", 6))
    await node.store.close()
