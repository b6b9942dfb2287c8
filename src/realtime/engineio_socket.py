"""One Engine.IO connection (protocol revision 4), whether it polls, upgrades or is a WebSocket.

Everything is a callback; an idle connection has no task, no queue and no timer of its own. `polling` and
`connection_protocol` bring requests here, `socketio` says what a message means. Sending is in `backpressure`.
"""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections import Counter
from typing import Protocol

import structlog

from realtime import websocket
from realtime.backpressure import (
    CLOSED,
    CLOSING,
    OPEN,
    PAUSED_BY_RATE,
    PAUSED_BY_UNSENT,
    PAUSED_BY_WORK,
    BufferOwner,
    OutgoingBuffer,
)
from realtime.engineio_packets import CLOSE, NOOP, PING, SEPARATOR, PacketError
from realtime.timers import Timed, TimerWheel
from realtime.websocket import FrameReader, WebSocketError, close_frame, frame, text_frame

log = structlog.get_logger(__name__)

LINGER_SECONDS = 5.0  # what a peer gets to read the last words
_FRESH, _IDLE, _PINGED, _PONGED = range(4)
_PING_FRAME = text_frame(PING)


class SocketOwner(BufferOwner, Protocol):
    """What a connection needs of the server that it belongs to."""

    wheel: TimerWheel
    throttled: set[EngineIoSocket]
    """Connections that are not read from now, because they sent too fast."""
    cuts: Counter[str]
    """How many connections were cut, by reason."""

    def now(self) -> float:
        """Seconds of a clock that never goes back."""
        ...

    def new_sid(self) -> str:
        """The id of a new connection."""
        ...

    def forget(self, socket: EngineIoSocket) -> None:
        """A connection is over."""
        ...


class EngineIoSocket(OutgoingBuffer):
    """One connection. As a protocol it is that of its WebSocket, from the handshake on.

    Attributes:
        sid: Its id, which nobody can guess.
        address: The peer's, as its connections are counted.
        upgrading: A WebSocket is open to which it may move.
        slot: Its place in the timer wheel.
    """

    __slots__ = (
        "_allowance", "_paused", "_phase", "_reader", "_stamp", "_used_at", "address", "sid", "slot", "upgrading",
    )  # fmt: skip

    server: SocketOwner

    def __init__(self, server: SocketOwner, address: str) -> None:
        super().__init__()
        self.server = server
        self.sid = server.new_sid()
        self.address = address
        self.upgrading = False
        self.slot: set[Timed] | None = None
        self._reader: FrameReader | None = None
        timeout = server.limits.connect_timeout
        self._phase = _IDLE if timeout is None or timeout >= server.limits.ping_interval else _FRESH
        self._paused = 0
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
            self.pause_reading(PAUSED_BY_RATE)
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
            self.pause_reading(PAUSED_BY_WORK)
        elif messages <= most // 2:
            self.resume_reading(PAUSED_BY_WORK)
        return True

    # As the protocol of a WebSocket

    def attach(self, transport: asyncio.Transport) -> None:
        """Go on over this WebSocket, with what is waiting first."""
        self.transport = transport
        self._reader = FrameReader(self.server.limits.max_message)
        self.upgrading = False
        self._flush_to(transport)
        self._paused &= ~PAUSED_BY_UNSENT
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
            self._cut_if_too_slow()
        elif opcode == websocket.CLOSE:
            self.close(websocket.close_code(payload))

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
            self.server.wheel.schedule(self, LINGER_SECONDS)
            # A peer that is not read from is never seen to end.
            self.resume_reading(PAUSED_BY_RATE | PAUSED_BY_WORK | PAUSED_BY_UNSENT)
            self.transport.close()
        else:
            self._queue = [*(self._queue or ()), *(self._latest or {}).values(), CLOSE]
            self._latest = None
            self._end()
            self.server.wheel.schedule(self, LINGER_SECONDS)
            self._wake()

    def cut(self, reason: str) -> None:
        """End it now, without a word: the peer reads too slowly or sends too much."""
        if self.state == CLOSED:
            return
        log.info("connection cut", connection=self.sid, reason=reason)
        self.server.cuts[reason.replace(" ", "_")] += 1
        self.drop(CLOSE)

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
            self.drop(NOOP)
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
            self.drop(CLOSE)
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
                self._keep(PING, None)

    def _is_unused_for_long(self) -> bool:
        now, timeout = self.server.now(), self.server.limits.connect_timeout
        if timeout is None or self.is_used():
            self._used_at = now
            return False
        return now - self._used_at >= timeout - self.server.wheel.tick  # the wheel comes that much early
