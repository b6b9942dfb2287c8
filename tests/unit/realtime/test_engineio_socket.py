"""One connection with a moved clock: heartbeat, inbound rate, closing."""

from __future__ import annotations

from typing import Any

import pytest

from realtime.backpressure import CLOSED, CLOSING, OPEN, Outgoing
from realtime.engineio_server import EngineIoServer
from realtime.websocket import close_frame, text_frame
from tests.support.sockets import LIMITS, Clock, Socket, Transport, later, opened
from tests.support.websocket_frames import masked


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> EngineIoServer:
    return EngineIoServer(Socket, limits=LIMITS, clock=clock)


def test_who_sends_faster_than_the_rate_is_read_slower(server: EngineIoServer, clock: Clock) -> None:
    socket, transport = opened(server)
    for n in range(21):
        transport.protocol.data_received(masked(f"4{n}".encode()))
    assert len(socket.heard) == 21
    assert not transport.reading
    later(server, clock, 0.1)
    assert not transport.reading
    later(server, clock, 0.2)
    assert transport.reading
    assert not server.throttled


def test_who_floods_is_cut(server: EngineIoServer) -> None:
    socket, transport = opened(server)
    transport.protocol.data_received(masked(b"4x") * 41)
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
        transport.protocol.data_received(masked(b"3"))
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
    transport.protocol.data_received(masked(b"4too late"))
    assert len(transport.written) == 2
    assert socket.heard == []
    later(server, clock, 5.1)
    assert (transport.aborted, server.sockets) == (True, {})
