"""The engine's one interface: publish to rooms, join and leave them, close connections."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import msgspec
import structlog

from kit.contracts import Policy, ServerEvent, encode_event
from kit.errors import Conflict, InvalidPayload, NotFound, Unauthorized, Unavailable
from kit.metrics import Metrics
from kit.redis import RedisStore
from kit.rooms import EVERYONE
from kit.session import Session
from realtime.backplane import Backplane, CloseRequest
from realtime.backpressure import Outgoing
from realtime.connection_protocol import connection_protocol
from realtime.contracts import SESSION_CLOSING, SessionClosing
from realtime.fanout import event_packet, fan_out
from realtime.handover import Handover
from realtime.offsets import Envelope, Offset
from realtime.polling import PollingApp
from realtime.ports import Authenticator, ConnectionObserver, EventHandler
from realtime.recovery import ROOM as RECOVERY_ROOM
from realtime.recovery import Recovery, Resumable
from realtime.room_members import RoomMembers
from realtime.socketio import NAMESPACE, Client, SocketIoServer, SocketIoSocket
from realtime.transport_limits import TransportLimits

log = structlog.get_logger(__name__)

MAX_ROOMS = 50  # a page follows one channel and its match; an overview of a day's matches stays far below
_MAX_AUTH_BYTES = 8 * 1024
_CLOSE_ROOM = ""
_STAGE = 500  # connections sent away at once while draining; their coming back is spread likewise
_STAGE_SECONDS = 0.05
_DRAIN_SECONDS = 3.0  # for all stages together, and for what the ends of connections set off
_MAX_REPLAY_BYTES = 8 * 1024 * 1024  # beyond it a snapshot is less
_RETURN_MS = 5000  # over which clients of a draining server come back elsewhere


class _Connection(Client):
    """A client with whom it stands for.

    Attributes:
        joined: The number of the last event before it came.
        resuming: What it goes on from, between its admission and its CONNECT answer.
        trusted: Whether it has had everything; one that has not cannot be resumed.
    """

    __slots__ = ("joined", "resuming", "session", "trusted", "warned")

    session: Session

    def __init__(self, socket: SocketIoSocket, namespace: str) -> None:
        super().__init__(socket, namespace)
        self.joined = 0
        self.resuming: _Resuming | None = None
        self.trusted = True
        self.warned = False


@dataclass(frozen=True, slots=True)
class _Resuming:
    """A session that is taken up again, and the recoverable events that were missed."""

    session: Resumable
    missed: list[Envelope]


class Engine:
    """All connections of this worker, and the way to those of the others.

    Offsets are strings whose order only the engine understands; clients give them back as they got them.
    """

    namespaces: Collection[str] = (NAMESPACE,)

    def __init__(
        self,
        *,
        redis: RedisStore,
        new_id: Callable[[], str],
        metrics: Metrics,
        secret: str,
        origins: list[str] | None = None,
        transports: Sequence[str] = ("polling", "websocket"),
        limits: TransportLimits | None = None,
        handover: Handover | None = None,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._metrics = metrics
        self._handover = handover
        self._wall = wall
        self._new_id = new_id
        self._connections: dict[str, _Connection] = {}
        self._rooms: RoomMembers[_Connection] = RoomMembers()
        self._authenticator: Authenticator | None = None
        self._handler: EventHandler | None = None
        self._observers: Sequence[ConnectionObserver] = ()
        self._expiring: ServerEvent[Any] | None = None
        self._expiring_payload: Callable[[float], msgspec.Struct] | None = None
        worker = handover.name if handover is not None else ""
        self._server = SocketIoServer(self, limits=limits, origins=origins, transports=transports, worker=worker)
        self.addresses = self._server.engine.addresses  # who has how many connections here, of every kind
        metrics.watch_transport(self._server.engine.figures)
        self._backplane = Backplane(
            redis, new_epoch=new_id, deliver=self._deliver, lost=self._resync, replayed=metrics.replays.inc
        )
        metrics.rooms.set_function(lambda: self._backplane.rooms)
        metrics.connections.set_function(lambda: len(self._connections))
        self._recovery = Recovery(self._backplane, secret=secret, cut=self._cut, spawn=self._server.spawn)

    def serve(
        self,
        *,
        authenticator: Authenticator,
        handler: EventHandler,
        observers: Sequence[ConnectionObserver] = (),
    ) -> None:
        """Name who admits connections, who answers events, and who wants to know of connections."""
        self._authenticator = authenticator
        self._handler = handler
        self._observers = tuple(observers)

    def warn_before_expiry(self, event: ServerEvent[Any], payload: Callable[[float], msgspec.Struct]) -> None:
        """Name the event that tells a client of its session's end (Unix seconds) a minute before."""
        self._expiring = event
        self._expiring_payload = payload

    def asgi(self, app: Any) -> Any:  # noqa: ANN401 - ASGI applications
        """The application that serves `/socket.io/` by polling itself and hands everything else to `app`."""
        return PollingApp(self._server.engine, app)

    @property
    def connection_protocol(self) -> type[asyncio.Protocol]:
        """What uvicorn takes as `http=`: it takes WebSockets, and hands every other request to `asgi`."""
        return connection_protocol(self._server.engine, handover=self._handover)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Connected to the other workers; at the end every connection is told to come back elsewhere."""
        self._server.engine.wheel.start()
        await self._backplane.start()
        await self._backplane.subscribe(EVERYONE)
        await self._backplane.subscribe(RECOVERY_ROOM)
        ticker = asyncio.create_task(self._tick(), name="session expiry")
        try:
            yield
        finally:
            ticker.cancel()
            await asyncio.gather(ticker, return_exceptions=True)
            await self.drain()
            await self._backplane.stop()
            self._server.engine.wheel.stop()

    async def drain(self) -> None:
        """Admit nobody any more, and send everybody away to come back elsewhere: in stages, not all at once."""
        self._server.engine.draining = True
        everybody = list(self._connections.values())
        pause = min(_STAGE_SECONDS, _DRAIN_SECONDS * _STAGE / max(len(everybody), 1))
        for start in range(0, len(everybody), _STAGE):
            for connection in everybody[start : start + _STAGE]:
                later = round(random.uniform(0, _RETURN_MS))  # noqa: S311 - jitter
                self._close(connection, SessionClosing(code="draining", reconnect=True, retry_after_ms=later))
            await asyncio.sleep(pause)
        for socket in list(self._server.engine.sockets.values()):
            socket.close()  # those without a client
        await self._server.settled(_DRAIN_SECONDS)

    @property
    def backplane(self) -> Backplane:
        """The way to the other workers, for whoever else delivers events."""
        return self._backplane

    @property
    def connections(self) -> int:
        """Open connections of this worker."""
        return len(self._connections)

    @property
    def healthy(self) -> bool:
        """Whether events of other workers reach this one, and new connections are welcome."""
        return self._backplane.connected.is_set() and not self._server.engine.draining

    @property
    def draining(self) -> bool:
        """Whether all clients are being sent away."""
        return self._server.engine.draining

    @property
    def full(self) -> bool:
        """Whether there is no room for another connection."""
        return not self._server.engine.descriptors.has_room()

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
        rooms = self._rooms.of(connection)
        if room in rooms:
            return str(self._backplane.place)
        if len(rooms) >= MAX_ROOMS:
            raise Conflict(f"A connection can be in {MAX_ROOMS} rooms at most; leave one first.")
        place = await self._backplane.subscribe(room)
        if connection_id not in self._connections or room in self._rooms.of(connection):  # meanwhile
            self._backplane.unsubscribe(room)
        else:
            self._rooms.join(connection, room, place.number)
        return str(place)

    async def leave(self, connection_id: str, room: str) -> None:
        """Take a connection out of a room; nothing happens if it is not in it."""
        connection = self._connections.get(connection_id)
        if connection is not None and self._rooms.leave(connection, room):
            self._backplane.unsubscribe(room)

    def holds(self, connection_id: str) -> bool:
        """Whether the connection is open on this worker."""
        return connection_id in self._connections

    async def send(self, connection_id: str, event: str, payload: msgspec.Struct | msgspec.Raw) -> None:
        """Send an event to one connection of this worker; with the present offset, for a client that keeps it."""
        connection = self._connections.get(connection_id)
        if connection is not None:
            self._send(connection, event, payload, self.offset if connection.recovery else None)

    async def disconnect(self, target: str, code: str, *, reconnect: bool, before: int | None = None) -> None:
        """Close all connections of a user or of a login, or one connection, on whichever worker they are.

        Args:
            target: A user's id, a login's id (the tokens' family) or a connection's id.
            code: Told to the client in `session:closing`.
            reconnect: Whether the client shall come back by itself.
            before: Only those whose access tokens are of an older generation than this.
        """
        request = CloseRequest(target, code, reconnect, before)
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

    def _send(
        self, connection: _Connection, event: str, payload: msgspec.Struct | msgspec.Raw, offset: str | None = None
    ) -> None:
        connection.socket.send(event_packet(NAMESPACE, event, encode_event(payload), offset))
        self._metrics.fanned_out(1)

    # What the Socket.IO server calls

    def client(self, socket: SocketIoSocket, namespace: str) -> _Connection:
        """A client that asks to connect."""
        return _Connection(socket, namespace)

    async def admit(self, client: _Connection, auth: dict[str, Any] | None) -> None:
        """Authenticate a new connection, and find out whether it goes on where another one was cut."""
        if self._server.engine.draining or self._authenticator is None:
            raise Unavailable("This server is stopping; connect again.")
        auth = dict(auth or {})
        if len(msgspec.json.encode(auth)) > _MAX_AUTH_BYTES:
            raise InvalidPayload("`auth` is an object of at most 8 KiB.")
        pid, offset = auth.pop("pid", None), auth.pop("offset", None)
        client.recovery = auth.pop("recovery", True) is not False
        claimed = self._recovery.claimed(pid) if client.recovery else None
        # A guest without a device is known by its connection: the pid shows that it had that one.
        session = await self._authenticator.authenticate(claimed or client.sid, auth, client.socket.address)
        client.session = session if claimed is None else replace(session, connection_id=client.sid)
        if claimed is None:
            return
        resumable = await self._recovery.take(claimed)
        if resumable is None:
            self._metrics.recoveries.labels("unknown").inc()
            return
        try:
            resumed = await self._resume(client, resumable, offset)
        except Unavailable:
            await self._recovery.put_back(resumable)
            raise
        self._metrics.recoveries.labels("resumed" if resumed else "refused").inc()

    async def _resume(self, client: _Connection, resumable: Resumable, offset: object) -> bool:
        """Restore a session; False if the client begins anew instead. Raises `Unavailable`."""
        session = replace(client.session, connection_id=resumable.sid)
        place = resumable.resume_from(offset)
        if place is None or not resumable.belongs_to(session):
            return False
        rooms: list[str] = []
        missed: list[Envelope] | None = None
        try:
            if not await self._accepted(session, resumable.rooms):
                return False
            for room in resumable.rooms:
                await self._backplane.subscribe(room)
                rooms.append(room)
            missed = await self._backplane.replay({EVERYONE: resumable.start.number, **resumable.rooms}, place)
            if missed is not None and sum(len(one.payload) for one in missed) > _MAX_REPLAY_BYTES:
                missed = None
        finally:
            if missed is None:
                await self._undo(session, rooms)
        if missed is None:
            return False
        # From here to `welcome` nothing else happens: what was missed ends where what is delivered begins.
        client.sid, client.session = resumable.sid, session
        client.resuming = _Resuming(resumable, missed)
        return True

    async def _accepted(self, session: Session, rooms: Collection[str]) -> bool:
        for observer in self._observers:
            if not await observer.resumed(session, rooms):
                return False
        return True

    async def _undo(self, session: Session, rooms: Collection[str]) -> None:
        for room in rooms:
            self._backplane.unsubscribe(room)
        await self._say_goodbye(session)

    async def abandoned(self, client: _Connection) -> None:
        """Its transport was lost again before it was back."""
        if client.resuming is not None:
            await self._undo(client.session, client.resuming.session.rooms)
            await self._recovery.put_back(client.resuming.session)

    def welcome(self, client: _Connection) -> dict[str, Any]:
        """Take it in."""
        resuming = client.resuming
        if resuming is None:
            client.joined = self._backplane.place.number
        else:
            client.joined = resuming.session.start.number
            for room, number in resuming.session.rooms.items():
                self._rooms.join(client, room, number)
        self._connections[client.sid] = client
        return {"pid": self._recovery.pid(client.sid)} if client.recovery else {}

    async def admitted(self, client: _Connection) -> None:
        """The client has its CONNECT answer: send what it missed, or tell the observers of a new one."""
        resuming, client.resuming = client.resuming, None
        if resuming is None:
            for observer in self._observers:
                await observer.connected(client.session)
            return
        client.socket.catch_up([_packet_of(envelope, numbered=True) for envelope in resuming.missed])
        self._metrics.fanned_out(len(resuming.missed))
        for envelope in await self._backplane.latest([EVERYONE, *resuming.session.rooms]):
            client.socket.offer(_outgoing(envelope, numbered=False))

    async def event(self, client: _Connection, data: list[Any]) -> Sequence[Any]:
        """Answer an event of a connected client."""
        if self._handler is None or client.sid not in self._connections:
            return [{"ok": False, "error": {"code": "unavailable", "message": "This connection is closing."}}]
        structlog.contextvars.bind_contextvars(connection=client.sid)  # of this connection's own task
        return [await self._handler.dispatch(client.session, data[0], data[1:])]

    def gone(self, client: _Connection, *, cut: bool) -> None:
        """Forget a connection; one that was cut can be resumed."""
        self._connections.pop(client.sid, None)
        if cut and client.recovery and client.trusted:
            self._recovery.leaving(self._resumable(client))
        for room in self._rooms.leave_all(client):
            self._backplane.unsubscribe(room)

    def _resumable(self, client: _Connection) -> Resumable:
        here = self._backplane.place
        return Resumable(
            sid=client.sid,
            member=client.session.member,
            user_id=client.session.user_id,
            token_family=client.session.token_family,
            rooms=dict(self._rooms.of(client)),
            start=Offset(here.epoch, client.joined),
            sent=here,
        )

    async def left(self, client: _Connection) -> None:
        """Tell the observers of a connection that is over, and only then let it be resumed."""
        await self._say_goodbye(client.session)
        await self._recovery.left(client.sid)

    async def _say_goodbye(self, session: Session) -> None:
        for observer in self._observers:
            try:
                await observer.disconnected(session)
            except Exception:
                log.exception("a connection's end was not taken in", observer=type(observer).__name__)

    def _cut(self, connection_id: str) -> bool:
        """End a connection whose client has come back, or tries to, by another way."""
        connection = self._connections.get(connection_id)
        if connection is None:
            return False
        connection.socket.drop()
        return True

    # Fan-out

    async def _deliver(self, envelope: Envelope) -> None:
        if envelope.room == RECOVERY_ROOM:
            self._recovery.hear(envelope)
            return
        if not envelope.event:
            self._close_matching(msgspec.json.decode(envelope.payload, type=CloseRequest))
            return
        everyone = envelope.room == EVERYONE
        members = list(self._connections.values() if everyone else self._rooms.members(envelope.room))
        if not members:
            return
        room, number = envelope.room, envelope.number

        departures = self._rooms.departures

        def unchanged() -> bool:
            return self._rooms.departures == departures

        def still(connection: _Connection) -> bool:
            """Not one that left meanwhile, nor one that came back and knows of it by its snapshot."""
            if everyone:
                return connection.joined < number or not envelope.recoverable
            joined = self._rooms.of(connection).get(room)
            return joined is not None and (joined < number or not envelope.recoverable)

        plain = _outgoing(envelope, numbered=False)
        numbered = _outgoing(envelope, numbered=True) if envelope.recoverable else None
        await fan_out(members, plain, numbered, unchanged, still)
        self._metrics.fanned_out(len(members))

    async def _resync(self, rooms: frozenset[str]) -> None:
        """Events of these rooms were missed: their members reconnect and take new snapshots. Never a part of a gap."""
        self._metrics.resyncs.inc()
        if EVERYONE in rooms:
            members = list(self._connections.values())
        else:
            members = list({member: None for room in rooms for member in self._rooms.members(room)})
        log.warning("backplane gap: clients reconnect", connections=len(members), rooms=len(rooms))
        for connection in members:
            connection.trusted = False
            self._close(connection, SessionClosing(code="resync", reconnect=True))

    def _close_matching(self, request: CloseRequest) -> None:
        closing = SessionClosing(code=request.code, reconnect=request.reconnect)
        for connection in list(self._connections.values()):
            session = connection.session
            meant = request.target in {connection.sid, session.user_id, session.token_family}
            if meant and (request.before is None or session.generation < request.before):
                self._close(connection, closing)

    def _close(self, connection: _Connection, closing: SessionClosing) -> None:
        self._send(connection, SESSION_CLOSING.name, closing)
        if closing.reconnect:
            # The official client stays away after a DISCONNECT packet, and returns when the transport closes.
            connection.socket.close()
        else:
            connection.socket.dismiss(connection)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(1)
            now = self._wall()
            if self._backplane.connected.is_set():
                await self._recovery.save_unsaved()
            for connection in list(self._connections.values()):
                expires_at = connection.session.expires_at
                if expires_at is None or expires_at >= now + 60:
                    continue
                if expires_at <= now:
                    self._close(connection, SessionClosing(code="token_expired", reconnect=True))
                elif not connection.warned and self._expiring and self._expiring_payload:
                    connection.warned = True
                    self._send(connection, self._expiring.name, self._expiring_payload(expires_at))


def _packet_of(envelope: Envelope, *, numbered: bool) -> bytes:
    offset = f"{envelope.epoch}-{envelope.number}" if numbered else None
    return event_packet(NAMESPACE, envelope.event, envelope.payload, offset)


def _outgoing(envelope: Envelope, *, numbered: bool) -> Outgoing:
    key = None if envelope.recoverable else (envelope.room, envelope.event)
    return Outgoing(_packet_of(envelope, numbered=numbered), key)
