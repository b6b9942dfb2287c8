"""The bounds of connections: what a slow, a greedy and a silent peer get, with a moved clock and no network."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from realtime.backpressure import CLOSED, CLOSING, OPEN, Outgoing
from realtime.engineio_server import EngineIoServer
from realtime.engineio_socket import EngineIoSocket
from realtime.refusals import BUSY, FULL, STOPPING, TOO_MANY
from realtime.transport_limits import TransportLimits
from realtime.websocket import close_frame, text_frame

CAP = 10_000
LIMITS = TransportLimits(unsent=CAP, unsent_total=3 * CAP, messages_per_second=10, messages_burst=20, queued_messages=4)


class Clock:
    def __init__(self) -> None:
        self.time = 1000.0

    def __call__(self) -> float:
        return self.time


class Transport(asyncio.Transport):
    """A peer that takes nothing from the moment it is said to be slow."""

    def __init__(self) -> None:
        super().__init__()
        self.protocol: Any = None
        self.written: list[bytes] = []
        self.stuck = 0
        self.slow = False
        self.reading = True
        self.closed = self.aborted = False

    def set_protocol(self, protocol: Any) -> None:
        self.protocol = protocol

    def set_write_buffer_limits(self, high: int | None = None, low: int | None = None) -> None:  # noqa: ARG002
        assert high == 0  # whoever flows has nothing unsent

    def write(self, data: Any) -> None:
        self.written.append(data)
        if self.slow:
            self.stuck += len(data)

    def get_write_buffer_size(self) -> int:
        return self.stuck

    def pause_reading(self) -> None:
        assert self.reading
        self.reading = False

    def resume_reading(self) -> None:
        assert not self.reading
        self.reading = True

    def is_closing(self) -> bool:
        return self.closed or self.aborted

    def close(self) -> None:
        self.closed = True

    def abort(self) -> None:
        self.aborted = True

    def stall(self) -> None:
        self.slow = True
        self.protocol.pause_writing()

    def drain(self) -> None:
        self.slow, self.stuck = False, 0
        self.written.clear()
        self.protocol.resume_writing()


class Socket(EngineIoSocket):
    __slots__ = ("closes", "heard", "used")

    def __init__(self, server: EngineIoServer, address: str) -> None:
        super().__init__(server, address)
        self.heard: list[str | bytes] = []
        self.closes = 0
        self.used = True

    def on_message(self, message: str | bytes) -> None:
        self.heard.append(message)

    def on_close(self) -> None:
        self.closes += 1

    def is_used(self) -> bool:
        return self.used


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> EngineIoServer:
    return EngineIoServer(Socket, limits=LIMITS, clock=clock)


def opened(server: EngineIoServer) -> tuple[Any, Transport]:
    socket, transport = server.create("192.0.2.1"), Transport()
    socket.attach(transport)
    return socket, transport


def masked(text: str) -> bytes:
    assert len(text) < 126
    return bytes((0x81, 0x80 | len(text))) + bytes(4) + text.encode()


def later(server: EngineIoServer, clock: Clock, seconds: float) -> None:
    """Time passes, tick by tick."""
    end = clock.time + seconds
    while clock.time < end:
        clock.time = min(clock.time + 0.1, end)
        server.wheel.advance()


def texts(transport: Transport) -> list[bytes]:
    return [data[2:] if data[1] < 126 else data[4:] for data in transport.written]


def test_while_a_peer_is_slow_only_the_newest_of_a_key_is_kept(server: EngineIoServer) -> None:
    socket, transport = opened(server)
    socket.offer(Outgoing(b"4first", "count"))
    transport.stall()
    for n in range(10_000):
        socket.offer(Outgoing(b"4count %d" % n, "count"))
        socket.offer(Outgoing(b"4other %d" % n, "other"))
    socket.send(b"4reply")
    assert texts(transport) == [b"4first", b"4reply"]
    assert socket.state == OPEN
    assert socket.unsent < 100
    transport.drain()
    assert texts(transport) == [b"4count 9999", b"4other 9999"]
    assert socket.unsent == 0
    assert not server.backlogged
    socket.offer(Outgoing(b"4next", "count"))
    assert texts(transport)[-1] == b"4next"


def test_while_a_peer_is_slow_it_goes_without_ephemeral_events(server: EngineIoServer) -> None:
    socket, transport = opened(server)
    socket.offer(Outgoing(b"4wave", ephemeral=True))
    transport.stall()
    socket.offer(Outgoing(b"4counts"))
    for n in range(1000):
        socket.offer(Outgoing(b"4wave %03d" % n + b" " * 90, ephemeral=True))
    kept = len(transport.written) - 2
    assert texts(transport)[:3] == [b"4wave", b"4counts", b"4wave 000" + b" " * 90]
    assert CAP // 4 - 102 < socket.unsent <= CAP // 4 + 2 * kept, "frames have two bytes more than their packets"
    assert (socket.state, transport.reading) == (OPEN, True)
    socket.offer(Outgoing(b"4counts too"))
    assert texts(transport)[-1] == b"4counts too"
    transport.drain()
    socket.offer(Outgoing(b"4again", ephemeral=True))
    assert texts(transport) == [b"4again"]


def test_who_polls_has_the_ephemeral_events_between_two_polls(server: EngineIoServer) -> None:
    socket: Any = server.create("192.0.2.1")
    for n in range(1000):
        socket.offer(Outgoing(b"4%03d" % n + b"x" * 96, ephemeral=True))
    assert [packet[1:4] for packet in socket.take().split(b"\x1e")] == [b"%03d" % n for n in range(CAP // 4 // 100)]
    assert socket.state == OPEN


def test_who_does_not_read_what_counts_is_cut_at_the_cap(server: EngineIoServer) -> None:
    socket, transport = opened(server)
    transport.stall()
    message = Outgoing(b"4" + b"x" * 99)
    sent = 0
    while socket.state == OPEN:
        socket.offer(message)
        sent += 1
        assert sent < 1000
    assert CAP // 102 <= sent <= CAP // 102 + 2
    assert transport.aborted
    assert not transport.closed
    assert (socket.closes, server.sockets, server.backlogged, server.cuts.total()) == (1, {}, set(), 1)
    transport.protocol.connection_lost(None)
    assert socket.closes == 1


def test_replies_are_not_dropped_and_whoever_does_not_read_them_is_not_asked_more(server: EngineIoServer) -> None:
    socket, transport = opened(server)
    transport.stall()
    for n in range(60):
        socket.send(b"4reply %d" % n + b" " * 90)
    assert len(transport.written) == 60
    assert not transport.reading
    transport.drain()
    assert transport.reading


def test_a_polling_peer_has_the_same_bounds(server: EngineIoServer) -> None:
    socket: Any = server.create("192.0.2.1")
    for n in range(5000):
        socket.offer(Outgoing(b"4%d" % n, "count"))
    socket.send(b"4reply")
    assert socket.take() == b"4reply\x1e44999"
    assert socket.unsent == 0
    for _ in range(CAP // 100 + 1):
        socket.offer(Outgoing(b"4" + b"x" * 99))
    assert socket.state == CLOSED
    assert not server.sockets


def test_the_fullest_are_cut_when_all_together_are_too_much(server: EngineIoServer) -> None:
    pairs = [opened(server) for _ in range(5)]
    for n, (socket, transport) in enumerate(pairs):
        transport.stall()
        for _ in range(50 + 10 * n):
            socket.offer(Outgoing(b"4" + b"x" * 99))
    assert all(socket.state == OPEN for socket, _ in pairs)
    server.enforce_budget()
    assert [socket.state == OPEN for socket, _ in pairs] == [True, True, True, True, False]
    server.enforce_budget()
    assert len(server.sockets) == 4


def test_who_sends_faster_than_the_rate_is_read_slower(server: EngineIoServer, clock: Clock) -> None:
    socket, transport = opened(server)
    for n in range(21):
        transport.protocol.data_received(masked(f"4{n}"))
    assert len(socket.heard) == 21
    assert not transport.reading
    later(server, clock, 0.1)
    assert not transport.reading
    later(server, clock, 0.2)
    assert transport.reading
    assert not server.throttled


def test_who_floods_is_cut(server: EngineIoServer) -> None:
    socket, transport = opened(server)
    transport.protocol.data_received(masked("4x") * 41)
    assert (socket.state, transport.aborted, socket.heard, socket.closes) == (CLOSED, True, [], 1)


def test_pings_of_the_websocket_count_as_well(server: EngineIoServer) -> None:
    socket, transport = opened(server)
    transport.protocol.data_received(b"\x89\x80\0\0\0\0" * 41)
    assert socket.state == CLOSED


def test_queued_work_stops_the_reading_then_ends_the_connection(server: EngineIoServer) -> None:
    socket, transport = opened(server)
    assert socket.work_queued(4)
    assert not transport.reading
    assert socket.work_queued(3)
    assert not transport.reading
    assert socket.work_queued(2)
    assert transport.reading
    assert not socket.work_queued(64)
    assert socket.state == CLOSED


def test_heartbeat(server: EngineIoServer, clock: Clock) -> None:
    socket, transport = opened(server)
    later(server, clock, 24.5)
    assert transport.written == []
    for _ in range(3):
        later(server, clock, 1.0)
        assert transport.written == [text_frame(b"2")]
        transport.written.clear()
        transport.protocol.data_received(masked("3"))
        later(server, clock, 23.8)
    later(server, clock, 22.0)
    assert transport.aborted
    assert (socket.closes, server.sockets) == (1, {})


@pytest.mark.parametrize("polls", [True, False])
def test_without_connect_it_ends(server: EngineIoServer, clock: Clock, polls: bool) -> None:
    socket: Any = server.create("192.0.2.1")
    transport = Transport()
    if not polls:
        socket.attach(transport)
    socket.used = False
    later(server, clock, 9.7)
    assert socket.state == OPEN
    later(server, clock, 0.5)
    assert socket.state == CLOSING
    assert (socket.take() == b"1") is polls
    assert transport.closed is not polls
    later(server, clock, 5.1)  # whoever does not fetch the last word
    assert socket.state == CLOSED
    assert (transport.aborted, server.sockets) == (not polls, {})


def test_closing_says_so_and_waits_for_the_peer(server: EngineIoServer, clock: Clock) -> None:
    socket, transport = opened(server)
    transport.stall()
    socket.offer(Outgoing(b"4count", "count"))
    socket.send(b"4bye")
    socket.close()
    assert transport.written == [text_frame(b"4bye"), close_frame(1001)]
    assert (transport.closed, transport.aborted, socket.closes) == (True, False, 1)
    socket.send(b"4too late")
    transport.protocol.data_received(masked("4too late"))
    assert len(transport.written) == 2
    assert socket.heard == []
    later(server, clock, 5.1)
    assert (transport.aborted, server.sockets) == (True, {})


def test_new_connections_have_a_rate(clock: Clock) -> None:
    server = EngineIoServer(Socket, limits=TransportLimits(connects_per_second=10, connects_burst=5), clock=clock)
    assert [server.refusal("192.0.2.1", 9) for _ in range(6)] == [None] * 5 + [BUSY]
    clock.time += 0.2
    assert [server.refusal("192.0.2.1", 9) for _ in range(3)] == [None, None, BUSY]
    assert server.refused == {"rate": 2}


def test_one_address_has_a_share(clock: Clock) -> None:
    server = EngineIoServer(Socket, limits=TransportLimits(per_address=3), clock=clock)
    sockets = [server.create("8.8.8.8") for _ in range(3)]
    assert server.refusal("8.8.8.8", 9) is TOO_MANY
    assert server.refusal("8.8.4.4", 9) is None
    sockets[0].drop()
    assert server.refusal("8.8.8.8", 9) is None
    for _ in range(5):
        server.create("10.0.0.1")
    assert server.refusal("10.0.0.1", 9) is None, "a proxy on the same network is not one listener"


def test_before_descriptors_run_out_nobody_is_let_in(server: EngineIoServer) -> None:
    assert server.refusal("192.0.2.1", server.descriptors.refuse_from - 1) is None
    assert server.refusal("192.0.2.1", server.descriptors.refuse_from) is FULL


def test_while_draining_nobody_is_let_in(server: EngineIoServer) -> None:
    server.draining = True
    assert server.refusal("192.0.2.1", 9) is STOPPING
