"""Backpressure: what is kept for a peer that reads slowly, what is replaced or left out, and when it is cut.

`OutgoingBuffer` is the sending half of every connection; `engineio_socket` adds the receiving half, and `fanout` writes
through it to many. Nothing here may wait for a peer: a slow one costs memory up to its cap, and nobody else's time.
"""

from __future__ import annotations

import asyncio
import base64
from collections.abc import Collection, Sequence
from typing import Protocol

from realtime import websocket
from realtime.engineio_packets import SEPARATOR
from realtime.transport_limits import TransportLimits
from realtime.websocket import frame, text_frame

OPEN, CLOSING, CLOSED = range(3)
"""The states of a connection. While it closes, what was sent before may still be read by the peer."""

PAUSED_BY_RATE, PAUSED_BY_WORK, PAUSED_BY_UNSENT = 1, 2, 4
"""Reasons for not reading from a peer; each a bit."""

EPHEMERAL_SHARE = 4
"""Ephemeral events may take up this part of a peer's cap: half of what makes reading pause."""


class Outgoing:
    """One text packet for many connections: encoded once, as a packet and as a complete WebSocket frame.

    Attributes:
        packet: With Engine.IO's type in front.
        frame: The same as one unmasked WebSocket frame.
        key: While the peer is slow, a newer message of the same key replaces this one; None for a message that counts.
        ephemeral: A slow peer goes without it, once there is more than a little unsent.
    """

    __slots__ = ("ephemeral", "frame", "key", "packet")

    def __init__(self, packet: bytes, key: object = None, *, ephemeral: bool = False) -> None:
        self.packet = packet
        self.frame = text_frame(packet)
        self.key = key
        self.ephemeral = ephemeral


class BufferOwner(Protocol):
    """What a connection's buffer needs of the server that it belongs to."""

    limits: TransportLimits
    backlogged: set[OutgoingBuffer]
    """Connections with anything unsent."""


class _Direct(asyncio.Protocol):
    """What a sender to many looks at. In a class of its own, so that it lies beside the reference count.

    Attributes:
        direct: The descriptor of a WebSocket that has nothing unsent: whoever sends to many may write to it, and hands
            what the kernel does not take to the transport. -1 for all others, and where TLS is in between.
    """

    __slots__ = ("direct",)

    direct: int


class OutgoingBuffer(_Direct):
    """The sending half of a connection, over a WebSocket or for the next poll.

    Attributes:
        flowing: The connection is a WebSocket with nothing unsent.
        transport: The WebSocket's; None while the connection polls.
        waiting: The pending poll's wake-up call; its result says whether the client gave up.
    """

    __slots__ = (
        "_descriptor", "_granted", "_held", "_latest", "_queue", "flowing", "server", "state", "transport", "waiting",
    )  # fmt: skip

    server: BufferOwner

    def __init__(self) -> None:
        self.transport: asyncio.Transport | None = None
        self.state = OPEN
        self.direct = self._descriptor = -1
        self.flowing = False
        self.waiting: asyncio.Future[bool] | None = None
        self._queue: list[bytes] | None = None
        self._latest: dict[object, bytes] | None = None
        self._held = 0
        self._granted = 0

    # The other half

    def cut(self, reason: str) -> None:
        """End the connection now, without a word."""
        raise NotImplementedError

    def pause_reading(self, why: int) -> None:
        """Read nothing from the peer until the reason is gone."""
        raise NotImplementedError

    def resume_reading(self, why: int) -> None:
        """A reason for not reading is gone."""
        raise NotImplementedError

    # Sending

    def send(self, packet: bytes) -> None:
        """Send one text packet that is never dropped, with Engine.IO's type in front."""
        if self.flowing:
            self.transport.write(text_frame(packet))  # type: ignore[union-attr]
        else:
            self._keep(packet, None)

    def send_binary(self, data: bytes) -> None:
        """Send one binary message."""
        if self.transport is not None and self.state == OPEN:
            self.transport.write(frame(websocket.BINARY, data))
            self._cut_if_too_slow()
        else:
            self._keep(b"b" + base64.b64encode(data), None)

    def offer(self, message: Outgoing) -> None:
        """Send a message that goes to many, by its policy."""
        if self.flowing:
            self.transport.write(message.frame)  # type: ignore[union-attr]
        elif not message.ephemeral or self._has_room_for_ephemeral(message.packet):
            self._keep(message.packet, message.key)

    def _has_room_for_ephemeral(self, packet: bytes) -> bool:
        """Whether it can wait: never so much that reading pauses or the peer is cut for what is worth nothing later.

        A poll's answer waits for the next poll, so that who polls has what comes in between.
        """
        return self.unsent - self._granted + len(packet) <= self.server.limits.unsent // EPHEMERAL_SHARE

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
                self._keep(packet, None)

    def _keep(self, packet: bytes, key: object) -> None:
        """Keep a packet for a peer that cannot be written to now, in the place of an older one of its key."""
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
        self._cut_if_too_slow()
        self._wake()

    def _cut_if_too_slow(self) -> None:
        """Cut a peer with more unsent than its cap; from half of it on, read nothing more from it.

        So that a peer which does not read its answers cannot make more of them by asking.
        """
        unsent = self.unsent - self._granted
        if unsent > self.server.limits.unsent:
            self.cut("reads too slowly")
        elif unsent > self.server.limits.unsent // 2:
            self.pause_reading(PAUSED_BY_UNSENT)

    @property
    def unsent(self) -> int:
        """Bytes kept here for the peer."""
        written = self.transport.get_write_buffer_size() if self.transport is not None else 0
        return self._held + written

    # Over a WebSocket

    def _flush_to(self, transport: asyncio.Transport) -> None:
        """Write to a WebSocket from now on, beginning with what has waited for a poll."""
        handle = transport.get_extra_info("socket")
        if handle is not None and transport.get_extra_info("ssl_object") is None:
            self._descriptor = handle.fileno()
        self._flow(flowing=True)
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
        self.resume_reading(PAUSED_BY_UNSENT)

    # For polls

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
        self.resume_reading(PAUSED_BY_UNSENT)
        return SEPARATOR.encode().join(packets)

    def _wake(self) -> None:
        if self.waiting is not None and not self.waiting.done():
            self.waiting.set_result(False)


def cut_fullest_sockets(backlogged: Collection[OutgoingBuffer], budget: int) -> None:
    """Cut the fullest connections of a worker until the bytes unsent for all of them are within a budget."""
    sizes = [(socket.unsent, socket) for socket in backlogged]
    total = sum(size for size, _ in sizes)
    if total <= budget:
        return
    for size, socket in sorted(sizes, key=lambda each: each[0], reverse=True):
        socket.cut("worker budget")
        total -= size
        if total <= budget:
            return
