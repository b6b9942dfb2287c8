"""The relay: once, in order, whatever died in between. On both databases, through the real backplane."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any, Self

import pytest
from sqlalchemy import func, insert, select

from kit.contracts import Policy, Publication, Reply
from kit.db import Database, OutboxRow
from kit.outbox import _ORPHAN_MS, OutboxRelay
from kit.redis import RedisStore
from realtime.backplane import Backplane
from realtime.offsets import Envelope
from tests.harness import eventually
from tests.support.doubles import ManualClock, captured_logs

ROOMS = ("a", "end", "left", "room0", "room1", "room2")


class Note(Reply, frozen=True, kw_only=True):
    n: int


class Node:
    """A worker's backplane, and what it heard."""

    def __init__(self, url: str, epoch: str = "epoch") -> None:
        self.store = RedisStore(url)
        self.heard: list[tuple[str, int]] = []
        self.backplane = Backplane(self.store, new_epoch=lambda: epoch, deliver=self._deliver, lost=self._lost)

    async def _deliver(self, envelope: Envelope) -> None:
        self.heard.append((envelope.room, json.loads(envelope.payload)["n"]))

    async def _lost(self, _rooms: frozenset[str]) -> None:
        pytest.fail("nothing was lost here")

    async def publish(self, room: str, event: str, payload: Any, policy: Policy, *, once: str | None = None) -> str:
        return str(await self.backplane.publish(room, event, bytes(payload), policy, once))

    async def __aenter__(self) -> Self:
        await self.backplane.start()
        for room in ROOMS:  # a worker hears only the rooms that its connections are in
            await self.backplane.subscribe(room)
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.backplane.stop()
        await self.store.close()


@pytest.fixture
async def node(redis_url: str) -> AsyncIterator[Node]:
    async with Node(redis_url) as node:
        yield node


async def announce(database: Database, room: str, *numbers: int) -> None:
    async with database.transaction() as tx:
        for n in numbers:
            tx.announce(Publication(room, "note:made", Note(n=n), Policy.RECOVERABLE))


async def waiting(database: Database) -> int:
    async with database.read() as tx:
        return int(await tx.session.scalar(select(func.count()).select_from(OutboxRow)) or 0)


async def test_what_is_announced_is_published_once_and_in_order(database: Database, node: Node) -> None:
    database.publish_through(OutboxRelay(database, node, ManualClock()))
    await announce(database, "a", 1, 2)
    await announce(database, "a", 3)
    assert await waiting(database) == 0
    await asyncio.gather(*(announce(database, f"room{n % 3}", n) for n in range(30)))
    await eventually(lambda: len(node.heard) == 33)
    assert node.heard[:3] == [("a", 1), ("a", 2), ("a", 3)]
    assert sorted(n for room, n in node.heard if room != "a") == list(range(30))
    assert await waiting(database) == 0


async def test_more_than_a_batch_goes_out_in_one_flush(database: Database, node: Node) -> None:
    await announce(database, "a", *range(1203))
    await OutboxRelay(database, node, ManualClock()).flush(["a"])
    await eventually(lambda: len(node.heard) == 1203)
    assert [n for _, n in node.heard] == list(range(1203))
    assert await waiting(database) == 0


async def test_while_redis_is_away_it_stays_and_goes_out_later(database: Database, own_redis: Any) -> None:
    clock = ManualClock()
    async with Node(own_redis.url) as node:
        relay = OutboxRelay(database, node, clock)
        database.publish_through(relay)
        await announce(database, "a", 1)
        await eventually(lambda: node.heard == [("a", 1)])
        own_redis.shut_down()  # in order: a crash may lose the newest, which is another story
        with captured_logs() as lines:
            await announce(database, "a", 2)
            await announce(database, "a", 3)
        assert await waiting(database) == 2
        assert {line["event"] for line in lines} >= {"publishing waits in the outbox"}
        own_redis.start()
        await eventually(node.backplane.connected.is_set)
        await announce(database, "a", 4)
        await eventually(lambda: len(node.heard) == 4)
    assert [n for _, n in node.heard] == [1, 2, 3, 4], "in the order of the commits, not of the attempts"
    assert await waiting(database) == 0


async def test_the_sweep_finds_what_a_dead_process_left(database: Database, node: Node) -> None:
    clock = ManualClock()
    await announce(database, "left", 1, 2)  # committed without a relay: its process died right there
    async with database.read() as tx:
        created = int(await tx.session.scalar(select(func.max(OutboxRow.created_ms))) or 0)
    relay = OutboxRelay(database, node, clock)
    clock.ms = created
    assert await relay.sweep() == 0, "its process may still be about to publish"
    clock.ms = created + _ORPHAN_MS + 1
    assert await relay.sweep() == 1
    assert await relay.sweep() == 0
    await eventually(lambda: node.heard == [("left", 1), ("left", 2)])


async def test_a_row_that_two_relays_find_is_published_once(database: Database, node: Node, redis_url: str) -> None:
    await announce(database, "a", *range(40))
    async with Node(redis_url, "other") as other:
        relays = [OutboxRelay(database, publisher, ManualClock()) for publisher in (node, other)]
        await asyncio.gather(*(relay.flush(["a"]) for relay in relays for _ in range(3)))
        await announce(database, "end", 99)
        await relays[0].flush(["end"])
        for one in (node, other):
            await eventually(lambda one=one: ("end", 99) in one.heard)
            assert one.heard == [*(("a", n) for n in range(40)), ("end", 99)]


async def test_a_row_whose_deletion_failed_is_not_published_again(database: Database, node: Node) -> None:
    relay = OutboxRelay(database, node, ManualClock())
    await announce(database, "a", 1)
    async with database.read() as tx:
        row = (await tx.session.scalars(select(OutboxRow))).one()
    await relay.flush(["a"])
    async with database.transaction() as tx:  # as after a crash between publishing and deleting
        values = {
            name: getattr(row, name) for name in ("id", "key", "room", "event", "policy", "payload", "created_ms")
        }
        await tx.session.execute(insert(OutboxRow).values(**values))
    await relay.flush(["a"])
    assert await waiting(database) == 0
    await announce(database, "a", 2)
    await relay.flush(["a"])
    await eventually(lambda: node.heard == [("a", 1), ("a", 2)])
