"""A reader of server-sent events from a running gateway, as `EventSource` and `curl` are."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import httpx

from tests.harness import PATIENCE
from tests.live import Gateway


class Events:
    """One reading of `/api/events`."""

    def __init__(self, answer: httpx.Response) -> None:
        self.answer = answer
        self.last_id = ""
        self._lines = answer.aiter_lines()

    async def next(self) -> tuple[str, Any]:
        """The next event of recoverable kind, or `hello` or `resync`."""
        while True:
            name, data, place = await self.any()
            if place:
                return name, data

    async def any(self) -> tuple[str, Any, str | None]:
        """The next event of any kind: its name, its data, and its id if it has one."""
        name, data, place = "", "", None
        async with asyncio.timeout(PATIENCE):
            async for line in self._lines:
                key, _, value = line.partition(": ")
                if key == "event":
                    name = value
                elif key == "data":
                    data = value
                elif key == "id":
                    place = value
                elif not line:
                    self.last_id = place or self.last_id
                    if data:
                        return name, json.loads(data), place
                    name, data, place = "", "", None
        raise AssertionError("the stream ended")

    async def until(self, event: str) -> Any:
        while True:
            name, data = await self.next()
            if name == event:
                return data


@asynccontextmanager
async def reading(gateway: Gateway, query: str, last_id: str | None = None) -> AsyncIterator[Events]:
    headers = {"last-event-id": last_id} if last_id else {}
    # A client of its own each time: a new connection, so that any worker may get it.
    async with (
        httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http,
        http.stream("GET", f"/api/events?{query}", headers=headers) as answer,
    ):
        assert answer.status_code == 200, await answer.aread()
        yield Events(answer)
