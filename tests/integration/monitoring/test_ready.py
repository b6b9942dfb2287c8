"""`/health/ready` of a running gateway whose stores fail one after another, and come back."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing
from typing import Any

import httpx

from tests.harness import PATIENCE, eventually
from tests.live import Gateway


async def test_ready_means_ready(gateway_factory: Callable[..., Gateway], own_redis: Any) -> None:
    settings = {"TOUCHLINE_DATABASE_TIMEOUT": "0.5"}
    gateway = await asyncio.to_thread(gateway_factory, redis_url=own_redis.url, environment=settings)
    async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:

        async def told(status: str, **problems: str) -> bool:
            answer = await http.get("/health/ready")
            body = answer.json()
            assert answer.status_code == (200 if body["status"] in {"ok", "degraded"} else 503)
            assert ("retry-after" in answer.headers) == (answer.status_code == 503)
            assert {part for part, well in body["parts"].items() if not well} == set(body["problems"])
            return bool(body["status"] == status and problems.items() <= body["problems"].items())

        async def comes(status: str, **problems: str) -> None:
            await eventually(lambda: told(status, **problems))

        await comes("ok")
        assert "milliseconds" in (await http.get("/health/ready?verbose")).json()

        own_redis.command("CONFIG", "SET", "maxmemory", "1")
        await comes("unavailable", redis="Redis is not available: it is out of memory.")
        own_redis.command("CONFIG", "SET", "maxmemory", "0")
        await comes("ok")
        own_redis.command("REPLICAOF", "127.0.0.1", "1")
        await comes("unavailable", redis="Redis is not available: it is read-only.")
        own_redis.command("REPLICAOF", "NO", "ONE")
        await comes("ok")

        with closing(sqlite3.connect(gateway.directory / "data" / "touchline.db", isolation_level=None)) as stranger:
            stranger.execute("BEGIN IMMEDIATE")
            await comes("unavailable", database="The database is not available: another program keeps it locked.")
            assert (await http.get("/health/live")).status_code == 200
            stranger.execute("ROLLBACK")
        await comes("ok")

        await asyncio.to_thread(own_redis.stop)
        await comes("degraded", redis="Redis is not available: it cannot be reached.")
        await asyncio.to_thread(own_redis.start)
        await comes("ok")
    for line in gateway.log().splitlines():
        assert "Traceback" not in line, gateway.log()
