"""Monitoring over HTTP: the overview and the audit log for admins, health and metrics for machines."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_503_SERVICE_UNAVAILABLE

from kit.metrics import Metrics
from kit.page_parameters import PageCursor, PageLimit
from kit.session import Role, Session
from monitoring.contracts import AdminOverview
from monitoring.health import HealthService
from monitoring.service import MonitoringService

_RETRY_SECONDS = "2"


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
        before: PageCursor = None,
        limit: PageLimit = 50,
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
    async def ready(
        self,
        monitoring: NamedDependency[MonitoringService],
        health_service: NamedDependency[HealthService],
        verbose: Annotated[str | None, QueryParameter(max_length=16)] = None,
    ) -> Response[dict[str, object]]:
        """Clients can be sent here: 200 with `ok` or `degraded`, else 503; what is wrong is said of each part.

        It does without the `optional` ones. With `verbose` the times of the last tries are told.
        """
        now = health_service.report()
        body: dict[str, object] = {
            "status": now.status,
            "parts": now.parts,
            "problems": now.problems,
            "optional": monitoring.optional(),
        }
        if verbose is not None:
            body["milliseconds"] = now.details
        headers = {"Cache-Control": "no-store"}
        if now.ready:
            return Response(body, status_code=HTTP_200_OK, headers=headers)
        headers["Retry-After"] = _RETRY_SECONDS
        return Response(body, status_code=HTTP_503_SERVICE_UNAVAILABLE, headers=headers)

    @get("/metrics", include_in_schema=False)
    async def metrics(self, metrics: NamedDependency[Metrics]) -> Response[bytes]:
        """This worker's counters, for Prometheus."""
        return Response(metrics.exposition(), media_type=Metrics.content_type)
