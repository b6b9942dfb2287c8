"""The SQL of feeds, within a transaction that the caller opens and commits.

The service, the feeds file and what runs feeds use it; no other module of the package writes SQL.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, not_, or_, select, update

from feeds.contracts import Health
from feeds.models import FeedRow, RawRow, Tracked, TrackedRow
from kit.contracts import decode, encode_event
from kit.db import Transaction
from kit.paging import newest_first
from scoring.model import EventOp

KEPT_RAW = 50
"""Messages that are kept of each feed: enough to see what happened before a complaint."""

KEPT_BYTES = 256 * 1024
"""Bytes of one kept message, packed; of a larger one its beginning is kept."""

_IN_BOUND = 200
"""Values in one IN list; SQLite takes 32,766 in a statement."""

_TROUBLE = or_(FeedRow.stale, FeedRow.failures > 0, FeedRow.breaker != "closed")
_HEALTH: Mapping[Health, ColumnElement[bool]] = {
    "well": and_(FeedRow.enabled, not_(_TROUBLE)),
    "trouble": and_(FeedRow.enabled, _TROUBLE),
    "disabled": not_(FeedRow.enabled),
}


class FeedRepository:
    """Feeds and what they said, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def get(self, feed_id: str) -> FeedRow | None:
        """A feed by its id; None where there is none."""
        return await self._session.get(FeedRow, feed_id)

    async def lock(self, feed_id: str) -> FeedRow | None:
        """A feed, as it is now, that nobody else changes until the end of this transaction."""
        return await self._session.get(FeedRow, feed_id, with_for_update=True, populate_existing=True)

    async def of_match(self, match_id: str, provider: str) -> FeedRow | None:
        """The feed of a provider for a match."""
        found: FeedRow | None = await self._session.scalar(
            select(FeedRow).where(FeedRow.match_id == match_id, FeedRow.provider == provider)
        )
        return found

    async def add(self, feed: FeedRow) -> None:
        """Store a new feed, so that what follows in this transaction finds it."""
        self._session.add(feed)
        await self._session.flush()

    async def remove(self, feed_id: str) -> None:
        """Forget a feed and all that it said; the match keeps what it took in."""
        for table in (TrackedRow, RawRow):
            await self._session.execute(delete(table).where(table.feed_id == feed_id))
        await self._session.execute(delete(FeedRow).where(FeedRow.id == feed_id))

    async def count(self) -> int:
        """How many feeds there are."""
        return await self._session.scalar(select(func.count()).select_from(FeedRow)) or 0

    async def count_of(self, health: Health) -> int:
        """How many feeds fare well, are in trouble, or are disabled."""
        return await self._session.scalar(select(func.count()).select_from(FeedRow).where(_HEALTH[health])) or 0

    async def page(
        self, *, match_id: str | None, health: Health | None, before: str | None, limit: int
    ) -> Sequence[FeedRow]:
        """Feeds, newest first.

        Args:
            match_id: Of this match alone.
            health: Those alone that fare so.
            before: Those alone that are older than this id.
            limit: How many at the most.
        """
        query = select(FeedRow)
        if health is not None:
            query = query.where(_HEALTH[health])
        if match_id is not None:
            query = query.where(FeedRow.match_id == match_id)
        return (await self._session.scalars(newest_first(query, FeedRow.id, before=before, limit=limit))).all()

    async def enabled(self) -> Sequence[FeedRow]:
        """All feeds that are to run; as many as there may be (`feeds.service.MAX_FEEDS`)."""
        return (await self._session.scalars(select(FeedRow).where(FeedRow.enabled))).all()

    async def of_origin(self, origin: str) -> Sequence[FeedRow]:
        """All feeds that were configured in one way."""
        return (await self._session.scalars(select(FeedRow).where(FeedRow.origin == origin))).all()

    async def note(self, feed_id: str, values: Mapping[str, Any]) -> None:
        """Write columns of a feed; what is configured is not changed by it."""
        await self._session.execute(update(FeedRow).where(FeedRow.id == feed_id).values(**values))

    async def tracked(self, feed_id: str) -> dict[str, Tracked]:
        """The last word on every event."""
        rows = await self._session.scalars(select(TrackedRow).where(TrackedRow.feed_id == feed_id))
        return {
            row.event_id: Tracked(
                op=decode(row.payload, EventOp), digest=row.digest, missed=row.missed, delivered=row.delivered
            )
            for row in rows
        }

    async def track(self, feed_id: str, entries: Mapping[str, Tracked]) -> None:
        """Write over the last word on these events."""
        await self._drop_tracked(feed_id, entries)
        self._session.add_all(
            TrackedRow(
                feed_id=feed_id,
                event_id=event_id,
                digest=entry.digest,
                missed=entry.missed,
                delivered=entry.delivered,
                payload=encode_event(entry.op),
            )
            for event_id, entry in entries.items()
        )
        await self._session.flush()

    async def _drop_tracked(self, feed_id: str, event_ids: Iterable[str]) -> None:
        wanted = list(event_ids)
        for start in range(0, len(wanted), _IN_BOUND):
            await self._session.execute(
                delete(TrackedRow).where(
                    TrackedRow.feed_id == feed_id, TrackedRow.event_id.in_(wanted[start : start + _IN_BOUND])
                )
            )

    async def delivered(self, feed_id: str, event_ids: Iterable[str]) -> None:
        """The match has taken these in."""
        wanted = list(event_ids)
        for start in range(0, len(wanted), _IN_BOUND):
            await self._session.execute(
                update(TrackedRow)
                .where(TrackedRow.feed_id == feed_id, TrackedRow.event_id.in_(wanted[start : start + _IN_BOUND]))
                .values(delivered=True)
            )

    async def keep_raw(self, raw_id: str, feed_id: str, kind: str, body: bytes, at_ms: int) -> None:
        """Keep a message, and drop the oldest beyond `KEPT_RAW`.

        Args:
            raw_id: A new id, larger than those before it.
            feed_id: Whose message it is.
            kind: Snapshot, delta or event.
            body: As it came, without the provider's key.
            at_ms: When it came (Unix ms).
        """
        packed, kept = zlib.compress(body), body
        while len(packed) > KEPT_BYTES:
            kept = kept[: len(kept) // 2]
            packed = zlib.compress(kept)
        self._session.add(RawRow(id=raw_id, feed_id=feed_id, kind=kind, at_ms=at_ms, size=len(body), body=packed))
        await self._session.flush()
        oldest = await self._session.scalar(
            select(RawRow.id).where(RawRow.feed_id == feed_id).order_by(RawRow.id.desc()).offset(KEPT_RAW).limit(1)
        )
        if oldest is not None:
            await self._session.execute(delete(RawRow).where(RawRow.feed_id == feed_id, RawRow.id <= oldest))

    async def raw_page(self, feed_id: str, *, before: str | None, limit: int) -> Sequence[RawRow]:
        """Kept messages, newest first.

        Args:
            feed_id: Whose.
            before: Those alone that are older than this id.
            limit: How many at the most.
        """
        query = select(RawRow).where(RawRow.feed_id == feed_id)
        return (await self._session.scalars(newest_first(query, RawRow.id, before=before, limit=limit))).all()
