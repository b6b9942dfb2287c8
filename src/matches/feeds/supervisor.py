"""Runs the configured feeds, on the leading worker alone."""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import msgspec
import structlog

from kit.clock import Clock
from kit.contracts import encode_event
from kit.db import Database, Transaction
from kit.errors import DomainError, NotFound
from kit.ids import Ids
from kit.outbound import Guard
from kit.rooms import match_room
from matches.alerts.repository import Alerts, Difference
from matches.contracts import MATCH_UPDATED, EventOp, FeedInfo, IngestResult, Match
from matches.feed_client import Pacer
from matches.feeds.adapter import Adapter, Coverage, target_of
from matches.feeds.breaker import Breaker
from matches.feeds.models import FeedRow
from matches.feeds.outbound import Outbound, new_client
from matches.feeds.providers import check_key_host, provider_named
from matches.feeds.repository import Feeds
from matches.feeds.runner import Runner, Superseded
from matches.models import MatchRow
from matches.repository import Matches
from matches.service import MatchService
from matches.views import match_of

log = structlog.get_logger(__name__)

TICK_S = 2.0
"""Between two looks at the configuration, and at feeds that may have turned stale or died."""


class FedMatches:
    """What a runner needs of matches: the ingest as it is, and the word on the feed beside it."""

    def __init__(self, service: MatchService, database: Database, clock: Clock, ids: Ids) -> None:
        self._service = service
        self._database = database
        self._clock = clock
        self._ids = ids

    async def get(self, match_id: str) -> Match:
        """A match; raises `NotFound`."""
        return await self._service.get(match_id)

    async def ingest(self, match_id: str, ops: Sequence[EventOp]) -> IngestResult:
        """Take in operations, in one transaction."""
        return await self._service.ingest(match_id, ops)

    async def set_feed(self, match_id: str, feed_id: str, info: FeedInfo) -> None:
        """Store and announce where the score comes from, and how old it is."""
        async with self._database.transaction() as tx:
            row = await _fed(tx, match_id, feed_id)
            if row is None:
                return
            row.feed = msgspec.json.decode(encode_event(info))
            row.version, row.updated_ms = row.version + 1, self._clock.now_ms()
            tx.announce(MATCH_UPDATED.to(match_room(match_id), match_of(row)))

    async def settle(self, match_id: str, feed_id: str, found: Difference | None) -> None:
        """Keep that the provider's score is not the folded one, or that it is again."""
        async with self._database.transaction() as tx:
            if await _fed(tx, match_id, feed_id) is not None:
                await Alerts(tx).settle(match_id, found, ids=self._ids, now_ms=self._clock.now_ms(), feed_id=feed_id)


async def _fed(tx: Transaction, match_id: str, feed_id: str) -> MatchRow | None:
    """A match that nobody else changes now, if it is still fed: a runner hears a moment later that it is not."""
    match = await Matches(tx).lock(match_id)
    feed = await Feeds(tx).get(feed_id)
    return match if feed is not None and feed.enabled else None


@dataclass(slots=True)
class _Running:
    config_version: int
    runner: Runner
    task: asyncio.Task[None]


class Supervisor:
    """Starts, restarts and stops runners so that they are the enabled feeds. `tick` is called again and again."""

    def __init__(
        self,
        *,
        database: Database,
        matches: FedMatches,
        pacer: Pacer,
        ids: Ids,
        leads: Callable[[], bool],
        environ: Mapping[str, str],
        guard: Guard,
        prepare: Callable[[], Awaitable[object]] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Run feeds where this worker `leads`.

        All that they ask goes through `guard`; `prepare` is called before each look at the configuration.
        """
        self._guard = guard
        self._prepare = prepare
        self._database = database
        self._matches = matches
        self._pacer = pacer
        self._ids = ids
        self._leads = leads
        self._environ = environ
        self._chance = chance
        self._http: httpx.AsyncClient | None = None
        self._running: dict[str, _Running] = {}
        self._changing = asyncio.Lock()
        # One for each base URL that is configured; bounded by the feeds.
        self._breakers: dict[tuple[str, str], Breaker] = {}

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Ready to run feeds; at the end all are stopped."""
        async with new_client(self._guard) as http:
            self._http = http
            try:
                yield
            finally:
                async with self._changing:
                    self._http = None
                    await self._stop(list(self._running))

    async def tick(self) -> None:
        """Bring what runs in line with what is configured, and look after it."""
        async with self._changing:
            if self._http is not None:
                await self._tick(self._http)

    async def _tick(self, http: httpx.AsyncClient) -> None:
        if not self._leads():
            await self._stop(list(self._running))
            return
        if self._prepare is not None:
            await self._prepare()
        async with self._database.read() as tx:
            rows = {row.id: row for row in await Feeds(tx).enabled()}
        await self._stop([
            feed_id for feed_id, one in self._running.items()
            if one.task.done() or feed_id not in rows or rows[feed_id].config_version != one.config_version
        ])  # fmt: skip
        for feed_id, row in rows.items():
            if feed_id not in self._running:
                await self._start(row, http)
        for one in list(self._running.values()):
            await one.runner.check()

    async def _start(self, row: FeedRow, http: httpx.AsyncClient) -> None:
        breaker = self._breakers.setdefault((row.provider, row.base_url), Breaker(self._pacer))
        try:
            key = self._key(row)
            adapter = await self._adapter(row, http, key)
        except DomainError as error:
            async with self._database.transaction() as tx:
                await Feeds(tx).note(row.id, {"last_error": error.message[:300], "stale": True})
            return
        runner = Runner(
            feed_id=row.id,
            match_id=row.match_id,
            interval_s=row.interval_ms / 1000,
            adapter=adapter,
            breaker=breaker,
            database=self._database,
            matches=self._matches,
            pacer=self._pacer,
            ids=self._ids,
            chance=self._chance,
            key=key,
        )
        task = asyncio.create_task(runner.run(), name=f"feed {row.id}")
        self._running[row.id] = _Running(row.config_version, runner, task)

    def _key(self, row: FeedRow) -> str:
        provider = provider_named(row.provider)
        key = self._environ.get(row.api_key_env, "") if row.api_key_env else ""
        if provider.needs_key and not key:
            raise NotFound(f"The environment variable {row.api_key_env or 'of the API key'} is not set.")
        if key:
            check_key_host(self._environ, row.api_key_env or "", provider, row.base_url)
        return key

    async def _adapter(self, row: FeedRow, http: httpx.AsyncClient, key: str) -> Adapter:
        match, config = await self._matches_config(row.match_id)
        outbound = Outbound(
            http, self._guard, self._guard.url(row.base_url), clock=self._pacer, redirect_hosts=row.redirect_hosts
        )
        coverage: Coverage = "events" if row.coverage == "events" else "score"
        target = target_of(match, row.external_id, coverage, config=config, options=row.options)
        return provider_named(row.provider).make(target, outbound, key)

    async def _matches_config(self, match_id: str) -> tuple[Match, dict[str, object]]:
        async with self._database.read() as tx:
            row = await Matches(tx).get(match_id)
        if row is None:
            raise NotFound("There is no such match.")
        return match_of(row), row.config

    async def _stop(self, feed_ids: list[str]) -> None:
        stopped = [self._running.pop(feed_id) for feed_id in feed_ids]
        for one in stopped:
            one.task.cancel()
        results = await asyncio.gather(*(one.task for one in stopped), return_exceptions=True)
        for one, result in zip(stopped, results, strict=True):
            if isinstance(result, BaseException) and not isinstance(result, asyncio.CancelledError):
                expected = isinstance(result, BaseExceptionGroup) and not result.split((Superseded, DomainError))[1]
                log.log(
                    20 if expected or isinstance(result, (Superseded, DomainError)) else 40,
                    "feed ended, and is started again", feed=one.runner.feed_id, exc_info=None if expected else result,
                )  # fmt: skip
