"""What a running feed does to its match: hands in operations, and says how old the score is and where it differs.

`feeds.live.runner` calls it. What a feed says of itself counts only while it is configured and enabled, since a runner
hears a moment later that it is not any more.
"""

from __future__ import annotations

from collections.abc import Sequence

from feeds.ports import Matches
from feeds.repository import FeedRepository
from kit.db import Database, Transaction
from scoring.model import Difference, EventOp, FeedInfo, IngestResult, Match


class FedMatches:
    """Matches, to the runners of feeds."""

    def __init__(self, matches: Matches, database: Database) -> None:
        self._matches = matches
        self._database = database

    async def get(self, match_id: str) -> Match:
        """A match; raises `NotFound`."""
        return await self._matches.get(match_id)

    async def ingest(self, match_id: str, ops: Sequence[EventOp]) -> IngestResult:
        """Take in operations, in one transaction; one that is there already changes nothing."""
        return await self._matches.ingest(match_id, ops)

    async def set_feed(self, match_id: str, feed_id: str, info: FeedInfo) -> None:
        """Store and announce where the score comes from, and how old it is.

        Args:
            match_id: The match that is fed.
            feed_id: The feed that says so; nothing is stored where it feeds the match no more.
            info: The provider, and when it last gave a good answer.
        """
        async with self._database.transaction() as tx:
            if await self._is_fed(tx, match_id, feed_id):
                await self._matches.set_feed(tx, match_id, info)

    async def settle(self, match_id: str, feed_id: str, found: Difference | None) -> None:
        """Keep that the provider's score is not the folded one, or that it is again.

        Args:
            match_id: The match that is fed.
            feed_id: The feed that says so; nothing is stored where it feeds the match no more.
            found: Both scores; None where they are the same.
        """
        async with self._database.transaction() as tx:
            if await self._is_fed(tx, match_id, feed_id):
                await self._matches.settle(tx, match_id, feed_id, found)

    async def _is_fed(self, tx: Transaction, match_id: str, feed_id: str) -> bool:
        """Whether this feed still feeds the match, which nobody else changes until the end of this transaction."""
        match = await self._matches.lock(tx, match_id)
        feed = await FeedRepository(tx).get(feed_id)
        return match is not None and feed is not None and feed.enabled
