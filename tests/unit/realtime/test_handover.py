"""Requests that reach another worker than their session's: two servers in one process, on both event loops."""

from __future__ import annotations

import asyncio
import json
import re
import shutil
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Coroutine, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any, Self

import pytest
import uvicorn
import uvloop
from hypothesis import given
from hypothesis import strategies as st

from realtime.connection_protocol import ConnectionProtocol, connection_protocol
from realtime.engineio_server import EngineIoServer
from realtime.engineio_socket import EngineIoSocket
from realtime.handover import UNDECIDED, Handover, new_name
from realtime.polling import PollingApp
from realtime.transport_limits import TransportLimits
from tests.harness import PATIENCE, eventually

LOOPS = {"asyncio": asyncio.new_event_loop, "uvloop": uvloop.new_event_loop}
_SMALL_BUFFER = 16 * 1024  # bytes on their way to other workers, what the kernel adds to each included
_MORE_THAN_A_QUEUE = 30  # requests: more than fit into that
Story = Callable[["Worker", "Worker"], Coroutine[Any, Any, None]]


class Echo(EngineIoSocket):
    """Sends back what it gets."""

    __slots__ = ()

    def on_message(self, message: str | bytes) -> None:
        assert isinstance(message, str)
        self.send(b"4" + message.encode())

    def on_close(self) -> None:
        pass


class Worker:
    """One worker of a node; unlike those of a real one it has a port of its own, so that a test may choose it."""

    def __init__(
        self, directory: Path, *, serves: bool = True, limits: TransportLimits | None = None, **bounds: int
    ) -> None:
        self.handover = Handover(directory, new_name(), **bounds)  # type: ignore[arg-type]
        self.engine = EngineIoServer(Echo, worker=self.handover.name, limits=limits)
        self._serves = serves
        config = uvicorn.Config(
            PollingApp(self.engine, None),
            http=connection_protocol(self.engine, handover=self.handover),
            lifespan="off",
            log_config=None,
            timeout_graceful_shutdown=1,
        )
        self.server = uvicorn.Server(config)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]

    @asynccontextmanager
    async def running(self) -> AsyncIterator[Worker]:
        config = self.server.config
        config.load()
        self.server.lifespan = config.lifespan_class(config)
        await self.server.startup([self.listener])
        self.engine.wheel.start()
        if self._serves:
            self.handover.serve(self._adopted)
        try:
            yield self
        finally:
            self.handover.close()
            for open_socket in list(self.engine.sockets.values()):
                open_socket.drop()
            await self.server.shutdown([self.listener])
            self.engine.wheel.stop()

    def _adopted(self, data: bytes) -> ConnectionProtocol:
        made: ConnectionProtocol = self.server.config.http_protocol_class(  # type: ignore[assignment, call-arg]
            config=self.server.config, server_state=self.server.server_state, app_state={}
        )
        made.begin_with(data)
        return made


class Peer:
    """A TCP connection that says what it is told to, byte by byte if need be."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self.reader, self.writer = await asyncio.open_connection("127.0.0.1", self._port)
        self.writer.get_extra_info("socket").setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return self

    async def __aexit__(self, *_: object) -> None:
        self.writer.close()

    async def say(self, data: bytes, *cuts: int) -> None:
        for start, end in zip((0, *cuts), (*cuts, len(data)), strict=True):
            self.writer.write(data[start:end])
            await self.writer.drain()
            for _ in range(5):  # the server reads this before the rest is sent
                await asyncio.sleep(0)

    async def answer(self) -> tuple[int, bytes]:
        head = await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), PATIENCE)
        length = re.search(rb"content-length: (\d+)", head.lower())
        assert length is not None, head
        return int(head.split(b" ")[1]), await asyncio.wait_for(self.reader.readexactly(int(length[1])), PATIENCE)

    async def ask(self, data: bytes, *cuts: int) -> tuple[int, bytes]:
        await self.say(data, *cuts)
        return await self.answer()


def get(sid: str, transport: str = "polling", more: bytes = b"") -> bytes:
    line = f"GET /socket.io/?EIO=4&transport={transport}&sid={sid} HTTP/1.1\r\nHost: x\r\n".encode()
    return line + more + b"\r\n"


def post(sid: str, body: bytes) -> bytes:
    line = f"POST /socket.io/?EIO=4&transport=polling&t=x1&sid={sid} HTTP/1.1\r\nHost: x\r\n"
    return line.encode() + b"Content-Length: %d\r\n\r\n" % len(body) + body


async def opened(worker: Worker) -> str:
    """A new session's id."""
    async with Peer(worker.port) as peer:
        status, body = await peer.ask(b"GET /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nHost: x\r\n\r\n")
    assert status == 200
    sid: str = json.loads(body[1:])["sid"]
    assert sid.startswith(worker.handover.name)
    return sid


@pytest.fixture
def directory() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="tl-"))
    yield path
    shutil.rmtree(path)


@pytest.fixture(params=LOOPS)
def play(request: pytest.FixtureRequest, directory: Path) -> Callable[..., None]:
    def run(story: Story, *, serves: bool = True, limits: TransportLimits | None = None, **bounds: int) -> None:
        async def staged() -> None:
            async with (
                Worker(directory, serves=serves).running() as one,
                Worker(directory, limits=limits, **bounds).running() as other,
            ):
                await story(one, other)

        with asyncio.Runner(loop_factory=LOOPS[request.param]) as runner:
            runner.run(staged())
        assert not list(directory.iterdir())

    return run


def test_a_request_may_come_in_any_pieces_and_its_body_later(play: Callable[..., None]) -> None:
    async def story(one: Worker, other: Worker) -> None:
        sid = await opened(one)
        poll = get(sid)
        body = b"4" + b"x" * 60_000
        for cuts in ([], [1], [3], [17], [poll.index(b"sid=") + 6], [poll.index(b"\n")], list(range(1, len(poll)))):
            message = post(sid, body)
            head = message.index(b"\r\n\r\n") + 4
            async with Peer(other.port) as peer:
                assert await peer.ask(message, *(cut for cut in (*cuts[:30], head, head + 7, 40_000))) == (200, b"ok")
            async with Peer(other.port) as peer:
                assert await peer.ask(poll, *cuts) == (200, body)
        assert not one.engine.refused

    play(story)


def test_a_kept_alive_connection_lives_where_its_requests_do(play: Callable[..., None]) -> None:
    async def story(one: Worker, other: Worker) -> None:
        sids = [await opened(one), await opened(other)]
        async with Peer(other.port) as peer:  # as a proxy does it, which sends many clients' requests over one
            for n in range(20):
                assert await peer.ask(post(sids[n % 2], b"4hello %d" % n)) == (200, b"ok")
                assert await peer.ask(get(sids[n % 2])) == (200, b"4hello %d" % n)
            await eventually(lambda: len(one.server.server_state.connections) == 0)
            assert len(other.server.server_state.connections) == 1
            assert (await peer.ask(post(sids[0], b"4last")))[0] == 200
            assert await peer.ask(b"\r\n" + get(sids[0])) == (200, b"4last")
            await eventually(lambda: len(other.server.server_state.connections) == 0)

    play(story)


def test_the_move_to_a_websocket_may_begin_elsewhere(play: Callable[..., None]) -> None:
    async def story(one: Worker, other: Worker) -> None:
        sid = await opened(one)
        upgrade = (
            b"Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
            b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
        )
        async with Peer(other.port) as poller, Peer(other.port) as peer:
            await poller.say(get(sid))
            await peer.say(get(sid, "websocket", upgrade), 9, 60)
            assert b" 101 " in await peer.reader.readuntil(b"\r\n\r\n")
            await peer.say(b"\x81\x86\0\0\0\0" + b"2probe")
            assert await peer.reader.readexactly(8) == b"\x81\x063probe"
            assert await poller.answer() == (200, b"6")
            await peer.say(b"\x81\x81\0\0\0\0" + b"5" + b"\x81\x83\0\0\0\0" + b"4hi")
            assert await peer.reader.readexactly(5) == b"\x81\x034hi"

    play(story)


def test_what_comes_behind_a_pending_answer_goes_elsewhere_after_it(play: Callable[..., None]) -> None:
    async def story(one: Worker, other: Worker) -> None:
        here, there = await opened(other), await opened(one)
        async with Peer(other.port) as peer, Peer(other.port) as second:
            await peer.say(get(here))
            await eventually(lambda: other.engine.sockets[here].waiting is not None)
            await peer.say(post(there, b"4behind"))
            assert await second.ask(post(here, b"4first")) == (200, b"ok")
            assert await peer.answer() == (200, b"4first")
            assert await peer.answer() == (200, b"ok")
            assert await peer.ask(get(there)) == (200, b"4behind")

    play(story)


def test_nobody_knows_a_session_that_is_nowhere(play: Callable[..., None]) -> None:
    async def story(one: Worker, other: Worker) -> None:
        sid = await opened(one)
        unknown = b'{"code":1,"message":"Session ID unknown"}'
        for name in (other.handover.name, one.handover.name, "nobody", "../../", "a/../b", "", "\xff" * 6):
            async with Peer(other.port) as peer:
                answer = await peer.ask(get(name + "0" * 20).replace("\xff".encode(), b"\xff"))
                assert answer in {(400, unknown), (400, b'{"code":3,"message":"Invalid HTTP request received."}')}
        one.handover.close()  # as if it had died
        async with Peer(other.port) as peer:
            assert await peer.ask(get(sid)) == (400, unknown)
        async with Peer(other.port) as peer:
            await peer.say(b"GET /socket.io/?EIO=4&transport=polling&sid=" + b"a" * 20_000 + b" HTTP/1.1\r\n\r\n")
            assert (await peer.answer())[0] == 400

    play(story)


async def together(peers: list[Peer], request: bytes) -> list[asyncio.Task[tuple[int, bytes]]]:
    """Ask as soon as each is connected: who says nothing for long is not waited for."""
    asked = []
    for peer in peers:
        await peer.__aenter__()
        asked.append(asyncio.ensure_future(peer.ask(request)))
    return asked


async def given_up(asked: list[asyncio.Task[tuple[int, bytes]]], peers: list[Peer]) -> None:
    for one_asked, peer in zip(asked, peers, strict=True):
        one_asked.cancel()
        peer.writer.close()
    await asyncio.gather(*asked, return_exceptions=True)


def test_an_owner_that_takes_nothing_costs_a_503(play: Callable[..., None]) -> None:
    async def story(one: Worker, other: Worker) -> None:
        sid = await opened(one)
        outcomes: list[str] = []
        other.handover.count_with(outcomes.append)
        peers = [Peer(other.port) for _ in range(_MORE_THAN_A_QUEUE)]
        asked = await together(peers, get(sid))
        await eventually(lambda: sum(one.done() for one in asked) + outcomes.count("given") == len(asked))
        assert "busy" in outcomes
        assert {one.result()[0] for one in asked if one.done()} == {503}
        assert not other.engine.sockets
        await given_up(asked, peers)

    play(
        story,
        serves=False,
        limits=TransportLimits(handshake_timeout=PATIENCE, owner_timeout=0.2),
        send_buffer=_SMALL_BUFFER,
    )


def test_who_waits_for_a_busy_owner_has_sent_all_that_was_due(play: Callable[..., None]) -> None:
    """So the deadline for what the peer is to send, should it end, costs it no answer."""

    async def story(one: Worker, other: Worker) -> None:
        sid = await opened(one)
        peers = [Peer(other.port) for _ in range(_MORE_THAN_A_QUEUE)]
        asked = await together(peers, get(sid))

        def waiting() -> list[ConnectionProtocol]:
            found = [one for one in other.server.server_state.connections if isinstance(one, ConnectionProtocol)]
            return [one for one in found if one._busy_since is not None]

        await eventually(waiting)
        assert all(one.slot is None for one in waiting())
        held = len(waiting())
        for connection in waiting():
            connection.expired()
        await eventually(lambda: sum(one.done() for one in asked) >= held)
        assert {one.result()[0] for one in asked if one.done()} == {503}
        await given_up(asked, peers)

    limits = TransportLimits(handshake_timeout=PATIENCE, owner_timeout=PATIENCE)
    play(story, serves=False, limits=limits, send_buffer=_SMALL_BUFFER)


def test_what_waits_for_a_busy_owner_is_bounded(play: Callable[..., None]) -> None:
    at_most = 100_000

    async def story(one: Worker, other: Worker) -> None:
        sid = await opened(one)
        large = post(sid, b"4" + b"x" * 20_000)
        peers = [Peer(other.port) for _ in range(_MORE_THAN_A_QUEUE)]
        asked = await together(peers, large)
        most = 0

        def answered() -> bool:
            nonlocal most
            most = max(most, other.handover.waiting_bytes)
            return any(one.done() for one in asked)

        await eventually(answered)
        assert 0 < most <= at_most
        await given_up(asked, peers)
        await eventually(lambda: other.handover.waiting_bytes == 0)

    play(story, serves=False, max_waiting=at_most, send_buffer=_SMALL_BUFFER * 4)


@given(
    start=st.sampled_from([b"", b"\r\n", b"\r\n\r\n"]),
    line=st.sampled_from([
        b"GET /socket.io/?EIO=4&transport=polling&sid=abcdefXYZ HTTP/1.1",
        b"POST /socket.io?sid=abcdefXYZ&EIO=4 HTTP/1.1",
        b"GET /socket.io/?sid=abc HTTP/1.1",
        b"GET /socket.io/?EIO=4 HTTP/1.1",
        b"GET /socket.iox/?sid=abcdefXYZ HTTP/1.1",
        b"GET / HTTP/1.1",
        b"GET /assets/x.js?sid=abcdefXYZ HTTP/1.1",
        b"\x16\x03\x01\x02",
    ]) | st.binary(max_size=80).filter(lambda line: b"\n" not in line),
    ends=st.sampled_from([b"\r\n", b"\n"]),
    rest=st.binary(max_size=20),
)  # fmt: skip
def test_more_bytes_never_change_what_was_decided(start: bytes, line: bytes, ends: bytes, rest: bytes) -> None:
    with tempfile.TemporaryDirectory(prefix="tl-") as name:
        handover = Handover(Path(name), "itself")
        try:
            data = start + line + ends + rest
            whole = handover.owner(data)
            assert whole is None or whole == "abcdef" or re.fullmatch(r"[\w-]{6}", whole) or not line.strip(b"\r\n")
            for length in range(len(start + line + ends)):
                assert handover.owner(data[:length]) in {UNDECIDED, whole}
        finally:
            handover.close()
