"""The door below ASGI: takes WebSockets over from uvicorn's HTTP protocol, and hands connections to other workers."""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from realtime.engineio import (
    BAD_METHOD,
    BAD_ORIGIN,
    BAD_REQUEST,
    BAD_VERSION,
    FULL,
    TOO_LARGE,
    UNKNOWN_SID,
    UNKNOWN_TRANSPORT,
    EngineServer,
    Probe,
    Refusal,
)
from realtime.handover import MAX_WAITING_BYTES, UNDECIDED, Handover, Outcome
from realtime.timers import Timed
from realtime.websocket import TRY_LATER, accept_key, close_frame, text_frame

_REASONS = {400: b"Bad Request", 403: b"Forbidden", 413: b"Content Too Large", 426: b"Upgrade Required",
            429: b"Too Many Requests", 503: b"Service Unavailable"}  # fmt: skip
_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
_ALWAYS = (b"GET /health/live ", b"GET /metrics ")  # a full server is not a dead one, and says how full it is
_FULL_SECONDS = 2.0  # for a request that is answered with 503: those who wait hold descriptors
_RETRY_SECONDS = 0.01  # until a busy worker is asked again to take a connection
_TRIES = 100  # about a second, longer than a worker is busy with one thing
_OWNER_BUSY = Refusal(503, 4, "The worker of this session is busy; try again", retry_after=1)
_OTHER_VERSION = Refusal(426, 3, "Sec-WebSocket-Version: 13 is what is spoken here")


def door(*servers: EngineServer, handover: Handover | None = None) -> type[HttpToolsProtocol]:
    """The `http=` class for uvicorn that serves these, and hands every other request on.

    Args:
        handover: The way to other workers of this node, where sessions live that are not here.
    """
    return type("Door", (Door,), {"servers": servers, "handover": handover, "__slots__": ()})


def parse_query(query: bytes) -> dict[bytes, bytes]:
    """The few plain parameters of Engine.IO; nothing in them is ever escaped."""
    return {name: value for name, _, value in (part.partition(b"=") for part in query.split(b"&", 16))}


class Door(HttpToolsProtocol):  # type: ignore[misc, unused-ignore]
    """One TCP connection until it is known what it is for."""

    servers: ClassVar[tuple[EngineServer, ...]] = ()
    handover: ClassVar[Handover | None] = None
    slot: set[Timed] | None = None
    _over: bool = False
    _full: bool = False  # there is no room for this connection
    _in_request: bool = False  # what comes next belongs to a request that the parser has begun with
    _adopted: bool = False  # another worker gave this connection here, so its request is answered here
    _held: bytes = b""  # read, and not given to the parser yet
    _tries: int = 0
    _waiting_bytes: int = 0  # of `_held`, counted among those of the worker

    def begin_with(self, data: bytes) -> None:
        """Take these bytes first: another worker has read them."""
        self._adopted = True
        self._held = data

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Somebody has connected, and gets a while to say what for."""
        super().connection_made(transport)
        server = self.servers[0]
        handle = transport.get_extra_info("socket")
        self._full = handle is not None and server.descriptors.is_full(handle.fileno())
        server.wheel.schedule(self, _FULL_SECONDS if self._full else server.limits.handshake_timeout)
        if self._held:
            self.loop.call_soon(self._again)  # when the transport is ready to be read from, or not to be

    def data_received(self, data: bytes) -> None:
        """Bytes of HTTP."""
        if self._over:
            return  # and on its way out
        data, self._held = self._held + data, b""
        if self._full and not data.startswith(_ALWAYS):
            self.servers[0].refused[FULL.reason] += 1
            self._refuse(FULL)
            return
        adopted, self._adopted = self._adopted, False
        if self.handover is None or self._in_request or adopted or not self._is_elsewhere(self.handover, data):
            super().data_received(data)
            if self.slot is not None and self.cycle is not None:  # one request is whole; uvicorn's own limits follow
                self.servers[0].wheel.cancel(self)
                self.cycle.keep_alive = self.cycle.keep_alive and not self._full

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone before it became a WebSocket."""
        self.servers[0].wheel.cancel(self)
        if self._over:
            return
        self._held = b""
        self._count_waiting(0)
        super().connection_lost(exc)

    def expired(self) -> None:
        """No request in time."""
        if not self._over and self.cycle is None:
            self.transport.abort()  # type: ignore[unreachable]  # uvicorn leaves out that there may be none yet

    # Requests of sessions that another worker has

    def on_message_begin(self) -> None:
        """The parser has seen the first byte of a request."""
        self._in_request = True
        super().on_message_begin()

    def on_message_complete(self) -> None:
        """The parser has seen the last byte of a request."""
        self._in_request = False
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """An answer is written; what came behind its request may go elsewhere now."""
        super().on_response_complete()
        if self._held:
            self.loop.call_soon(self._again)

    def _again(self) -> None:
        if self._held and not self._over and not self.transport.is_closing():
            self.data_received(b"")

    def _is_elsewhere(self, handover: Handover, data: bytes) -> bool:
        """Whether these bytes, the first of a request, are not for this worker's parser (now)."""
        owner = handover.owner(data)
        if owner is None:
            return False
        if owner == UNDECIDED:
            self._held = data
            return True
        if self.pipeline or (self.cycle is not None and not self.cycle.response_complete):
            self._held = data
            self.flow.pause_reading()
            return True
        self._unset_keepalive_if_required()
        self._count_waiting(0)
        outcome = Outcome.BUSY
        if not self.transport.get_write_buffer_size():
            outcome = handover.give(owner, data, self.transport.get_extra_info("socket").fileno())
        if outcome is Outcome.GONE:
            self._tries = 0
            return False  # and it is told that nobody knows its session
        if outcome is Outcome.GIVEN:
            self._leave().abort()  # the other worker's descriptor keeps the connection open
        elif (
            outcome is Outcome.BUSY and self._tries < _TRIES and handover.waiting_bytes + len(data) <= MAX_WAITING_BYTES
        ):
            self._tries += 1
            self._count_waiting(len(data))
            self._held = data
            self.flow.pause_reading()
            self.loop.call_later(_RETRY_SECONDS, self._again)
        else:
            self._refuse(TOO_LARGE if outcome is Outcome.TOO_LARGE else _OWNER_BUSY)
        return True

    def _count_waiting(self, size: int) -> None:
        if self.handover is not None:
            self.handover.waiting_bytes += size - self._waiting_bytes
            self._waiting_bytes = size

    def _refuse(self, refusal: Refusal) -> None:
        transport = self._leave()
        transport.write(_answer(refusal))
        transport.close()

    def _leave(self) -> asyncio.Transport:
        """Be done with this connection; whoever gets its transport closes it."""
        transport = self.transport
        self.servers[0].wheel.cancel(self)
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        self._let_go()
        return transport

    # WebSockets

    def handle_websocket_upgrade(self) -> None:
        """A request that wants to become a WebSocket."""
        target, _, query = self.url.partition(b"?")
        path = target.decode("latin1")
        for server in self.servers:
            if server.serves(path):
                self._upgrade(server, parse_query(query))
                return
        self.servers[0].wheel.cancel(self)
        super().handle_websocket_upgrade()

    def _upgrade(self, server: EngineServer, query: dict[bytes, bytes]) -> None:
        headers = dict(self.headers)
        transport = self.transport
        address = self._address()
        accept = accept_key(headers.get(b"sec-websocket-key", b""))
        refusal = self._refusal(server, query, headers, accept, address)
        self._leave()
        if refusal is not None or accept is None:
            transport.write(_answer(refusal or BAD_REQUEST))
            transport.close()
            return
        sid = query.get(b"sid", b"").decode("latin1")
        switch = _SWITCH + accept + b"\r\n\r\n"
        if not sid:
            socket = server.create(address)
            transport.write(switch + text_frame(server.open_packet(socket.sid, upgrade=False)))
            socket.attach(transport)
            return
        transport.write(switch)
        known = server.sockets[sid]
        if known.transport is not None or known.upgrading:
            transport.write(close_frame(TRY_LATER))
            transport.close()
            return
        Probe(known, transport)

    def _refusal(
        self,
        server: EngineServer,
        query: dict[bytes, bytes],
        headers: dict[bytes, bytes],
        accept: bytes | None,
        address: str,
    ) -> Refusal | None:
        if query.get(b"EIO") != b"4":
            return BAD_VERSION
        if query.get(b"transport") != b"websocket" or "websocket" not in server.transports:
            return UNKNOWN_TRANSPORT
        if self.scope["method"] != "GET":
            return BAD_METHOD
        if headers.get(b"sec-websocket-version") != b"13":
            return _OTHER_VERSION
        if accept is None:
            return BAD_REQUEST
        origin = headers.get(b"origin")
        if origin is not None and not server.allows_origin(
            origin.decode("latin1"), headers.get(b"host", b"").decode("latin1")
        ):
            return BAD_ORIGIN
        sid = query.get(b"sid")
        if sid:
            return None if sid.decode("latin1") in server.sockets else UNKNOWN_SID
        handle = self.transport.get_extra_info("socket")
        return server.refusal(address, handle.fileno() if handle is not None else 0)

    def _address(self) -> str:
        """The peer's IP address, or the one that a trusted proxy names."""
        address = self.client[0] if self.client else "unknown"
        trusted: Any = getattr(self.app, "trusted_hosts", None)  # of uvicorn's ProxyHeadersMiddleware
        if trusted is None or address not in trusted:
            return address
        named = b", ".join(value for name, value in self.headers if name == b"x-forwarded-for")
        return (named and trusted.get_trusted_client_address(named.decode("latin1"))[0]) or address

    def _let_go(self) -> None:
        """Break the circles, so that all this is freed at once and not by the garbage collector."""
        self.parser = None  # type: ignore[assignment]
        self.flow = None  # type: ignore[assignment]
        self._over = True
        self.transport = None  # type: ignore[assignment]


def _answer(refusal: Refusal) -> bytes:
    body = refusal.body
    head = [b"HTTP/1.1 %d %s" % (refusal.status, _REASONS[refusal.status])]
    head += [b"Content-Type: application/json", b"Content-Length: %d" % len(body), b"Connection: close"]
    if refusal.retry_after is not None:
        head.append(b"Retry-After: %d" % refusal.retry_after)
    if refusal.status == 426:
        head += [b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"]
    return b"\r\n".join(head) + b"\r\n\r\n" + body
