"""Monitoring on the socket. It only calls `MonitoringService`."""

from __future__ import annotations

from kit.gateway import Gateway, event
from kit.rate_limits import Rate
from kit.session import Role, Session
from monitoring.contracts import AdminOverview
from monitoring.service import MonitoringService


class MonitoringGateway(Gateway):
    """`admin:*`."""

    def __init__(self, service: MonitoringService) -> None:
        self._service = service

    @event("admin:join", roles={Role.ADMIN}, rate=Rate(30, per=60))
    async def join(self, session: Session) -> AdminOverview:
        """Follow the platform: the overview now, and `admin:overview` every second."""
        return await self._service.join(session)
