"""The connections of this worker, the rooms they are in, and what is sent to one of them.

`lifecycle` puts connections in and takes them out; `engine` moves them between rooms; `fanout`, `closing` and
`session_expiry` look them up. Nothing here waits; whoever reads the members of a room and then awaits has to look anew.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

import msgspec

from kit.contracts import encode_event
from kit.metrics import Metrics
from kit.rooms import EVERYONE
from kit.session import Session
from realtime.contracts import NAMESPACE
from realtime.offsets import Envelope
from realtime.recovery import Resumable
from realtime.room_members import RoomMembers
from realtime.socketio import Client, SocketIoSocket
from realtime.socketio_packets import event_packet


@dataclass(frozen=True, slots=True)
class Resuming:
    """A session that is taken up again, and the recoverable events that its client has missed."""

    session: Resumable
    missed: list[Envelope]


class Connection(Client):
    """A client, with whom it stands for.

    Attributes:
        session: Who is behind it.
        joined: The number of the last event before it came.
        resuming: What it goes on from, between its admission and its CONNECT answer.
        trusted: Whether it has had everything; one that has not cannot be resumed.
        warned: Whether it has been told that its session expires.
    """

    __slots__ = ("joined", "resuming", "session", "trusted", "warned")

    session: Session

    def __init__(self, socket: SocketIoSocket, namespace: str) -> None:
        super().__init__(socket, namespace)
        self.joined = 0
        self.resuming: Resuming | None = None
        self.trusted = True
        self.warned = False


class Connections:
    """All connections of this worker, by their ids and by their rooms.

    Attributes:
        rooms: Who is in which room, but for the room of everybody.
    """

    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics
        self._by_id: dict[str, Connection] = {}
        self.rooms: RoomMembers[Connection] = RoomMembers()
        metrics.connections.set_function(lambda: len(self._by_id))

    def __len__(self) -> int:
        return len(self._by_id)

    def __contains__(self, connection_id: str) -> bool:
        return connection_id in self._by_id

    def all(self) -> list[Connection]:
        """Every connection that is open now."""
        return list(self._by_id.values())

    def get(self, connection_id: str) -> Connection | None:
        """The connection of this id, if it is open on this worker."""
        return self._by_id.get(connection_id)

    def add(self, connection: Connection) -> None:
        """A connection is open from now on."""
        self._by_id[connection.sid] = connection

    def remove(self, connection: Connection) -> list[str]:
        """A connection is over; returns the rooms it was in."""
        self._by_id.pop(connection.sid, None)
        return self.rooms.leave_all(connection)

    def members(self, room: str) -> list[Connection]:
        """Who is in a room now, the room of everybody included; a copy."""
        members: Collection[Connection] = self._by_id.values() if room == EVERYONE else self.rooms.members(room)
        return list(members)

    def send(
        self, connection: Connection, event: str, payload: msgspec.Struct | msgspec.Raw, offset: str | None = None
    ) -> None:
        """Send an event to one connection; it counts against the connection's cap and is never dropped.

        Args:
            connection: To whom.
            event: The event's name.
            payload: What goes out as its argument.
            offset: Sent behind it, for a client that keeps offsets.
        """
        connection.socket.send(event_packet(NAMESPACE, event, encode_event(payload), offset))
        self._metrics.fanned_out(1)
