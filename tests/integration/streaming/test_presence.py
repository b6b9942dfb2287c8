"""Presence against a simple model, on a real Redis: whatever comes, goes and dies, the numbers are right."""

from __future__ import annotations

import asyncio
import random
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, rule

from kit.leases import _NODES, Nodes
from kit.redis import EmbeddedRedis, RedisStore
from kit.session import Role
from streaming.contracts import ListenerCount
from streaming.presence import _BATCH, Count, Presence
from streaming.stream_manager import StreamManager
from tests.support.doubles import caller, guest

GROUPS = ["channel:a", "channel:b", "user:x"]
MEMBERS = ["u:1", "u:2", "g:3"]
groups, members = st.sampled_from(GROUPS), st.sampled_from(MEMBERS)
slots, connections = st.integers(0, 2), st.integers(0, 3)


async def entered(presence: Presence, group: str, connection: str, member: str) -> None:
    presence.enter(group, connection, member)
    await presence.flush()


async def exited(presence: Presence, group: str, connection: str) -> None:
    presence.leave(group, connection)
    await presence.flush()


class PresenceMachine(RuleBasedStateMachine):
    """Three places for nodes, each of which may die and be followed by another."""

    url = ""

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.store = RedisStore(self.url)
        self.run(self.store.client.flushall())
        self.born = 0
        self.nodes: list[tuple[str, Presence]] = []
        # The model: who is where, by node; a dead node's stay until it is cleaned up.
        self.model: dict[str, dict[tuple[str, str], str]] = {}
        self.dead: list[str] = []
        for _ in range(3):
            self.nodes.append(self.give_birth())

    def run(self, work: Any) -> Any:
        return self.loop.run_until_complete(work)

    def give_birth(self) -> tuple[str, Presence]:
        self.born += 1
        name = f"node{self.born}"
        self.model[name] = {}
        return name, Presence(self.store, name)

    @rule(slot=slots, group=groups, connection=connections, member=members)
    def enter(self, slot: int, group: str, connection: int, member: str) -> None:
        name, presence = self.nodes[slot]
        key = (group, f"{name}-{connection}")
        self.run(entered(presence, group, key[1], member))
        self.model[name][key] = member

    @rule(slot=slots, group=groups, connection=connections)
    def leave(self, slot: int, group: str, connection: int) -> None:
        name, presence = self.nodes[slot]
        key = (group, f"{name}-{connection}")
        self.run(exited(presence, group, key[1]))
        self.model[name].pop(key, None)

    @rule(slot=slots)
    def die(self, slot: int) -> None:
        name, presence = self.nodes[slot]
        self.run(presence.close())
        self.dead.append(name)
        self.nodes[slot] = self.give_birth()

    @rule(finder=slots, again=st.booleans())
    def clean_up(self, finder: int, again: bool) -> None:
        for name in self.dead:
            touched = self.run(self.nodes[finder][1].clean_up(name))
            assert {group for group, _ in self.model[name]} <= set(touched)
            self.model[name] = {}
        if not again:
            self.dead.clear()

    @rule(slot=slots, finder=slots)
    def be_taken_for_dead(self, slot: int, finder: int) -> None:
        """Its lease ran out although it lives: others clean up, then it writes itself again."""
        name, presence = self.nodes[slot]
        self.run(self.nodes[finder][1].clean_up(name))
        assert set(self.run(presence.reassert())) == {group for group, _ in self.model[name]}

    @invariant()
    def the_numbers_are_right(self) -> None:
        for group in GROUPS:
            here = Counter(m for node in self.model.values() for (g, _), m in node.items() if g == group)
            assert self.run(self.nodes[0][1].count(group)) == Count(here.total(), len(here))
        for name, presence in self.nodes:
            for connection in range(4):
                held = sorted(g for g, c in self.model[name] if c == f"{name}-{connection}")
                assert presence.groups_of(f"{name}-{connection}") == held

    def teardown(self) -> None:
        for name, presence in self.nodes:
            for group, connection in list(self.model[name]):
                self.run(exited(presence, group, connection))
            self.run(presence.close())
            assert (presence._held, presence._groups) == ({}, {})
        for name in [*self.dead, *(name for name, _ in self.nodes)]:
            self.run(self.nodes[0][1].clean_up(name))
        left = self.run(self.store.client.keys("*"))
        self.run(self.store.close())
        self.loop.close()
        assert left == []


def test_presence_agrees_with_its_model(redis_url: str) -> None:
    PresenceMachine.url = redis_url
    PresenceMachine.TestCase.settings = settings(max_examples=25, stateful_step_count=30, deadline=None)
    PresenceMachine.TestCase("runTest").runTest()


async def test_at_the_same_time_it_is_right_as_well(redis: RedisStore) -> None:
    chance = random.Random(3)  # noqa: S311 - a seed, so that a failure comes again
    nodes = [Presence(redis, f"n{i}") for i in range(3)]
    for _ in range(10):
        for _ in range(60):
            node, connection = chance.choice(nodes), f"c{chance.randrange(4)}"
            if chance.random() < 0.5:
                node.enter("channel:a", f"{node._node}-{connection}", f"u:{connection}{chance.randrange(2)}")
            else:
                node.leave("channel:a", f"{node._node}-{connection}")
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)  # a batch may be on its way
        await asyncio.gather(*(node.flush() for node in nodes))
        held = [member for node in nodes for member in node._held.get("channel:a", {}).values()]
        assert await nodes[0].count("channel:a") == Count(len(held), len(set(held)))


async def test_a_node_with_many_listeners_is_cleaned_up_to_the_last(redis: RedisStore) -> None:
    dead, living = Presence(redis, "dead"), Presence(redis, "living")
    living.enter("channel:a", "c", "u:0")
    for n in range(9_000):
        dead.enter("channel:a", f"c{n}", f"u:{n % 7000}")
    await asyncio.gather(dead.flush(), living.flush())
    assert await living.count("channel:a") == Count(9_001, 7_000)
    assert await asyncio.wait_for(living.clean_up("dead"), 30) == ["channel:a"]
    assert await living.count("channel:a") == Count(1, 1)
    assert await redis.client.keys("presence:*dead*") == []


@pytest.fixture
def managers(redis: RedisStore) -> list[StreamManager]:
    return [StreamManager(redis, Nodes(redis, name)) for name in ("n1", "n2")]


async def written(managers: list[StreamManager]) -> None:
    """All counts hold what the workers hold."""
    await asyncio.gather(*(manager.flush() for manager in managers))


async def tell(manager: StreamManager) -> list[ListenerCount]:
    """What is news, told."""
    news = await manager.changed_listeners()
    for count in news:
        await manager.published_listeners(count)
    return news


async def test_what_could_not_be_told_is_found_again(managers: list[StreamManager]) -> None:
    one, two = managers
    one.join("ch", "c1", "u:1")
    await written(managers)
    assert [c.watching for c in await one.changed_listeners()] == [1]  # and then the worker died
    assert await two.changed_listeners() == []
    await two.look_again(["ch"])
    assert [c.watching for c in await tell(two)] == [1]
    await two.look_again(["ch"])
    assert await tell(two) == []


async def test_the_listeners_of_a_killed_worker_are_gone_after_one_round(
    managers: list[StreamManager], redis: RedisStore
) -> None:
    one, two = managers
    for manager in managers:
        await manager.keep_alive()
    one.join("ch", "c1", "u:1")
    one.join("ch", "c2", "u:2")
    two.join("ch", "c3", "u:2")
    await written(managers)
    assert [(c.watching, c.unique) for c in await tell(two)] == [(3, 0)]
    assert await tell(two) == []
    await two.clean_up_dead()
    assert (await two.listeners("ch")).watching == 3
    await redis.client.zadd(_NODES, {"n1": 1})
    await two.clean_up_dead()
    assert [(c.channel_id, c.watching, c.unique) for c in await tell(two)] == [("ch", 1, 0)]
    await one.keep_alive()  # it was only slow
    assert [(c.watching, c.unique) for c in await tell(two)] == [(3, 0)]


async def test_a_worker_that_wrote_after_it_was_forgotten_and_then_died_is_found(
    managers: list[StreamManager], redis: RedisStore
) -> None:
    one, two = managers
    for manager in managers:
        await manager.keep_alive()
    one.join("ch", "c1", "u:1")
    await written(managers)
    await redis.client.zadd(_NODES, {"n1": 1})  # it halts for so long
    await two.clean_up_dead()
    one.join("ch", "c2", "u:2")  # and goes on, but is killed before it renews its lease
    await written(managers)
    assert (await two.listeners("ch")).watching == 1
    await two.clean_up_dead()
    assert (await two.listeners("ch")).watching == 0
    assert await redis.client.keys("presence:*n1*") == []


async def test_what_is_written_while_it_is_cleaned_up_is_found_in_the_next_round(
    managers: list[StreamManager], redis: RedisStore
) -> None:
    one, two = managers
    for manager in managers:
        await manager.keep_alive()
    one.join("ch", "c1", "u:1")
    await written(managers)
    await redis.client.zadd(_NODES, {"n1": 1})
    look_again = two.look_again

    async def late(channel_ids: Sequence[str]) -> None:
        two.look_again = look_again  # type: ignore[method-assign]
        one.join("ch", "c2", "u:2")
        await written(managers)
        await look_again(channel_ids)

    two.look_again = late  # type: ignore[method-assign]
    await two.clean_up_dead()
    assert (await two.listeners("ch")).watching == 1
    await two.clean_up_dead()
    assert (await two.listeners("ch")).watching == 0


async def test_a_worker_that_stops_in_order_leaves_nothing(managers: list[StreamManager], redis: RedisStore) -> None:
    one, two = managers
    for manager in managers:
        await manager.keep_alive()
        manager.join("ch", f"c-{id(manager)}", "u:1")
        manager.connected(caller(Role.OWNER, "boss", f"s-{id(manager)}"))
    await written(managers)
    await tell(two)
    await one.sign_off()
    assert [(c.watching, c.unique) for c in await tell(two)] == [(1, 0)]
    assert await two.owner_present("boss")
    await two.sign_off()
    assert not await two.owner_present("boss")
    await tell(two)
    assert await redis.client.keys("*") == []


async def test_coming_and_going_within_a_round_tells_nothing(managers: list[StreamManager]) -> None:
    one, two = managers
    one.join("ch", "c1", "u:1")
    await written(managers)
    await tell(one)
    two.join("ch", "c2", "u:2")
    await written(managers)
    two.leave("ch", "c2")
    one.join("ch", "c1", "u:1")
    await written(managers)
    assert await tell(one) == []


async def test_only_those_who_can_own_are_noted_and_all_of_a_connection_goes(managers: list[StreamManager]) -> None:
    one, two = managers
    owner, fan = caller(Role.OWNER, "boss", "c1"), caller(Role.LISTENER, "fan", "c2")
    for session in (owner, fan, guest("c3")):
        one.connected(session)
        one.join("ch", session.connection_id, session.member)
    await written(managers)
    assert await two.owner_present("boss")
    assert not await two.owner_present("fan")
    one.join("other", "c1", owner.member)
    one.disconnected(owner)
    await written(managers)
    assert not await two.owner_present("boss")
    assert ((await two.listeners("ch")).watching, (await two.listeners("other")).watching) == (2, 0)
    one.disconnected(owner)
    await written(managers)
    assert (await two.listeners("ch")).watching == 2


async def test_numbers_that_only_a_snapshot_showed_are_put_right(managers: list[StreamManager]) -> None:
    """Two leave and come back between two rounds; who joined in between must not keep the lower number."""
    one, two = managers
    for n in range(3):
        one.join("ch", f"c{n}", f"u:{n}")
    await written(managers)
    await tell(two)
    assert [c.watching for c in await two.show_listeners(["ch", "other"])] == [3, 0]
    assert await tell(two) == [], "nothing else was told to anybody"
    one.leave("ch", "c0")
    await written(managers)
    assert [c.watching for c in await two.show_listeners(["ch"])] == [2]
    one.join("ch", "c0", "u:0")
    await written(managers)
    assert [c.watching for c in await tell(two)] == [3]
    assert await tell(two) == []


async def test_a_snapshot_taken_while_the_numbers_are_told_is_put_right_as_well(managers: list[StreamManager]) -> None:
    one, two = managers
    one.join("ch", "c1", "u:1")
    await written(managers)
    (told,) = await two.changed_listeners()
    one.join("ch", "c2", "u:2")
    await written(managers)
    assert [c.watching for c in await one.show_listeners(["ch"])] == [2]
    one.leave("ch", "c2")
    await written(managers)
    await two.published_listeners(told)
    assert [c.watching for c in await tell(two)] == [1]
    assert await tell(two) == []


async def test_a_crowd_hears_its_number_less_often(redis: RedisStore) -> None:
    now = 1_000.0
    manager = StreamManager(redis, Nodes(redis, "n1"), monotonic=lambda: now)
    for n in range(2_500):
        manager.join("ch", f"c{n}", f"g:{n}")
    await manager.flush()
    assert [c.watching for c in await tell(manager)] == [2_500]
    manager.leave("ch", "c0")
    await manager.flush()
    for _ in range(2):
        assert await tell(manager) == []
        now += 1.0
    assert await tell(manager) == []
    now += 0.5
    assert [c.watching for c in await tell(manager)] == [2_499]
    assert await tell(manager) == []


async def test_while_redis_is_away_nobody_waits_and_the_counts_come_after(tmp_path: Path) -> None:
    server = EmbeddedRedis(tmp_path)
    await server.start()
    store = RedisStore(server.url)
    presence = Presence(store, "n1")
    presence.enter("channel:a", "c0", "u:0")
    await presence.flush()
    await server.stop()
    for n in range(1, 2_000):
        presence.enter("channel:a", f"c{n}", f"u:{n}")
        if n % 2:
            presence.leave("channel:a", f"c{n}")
        await asyncio.sleep(0)
    presence.leave("channel:a", "c0")
    assert len(presence._unwritten) + len(presence._writing) <= 999 + 1 + _BATCH, "who came and went leaves nothing"
    await server.start()
    try:
        await asyncio.wait_for(presence.flush(), 30)
        assert await presence.count("channel:a") == Count(999, 999)
    finally:
        await presence.close()
        await store.close()
        await server.stop()


async def test_a_crowd_that_leaves_is_gone_in_few_round_trips(redis: RedisStore) -> None:
    presence = Presence(redis, "n1")
    for n in range(6_000):
        presence.enter("channel:a", f"c{n}", f"u:{n % 4000}")
    await presence.flush()
    assert await presence.count("channel:a") == Count(6_000, 4_000)
    before = (await redis.client.info("commandstats"))["cmdstat_eval"]["calls"]
    for n in range(6_000):
        presence.leave("channel:a", f"c{n}")
    await presence.flush()
    calls = (await redis.client.info("commandstats"))["cmdstat_eval"]["calls"] - before
    assert await presence.count("channel:a") == Count(0, 0)
    assert calls <= 6_000 / _BATCH + 1
    assert (presence._held, presence._groups, presence._unwritten) == ({}, {}, {})
