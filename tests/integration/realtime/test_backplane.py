"""Two nodes on one real Redis: the same order, nothing twice, never silently deaf."""

from __future__ import annotations

import asyncio
import random
import signal
from collections.abc import AsyncIterator
from typing import Any

import pytest

from kit.contracts import Policy
from kit.errors import Unavailable
from kit.redis import RedisStore
from realtime.backplane import Offset
from realtime.history import Retention
from realtime.redis_keys import CHANNEL, LATEST, STATE, STREAM, TAILS
from tests.harness import eventually
from tests.support.nodes import ROOM, Node

RECOVERABLE, LATEST_WINS = Policy.RECOVERABLE, Policy.LATEST_WINS


@pytest.fixture
async def pair(redis_url: str) -> AsyncIterator[list[Node]]:
    nodes = [await Node(redis_url).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        await node.stop()


@pytest.fixture
async def own_pair(own_redis: Any) -> AsyncIterator[list[Node]]:
    nodes = [await Node(own_redis.url).start() for _ in range(2)]
    yield nodes
    for node in nodes:
        await node.stop()


async def subscribers(node: Node, room: str) -> int:
    """Connections to Redis that hear a room."""
    verb = "SHARDNUMSUB" if node.backplane._sharded else "NUMSUB"
    return int((await node.store.client.execute_command("PUBSUB", verb, CHANNEL + room))[1])


async def kill_subscriptions(node: Node) -> None:
    await node.store.client.execute_command("CLIENT", "KILL", "TYPE", "pubsub")


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


# Replay for a connection that comes back


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
