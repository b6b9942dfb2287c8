"""A kept HTTP connection with as little around it as will do: the load shares the machine with the server."""

from __future__ import annotations

import asyncio
import re
from typing import NamedTuple

from bench.procs import CannotMeasure

_LIMIT = 1 << 22
_LENGTH = re.compile(rb"(?i)\r\ncontent-length: (\d+)")
_TAG = re.compile(rb"(?i)\r\netag: ([^\r]+)")


class Answer(NamedTuple):
    """`tag`: its entity tag, if it has one."""

    status: int
    body: bytes
    tag: str


class Kept:
    """One connection, on which one request follows another."""

    def __init__(self, port: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, token: str) -> None:
        self._host = f" HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\n"
        self._head = self._host
        self._reader = reader
        self._writer = writer
        if token:
            self.sign_in(token)

    @classmethod
    async def open(cls, port: int, token: str = "") -> Kept:
        """Connect; a `token` goes with every request."""
        return cls(port, *await asyncio.open_connection("127.0.0.1", port, limit=_LIMIT), token)

    def sign_in(self, token: str) -> None:
        """Send this token from now on."""
        self._head = f"{self._host}Authorization: Bearer {token}\r\n"

    async def get(self, path: str, tag: str = "") -> Answer:
        """Ask; with a `tag`, only for what is not that any more."""
        condition = f"If-None-Match: {tag}\r\n" if tag else ""
        self._writer.write(f"GET {path}{self._head}{condition}\r\n".encode())
        return await self._answer()

    async def post(self, path: str, body: bytes) -> Answer:
        """Hand JSON in."""
        head = f"POST {path}{self._head}Content-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        self._writer.write(head.encode() + body)
        return await self._answer()

    async def follow(self, path: str) -> asyncio.StreamReader:
        """Begin an event stream, and leave it open; raises `CannotMeasure`."""
        self._writer.write(f"GET {path}{self._head}\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        if b" 200 " not in head[:20]:
            raise CannotMeasure(f"The server answered {head[:200]!r}.")
        return self._reader

    async def _answer(self) -> Answer:
        head = await self._reader.readuntil(b"\r\n\r\n")
        status, length, tag = int(head[9:12]), _LENGTH.search(head), _TAG.search(head)
        body = await self._reader.readexactly(int(length[1])) if length is not None else b""
        return Answer(status, body, tag[1].decode() if tag is not None else "")

    def close(self) -> None:
        """Hang up."""
        self._writer.close()


def good(answer: Answer, status: int = 200) -> Answer:
    """The answer; raises `CannotMeasure` if it is another one than expected."""
    if answer.status != status:
        raise CannotMeasure(f"The server answered {answer.status}: {answer.body[:300]!r}")
    return answer
