"""Two nodes on one real Redis: the same order, nothing twice, never silently deaf."""

from __future__ import annotations

import asyncio
import random
import signal
from typing import Any

import pytest

from kit.contracts import Policy
from kit.errors import Unavailable
from kit.redis import RedisStore
from realtime.offsets import Offset
from realtime.redis_keys import CHANNEL, LATEST, STATE, STREAM, TAILS
from tests.harness import eventually
from tests.support.nodes import ROOM, Node, kill_subscriptions

RECOVERABLE, LATEST_WINS = Policy.RECOVERABLE, Policy.LATEST_WINS


async def subscribers(node: Node, room: str) -> int:
    """Connections to Redis that hear a room."""
    verb = "SHARDNUMSUB" if node.backplane._sharded else "NUMSUB"
    return int((await node.store.client.execute_command("PUBSUB", verb, CHANNEL + room))[1])


async def test_everybody_hears_the_same_in_the_same_order(pair: list[Node]) -> None:
    chance = random.Random(7)  # noqa: S311 - a seed, so that a failure comes again
    policies = [chance.choice([RECOVERABLE, RECOVERABLE, LATEST_WINS]) for _ in range(300)]
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
    assert [node.losses for node in pair] == [[], []]


async def test_the_order_is_one_for_many_rooms(redis_url: str) -> None:
    rooms = [f"room{n}" for n in range(8)]
    nodes = [await Node(redis_url).start(*rooms) for _ in range(2)]
    sent = [nodes[n % 2].publish(str(n), RECOVERABLE if n % 3 else LATEST_WINS, room=rooms[n % 7]) for n in range(600)]
    await asyncio.gather(*sent)
    for node in nodes:
        await eventually(lambda node=node: len(node.heard) == 600)
        numbers = [number for number, _, _ in node.recoverable]
        assert numbers == list(range(1, 401))
        await node.stop()
    assert nodes[0].heard == nodes[1].heard


async def test_a_node_that_comes_later_starts_from_there(pair: list[Node], redis_url: str) -> None:
    for n in range(3):
        await pair[0].publish(str(n))
    late = await Node(redis_url).start()
    assert late.backplane.seen == late.backplane.place == Offset(pair[0].backplane.seen.epoch, 3)
    await pair[0].publish("new")
    await late.hears("new")
    assert late.losses == []
    await late.stop()


async def test_a_node_hears_only_rooms_with_members(redis_url: str) -> None:
    one, two = await Node(redis_url, linger=0.01).start("a"), await Node(redis_url).start("b")
    await one.publish("for a", room="a")
    await one.publish("for b", room="b")
    await one.publish("for nobody", room="c")
    await one.hears("for a")
    await two.hears("for b")
    assert await subscribers(one, "a") == 1
    assert await subscribers(one, "c") == 0
    one.backplane.unsubscribe("a")

    async def gone() -> bool:
        return await subscribers(one, "a") == 0

    await eventually(gone)
    # Coming back begins anew: nothing from in between, everything from the place on.
    await two.publish("nobody is here", room="a")
    place = await one.backplane.subscribe("a")
    after = await two.publish("back", room="a")
    assert place.number == after.number - 1
    await one.hears("for a", "back")
    assert one.losses == two.losses == []
    for node in (one, two):
        await node.stop()


async def test_a_room_is_kept_while_any_member_is_left(redis_url: str) -> None:
    node = await Node(redis_url, linger=0.01).start()
    await asyncio.gather(*(node.backplane.subscribe("full") for _ in range(50)))
    for _ in range(49):
        node.backplane.unsubscribe("full")
    node.backplane._look_at = 0.0
    node.backplane._look_after()
    await node.publish("still", room="full")
    await node.hears("still")
    await node.stop()


async def test_joining_waits_until_the_room_is_heard(pair: list[Node]) -> None:
    one, two = pair
    stop = False

    async def talk() -> list[int]:
        numbers = []
        while not stop:
            numbers.append((await two.publish("talk", room="busy")).number)
        return numbers

    talking = asyncio.create_task(talk())
    await eventually(lambda: two.backplane._tracker.highest > 20)
    place = await one.backplane.subscribe("busy")
    heard_from = len(one.heard)
    await eventually(lambda: len(one.heard) > heard_from + 20)
    stop = True
    numbers = await talking
    await eventually(lambda: one.heard[-1].number == numbers[-1])
    assert place.number > 1
    assert [e.number for e in one.heard if e.number > place.number] == [n for n in numbers if n > place.number]


async def test_joining_is_refused_while_redis_is_away(own_pair: list[Node], own_redis: Any, monkeypatch: Any) -> None:
    monkeypatch.setattr("realtime.backplane._JOIN_SECONDS", 0.1)
    one = own_pair[0]
    own_redis.stop()
    await eventually(lambda: not one.backplane.connected.is_set())
    with pytest.raises(Unavailable):
        await one.backplane.subscribe("new")
    assert one.backplane._rooms["new"].members == 0
    await one.backplane.subscribe(ROOM)  # it is heard already, and what is missed now will be replayed
    own_redis.start()
    await one.connected()
    await one.backplane.subscribe("new")


async def test_after_a_restart_of_redis_both_receive_again(own_pair: list[Node], own_redis: Any) -> None:
    one, two = own_pair
    before = await one.publish("before")
    for node in own_pair:
        await node.hears("before")
    own_redis.stop()
    for node in own_pair:
        await eventually(lambda node=node: not node.backplane.connected.is_set())
        with pytest.raises(Unavailable):
            await node.publish("into the void")
    own_redis.start()
    for node in own_pair:
        await node.connected()
    after = await two.publish("after")
    for node in own_pair:
        await node.hears("before", "after")
    assert after == Offset(before.epoch, 2), "it kept its data, so its epoch goes on"
    assert [node.losses for node in own_pair] == [[], []], "nothing was missed, so nobody has to reload"
    assert await one.backplane.replay({ROOM: 0}, Offset(before.epoch, 0)) == one.heard


async def test_what_was_missed_while_away_is_replayed_in_order(own_pair: list[Node]) -> None:
    one, two = own_pair
    for node in own_pair:
        await node.backplane.subscribe("other")
    await one.publish("before")
    for node in own_pair:
        await node.hears("before")
    # Cut every subscription and speak before anybody can be back: as a network that failed.
    for _ in range(5):
        await kill_subscriptions(one)
        await asyncio.gather(*(two.publish(f"{n}", room=(ROOM, "other")[n % 2]) for n in range(100)))
        await one.publish("newest", LATEST_WINS)
    await eventually(lambda: all(len(node.recoverable) == 501 for node in own_pair))
    await eventually(lambda: all("newest" in node.texts for node in own_pair))
    for node in own_pair:
        assert [number for number, _, _ in node.recoverable] == list(range(1, 502))
        assert node.losses == []
        assert node.replayed > 0
    assert one.recoverable == two.recoverable


async def test_a_latest_value_that_was_missed_is_told_and_no_older_one_after_it(own_pair: list[Node]) -> None:
    one, two = own_pair
    await one.publish("known", LATEST_WINS)
    for node in own_pair:
        await node.hears("known")
    pipe = one.store.client.pipeline(transaction=True)
    pipe.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    pipe.hincrby(STATE, "version", 1)
    pipe.hset(LATEST + ROOM, "said", "2 0\nmissed")
    pipe.hset(LATEST + ROOM, "other", "1 0\nseen")
    await pipe.execute()
    for node in own_pair:
        await node.hears("known", "missed")
    await two.publish("after", LATEST_WINS)
    for node in own_pair:
        await node.hears("known", "missed", "after")


async def test_only_rooms_whose_gap_cannot_be_filled_are_lost(own_pair: list[Node]) -> None:
    one = own_pair[0]
    for node in own_pair:
        await node.backplane.subscribe("other")
    before = await one.publish("before", room="other")
    await one.publish("before")
    for node in own_pair:
        await node.hears("before", "before")
    pipe = one.store.client.pipeline(transaction=True)
    pipe.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    pipe.hset(STATE, "number", 4)
    pipe.zadd(TAILS, {"other": 3, ROOM: 4})  # 3 was in a stream that is gone; 4 can still be read
    pipe.delete(STREAM + before.epoch + ":other")
    pipe.xadd(STREAM + before.epoch + ":" + ROOM, {"e": "said", "v": 2, "p": "missed"}, id="4-0")
    await pipe.execute()
    for node in own_pair:
        await eventually(lambda node=node: node.losses == [frozenset({"other"})])
        await node.hears("before", "before", "missed")
    await one.publish("after", room="other")
    for node in own_pair:
        await node.hears("before", "before", "missed", "after")
        assert node.losses == [frozenset({"other"})]
    assert await one.backplane.replay({"other": 0}, before) is None, "part of a gap is never told"
    assert await one.backplane.replay({"other": 4}, before) == one.heard[-1:]


async def test_a_request_to_close_arrives_although_the_worker_was_away(own_pair: list[Node]) -> None:
    one, two = own_pair
    await kill_subscriptions(one)
    await one.backplane.publish("", "", b"close", Policy.CONTROL, None)
    for node in own_pair:
        await node.hears("close")
        assert (node.heard[0].room, node.heard[0].event) == ("", "")
    assert two.losses == []


async def test_a_lost_request_to_close_means_that_nobody_can_be_trusted(own_pair: list[Node]) -> None:
    one = own_pair[0]
    close = await one.backplane.publish("", "", b"close", Policy.CONTROL, None)
    for node in own_pair:
        await node.hears("close")
    pipe = one.store.client.pipeline(transaction=True)
    pipe.execute_command("CLIENT", "KILL", "TYPE", "pubsub")
    pipe.hset(STATE, "number", 2)
    pipe.zadd(TAILS, {"~control": 2})
    pipe.delete(STREAM + close.epoch + ":~control")
    await pipe.execute()
    for node in own_pair:
        await eventually(lambda node=node: node.losses == [frozenset({ROOM})])


async def test_a_frozen_redis_is_left_and_nothing_is_lost(own_pair: list[Node], own_redis: Any) -> None:
    one, two = own_pair
    await one.publish("before")
    for node in own_pair:
        await node.hears("before")
    own_redis.process.send_signal(signal.SIGSTOP)
    try:
        for node in own_pair:
            await eventually(lambda node=node: not node.backplane.connected.is_set())
        with pytest.raises(Unavailable):
            await one.publish("perhaps", once="perhaps")
    finally:
        own_redis.process.send_signal(signal.SIGCONT)
    for node in own_pair:
        await node.connected()
    await one.publish("perhaps", once="perhaps")
    await two.publish("after")
    for node in own_pair:
        await node.hears("before", "perhaps", "after")
        assert node.losses == []


async def test_a_hole_within_a_room_is_found_and_filled(pair: list[Node]) -> None:
    one, two = pair
    await one.publish("1")
    for node in pair:
        await node.hears("1")
    epoch = one.backplane.seen.epoch
    # Number 2 was kept but its message never came (nothing does that today; if ever, it must be seen).
    pipe = one.store.client.pipeline(transaction=True)
    pipe.hset(STATE, "number", 2)
    pipe.zadd(TAILS, {ROOM: 2})
    pipe.xadd(STREAM + epoch + ":" + ROOM, {"e": "said", "v": 1, "p": "2"}, id="2-0")
    await pipe.execute()
    await two.publish("3")
    for node in pair:
        await node.hears("1", "2", "3")
        assert node.losses == []


async def test_a_worker_that_falls_behind_reads_the_stream_instead(pair: list[Node], monkeypatch: Any) -> None:
    two = pair[1]
    monkeypatch.setattr("realtime.backplane._INBOX_BYTES", 20_000)
    await asyncio.gather(*(two.publish(f"{n:01000}") for n in range(300)))
    for node in pair:
        await eventually(lambda node=node: len(node.heard) == 300)
        assert [int(text) for text in node.texts] == sorted(int(text) for text in node.texts)
        assert node.losses == []


async def test_a_receiver_that_fails_does_not_make_the_worker_deaf(redis_url: str) -> None:
    node = await Node(redis_url).start()

    async def fail(_: object) -> None:
        raise RuntimeError("a defect elsewhere")

    node.backplane._receivers.insert(0, (fail, fail))
    await node.publish("heard all the same")
    await node.hears("heard all the same")
    await node.store.client.flushall()
    await eventually(lambda: len(node.losses) == 1)
    await node.stop()


async def test_a_stop_leaves_no_connection_and_no_task(redis_url: str) -> None:
    store = RedisStore(redis_url)
    before, tasks = int((await store.client.info("clients"))["connected_clients"]), len(asyncio.all_tasks())
    node = await Node(redis_url).start()
    await node.publish("1")
    await node.stop()

    async def gone() -> bool:
        return int((await store.client.info("clients"))["connected_clients"]) == before

    await eventually(gone)
    assert len(asyncio.all_tasks()) == tasks
    await store.close()
