"""Drives one adapter for one match: asks, listens, finds what changed, hands it in, and knows how old its news is.

The supervisor makes one for each feed that runs. It must never hand in what is not stored as tracked first, so that a
crash between the two loses nothing and doubles nothing.
"""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable
from contextlib import aclosing
from dataclasses import dataclass, replace
from typing import Any

import structlog

from feeds.adapter import MAX_SKIPPED_NAMES, Adapter, Batch, Raw
from feeds.client import Pacer
from feeds.live.breaker import Breaker, backoff_s
from feeds.live.fed_matches import FedMatches
from feeds.live.tracking import Tracked, pending, plan, standing
from feeds.outbound import FeedError
from feeds.repository import FeedRepository
from kit.contracts import Instant, decode, encode_event
from kit.db import Database
from kit.errors import InvalidPayload
from kit.ids import UlidGenerator
from scoring.change import MAX_EVENTS, check_keys
from scoring.model import Difference, EventOp, FeedInfo, Match

log = structlog.get_logger(__name__)

BATCH = 200
"""Operations that are handed in at once: below `scoring.model.MAX_BATCH`, and other matches need not wait long."""

STALE_INTERVALS = 3
"""Intervals without a good answer after which listeners are told that the score may be old."""

MIN_STALE_S = 15.0
"""A feed that is asked every second is not stale because of one lost answer."""

QUIET_S = 60.0
"""The interval before and after the match, and beside an open push stream."""

EARLY_MS = 15 * 60_000
"""This long before the scheduled start a feed is asked at its full pace."""

AFTERMATH_MS = 6 * 3_600_000
"""Corrections come up to this long after the last event; then the feed rests."""

SNAPSHOT_S = 60.0
"""Between two whole snapshots of a provider that has deltas: finds what fell between them."""

OVERLAP = 0.8
"""The part of a delta's window that may lie between two questions; the rest is overlap."""

NOTE_S = 10.0
"""Between two writings of a state in which nothing but times changed."""

MIN_SECRET = 8
"""Characters of a key that is blotted out of what is kept; a shorter one, such as a public test key, is no secret."""

TELL_S = 60.0
"""Between two tellings to listeners that a feed is still fresh."""

_OVER = frozenset({"ended", "closed", "cancelled", "abandoned"})


class Superseded(Exception):
    """Another worker has written of this feed meanwhile, or it is configured no more."""


@dataclass(slots=True)
class State:
    """How the feed fares, as admins see it."""

    last_try_ms: int | None = None
    last_good_ms: int | None = None
    failures: int = 0
    errors: int = 0
    rejected: int = 0
    last_error: str | None = None
    breaker: str = "closed"
    stale: bool = False
    connected: bool = False
    skipped: dict[str, int] | None = None
    stated: dict[str, int] | None = None

    def values(self) -> dict[str, Any]:
        """The columns of `FeedRow`."""
        named = {name: getattr(self, name) for name in self.__slots__}
        return {**named, "skipped": dict(self.skipped or {})}

    def weight(self) -> tuple[object, ...]:
        """What is written at once when it changes; the rest may wait for `NOTE_S`."""
        return (
            self.failures, self.errors, self.rejected, self.breaker, self.stale, self.connected, self.last_error,
            self.stated,
        )  # fmt: skip


class Runner:
    """One feed while this worker runs it."""

    def __init__(
        self, *, feed_id: str, match_id: str, interval_s: float, adapter: Adapter, breaker: Breaker,
        database: Database, matches: FedMatches, pacer: Pacer,
        ids: UlidGenerator, chance: Callable[[], float], key: str = "",
    ) -> None:  # fmt: skip
        """Run a feed.

        Args:
            feed_id: Which feed.
            match_id: The match that it feeds.
            interval_s: Seconds between two questions while the match is live.
            adapter: Asks the provider.
            breaker: Shared with the other feeds of its base URL.
            database: Where it is kept what the provider said.
            matches: What is fed.
            pacer: Time.
            ids: Makes ids of kept messages.
            chance: From 0 to 1, for pauses that feeds do not share.
            key: The provider's API key, which must not be kept where the provider repeats it.
        """
        self.feed_id = feed_id
        self.match_id = match_id
        self.state = State()
        self._interval_s = interval_s
        self._adapter = adapter
        self._breaker = breaker
        self._database = database
        self._matches = matches
        self._pacer = pacer
        self._ids = ids
        self._chance = chance
        self._secret = key.encode() if len(key) >= MIN_SECRET else None
        self._known: dict[str, Tracked] = {}
        self._generation = 0
        self._skipped: Counter[str] = Counter()
        self._match: Match | None = None
        self._started_ms = pacer.now_ms()
        self._snapshot_ms: int | None = None
        self._covered_ms: int | None = None
        self._generated_ms = 0
        self._last_body = b""
        self._noted: tuple[tuple[object, ...], int] | None = None
        self._told: tuple[bool, int] | None = None
        self._settled: list[Difference | None] = []
        self._wake = asyncio.Event()
        self._taking = asyncio.Lock()
        self._noting = asyncio.Lock()

    async def run(self) -> None:
        """Run until cancelled.

        Raises:
            NotFound: The match is gone.
            Superseded: Somebody else runs the feed.
        """
        await self.load()
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll())
            if self._adapter.pushes:
                group.create_task(self._follow())

    async def load(self) -> None:
        """Read what was tracked before; what was not handed in then is handed in with the next message."""
        async with self._database.read() as tx:
            row = await FeedRepository(tx).get(self.feed_id)
            if row is None:
                raise Superseded(self.feed_id)
            self._known = await FeedRepository(tx).tracked(self.feed_id)
        self._generation = row.generation
        self.state = State(**{name: getattr(row, name) for name in State.__slots__})
        self.state.connected = False
        self._skipped = Counter(row.skipped)
        self._last_body = b""

    async def _poll(self) -> None:
        while True:
            pause = await self.step()
            sleep = asyncio.ensure_future(self._pacer.wait(pause))
            wake = asyncio.ensure_future(self._wake.wait())
            try:
                await asyncio.wait({sleep, wake}, return_when=asyncio.FIRST_COMPLETED)
            finally:
                sleep.cancel()
                wake.cancel()
            self._wake.clear()

    async def step(self) -> float:
        """Ask once, if that is due and allowed; returns the seconds until the next time."""
        self._match = await self._matches.get(self.match_id)
        await self._compare(self._match)
        if self._resting():
            return QUIET_S
        closed_for = self._breaker.wait_ms()
        if closed_for:
            await self.check()
            return closed_for / 1000
        self.state.last_try_ms = self._pacer.now_ms()
        try:
            await self._ask()
        except (FeedError, InvalidPayload) as error:
            pause = self._failed(error)
        else:
            self._breaker.succeeded()
            self._good()
            pause = self._pace_s()
        await self.check()
        return pause

    async def _compare(self, match: Match) -> None:
        """Keep where the score that the last answer stated is still not what the events come to.

        Only with the next question, since providers often state a score a moment before the event that made it.
        """
        stated = self.state.stated
        if stated is None:
            return
        folded = {one.id: one.score for one in match.competitors}
        found = Difference(self._adapter.provider, stated, folded) if stated != folded else None
        if self._settled != [found]:
            await self._matches.settle(self.match_id, self.feed_id, found)
            self._settled = [found]

    async def _ask(self) -> None:
        started = self._pacer.now_ms()
        window = self._adapter.delta_window_s
        whole = (
            window is None
            or self._snapshot_ms is None
            or self._covered_ms is None
            or started - self._snapshot_ms >= SNAPSHOT_S * 1000
            or started - self._covered_ms > window * OVERLAP * 1000
        )
        raw = await (self._adapter.fetch_snapshot() if whole else self._adapter.fetch_delta())
        if raw is not None:
            await self.take(raw)
        elif pending(self._known.values()):
            await self._deliver_alone()
        self._covered_ms = started
        if whole:
            self._snapshot_ms = started

    async def take(self, raw: Raw) -> None:
        """Find what a message changes and hand it in.

        Raises:
            InvalidPayload: The message cannot be read; it is kept.
            Superseded: Somebody else runs the feed.
        """
        async with self._taking:
            digest = hashlib.sha256(raw.body).digest()
            missing = any(entry.missed and entry.op.op != "delete" for entry in self._known.values())
            if raw.kind == "snapshot" and digest == self._last_body and not missing:
                await self._deliver()
                return
            try:
                batch = await self._read(raw)
            except InvalidPayload:
                async with self._database.transaction() as tx:
                    await self._keep(FeedRepository(tx), raw)
                raise
            self._count(batch)
            if self._overtaken(raw, batch):
                return
            await self._store(raw, self._sound(plan(self._known, batch)))
            await self._deliver()
            if batch.stated is not None:
                self.state.stated = dict(batch.stated)
            if raw.kind == "snapshot":
                self._last_body = digest
                # A snapshot that lacks an event is asked for again in full: "not modified" would not be a second miss.
                if not any(entry.missed and entry.op.op != "delete" for entry in self._known.values()):
                    self._adapter.accepted(raw)

    async def _read(self, raw: Raw) -> Batch:
        known = standing(self._known)
        if self._adapter.slow:
            return await asyncio.to_thread(self._adapter.normalise, raw, known)
        return self._adapter.normalise(raw, known)

    def _overtaken(self, raw: Raw, batch: Batch) -> bool:
        if raw.kind != "snapshot" or batch.generated_ms is None:
            return False
        if batch.generated_ms < self._generated_ms:
            self._skip("older answer")
            return True
        self._generated_ms = batch.generated_ms
        return False

    def _sound(self, changes: dict[str, Tracked]) -> dict[str, Tracked]:
        """The changes that ingest would take; the others are counted."""
        sound: dict[str, Tracked] = {}
        room = MAX_EVENTS - len(self._known)
        for event_id, entry in changes.items():
            if event_id not in self._known:
                if room <= 0:
                    self._skip("too many events")
                    continue
                room -= 1
            try:
                check_keys(decode(encode_event(entry.op), EventOp))
            except InvalidPayload:
                self._skip("unfit event")
                continue
            sound[event_id] = entry
        return sound

    async def _store(self, raw: Raw, changes: dict[str, Tracked]) -> None:
        if not changes:
            return
        async with self._database.transaction() as tx:
            feeds = FeedRepository(tx)
            row = await feeds.lock(self.feed_id)
            if row is None or row.generation != self._generation:
                raise Superseded(self.feed_id)
            row.generation += 1
            await feeds.track(self.feed_id, changes)
            if any(not entry.delivered for entry in changes.values()):
                await self._keep(feeds, raw)
        self._generation += 1
        self._known.update(changes)

    async def _keep(self, feeds: FeedRepository, raw: Raw) -> None:
        body = raw.body.replace(self._secret, b"[key]") if self._secret else raw.body
        await feeds.keep_raw(self._ids.new(), self.feed_id, raw.kind, body, self._pacer.now_ms())

    async def _deliver_alone(self) -> None:
        async with self._taking:
            await self._deliver()

    async def _deliver(self) -> None:
        """Hand in what is stored and not handed in: now, or again after a crash in between."""
        waiting = pending(self._known.values())
        for start in range(0, len(waiting), BATCH):
            ops = waiting[start : start + BATCH]
            result = await self._matches.ingest(self.match_id, ops)
            refused = [item for item in result.items if item.result == "rejected"]
            if refused:
                self.state.rejected += len(refused)
                log.warning(
                    "a feed's events were rejected", feed=self.feed_id, provider=self._adapter.provider,
                    count=len(refused), event=refused[0].event_id, error=refused[0].error,
                )  # fmt: skip
            async with self._database.transaction() as tx:
                await FeedRepository(tx).delivered(self.feed_id, [op.event_id for op in ops])
            for op in ops:
                self._known[op.event_id] = replace(self._known[op.event_id], delivered=True)

    async def _follow(self) -> None:
        """Keep a push stream open; whatever it may have missed, the snapshot after each connecting finds."""
        failures = 0
        while True:
            closed_for = self._breaker.wait_ms()
            if closed_for:
                await self._pacer.wait(closed_for / 1000)
                continue
            try:
                await self._listen()
                error: FeedError | InvalidPayload = FeedError("The push stream ended.", provider_wide=False)
            except (FeedError, InvalidPayload) as raised:
                error = raised
            failures = 1 if self.state.connected else failures + 1
            self.state.connected = False
            self._failed(error)
            self._wake.set()
            await self.check()
            await self._pacer.wait(backoff_s(failures, self._chance))

    async def _listen(self) -> None:
        patience = 2 * self._adapter.heartbeat_s
        async with aclosing(self._adapter.stream()) as stream:
            while True:
                try:
                    async with asyncio.timeout(patience):  # `wait_for` can swallow a cancellation (Python 3.11)
                        raw = await anext(stream)
                except StopAsyncIteration:
                    return
                except TimeoutError:
                    raise FeedError("Two heartbeats stayed away.", provider_wide=False) from None
                if raw.kind == "connected":
                    self.state.connected = True
                    self._snapshot_ms = None
                    self._breaker.succeeded()
                    self._wake.set()
                elif raw.kind != "heartbeat":
                    try:
                        await self.take(raw)
                    except InvalidPayload:
                        self._skip("unreadable message")
                self._good()

    def _good(self) -> None:
        self.state.last_good_ms = self._pacer.now_ms()
        self.state.failures = 0

    def _failed(self, error: FeedError | InvalidPayload) -> float:
        """Count a failure; returns the seconds until this feed may try again."""
        self.state.failures += 1
        self.state.errors += 1
        self.state.last_error = error.message[:300]
        if not isinstance(error, FeedError) or error.provider_wide:
            self._breaker.failed(error.retry_after)
        log.info("feed failed", feed=self.feed_id, provider=self._adapter.provider, error=error.message[:300])
        return max(backoff_s(self.state.failures, self._chance), error.retry_after or 0.0)

    def _resting(self) -> bool:
        match = self._match
        if match is None or match.status not in _OVER:
            return False
        last = (match.at or match.scheduled_at).ms
        return self._pacer.now_ms() - last > AFTERMATH_MS

    def _pace_s(self) -> float:
        match = self._match
        quiet = match is not None and (
            match.status in _OVER
            or (match.status == "scheduled" and match.scheduled_at.ms - self._pacer.now_ms() > EARLY_MS)
        )
        return max(self._interval_s, QUIET_S) if quiet or self.state.connected else self._interval_s

    def _is_stale(self) -> bool:
        if self._resting():
            return False
        since = max(self.state.last_good_ms or 0, self._started_ms if self.state.last_good_ms is None else 0)
        # An open stream shows that it lives by its heartbeats, whatever the pace of the snapshots beside it.
        pace = self._interval_s if self.state.connected else self._pace_s()
        return self._pacer.now_ms() - since > max(STALE_INTERVALS * pace, MIN_STALE_S) * 1000

    async def check(self) -> None:
        """Write how the feed fares where that changed, and tell listeners when it turned stale or fresh."""
        async with self._noting:
            state, now = self.state, self._pacer.now_ms()
            state.stale, state.breaker, state.skipped = self._is_stale(), self._breaker.state, dict(self._skipped)
            weight = state.weight()
            if self._noted is None or self._noted[0] != weight or now - self._noted[1] >= NOTE_S * 1000:
                async with self._database.transaction() as tx:
                    await FeedRepository(tx).note(self.feed_id, state.values())
                self._noted = (weight, now)
            if state.last_good_ms is None and not state.stale:
                return
            fresh_again = self._told is None or self._told[0] != state.stale
            if fresh_again or (not state.stale and not self._resting() and now - self._told_ms() >= TELL_S * 1000):
                await self._matches.set_feed(self.match_id, self.feed_id, self._info())
                self._told = (state.stale, now)

    def _told_ms(self) -> int:
        return self._told[1] if self._told is not None else 0

    def _info(self) -> FeedInfo:
        good = self.state.last_good_ms
        return FeedInfo(
            provider=self._adapter.provider,
            stale=self.state.stale,
            updated_at=Instant(good) if good is not None else None,
        )

    def _count(self, batch: Batch) -> None:
        for name, number in batch.skipped.items():
            self._skip(name, number)

    def _skip(self, name: str, number: int = 1) -> None:
        known = name in self._skipped or len(self._skipped) < MAX_SKIPPED_NAMES
        self._skipped[name if known else "others"] += number
