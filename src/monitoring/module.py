"""Puts monitoring together: `build` is called by `touchline.features`, and schedules what recurs."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping

from kit.clock import Clock
from kit.db import Database
from kit.leases import Nodes
from kit.metrics import Metrics
from kit.module import Module
from kit.redis import RedisStore
from kit.scheduler import Scheduler
from monitoring.admin_room import AdminRoomGuard
from monitoring.contracts import ADMIN_OVERVIEW, AuditEntry
from monitoring.controllers import AdminController, HealthController
from monitoring.gateway import MonitoringGateway
from monitoring.health import EVERY_SECONDS, HealthService
from monitoring.ports import Feeds, Realtime, Streams
from monitoring.service import MonitoringService


def build(
    *,
    database: Database,
    redis: RedisStore,
    nodes: Nodes,
    scheduler: Scheduler,
    metrics: Metrics,
    realtime: Realtime,
    streams: Streams,
    feeds: Feeds,
    clock: Clock,
    optional: Mapping[str, Callable[[], bool]],
    write: Callable[[], Awaitable[str | None]],
) -> Module:
    """Build monitoring.

    Args:
        database: Whose outages are told.
        redis: The same.
        nodes: Who this worker is, and which others live.
        scheduler: Runs probes, reports and the overview.
        metrics: This worker's counters.
        realtime: The engine.
        streams: What is on air.
        feeds: How feeds fare.
        clock: Wall-clock time.
        optional: Parts that may be away while the worker serves, and whether each answers.
        write: Writes a little to the database; returns what is wrong with it, or None.

    Returns:
        The module.
    """
    health = HealthService(
        write=write,
        reason=lambda: database.outage.reason,
        redis=redis,
        realtime=realtime,
        node_id=nodes.node_id,
        monotonic=time.monotonic,
    )
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
    scheduler.every(EVERY_SECONDS, "health of the database", health.look_at_database, leader_only=False)
    scheduler.every(EVERY_SECONDS, "health of redis", health.look_at_redis, leader_only=False)
    scheduler.every(1.0, "worker report", service.report, leader_only=False)
    scheduler.every(1.0, "admin overview", service.publish_overview, leader_only=True)
    return Module(
        gateways=(MonitoringGateway(service),),
        controllers=(AdminController, HealthController),
        dependencies={"monitoring": service, "health_service": health, "metrics": metrics},
        events=(ADMIN_OVERVIEW,),
        exported=(AuditEntry,),
        observers=(AdminRoomGuard(),),
        lifespan=health.running,
    )
