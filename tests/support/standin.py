"""A provider's stand-in: a real HTTP server in the test's process that answers by a script, well or badly."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Reply:
    """One answer. `cut`: the connection breaks after so many bytes of the body. `stall`: nothing is ever said."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    cut: int | None = None
    stall: bool = False
    lines: Sequence[bytes] | None = None
    """A chunked answer, line by line; after the last one it stays open, unless that is `b""`."""


def ok(value: Any, **headers: str) -> Reply:
    return Reply(json.dumps(value).encode(), headers={name.replace("_", "-"): text for name, text in headers.items()})


@dataclass
class Asked:
    path: str
    query: str
    headers: dict[str, str]
    port: int = 0
    """Of the asking side."""


Script = list[Reply] | Callable[[Asked], Reply]


class StandIn:
    """Answers each path by its script; the last entry of a list is repeated."""

    def __init__(self) -> None:
        self.scripts: dict[str, Script] = {}
        self.asked: list[Asked] = []
        self.url = ""
        self._tasks: set[asyncio.Task[Any]] = set()

    def count(self, path: str) -> int:
        return sum(asked.path == path for asked in self.asked)

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[StandIn]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        try:
            yield self
        finally:
            server.close()
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        try:
            with contextlib.suppress(ConnectionError, asyncio.IncompleteReadError, asyncio.CancelledError):
                await self._answer(reader, writer)
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        head = (await reader.readuntil(b"\r\n\r\n")).decode()
        first, *rest = head.split("\r\n")
        path, _, query = first.split(" ")[1].partition("?")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in rest if line)}
        asked = Asked(path, query, headers, writer.get_extra_info("peername")[1])
        self.asked.append(asked)
        script = self.scripts.get(path, [Reply(status=404)])
        reply = script(asked) if callable(script) else script.pop(0) if len(script) > 1 else script[0]
        if reply.stall:
            await asyncio.Event().wait()
        given = {"Connection": "close", **reply.headers}
        given |= (
            {"Transfer-Encoding": "chunked"} if reply.lines is not None else {"Content-Length": str(len(reply.body))}
        )
        lines = "".join(f"{name}: {value}\r\n" for name, value in given.items())
        writer.write(f"HTTP/1.1 {reply.status} X\r\n{lines}\r\n".encode())
        if reply.lines is not None:
            await self._stream(writer, reply.lines)
            return
        writer.write(reply.body if reply.cut is None else reply.body[: reply.cut])
        await writer.drain()

    @staticmethod
    async def _stream(writer: asyncio.StreamWriter, lines: Sequence[bytes]) -> None:
        for line in lines:
            if line == b"":
                writer.write(b"0\r\n\r\n")
                await writer.drain()
                return
            writer.write(f"{len(line):x}\r\n".encode() + line + b"\r\n")
            await writer.drain()
        await asyncio.Event().wait()
