"""File descriptors: how many are left, and what is done before there are none.

`engineio_server` and `connection_protocol` ask before they take a connection; `touchline.worker` owns the listening
sockets.
"""

from __future__ import annotations

import asyncio
import os
import resource
import socket
from asyncio.trsock import TransportSocket
from collections.abc import Callable

import structlog

log = structlog.get_logger(__name__)

_KEPT = 128  # for Redis, the database, files, health checks and requests that are answered with 503
_KEPT_SHARE = 4  # at most a quarter of a small limit
_LOOK_SECONDS = 0.1  # how soon a pause of accepting ends after descriptors are free again


def raise_limit() -> None:
    """Let this process and its children open as many files as it is allowed to."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


class Descriptors:
    """What this process may open. The kernel gives the lowest free number, so a high number means that few are left.

    Attributes:
        refuse_from: New connections with this number or a higher one are told that the server is full.
        pause_from: From this number on no new connections are accepted for a while.
    """

    def __init__(self, limit: int | None = None) -> None:
        limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0] if limit is None else limit
        kept = min(_KEPT, limit // _KEPT_SHARE)
        self.refuse_from = limit - kept
        self.pause_from = limit - kept // 2
        self._pause: Callable[[], None] | None = None

    def call_when_short(self, pause: Callable[[], None]) -> None:
        """Name what stops new connections from being accepted."""
        self._pause = pause

    def is_full(self, descriptor: int) -> bool:
        """Whether a connection of this number is one too many."""
        if descriptor >= self.pause_from and self._pause is not None:
            self._pause()
        return descriptor >= self.refuse_from

    @staticmethod
    def next() -> int:
        """The number that the next connection would get; raises `OSError` if there is none."""
        descriptor = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        os.close(descriptor)
        return descriptor

    def has_room(self) -> bool:
        """Whether another connection can be taken."""
        try:
            return self.next() < self.refuse_from
        except OSError:
            return False


class ListeningSockets:
    """The listening sockets of a server, which can stop accepting and begin again.

    Connections that come meanwhile wait in the kernel's queue. No event loop does this by itself: out of descriptors,
    uvloop closes new connections without a word, and asyncio's loop stops for a second at a time.

    Args:
        servers: Replaced in place when accepting goes on.
        protocol: Makes the protocol of a new connection.
    """

    def __init__(
        self,
        servers: list[asyncio.Server],
        protocol: Callable[[], asyncio.Protocol],
        descriptors: Descriptors,
        *,
        backlog: int,
    ) -> None:
        self._servers = servers
        self._protocol = protocol
        self._descriptors = descriptors
        self._backlog = backlog
        self._waiting: list[socket.socket] = []
        self._look: asyncio.TimerHandle | None = None
        self._task: asyncio.Task[None] | None = None
        descriptors.call_when_short(self.pause)

    def pause(self) -> None:
        """Accept nothing until descriptors are free again."""
        if self._look is not None:
            return
        log.warning("few descriptors are left: accepting pauses")
        for server in self._servers:
            self._waiting += [_duplicate(listening) for listening in server.sockets]
            server.close()
        self._look_later()

    def _look_later(self) -> None:
        self._look = asyncio.get_running_loop().call_later(_LOOK_SECONDS, self._look_now)

    def _look_now(self) -> None:
        if self._descriptors.has_room():
            self._task = asyncio.get_running_loop().create_task(self._resume(), name="accepting")
        else:
            self._look_later()

    async def _resume(self) -> None:
        loop = asyncio.get_running_loop()
        waiting, self._waiting = self._waiting, []
        self._servers[:] = [
            await loop.create_server(self._protocol, sock=listening, backlog=self._backlog) for listening in waiting
        ]
        self._look = self._task = None
        log.info("descriptors are free again: accepting goes on")

    def close(self) -> None:
        """Never accept again."""
        for begun in (self._look, self._task):
            if begun is not None:
                begun.cancel()
        for listening in self._waiting:
            listening.close()


def _duplicate(listening: TransportSocket | socket.socket) -> socket.socket:
    return socket.socket(fileno=os.dup(listening.fileno()))
