"""Rows of channels and streams as clients see them. Pure; streaming's services call it."""

from __future__ import annotations

from typing import Literal

from kit.contracts import Instant
from streaming.contracts import (
    ChannelInfo,
    ListenerCount,
    Metadata,
    NowPlaying,
    StreamInfo,
    StreamRecord,
    StreamStarted,
    TrackRecord,
)
from streaming.models import ChannelRow, StreamRow, TrackRow


def channel_info(channel: ChannelRow, *, live: bool) -> ChannelInfo:
    """A channel as everybody sees it."""
    return ChannelInfo(
        id=channel.id,
        slug=channel.slug,
        name=channel.name,
        description=channel.description,
        language=channel.language,
        artwork_url=channel.artwork_url,
        owner_id=channel.owner_id,
        live=live,
        created_at=Instant(channel.created_ms),
    )


def now_playing(channel: ChannelRow, stream: StreamRow | None, listeners: ListenerCount) -> NowPlaying:
    """The state of a channel for players and snapshots.

    Args:
        channel: The channel.
        stream: The stream on air, if there is one.
        listeners: Its present numbers.
    """
    return NowPlaying(
        channel=channel_info(channel, live=stream is not None),
        listeners=listeners,
        stream=stream_info(stream) if stream is not None else None,
        metadata=metadata_of(stream) if stream is not None else None,
    )


def metadata_of(stream: StreamRow) -> Metadata:
    """What a stream says of itself, and since when."""
    return Metadata(
        channel_id=stream.channel_id,
        stream_id=stream.id,
        show_title=stream.show_title,
        host_name=stream.host_name,
        show_type=stream.show_type,
        track_name=stream.track_name,
        artist_name=stream.artist_name,
        album=stream.album,
        artwork_url=stream.artwork_url,
        at=Instant(stream.metadata_ms),
    )


def started(stream: StreamRow) -> StreamStarted:
    """The news that a stream began, or that its sound is back."""
    return StreamStarted(
        channel_id=stream.channel_id,
        stream_id=stream.id,
        metadata=metadata_of(stream),
        started_at=Instant(stream.started_ms),
        started_by=_started_by(stream),
        source_connected=stream.source_on,
    )


def _started_by(stream: StreamRow) -> Literal["manual", "source"]:
    return "source" if stream.started_by == "source" else "manual"


def stream_info(stream: StreamRow) -> StreamInfo:
    """A stream that is on air."""
    return StreamInfo(
        stream_id=stream.id,
        started_at=Instant(stream.started_ms),
        started_by=_started_by(stream),
        source_connected=stream.source_on,
        match_id=stream.match_id,
    )


def stream_record(row: StreamRow) -> StreamRecord:
    """A stream for the list of streams."""
    return StreamRecord(
        id=row.id,
        channel_id=row.channel_id,
        show_title=row.show_title,
        host_name=row.host_name,
        show_type=row.show_type,
        started_at=Instant(row.started_ms),
        started_by=row.started_by,
        peak_listeners=row.peak_listeners,
        peak_unique=row.peak_unique,
        ended_at=Instant(row.ended_ms) if row.ended_ms is not None else None,
        end_reason=row.end_reason,
        match_id=row.match_id,
    )


def track_record(row: TrackRow) -> TrackRecord:
    """One line of the track history."""
    return TrackRecord(
        id=row.id,
        stream_id=row.stream_id,
        at=Instant(row.at_ms),
        track_name=row.track_name,
        artist_name=row.artist_name,
        album=row.album,
        artwork_url=row.artwork_url,
    )
