"""Socket.IO, protocol revision 5, over Engine.IO: each client's packets one after another, in their order.

`lifecycle` is the application behind it; `engine` makes the one server of a worker.

A connection has a task only while one of its packets is being handled. What an event means is the application's
matter; a client cannot reach anything but `Application.event` with one, whatever name it sends.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import deque
from collections.abc import Collection, Coroutine, Sequence
from typing import Any, Protocol, TypeVar

import msgspec
import structlog

from kit.errors import DomainError, Unauthorized, Unavailable
from kit.waiting import one_request
from realtime import socketio_packets as packets
from realtime.backpressure import OPEN
from realtime.engineio_packets import PacketError
from realtime.engineio_server import EngineIoServer
from realtime.engineio_socket import EngineIoSocket
from realtime.socketio_packets import Packet
from realtime.transport_limits import TransportLimits
from realtime.websocket import TRY_LATER

log = structlog.get_logger(__name__)

_MAX_NAMESPACES = 4  # of one connection
_LEAVERS = 32  # tasks that say goodbye to clients at once, however many leave together


class Client:
    """One client in one namespace of a connection.

    Attributes:
        recovery: Whether it gets the offsets of recoverable events.
    """

    __slots__ = ("namespace", "recovery", "sid", "socket")

    def __init__(self, socket: SocketIoSocket, namespace: str) -> None:
        self.socket = socket
        self.recovery = False
        self.namespace = namespace
        self.sid = secrets.token_urlsafe(15)

    @property
    def open(self) -> bool:
        """Whether something sent now can still arrive."""
        return self.socket.state == OPEN and self in self.socket.clients

    def emit(self, *event: object) -> None:
        """Send an event (its name, then its arguments) that is never dropped."""
        self.socket.send_parts(*packets.encode(packets.EVENT, self.namespace, list(event)))


C = TypeVar("C", bound=Client)


class Application(Protocol[C]):
    """What is served."""

    namespaces: Collection[str]

    def client(self, socket: SocketIoSocket, namespace: str) -> C:
        """The object of a client that asks to connect."""
        ...

    async def admit(self, client: C, auth: dict[str, Any] | None) -> None:
        """Decide about a client; raises `DomainError` to refuse it, `Unavailable` to let it try again by itself."""
        ...

    async def abandoned(self, client: C) -> None:
        """An admitted client has gone before it could be taken in."""
        ...

    def welcome(self, client: C) -> dict[str, Any]:
        """Take an admitted client in, before anything else happens; returns what CONNECT answers besides its `sid`."""
        ...

    async def admitted(self, client: C) -> None:
        """The client has its CONNECT answer."""
        ...

    async def event(self, client: C, data: list[Any]) -> Sequence[Any] | None:
        """Handle an event (its name, then its arguments); returns the arguments of the ack."""
        ...

    def gone(self, client: C, *, cut: bool) -> None:
        """A client that was taken in is over: hold nothing of it any more.

        Args:
            cut: The connection has ended, and the client has not said goodbye (or was dismissed).
        """
        ...

    async def left(self, client: C) -> None:
        """What else its end means."""
        ...


class SocketIoServer:
    """The Socket.IO server of one worker."""

    def __init__(
        self,
        application: Application[Any],
        *,
        limits: TransportLimits | None = None,
        origins: Sequence[str] | None = None,
        transports: Sequence[str] = ("polling", "websocket"),
        worker: str = "",
    ) -> None:
        self.application = application
        self.engine = EngineIoServer(
            lambda engine, address: SocketIoSocket(self, engine, address),
            limits=limits,
            origins=origins,
            transports=transports,
            worker=worker,
        )
        self._tasks: set[asyncio.Task[None]] = set()
        self._leaving: deque[Client] = deque()
        self._leavers = 0

    def spawn(self, work: Coroutine[Any, Any, None]) -> None:
        """Do something beside the connection's callbacks."""
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    def leave(self, clients: Collection[Client]) -> None:
        """Clients are over, and nothing of theirs is being handled."""
        for client in clients:
            self.application.gone(client, cut=True)
            self._leaving.append(client)
        while self._leavers < min(_LEAVERS, len(self._leaving)):
            self._leavers += 1
            self.spawn(self._see_off())

    async def _see_off(self) -> None:
        try:
            while self._leaving:
                await self.application.left(self._leaving.popleft())
        finally:
            self._leavers -= 1

    async def settled(self, seconds: float) -> None:
        """Wait until all that was begun for clients is done, or for so long."""
        deadline = asyncio.get_running_loop().time() + seconds
        while self._tasks:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                log.warning("not all clients were seen off", left=len(self._leaving), tasks=len(self._tasks))
                return
            await asyncio.wait(self._tasks, timeout=left)


class SocketIoSocket(EngineIoSocket):
    """One connection with its clients."""

    __slots__ = ("_busy", "_inbox", "_io", "_partial", "clients")

    def __init__(self, io: SocketIoServer, engine: EngineIoServer, address: str) -> None:
        super().__init__(engine, address)
        self._io = io
        self.clients: tuple[Client, ...] = ()
        self._busy = False
        self._inbox: deque[Packet | Client] | None = None
        self._partial: tuple[Packet, list[bytes]] | None = None

    def send_parts(self, packet: bytes, attachments: list[bytes]) -> None:
        """Send a packet with its binary attachments."""
        self.send(packet)
        for attachment in attachments:
            self.send_binary(attachment)

    def dismiss(self, client: Client) -> None:
        """Send a DISCONNECT: the official client then stays away. Others in the connection are not touched."""
        if client in self.clients:
            self.send(packets.head(packets.DISCONNECT, client.namespace))
            self._take(client)

    # What Engine.IO calls

    def is_used(self) -> bool:
        """Whether it has a client, or may get one at once."""
        return bool(self.clients) or self._busy

    def on_message(self, message: str | bytes) -> None:
        """A packet or an attachment has come."""
        if isinstance(message, str):
            packet = packets.decode(message)
            if self._partial is not None:
                raise PacketError("an attachment is missing")
            if packet.attachments:
                self._partial = (packet, [])
            else:
                self._take(packet)
            return
        if self._partial is None:
            raise PacketError("an attachment without packet")
        packet, attachments = self._partial
        attachments.append(message)
        if sum(map(len, attachments)) > self.server.limits.max_message:
            raise PacketError("attachments too big")
        if len(attachments) == packet.attachments:
            self._partial = None
            self._take(packets.with_attachments(packet, attachments))

    def on_close(self) -> None:
        """What the client sent before it closed is still handled; then it leaves."""
        self._partial = None
        if not self._busy:
            self._io.leave(self._without_clients())

    def cut(self, reason: str) -> None:
        """End it now; what it has sent too much of is not handled any more."""
        self._inbox = None
        super().cut(reason)

    # One after another

    def _take(self, item: Packet | Client) -> None:
        if not self._busy:
            self._busy = True
            self._io.spawn(self._handle(item))
            return
        if self._inbox is None:
            self._inbox = deque()
        self._inbox.append(item)
        self.work_queued(len(self._inbox))

    async def _handle(self, item: Packet | Client) -> None:
        try:
            while True:
                if isinstance(item, Client):
                    await self._leave(item)
                else:
                    with one_request():
                        await self._handle_packet(item)
                if not self._inbox:
                    break
                item = self._inbox.popleft()
                self.work_queued(len(self._inbox))
        except Unavailable as error:
            log.warning("connection closed", connection=self.sid, reason=error.message)
            self.close(TRY_LATER)
        except Exception:
            log.exception("connection failed", connection=self.sid)
            self.drop()
        finally:
            self._busy = False
            self._inbox = None
            if self.state != OPEN:
                self._io.leave(self._without_clients())

    async def _handle_packet(self, packet: Packet) -> None:
        if packet.type == packets.CONNECT:
            await self._connect(packet)
            return
        client = next((c for c in self.clients if c.namespace == packet.namespace), None)
        if client is None:
            self.close()  # as the reference server does: it speaks in a namespace it is not in
        elif packet.type == packets.DISCONNECT:
            await self._leave(client)
        elif packet.type in {packets.EVENT, packets.BINARY_EVENT}:
            ack = await self._io.application.event(client, packet.data)
            if packet.id is not None and ack is not None:
                self.send_parts(*packets.encode(packets.ACK, packet.namespace, list(ack), packet.id))

    async def _connect(self, packet: Packet) -> None:
        application, namespace = self._io.application, packet.namespace
        if namespace not in application.namespaces:
            self._refuse(namespace, {"message": "Invalid namespace"})
            return
        if len(self.clients) >= _MAX_NAMESPACES or any(c.namespace == namespace for c in self.clients):
            return  # a second CONNECT changes nothing
        client = application.client(self, namespace)
        try:
            await application.admit(client, packet.data)
        except Unavailable:
            self.close(TRY_LATER)  # the official client stays away after a CONNECT_ERROR
            return
        except DomainError as error:
            reason = (isinstance(error, Unauthorized) and error.reason) or error.code
            self._refuse(namespace, {"message": error.message, "data": {"code": reason}})
            return
        if self.state != OPEN:
            await application.abandoned(client)
            return
        answer = application.welcome(client)
        self.clients = (*self.clients, client)
        self.send(packets.head(packets.CONNECT, namespace) + msgspec.json.encode({"sid": client.sid, **answer}))
        await application.admitted(client)

    def _refuse(self, namespace: str, error: dict[str, Any]) -> None:
        self.send(packets.head(packets.CONNECT_ERROR, namespace) + msgspec.json.encode(error))

    async def _leave(self, client: Client) -> None:
        if client in self.clients:
            self.clients = tuple(c for c in self.clients if c is not client)
            self._io.application.gone(client, cut=False)
            await self._io.application.left(client)

    def _without_clients(self) -> tuple[Client, ...]:
        clients, self.clients = self.clients, ()
        return clients
