"""The engine's one interface: publish to rooms, join and leave them, close connections."""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import msgspec
import socketio
import structlog

from kit.contracts import Policy, ServerEvent, encode_event
from kit.errors import Conflict, InvalidPayload, NotFound, Unauthorized
from kit.metrics import Metrics
from kit.redis import RedisStore
from kit.rooms import EVERYONE
from kit.session import Session
from realtime.backplane import Backplane, CloseRequest, Envelope
from realtime.contracts import SESSION_CLOSING, SessionClosing
from realtime.ports import Authenticator, ConnectionListener, EventHandler
from realtime.server import NAMESPACE, SocketServer

log = structlog.get_logger(__name__)

MAX_ROOMS = 50  # a page follows one channel and its match; an overview of a day's matches stays far below
_MAX_AUTH_BYTES = 8 * 1024
_CLOSE_ROOM = ""


@dataclass(slots=True)
class _Connection:
    session: Session
    rooms: set[str]
    warned: bool = False
    ready: bool = False


class Engine:
    """All connections of this worker, and the way to those of the others.

    Offsets are strings whose order only the engine understands; clients give them back as they got them.
    """

    def __init__(
        self,
        *,
        redis: RedisStore,
        new_id: Callable[[], str],
        metrics: Metrics,
        origins: list[str] | None = None,
        transports: Sequence[str] = ("polling", "websocket"),
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = metrics
        self._wall = wall
        self._new_id = new_id
        self._connections: dict[str, _Connection] = {}
        self._authenticator: Authenticator | None = None
        self._handler: EventHandler | None = None
        self._listeners: Sequence[ConnectionListener] = ()
        self._expiring: ServerEvent[Any] | None = None
        self._expiring_payload: Callable[[float], msgspec.Struct] | None = None
        self._draining = False
        self._server = SocketServer(self, origins=origins, transports=list(transports))
        self._backplane = Backplane(redis, new_epoch=new_id, deliver=self._deliver, lost=self._resync)

    def serve(
        self,
        *,
        authenticator: Authenticator,
        handler: EventHandler,
        listeners: Sequence[ConnectionListener] = (),
    ) -> None:
        """Name who admits connections, who answers events, and who wants to know of connections."""
        self._authenticator = authenticator
        self._handler = handler
        self._listeners = tuple(listeners)

    def warn_before_expiry(self, event: ServerEvent[Any], payload: Callable[[float], msgspec.Struct]) -> None:
        """Name the event that tells a client of its session's end (Unix seconds) a minute before."""
        self._expiring = event
        self._expiring_payload = payload

    def asgi(self, app: Any) -> Any:  # noqa: ANN401 - ASGI applications are untyped in python-socketio
        """The application that serves `/socket.io` itself and hands everything else to `app`."""
        return socketio.ASGIApp(self._server, app, socketio_path="socket.io")

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected to the other workers; at the end every connection is told to come back elsewhere."""
        await self._backplane.start()
        ticker = asyncio.create_task(self._tick(), name="session expiry")
        try:
            yield
        finally:
            ticker.cancel()
            await asyncio.gather(ticker, return_exceptions=True)
            await self.drain()
            await self._backplane.stop()
            await self._server.shutdown()

    async def drain(self) -> None:
        """Admit nobody any more, and send everybody away to come back elsewhere."""
        self._draining = True
        await self._close_all("draining")

    @property
    def connections(self) -> int:
        """Open connections of this worker."""
        return len(self._connections)

    @property
    def healthy(self) -> bool:
        """Whether events of other workers reach this one."""
        return self._backplane.connected.is_set()

    @property
    def offset(self) -> str:
        """The place up to which local connections have been sent everything."""
        return str(self._backplane.seen)

    # The interface of the rest of the house

    async def publish(
        self,
        room: str,
        event: str,
        payload: msgspec.Struct | msgspec.Raw,
        policy: Policy,
        *,
        once: str | None = None,
    ) -> str:
        """Send an event to everybody in a room, on all workers.

        Args:
            once: A key; publishing again with the same key within an hour does nothing.

        Returns:
            The event's offset (for latest-wins events the place they were published at).

        Raises:
            Unavailable: Redis does not answer; nothing was published, as far as can be known.
        """
        raw = bytes(payload) if isinstance(payload, msgspec.Raw) else encode_event(payload)
        self._metrics.published.labels(event).inc()
        return str(await self._backplane.publish(room, event, raw, policy, once))

    async def join(self, connection_id: str, room: str) -> str:
        """Put a connection into a room, before its snapshot is taken.

        Returns:
            The offset from which on the room's events are delivered: a snapshot taken now, plus what follows,
            is complete.

        Raises:
            NotFound: The connection is gone.
            Conflict: It is in too many rooms.
        """
        connection = self._connections.get(connection_id)
        if connection is None:
            raise NotFound("This connection is gone.")
        if room not in connection.rooms:
            if len(connection.rooms) >= MAX_ROOMS:
                raise Conflict(f"A connection can be in {MAX_ROOMS} rooms at most; leave one first.")
            connection.rooms.add(room)
            await self._server.enter_room(connection_id, room, namespace=NAMESPACE)
        return self.offset

    async def leave(self, connection_id: str, room: str) -> None:
        """Take a connection out of a room; nothing happens if it is not in it."""
        connection = self._connections.get(connection_id)
        if connection is not None and room in connection.rooms:
            connection.rooms.discard(room)
            await self._server.leave_room(connection_id, room, namespace=NAMESPACE)

    def holds(self, connection_id: str) -> bool:
        """Whether the connection is open on this worker."""
        return connection_id in self._connections

    async def send(self, connection_id: str, event: str, payload: msgspec.Struct) -> None:
        """Send an event to one connection of this worker."""
        if connection_id in self._connections:
            await self._server.emit(event, payload, to=connection_id, namespace=NAMESPACE)
            self._metrics.fanned_out(1)

    async def disconnect(self, target: str, code: str, *, reconnect: bool) -> None:
        """Close all connections of a user or of a login, or one connection, on whichever worker they are.

        Args:
            target: A user's id, a login's id (the tokens' family) or a connection's id.
            code: Told to the client in `session:closing`.
            reconnect: Whether the client shall come back by itself.
        """
        request = CloseRequest(target, code, reconnect)
        await self._backplane.publish(_CLOSE_ROOM, "", msgspec.json.encode(request), Policy.CONTROL, None)

    def renew(self, session: Session) -> None:
        """Replace the session of a connection by a newer one of the same user."""
        connection = self._connections.get(session.connection_id)
        if connection is None:
            raise NotFound("This connection is gone.")
        if connection.session.user_id != session.user_id:
            raise Unauthorized("The token belongs to somebody else.")
        connection.session = session
        connection.warned = False

    # Doors of the socket server

    async def admit(self, sid: str, environ: dict[str, Any], auth: object) -> None:
        """Authenticate a new connection."""
        if self._draining or self._authenticator is None:
            raise Unauthorized("This server is stopping; connect again.", reason="draining")
        if auth is None:
            auth = {}
        if not isinstance(auth, dict) or len(msgspec.json.encode(auth)) > _MAX_AUTH_BYTES:
            raise InvalidPayload("`auth` is an object of at most 8 KiB.")
        session = await self._authenticator.authenticate(sid, auth, self._server.peer_address(environ))
        self._connections[sid] = _Connection(session, set())
        self._metrics.connections.set(len(self._connections))

    async def admitted(self, sid: str) -> None:
        """Tell the listeners of a connection that has its CONNECT answer."""
        connection = self._connections.get(sid)
        if connection is None:
            return
        connection.ready = True
        for listener in self._listeners:
            await listener.connected(connection.session)

    async def event(self, sid: str, name: object, args: list[Any]) -> dict[str, Any]:
        """Answer an event of a connected client."""
        connection = self._connections.get(sid)
        if connection is None or self._handler is None:
            return {"ok": False, "error": {"code": "unavailable", "message": "This connection is closing."}}
        with structlog.contextvars.bound_contextvars(connection=sid):
            return await self._handler.dispatch(connection.session, name, args)

    async def left(self, sid: str) -> None:
        """Forget a connection, then tell the listeners."""
        connection = self._connections.pop(sid, None)
        if connection is None:
            return
        self._metrics.connections.set(len(self._connections))
        for listener in self._listeners:
            try:
                await listener.disconnected(connection.session)
            except Exception:
                log.exception("a connection's end was not taken in", listener=type(listener).__name__)

    # Fan-out

    async def _deliver(self, envelope: Envelope) -> None:
        if not envelope.event:
            await self._close_matching(msgspec.json.decode(envelope.payload, type=CloseRequest))
            return
        room = None if envelope.room == EVERYONE else envelope.room
        await self._server.emit(envelope.event, msgspec.Raw(envelope.payload), room=room, namespace=NAMESPACE)
        if room is None:
            self._metrics.fanned_out(len(self._connections))
        else:
            self._metrics.fanned_out(len(self._server.manager.rooms.get(NAMESPACE, {}).get(room, ())))

    async def _resync(self) -> None:
        """Events were missed: every client reconnects and takes new snapshots. Never a part of a gap."""
        self._metrics.resyncs.inc()
        log.warning("backplane gap: clients reconnect", connections=len(self._connections))
        await self._close_all("resync")

    async def _close_matching(self, request: CloseRequest) -> None:
        found = [
            sid
            for sid, connection in self._connections.items()
            if request.target in {sid, connection.session.user_id, connection.session.token_family}
        ]
        await self._close(found, request.code, reconnect=request.reconnect)

    async def _close_all(self, code: str) -> None:
        await self._close(list(self._connections), code, reconnect=True)

    async def _close(self, sids: list[str], code: str, *, reconnect: bool) -> None:
        closing = SessionClosing(code=code, reconnect=reconnect)
        for sid in sids:
            eio_sid = self._server.manager.eio_sid_from_sid(sid, NAMESPACE)
            with contextlib.suppress(Exception):  # a peer that is gone is what we want
                await self.send(sid, SESSION_CLOSING.name, closing)
                if not reconnect:
                    await self._server.disconnect(sid, namespace=NAMESPACE)
            if reconnect and eio_sid is not None:
                # The official client stays away after a DISCONNECT packet, and returns when the transport closes.
                await self._server.close_transport(eio_sid)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1)
            now = self._wall()
            ending = [
                (sid, connection)
                for sid, connection in self._connections.items()
                if connection.session.expires_at is not None and connection.session.expires_at < now + 60
            ]
            for sid, connection in ending:
                expires_at = connection.session.expires_at or 0.0
                if expires_at <= now:
                    await self._close([sid], "token_expired", reconnect=True)
                elif not connection.warned and self._expiring and self._expiring_payload:
                    connection.warned = True
                    await self.send(sid, self._expiring.name, self._expiring_payload(expires_at))
