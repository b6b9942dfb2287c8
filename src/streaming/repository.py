"""The SQL of channels, streams and tracks.

Streaming's services call it within their transactions; it announces nothing.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import case, delete, func, or_, select, tuple_, update
from sqlalchemy.exc import IntegrityError

from kit.db import Transaction
from kit.errors import Conflict, NotFound
from kit.paging import newest_first
from streaming.models import ChannelRow, StreamRow, TrackRow


class ChannelRepository:
    """ChannelRepository, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def get(self, channel_id: str, *, lock: bool = False) -> ChannelRow:
        """A channel; raises `NotFound`.

        Args:
            channel_id: Its id; a slug is none.
            lock: Holds others off until the transaction's end (PostgreSQL; SQLite has one writer).
        """
        found: ChannelRow | None = await self._session.get(ChannelRow, channel_id, with_for_update=lock or None)
        return _there(found)

    async def named(self, name: str) -> ChannelRow:
        """A channel by what an address may hold, its id or slug; raises `NotFound`.

        A slug that reads like another channel's id hides nothing.
        """
        found: ChannelRow | None = await self._session.scalar(
            select(ChannelRow)
            .where(or_(ChannelRow.slug == name, ChannelRow.id == name))
            .order_by((ChannelRow.id == name).desc())
            .limit(1)
        )
        return _there(found)

    async def existing(self, channel_ids: Collection[str]) -> set[str]:
        """The ids among these that channels have."""
        return set(await self._session.scalars(select(ChannelRow.id).where(ChannelRow.id.in_(channel_ids))))

    async def by_slug(self, slug: str) -> ChannelRow | None:
        """A channel by its slug alone, or None."""
        found: ChannelRow | None = await self._session.scalar(select(ChannelRow).where(ChannelRow.slug == slug))
        return found

    async def page(self, *, owner_id: str | None, before: str | None, limit: int) -> Sequence[ChannelRow]:
        """A page of channels.

        Args:
            owner_id: Only channels of this owner.
            before: Only those with a smaller id.
            limit: Channels, at the most.

        Returns:
            The channels, newest first.
        """
        query = select(ChannelRow)
        if owner_id is not None:
            query = query.where(ChannelRow.owner_id == owner_id)
        return (await self._session.scalars(newest_first(query, ChannelRow.id, before=before, limit=limit))).all()

    async def count_of_owner(self, owner_id: str) -> int:
        """How many channels an owner has."""
        query = select(func.count()).select_from(ChannelRow).where(ChannelRow.owner_id == owner_id)
        return int(await self._session.scalar(query) or 0)

    async def unlink(self, match_id: str) -> list[str]:
        """Have no channel show this match; returns the ids of those that did."""
        shown = select(ChannelRow).where(ChannelRow.match_id == match_id).order_by(ChannelRow.id).with_for_update()
        rows = (await self._session.scalars(shown)).all()
        for row in rows:
            row.match_id = None
        return [row.id for row in rows]

    async def add(self, channel: ChannelRow) -> None:
        """Store a new channel; raises `Conflict` when its slug is taken."""
        self._session.add(channel)
        try:
            await self._session.flush()
        except IntegrityError:
            raise Conflict(f"The name {channel.slug!r} is taken.") from None

    async def remove(self, channel_id: str) -> None:
        """Delete a channel with its streams and tracks."""
        await self._session.execute(delete(ChannelRow).where(ChannelRow.id == channel_id))


def _there(row: ChannelRow | None) -> ChannelRow:
    if row is None:
        raise NotFound("There is no such channel.")
    return row


class StreamRepository:
    """StreamRepository and their tracks, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def live(self, channel_id: str) -> StreamRow | None:
        """The stream on air, if there is one."""
        found: StreamRow | None = await self._session.scalar(
            select(StreamRow).where(StreamRow.channel_id == channel_id, StreamRow.ended_ms.is_(None))
        )
        return found

    async def on_air(self, channel_id: str) -> StreamRow:
        """The stream on air; raises `Conflict` off air."""
        stream = await self.live(channel_id)
        if stream is None:
            raise Conflict("The channel is not on air.")
        return stream

    async def unlink(self, match_id: str) -> None:
        """Have no stream show this match, those that are over included."""
        await self._session.execute(update(StreamRow).where(StreamRow.match_id == match_id).values(match_id=None))

    async def all_live(self, limit: int) -> Sequence[tuple[StreamRow, ChannelRow]]:
        """All streams on air with their channels, oldest first."""
        rows = await self._session.execute(
            select(StreamRow, ChannelRow)
            .join(ChannelRow, ChannelRow.id == StreamRow.channel_id)
            .where(StreamRow.ended_ms.is_(None))
            .order_by(StreamRow.id)
            .limit(limit)
        )
        return [(stream, channel) for stream, channel in rows]

    async def live_among(self, channel_ids: Sequence[str]) -> set[str]:
        """Which of these channels are on air."""
        rows = await self._session.scalars(
            select(StreamRow.channel_id).where(StreamRow.channel_id.in_(channel_ids), StreamRow.ended_ms.is_(None))
        )
        return set(rows)

    async def by_id(self, stream_id: str) -> StreamRow | None:
        """A stream, on air or past, or None."""
        return await self._session.get(StreamRow, stream_id)

    async def add(self, stream: StreamRow) -> None:
        """Store a new stream; raises `Conflict` when the channel is on air or the id was used."""
        self._session.add(stream)
        try:
            await self._session.flush()
        except IntegrityError:
            raise Conflict("The channel is on air already, or this stream id was used before.") from None

    async def page(self, channel_id: str, *, before: str | None, limit: int) -> Sequence[StreamRow]:
        """A page of streams.

        Args:
            channel_id: Whose streams.
            before: Only those that began before this one.
            limit: Streams, at the most.

        Returns:
            The streams, newest first.
        """
        query = select(StreamRow).where(StreamRow.channel_id == channel_id)
        place = tuple_(StreamRow.started_ms, StreamRow.id)  # ids may be the owner's own, so they alone have no order
        if before is not None:
            started = select(StreamRow.started_ms).where(StreamRow.id == before).scalar_subquery()
            query = query.where(place < tuple_(started, before))
        query = query.order_by(StreamRow.started_ms.desc(), StreamRow.id.desc()).limit(limit)
        return (await self._session.scalars(query)).all()

    async def raise_peak(self, channel_id: str, count: int, unique: int) -> None:
        """Keep the highest numbers of the stream on air.

        Args:
            channel_id: Whose stream; nothing happens off air.
            count: Listeners now.
            unique: Different people among them.
        """
        await self._session.execute(
            update(StreamRow)
            .where(
                StreamRow.channel_id == channel_id,
                StreamRow.ended_ms.is_(None),
                or_(StreamRow.peak_listeners < count, StreamRow.peak_unique < unique),
            )
            .values(
                peak_listeners=case((StreamRow.peak_listeners < count, count), else_=StreamRow.peak_listeners),
                peak_unique=case((StreamRow.peak_unique < unique, unique), else_=StreamRow.peak_unique),
            )
        )

    async def add_track(self, track: TrackRow) -> None:
        """Add a line to the track history."""
        self._session.add(track)

    async def tracks(self, channel_id: str, *, before: str | None, limit: int) -> Sequence[TrackRow]:
        """A page of tracks.

        Args:
            channel_id: Whose tracks.
            before: Only those with a smaller id.
            limit: Tracks, at the most.

        Returns:
            The tracks, newest first.
        """
        query = select(TrackRow).where(TrackRow.channel_id == channel_id)
        return (await self._session.scalars(newest_first(query, TrackRow.id, before=before, limit=limit))).all()
