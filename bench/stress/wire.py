"""The ways to a gateway at the level of bytes: WebSocket, and HTTP long-polling with the upgrade.

As little as a client needs, and every step of it in the caller's hands: a connection can stop reading, send rubbish,
or be cut off in the middle of anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from tests.support.websocket_frames import UPGRADE, masked

ANSWER_SECONDS = 20.0  # for one HTTP answer; a Redis that is away is given up by the gateway after 5
POLL_SECONDS = 90.0  # a poll lasts a ping interval at most
PATH = "/socket.io/?EIO=4&transport="
SEPARATOR = "\x1e"
_READ = 1 << 16
_PONG = 0x8A


class Refused(OSError):
    """The gateway answered, and said no.

    Attributes:
        status: Of HTTP.
        retry_after: Seconds that it asked to wait.
    """

    def __init__(self, status: int, retry_after: float | None, body: str = "") -> None:
        super().__init__(f"refused with {status} {body[:200]}")
        self.status = status
        self.retry_after = retry_after


@dataclass(frozen=True, slots=True)
class Address:
    """Where a client connects to, and from where."""

    port: int
    source: str = "127.0.0.1"
    host: str = "127.0.0.1"


class Receiver(Protocol):
    """Who gets what comes."""

    def packet(self, text: str) -> None:
        """One Engine.IO packet."""
        ...

    def lost(self, why: str) -> None:
        """The connection is over, for whatever reason; told once."""
        ...


class Wire(Protocol):
    """An open way to the gateway."""

    @property
    def port(self) -> int:
        """The local port, by which the system tells which process is at the other end; 0 if there is none now."""
        ...

    def send(self, text: str) -> None:
        """Send one Engine.IO packet."""
        ...

    def raw(self, data: bytes) -> None:
        """Send any bytes."""
        ...

    def stall(self) -> None:
        """Read nothing more."""
        ...

    def resume(self) -> None:
        """Read again."""
        ...

    def abort(self) -> None:
        """Be gone at once; the receiver is not told."""
        ...


class WebSocketWire(asyncio.Protocol):
    """A WebSocket (RFC 6455); messages are not fragmented by the gateway."""

    def __init__(self, receiver: Receiver, address: Address, query: str) -> None:
        self._receiver = receiver
        self._transport: Any = None
        self._buffer = b""
        self._over = False
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._request = (
            f"GET {PATH}websocket{query} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n{UPGRADE}\r\n"
        ).encode()
        self._http = True

    @classmethod
    async def open(cls, receiver: Receiver, address: Address, query: str = "") -> WebSocketWire:
        """Connect and shake hands; raises `Refused` or OSError."""
        loop = asyncio.get_running_loop()
        wire = cls(receiver, address, query)
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await loop.create_connection(lambda: wire, address.host, address.port, local_addr=(address.source, 0))
                await wire.opened
        except BaseException:
            wire.abort()
            raise
        return wire

    @property
    def port(self) -> int:
        """The local port."""
        name = self._transport.get_extra_info("sockname") if self._transport is not None else None
        return int(name[1]) if name else 0

    def send(self, text: str) -> None:
        """A text message."""
        if not self._over and self._transport is not None:
            self._transport.write(masked(text.encode()))

    def raw(self, data: bytes) -> None:
        """Bytes as they are."""
        if not self._over and self._transport is not None:
            self._transport.write(data)

    def stall(self) -> None:
        """Leave everything in the kernel's buffers."""
        with contextlib.suppress(RuntimeError):
            self._transport.pause_reading()

    def resume(self) -> None:
        """Take it."""
        with contextlib.suppress(RuntimeError):
            self._transport.resume_reading()

    def abort(self) -> None:
        """Reset, without a closing handshake."""
        self._over = True
        if self._transport is not None:
            self._transport.abort()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for WebSocket."""
        self._transport = transport
        self._transport.write(self._request)

    def connection_lost(self, error: Exception | None) -> None:
        """Gone."""
        if not self.opened.done():
            self.opened.set_exception(error or ConnectionResetError("closed in the handshake"))
            self.opened.exception()  # whoever was cancelled meanwhile does not ask
        self._end(f"connection lost: {error or 'closed'}")

    def data_received(self, data: bytes) -> None:
        """Take frames apart."""
        if self._over:
            return
        self._buffer += data
        if self._http and not self._handshake():
            return
        buffer, at = self._buffer, 0
        while (frame := _frame(buffer, at)) is not None and not self._over:
            opcode, start, at = frame
            if opcode == 0x1:
                self._receiver.packet(buffer[start:at].decode())
            elif opcode == 0x9:
                self.raw(bytes((_PONG,)) + masked(buffer[start:at])[1:])
            elif opcode == 0x8:
                self._end(f"closed with {int.from_bytes(buffer[start : start + 2], 'big')}")
                self._transport.close()
        self._buffer = buffer[at:]

    def _handshake(self) -> bool:
        head, end, rest = self._buffer.partition(b"\r\n\r\n")
        if not end:
            return False
        self._http, self._buffer = False, rest
        status, headers = read_head(head)
        if self.opened.done():
            return False
        if status != 101:
            self.opened.set_exception(Refused(status, retry_after_of(headers), rest.decode(errors="replace")))
            self.abort()
            return False
        self.opened.set_result(None)
        return True

    def _end(self, why: str) -> None:
        if not self._over:
            self._over = True
            if self.opened.done() and self.opened.exception() is None:
                self._receiver.lost(why)


def _frame(data: bytes, at: int) -> tuple[int, int, int] | None:
    """Opcode, start and end of the payload of the next whole frame."""
    if len(data) - at < 2:
        return None
    length, start = data[at + 1] & 0x7F, at + 2
    if length == 126:
        length, start = int.from_bytes(data[at + 2 : at + 4], "big"), at + 4
    elif length == 127:
        length, start = int.from_bytes(data[at + 2 : at + 10], "big"), at + 10
    end = start + length
    return (data[at] & 0x0F, start, end) if end <= len(data) and start <= len(data) else None


def read_head(head: bytes) -> tuple[int, dict[str, str]]:
    """The status of an HTTP answer, and its header fields by their names in lower case."""
    first, *lines = head.decode("latin1").split("\r\n")
    pairs = (line.partition(":") for line in lines)
    return int(first.split()[1]), {name.strip().lower(): value.strip() for name, _, value in pairs}


def retry_after_of(headers: dict[str, str]) -> float | None:
    """Seconds that an answer asks to wait, if it does."""
    try:
        return float(headers["retry-after"])
    except (KeyError, ValueError):
        return None


class Http:
    """One kept connection that requests go over, one after another; as plain as a client can be."""

    def __init__(self, address: Address) -> None:
        self._address = address
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None
        self._lock = asyncio.Lock()

    async def ask(self, method: str, target: str, body: bytes = b"", seconds: float = ANSWER_SECONDS) -> str:
        """The body of the answer; raises `Refused` for another status than 200, or OSError."""
        async with self._lock:
            try:
                async with asyncio.timeout(seconds):
                    return await self._ask(method, target, body)
            except (asyncio.IncompleteReadError, EOFError) as error:
                self.abort()
                raise ConnectionResetError("closed before the answer") from error
            except BaseException:
                self.abort()
                raise

    async def open(self) -> None:
        """Connect, if that has not been done; raises OSError."""
        address = self._address
        if self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(
                address.host, address.port, local_addr=(address.source, 0), limit=1 << 20
            )

    @property
    def port(self) -> int:
        """The local port."""
        name = self._writer.get_extra_info("sockname") if self._writer is not None else None
        return int(name[1]) if name else 0

    async def _ask(self, method: str, target: str, body: bytes) -> str:
        address = self._address
        await self.open()
        if self._reader is None or self._writer is None:
            raise ConnectionResetError("closed meanwhile")
        self._writer.write(
            f"{method} {target} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n"
            f"Content-Type: text/plain;charset=UTF-8\r\nContent-Length: {len(body)}\r\n\r\n".encode()
            + body
        )
        status, headers = read_head((await self._reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n"))
        answer = (await self._reader.readexactly(int(headers.get("content-length", "0")))).decode()
        if headers.get("connection", "").lower() == "close":
            self.abort()
        if status != 200:
            raise Refused(status, retry_after_of(headers), answer)
        return answer

    def abort(self) -> None:
        """Be gone."""
        if self._writer is not None:
            self._writer.transport.abort()
        self._reader = self._writer = None


class PollingWire:
    """HTTP long-polling as the official client does it; `upgrade` moves the session to a WebSocket."""

    def __init__(self, receiver: Receiver, address: Address) -> None:
        self._receiver = receiver
        self._address = address
        self._polls = Http(address)
        self._posts = Http(address)
        self._sid = ""
        self._outbox: list[str] = []
        self._posting: asyncio.Task[None] | None = None
        self._polling: asyncio.Task[None] | None = None
        self._moving = False
        self._over = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._socket: WebSocketWire | None = None
        self._moved: Callable[[], None] | None = None

    @classmethod
    async def open(cls, receiver: Receiver, address: Address) -> PollingWire:
        """Begin a session; raises `Refused` or OSError."""
        wire = cls(receiver, address)
        answer = await wire._polls.ask("GET", f"{PATH}polling")
        first, *others = answer.split(SEPARATOR)
        wire._sid = json.loads(first[1:])["sid"]
        loop = asyncio.get_running_loop()
        loop.call_soon(wire._take, [first, *others])
        wire._polling = loop.create_task(wire._poll(), name="poll")
        return wire

    @property
    def port(self) -> int:
        """Of the WebSocket, once it has moved."""
        return self._socket.port if self._socket is not None else 0

    async def upgrade(self) -> None:
        """Move to a WebSocket; raises OSError when that is refused, and polling goes on."""
        socket = await WebSocketWire.open(_Probe(self), self._address, f"&sid={self._sid}")
        probed = asyncio.get_running_loop().create_future()
        self._moved = lambda: None if probed.done() else probed.set_result(None)
        socket.send("2probe")
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                await probed
                self._moving = True  # the gateway ends the poll that is under way with a NOOP
                if self._polling is not None:
                    await asyncio.shield(self._polling)
                if self._posting is not None:
                    await asyncio.shield(self._posting)
        except BaseException:
            socket.abort()
            self._moving = False
            raise
        if self._over:
            socket.abort()
            return
        self._socket = socket
        socket.send("5")
        outbox, self._outbox = self._outbox, []
        for text in outbox:
            socket.send(text)

    def send(self, text: str) -> None:
        """Post a packet, with all others of this moment."""
        if self._socket is not None:
            self._socket.send(text)
            return
        self._outbox.append(text)
        if self._posting is None and not self._over and not self._moving:
            self._posting = asyncio.get_running_loop().create_task(self._post(), name="post")

    def raw(self, data: bytes) -> None:
        """Post anything."""
        if self._socket is not None:
            self._socket.raw(data)
        else:
            self.send(data.decode("latin1"))

    def stall(self) -> None:
        """Poll no more."""
        self._flowing.clear()
        if self._socket is not None:
            self._socket.stall()

    def resume(self) -> None:
        """Poll again."""
        self._flowing.set()
        if self._socket is not None:
            self._socket.resume()

    def abort(self) -> None:
        """Be gone."""
        self._over = True
        for task in (self._polling, self._posting):
            if task is not None and task is not asyncio.current_task():
                task.cancel()
        self._polls.abort()
        self._posts.abort()
        if self._socket is not None:
            self._socket.abort()

    async def _poll(self) -> None:
        target = f"{PATH}polling&sid={self._sid}"
        try:
            while not self._over and not self._moving:
                await self._flowing.wait()
                self._take((await self._polls.ask("GET", target, seconds=POLL_SECONDS)).split(SEPARATOR))
        except OSError as error:
            self.end(f"poll: {error}")

    async def _post(self) -> None:
        target = f"{PATH}polling&sid={self._sid}"
        try:
            while self._outbox and not self._moving:
                outbox, self._outbox = self._outbox, []
                await self._posts.ask("POST", target, SEPARATOR.join(outbox).encode())
        except OSError as error:
            self.end(f"post: {error}")
        finally:
            self._posting = None

    def _take(self, packets: list[str]) -> None:
        for packet in packets:
            if not self._over and packet != "6":
                self._receiver.packet(packet)

    def probe_packet(self, text: str) -> None:
        """What comes over the WebSocket."""
        if text == "3probe":
            if self._moved is not None:
                self._moved()
        elif not self._over:
            self._receiver.packet(text)

    def end(self, why: str) -> None:
        """The session is over."""
        if not self._over:
            self.abort()
            self._receiver.lost(why)

    @property
    def moved(self) -> bool:
        """Whether it is a WebSocket by now."""
        return self._socket is not None


class _Probe:
    """The receiver of a WebSocket that a polling session moves to."""

    def __init__(self, wire: PollingWire) -> None:
        self._wire = wire

    def packet(self, text: str) -> None:
        """Hand it on."""
        self._wire.probe_packet(text)

    def lost(self, why: str) -> None:
        """Before it has moved, polling goes on."""
        if self._wire.moved:
            self._wire.end(why)
