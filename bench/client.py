"""The load client: very many connections in one process, each a raw protocol object and little else.

Run as `python -m bench.client` by `bench.load`, which writes its orders to standard input as lines of JSON and reads
what happened from standard output. It ends when standard input does.
"""

from __future__ import annotations

import asyncio
import contextlib
import gc
import json
import os
import random
import select
import signal
import socket
import sys
import time
from array import array
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import uvloop

from tests.support.websocket_frames import masked

IP_BIND_ADDRESS_NO_PORT = 24  # without it the kernel searches a free port at bind(), which is slow with many of them
PER_ADDRESS = 250  # connections from one source address; servers may bound what one address gets
ATTEMPTS = 6
READ_BYTES = 16384  # more than a frame; whoever has more waiting is read again at once
READ_CONNECTIONS = 512  # between two looks at what else the event loop has to do
MARK = b"bench:"
"""Followed by the number of the message, the sender's monotonic nanoseconds, and a colon: `bench:7:123456789:`."""

HTTP, CONNECTING, JOINING, JOINED, GONE = range(5)


_PONG = masked(b"3")


@dataclass(frozen=True, slots=True)
class Orders:
    """What one client process does.

    `raw`: the server speaks bare WebSocket, a connection is ready after the handshake. `join` is the event that is
    sent after CONNECT, as JSON, and its ack makes the connection ready. `event`: the one whose deliveries are counted.
    """

    host: str
    port: int
    path: str
    connections: int
    first: int
    raw: bool
    namespace: str
    join: str
    event: str
    in_flight: int
    output: str
    seconds: float
    cpus: list[int] | None = None


class Load:
    """All connections of this process, and what they saw."""

    def __init__(self, orders: Orders) -> None:
        self.orders = orders
        self.connections: list[Connection] = []
        self.frame = b""
        self.number = 0
        self.sent = 0
        self.expected = 0
        self.samples: dict[int, array[int]] = {}
        self.joining = array("d")
        self.joined = 0
        self.started = 0
        self.given_up = 0
        self.refused = 0
        self.doubled = 0
        self.lost = 0
        self.dropped = 0
        self.others = 0
        self.frame_bytes = 0
        self.why = ""
        self.closing = False
        self.request = (
            f"GET {orders.path} HTTP/1.1\r\nHost: {orders.host}:{orders.port}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n"
        ).encode()
        self.join = masked(f"42{orders.namespace},0{orders.join}".encode())
        self.connected = f"40{orders.namespace},".encode()
        self.counted = f'42{orders.namespace},["{orders.event}"'.encode()
        self.acked = f"43{orders.namespace},0".encode()
        self._retries: set[asyncio.Task[None]] = set()
        self._poll = select.epoll()
        self._reading: dict[int, Connection] = {}

    def read_directly(self) -> None:
        """Read the connections without the event loop's transports, which cost as much again as the reading itself.

        All share the processors with the server, so what the load takes is missing there. The transports still write.
        """
        for connection in self.connections:
            if connection.stage == JOINED:
                descriptor = connection.transport.get_extra_info("socket").fileno()
                connection.transport.pause_reading()
                self._reading[descriptor] = connection
                self._poll.register(descriptor, select.EPOLLIN | select.EPOLLRDHUP | select.EPOLLET)
        asyncio.get_running_loop().add_reader(self._poll.fileno(), self._read)

    def _read(self) -> None:
        for descriptor, _ in self._poll.poll(0, READ_CONNECTIONS):
            connection = self._reading.get(descriptor)
            if connection is None:
                continue
            more = True
            while more:
                try:
                    data = os.read(descriptor, READ_BYTES)
                except BlockingIOError:
                    break
                except OSError:
                    data = b""
                if data == self.frame:
                    self.deliver(connection, self.number, self.sent)
                elif data:
                    connection.data_received(data)
                else:
                    self._hung_up(descriptor)
                more = len(data) == READ_BYTES and descriptor in self._reading

    def _hung_up(self, descriptor: int) -> None:
        connection = self._reading.pop(descriptor)
        with contextlib.suppress(OSError):  # closed on this side already
            self._poll.unregister(descriptor)
        connection.transport.abort()

    def connect_packet(self, index: int) -> bytes:
        """A guest with a device of its own."""
        return masked(f'40{self.orders.namespace},{{"device":"bench-{index:08d}"}}'.encode())

    def expect(self, number: int) -> None:
        """Say so if the message has come to all, which it may have before anybody asked."""
        self.expected = number
        if len(self.samples.get(number, ())) >= self.joined - self.dropped:
            say(done=number)

    def deliver(self, connection: Connection, number: int, sent: int) -> None:
        """Count one delivery to one connection."""
        if number == connection.newest + 1:
            connection.newest = number
        elif number <= connection.newest:
            self.doubled += 1
            return
        else:
            self.lost += number - connection.newest - 1
            connection.newest = number
        samples = self.samples.get(number)
        if samples is None:
            samples = self.samples[number] = array("q")
        samples.append(time.monotonic_ns() - sent)
        if len(samples) == self.joined - self.dropped:
            say(done=number)

    def retry(self, index: int, attempt: int, wait: float) -> None:
        """Connect again later."""
        self.refused += 1
        if attempt >= ATTEMPTS or self.closing:
            self.given_up += 1
            return
        task = asyncio.get_running_loop().create_task(self._again(index, attempt + 1, wait))
        self._retries.add(task)
        task.add_done_callback(self._retries.discard)

    async def _again(self, index: int, attempt: int, wait: float) -> None:
        await asyncio.sleep(wait * random.uniform(0.5, 1.5))  # noqa: S311 - jitter
        await self.open(index, attempt)

    async def open(self, index: int, attempt: int = 1) -> None:
        """Open one connection."""
        loop = asyncio.get_running_loop()
        began = time.monotonic()
        sock = socket.socket()
        sock.setblocking(False)  # noqa: FBT003 - the standard library's signature
        try:
            sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.bind((source_address(index), 0))
            await loop.sock_connect(sock, (self.orders.host, self.orders.port))
            await loop.create_connection(lambda: Connection(self, index, attempt, began), sock=sock)
        except OSError as error:
            sock.close()
            self.why = self.why or f"{type(error).__name__}: {error.strerror}"
            self.retry(index, attempt, 0.2 * 2**attempt)

    async def open_all(self) -> None:
        """Open all, with a bounded number under way."""
        orders = self.orders
        pending = iter(range(orders.first, orders.first + orders.connections))

        async def opener() -> None:
            for index in pending:
                while self.started - self.joined - self.given_up >= orders.in_flight:  # noqa: ASYNC110 - as below
                    await asyncio.sleep(0.002)
                self.started += 1
                await self.open(index)

        await asyncio.gather(*(opener() for _ in range(min(32, orders.in_flight))))
        while self.joined + self.given_up < orders.connections:  # noqa: ASYNC110 - an event set 15,000 times costs more
            await asyncio.sleep(0.005)

    def ready(self, connection: Connection) -> None:
        """A connection has joined."""
        connection.stage = JOINED
        self.joined += 1
        self.joining.append(time.monotonic() - connection.began)

    def report(self, newest: int) -> None:
        """Write the latencies to files, and say the counts."""
        lost = self.lost + sum(max(0, newest - one.newest) for one in self.connections)
        for number, samples in self.samples.items():
            Path(f"{self.orders.output}.{number}").write_bytes(samples.tobytes())
        say(
            report={
                "lost": lost,
                "doubled": self.doubled,
                "dropped": self.dropped,
                "refused": self.refused,
                "others": self.others,
                "frame_bytes": self.frame_bytes,
                "numbers": sorted(self.samples),
                "why": self.why,
            }
        )

    def close(self) -> None:
        """Close all connections at once."""
        self.closing = True
        began = time.monotonic()
        for connection in self.connections:
            if connection.stage != GONE and connection.transport is not None:
                connection.transport.abort()
        say(closed=began)


class Connection(asyncio.Protocol):
    """One listener."""

    __slots__ = ("attempt", "began", "buffer", "index", "load", "newest", "stage", "transport")

    def __init__(self, load: Load, index: int, attempt: int, began: float) -> None:
        self.load = load
        self.index = index
        self.attempt = attempt
        self.began = began
        self.buffer = b""
        self.newest = 0
        self.stage = HTTP
        self.transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for WebSocket."""
        self.transport = transport
        self.transport.write(self.load.request)

    def connection_lost(self, _error: Exception | None) -> None:
        """Count it; one that had not joined tries again."""
        load, stage = self.load, self.stage
        self.stage = GONE
        if load.closing or stage == GONE:
            return
        if stage == JOINED:
            load.dropped += 1
            if load.expected:
                load.expect(load.expected)
        else:
            load.why = load.why or f"closed while {('in the handshake', 'connecting', 'joining')[stage]}"
            load.retry(self.index, self.attempt, 0.2 * 2**self.attempt)

    def data_received(self, data: bytes) -> None:
        """Take in what came; a frame that another connection has just had is not parsed again."""
        load = self.load
        if self.stage == JOINED and data == load.frame:
            load.deliver(self, load.number, load.sent)
            return
        if self.buffer:
            data = self.buffer + data
            self.buffer = b""
        if self.stage == HTTP:
            rest = self._handshake(data)
            if rest is None:
                return
            data = rest
        self._frames(data)

    def _handshake(self, data: bytes) -> bytes | None:
        head, end, rest = data.partition(b"\r\n\r\n")
        if not end:
            self.buffer = data
            return None
        load = self.load
        if not head.startswith(b"HTTP/1.1 101"):
            status = head.split(b"\r\n", 1)[0].decode(errors="replace")
            load.why = load.why or status
            wait = 1.0
            for line in head.split(b"\r\n"):
                if line.lower().startswith(b"retry-after:"):
                    with contextlib.suppress(ValueError):
                        wait = min(float(line.partition(b":")[2]), 5.0)
            self.stage = GONE
            self.transport.abort()
            load.retry(self.index, self.attempt, wait)
            return None
        load.connections.append(self)
        if load.orders.raw:
            load.ready(self)
        else:
            self.stage = CONNECTING
            self.transport.write(load.connect_packet(self.index))
        return rest

    def _frames(self, data: bytes) -> None:
        size = len(data)
        at = 0
        while size - at >= 2:
            length, head = data[at + 1], 2
            if length == 126:
                if size - at < 4:
                    break
                length, head = (data[at + 2] << 8) | data[at + 3], 4
            elif length == 127:
                if size - at < 10:
                    break
                length, head = int.from_bytes(data[at + 2 : at + 10], "big"), 10
            end = at + head + length
            if size < end:
                break
            self._frame(data, at, at + head, end)
            at = end
        if at < size and self.stage != GONE:
            self.buffer = data[at:]

    def _frame(self, data: bytes, start: int, payload: int, end: int) -> None:
        load = self.load
        kind = data[payload : payload + 2]
        counted = self.stage == JOINED and data.startswith(load.counted, payload)
        mark = data.find(MARK, payload, end) if counted else -1
        if mark >= 0:
            number, sent, _ = data[mark + len(MARK) : end].split(b":", 2)
            if start == 0 and end == len(data):
                load.frame, load.number, load.sent = data, int(number), int(sent)
            load.frame_bytes = load.frame_bytes or end - start
            load.deliver(self, int(number), int(sent))
        elif data[start] == 0x89:
            self.transport.write(b"\x8a\x80\0\0\0\0" if payload == end else b"\x8a" + masked(data[payload:end])[1:])
        elif kind[:1] == b"2" and end - payload == 1:
            self.transport.write(_PONG)
        elif self.stage == CONNECTING and data.startswith(load.connected, payload):
            self.stage = JOINING
            self.transport.write(load.join)
        elif self.stage == JOINING and data.startswith(load.acked, payload):
            self._acked(data[payload:end])
        elif kind == b"44":
            load.why = load.why or data[payload:end].decode(errors="replace")[:200]
            self.transport.abort()
        else:
            load.others += 1

    def _acked(self, packet: bytes) -> None:
        load = self.load
        if b'"ok":true' in packet[:100].replace(b" ", b""):
            load.ready(self)
        else:
            load.why = load.why or packet.decode(errors="replace")[:200]
            self.transport.abort()


def source_address(index: int) -> str:
    """A loopback address for some connections; 127.0.0.x is left to everybody else."""
    block = index // PER_ADDRESS
    return f"127.{1 + block // 65536 % 254}.{block // 256 % 256}.{1 + block % 254}"


def say(**what: object) -> None:
    """One line to whoever gave the orders."""
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


async def obey(load: Load, reader: asyncio.StreamReader) -> None:
    """Do what comes in, until there is nothing more."""
    while line := await reader.readline():
        order = json.loads(line)
        if "expect" in order:
            load.expect(order["expect"])
        elif "report" in order:
            load.report(order["report"])
        elif "close" in order:
            load.close()


async def tell_progress(load: Load) -> None:
    """How many have joined, some times a second."""
    told = -1
    while True:
        if load.joined != told:
            told = load.joined
            say(progress=told)
        await asyncio.sleep(0.2)


async def run() -> None:
    """Connect, then count until standard input ends."""
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    orders = Orders(**json.loads(await reader.readline()))
    if orders.cpus:
        os.sched_setaffinity(0, orders.cpus)
    else:
        # On the server's processors it would interrupt the server at each frame, as no listener's machine does.
        os.sched_setscheduler(0, os.SCHED_BATCH, os.sched_param(0))
    signal.alarm(int(orders.seconds))
    load = Load(orders)
    progress = loop.create_task(tell_progress(load))
    began = time.monotonic()
    await load.open_all()
    progress.cancel()
    load.read_directly()
    spans = sorted(load.joining)
    say(
        joined=load.joined,
        given_up=load.given_up,
        refused=load.refused,
        why=load.why,
        began=began,
        ended=time.monotonic(),
        spans=[spans[int(len(spans) * share)] for share in (0.5, 0.99)] + spans[-1:] if spans else [],
    )
    await obey(load, reader)


if __name__ == "__main__":
    gc.disable()  # nothing here is cyclic but the connections, which live to the end
    uvloop.run(run())
    os._exit(0)  # taking 15,000 transports apart helps nobody
