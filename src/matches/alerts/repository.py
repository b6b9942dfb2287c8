"""The SQL of score alerts.

`matches.ingest.store` and `matches.feed_port` open and close them, within the transactions that change the match;
`alerts.service` reads them. It never changes the match itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sqlalchemy import func, null, select

from kit.db import Transaction
from kit.ids import UlidGenerator
from matches.alerts.models import AlertRow
from matches.storage.models import MatchRow
from scoring.model import Difference


class OpenAlert(NamedTuple):
    """All that is open of one match and kind; `row` is the source that is shown."""

    id: str
    since_ms: int
    row: AlertRow
    match: MatchRow


_OF_SCORE = AlertRow.reasons.is_(null())
"""The kind: of a score, or of events that cannot be."""


class AlertRepository:
    """Open alerts, within one transaction: one of each kind for a match, however many sources say so.

    A source is what came with a match's events, or one of its feeds; each has a row while it differs.
    """

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def settle(
        self, match_id: str, found: Difference | None, *, ids: UlidGenerator, now_ms: int, feed_id: str | None = None,
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
        kind = _OF_SCORE if reasons is None else ~_OF_SCORE
        row = await self._session.scalar(
            select(AlertRow).where(AlertRow.match_id == match_id, AlertRow.feed_id.is_not_distinct_from(feed_id), kind)
        )
        if found is None:
            if row is not None:
                await self._close(row)
            return
        if row is None:
            row = AlertRow(id=ids.new(), match_id=match_id, feed_id=feed_id, since_ms=now_ms)
            self._session.add(row)
        row.provider, row.event_id = found.provider, found.event_id
        row.reasons = list(reasons) if reasons is not None else None
        row.stated, row.folded = dict(found.stated), dict(found.folded)

    async def close_of_feed(self, feed_id: str) -> None:
        """A feed is not asked any more, so that nobody knows what its provider states now."""
        for row in await self._session.scalars(select(AlertRow).where(AlertRow.feed_id == feed_id)):
            await self._close(row)

    async def _close(self, row: AlertRow) -> None:
        """One source agrees; where another one does not, the alert stays open by its id and since its time."""
        kind = _OF_SCORE if row.reasons is None else ~_OF_SCORE
        await self._session.delete(row)
        await self._session.flush()
        other = await self._session.scalar(
            select(AlertRow).where(AlertRow.match_id == row.match_id, kind).order_by(AlertRow.id).limit(1)
        )
        if other is not None and row.id < other.id:
            other.id, other.since_ms = row.id, min(row.since_ms, other.since_ms)

    async def page(self, *, before: str | None, limit: int) -> list[OpenAlert]:
        """Open alerts and their matches, newest first."""
        alert_id = func.min(AlertRow.id)
        query = select(alert_id, AlertRow.match_id, _OF_SCORE.label("kind"), func.min(AlertRow.since_ms))
        query = query.group_by(AlertRow.match_id, _OF_SCORE)
        if before is not None:
            query = query.having(alert_id < before)
        keys = (await self._session.execute(query.order_by(alert_id.desc()).limit(limit))).all()
        told: dict[tuple[str, bool], tuple[AlertRow, MatchRow]] = {}
        sources = await self._session.execute(
            select(AlertRow, MatchRow)
            .join(MatchRow, MatchRow.id == AlertRow.match_id)
            .where(AlertRow.match_id.in_([match_id for _, match_id, _, _ in keys]))
            # What came with an event goes before what a feed states beside them.
            .order_by(AlertRow.feed_id.is_not(None), AlertRow.id)
        )
        for row, match in sources:
            told.setdefault((row.match_id, row.reasons is None), (row, match))
        return [OpenAlert(key, since_ms, *told[match_id, bool(kind)]) for key, match_id, kind, since_ms in keys]

    async def count(self) -> int:
        """The number of open alerts, one a match and kind."""
        alerts = select(AlertRow.match_id, _OF_SCORE).distinct().subquery()
        return await self._session.scalar(select(func.count()).select_from(alerts)) or 0
