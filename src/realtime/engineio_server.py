"""All Engine.IO connections of one worker (protocol revision 4), and whether another one is let in.

`polling` and `connection_protocol` ask here before they open a connection; `socketio` makes one server for its
connections. What it decides is only about the transport: who stands behind a connection is `admission`'s matter.
"""

from __future__ import annotations

import secrets
import time
from collections import Counter
from collections.abc import Callable, Sequence

from kit.metrics import TransportFigures
from realtime.address_counts import AddressCounts
from realtime.backpressure import PAUSED_BY_RATE, OutgoingBuffer, cut_fullest_sockets
from realtime.descriptors import Descriptors
from realtime.engineio_socket import LINGER_SECONDS, EngineIoSocket
from realtime.refusals import BUSY, FULL, STOPPING, TOO_MANY, Refusal
from realtime.timers import TimerWheel
from realtime.transport_limits import TransportLimits
from realtime.upgrade import UPGRADE_SECONDS


class EngineIoServer:
    """All Engine.IO connections of one worker, and who is let in.

    Args:
        connection: Makes the object of a new connection.
        path: Where it is served, with slashes at both ends.
        origins: Of foreign pages that may connect; "*" stands for all, None for none.
        worker: Put in front of every session id, so that another worker can tell whose it is.
    """

    def __init__(
        self,
        connection: Callable[[EngineIoServer, str], EngineIoSocket],
        *,
        path: str = "/socket.io/",
        limits: TransportLimits | None = None,
        origins: Sequence[str] | None = None,
        transports: Sequence[str] = ("polling", "websocket"),
        worker: str = "",
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limits = limits = limits or TransportLimits()
        self.path = path
        self.transports = tuple(transports)
        self.now = clock
        self.sockets: dict[str, EngineIoSocket] = {}
        self.backlogged: set[OutgoingBuffer] = set()
        self.throttled: set[EngineIoSocket] = set()
        self.draining = False
        self.cuts: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._connection = connection
        self._origins = frozenset(origins or ())
        self._worker = worker
        self.addresses = AddressCounts(limits.per_address, limits.per_private_address)
        self._allowance = limits.connects_burst
        self._stamp = clock()
        self.descriptors = Descriptors()
        interval = limits.ping_interval
        self.wheel = TimerWheel(
            tick=min(max(interval / 100, 0.01), 0.1),
            span=max(interval, limits.ping_timeout, limits.connect_timeout or 0, limits.handshake_timeout,
                     limits.body_timeout, limits.write_timeout, LINGER_SECONDS, UPGRADE_SECONDS),
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

    def create(self, address: str) -> EngineIoSocket:
        """A new connection, known by its id from now on."""
        socket = self._connection(self, address)
        self.sockets[socket.sid] = socket
        self.addresses.enter(address)
        limits = self.limits
        first = limits.connect_timeout
        self.wheel.schedule(socket, limits.ping_interval if first is None else min(first, limits.ping_interval))
        return socket

    def forget(self, socket: EngineIoSocket) -> None:
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
            socket.resume_reading(PAUSED_BY_RATE)
        if self.backlogged:
            self.enforce_budget()

    def enforce_budget(self) -> None:
        """Cut the fullest connections until the worker's budget for what is unsent is kept."""
        cut_fullest_sockets(self.backlogged, self.limits.unsent_total)
