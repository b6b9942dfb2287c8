"""Entering and leaving a channel, and reacting to it: what a listener's page does.

The gateway calls it for pages, `presence_listener` for connections that come back. Numbers are not published here but
by the leader (`leader_jobs`), and separate players are counted by `audience`.
"""

from __future__ import annotations

from collections.abc import Collection

import msgspec

from kit.db import Database
from kit.errors import InvalidPayload, NotFound
from kit.rooms import channel_room, studio_room
from kit.session import Session
from kit.snapshots import Load, Snapshots
from streaming.contracts import InteractionCounts, SendInteraction
from streaming.emoji import is_emoji
from streaming.ports import Realtime
from streaming.repository import ChannelRepository, StreamRepository
from streaming.service import StreamingService
from streaming.stream_manager import StreamManager


class ListenerService:
    """The pages that have a channel open."""

    def __init__(
        self,
        *,
        database: Database,
        streaming: StreamingService,
        manager: StreamManager,
        realtime: Realtime,
        snapshots: Snapshots,
    ) -> None:
        self._database = database
        self._streaming = streaming
        self._manager = manager
        self._realtime = realtime
        self._snapshots = snapshots

    async def join(self, session: Session, channel_id: str, load: Load, *, studio: bool = False) -> msgspec.Raw:
        """Enter a channel's room and be counted. The numbers of listeners follow a moment later, as an event.

        Args:
            session: The caller.
            channel_id: The channel, by its id alone.
            load: Reads the snapshot, for all who join at about the same time.
            studio: The page is one of the owner's studio, which is not counted and hears what concerns the station
                alone; of others it means nothing.

        Returns:
            The encoded snapshot, to which the events after its `offset` are to be applied.

        Raises:
            NotFound: There is no such channel.
        """
        room = channel_room(channel_id)
        studio = studio and await self._streaming.owner_of(channel_id) == session.user_id
        await self._snapshots.admit(room, lambda: self._streaming.owner_of(channel_id))
        offset = await self._realtime.join(session.connection_id, room)
        if studio:
            await self._realtime.join(session.connection_id, studio_room(channel_id))
            self._manager.leave(channel_id, session.connection_id)
        elif self._realtime.holds(session.connection_id):  # it may have closed while it waited for the room
            self._manager.join(channel_id, session.connection_id, session.member)
        try:
            return await self._snapshots.get(room, offset, load)
        except NotFound:  # deleted while others were in its room
            await self.leave(session, channel_id)
            raise

    async def rejoin(self, session: Session, channel_ids: Collection[str], studios: Collection[str] = ()) -> bool:
        """Count a connection that is in the rooms of these channels already.

        Args:
            session: The caller.
            channel_ids: Bounded by the rooms that a connection may be in.
            studios: Those of them in whose studio it is.

        Returns:
            False, and it is not counted, if one of the channels is gone.
        """
        if channel_ids:
            async with self._database.read() as tx:
                if await ChannelRepository(tx).existing(channel_ids) != set(channel_ids):
                    return False
        self._manager.connected(session)
        for channel_id in set(channel_ids) - set(studios):
            self._manager.join(channel_id, session.connection_id, session.member)
        return True

    async def leave(self, session: Session, channel_id: str) -> None:
        """Leave a channel's room, and its studio's."""
        await self._realtime.leave(session.connection_id, studio_room(channel_id))
        await self._realtime.leave(session.connection_id, channel_room(channel_id))
        self._manager.leave(channel_id, session.connection_id)

    async def interact(self, session: Session, cmd: SendInteraction) -> InteractionCounts:
        """Count a like, favourite, share or reaction of the stream on air.

        Raises:
            InvalidPayload: A reaction without an emoji, or anything else with one.
            NotFound: There is no such channel.
            Conflict: It is off air.
        """
        if (cmd.type == "reaction") != (cmd.emoji is not None):
            raise InvalidPayload("A reaction has an emoji, and nothing else has.")
        if cmd.emoji is not None and not is_emoji(cmd.emoji):
            raise InvalidPayload("A reaction is a single emoji.")
        async with self._database.read() as tx:
            stream = await StreamRepository(tx).on_air((await ChannelRepository(tx).get(cmd.channel_id)).id)
        return await self._manager.interact(cmd.channel_id, stream.id, session.member, cmd.type, cmd.emoji)
