"""The protocol of every TCP connection: HTTP for uvicorn, WebSockets for ourselves, sessions of other workers for them.

uvicorn makes one `ConnectionProtocol` for each connection that it accepts (`http=`). Below ASGI, because a handshake
and a refusal must cost less than a request, and because a connection can only be handed to another worker before
anything has answered on it. It never lets a peer hold a connection by sending or reading slowly.
"""

from __future__ import annotations

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from kit.heads import MAX_HEAD_BYTES
from realtime.close_delimited import CloseDelimitedProtocol
from realtime.engineio_server import EngineIoServer
from realtime.handover import Handover, Outcome
from realtime.http_framing import FramingError, RequestFraming, is_one_head
from realtime.refusals import (
    BAD_METHOD,
    BAD_ORIGIN,
    BAD_REQUEST,
    BAD_VERSION,
    FULL,
    TOO_LARGE,
    TOO_MANY,
    UNKNOWN_SID,
    UNKNOWN_TRANSPORT,
    Refusal,
    answer,
    comes_back,
)
from realtime.timers import Timed
from realtime.upgrade import UpgradeProbe
from realtime.websocket import TRY_LATER, accept_key, close_frame, text_frame
from realtime.write_timeout import WriteTimeout, limit_unsent_buffers

_SWITCH = b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: "
_ALWAYS = (b"GET /health/live ", b"GET /metrics ")  # a full server is not a dead one, and says how full it is
_EVENTS = b"GET /api/events"  # browsers never come back to an event stream that was answered with an error
_REFUSED_SECONDS = 2.0  # for a request that is refused, and to read the answer: those who wait hold descriptors
_MAX_HELD = MAX_HEAD_BYTES + 512 * 1024  # of what came behind a request: two reads of the event loop beyond the first
_RETRY_SECONDS = 0.01  # until a busy worker is asked again to take a connection
_OWNER_BUSY = Refusal(503, 4, "The worker of this session is busy; try again", retry_after=1)
_SLOW = Refusal(408, 3, "The rest of the request did not come")
_OTHER_VERSION = Refusal(426, 3, "Sec-WebSocket-Version: 13 is what is spoken here")


def connection_protocol(*servers: EngineIoServer, handover: Handover | None = None) -> type[HttpToolsProtocol]:
    """The class that uvicorn takes as `http=`: it serves these, and hands every other request on.

    Args:
        servers: The Engine.IO servers, each with its own path; deadlines and limits are those of the first.
        handover: The way to other workers of this node, where sessions live that are not here.
    """
    return type(
        "ConnectionProtocol", (ConnectionProtocol,), {"servers": servers, "handover": handover, "__slots__": ()}
    )


def parse_query(query: bytes) -> dict[bytes, bytes]:
    """The few plain parameters of Engine.IO; nothing in them is ever escaped."""
    return {name: value for name, _, value in (part.partition(b"=") for part in query.split(b"&", 16))}


class ConnectionProtocol(CloseDelimitedProtocol):
    """One TCP connection: a request, then the next, until it becomes a WebSocket, goes to another worker or ends."""

    servers: ClassVar[tuple[EngineIoServer, ...]] = ()
    handover: ClassVar[Handover | None] = None
    slot: set[Timed] | None = None  # of the deadline for what the peer is to send
    _over: bool = False
    _lack: Refusal | None = None  # there is no room for this connection, or for its request
    _exempt: bool = False  # from that
    _begun: bool = False  # a request has come
    _in_request: bool = False  # what comes next belongs to a request that the parser has begun with
    _in_head: bool = False  # the parser has not seen the end of its head
    _adopted: bool = False  # another worker gave this connection here, so its request is answered here
    _cut: RequestFraming | None = None  # what has come and was not parsed
    _unread: WriteTimeout | None = None
    _busy_since: float | None = None  # a request waits since then for its worker to take it
    _waiting_bytes: int = 0  # of what was read and not parsed, counted among those of the worker
    _body_since: float = 0.0  # when the first of a body could come
    _peer: str | None = None  # the address that this connection is counted under
    _client: str | None = None  # the one that its request is counted under, behind a proxy

    def begin_with(self, data: bytes) -> None:
        """Take these bytes first: another worker has read them and handed the connection over."""
        self._adopted = True
        self._framing.put(data)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """A peer has connected; its first request has to come within the handshake's time."""
        super().connection_made(transport)
        server = self.servers[0]
        handle = transport.get_extra_info("socket")
        self._count_peer(server)
        if handle is not None and server.descriptors.is_full(handle.fileno()):
            self._lack = FULL
        server.wheel.schedule(self, _REFUSED_SECONDS if self._lack else server.limits.handshake_timeout)
        if self._adopted:
            self.loop.call_soon(self._again)  # when the transport is ready to be read from, or not to be

    def data_received(self, data: bytes) -> None:
        """Bytes of HTTP."""
        if self._over:
            return  # and on its way out
        if self._lack is not None and not data.startswith(_ALWAYS):
            self._refuse_for_lack(data)
            return
        if self._cut is None and not self._begun and is_one_head(data):
            if self._begin(data) and self._in_request:
                self._wait()
            return
        self._framing.put(data)
        self._advance()

    @property
    def _framing(self) -> RequestFraming:
        if self._cut is None:
            self._cut = RequestFraming()
        return self._cut

    def connection_lost(self, exc: Exception | None) -> None:
        """Gone before it became a WebSocket."""
        self.servers[0].wheel.cancel(self)
        self._stop_watching()
        if self._over:
            return
        self._uncount()
        self._cut = None
        self._count_waiting(0)
        super().connection_lost(exc)

    # Requests, one after another

    def _advance(self) -> None:
        """Give the parser what has come, as far as it is whole and its turn has come."""
        while not self._over and not self.transport.is_closing():
            if not self._in_request and self.cycle is not None and not self.cycle.response_complete:
                self._hold()
                return
            try:
                piece = self._framing.take()
            except FramingError as error:
                self._refuse(Refusal(error.status, BAD_REQUEST.code, error.message))
                return
            if not piece:
                self._wait()
                return
            if self._in_request:
                super().data_received(piece)
            elif not self._begin(piece):
                return

    def _begin(self, head: bytes) -> bool:
        """A head is whole; False if its request is not answered here, or not now."""
        if self.slot is not None:
            self.servers[0].wheel.cancel(self)
        adopted, self._adopted = self._adopted, False
        if self.handover is not None and not adopted and self._is_elsewhere(self.handover, head):
            return False
        self._begun = True
        self._exempt = self._lack is not None and head.startswith(_ALWAYS)
        self._in_request = self._in_head = True
        super().data_received(head)
        if self._over:
            return False
        if self._lack is not None and not self._exempt:
            self._refuse_for_lack(head)
            return False
        if self._in_head:
            self.send_400_response("This is no HTTP request")
            return False
        if self._in_request:
            self._framing.body_follows(self.headers)
            self._body_since = self.loop.time()
        self.cycle.keep_alive = self.cycle.keep_alive and self._lack is None
        return True

    def _hold(self) -> None:
        """Leave what comes for the time after the present answer, and read no more than a bit of it."""
        if self._framing.size > _MAX_HELD:
            self.transport.abort()
        elif self._framing.size > MAX_HEAD_BYTES:
            self.flow.pause_reading()

    def _again(self) -> None:
        if not self._over and not self.transport.is_closing():
            self._advance()

    # What the parser says

    def on_headers_complete(self) -> None:
        """A head is parsed: its request is answered, if there is room for it."""
        self._in_head = False
        if self._peer is None:
            self._count_client()
        if self._lack is None or self._exempt:
            first = self.cycle is None
            super().on_headers_complete()
            if first and self.cycle is not None:
                limit_unsent_buffers(self.transport)

    def on_body(self, body: bytes) -> None:
        """A piece of a body."""
        if self._lack is None or self._exempt:
            super().on_body(body)

    def on_message_complete(self) -> None:
        """The parser has seen the last byte of a request."""
        self._in_request = False
        if self.slot is not None:
            self.servers[0].wheel.cancel(self)
        if self._lack is None or self._exempt:
            super().on_message_complete()

    def send_400_response(self, msg: str) -> None:
        """It is no request, says the parser."""
        self._refuse(Refusal(400, BAD_REQUEST.code, msg))

    def on_response_complete(self) -> None:
        """An answer is written; what came behind its request may be looked at now."""
        super().on_response_complete()
        if self._over:
            return
        self._uncount_client()
        if self.transport.get_write_buffer_size():
            self._watch_writing()
        if self._in_request:  # what is still to come of it is thrown away, for a while
            self.servers[0].wheel.schedule(self, _REFUSED_SECONDS)
        elif self._framing.size:
            self.loop.call_soon(self._again)

    # Deadlines

    def _wait(self) -> None:
        """More has to come."""
        wheel, limits = self.servers[0].wheel, self.servers[0].limits
        if self._in_request:
            if not self.cycle.response_complete:
                left = self._body_since + limits.whole_body_timeout - self.loop.time()
                wheel.schedule(self, max(min(limits.body_timeout, left), 0.0))
        elif self._framing.size:
            self._unset_keepalive_if_required()
            if self.slot is None:
                wheel.schedule(self, limits.handshake_timeout)

    def expired(self) -> None:
        """What the peer was to send has not come in time."""
        if self._busy_since is not None:  # it is our turn, not the peer's
            self._refuse(_OWNER_BUSY)
        elif self._in_request and self.cycle is not None and not self.cycle.response_complete:
            if self.flow.read_paused:  # it may have sent it: the application has not taken what came before
                self.servers[0].wheel.schedule(self, self.servers[0].limits.body_timeout)
            elif self.cycle.response_started:
                self.transport.abort()
            else:
                self._refuse(_SLOW)
        elif self._framing.size and not self._in_request:
            self._refuse(_SLOW)
        else:
            self.transport.abort()

    def pause_writing(self) -> None:
        """The kernel takes no more for now."""
        super().pause_writing()
        self._watch_writing()

    def resume_writing(self) -> None:
        """The peer reads on."""
        self._stop_watching()
        super().resume_writing()

    def _watch_writing(self) -> None:
        self._stop_watching()
        self._unread = WriteTimeout(self.servers[0].wheel, self.transport, self.servers[0].limits.write_timeout)

    def _stop_watching(self) -> None:
        if self._unread is not None:
            self.servers[0].wheel.cancel(self._unread)
            self._unread = None

    # One address has a share of the connections

    @property
    def _trusted(self) -> Any:  # noqa: ANN401 - what uvicorn's ProxyHeadersMiddleware believes; None without it
        return getattr(self.app, "trusted_hosts", None)

    def _count_peer(self, server: EngineIoServer) -> None:
        """Count the connection, unless it is one of a proxy, whose requests are counted each for itself."""
        address, trusted = self.client[0] if self.client else "", self._trusted
        if not address or (trusted is not None and address in trusted):
            return
        if not server.addresses.has_room(address):
            self._lack = TOO_MANY
        server.addresses.enter(address)
        self._peer = address

    def _count_client(self) -> None:
        addresses, address = self.servers[0].addresses, self._address()
        if self.client is None or address == self.client[0]:
            return
        if addresses.has_room(address):
            addresses.enter(address)
            self._client = address
        else:
            self._lack = TOO_MANY

    def _uncount_client(self) -> None:
        if self._client is not None:
            self.servers[0].addresses.leave(self._client)
            self._client = None

    def _uncount(self) -> None:
        self._uncount_client()
        if self._peer is not None:
            self.servers[0].addresses.leave(self._peer)
            self._peer = None

    # Requests of sessions that another worker has

    def _is_elsewhere(self, handover: Handover, head: bytes) -> bool:
        """Whether a request is not for this worker's parser (now)."""
        owner = handover.owner(head)
        if owner is None:
            return False
        self._unset_keepalive_if_required()
        self._count_waiting(0)
        data = head + self._framing.waiting
        outcome = Outcome.BUSY
        if not self.transport.get_write_buffer_size():
            outcome = handover.give(owner, data, self.transport.get_extra_info("socket").fileno())
        if outcome is Outcome.GONE:
            self._busy_since = None
            return False  # and it is told that nobody knows its session
        if outcome is Outcome.GIVEN:
            self._leave().abort()  # the other worker's descriptor keeps the connection open
        elif outcome is Outcome.BUSY and self._may_wait() and handover.has_room(len(data)):
            self._count_waiting(len(data))
            self._framing.put_back(head)
            self.flow.pause_reading()
            self.loop.call_later(_RETRY_SECONDS, self._again)
        else:
            self._refuse(TOO_LARGE if outcome is Outcome.TOO_LARGE else _OWNER_BUSY)
        return True

    def _may_wait(self) -> bool:
        """Whether its worker may still come to take it: a time, since a busy machine tries less often."""
        now = self.loop.time()
        if self._busy_since is None:
            self._busy_since = now
        return now - self._busy_since < self.servers[0].limits.owner_timeout

    def _count_waiting(self, size: int) -> None:
        if self.handover is not None:
            self.handover.waiting_bytes += size - self._waiting_bytes
            self._waiting_bytes = size

    def _refuse_for_lack(self, head: bytes) -> None:
        assert self._lack is not None  # noqa: S101 - for the type checker: the caller looked
        self.servers[0].refused[self._lack.reason] += 1
        self._refuse(self._lack, head)

    def _refuse(self, refusal: Refusal, head: bytes = b"") -> None:
        """Answer and close. A peer that still sends would lose the answer to a reset: it gets time to read it."""
        if self.flow.read_paused:
            self.flow.resume_reading()
        transport = self._leave()
        transport.write(comes_back(refusal) if head.startswith(_EVENTS) and refusal.retry_after else answer(refusal))
        if transport.can_write_eof():
            transport.write_eof()
            self._unread = WriteTimeout(self.servers[0].wheel, transport, _REFUSED_SECONDS, reading=False)
        else:
            transport.close()

    def _leave(self) -> asyncio.Transport:
        """Be done with this connection; whoever gets its transport closes it."""
        transport = self.transport
        self.servers[0].wheel.cancel(self)
        self._stop_watching()
        self._uncount()
        self._unset_keepalive_if_required()
        self.connections.discard(self)
        if self.cycle is not None and not self.cycle.response_complete:  # its application hears that nobody is there
            self.cycle.disconnected = True
            self.cycle.message_event.set()
            self.flow.resume_writing()
        self._let_go()
        return transport

    # WebSockets

    def _should_upgrade(self) -> bool:
        """Whether it wants to become a WebSocket, and to one of ours.

        Elsewhere the wish is passed over, as a server may (RFC 9110, 7.8): it is a request like any other, with the
        same deadlines, and its connection is counted like any other.
        """
        return self._get_upgrade() == b"websocket" and self._wanted() is not None

    def _unsupported_upgrade_warning(self) -> None:
        """Strangers may wish for what they want; the log has no line for it."""

    def _wanted(self) -> EngineIoServer | None:
        path = self.url.partition(b"?")[0].decode("latin1")
        return next((server for server in self.servers if server.serves(path)), None)

    def handle_websocket_upgrade(self) -> None:
        """A request that wants to become a WebSocket."""
        server = self._wanted()
        if self._lack is None and server is not None:
            self._upgrade(server, parse_query(self.url.partition(b"?")[2]))

    def _upgrade(self, server: EngineIoServer, query: dict[bytes, bytes]) -> None:
        headers = dict(self.headers)
        transport = self.transport
        address = self._address()
        accept = accept_key(headers.get(b"sec-websocket-key", b""))
        self._uncount()  # from here on it is counted as a socket
        refusal = self._refusal(server, query, headers, accept, address)
        self._leave()
        if refusal is not None or accept is None:
            transport.write(answer(refusal or BAD_REQUEST))
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
        UpgradeProbe(known, transport)

    def _refusal(
        self,
        server: EngineIoServer,
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
        trusted = self._trusted
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
