"""Puts monitoring together."""

from __future__ import annotations

from dataclasses import dataclass

from kit.clock import Clock
from kit.db import Database
from kit.leases import Jobs, Nodes
from kit.metrics import Metrics
from kit.module import Module
from kit.redis import RedisStore
from monitoring.contracts import ADMIN_OVERVIEW
from monitoring.controllers import AdminController, HealthController
from monitoring.gateway import MonitoringGateway
from monitoring.ports import Realtime, Streams
from monitoring.service import MonitoringService


@dataclass(frozen=True, kw_only=True)
class MonitoringModule(Module):
    """The module, and what wiring gives to others."""

    service: MonitoringService


def build(
    *,
    database: Database,
    redis: RedisStore,
    nodes: Nodes,
    jobs: Jobs,
    metrics: Metrics,
    realtime: Realtime,
    streams: Streams,
    clock: Clock,
) -> MonitoringModule:
    """Build monitoring."""
    service = MonitoringService(
        database=database,
        redis=redis,
        nodes=nodes,
        metrics=metrics,
        realtime=realtime,
        streams=streams,
        clock=clock,
    )
    jobs.every(1.0, "worker report", service.report, leader_only=False)
    jobs.every(1.0, "admin overview", service.tell, leader_only=True)
    return MonitoringModule(
        gateways=(MonitoringGateway(service),),
        controllers=(AdminController, HealthController),
        events=(ADMIN_OVERVIEW,),
        service=service,
    )
