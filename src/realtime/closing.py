"""How connections are closed from this side: told why, then ended in the way that makes clients come back or stay away.

`engine` closes users and logins with it, and drains the worker; the backplane's gaps and expired sessions end here too.
Slow and flooding peers are not told: `backpressure` cuts them.
"""

from __future__ import annotations

import asyncio
import random

import structlog

from kit import codes
from kit.metrics import Metrics
from realtime.backplane import CloseRequest
from realtime.connections import Connection, Connections
from realtime.contracts import SESSION_CLOSING, SessionClosing
from realtime.socketio import SocketIoServer

log = structlog.get_logger(__name__)

_STAGE = 500  # connections sent away at once while draining; their coming back is spread likewise
_STAGE_SECONDS = 0.05
_DRAIN_SECONDS = 3.0  # for all stages together, and for what the ends of connections set off
_RETURN_MS = 5000  # over which clients of a draining server come back elsewhere


class SessionCloser:
    """Closes connections of this worker."""

    def __init__(self, connections: Connections, server: SocketIoServer, metrics: Metrics) -> None:
        self._connections = connections
        self._server = server
        self._metrics = metrics

    def close(self, connection: Connection, closing: SessionClosing) -> None:
        """Tell a client why its connection ends, and end it.

        The official client stays away after a DISCONNECT packet, and returns when the transport closes.
        """
        self._connections.send(connection, SESSION_CLOSING.name, closing)
        if closing.reconnect:
            connection.socket.close()
        else:
            connection.socket.dismiss(connection)

    def close_matching(self, request: CloseRequest) -> None:
        """Close the local connections that some worker wants closed everywhere."""
        closing = SessionClosing(code=request.code, reconnect=request.reconnect)
        for connection in self._connections.all():
            session = connection.session
            meant = request.target in {connection.sid, session.user_id, session.token_family}
            if meant and (request.before is None or session.generation < request.before):
                self.close(connection, closing)

    async def resync(self, rooms: frozenset[str]) -> None:
        """Events of these rooms were missed: their members reconnect and take new snapshots. Never a part of a gap."""
        self._metrics.resyncs.inc()
        members = list({member: None for room in rooms for member in self._connections.members(room)})
        log.warning("backplane gap: clients reconnect", connections=len(members), rooms=len(rooms))
        for connection in members:
            connection.trusted = False
            self.close(connection, SessionClosing(code=codes.RESYNC, reconnect=True))

    async def drain(self) -> None:
        """Send everybody away to come back elsewhere: in stages, not all at once; nobody may be admitted any more."""
        everybody = self._connections.all()
        pause = min(_STAGE_SECONDS, _DRAIN_SECONDS * _STAGE / max(len(everybody), 1))
        for start in range(0, len(everybody), _STAGE):
            for connection in everybody[start : start + _STAGE]:
                later = round(random.uniform(0, _RETURN_MS))  # noqa: S311 - jitter
                self.close(connection, SessionClosing(code=codes.DRAINING, reconnect=True, retry_after_ms=later))
            await asyncio.sleep(pause)
        for socket in list(self._server.engine.sockets.values()):
            socket.close()  # those without a client
        await self._server.settled(_DRAIN_SECONDS)
