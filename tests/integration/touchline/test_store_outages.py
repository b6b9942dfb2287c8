"""A database or a Redis that is away, as every door of the gateway says it, and as the log does."""

from __future__ import annotations

import asyncio
import base64
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import make_url

from kit.session import Role
from tests.harness import PATIENCE, eventually
from tests.live import PASSWORD, Gateway
from tests.proxy import Proxy

TIMEOUT = "4"


@pytest.fixture
async def behind_proxy(postgres: Any, gateway_factory: Callable[..., Gateway]) -> AsyncIterator[tuple[Gateway, Proxy]]:
    """A gateway whose PostgreSQL can be cut off."""
    url = make_url(postgres.new_database())
    async with Proxy(url.port or 0) as proxy:
        through = url.set(port=proxy.port).render_as_string(hide_password=False)
        settings = {"TOUCHLINE_DATABASE_TIMEOUT": TIMEOUT, "TOUCHLINE_LOG_FORMAT": "json"}
        gateway = await asyncio.to_thread(gateway_factory, database_url=through, environment=settings)
        yield gateway, proxy
        await asyncio.to_thread(gateway.stop)


def told(gateway: Gateway, event: str) -> list[dict[str, Any]]:
    """The lines of the log about the stores."""
    lines = (Path(gateway.directory) / "server.log").read_text().splitlines()
    found = [json.loads(line) for line in lines if line.startswith("{")]
    return [line for line in found if line.get("event") == event]


def outages(gateway: Gateway) -> int:
    """How many outages the log tells, each of which has one line at its begin and one at its end."""
    lines = (Path(gateway.directory) / "server.log").read_text().splitlines()
    events = [json.loads(line).get("event") for line in lines if line.startswith("{")]
    lines_of_stores = [event for event in events if event in {"store away", "store back"}]
    assert lines_of_stores == (["store away", "store back"] * len(lines_of_stores))[: len(lines_of_stores)]
    return lines_of_stores.count("store away")


def failures(gateway: Gateway) -> list[str]:
    """What the log has as a mistake."""
    lines = (Path(gateway.directory) / "server.log").read_text().splitlines()
    return [line for line in lines if "Traceback" in line or '"level": "error"' in line or '"level":"error"' in line]


async def is_(asked: Awaitable[Any], value: Any) -> bool:
    return bool(await asked == value)


async def source(gateway: Gateway, slug: str, password: str) -> str:
    """What the source port answers to a source."""
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.source_port)
    writer.write(
        b"PUT /" + slug.encode() + b" HTTP/1.1\r\nHost: x\r\nContent-Type: audio/mpeg\r\nAuthorization: Basic "
        + base64.b64encode(f"source:{password}".encode()) + b"\r\n\r\n"
    )  # fmt: skip
    async with asyncio.timeout(PATIENCE):
        answer = await reader.read(2000)
    writer.close()
    return answer.decode()


@pytest.mark.parametrize("how", ["cut", "freeze"])
async def test_every_door_says_that_the_database_is_away_and_the_log_says_it_once(
    behind_proxy: tuple[Gateway, Proxy], connect: Callable[..., Any], how: str
) -> None:
    gateway, proxy = behind_proxy
    owner = await gateway.account(Role.OWNER)
    channel = await gateway.channel(owner)
    client = await connect(gateway, owner)
    await client.ok("stream:join", {"channelId": channel["id"]})
    before = outages(gateway)  # a machine that is busy enough has had one
    getattr(proxy, how)()

    async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:
        answers = await asyncio.gather(
            *(http.get("/api/channels") for _ in range(20)),
            http.post("/api/auth/login", json={"email": owner.email, "password": PASSWORD}),
            http.get("/api/events", params={"channel": "radio"}),
        )
        for answer in answers[:-1]:
            assert answer.status_code == 503, answer.text
            assert answer.headers["content-type"] == "application/problem+json"
            assert int(answer.headers["retry-after"]) >= 1
            assert (answer.json()["code"], answer.json()["retryAfter"]) == ("unavailable", 2.0)
        error = await client.refused(
            "chat:send", {"channelId": channel["id"], "text": "x", "clientId": "c1"}, "unavailable"
        )
        assert error["retryAfter"] == 2.0
        assert (await source(gateway, "radio", "wrong")).startswith("HTTP/1.1 503 ")
        assert outages(gateway) <= before + 1
        assert told(gateway, "store away")[-1]["store"] == "the database"
        assert failures(gateway) == []

        async def ready() -> tuple[int, str]:
            answer = await http.get("/health/ready")
            return answer.status_code, answer.json()["status"]

        await eventually(lambda: is_(ready(), (503, "unavailable")))
        proxy.cut()
        proxy.mend()

        async def served() -> bool:
            return (await http.get("/api/channels")).status_code == 200

        await eventually(served)
        await client.ok("chat:send", {"channelId": channel["id"], "text": "x", "clientId": "c1"})
        await eventually(lambda: told(gateway, "store back"))
        await eventually(lambda: is_(ready(), (200, "ok")))
    assert outages(gateway) <= before + 1
