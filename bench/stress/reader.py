"""A reader of server-sent events: resumes with `Last-Event-ID` as a browser's EventSource does."""

from __future__ import annotations

import asyncio
import json
import random

from bench.stress.event_stream import EventStreamWire, ServerSentEvent
from bench.stress.findings import Findings
from bench.stress.heard import RECOVERABLE, Heard, room_of
from bench.stress.ledger import EVERYONE, GAP, Chain, Ledger, Place, place_of
from bench.stress.listener import Counts
from bench.stress.pages import MatchPage, Page
from bench.stress.wire import Address, Http, Refused

_SILENCE_SECONDS = 40.0  # the gateway gives a sign of life every 15
_RETRY = (0.3, 2.0)


class Reader:
    """Follows a channel and a match. What it shows of the match is kept, with a snapshot over REST."""

    def __init__(
        self,
        name: str,
        *,
        address: Address,
        wanted: set[str],
        chance: random.Random,
        ledger: Ledger,
        findings: Findings,
        counts: Counts,
    ) -> None:
        self.name = name
        self.address = address
        self.wanted = wanted
        self.pages: dict[str, Page] = {}
        self.chain: Chain | None = None
        self.online = False
        self._chance = chance
        self._ledger = ledger
        self._findings = findings
        self._counts = counts
        self._last_id = ""
        self._wire: EventStreamWire | None = None
        self._stale = False
        self._waiting: list[Heard] = []
        self._away = 0.0

    @property
    def settled(self) -> bool:
        """Whether it reads, and shows what it wants to."""
        matches = {room for room in self.wanted if room.startswith("match:")}
        return self.online and self.pages.keys() == matches

    @property
    def port(self) -> int:
        """The local port of its connection."""
        return self._wire.port if self._wire is not None else 0

    async def live(self) -> None:
        """Read until cancelled."""
        try:
            while True:
                retry_after = 0.0
                try:
                    await self._read()
                except Refused as error:
                    self._counts.refusals[f"events: {error.status}"] += 1
                    retry_after = min(error.retry_after or 0.0, 5.0)
                except (OSError, EOFError, TimeoutError) as error:
                    self._counts.reasons[f"events: {type(error).__name__}"] += 1
                finally:
                    self._drop()
                pause = max(self._chance.uniform(*_RETRY), retry_after, self._away)
                self._away = 0.0
                await asyncio.sleep(pause)
        finally:
            if self.chain is not None:
                self.chain.close()

    async def _read(self) -> None:
        names = (room.partition(":") for room in sorted(self.wanted))
        query = "&".join(f"{kind}={name}" for kind, _, name in names)
        asked_for = self._last_id
        self._wire = wire = await EventStreamWire.open(self.address, query, asked_for)
        self._counts.connects += 1
        while True:
            for event in await wire.events(_SILENCE_SECONDS):
                self._take(event, asked_for)
            if self._stale and not await self._fetch():
                return

    def _take(self, event: ServerSentEvent, asked_for: str) -> None:
        if event.id:
            self._last_id = event.id
        if event.name == "hello":
            self.online = True
            if asked_for and event.id == asked_for and self.chain is not None:
                self._counts.recovered += 1
            else:
                self._begin(place_of(event.id))
        elif event.name == "resync":
            self._counts.not_recovered += 1
            self._begin(place_of(event.id))
        elif event.name:
            data = json.loads(event.data)
            self._event(Heard(event.name, room_of(event.name, data), data, event.data, event.id))

    def _begin(self, place: Place | None) -> None:
        if self.chain is not None:
            self.chain.close()
        self.chain = self._ledger.begin(self.name)
        for room in (EVERYONE, *self.wanted):
            self.chain.enter(room, place)
        self.pages.clear()
        self._waiting.clear()
        self._stale = True

    async def _fetch(self) -> bool:
        """Take new snapshots; what comes meanwhile waits in the connection."""
        http = Http(self.address)
        try:
            for room in self.wanted:
                kind, _, name = room.partition(":")
                if kind == "match":
                    self.pages[room] = MatchPage(json.loads(await http.ask("GET", f"/api/matches/{name}/snapshot")))
        except OSError as error:
            # Its place is beyond the snapshot that it could not take: as a page that is loaded anew, it has none.
            self._counts.refusals[f"snapshot: {type(error).__name__}"] += 1
            self._last_id = ""
            return False
        finally:
            http.abort()
        self._counts.snapshots += 1
        self._stale = False
        for heard in self._waiting:
            self._apply(heard)
        self._waiting.clear()
        return True

    def _event(self, heard: Heard) -> None:
        if heard.name in RECOVERABLE:
            place = place_of(heard.offset)
            if place is None or self.chain is None:
                self._findings.add(GAP, self.name, f"{heard.name} without an id, or before hello")
                return
            if not self._ledger.hear(self.chain, place, heard.room, heard.name, heard.payload):
                return
        if self._stale:
            self._waiting.append(heard)
        else:
            self._apply(heard)

    def _apply(self, heard: Heard) -> None:
        page = self.pages.get(heard.room)
        wrong = page.apply(heard.name, heard.data) if page is not None else ""
        if wrong:
            self._findings.add(GAP, self.name, f"{wrong} ({heard.offset} in {heard.room})")

    def _drop(self) -> None:
        self.online = False
        if self._stale:
            self._last_id = ""
        if self._wire is not None:
            self._wire.abort()
            self._wire = None

    def reset(self, away: float = 0.0) -> None:
        """Cut the connection, and come back."""
        self._away = away
        if self._wire is not None:
            self._wire.abort()

    def stall(self) -> None:
        """Take nothing more."""
        if self._wire is not None:
            self._wire.stall()

    def resume(self) -> None:
        """Go on."""
        if self._wire is not None:
            self._wire.resume()
