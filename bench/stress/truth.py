"""At rest: every page shows what a new page is given, and all that was acknowledged is there."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence

import httpx

from bench.stress.findings import Findings
from bench.stress.gateway import Gateway
from bench.stress.listener import Listener
from bench.stress.pages import ChannelPage, MatchPage, Page, differences
from bench.stress.publishers import Publishers
from bench.stress.reader import Reader

STATE = "snapshot + events == fresh snapshot"
LATEST = "the last value is the true one"
STORED = "what was acknowledged arrives"
BACK = "everybody comes back"
QUIET_SECONDS = 90.0
"""In which all must be back and agree. What is waited for: back-off, 5 s of a drained worker, the outbox's sweep, the
lease of a killed worker (8 s) with its listeners, and pings of half-open connections (45 s)."""
_LOOK_SECONDS = 2.0  # within the rate at which a connection may join

Crowd = Sequence[Listener | Reader]


class Truth:
    """Compares what listeners show with what the gateway says now."""

    def __init__(self, gateway: Gateway, publishers: Publishers, findings: Findings, witness: Listener) -> None:
        self._gateway = gateway
        self._publishers = publishers
        self._findings = findings
        self._witness = witness

    async def all_back(self, crowd: Crowd) -> None:
        """Wait until everybody is where they want to be."""
        deadline = time.monotonic() + QUIET_SECONDS
        while time.monotonic() < deadline:
            if all(one.settled for one in crowd):
                return
            await asyncio.sleep(0.1)
        for one in crowd:
            if not one.settled:
                state = "in " + ", ".join(sorted(one.pages)) if one.online else "not connected"
                self._findings.add(BACK, one.name, f"{state}; wanted {', '.join(sorted(one.wanted))}")

    async def agree(self, crowd: Crowd) -> None:
        """Wait until everybody shows the truth; says who does not, and where."""
        deadline = time.monotonic() + QUIET_SECONDS
        wrong: list[tuple[str, str, str]] = [(STATE, "the witness", "got no fresh snapshot")]
        while wrong and time.monotonic() < deadline:
            fresh = await self._fresh()
            if fresh is not None:
                wrong = list(self._wrong(crowd, fresh))
            if wrong:
                await asyncio.sleep(_LOOK_SECONDS)
        for promise, who, what in wrong:
            self._findings.add(promise, who, what)

    async def _fresh(self) -> dict[str, Page] | None:
        """A new snapshot of every room, by a connection of its own, and the list of streams."""
        fresh: dict[str, Page] = {}
        try:
            for channel in self._publishers.channels:
                answer = await self._witness.call("stream:join", {"channelId": channel})
                fresh[f"channel:{channel}"] = ChannelPage(answer["data"])
            for match in self._publishers.matches:
                answer = await self._witness.call("match:join", {"matchId": match})
                fresh[f"match:{match}"] = MatchPage(answer["data"])
        except (OSError, TimeoutError, KeyError):
            return None
        return fresh

    def _wrong(self, crowd: Crowd, fresh: dict[str, Page]) -> Iterable[tuple[str, str, str]]:
        truth = {room: page.comparable() for room, page in fresh.items()}
        present: dict[str, int] = dict.fromkeys(fresh, 0)
        for one in crowd:
            for room, page in one.pages.items():
                present[room] += isinstance(one, Listener)
                if mine := differences(page.comparable(), truth[room]):
                    kind = STATE if any(not part.startswith(("listeners", "interactions")) for part in mine) else LATEST
                    yield kind, one.name, f"{room}: {'; '.join(mine)}"
        for room, page in fresh.items():
            if isinstance(page, ChannelPage) and (count := page.state["listeners"]["watching"]) != present[room]:
                yield LATEST, "the gateway", f"{room} has {count} pages, and {present[room]} are there"
        yield from self._lists(crowd, fresh)

    def _lists(self, crowd: Crowd, fresh: dict[str, Page]) -> Iterable[tuple[str, str, str]]:
        """`streams:active`: which streams are on air with what, but for the numbers of listeners."""
        on_air = {
            room.partition(":")[2]: (page.state["stream"]["streamId"], page.state["metadata"])
            for room, page in fresh.items()
            if isinstance(page, ChannelPage) and page.state.get("stream")
        }
        for one in crowd:
            if isinstance(one, Listener) and one.active is not None:
                shown = {item["channelId"]: (item["streamId"], item["metadata"]) for item in one.active["items"]}
                if shown != on_air:
                    yield LATEST, one.name, f"streams:active: {'; '.join(differences(shown, on_air))}"

    async def stored(self) -> None:
        """All that was acknowledged is in the history that the gateway gives out."""
        kept = self._publishers.acknowledged
        for channel, acknowledged in kept.chat.items():
            there = {item["id"] for item in await self._all(f"/api/channels/{channel}/chat")}
            if missing := sorted(acknowledged - there):
                self._findings.add(STORED, f"channel {channel}", f"{len(missing)} messages are gone, as {missing[0]}")
        for match, numbers in kept.events.items():
            newest = (await self._get(f"/api/matches/{match}/snapshot"))["seq"]
            if numbers and max(numbers) > newest:
                self._findings.add(
                    STORED, f"match {match}", f"event {max(numbers)} was acknowledged, {newest} is there"
                )
        for channel, title in kept.titles.items():
            shown = (await self._get(f"/api/channels/{channel}/now-playing")).get("metadata")
            if title is not None and shown is not None and shown.get("trackName") != title:
                self._findings.add(STORED, f"channel {channel}", f"{title} was acknowledged, {shown} is there")

    async def _get(self, path: str) -> dict[str, object]:
        for attempt in range(5):
            try:
                answer = await self._gateway.http.get(path)
                answer.raise_for_status()
                body: dict[str, object] = answer.json()
            except httpx.HTTPError:
                if attempt == 4:
                    raise
                await asyncio.sleep(1.0)
            else:
                return body
        raise AssertionError

    async def _all(self, path: str) -> list[dict[str, object]]:
        items: list[dict[str, object]] = []
        before = ""
        while True:
            page = await self._get(f"{path}?limit=100{before}")
            items += page["items"]  # type: ignore[arg-type]
            if not page.get("next"):
                return items
            before = f"&before={page['next']}"
