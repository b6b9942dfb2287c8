"""The engine's one interface: publish to rooms, join and leave them, close connections.

Everything outside this package uses `Engine` alone. It puts the parts together, top to bottom, and passes calls on to
them; a rule that needs more than a few lines belongs into the part that it is about.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from contextlib import asynccontextmanager
from typing import Any

import msgspec

from kit.contracts import Policy, ServerEvent, encode_event
from kit.errors import Conflict, NotFound, Unauthorized
from kit.metrics import Metrics
from kit.redis import RedisStore
from kit.rooms import EVERYONE
from kit.session import Session
from realtime.admission import Admission
from realtime.backplane import Backplane, CloseRequest
from realtime.closing import SessionCloser
from realtime.connection_protocol import connection_protocol
from realtime.connections import Connections
from realtime.fanout import FanOut
from realtime.handover import Handover
from realtime.lifecycle import ConnectionLifecycle
from realtime.observers import Observers
from realtime.offsets import Envelope
from realtime.polling import PollingApp
from realtime.ports import Authenticator, ConnectionObserver, EventHandler
from realtime.recovery import ROOM as RECOVERY_ROOM
from realtime.recovery import Recovery
from realtime.resumption import Resumption
from realtime.session_expiry import SessionExpiryWatch
from realtime.socketio import SocketIoServer
from realtime.transport_limits import TransportLimits

MAX_ROOMS = 50  # a page follows one channel and its match; an overview of a day's matches stays far below
_CLOSE_ROOM = ""


class Engine:
    """All connections of this worker, and the way to those of the others.

    Offsets are strings whose order only the engine understands; clients give them back as they got them.

    Args:
        redis: What workers hear each other through.
        new_id: Makes ids that sort by time.
        metrics: Where the engine counts.
        secret: The same on all workers; the private ids of connections are made with it.
        origins: Of foreign pages that may connect; "*" stands for all, None for none.
        transports: Of Engine.IO.
        limits: The bounds of the transport.
        handover: The way to other workers of this node.
        wall: Unix seconds.
    """

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
        self._connections = connections = Connections(metrics)
        self._observers = observers = Observers()
        self._backplane = backplane = Backplane(
            redis, new_epoch=new_id, deliver=self._deliver, lost=self._resync, replayed=metrics.replays.inc
        )
        self._recovery = recovery = Recovery(backplane, secret=secret, cut=self._cut, spawn=self._spawn)
        resumption = Resumption(
            backplane, connections=connections, recovery=recovery, observers=observers, metrics=metrics
        )
        self._admission = Admission(
            recovery=recovery, resumption=resumption, draining=lambda: self.draining, metrics=metrics
        )
        self._lifecycle = ConnectionLifecycle(
            backplane=backplane,
            connections=connections,
            admission=self._admission,
            resumption=resumption,
            recovery=recovery,
            observers=observers,
        )
        worker = handover.name if handover is not None else ""
        self._server = SocketIoServer(
            self._lifecycle, limits=limits, origins=origins, transports=transports, worker=worker
        )
        self.addresses = self._server.engine.addresses  # who has how many connections here, of every kind
        self._fan_out = FanOut(connections, metrics)
        self._closer = SessionCloser(connections, self._server, metrics)
        self._expiry = SessionExpiryWatch(connections, self._closer)
        metrics.watch_transport(self._server.engine.figures)
        metrics.rooms.set_function(lambda: backplane.rooms)

    def serve(
        self,
        *,
        authenticator: Authenticator,
        handler: EventHandler,
        observers: Sequence[ConnectionObserver] = (),
    ) -> None:
        """Name who admits connections, who answers events, and who wants to know of connections."""
        self._admission.authenticator = authenticator
        self._lifecycle.handler = handler
        self._observers.all = tuple(observers)

    def warn_before_expiry(self, event: ServerEvent[Any], payload: Callable[[float], msgspec.Struct]) -> None:
        """Name the event that tells a client of its session's end (Unix seconds) a minute before."""
        self._expiry.warn_with(event, payload)

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
        ticker = asyncio.create_task(self._every_second(), name="session expiry")
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
        await self._closer.drain()

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

    @property
    def place(self) -> str:
        """The place after which a connection that is there now is delivered everything.

        While an event is being handed out it is that event's: whoever has come since is not among those who get it.
        """
        return str(self._backplane.place)

    # What features use

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
            room: Its name (`kit.rooms`).
            event: The event's name.
            payload: What goes out as its argument; encoded already if it is raw.
            policy: How it is treated when a receiver is slow or away.
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
        rooms = self._connections.rooms.of(connection)
        if room in rooms:
            return str(self._backplane.place)
        if len(rooms) >= MAX_ROOMS:
            raise Conflict(f"A connection can be in {MAX_ROOMS} rooms at most; leave one first.")
        place = await self._backplane.subscribe(room)
        if connection_id not in self._connections or room in self._connections.rooms.of(connection):  # meanwhile
            self._backplane.unsubscribe(room)
        else:
            self._connections.rooms.join(connection, room, place.number)
        return str(place)

    async def leave(self, connection_id: str, room: str) -> None:
        """Take a connection out of a room; nothing happens if it is not in it."""
        connection = self._connections.get(connection_id)
        if connection is not None and self._connections.rooms.leave(connection, room):
            self._backplane.unsubscribe(room)

    def holds(self, connection_id: str) -> bool:
        """Whether the connection is open on this worker."""
        return connection_id in self._connections

    async def send(self, connection_id: str, event: str, payload: msgspec.Struct | msgspec.Raw) -> None:
        """Send an event to one connection of this worker; with the present offset, for a client that keeps it."""
        connection = self._connections.get(connection_id)
        if connection is not None:
            self._connections.send(connection, event, payload, self.offset if connection.recovery else None)

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

    # What the parts call

    async def _deliver(self, envelope: Envelope) -> None:
        """An event of the backplane: for the workers themselves, or for clients."""
        if envelope.room == RECOVERY_ROOM:
            self._recovery.hear(envelope)
        elif not envelope.event:
            self._closer.close_matching(msgspec.json.decode(envelope.payload, type=CloseRequest))
        else:
            await self._fan_out.deliver(envelope)

    async def _resync(self, rooms: frozenset[str]) -> None:
        await self._closer.resync(rooms)

    def _cut(self, connection_id: str) -> bool:
        """End a connection whose client has come back, or tries to, by another way."""
        connection = self._connections.get(connection_id)
        if connection is None:
            return False
        connection.socket.drop()
        return True

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        self._server.spawn(work)

    async def _every_second(self) -> None:
        while True:
            await asyncio.sleep(1)
            if self._backplane.connected.is_set():
                await self._recovery.save_unsaved()
            self._expiry.check(self._wall())
