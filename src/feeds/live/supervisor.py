"""Runs the configured feeds, on the leading worker alone.

`feeds.module` has it called every `TICK_S`. It changes no configuration; what it writes is why a feed cannot start.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass

import httpx
import structlog

from feeds.adapter import Adapter, Coverage, target_of
from feeds.client import Pacer
from feeds.crawling import Crawler
from feeds.live.breaker import Breaker
from feeds.live.fed_matches import FedMatches
from feeds.live.runner import Runner, Superseded
from feeds.models import FeedRow
from feeds.outbound import Outbound, new_client
from feeds.ports import Matches
from feeds.providers.provider import Access
from feeds.providers.registry import check_key_host, provider_named
from feeds.repository import FeedRepository
from kit.db import Database
from kit.errors import DomainError, NotFound
from kit.ids import UlidGenerator
from kit.outbound import Guard

log = structlog.get_logger(__name__)

TICK_S = 2.0
"""Between two looks at the configuration, and at feeds that may have turned stale or died."""


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
        matches: Matches,
        pacer: Pacer,
        ids: UlidGenerator,
        leads: Callable[[], bool],
        environ: Mapping[str, str],
        guard: Guard,
        prepare: Callable[[], Awaitable[object]] | None = None,
        chance: Callable[[], float] = random.random,
    ) -> None:
        """Run feeds where this worker `leads`.

        Args:
            database: Where they are configured.
            matches: What they feed.
            pacer: Time.
            ids: Makes ids of kept messages.
            leads: Whether this worker is the leading one now.
            environ: The API keys under their configured names.
            guard: Judges each connection that they make.
            prepare: Called before each look at the configuration.
            chance: From 0 to 1, for pauses that feeds do not share.
        """
        self._guard = guard
        self._prepare = prepare
        self._database = database
        self._matches = matches
        self._fed = FedMatches(matches, database)
        self._pacer = pacer
        self._ids = ids
        self._leads = leads
        self._environ = environ
        self._chance = chance
        self._crawler = Crawler(pacer)
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
            rows = {row.id: row for row in await FeedRepository(tx).enabled()}
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
                await FeedRepository(tx).note(row.id, {"last_error": error.message[:300], "stale": True})
            return
        runner = Runner(
            feed_id=row.id,
            match_id=row.match_id,
            interval_s=row.interval_ms / 1000,
            adapter=adapter,
            breaker=breaker,
            database=self._database,
            matches=self._fed,
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
        match, config = await self._matches.configured(row.match_id)
        outbound = Outbound(
            http, self._guard, self._guard.url(row.base_url), clock=self._pacer, redirect_hosts=row.redirect_hosts
        )
        coverage: Coverage = "events" if row.coverage == "events" else "score"
        target = target_of(match, row.external_id, coverage, config=config, options=row.options)
        access = Access(outbound=outbound, crawler=self._crawler, key=key)
        return provider_named(row.provider).make(target, access)

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
