"""A process that dies between any two steps of an ingest loses nothing and doubles nothing, on both databases.

Run as a program, this takes in one batch again and again, each time in a process of its own that kills itself one
step later than the one before: before and after each statement, before each commit, around each publication.
"""

from __future__ import annotations

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from sqlalchemy import event as sqlalchemy_event
from sqlalchemy import func, select

from kit.clock import SystemClock
from kit.contracts import Policy
from kit.db import Database, OutboxRow
from kit.ids import UlidGenerator
from kit.outbox import OutboxRelay
from kit.redis import RedisStore
from kit.rooms import match_room
from matches.service import MatchService
from realtime.backplane import Backplane
from realtime.offsets import Envelope
from tests.harness import PATIENCE, eventually
from tests.support.doubles import ManualClock
from tests.support.matches_world import NoRooms
from tests.support.samples import event, new_match, new_service

MOST_STEPS = 80
BEFORE = [event("a", "goal", 1, "red"), event("b", "goal", 1, "red")]
BATCH = [
    event("c", "goal", 1, "blue"),
    event("a", "goal", 1, "red", op="delete", revision=1, reason="offside"),
    event("b", "goal", 1, "red"),
]


class Wire:
    """A worker's way to the others, and what it heard by room."""

    def __init__(self, url: str) -> None:
        self._store = RedisStore(url)
        self.heard: dict[str, list[tuple[str, Any]]] = {}
        self.backplane = Backplane(self._store, new_epoch=lambda: "epoch", deliver=self._deliver, lost=self._lost)
        self.step: Callable[[], None] = lambda: None

    async def _deliver(self, envelope: Envelope) -> None:
        self.heard.setdefault(envelope.room, []).append((envelope.event, json.loads(envelope.payload)))

    async def _lost(self, _rooms: frozenset[str]) -> None:
        pytest.fail("nothing was lost here")

    async def publish(self, room: str, event: str, payload: Any, policy: Policy, *, once: str | None = None) -> str:
        self.step()
        offset = await self.backplane.publish(room, event, bytes(payload), policy, once)
        self.step()
        return str(offset)

    async def close(self) -> None:
        await self.backplane.stop()
        await self._store.close()


def service(database: Database) -> MatchService:
    clock = SystemClock()
    return new_service(database, NoRooms(), clock, UlidGenerator(clock))


async def take_in(database_url: str, redis_url: str, match_id: str, last_step: int) -> None:
    """Take the batch in, and die at a step; returns only if there are fewer."""
    clock = SystemClock()
    database, wire = Database(database_url, clock=clock, ids=UlidGenerator(clock), pool_size=2), Wire(redis_url)
    database.publish_through(OutboxRelay(database, wire, clock))
    taken = 0

    def step(*_: object, **__: object) -> None:
        nonlocal taken
        taken += 1
        if taken == last_step:
            os.kill(os.getpid(), signal.SIGKILL)

    wire.step = step
    for moment in ("before_cursor_execute", "after_cursor_execute", "commit"):
        sqlalchemy_event.listen(database._engine.sync_engine, moment, step)
    await service(database).ingest(match_id, BATCH)
    await database.close()


def main(database_url: str, redis_url: str, match_ids: list[str]) -> None:
    """Die at the first step with the first match, at the second with the second, until one gets through."""
    for number, match_id in enumerate(match_ids, 1):
        child = os.fork()
        if child == 0:
            asyncio.run(take_in(database_url, redis_url, match_id, number))
            os._exit(0)
        _, status = os.waitpid(child, 0)
        if not os.WIFSIGNALED(status):
            print(number if status == 0 else -1)  # noqa: T201 - the answer of this program
            return
    print(-1)  # noqa: T201


@pytest.fixture
async def wire(redis_url: str) -> AsyncIterator[Wire]:
    wire = Wire(redis_url)
    await wire.backplane.start()
    yield wire
    await wire.close()


async def test_killed_between_any_two_steps(database: Database, database_url: str, redis_url: str, wire: Wire) -> None:
    matches, later = service(database), ManualClock()
    later.ms = SystemClock().now_ms() + 3_600_000
    relay = OutboxRelay(database, wire, later)
    database.publish_through(relay)
    ids = [(await matches.create(new_match()))[0].id for _ in range(MOST_STEPS)]
    for match_id in ids:
        await wire.backplane.subscribe(match_room(match_id))
        await matches.ingest(match_id, BEFORE)

    child = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "tests.integration.matches.test_rest_crash", database_url, redis_url, *ids,
        stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE * 4):
        said, _ = await child.communicate()
    steps = int(said)
    assert steps > 20, "the process died otherwise than it should, or got through too early"

    kinds = set()
    for match_id in ids[: steps - 1]:
        # The feed heard no answer, and sends the batch again.
        answer = await matches.ingest(match_id, BATCH)
        kinds.add(tuple(item.result for item in answer.items))
    assert kinds == {("applied", "applied", "duplicate"), ("duplicate", "duplicate", "duplicate")}
    while await relay.sweep():
        pass
    async with database.read() as tx:
        assert await tx.session.scalar(select(func.count()).select_from(OutboxRow)) == 0

    expected = [("match:event", 1), ("match:event", 2), ("match:updated", 2),
                ("match:event", 3), ("match:event", 4), ("match:corrected", 4), ("match:rescored", 4),
                ("match:updated", 4)]  # fmt: skip

    async def complete() -> bool:
        return all(len(wire.heard.get(match_room(match_id), [])) >= len(expected) for match_id in ids[:steps])

    await eventually(complete)
    for match_id in ids[:steps]:
        match = await matches.get(match_id)
        assert (match.seq, match.version) == (4, 2)
        assert [side.score_display for side in match.competitors] == ["1", "1"]
        told = wire.heard[match_room(match_id)]
        assert [(name, payload["seq"]) for name, payload in told] == expected
        assert told[-1][1]["competitors"][0]["scoreDisplay"] == "1"
        page = await matches.events(match_id, before=None, limit=9)
        assert [(item.event_id, item.op, item.seq) for item in page.items] == [
            ("c", "add", 3), ("b", "add", 2), ("a", "delete", 4),
        ]  # fmt: skip


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], sys.argv[3:])
