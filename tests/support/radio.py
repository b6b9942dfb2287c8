"""Audio by itself: workers on one Redis with stand-ins for the other modules, ffmpeg to send, clients to listen."""

from __future__ import annotations

import asyncio
import base64
import contextlib
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import uvicorn
from litestar import Litestar, Request, Response
from litestar.di import Provide

from audio import module
from audio.intake import SourceTimeouts
from audio.ports import ChannelRef, SourceGrant
from audio.repository import Refusal
from audio.sources import Sources
from kit.clock import SystemClock
from kit.errors import DomainError
from kit.ids import UlidGenerator
from kit.rate_limits import RateLimiter
from kit.redis import RedisStore
from realtime.close_delimited import CloseDelimitedProtocol
from tests.harness import eventually, free_port, missing

CHANNEL = "c1"
PASSWORD = "hackme"
_STATUS = {"not_found": 404, "unavailable": 503}


@dataclass
class Station:
    """Streaming's side of the ports, for one channel: what audio told it, in order."""

    told: list[str] = field(default_factory=list)
    titles: list[tuple[str | None, str]] = field(default_factory=list)
    title: str | None = "The Morning Show"
    open_players: dict[str, str] = field(default_factory=dict)
    closed_players: list[str] = field(default_factory=list)
    sessions: list[str] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    failing: bool = False

    async def authenticate_source(self, mount: str, password: str) -> SourceGrant | None:
        return SourceGrant(CHANNEL, "radio") if (mount, password) == ("radio", PASSWORD) else None

    async def by_slug(self, slug: str) -> ChannelRef | None:
        return ChannelRef(CHANNEL, "radio", "Radio Åland", "Sport & mer\n") if slug == "radio" else None

    async def source_connected(self, channel_id: str) -> None:
        self._tell("connected", channel_id)

    async def source_lost(self, channel_id: str) -> None:
        self._tell("lost", channel_id)

    async def source_title(self, channel_id: str, *, artist: str | None, title: str) -> None:
        assert channel_id == CHANNEL
        self.titles.append((artist, title))

    async def source_refused(self, channel_id: str, refusal: Refusal) -> None:
        assert channel_id == CHANNEL
        self.refusals.append(refusal)

    async def now_playing(self, channel_id: str) -> str | None:
        assert channel_id == CHANNEL
        return self.title

    async def opened(self, channel_id: str, player_id: str, member: str, session: str | None) -> None:
        assert channel_id == CHANNEL
        self.open_players[player_id] = member
        if session is not None:
            self.sessions.append(session)

    async def closed(self, channel_id: str, player_id: str) -> None:
        assert channel_id == CHANNEL
        del self.open_players[player_id]
        self.closed_players.append(player_id)

    def _tell(self, what: str, channel_id: str) -> None:
        assert channel_id == CHANNEL
        if self.failing:
            raise RuntimeError("the database is away")
        self.told.append(what)


@dataclass
class Worker:
    """One running worker."""

    module: module.AudioModule
    source_port: int
    http_port: int
    store: RedisStore
    sources: Sources

    @property
    def listen_url(self) -> str:
        return f"http://127.0.0.1:{self.http_port}/listen/radio"


def _problem(_: Request[Any, Any, Any], error: DomainError) -> Response[str]:
    headers = {"Retry-After": str(error.retry_after)} if error.retry_after else {}
    return Response(error.message, status_code=_STATUS[error.code], headers=headers)


@asynccontextmanager
async def worker(url: str, station: Station, *, timeouts: SourceTimeouts | None = None) -> AsyncIterator[Worker]:
    store, clock = RedisStore(url), SystemClock()
    sources = Sources(store, lost_ms=round((timeouts or SourceTimeouts()).lost_s * 1000))
    source_port = free_port()
    audio = module.build(
        redis=store,
        channels=station,
        listener_counter=station,
        rate_limiter=RateLimiter(store.client),
        clock=clock,
        ids=UlidGenerator(clock),
        host="127.0.0.1",
        port=source_port,
        node_id=f"node{source_port}",
        timeouts=timeouts,
    )
    app = Litestar(
        route_handlers=list(audio.controllers),
        dependencies={"audio": Provide(lambda: audio.service, sync_to_thread=False)},
        exception_handlers={DomainError: _problem},
        openapi_config=None,
        logging_config=None,
    )
    http_port = free_port()
    config = uvicorn.Config(
        app, host="127.0.0.1", port=http_port, log_config=None, lifespan="off", http=CloseDelimitedProtocol
    )
    server = uvicorn.Server(config)
    async with audio.lifespan():
        serving = asyncio.create_task(server._serve())
        await eventually(lambda: server.started)
        try:
            yield Worker(audio, source_port, http_port, store, sources)
        finally:
            audio.service.end_players()
            server.should_exit = True
            await asyncio.wait_for(serving, 15)
    await store.close()


@asynccontextmanager
async def ffmpeg(port: int, *options: str, password: str = PASSWORD, path: str = "/radio") -> AsyncIterator[Any]:
    """Ffmpeg as a source: a tone in real time."""
    if shutil.which("ffmpeg") is None:
        missing("ffmpeg", "apt install ffmpeg")
    process = await asyncio.create_subprocess_exec(
        "ffmpeg", "-hide_banner", "-loglevel", "error", "-re", "-f", "lavfi",
        "-i", "sine=frequency=440:sample_rate=44100",
        "-b:a", "128k", "-f", "mp3", "-content_type", "audio/mpeg", *options,
        f"icecast://source:{password}@127.0.0.1:{port}{path}",
        stdin=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


class RawSource:
    """A source client by hand."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.reader = reader
        self.writer = writer

    @classmethod
    async def request(
        cls, port: int, line: str, *fields: str, password: str | None = PASSWORD, body: bytes = b""
    ) -> RawSource:
        source = cls(*await asyncio.open_connection("127.0.0.1", port))
        await source.send(line, *fields, password=password, body=body)
        return source

    async def send(self, line: str, *fields: str, password: str | None = PASSWORD, body: bytes = b"") -> None:
        lines = [line, *fields]
        if password is not None:
            lines.append("Authorization: Basic " + base64.b64encode(f"source:{password}".encode()).decode())
        self.writer.write("\r\n".join([*lines, "", ""]).encode() + body)
        await self.writer.drain()

    async def head(self) -> str:
        return (await asyncio.wait_for(self.reader.readuntil(b"\r\n\r\n"), 20)).decode()

    async def rest(self) -> bytes:
        return await asyncio.wait_for(self.reader.read(), 20)

    async def close(self) -> None:
        self.writer.close()
        with contextlib.suppress(OSError):
            await self.writer.wait_closed()


async def run(*command: str, timeout: float = 40) -> tuple[int, bytes, str]:
    """Run a program to its end: its code, output, errors."""
    if shutil.which(command[0]) is None:
        missing(command[0], f"install {command[0]}")
    process = await asyncio.create_subprocess_exec(
        *command, stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    try:
        out, err = await asyncio.wait_for(process.communicate(), timeout)
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode or 0, out, err.decode()
