"""What a channel is like now and was like before: everything that is read of it, and nothing that changes it.

Gateways, controllers, snapshots and other features (through `touchline.wiring`) call it. Going live is in `broadcasts`,
who listens in `listeners`, the list of everybody in `active_streams`, the leader's recurring work in `leader_jobs`.
"""

from __future__ import annotations

import msgspec

from kit.contracts import Page
from kit.db import Database
from kit.errors import NotFound
from kit.paging import read_slice
from streaming.contracts import InteractionCounts, NowPlaying
from streaming.ports import Matches
from streaming.repository import ChannelRepository, StreamRepository
from streaming.stream_manager import StreamManager
from streaming.views import now_playing, stream_record, track_record


class StreamingService:
    """Reads channels, their streams and their tracks."""

    def __init__(self, *, database: Database, manager: StreamManager, matches: Matches) -> None:
        self._database = database
        self._manager = manager
        self._matches = matches

    async def channel_id(self, name: str) -> str:
        """The id of a channel by id or slug; raises `NotFound`."""
        async with self._database.read() as tx:
            return (await ChannelRepository(tx).named(name)).id

    async def owner_of(self, channel_id: str) -> str:
        """The owner of a channel, which is named by its id alone: rooms are; raises `NotFound`."""
        async with self._database.read() as tx:
            return (await ChannelRepository(tx).get(channel_id)).owner_id

    async def now_playing(self, name: str) -> NowPlaying:
        """The state of a channel, by id or slug; raises `NotFound`."""
        async with self._database.read() as tx:
            channel = await ChannelRepository(tx).named(name)
            stream = await StreamRepository(tx).live(channel.id)
        return now_playing(channel, stream, await self._manager.listeners(channel.id))

    async def shown(self, channel_id: str) -> NowPlaying:
        """The state of a channel for a snapshot, which events keep up to date; raises `NotFound`."""
        async with self._database.read() as tx:
            channel = await ChannelRepository(tx).get(channel_id)
            stream = await StreamRepository(tx).live(channel.id)
        return now_playing(channel, stream, (await self._manager.show_listeners([channel.id]))[0])

    async def interactions(self, channel_id: str) -> InteractionCounts:
        """The reactions to the stream on air; all 0 off air."""
        async with self._database.read() as tx:
            stream = await StreamRepository(tx).live(channel_id)
        return await self._manager.interactions(channel_id, stream.id if stream else None)

    async def match_of(self, channel_id: str) -> msgspec.Struct | None:
        """The match beside the sound; None where there is none, or none any more. Raises `NotFound` for the channel."""
        async with self._database.read() as tx:
            match_id = (await ChannelRepository(tx).get(channel_id)).match_id
        try:
            return await self._matches.get(match_id) if match_id is not None else None
        except NotFound:  # deleted since the channel was read
            return None

    async def streams(self, name: str, *, before: str | None, limit: int) -> Page:
        """A channel's streams, newest first.

        Args:
            name: The channel's id or slug.
            before: The `next` of the page before this one; None for the first.
            limit: StreamRepository of one page, at the most.

        Raises:
            NotFound: There is no such channel.
        """
        async with self._database.read() as tx:
            channel = await ChannelRepository(tx).named(name)
            rows, following = await read_slice(
                lambda count: StreamRepository(tx).page(channel.id, before=before, limit=count), limit
            )
        return Page([stream_record(row) for row in rows], following)

    async def history(self, name: str, *, before: str | None, limit: int) -> Page:
        """A channel's track history, newest first.

        Args:
            name: The channel's id or slug.
            before: The `next` of the page before this one; None for the first.
            limit: Tracks of one page, at the most.

        Raises:
            NotFound: There is no such channel.
        """
        async with self._database.read() as tx:
            channel = await ChannelRepository(tx).named(name)
            rows, following = await read_slice(
                lambda count: StreamRepository(tx).tracks(channel.id, before=before, limit=count), limit
            )
        return Page([track_record(row) for row in rows], following)
