"""Clients that dawdle behind the nginx of `deploy/`: it gives them up, and the gateway keeps nothing for them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from tests.conftest import RedisServer
from tests.harness import PATIENCE, ROOT, eventually
from tests.live import Gateway
from tests.support.nginx import Nginx


@pytest.fixture
def nodes(gateway_factory: Callable[..., Gateway], own_redis: RedisServer, tmp_path: Path) -> list[Gateway]:
    shared = {"redis_url": own_redis.url, "database_url": f"sqlite:///{tmp_path / 'shared.db'}"}
    return [gateway_factory(**shared, environment={"TOUCHLINE_TRUSTED_PROXIES": "127.0.0.1"})] * 2


@pytest.fixture
def nginx(nodes: list[Gateway], short_tmp: Path) -> Iterator[Nginx]:
    directory = short_tmp / "nginx"
    directory.mkdir()
    server = Nginx(directory, nodes)
    yield server
    server.stop()


async def test_who_dawdles_is_given_up(nginx: Nginx, nodes: list[Gateway]) -> None:
    async def ends(sent: bytes) -> bytes:
        reader, writer = await asyncio.open_connection("127.0.0.1", nginx.port)
        try:
            writer.write(sent)
            return await asyncio.wait_for(reader.read(), PATIENCE)
        except ConnectionResetError:
            return b""
        finally:
            writer.transport.abort()

    async with httpx.AsyncClient(base_url=nginx.url, timeout=PATIENCE) as http:

        async def serves() -> bool:
            return (await http.get("/health/live")).status_code == 200

        await eventually(serves)
    post = b"POST /api/auth/login HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 90\r\n\r\n{"
    head, body, large = await asyncio.gather(
        ends(b"GET / HTTP/1.1\r\nHost: x\r\nX: "),
        ends(post),
        ends(b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"y" * 70_000 + b"\r\n\r\n"),
    )
    assert b" 200 " not in head + body
    assert large.startswith((b"HTTP/1.1 400", b"HTTP/1.1 431"))
    assert "[error" not in nodes[0].log()


def test_the_examples_keep_the_deadlines_of_the_gateway() -> None:
    for path in ("deploy/nginx/touchline.conf", "docs/how-to/proxy.md"):
        text = (ROOT / path).read_text()
        for setting in ("client_header_timeout 10s", "client_body_timeout 30s", "send_timeout 10s"):
            assert setting in text
    caddy = (ROOT / "deploy/caddy/Caddyfile").read_text()
    assert "read_header 10s" in caddy
    assert "max_header_size 64KB" in caddy
