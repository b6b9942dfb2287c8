"""The SQL of the audit log, and the workers' reports in Redis. Monitoring's services call it."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from redis.asyncio import Redis
from sqlalchemy import select

from kit.db import Transaction
from kit.paging import newest_first
from monitoring.contracts import NodeStats
from monitoring.models import AuditRow

_REPORT_SECONDS = 5  # reports come every second; older ones are of a worker that is gone


class AuditRepository:
    """The audit log, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    def add(self, row: AuditRow) -> None:
        """Add an entry."""
        self._session.add(row)

    async def page(self, *, before: str | None, limit: int) -> Sequence[AuditRow]:
        """A page of the log, newest first, of entries with an id below `before`."""
        query = newest_first(select(AuditRow), AuditRow.id, before=before, limit=limit)
        return (await self._session.scalars(query)).all()


class WorkerReportRepository:
    """The last report of each worker, in Redis."""

    def __init__(self, redis: Redis) -> None:
        self._redis = redis

    async def put(self, stats: NodeStats) -> None:
        """Replace this worker's report."""
        await self._redis.set(f"monitoring:{{{stats.node}}}:report", msgspec.json.encode(stats), ex=_REPORT_SECONDS)

    async def of(self, nodes: Sequence[str]) -> list[NodeStats]:
        """The reports of these workers, as far as there are any."""
        raw = [await self._redis.get(f"monitoring:{{{node}}}:report") for node in nodes]
        return [msgspec.json.decode(report, type=NodeStats) for report in raw if report]
