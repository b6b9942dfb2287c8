"""An operator who takes and restores backups, and a feed that writes meanwhile."""

from __future__ import annotations

import asyncio
import os
import subprocess
from pathlib import Path
from typing import Any

import httpx

from tests.live import SECRET, Account, Gateway
from tests.support import warm

MATCH = {
    "sport": "football",
    "competition": {"id": "league", "name": "League"},
    "scheduledAt": "2026-11-21T18:30:00Z",
    "competitors": [
        {"id": "red", "name": "Reds", "abbreviation": "RED", "qualifier": "home"},
        {"id": "blue", "name": "Blues", "abbreviation": "BLU", "qualifier": "away"},
    ],
}


def command(gateway: Gateway, *arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run one as an operator does: with the server's settings and an open umask."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_")} | {
        "TOUCHLINE_DATA_DIR": str(gateway.directory / "data"),
        "TOUCHLINE_DATABASE_URL": gateway.database_url,
        "TOUCHLINE_SECRET_KEY": SECRET,
        **environment,
    }
    return warm.run(arguments, env={name: value for name, value in env.items() if value})


async def done(gateway: Gateway, *arguments: str, **environment: str) -> str:
    """What a command says that goes well, while this loop goes on."""
    result = await asyncio.to_thread(command, gateway, *arguments, **environment)
    assert result.returncode == 0, result.stderr
    return result.stdout


async def refused(gateway: Gateway, *arguments: str, **environment: str) -> str:
    """The sentence of one that does not."""
    result = await asyncio.to_thread(command, gateway, *arguments, **environment)
    assert result.returncode == 1, result.stdout
    assert "Traceback" not in result.stderr
    return result.stderr


def names(directory: Path) -> list[str]:
    return [path.name for path in directory.iterdir()]


def modes(directory: Path) -> set[str]:
    return {oct(path.stat().st_mode & 0o777) for path in directory.rglob("*")}


class Writer:
    """A feed that adds goals to a match, one after another."""

    def __init__(self, gateway: Gateway, feed: Account) -> None:
        self._gateway = gateway
        self._feed = feed
        self.match_id = ""
        self.acknowledged: list[str] = []

    def http(self) -> httpx.AsyncClient:
        return httpx.AsyncClient(base_url=self._gateway.url, headers=self._feed.bearer, timeout=60)

    async def begin(self) -> str:
        async with self.http() as http:
            self.match_id = (await http.post("/api/matches", json=MATCH)).json()["id"]
        return self.match_id

    async def goal(self, http: httpx.AsyncClient, event_id: str) -> None:
        event = {"provider": "p", "eventId": event_id, "type": "goal", "period": 1, "orderKey": f"{len(event_id)}",
                 "occurredAt": "2026-11-21T18:40:00Z", "competitorId": "red"}  # fmt: skip
        answer = await http.post(f"/api/matches/{self.match_id}/events", json=[event])
        assert answer.is_success, answer.text
        self.acknowledged.append(event_id)

    async def go_on(self, name: str, stop: asyncio.Event) -> None:
        async with self.http() as http:
            number = 0
            while not stop.is_set():
                await self.goal(http, f"{name}{number}")
                number += 1

    async def stored(self) -> set[str]:
        """The events of the match, as a page fetches them."""
        found: set[str] = set()
        async with self.http() as http:
            parameters: dict[str, Any] = {"limit": 100}
            while True:
                page = (await http.get(f"/api/matches/{self.match_id}/events", params=parameters)).json()
                found |= {event["eventId"] for event in page["items"]}
                if not page.get("next"):
                    return found
                parameters["before"] = page["next"]
