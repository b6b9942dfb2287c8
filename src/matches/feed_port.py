"""What feeds may do with matches: `feeds.ports.Matches`, within their transactions or in ones of its own.

A feed is no person, so nobody is asked for permission here; people come by `matches.api.authorization`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from kit.clock import Clock
from kit.db import Database, Transaction
from kit.ids import UlidGenerator
from matches.alerts.repository import AlertRepository
from matches.service import MatchService
from matches.snapshots import match_row
from matches.storage.repository import MatchRepository
from matches.storage.views import match_of
from matches.writer import MatchWriter
from scoring.model import CreateMatch, Difference, EventOp, FeedInfo, IngestResult, Match


class FeedPort:
    """Matches as feeds reach them (`feeds.ports.Matches`)."""

    def __init__(self, service: MatchService, *, database: Database, clock: Clock, ids: UlidGenerator) -> None:
        self._service = service
        self._database = database
        self._clock = clock
        self._ids = ids

    async def get(self, match_id: str) -> Match:
        """A match; raises `NotFound`."""
        return await self._service.get(match_id)

    async def configured(self, match_id: str) -> tuple[Match, Mapping[str, Any]]:
        """A match and the sport's configuration that it was made with; raises `NotFound`."""
        async with self._database.read() as tx:
            row = await match_row(tx, match_id)
        return match_of(row), row.config

    async def find(self, provider: str, external_id: str) -> Match | None:
        """The match that a provider knows by this id."""
        async with self._database.read() as tx:
            row = await MatchRepository(tx).by_external({provider: external_id})
        return match_of(row) if row is not None else None

    async def create(self, new: CreateMatch) -> tuple[Match, bool]:
        """Make a match, or find it by its external ids; and whether it is new."""
        return await self._service.create(new)

    async def ingest(self, match_id: str, ops: Sequence[EventOp | Mapping[str, Any]]) -> IngestResult:
        """Take in operations, in one transaction; one that is there already changes nothing."""
        return await self._service.ingest(match_id, ops)

    async def lock(self, tx: Transaction, match_id: str) -> Match | None:
        """A match that nobody else changes until the end of this transaction."""
        row = await MatchRepository(tx).lock(match_id)
        return match_of(row) if row is not None else None

    async def named(self, tx: Transaction, match_ids: Iterable[str]) -> Mapping[str, Match]:
        """Those of these matches that there are, by id."""
        return {row.id: match_of(row) for row in await MatchRepository(tx).named(match_ids)}

    async def set_feed(self, tx: Transaction, match_id: str, info: FeedInfo | None) -> None:
        """Store and announce where the score comes from and how old it is.

        Args:
            tx: The feed's transaction.
            match_id: The match.
            info: Its source; None where no feed tells it any more.
        """
        writer = MatchWriter(tx, self._clock)
        writer.set_feed(await writer.lock(match_id), info)

    async def settle(self, tx: Transaction, match_id: str, feed_id: str, found: Difference | None) -> None:
        """Open or close the alert that a provider's score is not what the events come to.

        Args:
            tx: The feed's transaction, which has locked the match.
            match_id: The match.
            feed_id: The feed whose snapshots state the score.
            found: The difference; None where there is none any more.
        """
        await AlertRepository(tx).settle(match_id, found, ids=self._ids, now_ms=self._clock.now_ms(), feed_id=feed_id)

    async def close_alerts(self, tx: Transaction, feed_id: str) -> None:
        """A feed is not asked any more, so that nobody knows what its provider states now."""
        await AlertRepository(tx).close_of_feed(feed_id)
