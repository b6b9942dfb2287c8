"""Those who publish through the gateway's doors, and what it acknowledged to them."""

from __future__ import annotations

import asyncio
import json
import random
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

import httpx

from bench.stress.findings import Findings
from bench.stress.gateway import Gateway

SHOW = {"showTitle": "Stress", "hostName": "Bench", "showType": "talk"}
MATCH = {
    "sport": "football",
    "competition": {"id": "stress", "name": "Stress"},
    "scheduledAt": "2026-01-01T12:00:00Z",
    "competitors": [
        {"id": side, "name": side.title(), "abbreviation": side[:3].upper(), "qualifier": side}
        for side in ("home", "away")
    ],
}
_CHAT_PAUSE = (2.2, 3.5)  # a person may say five things in ten seconds
_TITLE_PAUSE = (1.5, 4.0)
_SCORE_PAUSE = (0.1, 0.6)
_SHOW_PAUSE = (6.0, 14.0)
_ERRORS = (httpx.HTTPError, OSError, TimeoutError, json.JSONDecodeError, KeyError)


@dataclass(slots=True)
class Acknowledged:
    """What was promised to have been stored, and so must arrive.

    Attributes:
        chat: Channel -> ids of messages.
        titles: Channel -> the newest `trackName`; None while a change failed, so that nobody can say.
        events: Match -> the numbers (`seq`) of events.
        failed: What was answered with an error, or not at all: it may or may not arrive.
    """

    chat: dict[str, set[str]] = field(default_factory=dict)
    titles: dict[str, str | None] = field(default_factory=dict)
    events: dict[str, set[int]] = field(default_factory=dict)
    failed: Counter[str] = field(default_factory=Counter)

    @property
    def total(self) -> int:
        """How many things."""
        return sum(map(len, self.chat.values())) + sum(map(len, self.events.values()))


class Publishers:
    """An owner with channels, a feed with a match, and people who talk. Each has its own chance, from the seed."""

    def __init__(self, gateway: Gateway, findings: Findings, *, seed: int, owner: str, feed: str) -> None:
        self._gateway = gateway
        self._findings = findings
        self._seed = seed
        self._owner = owner
        self._feed = feed
        self._scored = 0
        self.channels: list[str] = []
        self.matches: list[str] = []
        self.acknowledged = Acknowledged()

    async def set_up(self, channels: int, matches: int) -> None:
        """Make what is published to; raises httpx.HTTPError."""
        for number in range(channels):
            made = await self._must("POST", "/api/channels", self._owner,
                                    {"slug": f"stress-{number}", "name": f"Stress {number}"})  # fmt: skip
            self.channels.append(made["id"])
            self.acknowledged.chat[made["id"]] = set()
            await self._must("POST", f"/api/channels/{made['id']}/streams", self._owner, SHOW)
        for _ in range(matches):
            made = await self._must("POST", "/api/matches", self._feed, MATCH)
            self.matches.append(made["id"])
            self.acknowledged.events[made["id"]] = set()

    async def _must(self, method: str, path: str, email: str, body: Any) -> Any:  # noqa: ANN401 - JSON
        answer = await self._gateway.ask(method, path, email, body)
        answer.raise_for_status()
        return answer.json()

    def tasks(self) -> list[asyncio.Task[None]]:
        """All that go on until they are cancelled (chat is sent by those who are connected)."""
        loop = asyncio.get_running_loop()
        works = [
            *(self._titles(channel, self._chance(f"titles {channel}")) for channel in self.channels),
            *(self._scores(match, self._chance(f"scores {match}")) for match in self.matches),
            self._shows(self.channels[-1], self._chance("shows")),
            self._links(self.channels[0], self._chance("links")),
        ]
        return [loop.create_task(work) for work in works]

    def _chance(self, name: str) -> random.Random:
        kind = name.partition(" ")[0]  # ids are new in each run
        return random.Random(f"{self._seed} {kind}")  # noqa: S311 - to be repeated

    async def _try(self, what: str, method: str, path: str, email: str, body: Any) -> Any:  # noqa: ANN401 - JSON
        """The answer, or None if it failed."""
        try:
            answer = await self._gateway.ask(method, path, email, body)
            if answer.status_code == 500:
                self._findings.add("no internal error", what, f"{method} {path}: {answer.text[:300]}")
            if answer.is_error:
                self.acknowledged.failed[f"{what}: {answer.status_code}"] += 1
                return None
            return answer.json()
        except _ERRORS as error:
            self.acknowledged.failed[f"{what}: {type(error).__name__}"] += 1
            return None

    async def _titles(self, channel: str, chance: random.Random) -> None:
        number = 0
        while True:
            await asyncio.sleep(chance.uniform(*_TITLE_PAUSE) * len(self.channels))
            number += 1
            title = f"Track {number}"
            if channel != self.channels[-1]:  # that one's shows come and go, and their titles with them
                self.acknowledged.titles[channel] = None
            answer = await self._try("titles", "PUT", f"/api/channels/{channel}/metadata", self._owner,
                                     {"trackName": title})  # fmt: skip
            if answer is not None and channel in self.acknowledged.titles:
                self.acknowledged.titles[channel] = title

    async def _scores(self, match: str, chance: random.Random) -> None:
        while True:
            await asyncio.sleep(chance.uniform(*_SCORE_PAUSE))
            await self.score(match, chance.randint(1, 4))

    async def score(self, match: str, count: int) -> None:
        """Some match events in one request; sent again after an error, as a feed does."""
        numbers = range(self._scored, self._scored + count)
        self._scored += count
        operations = [
            {
                "provider": "stress", "eventId": f"e{number % 10}", "revision": number // 10, "type": "commentary",
                "period": 1, "orderKey": f"{number % 10}", "occurredAt": "2026-01-01T12:00:00Z",
                "commentary": [{"text": f"Line {number}"}],
            }
            for number in numbers
        ]  # fmt: skip
        answer = await self._try("scores", "POST", f"/api/matches/{match}/events", self._feed, operations)
        if answer is not None:
            applied = {item["seq"] for item in answer["items"] if item["result"] == "applied"}
            self.acknowledged.events[match] |= applied

    async def _shows(self, channel: str, chance: random.Random) -> None:
        while True:
            await asyncio.sleep(chance.uniform(*_SHOW_PAUSE))
            active = await self._try("shows", "GET", "/api/streams/active", self._owner, None)
            if active is None:
                continue
            items = active if isinstance(active, list) else active["items"]
            stream = next((one["streamId"] for one in items if one["channelId"] == channel), None)
            if stream is not None:
                path = f"/api/channels/{channel}/streams/{stream}/stop"
                await self._try("shows", "POST", path, self._owner, {})
            else:
                await self._try("shows", "POST", f"/api/channels/{channel}/streams", self._owner, SHOW)

    async def _links(self, channel: str, chance: random.Random) -> None:
        while True:
            await asyncio.sleep(chance.uniform(*_SHOW_PAUSE))
            target = chance.choice([*self.matches, None])
            await self._try("links", "PUT", f"/api/channels/{channel}/match", self._owner, {"matchId": target})

    async def talk(self, call: Any, name: str) -> None:  # noqa: ANN401 - a listener's `call`
        """Say things over a connection until cancelled; `call` raises OSError while there is none."""
        chance, number = self._chance(f"talk-{name}"), 0
        while True:
            await asyncio.sleep(chance.uniform(*_CHAT_PAUSE))
            number += 1
            await self.say(call, chance.choice(self.channels), f"{name} says {number}", f"{name}-{number}")

    async def say(self, call: Any, channel: str, text: str, client_id: str) -> str | None:  # noqa: ANN401
        """One message; its id once it is acknowledged, else None."""
        task = asyncio.ensure_future(call("chat:send", {"channelId": channel, "text": text, "clientId": client_id}))
        try:
            await asyncio.wait({task})
        finally:
            task.cancel()
        if task.cancelled() or isinstance(task.exception(), (OSError, TimeoutError)):
            self.acknowledged.failed["chat: no answer"] += 1
            return None
        answer = task.result()
        if not answer["ok"]:
            code = answer["error"]["code"]
            if code == "internal":
                self._findings.add("no internal error", client_id, f"chat:send: {answer['error']}")
            self.acknowledged.failed[f"chat: {code}"] += 1
            return None
        identity = str(answer["data"]["id"])
        self.acknowledged.chat[channel].add(identity)
        return identity
