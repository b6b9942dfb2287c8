"""The platform's numbers, and the audit log.

Workers report every second, the leader publishes one overview; features write to the log through their port `Audit`.
"""

from __future__ import annotations

import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

from kit.clock import Clock
from kit.contracts import Instant, Page
from kit.db import Database, Transaction
from kit.ids import UlidGenerator
from kit.leases import Nodes
from kit.metrics import Metrics
from kit.paging import read_slice
from kit.redis import RedisStore
from kit.rooms import ADMINS
from kit.session import Session
from kit.text import one_line
from monitoring.contracts import ADMIN_OVERVIEW, AdminOverview, AuditEntry, NodeStats
from monitoring.models import AuditRow
from monitoring.ports import Feeds, Realtime, Streams
from monitoring.repository import AuditRepository, WorkerReportRepository


class AuditLog:
    """Writes down what admins do, in the transaction in which they do it."""

    def __init__(self, *, clock: Clock, ids: UlidGenerator) -> None:
        self._clock = clock
        self._ids = ids

    def record(self, tx: Transaction, actor: Session, action: str, target: str, reason: str | None) -> None:
        """Note one act.

        Args:
            tx: The transaction of the act: without the one there is not the other.
            actor: Who acts.
            action: What is done, as in `stream.stop`.
            target: What it is done to, as people know it; cut at 200 characters.
            reason: Why, or more about it; cut at 300.
        """
        row = AuditRow(
            id=self._ids.new(),
            at_ms=self._clock.now_ms(),
            actor_id=actor.require_user(),
            actor_name=actor.display_name,
            action=action,
            target=one_line(target, at_most=200),
            reason=one_line(reason, at_most=300) if reason else None,
        )
        AuditRepository(tx).add(row)


class MonitoringService:
    """Collects what every worker reports into one overview."""

    def __init__(
        self,
        *,
        database: Database,
        redis: RedisStore,
        nodes: Nodes,
        metrics: Metrics,
        realtime: Realtime,
        streams: Streams,
        feeds: Feeds,
        clock: Clock,
        optional: Mapping[str, Callable[[], bool]],
    ) -> None:
        self._optional = optional
        self._database = database
        self._redis = redis
        self._reports = WorkerReportRepository(redis.client)
        self._nodes = nodes
        self._metrics = metrics
        self._realtime = realtime
        self._streams = streams
        self._feeds = feeds
        self._clock = clock
        self._started = time.monotonic()
        self._last = (self._started, 0, 0)

    async def join(self, session: Session) -> AdminOverview:
        """Follow the overview; returns it as it is now."""
        await self._realtime.join(session.connection_id, ADMINS)
        return await self.overview()

    async def report(self) -> None:
        """Write this worker's numbers where the leader finds them."""
        now = time.monotonic()
        then, events_in, events_out = self._last
        self._last = (now, self._metrics.events_in, self._metrics.events_out)
        seconds = max(now - then, 0.001)
        await self._reports.put(
            NodeStats(
                node=self._nodes.node_id,
                connections=self._realtime.connections,
                events_in_per_s=round((self._metrics.events_in - events_in) / seconds, 1),
                events_out_per_s=round((self._metrics.events_out - events_out) / seconds, 1),
                rss_bytes=rss_bytes(),
                uptime_s=round(now - self._started, 1),
            )
        )

    async def publish_overview(self) -> None:
        """Send the overview to the admins; the leader does this every second."""
        await self._realtime.publish(*ADMIN_OVERVIEW.to(ADMINS, await self.overview()))

    async def overview(self) -> AdminOverview:
        """The present state of the platform, from the reports of all workers."""
        streams = await self._streams.overview()
        nodes = await self._reports.of(await self._nodes.living())
        return AdminOverview(
            at=Instant(self._clock.now_ms()),
            streams=streams,
            nodes=nodes,
            match_feeds=await self._feeds.overview(),
            connections=sum(node.connections for node in nodes),
            listeners=sum(stream.listeners for stream in streams),
            events_in_per_s=round(sum(node.events_in_per_s for node in nodes), 1),
            events_out_per_s=round(sum(node.events_out_per_s for node in nodes), 1),
            redis_latency_ms=round(await self._redis.latency_ms(), 2),
            database_latency_ms=round(await self._database.latency_ms(), 2),
        )

    async def audit(self, *, before: str | None, limit: int) -> Page:
        """A page of the audit log, newest first."""
        async with self._database.read() as tx:
            rows, following = await read_slice(
                lambda count: AuditRepository(tx).page(before=before, limit=count), limit
            )
        items = [
            AuditEntry(
                id=row.id,
                at=Instant(row.at_ms),
                actor_id=row.actor_id,
                actor_name=row.actor_name,
                action=row.action,
                target=row.target,
                reason=row.reason,
            )
            for row in rows
        ]
        return Page(items, following)

    def optional(self) -> dict[str, bool]:
        """Which of the parts that this worker can do without do answer."""
        return {name: answers() for name, answers in self._optional.items()}


def rss_bytes() -> int:
    """The memory that this process holds (resident set); on systems without /proc, the most it ever held."""
    statm = Path("/proc/self/statm")
    if statm.exists():
        return int(statm.read_text().split()[1]) * resource.getpagesize()
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024
