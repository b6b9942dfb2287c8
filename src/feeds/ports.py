"""What feeds need from matches: `matches.feed_port` gives it, and `touchline` puts both together.

Feeds reach matches through it alone; `feeds` imports nothing of `matches`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Protocol

from kit.db import Transaction
from scoring.model import CreateMatch, Difference, EventOp, FeedInfo, IngestResult, Match


class Matches(Protocol):
    """Matches, to feeds: found, fed, and told how old their score is."""

    async def get(self, match_id: str) -> Match:
        """A match; raises `NotFound`."""
        ...

    async def configured(self, match_id: str) -> tuple[Match, Mapping[str, Any]]:
        """A match and the sport's configuration that it was made with; raises `NotFound`."""
        ...

    async def find(self, provider: str, external_id: str) -> Match | None:
        """The match that a provider knows by this id."""
        ...

    async def create(self, new: CreateMatch) -> tuple[Match, bool]:
        """Make a match, or find it by its external ids; and whether it is new."""
        ...

    async def ingest(self, match_id: str, ops: Sequence[EventOp | Mapping[str, Any]]) -> IngestResult:
        """Take in operations, in one transaction; one that is there already changes nothing."""
        ...

    async def lock(self, tx: Transaction, match_id: str) -> Match | None:
        """A match that nobody else changes until the end of this transaction.

        Whoever locks a feed as well locks the match first, as the ingest does: else the two could wait for each other.
        """
        ...

    async def named(self, tx: Transaction, match_ids: Iterable[str]) -> Mapping[str, Match]:
        """Those of these matches that there are, by id."""
        ...

    async def set_feed(self, tx: Transaction, match_id: str, info: FeedInfo | None) -> None:
        """Store and announce where the score comes from and how old it is.

        Args:
            tx: Part of which it is.
            match_id: The match, which the caller has locked.
            info: The provider and its last good answer; None: no feed tells it any more.
        """
        ...

    async def settle(self, tx: Transaction, match_id: str, feed_id: str, found: Difference | None) -> None:
        """Keep that the provider's score is not the folded one, or that it is again.

        Args:
            tx: Part of which it is.
            match_id: The match, which the caller has locked.
            feed_id: Whose score it is.
            found: Both scores; None where they are the same.
        """
        ...

    async def close_alerts(self, tx: Transaction, feed_id: str) -> None:
        """A feed is not asked any more, so that nobody knows what its provider states now."""
        ...
