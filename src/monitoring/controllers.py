"""Monitoring over HTTP."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from kit.metrics import Metrics
from kit.session import Role, Session
from monitoring.contracts import AdminOverview
from monitoring.service import MonitoringService


class AdminController(Controller):
    """For admins."""

    path = "/api/admin"
    tags = ("admin",)

    @get("/overview")
    async def overview(
        self, caller: NamedDependency[Session], monitoring: NamedDependency[MonitoringService]
    ) -> AdminOverview:
        """The platform now."""
        caller.require(Role.ADMIN)
        return await monitoring.overview()

    @get("/audit")
    async def audit(
        self,
        caller: NamedDependency[Session],
        monitoring: NamedDependency[MonitoringService],
        before: Annotated[str | None, QueryParameter(max_length=64)] = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
    ) -> dict[str, object]:
        """What admins did, newest first."""
        caller.require(Role.ADMIN)
        return (await monitoring.audit(before=before, limit=limit))._asdict()


class HealthController(Controller):
    """For load balancers and monitoring systems."""

    tags = ("health",)

    @get("/health/live")
    async def live(self) -> dict[str, str]:
        """The process runs."""
        return {"status": "ok"}

    @get("/health/ready")
    async def ready(self, monitoring: NamedDependency[MonitoringService]) -> Response[dict[str, object]]:
        """The process can serve: 200, or 503 with the parts that do not answer; it does without `optional` ones."""
        parts = await monitoring.ready()
        good = all(parts.values())
        return Response(
            {"status": "ok" if good else "unavailable", "parts": parts, "optional": monitoring.optional()},
            status_code=HTTP_200_OK if good else HTTP_503_SERVICE_UNAVAILABLE,
        )

    @get("/metrics", include_in_schema=False)
    async def metrics(self, metrics: NamedDependency[Metrics]) -> Response[bytes]:
        """This worker's counters, for Prometheus."""
        return Response(metrics.exposition(), media_type=Metrics.content_type)
