"""Connections of Engine.IO without a network: a peer that can be slow, and a clock that is moved."""

from __future__ import annotations

import asyncio
from typing import Any

from realtime.engineio_server import EngineIoServer
from realtime.engineio_socket import EngineIoSocket
from realtime.transport_limits import TransportLimits

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


def opened(server: EngineIoServer) -> tuple[Any, Transport]:
    socket, transport = server.create("192.0.2.1"), Transport()
    socket.attach(transport)
    return socket, transport


def later(server: EngineIoServer, clock: Clock, seconds: float) -> None:
    """Time passes, tick by tick."""
    end = clock.time + seconds
    while clock.time < end:
        clock.time = min(clock.time + 0.1, end)
        server.wheel.advance()


def texts(transport: Transport) -> list[bytes]:
    return [data[2:] if data[1] < 126 else data[4:] for data in transport.written]
