"""The list of all streams on air, which everybody follows: for new connections, for REST, and as an event.

The leader publishes it when streams changed; numbers alone wait, since a list for everybody with everybody's numbers
grows with the square of the listeners.
"""

from __future__ import annotations

import msgspec

from kit.clock import Clock
from kit.contracts import Instant
from kit.db import Database
from kit.rooms import EVERYONE
from kit.snapshots import Snapshots
from streaming.contracts import STREAMS_ACTIVE, ActiveStream, ActiveStreams
from streaming.count_throttle import pause_of_list_ms
from streaming.ports import Realtime
from streaming.repository import StreamRepository
from streaming.stream_manager import StreamManager
from streaming.views import metadata_of

MAX_ACTIVE = 500  # streams in one list; a node of this kind serves far fewer


class ActiveStreamList:
    """Reads the list, and publishes it when that is due."""

    def __init__(
        self, *, database: Database, manager: StreamManager, realtime: Realtime, snapshots: Snapshots, clock: Clock
    ) -> None:
        self._database = database
        self._manager = manager
        self._realtime = realtime
        self._snapshots = snapshots
        self._clock = clock
        self._published_ms = 0
        self._counts_changed = False
        self._listeners = 0

    async def read(self) -> ActiveStreams:
        """All streams on air, most listened first."""
        return await self._load(self._realtime.offset)

    async def for_connection(self) -> msgspec.Raw:
        """The same, encoded, for a new connection, which hears of changes from now on."""
        return await self._snapshots.get(EVERYONE, self._realtime.place, self._load)

    def counts_changed(self) -> None:
        """Note that a channel's numbers were published: the list is to follow, in its own time."""
        self._counts_changed = True

    async def publish(self) -> None:
        """Send the list to everybody if it has changed; where only numbers did, no sooner than they may."""
        now = self._clock.now_ms()
        counts_due = self._counts_changed and now - self._published_ms >= pause_of_list_ms(self._listeners)
        if await self._manager.take_active_changed() or counts_due:
            self._published_ms, self._counts_changed = now, False
            await self._realtime.publish(*STREAMS_ACTIVE.to(EVERYONE, await self.read()))

    async def _load(self, offset: str) -> ActiveStreams:
        async with self._database.read() as tx:
            rows = await StreamRepository(tx).all_live(MAX_ACTIVE)
        counts = await self._manager.show_listeners([channel.id for _, channel in rows])
        self._listeners = sum(count.count + count.watching for count in counts)
        items = [
            ActiveStream(
                channel_id=channel.id,
                slug=channel.slug,
                name=channel.name,
                stream_id=stream.id,
                metadata=metadata_of(stream),
                started_at=Instant(stream.started_ms),
                listeners=count.count,
                match_id=stream.match_id,
            )
            for (stream, channel), count in zip(rows, counts, strict=True)
        ]
        return ActiveStreams(items=sorted(items, key=lambda item: -item.listeners), offset=offset)
