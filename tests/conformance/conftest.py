"""The server of `server.py`, in this process, and the two ways to it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import ConnectionClosed

from tests.harness import PATIENCE, eventually, free_port

_spec = importlib.util.spec_from_file_location("conformance_server", Path(__file__).with_name("server.py"))
assert _spec is not None
assert _spec.loader is not None
_server = importlib.util.module_from_spec(_spec)
_spec.loader.exec_module(_server)

OPEN_KEYS = {"sid", "upgrades", "pingInterval", "pingTimeout", "maxPayload"}


class Peer:
    """A raw client of one of the two paths."""

    def __init__(self, server: Any, port: int, path: str, http: httpx.AsyncClient) -> None:
        self.server = server
        self.engine = server.echo if path == "/engine.io/" else server.io.engine
        self.port = port
        self.path = path
        self.http = http

    async def request(self, method: str = "GET", body: str | bytes | None = None, **query: str) -> httpx.Response:
        return await self.http.request(method, self.path, params=query, content=body)

    async def opened(self) -> dict[str, Any]:
        """A new polling session."""
        answer = await self.request(EIO="4", transport="polling")
        assert answer.status_code == 200
        assert answer.text.startswith("0")
        told: dict[str, Any] = json.loads(answer.text[1:])
        return told

    async def sid(self) -> str:
        return str((await self.opened())["sid"])

    async def poll(self, sid: str) -> httpx.Response:
        return await self.request(EIO="4", transport="polling", sid=sid)

    async def post(self, sid: str, body: str | bytes) -> httpx.Response:
        return await self.request("POST", body, EIO="4", transport="polling", sid=sid)

    async def polls(self, sid: str) -> None:
        """Wait until a poll is pending."""
        await eventually(lambda: self.engine.sockets[sid].waiting is not None)

    @asynccontextmanager
    async def socket(self, query: str = "EIO=4&transport=websocket") -> AsyncIterator[ClientConnection]:
        uri = f"ws://127.0.0.1:{self.port}{self.path}?{query}"
        async with websocket(uri, ping_interval=None, close_timeout=1, compression=None, proxy=None) as connection:
            yield connection


async def hears(connection: ClientConnection, *, pings: bool = False) -> str | bytes:
    """The next message, without heartbeats unless they are asked for."""
    while True:
        message = await asyncio.wait_for(connection.recv(), PATIENCE)
        if pings or message != "2":
            return message


async def ends(connection: ClientConnection) -> int:
    """Wait for the end; the close code (1006: without one)."""
    try:
        while True:
            await asyncio.wait_for(connection.recv(), PATIENCE)
    except ConnectionClosed:
        return connection.close_code or 0


@pytest.fixture
async def server() -> AsyncIterator[tuple[Any, int]]:
    port = free_port()
    running = _server.Conformance(port)
    task = asyncio.create_task(running.serve())
    await eventually(lambda: running.started)
    yield running, port
    running.should_exit = True
    await task
    assert not any(engine.sockets or engine.backlogged or len(engine.addresses) for engine in running.engines)


@pytest.fixture
async def http(server: tuple[Any, int]) -> AsyncIterator[httpx.AsyncClient]:
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{server[1]}", timeout=PATIENCE) as client:
        yield client


@pytest.fixture
def echo(server: tuple[Any, int], http: httpx.AsyncClient) -> Peer:
    """The Engine.IO echo server."""
    return Peer(*server, "/engine.io/", http)


@pytest.fixture
def io(server: tuple[Any, int], http: httpx.AsyncClient) -> Peer:
    """The Socket.IO server."""
    return Peer(*server, "/socket.io/", http)


@pytest.fixture(params=["/engine.io/", "/socket.io/"])
def either(server: tuple[Any, int], http: httpx.AsyncClient, request: pytest.FixtureRequest) -> Peer:
    return Peer(*server, request.param, http)
