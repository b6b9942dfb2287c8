"""Score alerts over HTTP, for admins. They are opened and closed by the ingest and by feeds, never here."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from kit.session import Role, Session
from matches.alerts.contracts import ScoreAlertPage
from matches.alerts.service import AlertService

Cursor = Annotated[str | None, QueryParameter(max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]


class AlertController(Controller):
    """Where a provider's own score is not what the events come to."""

    path = "/api/admin/score-alerts"
    tags = ("admin",)

    @get()
    async def index(
        self,
        caller: NamedDependency[Session],
        score_alerts: NamedDependency[AlertService],
        before: Cursor = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
    ) -> ScoreAlertPage:
        """Open alerts, newest first; one that is settled is there no more."""
        caller.require(Role.ADMIN)
        return await score_alerts.page(before=before, limit=limit)
