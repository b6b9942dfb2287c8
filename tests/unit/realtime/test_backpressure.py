"""What a peer gets that reads slowly: what is kept for it, replaced or left out, and when it is cut."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.backpressure import CLOSED, OPEN, Outgoing
from realtime.engineio_server import EngineIoServer
from tests.support.sockets import CAP, LIMITS, Clock, Socket, opened, texts


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> EngineIoServer:
    return EngineIoServer(Socket, limits=LIMITS, clock=clock)


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
