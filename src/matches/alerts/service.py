"""Reads the open score alerts; what opens and closes them are the ingest and the feeds."""

from __future__ import annotations

from kit.contracts import Instant
from kit.db import Database
from kit.paging import read_slice
from matches.alerts.contracts import ScoreAlert, ScoreAlertPage
from matches.alerts.repository import AlertRepository, OpenAlert
from matches.storage.views import match_of
from scoring.model import brief_of


class AlertService:
    """Open score alerts, for admins and for the overview of the monitoring."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def page(self, *, before: str | None, limit: int) -> ScoreAlertPage:
        """Open alerts, newest first."""
        async with self._database.read() as tx:
            found = await read_slice(lambda bound: AlertRepository(tx).page(before=before, limit=bound), limit)
        return ScoreAlertPage(items=[_alert_of(alert) for alert in found.rows], next=found.next)

    async def count(self) -> int:
        """The number of open alerts, one a match and kind."""
        async with self._database.read() as tx:
            return await AlertRepository(tx).count()


def _alert_of(alert: OpenAlert) -> ScoreAlert:
    row = alert.row
    return ScoreAlert(
        id=alert.id,
        match=brief_of(match_of(alert.match)),
        provider=row.provider,
        stated=row.stated,
        folded=row.folded,
        opened_at=Instant(alert.since_ms),
        event_id=row.event_id,
        feed_id=row.feed_id,
        reasons=row.reasons,
    )
