"""The door for broadcasting software: Icecast's source protocol on a TCP port of its own.

An ASGI server cannot take these bodies: they have no length, are not chunked, and last for hours. What is
answered follows Icecast 2.4, as its clients expect (libshout, ffmpeg, liquidsoap, butt, …).
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from typing import Any, cast

import structlog
from redis.exceptions import RedisError

from audio.http1 import BadRequest, Body, Head, HeadReader, mount_of
from audio.intake import SourceEnd, SourceIntake
from audio.ports import Addresses
from audio.service import AudioService, SourceClient
from audio.sniff import foreign_format
from audio.tasks import Tasks
from audio.titles import decode_title, read_title
from kit import codes, security
from kit.errors import DomainError
from kit.text import one_line
from kit.waiting import one_request

log = structlog.get_logger(__name__)

HEAD_S = 10.0  # to complete a head, also the next one of a connection that is kept
PROBE_S = 0.3  # between two looks for a source that sends too fast; three a second cost nothing
LINGER_S = 2.0  # to let a refused client read the answer while it still sends
MAX_CONNECTIONS = 512  # of one worker; each may hold 256 KiB of sound
MAX_REQUESTS = 20  # on one connection; a client's probing takes three
KERNEL_BYTES = 64 * 1024  # of sound on top of an intake's inbox; Linux doubles it for its own needs
MAX_EARLY_BYTES = 64 * 1024  # sound that comes before the client is let in

_REASONS = {
    200: "OK", 204: "No Content", 400: "Bad Request", 401: "Authentication Required", 403: "Forbidden",
    404: "Not Found", 405: "Method Not Allowed", 408: "Request Timeout", 409: "Conflict",
    415: "Unsupported Media Type", 429: "Too Many Requests", 431: "Request Header Fields Too Large",
    500: "Internal Server Error", 501: "Not Implemented", 503: "Service Unavailable",
    505: "HTTP Version Not Supported",
}  # fmt: skip
_STATUS = {
    codes.INVALID_PAYLOAD: 400,
    codes.UNAUTHORIZED: 401,
    codes.FORBIDDEN: 403,
    codes.NOT_FOUND: 404,
    codes.CONFLICT: 409,
    codes.RATE_LIMITED: 429,
    codes.UNAVAILABLE: 503,
}
_MP3_TYPES = {"audio/mpeg", "audio/mp3", "audio/x-mpeg", "audio/mpeg3", "audio/x-mp3"}
_CLOSE_WAIT = b"\x08"  # the state in Linux' tcp_info
_MP3_ENDINGS = {"", "mp3"}
_UPDATED = "Metadata update successful"
_NO_SOURCE = "Source does not exist"
_NO_TITLE = "No title was given; nothing is changed"
_CODES = {
    codes.UNAUTHORIZED: "password",
    codes.CONFLICT: "in_use",
    codes.FORBIDDEN: "stopped",
    codes.RATE_LIMITED: "too_many_tries",
    codes.UNAVAILABLE: "full",
}
_REFUSED = {
    codes.UNAUTHORIZED: "The password was wrong",
    codes.CONFLICT: "Another source is heard on this channel",
    codes.FORBIDDEN: "The show was stopped a moment ago; sources are refused for a minute, or until you go live again",
    codes.RATE_LIMITED: "Too many wrong passwords came from this address",
    codes.UNAVAILABLE: "The server has too many sources now",
}


def answer(
    status: int, body: str = "", *, version: str = "1.1", fields: Mapping[str, str] | None = None, keep: bool = False
) -> bytes:
    """One whole response.

    Args:
        status: One of `_REASONS`.
        body: A sentence; empty for none.
        version: Of HTTP, as the client speaks it.
        fields: More header fields.
        keep: Whether the connection stays open.

    Returns:
        The bytes of the response.
    """
    content = body.encode()
    lines = [f"HTTP/{version} {status} {_REASONS[status]}", "Server: Touchline"]
    if status == 401:
        lines.append('WWW-Authenticate: Basic realm="Touchline source", charset="UTF-8"')
    given = {"Content-Type": "text/plain; charset=utf-8", **(fields or {})} if body else (fields or {})
    lines += [f"{name}: {value}" for name, value in given.items()]
    lines += [f"Content-Length: {len(content)}", f"Connection: {'keep-alive' if keep else 'close'}", "", ""]
    return "\r\n".join(lines).encode() + content


def iceresponse(message: str, *, worked: bool) -> str:
    """The XML with which Icecast's administration answers."""
    return (
        f'<?xml version="1.0"?>\n<iceresponse><message>{message}</message>'
        f"<return>{int(worked)}</return></iceresponse>\n"
    )


class SourceConnection(asyncio.Protocol):
    """One connection of broadcasting software, from its first byte to its last."""

    def __init__(self, door: SourcePort) -> None:
        self._door = door
        self._transport: asyncio.Transport
        self._address = "unknown"
        self._reader: HeadReader | None = HeadReader()
        self._early = bytearray()
        self._body: Body | None = None
        self._intake: SourceIntake | None = None
        self._owes_ok = False
        self._doubtful = False
        self._requests = 0
        self._timer: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[Any] | None = None
        self._counted = False  # among the connections of its address
        self._gone = False
        self._ended = False
        self._refused = False

    # asyncio.Protocol

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Begin to wait for a request's head; one that is late closes the connection."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's transports are no subclasses of asyncio's
        # The kernel would else take megabytes of a file that is sent at once: minutes that come after its end.
        transport.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, KERNEL_BYTES)
        peer = transport.get_extra_info("peername")
        self._address = str(peer[0]) if peer else "unknown"
        if not self._door.admit(self):
            self._refuse(answer(503, "Too many connections\n"))
            return
        self._counted = self._door.count(self._address)
        if not self._counted:
            self._refuse(answer(429, "Too many connections from this address\n", fields={"Retry-After": "30"}))
            return
        self._wait(HEAD_S, self._head_is_late)

    def data_received(self, data: bytes) -> None:
        """Take bytes: of a head, of sound that comes before its answer, or of sound."""
        if self._refused:
            return
        try:
            if self._intake is not None:
                self._sound(data)
            elif self._reader is not None:
                self._head(data)
            else:
                self._early += data
                if len(self._early) > MAX_EARLY_BYTES:
                    self._transport.pause_reading()
        except BadRequest as error:
            self._refuse(answer(error.status, error.message + "\n"))

    def eof_received(self) -> bool:
        """The source has ended; half-closed, so that an answer that is due can still be sent."""
        self._ended = True
        if self._intake is not None:
            self._intake.finish()
            return True
        return self._task is not None and not self._refused

    def connection_lost(self, exc: Exception | None) -> None:  # noqa: ARG002 - its kind changes nothing
        """The source is gone; what came is still stored."""
        self._gone = True
        self._wait(None)
        if self._intake is not None:
            self._intake.finish()
        self._door.forget(self, self._address if self._counted else None)

    # Requests

    def _head(self, data: bytes) -> None:
        assert self._reader is not None  # noqa: S101 - for the type checker: the caller looked
        found = self._reader.feed(data)
        if found is None:
            return
        head, rest = found
        self._reader = None
        self._early += rest
        self._requests += 1
        self._wait(None)
        self._task = self._door.tasks.spawn(self._handle(head), "source request")

    async def _handle(self, head: Head) -> None:
        """Answer one request; every error has its answer, the unforeseen is logged by the task's owner."""
        try:
            with one_request():  # of a source: until it is let in or refused
                if head.method in {"PUT", "SOURCE"}:
                    await self._begin(head)
                else:
                    keep = head.keeps_alive and self._requests < MAX_REQUESTS and "content-length" not in head.fields
                    self._reply(await self._ask(head, keep=keep), keep=keep)
        except BadRequest as error:
            self._note_refusal(head, error.message)
            self._refuse(answer(error.status, error.message + "\n"))
        except DomainError as error:
            self._note_refusal(head, error.message)
            fields = {"Retry-After": str(max(1, round(error.retry_after)))} if error.retry_after else None
            self._refuse(answer(_STATUS[error.code], error.message + "\n", fields=fields))
        except (RedisError, OSError) as error:
            log.warning("source not served", error=type(error).__name__, address=self._address)
            self._refuse(answer(503, "Try again\n", fields={"Retry-After": "2"}))
        except BaseException:
            self._refuse(answer(500, "Something went wrong here\n"))
            raise

    def _note_refusal(self, head: Head, reason: str) -> None:
        """Write down who was refused, at which mount, and why."""
        path = head.query.get("mount", b"").decode("utf-8", "replace") if head.path == "/admin/metadata" else head.path
        client = one_line(head.fields.get("user-agent", ""), at_most=200) or None
        security.refused("source", outcome=reason, address=self._address, target=path[:100], client=client)

    async def _ask(self, head: Head, *, keep: bool) -> bytes:
        """Everything but sound: the probes of libshout, and titles."""
        if head.method == "OPTIONS":
            return answer(200, fields={"Allow": "GET, OPTIONS, PUT, SOURCE"}, keep=keep)
        if head.method != "GET":
            return answer(405, "Send sound with PUT or SOURCE\n", fields={"Allow": "GET, OPTIONS, PUT, SOURCE"})
        if head.path == "/admin/metadata":
            return await self._title(head, keep=keep)
        if head.path.startswith("/admin/"):
            return answer(401 if head.password is None else 404, "Not here\n", keep=keep)
        return answer(404, "This port takes sound in; listeners use /listen/ on the web port\n", keep=keep)

    async def _title(self, head: Head, *, keep: bool) -> bytes:
        query = head.query
        if query.get("mode", b"updinfo") != b"updinfo":
            raise BadRequest(400, "Only mode=updinfo is known")
        mount, _ = mount_of(query.get("mount", b"").decode("utf-8", "replace"))
        grant = await self._door.service.authenticate(mount, head.password, self._address)
        charset = query.get("charset", b"").decode("ascii", "ignore")
        texts = {name: decode_title(query.get(name), charset) for name in ("song", "artist", "title")}
        title = read_title(**texts)
        if title is None:
            return _updated(_NO_TITLE, worked=False, keep=keep)
        worked = await self._door.service.update_title(grant, title)
        return _updated(_UPDATED if worked else _NO_SOURCE, worked=worked, keep=keep)

    async def _begin(self, head: Head) -> None:
        """Let a source in and take its sound; a refusal is shown to the station as well."""
        caller = SourceClient(head.login, self._address, head.fields.get("user-agent", "unknown"))
        try:
            await self._let_in(head, caller)
        except (BadRequest, DomainError) as error:
            if head.password is not None:  # libshout asks without one whether one is needed
                code, reason = _explained(error)
                await self._door.service.refused(head.mount, caller, code=code, reason=reason)
            raise

    async def _let_in(self, head: Head, caller: SourceClient) -> None:
        grant = await self._door.service.authenticate(head.mount, head.password, self._address)
        content_type = head.fields.get("content-type", "").partition(";")[0].strip().lower()
        if not content_type:
            if head.method == "PUT":
                raise BadRequest(400, "Content-Type is missing; it is audio/mpeg for MP3")
            content_type = "audio/mpeg"
        if content_type not in _MP3_TYPES:
            raise BadRequest(415, _taken(grant.slug, f"What is announced is {content_type[:60]}"))
        if head.ending not in _MP3_ENDINGS:
            raise BadRequest(415, _taken(grant.slug, f"The mount ends in .{head.ending[:20]}"))
        body = Body(head)
        if self._gone:
            return
        intake = await self._door.service.open_source(grant, caller=caller, pause=self._hold)
        self._body, self._intake = body, intake
        self._task = self._door.tasks.spawn(self._run(intake, grant.slug, caller), f"source {grant.slug}")
        if head.fields.get("expect", "").lower() == "100-continue" and head.version == "HTTP/1.1":
            self._owes_ok = True
            self._transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        early, self._early = bytes(self._early), bytearray()
        if not self._owes_ok and not (early and foreign_format(early)):
            self._say_ok()
        else:
            self._owes_ok = True
        self._transport.resume_reading()
        if early:
            self.data_received(early)
        if self._ended or self._gone:
            intake.finish()

    async def _run(self, intake: SourceIntake, slug: str, caller: SourceClient) -> None:
        try:
            if await intake.run() is SourceEnd.FOREIGN:
                reason = _taken(slug, f"What was sent is {intake.foreign or 'no sound that is known here'}")
                self._refuse(answer(415, reason + "\n"), owed=self._owes_ok)
                security.refused(
                    "source", outcome=reason, address=self._address, target=f"/{slug}", client=caller.client[:200]
                )
                await self._door.service.refused(slug, caller, code="format", reason=reason)
        finally:
            self._door.service.source_closed(intake)
            if not self._refused:
                self._transport.close()

    def _sound(self, data: bytes) -> None:
        assert self._body is not None  # noqa: S101 - for the type checker: set with the intake
        assert self._intake is not None  # noqa: S101 - as above
        try:
            sound = self._body.feed(data)
        except BadRequest:
            self._intake.finish()
            raise
        if self._owes_ok and (self._intake.heard or not self._is_doubtful(sound)):
            self._owes_ok = False
            self._say_ok()
        if sound:
            self._intake.feed(sound)
        if self._body.ended:
            self._intake.finish()

    def _is_doubtful(self, sound: bytes) -> bool:
        """Whether the first sound may be refused in a moment; then the answer waits for that."""
        self._doubtful = self._doubtful or foreign_format(sound) is not None
        return self._doubtful

    def _say_ok(self) -> None:
        # HTTP/1.0, as Icecast does: nothing that needs a length or a chunk follows.
        self._transport.write(b"HTTP/1.0 200 OK\r\nServer: Touchline\r\n\r\n")

    # The connection

    def _hold(self, pause: bool) -> None:
        if self._gone or self._transport.is_closing():
            return
        if pause:
            self._transport.pause_reading()
            self._probe()
        else:
            self._wait(None)
            self._transport.resume_reading()

    def _probe(self) -> None:
        """Look whether a source is still there while we do not read from it.

        One that has sent too fast and left leaves minutes of sound in its system's buffers, and its end behind them.
        Where nobody reads any more, a byte is answered by a reset (RFC 1122, 4.2.2.13), and then the next one fails.
        Clients leave what comes behind the answer's head alone.
        """
        if self._gone or self._transport.is_closing():
            return
        if _has_ended(self._transport.get_extra_info("socket")):
            self._ended = True
            if self._intake is not None:
                self._intake.finish()
            return
        if not self._owes_ok and not self._transport.get_write_buffer_size():
            self._transport.write(b"\n")
        self._wait(PROBE_S, self._probe)

    def _reply(self, response: bytes, *, keep: bool) -> None:
        if not keep:
            self._refuse(response)
            return
        self._transport.write(response)
        self._reader = HeadReader()
        self._task = None
        self._wait(HEAD_S, self._head_is_late)
        early, self._early = bytes(self._early), bytearray()
        if self._ended:
            self._transport.close()
        elif early:
            self.data_received(early)

    def _refuse(self, response: bytes, *, owed: bool = True) -> None:
        """Answer and close. A client that still sends would lose the answer to a reset: it gets time to read it.

        Args:
            owed: Whether there is no answer yet; else the connection is closed alone.
        """
        if self._refused or self._gone:
            return
        self._refused = True
        self._early.clear()
        if owed:
            self._transport.write(response)
        if self._transport.can_write_eof() and not self._ended:
            self._transport.write_eof()
            self._transport.resume_reading()
            self._wait(LINGER_S, self._transport.close)
        else:
            self._transport.close()

    def _head_is_late(self) -> None:
        self._refuse(answer(408, "The request did not come\n"))

    def _wait(self, seconds: float | None, then: Callable[[], None] | None = None) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if seconds is not None and then is not None:
            self._timer = asyncio.get_running_loop().call_later(seconds, then)

    def close(self) -> None:
        """Shut down: end the source and the connection."""
        if self._intake is not None and not self._refused:
            self._intake.stop(SourceEnd.SHUTDOWN)
        else:
            self._transport.close()


class SourcePort:
    """Listens for sources while it is open."""

    def __init__(
        self, service: AudioService, *, host: str, port: int, tasks: Tasks, addresses: Addresses | None = None
    ) -> None:
        self.service = service
        self._addresses = addresses
        self.tasks = tasks
        self._host = host
        self._port = port
        self._connections: set[SourceConnection] = set()

    def admit(self, connection: SourceConnection) -> bool:
        """Count a connection; False when there are too many."""
        self._connections.add(connection)
        return len(self._connections) <= MAX_CONNECTIONS

    def count(self, address: str) -> bool:
        """Count a connection of an address; False when that has too many, of any kind."""
        if self._addresses is None:
            return True
        if not self._addresses.has_room(address):
            return False
        self._addresses.enter(address)
        return True

    def forget(self, connection: SourceConnection, address: str | None) -> None:
        """A connection is gone; `address` if it was counted."""
        self._connections.discard(connection)
        if address is not None and self._addresses is not None:
            self._addresses.leave(address)

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Listen until the end; the workers of one machine share the port. Raises RuntimeError if it is taken."""
        server = await self._listen()
        log.info("source port open", host=self._host, port=self._port)
        try:
            yield
        finally:
            server.close()
            for connection in list(self._connections):
                connection.close()

    async def _listen(self) -> asyncio.Server:
        loop = asyncio.get_running_loop()
        try:
            try:
                return await loop.create_server(
                    lambda: SourceConnection(self), self._host, self._port, reuse_port=True, backlog=128
                )
            except (ValueError, NotImplementedError):  # a system without SO_REUSEPORT
                return await loop.create_server(lambda: SourceConnection(self), self._host, self._port, backlog=128)
        except OSError as error:
            raise RuntimeError(
                f"The source port {self._host}:{self._port} cannot be opened ({error.strerror}); "
                "choose another with TOUCHLINE_SOURCE_PORT."
            ) from error


def _has_ended(connection: socket.socket) -> bool:
    """Whether the other side has sent its last byte, read or not; False where the system does not say."""
    if not hasattr(socket, "TCP_INFO"):
        return False
    return connection.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, 1) == _CLOSE_WAIT


def _updated(message: str, *, worked: bool, keep: bool) -> bytes:
    fields = {"Content-Type": "text/xml; charset=utf-8"}
    return answer(200 if worked else 400, iceresponse(message, worked=worked), fields=fields, keep=keep)


def _taken(slug: str, but: str) -> str:
    """What a source is told that sends something else."""
    return f"{but}. Only MP3 is taken here: choose MP3 (audio/mpeg) in your software, and the mount /{slug}"


def _explained(error: BadRequest | DomainError) -> tuple[str, str]:
    """A refusal's code, and what it means to the station."""
    if isinstance(error, BadRequest):
        return ("format" if error.status == 415 else "request"), error.message
    return _CODES.get(error.code, error.code), _REFUSED.get(error.code, error.message)
