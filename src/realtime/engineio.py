"""Engine.IO, protocol revision 4: one object for a connection, whether it polls, upgrades or is a WebSocket.

Everything is a callback; an idle connection has no task, no queue and no timer of its own. The doors that bring
requests here are `polling` (ASGI) and `door` (WebSocket, below ASGI). What a message means is the subclass's
matter (`server`).
"""

from __future__ import annotations

import asyncio
import base64
import binascii
import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from kit.metrics import TransportFigures
from realtime import websocket
from realtime.addresses import Addresses
from realtime.descriptors import Descriptors
from realtime.refusals import BUSY, FULL, STOPPING, TOO_MANY, Refusal
from realtime.timers import Timed, TimerWheel
from realtime.websocket import FrameReader, WebSocketError, close_frame, frame, text_frame

log = structlog.get_logger(__name__)

OPEN, CLOSING, CLOSED = range(3)
_FRESH, _IDLE, _PINGED, _PONGED = range(4)
_BY_RATE, _BY_WORK, _BY_REPLIES = 1, 2, 4  # why nothing is read from a peer now

_PING, _NOOP, _CLOSE = b"2", b"6", b"1"
_PING_FRAME = text_frame(_PING)
SEPARATOR = "\x1e"
_LINGER_SECONDS = 5.0  # what a peer gets to read the last words
_UPGRADE_SECONDS = 10.0  # between opening a WebSocket for a polling session and moving over


class PacketError(Exception):
    """The peer sent what is no packet; its connection ends."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What one worker and one connection may take up. Seconds and bytes."""

    ping_interval: float = 25.0
    ping_timeout: float = 20.0
    connect_timeout: float | None = 10.0  # to name a namespace; None where nothing needs naming
    handshake_timeout: float = 10.0  # to send the head of a request, from its first byte or from connecting on
    owner_timeout: float = 1.0  # to hand a request to its worker, which is busy with one thing for less
    body_timeout: float = 30.0  # for a body without progress
    whole_body_timeout: float = 300.0  # for all of a body, however it drips: 2 MiB over a telephone line
    write_timeout: float = 10.0  # for an answer of which the peer reads nothing
    max_message: int = 64 * 1024  # the largest payload of the contract is under 20 KiB, even when escaped
    unsent: int = 1024 * 1024  # minutes of a busy match; who is further behind takes a snapshot sooner than the rest
    unsent_total: int = 256 * 1024 * 1024
    messages_per_second: float = 100.0  # ten times what an eager page sends
    messages_burst: float = 500.0  # a page that rejoins everything at once
    queued_messages: int = 64  # then nothing more is read; sixteen times that ends the connection
    connects_per_second: float = 8000.0  # what one core can admit; the rest comes back a moment later
    connects_burst: float = 8000.0
    per_address: int = 1000  # a school behind one address, not a machine that takes all descriptors
    per_private_address: int | None = None  # a reverse proxy that is not declared looks like one private address


class Outgoing:
    """One text packet for many: encoded once, as a packet and as a complete WebSocket frame.

    Attributes:
        packet: With Engine.IO's type in front.
        key: What a newer message of the same key makes worthless while the peer is slow; None for all that counts.
    """

    __slots__ = ("frame", "key", "packet")

    def __init__(self, packet: bytes, key: object = None) -> None:
        self.packet = packet
        self.frame = text_frame(packet)
        self.key = key


class EngineServer:
    """All Engine.IO connections of one worker, and who is let in.

    Args:
        connection: Makes the object of a new connection.
        path: Where it is served, with slashes at both ends.
        origins: Of foreign pages that may connect; "*" stands for all, None for none.
        worker: Put in front of every session id, so that another worker can tell whose it is.
    """

    def __init__(
        self,
        connection: Callable[[EngineServer, str], EngineSocket],
        *,
        path: str = "/socket.io/",
        limits: Limits | None = None,
        origins: Sequence[str] | None = None,
        transports: Sequence[str] = ("polling", "websocket"),
        worker: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits = limits or Limits()
        self.path = path
        self.transports = tuple(transports)
        self.now = clock
        self.sockets: dict[str, EngineSocket] = {}
        self.backlogged: set[EngineSocket] = set()
        self.throttled: set[EngineSocket] = set()
        self.draining = False
        self.cuts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._connection = connection
        self._origins = frozenset(origins or ())
        self._worker = worker
        self.addresses = Addresses(limits.per_address, limits.per_private_address)
        self._allowance = limits.connects_burst
        self._stamp = clock()
        self.descriptors = Descriptors()
        interval = limits.ping_interval
        self.wheel = TimerWheel(
            tick=min(max(interval / 100, 0.01), 0.1),
            span=max(interval, limits.ping_timeout, limits.connect_timeout or 0, limits.handshake_timeout,
                     limits.body_timeout, limits.write_timeout, _LINGER_SECONDS, _UPGRADE_SECONDS),
            each_tick=self._look_around,
            clock=clock,
        )  # fmt: skip
        self._settings = (
            f'"pingInterval":{round(interval * 1000)},"pingTimeout":{round(limits.ping_timeout * 1000)},'
            f'"maxPayload":{limits.max_message}}}'
        )

    # Admission

    def serves(self, path: str) -> bool:
        """Whether requests for this path are Engine.IO's."""
        return path.startswith(self.path) or path == self.path[:-1]

    def allows_origin(self, origin: str, host: str) -> bool:
        """Whether a page of that origin may connect to us under that host name."""
        return "*" in self._origins or origin in self._origins or origin.partition("://")[2] == host

    def refusal(self, address: str, descriptor: int) -> Refusal | None:
        """Count one new connection; says if it cannot be taken, and why.

        Args:
            descriptor: Its number.
        """
        answer = self._refusal(address, descriptor)
        if answer is not None:
            self.refused[answer.reason] += 1
        return answer

    def _refusal(self, address: str, descriptor: int) -> Refusal | None:
        if self.draining:
            return STOPPING
        if self.descriptors.is_full(descriptor):
            return FULL
        if not self.addresses.has_room(address):
            return TOO_MANY
        now = self.now()
        refill = (now - self._stamp) * self.limits.connects_per_second
        self._allowance = min(self._allowance + refill, self.limits.connects_burst)
        self._stamp = now
        if self._allowance < 1:
            return BUSY
        self._allowance -= 1
        return None

    def create(self, address: str) -> EngineSocket:
        """A new connection, known by its id from now on."""
        socket = self._connection(self, address)
        self.sockets[socket.sid] = socket
        self.addresses.enter(address)
        limits = self.limits
        first = limits.connect_timeout
        self.wheel.schedule(socket, limits.ping_interval if first is None else min(first, limits.ping_interval))
        return socket

    def forget(self, socket: EngineSocket) -> None:
        """A connection is over."""
        if self.sockets.pop(socket.sid, None) is None:
            return
        self.wheel.cancel(socket)
        self.backlogged.discard(socket)
        self.throttled.discard(socket)
        self.addresses.leave(socket.address)

    def new_sid(self) -> str:
        """An id nobody can guess: it is all that a polling client shows."""
        return self._worker + secrets.token_urlsafe(15)

    def open_packet(self, sid: str, *, upgrade: bool) -> bytes:
        """What every connection begins with."""
        upgrades = '"websocket"' if upgrade and "websocket" in self.transports else ""
        return f'0{{"sid":"{sid}","upgrades":[{upgrades}],{self._settings}'.encode()

    def figures(self) -> TransportFigures:
        """What there is to be counted now."""
        return TransportFigures(
            cuts=self.cuts,
            refused=self.refused,
            backlogged=len(self.backlogged),
            unsent_bytes=sum(socket.unsent for socket in self.backlogged),
        )

    # Bounds over all connections

    def _look_around(self, now: float) -> None:
        for socket in [s for s in self.throttled if s.may_read_again(now)]:
            self.throttled.discard(socket)
            socket.resume_reading(_BY_RATE)
        if self.backlogged:
            self.enforce_budget()

    def enforce_budget(self) -> None:
        """Cut the fullest connections until the worker's budget for what is unsent is kept."""
        sizes = [(socket.unsent, socket) for socket in self.backlogged]
        total = sum(size for size, _ in sizes)
        if total <= self.limits.unsent_total:
            return
        for size, socket in sorted(sizes, key=lambda each: each[0], reverse=True):
            socket.cut("worker budget")
            total -= size
            if total <= self.limits.unsent_total:
                return


class _Direct(asyncio.Protocol):
    """What a sender to many looks at. In a class of its own, so that it lies beside the reference count.

    Attributes:
        direct: The descriptor of a WebSocket that has nothing unsent: whoever sends to many may write to it, and hands
            what the kernel does not take to the transport. -1 for all others, and where TLS is in between.
    """

    __slots__ = ("direct",)

    direct: int


class EngineSocket(_Direct):
    """One connection. As a protocol it is that of its WebSocket, from the handshake on.

    Attributes:
        flowing: A WebSocket with nothing unsent.
        waiting: The pending poll's wake-up call; its result says whether the client gave up.
    """

    __slots__ = (
        "_allowance", "_descriptor", "_granted", "_held", "_latest", "_paused", "_phase", "_queue", "_reader", "_stamp",
        "_used_at", "address", "flowing", "server", "sid", "slot", "state", "transport", "upgrading", "waiting",
    )  # fmt: skip

    def __init__(self, server: EngineServer, address: str) -> None:
        self.server = server
        self.sid = server.new_sid()
        self.address = address
        self.transport: asyncio.Transport | None = None
        self.state = OPEN
        self.direct = self._descriptor = -1
        self.flowing = False
        self.upgrading = False
        self.waiting: asyncio.Future[bool] | None = None
        self.slot: set[Timed] | None = None
        self._reader: FrameReader | None = None
        timeout = server.limits.connect_timeout
        self._phase = _IDLE if timeout is None or timeout >= server.limits.ping_interval else _FRESH
        self._paused = 0
        self._queue: list[bytes] | None = None
        self._latest: dict[object, bytes] | None = None
        self._held = 0
        self._granted = 0
        self._allowance = server.limits.messages_burst
        self._stamp = self._used_at = server.now()

    # For subclasses

    def on_message(self, message: str | bytes) -> None:
        """A message has come; raise `PacketError` if it makes no sense."""
        raise NotImplementedError

    def on_close(self) -> None:
        """The connection is over; called once. Nothing can be sent any more."""
        raise NotImplementedError

    def is_used(self) -> bool:
        """Whether somebody is there for more than an open socket."""
        return True

    # Sending

    def send(self, packet: bytes) -> None:
        """Send one text packet that is never dropped, with Engine.IO's type in front."""
        if self.flowing:
            self.transport.write(text_frame(packet))  # type: ignore[union-attr]
        else:
            self._send_slowly(packet, None)

    def send_binary(self, data: bytes) -> None:
        """Send one binary message."""
        if self.transport is not None and self.state == OPEN:
            self.transport.write(frame(websocket.BINARY, data))
            self._check_cap()
        else:
            self._send_slowly(b"b" + base64.b64encode(data), None)

    def offer(self, message: Outgoing) -> None:
        """Send one of many's message by its policy."""
        if self.flowing:
            self.transport.write(message.frame)  # type: ignore[union-attr]
        else:
            self._send_slowly(message.packet, message.key)

    def catch_up(self, packets: Sequence[bytes]) -> None:
        """Send text packets that a returning peer has missed; until it has read them, its cap is higher by them."""
        if not packets:
            return
        self._granted = sum(map(len, packets))
        if self.flowing:
            self.transport.write(b"".join(map(text_frame, packets)))  # type: ignore[union-attr]
            if self.flowing:
                self._granted = 0
        else:
            for packet in packets:
                self._send_slowly(packet, None)

    def _send_slowly(self, packet: bytes, key: object) -> None:
        if self.state != OPEN:
            return
        if key is not None:
            if self._latest is None:
                self._latest = {}
            self._held += len(packet) - len(self._latest.pop(key, b""))
            self._latest[key] = packet
        elif self.transport is not None:
            self.transport.write(text_frame(packet))
        else:
            if self._queue is None:
                self._queue = []
            self._queue.append(packet)
            self._held += len(packet)
        self.server.backlogged.add(self)
        self._check_cap()
        self._wake()

    def _check_cap(self) -> None:
        unsent = self.unsent - self._granted
        if unsent > self.server.limits.unsent:
            self.cut("reads too slowly")
        elif unsent > self.server.limits.unsent // 2:
            self.pause_reading(_BY_REPLIES)  # who does not read gets no more answers, by asking no more

    @property
    def unsent(self) -> int:
        """Bytes kept here for the peer."""
        written = self.transport.get_write_buffer_size() if self.transport is not None else 0
        return self._held + written

    def _wake(self) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(False)

    @property
    def has_packets(self) -> bool:
        """Whether a poll would be answered at once."""
        return bool(self._queue or self._latest)

    def take(self) -> bytes:
        """All that a poll can be answered with; empty if there is nothing."""
        packets = [*(self._queue or ()), *(self._latest or {}).values()]
        self._queue = self._latest = None
        self._held = self._granted = 0
        self.server.backlogged.discard(self)
        self.resume_reading(_BY_REPLIES)
        return SEPARATOR.encode().join(packets)

    # Receiving

    def take_packet(self, packet: str) -> None:
        """One text packet has come; raises `PacketError`."""
        kind = packet[:1]
        if kind == "4":
            self.on_message(packet[1:])
        elif kind == "3":
            self._phase = _PONGED if self._phase == _PINGED else self._phase
        elif kind == "1":
            self._client_closes()
        elif kind not in {"5", "6"}:
            raise PacketError("unknown packet type")

    def take_payload(self, body: str) -> None:
        """The packets of one POST; raises `PacketError`."""
        packets = body.split(SEPARATOR)
        if not self._spend(len(packets)):
            raise PacketError("too many packets")
        for packet in packets:
            if packet[:1] == "b":
                try:
                    self.on_message(base64.b64decode(packet[1:], validate=True))
                except (binascii.Error, ValueError) as error:
                    raise PacketError("not base64") from error
            else:
                self.take_packet(packet)
            if self.state != OPEN:
                return

    def _spend(self, messages: int) -> bool:
        """Count messages against the rate; False once the connection is cut for it."""
        limits = self.server.limits
        now = self.server.now()
        refill = (now - self._stamp) * limits.messages_per_second
        self._allowance = min(self._allowance + refill, limits.messages_burst) - messages
        self._stamp = now
        if self._allowance < 0:
            if self._allowance < -limits.messages_burst:
                self.cut("sends too fast")
                return False
            self.pause_reading(_BY_RATE)
            self.server.throttled.add(self)
        return True

    def may_read_again(self, now: float) -> bool:
        """Whether the rate allows another message."""
        return self._allowance + (now - self._stamp) * self.server.limits.messages_per_second >= 1

    def pause_reading(self, why: int) -> None:
        """Read nothing from this peer until the reason is gone."""
        if not self._paused and self.transport is not None and not self.transport.is_closing():
            self.transport.pause_reading()
        self._paused |= why

    def resume_reading(self, why: int) -> None:
        """A reason for not reading is gone."""
        if self._paused & why:
            self._paused &= ~why
            if not self._paused and self.transport is not None and not self.transport.is_closing():
                self.transport.resume_reading()

    def work_queued(self, messages: int) -> bool:
        """Say how many messages wait to be handled; False once the connection is cut for it."""
        most = self.server.limits.queued_messages
        if messages >= most * 16:
            self.cut("too many messages at once")
            return False
        if messages >= most:
            self.pause_reading(_BY_WORK)
        elif messages <= most // 2:
            self.resume_reading(_BY_WORK)
        return True

    # As the protocol of a WebSocket

    def attach(self, transport: asyncio.Transport) -> None:
        """Go on over this WebSocket, with what is waiting first."""
        self.transport = transport
        self._reader = FrameReader(self.server.limits.max_message)
        handle = transport.get_extra_info("socket")
        if handle is not None and transport.get_extra_info("ssl_object") is None:
            self._descriptor = handle.fileno()
        self._flow(flowing=True)
        self.upgrading = False
        queue, latest = self._queue or [], self._latest or {}
        self._queue = self._latest = None
        self._held = 0
        self.server.backlogged.discard(self)
        transport.set_protocol(self)
        # Whatever the kernel does not take at once pauses writing: a connection that flows has nothing in between.
        transport.set_write_buffer_limits(high=0)
        for packet in (*queue, *latest.values()):
            if packet[:1] == b"b":
                transport.write(frame(websocket.BINARY, base64.b64decode(packet[1:])))
            else:
                transport.write(text_frame(packet))
        if self.flowing:
            self._granted = 0
        self._paused &= ~_BY_REPLIES
        if self._paused:
            transport.pause_reading()
        self._wake()

    def take_rest(self, reader: FrameReader, messages: list[websocket.Message]) -> None:
        """Take over what came right behind the upgrade packet."""
        self._reader = reader
        if messages:
            self._take_messages(messages)

    def data_received(self, data: bytes) -> None:
        """Bytes of the WebSocket."""
        if self.state != OPEN or self._reader is None:
            return
        try:
            messages = self._reader.feed(data)
        except WebSocketError as error:
            self._take_messages(error.messages)
            self.close(error.code, error.reason)
            return
        self._take_messages(messages)

    def _take_messages(self, messages: list[websocket.Message]) -> None:
        if not self._spend(len(messages) or 1):
            return
        try:
            for opcode, payload in messages:
                if self.state != OPEN:
                    return
                if opcode == websocket.TEXT:
                    self.take_packet(payload)  # type: ignore[arg-type]
                elif opcode == websocket.BINARY:
                    self.on_message(payload)
                else:
                    self._take_control(opcode, payload)  # type: ignore[arg-type]
        except PacketError as error:
            self.close(websocket.POLICY_VIOLATION, str(error))

    def _take_control(self, opcode: int, payload: bytes) -> None:
        if opcode == websocket.PING:
            self.transport.write(frame(websocket.PONG, payload))  # type: ignore[union-attr]
            self._check_cap()
        elif opcode == websocket.CLOSE:
            self.close(websocket.close_code(payload))

    def _flow(self, *, flowing: bool) -> None:
        self.flowing = flowing
        self.direct = self._descriptor if flowing else -1

    def pause_writing(self) -> None:
        """The kernel takes no more: the peer is slow."""
        self._flow(flowing=False)
        self.server.backlogged.add(self)

    def resume_writing(self) -> None:
        """The peer has caught up; what was replaced by newer values meanwhile is sent in its newest."""
        if self.state != OPEN or self.transport is None:
            return
        self._flow(flowing=True)
        self._granted = 0
        self.server.backlogged.discard(self)
        latest, self._latest, self._held = self._latest or {}, None, 0
        for packet in latest.values():
            self.transport.write(text_frame(packet))
        self.resume_reading(_BY_REPLIES)

    def eof_received(self) -> bool:
        """The peer will send nothing more, so it is over."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The WebSocket is gone."""
        self._end()
        self._gone()

    # The end

    def close(self, code: int = websocket.GOING_AWAY, reason: str = "") -> None:
        """End it, after what was sent has reached the peer (it gets a few seconds to read that)."""
        if self.state != OPEN:
            return
        if self.transport is not None:
            self.transport.write(close_frame(code, reason))
            self._end()
            self.server.wheel.schedule(self, _LINGER_SECONDS)
            self.resume_reading(_BY_RATE | _BY_WORK | _BY_REPLIES)  # or the end of the peer is never seen
            self.transport.close()
        else:
            self._queue = [*(self._queue or ()), *(self._latest or {}).values(), _CLOSE]
            self._latest = None
            self._end()
            self.server.wheel.schedule(self, _LINGER_SECONDS)
            self._wake()

    def cut(self, reason: str) -> None:
        """End it now, without a word: the peer reads too slowly or sends too much."""
        if self.state == CLOSED:
            return
        log.info("connection cut", connection=self.sid, reason=reason)
        self.server.cuts[reason.replace(" ", "_")] += 1
        self.drop(_CLOSE)

    def drop(self, farewell: bytes = b"") -> None:
        """End it now; a pending poll is answered with `farewell`."""
        self._end()
        self._queue = [farewell] if farewell else None
        self._latest = None
        self._gone()
        if self.transport is not None:
            self.transport.abort()

    def answered(self) -> None:
        """A poll has been answered; if that was the last word, it is over."""
        if self.state == CLOSING:
            self._gone()

    def _client_closes(self) -> None:
        if self.transport is None:
            self.drop(_NOOP)
        else:
            self.close(websocket.NORMAL)

    def _end(self) -> None:
        """No way back from here: the subclass is told, nothing is taken or sent any more."""
        if self.state == OPEN:
            self.state = CLOSING
            self._flow(flowing=False)
            self._reader = None
            self.on_close()

    def _gone(self) -> None:
        self.state = CLOSED
        self.server.forget(self)
        self._wake()

    # Heartbeat, by the wheel

    def expired(self) -> None:
        """A deadline has come."""
        if self.state != OPEN:
            self.drop()
            return
        limits, wheel = self.server.limits, self.server.wheel
        if self._phase == _PINGED:
            self.drop(_CLOSE)
        elif self._phase == _PONGED:
            self._phase = _IDLE
            wheel.schedule(self, limits.ping_interval - limits.ping_timeout)
        elif self._is_unused_for_long():
            self.close(websocket.POLICY_VIOLATION, "no CONNECT")
        elif self._phase == _FRESH:
            self._phase = _IDLE
            wheel.schedule(self, limits.ping_interval - (limits.connect_timeout or 0))
        else:
            self._phase = _PINGED
            wheel.schedule(self, limits.ping_timeout)
            if self.flowing:
                self.transport.write(_PING_FRAME)  # type: ignore[union-attr]
            else:
                self._send_slowly(_PING, None)

    def _is_unused_for_long(self) -> bool:
        now, timeout = self.server.now(), self.server.limits.connect_timeout
        if timeout is None or self.is_used():
            self._used_at = now
            return False
        return now - self._used_at >= timeout - self.server.wheel.tick  # the wheel comes that much early


class Probe(asyncio.Protocol):
    """A WebSocket that a polling client has opened to move over to; not more than that yet."""

    __slots__ = ("_reader", "_socket", "_transport", "slot")

    def __init__(self, socket: EngineSocket, transport: asyncio.Transport) -> None:
        self._socket = socket
        self._transport = transport
        self._reader = FrameReader(socket.server.limits.max_message)
        self.slot: set[Timed] | None = None
        socket.upgrading = True
        socket.server.wheel.schedule(self, _UPGRADE_SECONDS)
        transport.set_protocol(self)

    def data_received(self, data: bytes) -> None:
        """`2probe`, then `5`; what follows is the connection's."""
        try:
            messages = self._reader.feed(data)
        except WebSocketError as error:
            messages = error.messages
            self._transport.close()
        for n, (opcode, payload) in enumerate(messages):
            if opcode == websocket.PING:
                self._transport.write(frame(websocket.PONG, payload))  # type: ignore[arg-type]
            elif (opcode, payload) == (websocket.TEXT, "2probe"):
                self._transport.write(text_frame(b"3probe"))
                if self._socket.waiting is not None and not self._socket.waiting.done():
                    self._socket.waiting.set_result(False)  # answered with a NOOP, as the client moves now
            elif (opcode, payload) == (websocket.TEXT, "5") and self._socket.state == OPEN:
                self._socket.server.wheel.cancel(self)
                self._socket.attach(self._transport)
                self._socket.take_rest(self._reader, messages[n + 1 :])
                return
            else:
                self._transport.close()
                return

    def eof_received(self) -> bool:
        """Gone."""
        return False

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - asyncio's signature
        """The session goes on polling."""
        self._socket.server.wheel.cancel(self)
        self._socket.upgrading = False

    def expired(self) -> None:
        """It took too long."""
        self._transport.abort()
