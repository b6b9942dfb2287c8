"""Puts monitoring together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass

from kit.clock import Clock
from kit.db import Database
from kit.leases import Jobs, Nodes
from kit.metrics import Metrics
from kit.module import Module
from kit.redis import RedisStore
from kit.rooms import ADMINS
from kit.session import Session
from monitoring.contracts import ADMIN_OVERVIEW
from monitoring.controllers import AdminController, HealthController
from monitoring.gateway import MonitoringGateway
from monitoring.ports import Feeds, Realtime, Streams
from monitoring.service import MonitoringService


class Arrivals:
    """Looks at who comes back to the admins' room; nobody is counted there."""

    async def connected(self, session: Session) -> None:
        """In no room yet."""

    async def resumed(self, session: Session, rooms: Collection[str]) -> bool:
        """Whether a recovered connection may be in the rooms that it was in: who is no admin any more may not."""
        return session.is_admin or ADMINS not in rooms

    async def disconnected(self, session: Session) -> None:
        """Nothing is held of it."""


@dataclass(frozen=True, kw_only=True)
class MonitoringModule(Module):
    """The module, and what wiring gives to others."""

    service: MonitoringService
    arrivals: Arrivals


def build(
    *,
    database: Database,
    redis: RedisStore,
    nodes: Nodes,
    jobs: Jobs,
    metrics: Metrics,
    realtime: Realtime,
    streams: Streams,
    feeds: Feeds,
    clock: Clock,
    optional: Mapping[str, Callable[[], bool]],
) -> MonitoringModule:
    """Build monitoring; `optional` tells of parts that may be away while the worker serves."""
    service = MonitoringService(
        database=database,
        redis=redis,
        nodes=nodes,
        metrics=metrics,
        realtime=realtime,
        streams=streams,
        feeds=feeds,
        clock=clock,
        optional=optional,
    )
    jobs.every(1.0, "worker report", service.report, leader_only=False)
    jobs.every(1.0, "admin overview", service.tell, leader_only=True)
    return MonitoringModule(
        gateways=(MonitoringGateway(service),),
        controllers=(AdminController, HealthController),
        events=(ADMIN_OVERVIEW,),
        service=service,
        arrivals=Arrivals(),
    )
