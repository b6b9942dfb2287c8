"""A TCP proxy that can be made to drop, refuse, stall, reset, and leave connections half open."""

from __future__ import annotations

import asyncio
import contextlib
import socket
import struct
from collections.abc import Callable
from typing import Any

_RESET = struct.pack("ii", 1, 0)  # SO_LINGER of no time: the end is a RST
_PENDING_BYTES = 4 * 1024 * 1024  # what a stalled direction holds before its sender is held up


class _End(asyncio.Protocol):
    """One of the two sockets of a connection."""

    def __init__(self, connection: Connection) -> None:
        self.connection = connection
        self.transport: Any = None
        self.other: _End | None = None
        self._held = bytearray()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport

    def data_received(self, data: bytes) -> None:
        if self.connection.stalled or self.other is None or self.other.transport is None:
            self._held += data
            if len(self._held) > _PENDING_BYTES:
                self.transport.pause_reading()
        elif not self.connection.dropping:
            self.other.transport.write(data)

    def pause_writing(self) -> None:
        """The peer reads slowly: so does the other side."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        """It has caught up."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.resume_reading()

    def release(self) -> None:
        """Send on what was held back."""
        held, self._held = self._held, bytearray()
        if self.other is not None and self.other.transport is not None and held:
            self.other.transport.write(bytes(held))
        if self.transport is not None and len(held) > _PENDING_BYTES:
            with contextlib.suppress(RuntimeError):
                self.transport.resume_reading()

    def connection_lost(self, _error: Exception | None) -> None:
        self.transport = None
        if self.connection.half_open:
            return  # the other end is not told
        self.connection.close()

    def end(self, *, reset: bool) -> None:
        """Close this socket."""
        if self.transport is None:
            return
        if reset:
            sock = self.transport.get_extra_info("socket")
            with contextlib.suppress(OSError):
                sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
            self.transport.abort()
        else:
            self.transport.close()


class Connection:
    """One connection through the proxy.

    Attributes:
        stalled: Nothing goes through, and nothing is lost.
        dropping: Nothing goes through, and everything is lost.
        half_open: The end of one side is not told to the other one.
    """

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.near = _End(self)
        self.far = _End(self)
        self.stalled = False
        self.dropping = False
        self.half_open = False

    @property
    def ports(self) -> tuple[int, int]:
        """The peer's port on the near side, our own port on the far side; 0 for what is closed."""

        def of(end: _End, what: str) -> int:
            name = end.transport.get_extra_info(what) if end.transport is not None else None
            return int(name[1]) if name else 0

        return of(self.near, "peername"), of(self.far, "sockname")

    @property
    def source(self) -> str:
        """The peer's address, which the far side shall see too."""
        name = self.near.transport.get_extra_info("peername") if self.near.transport is not None else None
        return str(name[0]) if name else "127.0.0.1"

    def release(self) -> None:
        """Let through what was held back, and all that follows."""
        self.stalled = False
        self.near.release()
        self.far.release()

    def close(self, *, reset: bool = False) -> None:
        """End both sides."""
        self.half_open = False
        self.near.end(reset=reset)
        self.far.end(reset=reset)
        self.proxy.connections.discard(self)


class Proxy:
    """Listens on a port of its own and forwards to another one.

    Attributes:
        refusing: New connections are reset at once.
        stalling: Decides which new connections are stalled from their beginning.
    """

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self.connections: set[Connection] = set()
        self.refusing = False
        self.stalling: Callable[[Connection], bool] = lambda _: False
        self._server: asyncio.Server | None = None
        self._tasks: set[asyncio.Task[None]] = set()

    async def start(self) -> None:
        """Listen."""
        self._server = await asyncio.get_running_loop().create_server(self._accept, "127.0.0.1", 0, backlog=1024)
        self.port = int(self._server.sockets[0].getsockname()[1])

    async def stop(self) -> None:
        """Close everything."""
        if self._server is not None:
            self._server.close()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        for connection in list(self.connections):
            connection.close(reset=True)

    def _accept(self) -> asyncio.Protocol:
        connection = Connection(self)
        task = asyncio.get_running_loop().create_task(self._connect(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return connection.near

    async def _connect(self, connection: Connection) -> None:
        await asyncio.sleep(0)  # until the near side has its transport
        if self.refusing:
            connection.close(reset=True)
            return
        connection.near.other, connection.far.other = connection.far, connection.near
        self.connections.add(connection)
        try:
            await asyncio.get_running_loop().create_connection(
                lambda: connection.far, "127.0.0.1", self.target, local_addr=(connection.source, 0)
            )
        except OSError:
            connection.close(reset=True)
            return
        if connection.near.transport is None:
            connection.close(reset=True)
            return
        connection.stalled = self.stalling(connection)
        if not connection.stalled:
            connection.release()
