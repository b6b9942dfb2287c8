"""Who is let in: rates, shares, descriptors, and a server that stops."""

from __future__ import annotations

import pytest

from realtime.engineio_server import EngineIoServer
from realtime.refusals import BUSY, FULL, STOPPING, TOO_MANY
from realtime.transport_limits import TransportLimits
from tests.support.sockets import LIMITS, Clock, Socket


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def server(clock: Clock) -> EngineIoServer:
    return EngineIoServer(Socket, limits=LIMITS, clock=clock)


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
