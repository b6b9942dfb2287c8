"""The life of a connection, as `socketio` reports it: admitted, taken in, its events, its end.

The application that the Socket.IO server serves. It knows in which order things happen; what they mean is in
`admission`, `resumption` and `recovery`, and for events in the dispatcher (`kit.gateway`).
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any

import structlog

from kit import codes
from realtime.admission import Admission
from realtime.backplane import Backplane
from realtime.connections import Connection, Connections
from realtime.contracts import NAMESPACE
from realtime.observers import Observers
from realtime.ports import EventHandler
from realtime.recovery import Recovery
from realtime.resumption import Resumption
from realtime.socketio import SocketIoSocket


class ConnectionLifecycle:
    """Implements `socketio.Application`.

    Attributes:
        handler: Answers the events of clients; None until somebody does.
    """

    namespaces: Collection[str] = (NAMESPACE,)

    def __init__(
        self,
        *,
        backplane: Backplane,
        connections: Connections,
        admission: Admission,
        resumption: Resumption,
        recovery: Recovery,
        observers: Observers,
    ) -> None:
        self.handler: EventHandler | None = None
        self._backplane = backplane
        self._connections = connections
        self._admission = admission
        self._resumption = resumption
        self._recovery = recovery
        self._observers = observers

    def client(self, socket: SocketIoSocket, namespace: str) -> Connection:
        """The object of a client that asks to connect."""
        return Connection(socket, namespace)

    async def admit(self, client: Connection, auth: dict[str, Any] | None) -> None:
        """Decide about a client that asks to connect; raises `DomainError` to refuse it."""
        await self._admission.admit(client, auth)

    async def abandoned(self, client: Connection) -> None:
        """An admitted client has gone before it could be taken in."""
        if client.resuming is not None:
            await self._resumption.abandon(client, client.resuming)

    def welcome(self, client: Connection) -> dict[str, Any]:
        """Take a client in; returns what CONNECT answers besides its `sid`."""
        if client.resuming is None:
            client.joined = self._backplane.place.number
        else:
            self._resumption.enter_rooms(client, client.resuming)
        self._connections.add(client)
        return {"pid": self._recovery.pid(client.sid)} if client.recovery else {}

    async def admitted(self, client: Connection) -> None:
        """The client has its CONNECT answer: send what it missed, or tell the observers of a new connection."""
        resuming, client.resuming = client.resuming, None
        if resuming is None:
            await self._observers.connected(client.session)
        else:
            await self._resumption.replay_missed(client, resuming)

    async def event(self, client: Connection, data: list[Any]) -> Sequence[Any]:
        """Answer an event of a connected client."""
        if self.handler is None or client.sid not in self._connections:
            return [{"ok": False, "error": {"code": codes.UNAVAILABLE, "message": "This connection is closing."}}]
        structlog.contextvars.bind_contextvars(connection=client.sid)  # of this connection's own task
        return [await self.handler.dispatch(client.session, data[0], data[1:])]

    def gone(self, client: Connection, *, cut: bool) -> None:
        """Forget a connection; one that was cut can be resumed."""
        if cut and client.recovery and client.trusted:
            self._recovery.leaving(self._resumption.resumable(client))
        for room in self._connections.remove(client):
            self._backplane.unsubscribe(room)

    async def left(self, client: Connection) -> None:
        """Tell the observers of a connection that is over, and only then let it be resumed."""
        await self._observers.disconnected(client.session)
        await self._recovery.left(client.sid)
