"""Recurring work on all channels, which only one worker does: the leader (`kit.leases`).

`module` schedules it. Every job may be cut off and begun again by another leader, so each does what it finds to do in
Redis and the database and remembers nothing.
"""

from __future__ import annotations

from kit.clock import Clock
from kit.db import Database
from kit.rooms import channel_room
from streaming.active_streams import MAX_ACTIVE, ActiveStreamList
from streaming.broadcasts import BroadcastService
from streaming.contracts import INTERACTION_COUNTS, STREAM_LISTENERS
from streaming.ports import Realtime, Sources
from streaming.repository import StreamRepository
from streaming.stream_manager import StreamManager

GRACE_MS = 60_000
_SWEEP_GAP_MS = 10_000


class LeaderJobs:
    """Publishes what has changed of all channels, and ends streams that nobody makes any more."""

    def __init__(
        self,
        *,
        database: Database,
        manager: StreamManager,
        realtime: Realtime,
        sources: Sources,
        broadcasts: BroadcastService,
        active: ActiveStreamList,
        clock: Clock,
    ) -> None:
        self._database = database
        self._manager = manager
        self._realtime = realtime
        self._sources = sources
        self._broadcasts = broadcasts
        self._active = active
        self._clock = clock

    async def publish_listeners(self) -> None:
        """Send rooms their listener numbers, where they changed; keep the peaks."""
        for count in await self._manager.changed_listeners():
            await self._realtime.publish(*STREAM_LISTENERS.to(channel_room(count.channel_id), count))
            await self._manager.published_listeners(count)
            async with self._database.transaction() as tx:
                await StreamRepository(tx).raise_peak(count.channel_id, count.count, count.unique)
            self._active.counts_changed()

    async def publish_interactions(self) -> None:
        """Send rooms their reactions, where there were any since the last round."""
        for channel_id, recent in (await self._manager.take_reactions()).items():
            async with self._database.read() as tx:
                stream = await StreamRepository(tx).live(channel_id)
            counts = await self._manager.interactions(channel_id, stream.id if stream else None, recent)
            await self._realtime.publish(*INTERACTION_COUNTS.to(channel_room(channel_id), counts))

    async def publish_active(self) -> None:
        """Send everybody the list of streams on air, where that is due."""
        await self._active.publish()

    async def end_abandoned(self) -> None:
        """End streams that have had neither a source nor their owner for the grace time."""
        now = self._clock.now_ms()
        previous = await self._manager.swept_before(now)
        nobody_looked = previous is None or now - previous > _SWEEP_GAP_MS
        async with self._database.read() as tx:
            rows = await StreamRepository(tx).all_live(MAX_ACTIVE)
        # A worker that died, or a Redis that was away, between taking a change and publishing it leaves a room with
        # old numbers; here they are found.
        await self._manager.look_again([channel.id for _, channel in rows])
        for stream, channel in rows:
            source = await self._sources.connected(channel.id)
            if stream.source_on and not source:  # its worker died before it could say so
                await self._broadcasts.source_lost(channel.id)
            elif not stream.source_on and await self._sources.heard(channel.id):  # news of two sources were overtaken
                await self._broadcasts.source_connected(channel.id)
            if nobody_looked:  # the whole gateway was away: who was here has the grace time to come back
                await self._manager.forget_absence(channel.id)
            absent = not source and not await self._manager.owner_present(channel.owner_id)
            since = await self._manager.absent_since(channel.id, now, absent=absent)
            if since is not None and now - since >= GRACE_MS:
                await self._broadcasts.end(channel.id, stream.id, "owner_gone")
