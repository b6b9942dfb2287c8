"""A TCP proxy between a client and a gateway, which fails as networks do."""

from __future__ import annotations

import asyncio
import contextlib
from types import TracebackType
from typing import Self

_CHUNK = 64 * 1024


class Proxy:
    """Passes bytes on to `target` (a port on this machine) until it is told otherwise."""

    def __init__(self, target: int) -> None:
        self.target = target
        self.port = 0
        self._refusing = False
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self._links: set[_Link] = set()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        assert self._server is not None
        self._server.close()
        for link in list(self._links):
            link.task.cancel()
        await asyncio.gather(*(link.task for link in self._links), return_exceptions=True)

    def cut(self) -> None:
        """Reset all connections, and take no new ones."""
        self._refusing = True
        for link in list(self._links):
            link.client.transport.abort()
            link.server.transport.abort()

    def lose_clients(self) -> None:
        """The clients' sides are reset; the server hears nothing of it (they have moved to another network)."""
        for link in list(self._links):
            link.half_open = True
            link.client.transport.abort()

    def freeze(self) -> None:
        """Pass nothing on any more, without a word (a firewall that drops packets)."""
        self._flowing.clear()

    def mend(self, target: int | None = None) -> None:
        """Work again, perhaps with another gateway behind it."""
        self.target = target or self.target
        self._refusing = False
        self._flowing.set()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if self._refusing:
            writer.transport.abort()
            return
        try:
            upstream, server = await asyncio.open_connection("127.0.0.1", self.target)
        except OSError:
            writer.transport.abort()
            return
        task = asyncio.current_task()
        assert task is not None
        link = _Link(writer, server, task)
        self._links.add(link)
        try:
            await asyncio.gather(self._pass(link, reader, server), self._pass(link, upstream, writer))
        finally:
            self._links.discard(link)
            writer.transport.abort()
            server.transport.abort()

    async def _pass(self, link: _Link, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(_CHUNK):
                await self._flowing.wait()
                if not sink.transport.is_closing():
                    sink.write(data)
                    await sink.drain()
        if not link.half_open:
            sink.transport.close()


class _Link:
    """One connection through the proxy."""

    def __init__(self, client: asyncio.StreamWriter, server: asyncio.StreamWriter, task: asyncio.Task[None]) -> None:
        self.client = client
        self.server = server
        self.task = task
        self.half_open = False
