"""The SQL of score alerts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from sqlalchemy import delete, func, null, select

from kit.db import Transaction
from kit.ids import Ids
from matches.alerts.models import AlertRow
from matches.models import MatchRow


class Difference(NamedTuple):
    """What a provider states and what the events come to, by competitor id; `event_id` where an event came with it."""

    provider: str
    stated: Mapping[str, int]
    folded: Mapping[str, int]
    event_id: str | None = None


class Alerts:
    """Open alerts, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def settle(
        self, match_id: str, found: Difference | None, *, ids: Ids, now_ms: int, feed_id: str | None = None,
        reasons: Sequence[str] | None = None,
    ) -> None:  # fmt: skip
        """Keep what was found, or close what was open; one that is open stays open since then.

        Args:
            match_id: The match, which this transaction has locked.
            found: The difference, or None where there is none any more.
            ids: For a new alert.
            now_ms: Since when a new one is open.
            feed_id: The feed whose snapshots state the score; None for what came with an event.
            reasons: Why events cannot be, of an alert of that kind; None for one about the score.
        """
        kind = AlertRow.reasons.is_(null()) if reasons is None else AlertRow.reasons.is_not(null())
        row = await self._session.scalar(
            select(AlertRow).where(AlertRow.match_id == match_id, AlertRow.feed_id.is_not_distinct_from(feed_id), kind)
        )
        if found is None:
            if row is not None:
                await self._session.delete(row)
            return
        if row is None:
            row = AlertRow(id=ids.new(), match_id=match_id, feed_id=feed_id, since_ms=now_ms)
            self._session.add(row)
        row.provider, row.event_id = found.provider, found.event_id
        row.reasons = list(reasons) if reasons is not None else None
        row.stated, row.folded = dict(found.stated), dict(found.folded)

    async def close_of_feed(self, feed_id: str) -> None:
        """A feed is not asked any more, so that nobody knows what its provider states now."""
        await self._session.execute(delete(AlertRow).where(AlertRow.feed_id == feed_id))

    async def page(self, *, before: str | None, limit: int) -> Sequence[tuple[AlertRow, MatchRow]]:
        """Open alerts and their matches, newest first."""
        query = select(AlertRow, MatchRow).join(MatchRow, MatchRow.id == AlertRow.match_id)
        if before is not None:
            query = query.where(AlertRow.id < before)
        found = await self._session.execute(query.order_by(AlertRow.id.desc()).limit(limit))
        return [(alert, match) for alert, match in found]

    async def count(self) -> int:
        """How many are open."""
        return await self._session.scalar(select(func.count()).select_from(AlertRow)) or 0
