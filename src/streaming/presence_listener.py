"""Connections as they come and go, for the numbers of listeners and the presence of owners.

The engine calls it (`kit.connections`), on the worker that holds the connection.
"""

from __future__ import annotations

from collections.abc import Collection

from kit.rooms import channel_of, studio_of
from kit.session import Session
from streaming.active_streams import ActiveStreamList
from streaming.contracts import STREAMS_ACTIVE
from streaming.listeners import ListenerService
from streaming.ports import Realtime
from streaming.stream_manager import StreamManager


class PresenceListener:
    """Sends new connections the list of streams on air, and keeps what is counted of all connections right."""

    def __init__(
        self, *, listeners: ListenerService, active: ActiveStreamList, manager: StreamManager, realtime: Realtime
    ) -> None:
        self._listeners = listeners
        self._active = active
        self._manager = manager
        self._realtime = realtime

    async def connected(self, session: Session) -> None:
        """Send it who is live, and an offset with that: a client has one from its start."""
        self._manager.connected(session)
        await self._realtime.send(session.connection_id, STREAMS_ACTIVE.name, await self._active.for_connection())

    async def resumed(self, session: Session, rooms: Collection[str]) -> bool:
        """Count a recovered connection as a listener of its channels again.

        Called instead of `connected`, once `disconnected` of its former life has ended. Where True is returned,
        `disconnected` follows in the end, however early that is.

        Args:
            session: The caller, authenticated anew, under the connection's old id.
            rooms: All rooms that it was in; those of other modules are not looked at.

        Returns:
            False if a channel is gone: nothing was entered then.
        """
        channels = [name for room in rooms if (name := channel_of(room)) is not None]
        studios = [name for room in rooms if (name := studio_of(room)) is not None]
        return await self._listeners.rejoin(session, channels, studios)

    async def disconnected(self, session: Session) -> None:
        """Take it out of all numbers."""
        self._manager.disconnected(session)
