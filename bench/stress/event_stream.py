"""The way to a gateway's server-sent events, at the level of bytes; as `bench.stress.wire` is for sockets."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from bench.stress.wire import ANSWER_SECONDS, Address, Refused, read_head, retry_after_of


@dataclass(frozen=True, slots=True)
class ServerSentEvent:
    """One event of a stream (HTML Living Standard, 9.2); `id` is empty where it has none."""

    id: str
    name: str
    data: str


class EventStreamWire:
    """Server-sent events over one HTTP connection."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader = reader
        self._writer = writer
        self._text = ""
        self._flowing = asyncio.Event()
        self._flowing.set()

    @classmethod
    async def open(cls, address: Address, query: str, last_event_id: str) -> EventStreamWire:
        """Ask for the stream; raises `Refused` or OSError, also for one that only says when to come again."""
        writer = None
        try:
            async with asyncio.timeout(ANSWER_SECONDS):
                reader, writer = await asyncio.open_connection(
                    address.host, address.port, local_addr=(address.source, 0), limit=1 << 20
                )
                resume = f"Last-Event-ID: {last_event_id}\r\n" if last_event_id else ""
                writer.write(
                    f"GET /api/events?{query} HTTP/1.1\r\nHost: {address.host}:{address.port}\r\n{resume}\r\n".encode()
                )
                status, headers = read_head((await reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n"))
                if status != 200:
                    raise Refused(status, retry_after_of(headers))  # noqa: TRY301 - one way out
                if "content-length" in headers:
                    raise ConnectionResetError("not now: come again")  # noqa: TRY301 - as above
        except BaseException as error:
            if writer is not None:
                writer.transport.abort()
            if isinstance(error, EOFError):
                raise ConnectionResetError("closed before the answer") from error
            raise
        return cls(reader, writer)

    async def events(self, seconds: float) -> list[ServerSentEvent]:
        """The next events, perhaps none; raises EOFError at the end and TimeoutError after silence."""
        await self._flowing.wait()
        async with asyncio.timeout(seconds):
            size = int((await self._line()).split(b";")[0], 16)
            if not size:
                raise EOFError
            chunk = await self._reader.readexactly(size + 2)
        self._text += chunk[:-2].decode()
        *blocks, self._text = self._text.split("\n\n")
        return [event for block in blocks if (event := _event(block)) is not None]

    async def _line(self) -> bytes:
        line = await self._reader.readline()
        if not line.endswith(b"\n"):
            raise EOFError
        return line

    @property
    def port(self) -> int:
        """The local port."""
        name = self._writer.get_extra_info("sockname")
        return int(name[1]) if name else 0

    def stall(self) -> None:
        """Take nothing more."""
        self._flowing.clear()

    def resume(self) -> None:
        """Go on."""
        self._flowing.set()

    def abort(self) -> None:
        """Be gone."""
        self._writer.transport.abort()


def _event(block: str) -> ServerSentEvent | None:
    fields: dict[str, list[str]] = {}
    for line in block.split("\n"):
        name, _, value = line.partition(":")
        if name:
            fields.setdefault(name, []).append(value.removeprefix(" "))
    if "id" not in fields and "event" not in fields:
        return None
    return ServerSentEvent(fields.get("id", [""])[-1], fields.get("event", [""])[-1], "\n".join(fields.get("data", [])))
