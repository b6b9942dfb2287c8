"""Tables of channels, their streams and the tracks that were played. Only `repository` queries them."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Index, String, Text, text
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base


class ChannelRow(Base):
    """A station's channel.

    `source_generation` is raised to renew the source password (see `source_keys`); `match_id` is what is shown
    beside the sound of the present or next stream.
    """

    __tablename__ = "channels"
    __table_args__ = (Index("ix_channels_owner", "owner_id"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    slug: Mapped[str] = mapped_column(String(63), unique=True)
    name: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    language: Mapped[str] = mapped_column(String(35), default="en")
    artwork_url: Mapped[str | None] = mapped_column(String(2000))
    owner_id: Mapped[str] = mapped_column(String(26))
    auto_live: Mapped[bool] = mapped_column(default=True)
    source_generation: Mapped[int] = mapped_column(default=1)
    match_id: Mapped[str | None] = mapped_column(String(26))
    created_ms: Mapped[int] = mapped_column(BigInteger)


class StreamRow(Base):
    """One time on air, with what is on air at present. A channel has one row without an end at most."""

    __tablename__ = "streams"
    __table_args__ = (
        Index(
            "uq_streams_live",
            "channel_id",
            unique=True,
            sqlite_where=text("ended_ms IS NULL"),
            postgresql_where=text("ended_ms IS NULL"),
        ),
        Index("ix_streams_channel_started", "channel_id", "started_ms"),
    )

    id: Mapped[str] = mapped_column(String(64), primary_key=True)
    channel_id: Mapped[str] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    started_by: Mapped[str] = mapped_column(String(10))
    adopted: Mapped[bool] = mapped_column(default=False)
    source_on: Mapped[bool] = mapped_column(default=False)
    started_ms: Mapped[int] = mapped_column(BigInteger)
    ended_ms: Mapped[int | None] = mapped_column(BigInteger)
    end_reason: Mapped[str | None] = mapped_column(String(200))
    show_title: Mapped[str] = mapped_column(String(200))
    host_name: Mapped[str] = mapped_column(String(200))
    show_type: Mapped[str] = mapped_column(String(40))
    track_name: Mapped[str | None] = mapped_column(String(300))
    artist_name: Mapped[str | None] = mapped_column(String(300))
    album: Mapped[str | None] = mapped_column(String(300))
    artwork_url: Mapped[str | None] = mapped_column(String(2000))
    metadata_ms: Mapped[int] = mapped_column(BigInteger)
    match_id: Mapped[str | None] = mapped_column(String(26))
    peak_listeners: Mapped[int] = mapped_column(default=0)
    peak_unique: Mapped[int] = mapped_column(default=0)


class TrackRow(Base):
    """A track that began to play."""

    __tablename__ = "tracks"
    __table_args__ = (Index("ix_tracks_channel_id", "channel_id", "id"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    channel_id: Mapped[str] = mapped_column(ForeignKey("channels.id", ondelete="CASCADE"))
    stream_id: Mapped[str] = mapped_column(ForeignKey("streams.id", ondelete="CASCADE"))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    track_name: Mapped[str | None] = mapped_column(String(300))
    artist_name: Mapped[str | None] = mapped_column(String(300))
    album: Mapped[str | None] = mapped_column(String(300))
    artwork_url: Mapped[str | None] = mapped_column(String(2000))
