"""Connections of one worker without a network: they poll, so what was sent to each waits to be taken."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from kit.metrics import Metrics
from kit.session import Session
from realtime.connections import Connection, Connections
from realtime.contracts import NAMESPACE
from realtime.socketio import SocketIoServer, SocketIoSocket

_EVENT = f"42{NAMESPACE},"


class LocalConnections:
    """A worker's connections, as `lifecycle` would have taken them in."""

    namespaces = (NAMESPACE,)

    def __init__(self) -> None:
        self.metrics = Metrics()
        self.connections = Connections(self.metrics)
        self.server = SocketIoServer(self)

    def open(self, *rooms: str, recovery: bool = False, joined: int = 0, **session: Any) -> Connection:
        """One more; `joined` is the number of the last event before it came."""
        socket: Any = self.server.engine.create("192.0.2.1")
        connection = Connection(socket, NAMESPACE)
        connection.session = Session(
            **{"connection_id": connection.sid, "member": "g:x", "address": "192.0.2.1", **session}
        )
        connection.recovery, connection.joined = recovery, joined
        socket.clients = (connection,)
        self.connections.add(connection)
        for room in rooms:
            self.connections.rooms.join(connection, room, joined)
        return connection

    @staticmethod
    def sent(connection: Connection) -> list[list[Any]]:
        """The events that wait for a connection: name, payload, perhaps the offset."""
        packets = connection.socket.take().decode().split("\x1e")
        return [json.loads(packet.removeprefix(_EVENT)) for packet in packets if packet.startswith(_EVENT)]

    # The application behind the server

    def client(self, socket: SocketIoSocket, namespace: str) -> Connection:
        raise NotImplementedError

    async def admit(self, client: Connection, auth: dict[str, Any] | None) -> None:
        raise NotImplementedError

    async def abandoned(self, client: Connection) -> None:
        raise NotImplementedError

    def welcome(self, client: Connection) -> dict[str, Any]:
        raise NotImplementedError

    async def admitted(self, client: Connection) -> None:
        raise NotImplementedError

    async def event(self, client: Connection, data: list[Any]) -> Sequence[Any] | None:
        raise NotImplementedError

    def gone(self, client: Connection, *, cut: bool) -> None:  # noqa: ARG002 - the interface's
        self.connections.remove(client)

    async def left(self, client: Connection) -> None:
        pass
