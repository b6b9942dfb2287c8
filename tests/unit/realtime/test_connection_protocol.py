"""The connection protocol: bounds, deadlines and shares, by raw sockets, on both event loops."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import socket
from collections.abc import AsyncIterator, Callable, Coroutine
from contextlib import asynccontextmanager
from dataclasses import replace
from typing import Any

import pytest
import uvicorn
import uvloop
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from kit.heads import MAX_FIELDS, MAX_HEAD_BYTES
from realtime.connection_protocol import connection_protocol
from realtime.engineio_server import EngineIoServer
from realtime.engineio_socket import EngineIoSocket
from realtime.polling import PollingApp
from realtime.transport_limits import TransportLimits
from tests.harness import PATIENCE, eventually

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
SOON = 0.3  # a deadline that a test waits for
LATE = 30.0  # one that does not come in a test
CALM = TransportLimits(handshake_timeout=LATE, body_timeout=LATE, write_timeout=LATE)
GET = b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
UPGRADE = (
    b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
    b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
)


class Echo(EngineIoSocket):
    """Is there."""

    __slots__ = ()

    def on_message(self, message: str | bytes) -> None:
        """Nothing comes of it."""

    def on_close(self) -> None:
        """Nothing comes of it."""


class House:
    """The application: it answers with what came, or goes on without end; and it knows who is there."""

    def __init__(self) -> None:
        self.inside = 0
        self.left = 0
        self.asked: list[tuple[str, dict[bytes, bytes], bytes]] = []

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        self.inside += 1
        try:
            await self.serve(scope, receive, send)
        finally:
            self.inside -= 1

    async def serve(self, scope: Any, receive: Any, send: Any) -> None:
        body, more = b"", True
        while more:
            message = await receive()
            if message["type"] == "http.disconnect":
                self.left += 1
                return
            body += message["body"]
            more = message["more_body"]
        self.asked.append((scope["path"], dict(scope["headers"]), body))
        if scope["path"] == "/endless":
            await send({"type": "http.response.start", "status": 200, "headers": []})
            gone = asyncio.ensure_future(receive())
            while not gone.done():
                await send({"type": "http.response.body", "body": b"x" * 16_000, "more_body": True})
                await asyncio.sleep(0)
            self.left += 1
            return
        length = (b"content-length", b"%d" % len(body))
        await send({"type": "http.response.start", "status": 200, "headers": [length]})
        await send({"type": "http.response.body", "body": body})


class Doorstep:
    """A server with the connection protocol, and an application behind it."""

    def __init__(self, limits: TransportLimits, *, proxies: tuple[str, ...] = ()) -> None:
        self.house = House()
        self.engine = EngineIoServer(Echo, limits=limits)
        app: Any = PollingApp(self.engine, self.house)
        config = uvicorn.Config(
            ProxyHeadersMiddleware(app, list(proxies)) if proxies else app,
            http=connection_protocol(self.engine),
            lifespan="off",
            log_config=None,
            proxy_headers=False,
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    @asynccontextmanager
    async def open(self) -> AsyncIterator[Doorstep]:
        config = self.server.config
        config.load()
        self.server.lifespan = config.lifespan_class(config)
        await self.server.startup([self.listener])
        self.engine.wheel.start()
        try:
            yield self
        finally:
            for one in list(self.engine.sockets.values()):
                one.drop()
            await self.server.shutdown([self.listener])
            self.engine.wheel.stop()

    @property
    def connections(self) -> int:
        return len(self.server.server_state.connections)

    @asynccontextmanager
    async def peer(self) -> AsyncIterator[Peer]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.port)
        writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            yield Peer(reader, writer)
        finally:
            writer.transport.abort()

    async def status(self, data: bytes, step: int | None = None) -> int:
        async with self.peer() as peer:
            await peer.say(data, step)
            return await peer.status()


class Peer:
    """A connection by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    async def say(self, data: bytes, step: int | None = None) -> None:
        with contextlib.suppress(OSError):  # it may be refused before it has said all
            for start in range(0, len(data), step or len(data)):
                self.writer.write(data[start : start + (step or len(data))])
                await self.writer.drain()
                await asyncio.sleep(0)

    async def head(self) -> bytes:
        return await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)

    async def status(self) -> int:
        return int((await self.head()).split(b" ")[1])

    async def rest(self) -> bytes:
        """All until the other end closes, or resets."""
        try:
            return await asyncio.wait_for(self.reader.read(), PATIENCE)
        except ConnectionResetError:
            return b""


Story = Callable[[Doorstep], Coroutine[Any, Any, None]]


@pytest.fixture(params=LOOPS)
def play(request: pytest.FixtureRequest, caplog: pytest.LogCaptureFixture) -> Callable[..., None]:
    def run(story: Story, limits: TransportLimits = CALM, **options: Any) -> None:
        async def staged() -> None:
            async with Doorstep(limits, **options).open() as doorstep:
                await story(doorstep)
                await eventually(lambda: doorstep.house.inside == 0)
                await eventually(lambda: doorstep.connections == 0)
                await eventually(lambda: len(doorstep.engine.addresses) == len(doorstep.engine.sockets))

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(staged())
        assert [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR] == []

    return run


FIELD = b"X-Long: " + b"y" * 2 * MAX_HEAD_BYTES + b"\r\n"
FIELDS = b"".join(b"X-%d: y\r\n" % n for n in range(MAX_FIELDS + 1))
POLL = b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n"


@pytest.mark.parametrize("step", [None, 3000])
@pytest.mark.parametrize("more", [FIELD, FIELDS], ids=["bytes", "fields"])
@pytest.mark.parametrize("start", [GET[:-2], UPGRADE, POLL, GET + GET[:-2]], ids=["http", "upgrade", "poll", "second"])
def test_heads_are_bounded_wherever_they_come(
    play: Callable[..., None], start: bytes, more: bytes, step: int | None
) -> None:
    async def story(doorstep: Doorstep) -> None:
        async with doorstep.peer() as peer:
            await peer.say(start + more + b"\r\n", step)
            if start.startswith(GET):
                assert await peer.status() == 200
            assert await peer.status() == 431
            await peer.rest()
        assert len(doorstep.house.asked) == start.count(GET)
        assert not doorstep.engine.sockets

    play(story)


def test_trailers_are_bounded_and_mean_nothing(play: Callable[..., None]) -> None:
    async def story(doorstep: Doorstep) -> None:
        post = b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n"
        async with doorstep.peer() as peer:
            await peer.say(post + b"Authorization: Bearer x\r\n\r\n" + GET, 5)
            assert await peer.status() == 200
            assert await peer.reader.readexactly(3) == b"abc"
            assert await peer.status() == 200
        assert [headers.get(b"authorization") for _, headers, _ in doorstep.house.asked] == [None, None]
        assert await doorstep.status(post + FIELD) == 431
        assert await doorstep.status(post + FIELDS) == 431
        assert await doorstep.status(post.replace(b"3\r\n", b"3;" + b"e" * 70_000 + b"\r\n")) == 400

    play(story)


def test_many_requests_at_once_are_answered_in_their_order(play: Callable[..., None]) -> None:
    async def story(doorstep: Doorstep) -> None:
        data = b"".join(
            b"POST /%d HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%d" % (n, len(str(n)), n) for n in range(300)
        )
        async with doorstep.peer() as peer:
            await peer.say(data)
            for n in range(300):
                assert await peer.status() == 200
                assert await peer.reader.readexactly(len(str(n))) == b"%d" % n
        assert [path for path, _, _ in doorstep.house.asked] == [f"/{n}" for n in range(300)]

    play(story)


def test_what_comes_behind_an_endless_answer_is_bounded(play: Callable[..., None]) -> None:
    async def story(doorstep: Doorstep) -> None:
        async with doorstep.peer() as peer:
            await peer.say(GET.replace(b"/", b"/endless", 1))
            assert await peer.status() == 200
            reading = asyncio.ensure_future(peer.rest())
            flood = asyncio.ensure_future(peer.say(GET * 100_000, 60_000))
            (held,) = doorstep.server.server_state.connections
            await eventually(lambda: held._framing.size > MAX_HEAD_BYTES)  # type: ignore[attr-defined]
            assert held._framing.size < 1_000_000  # type: ignore[attr-defined]
            flood.cancel()
            reading.cancel()
            await asyncio.gather(flood, reading, return_exceptions=True)
        assert len(doorstep.house.asked) == 1

    play(story)


@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (b"GET / HT", 408),
        (GET[:-2] + b"X: y", 408),
        (UPGRADE, 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf", 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal", 408),
        (b"POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhalfs\r\n0\r\nX", 408),
        (GET + b"GET / HT", 200),
    ],
)  # fmt: skip
def test_what_does_not_come_in_time_is_not_waited_for(play: Callable[..., None], sent: bytes, status: int) -> None:
    async def story(doorstep: Doorstep) -> None:
        async with doorstep.peer() as peer:
            await peer.say(sent)
            assert await peer.status() == status
            if status == 200:
                assert await peer.status() == 408
            await peer.rest()
        await eventually(lambda: doorstep.connections == 0)

    play(story, replace(CALM, handshake_timeout=SOON, body_timeout=SOON))


def test_a_head_has_one_deadline_however_it_drips(play: Callable[..., None]) -> None:
    async def story(doorstep: Doorstep) -> None:
        async with doorstep.peer() as peer:

            async def drip() -> None:
                with contextlib.suppress(OSError):
                    while True:
                        peer.writer.write(b"G" if not doorstep.house.asked else b"")
                        await asyncio.sleep(SOON / 10)

            dripping = asyncio.ensure_future(drip())
            assert await peer.status() == 408
            dripping.cancel()

    play(story, replace(CALM, handshake_timeout=SOON))


def test_a_body_that_makes_progress_is_taken_and_one_that_drips_has_an_end(play: Callable[..., None]) -> None:
    post = b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n"

    async def drip(peer: Peer, pieces: int) -> None:
        with contextlib.suppress(OSError):
            for _ in range(pieces):
                peer.writer.write(b"x")
                await asyncio.sleep(SOON / 10)

    async def taken(doorstep: Doorstep) -> None:
        async with doorstep.peer() as peer:
            await peer.say(post % 30)
            await drip(peer, 30)
            assert await peer.status() == 200

    async def ended(doorstep: Doorstep) -> None:
        async with doorstep.peer() as peer:
            await peer.say(post % 1_000_000)
            dripping = asyncio.ensure_future(drip(peer, 1_000_000))
            assert await peer.status() == 408
            dripping.cancel()

    play(taken, replace(CALM, body_timeout=SOON * 20))
    play(ended, replace(CALM, whole_body_timeout=SOON))


def test_nobody_waits_for_a_peer_that_does_not_read(play: Callable[..., None]) -> None:
    async def story(doorstep: Doorstep) -> None:
        async with doorstep.peer() as endless, doorstep.peer() as whole:
            for peer in (endless, whole):
                peer.writer.transport.pause_reading()  # type: ignore[attr-defined]
            await endless.say(GET.replace(b"/", b"/endless", 1))
            size = 20_000_000
            await whole.say(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n" % size + b"x" * size, 65_536)
            await eventually(lambda: len(doorstep.house.asked) == 2)
            await eventually(lambda: doorstep.connections == 0)
            assert doorstep.house.left == 1

    play(story, replace(CALM, write_timeout=SOON))


def test_one_address_has_a_share_of_all_kinds_of_connections(play: Callable[..., None]) -> None:
    async def story(doorstep: Doorstep) -> None:
        async with contextlib.AsyncExitStack() as stack:
            peers = [await stack.enter_async_context(doorstep.peer()) for _ in range(4)]
            await peers[0].say(b"GET / HT")
            await peers[1].say(b"POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 10\r\n\r\nhalf")
            await peers[2].say(GET.replace(b"/", b"/endless", 1))
            await peers[3].say(UPGRADE + b"\r\n")
            assert await peers[3].status() == 101
            await eventually(lambda: doorstep.house.inside == 2)
            for refused in (GET, UPGRADE + b"\r\n", POLL + b"\r\n", b"GET / HT"):
                assert await doorstep.status(refused) == 429
            assert await doorstep.status(b"GET /health/live HTTP/1.1\r\nHost: x\r\n\r\n") == 200
            peers[1].writer.transport.abort()
            await eventually(lambda: doorstep.house.inside == 1)
            assert await doorstep.status(GET) == 200
            for one in list(doorstep.engine.sockets.values()):
                one.drop()

    play(story, replace(CALM, per_address=4, per_private_address=4))


def test_behind_a_proxy_the_client_is_counted(play: Callable[..., None]) -> None:
    def of(address: str, request: bytes) -> bytes:
        return request.replace(b"Host: x\r\n", b"Host: x\r\nX-Forwarded-For: %s\r\n" % address.encode())

    async def story(doorstep: Doorstep) -> None:
        async with contextlib.AsyncExitStack() as stack:
            peers = [await stack.enter_async_context(doorstep.peer()) for _ in range(5)]
            endless = GET.replace(b"/", b"/endless", 1)
            await peers[0].say(of("8.8.8.8", endless))
            await peers[1].say(of("8.8.8.8", UPGRADE + b"\r\n"))
            assert await peers[1].status() == 101
            for request in (GET, UPGRADE + b"\r\n", POLL + b"\r\n", endless):
                assert await doorstep.status(of("8.8.8.8", request)) == 429
            assert await doorstep.status(of("8.8.4.4", GET)) == 200
            assert await doorstep.status(of("10.0.0.7", GET)) == 200
            again = of("8.8.4.4", GET)
            await peers[2].say(again + again + again, 11)  # one connection of the proxy, one request after another
            assert [await peers[2].status() for _ in range(3)] == [200, 200, 200]
            for one in list(doorstep.engine.sockets.values()):
                one.drop()

    play(story, replace(CALM, per_address=2), proxies=("127.0.0.1",))


@pytest.mark.parametrize(("path", "status"), [(b"/api/events?channel=x", 200), (b"/api/matches", 429)])
def test_a_reader_of_events_that_is_refused_comes_back(play: Callable[..., None], path: bytes, status: int) -> None:
    async def story(doorstep: Doorstep) -> None:
        async with doorstep.peer() as holding, doorstep.peer() as peer:
            await holding.say(b"GET")
            await peer.say(GET.replace(b"/", path, 1))
            head = await peer.head()
            assert head.startswith(b"HTTP/1.1 %d " % status)
            assert (b"text/event-stream" in head) == (status == 200)
            assert (b"retry: 30000\n\n" in await peer.rest()) == (status == 200)

    play(story, replace(CALM, per_address=1, per_private_address=1))


@pytest.mark.parametrize("proxies", [(), ("127.0.0.1",)])
def test_a_websocket_elsewhere_is_a_request_like_any_other(play: Callable[..., None], proxies: tuple[str, ...]) -> None:
    """It is counted in the share of its address for as long as its connection is there, and it has the same bounds."""

    def to(path: bytes) -> bytes:
        head = UPGRADE.replace(b"/socket.io/?EIO=4&transport=websocket", path)
        return head.replace(b"Host: x\r\n", b"Host: x\r\nX-Forwarded-For: 10.0.0.7\r\n") + b"\r\n"

    async def story(doorstep: Doorstep) -> None:
        async with contextlib.AsyncExitStack() as stack:
            peers = [await stack.enter_async_context(doorstep.peer()) for _ in range(2)]
            await peers[0].say(to(b"/nowhere") + GET)
            assert [await peers[0].status(), await peers[0].status()] == [200, 200]
            for peer in peers:
                await peer.say(to(b"/endless"))
            await eventually(lambda: doorstep.house.inside == 2)
            for path in (b"/endless", b"/nowhere", b"/socket.io/?EIO=4&transport=websocket"):
                assert await doorstep.status(to(path)) == 429
            assert len(doorstep.engine.addresses) == 1
        await eventually(lambda: doorstep.house.inside == 0)
        assert len(doorstep.engine.addresses) == 0

    play(story, replace(CALM, per_address=2, per_private_address=2), proxies=proxies)
