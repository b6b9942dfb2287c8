"""The relay between what is stored and what is published: each row once, in order, whoever committed it.

`kit.db` calls it after each commit, and the leader's sweep for workers that died between the two. It must not publish
what is not committed, nor leave out what is.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any, Protocol

import msgspec
import structlog
from redis.exceptions import RedisError
from sqlalchemy import Row, delete, select

from kit.clock import Clock
from kit.contracts import Policy
from kit.db import OUTBOX, Database, OutboxRow
from kit.errors import Unavailable
from kit.waiting import with_others

log = structlog.get_logger(__name__)

_BATCH = 500
_ROOMS = 50  # published to side by side, and told of in one query
_ORPHAN_MS = 2_000  # the committing process publishes within milliseconds; after this long it has died or is stuck


class Publisher(Protocol):
    """The realtime engine, as far as the relay needs it."""

    async def publish(
        self,
        room: str,
        event: str,
        payload: msgspec.Struct | msgspec.Raw,
        policy: Policy,
        *,
        once: str | None = None,
    ) -> str:
        """Publish an event.

        Args:
            room: To everybody in there.
            event: The event's name.
            payload: What it carries.
            policy: What becomes of it for receivers that are slow or away.
            once: A key of this publication; the same key a second time does nothing.

        Returns:
            The offset of the event.
        """
        ...


class OutboxRelay:
    """Publishes the outbox. `flush` serves the process that committed, `sweep` finds what a dead one left."""

    def __init__(self, database: Database, publisher: Publisher, clock: Clock) -> None:
        self._database = database
        self._publisher = publisher
        self._clock = clock
        self._locks: dict[str, asyncio.Lock] = {}

    async def flush(self, rooms: list[str]) -> None:
        """Publish all that waits for these rooms, in the order it was stored in each."""
        for start in range(0, len(rooms), _ROOMS):
            # In one order for all, so that two flushes never wait for each other.
            some = sorted(rooms[start : start + _ROOMS])
            try:
                async with AsyncExitStack() as stack:
                    for room in some:
                        await stack.enter_async_context(self._turn(room))
                    await self._publish_rooms(some)
            except (RedisError, Unavailable, OSError) as error:
                log.debug("publishing waits in the outbox", rooms=len(some), error=type(error).__name__)

    @asynccontextmanager
    async def _turn(self, room: str) -> AsyncIterator[None]:
        """One at a time publishes to a room."""
        lock = self._locks.setdefault(room, asyncio.Lock())
        try:
            await with_others(lock.acquire(), self._database.patience)
            try:
                yield
            finally:
                lock.release()
        finally:
            if not lock.locked():
                self._locks.pop(room, None)

    async def sweep(self) -> int:
        """Publish what has waited too long; returns how many rooms had something."""
        before = self._clock.now_ms() - _ORPHAN_MS
        async with self._database.read() as tx:
            rooms = list(
                await tx.session.scalars(
                    select(OutboxRow.room).where(OutboxRow.created_ms < before).distinct().limit(_BATCH)
                )
            )
        await self.flush(rooms)
        return len(rooms)

    async def _publish_rooms(self, rooms: list[str]) -> None:
        while True:
            async with self._database.read() as tx:
                waiting = select(OUTBOX).where(OUTBOX.c.room.in_(rooms)).order_by(OUTBOX.c.id).limit(_BATCH)
                rows = list(await tx.session.execute(waiting))
            if not rows:
                return
            by_room: dict[str, list[Row[Any]]] = {}
            for row in rows:
                by_room.setdefault(row.room, []).append(row)
            published: list[int] = []
            failures = await asyncio.gather(
                *(self._publish(one, published) for one in by_room.values()), return_exceptions=True
            )
            if published:
                async with self._database.transaction() as tx:
                    await tx.session.execute(delete(OUTBOX).where(OUTBOX.c.id.in_(published)))
            for failure in failures:
                if failure is not None:
                    raise failure
            if len(rows) < _BATCH:
                return

    async def _publish(self, rows: list[Row[Any]], published: list[int]) -> None:
        """Publish what waits for one room, and note what was."""
        for row in rows:
            await self._publisher.publish(
                row.room, row.event, msgspec.Raw(row.payload), Policy(row.policy), once=f"{row.id}.{row.key}"
            )
            published.append(row.id)
