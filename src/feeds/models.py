"""Tables of the feeds: which provider feeds which match, how it fares, and what it said last.

Only `feeds.repository` reads and writes them. No API key is ever in one.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from feeds.contracts import BreakerState, Coverage, ProviderName
from kit.db import Base, Json
from scoring.model import EventOp


@dataclass(frozen=True, slots=True, kw_only=True)
class Tracked:
    """The last word on one event: the operation with our revision, and the hash of what the provider said.

    `delivered` turns true once the match took it in. `missed`: complete snapshots in a row without it.
    """

    op: EventOp
    digest: str
    missed: int = 0
    delivered: bool = False


class FeedRow(Base):
    """One provider feeding one match: its configuration, and its state as the worker that runs it last wrote it.

    `api_key_env` names an environment variable; the key itself is never stored. `generation` counts the changes of
    what is tracked, so that a worker that has lost its leadership without knowing cannot write over its successor.
    """

    __tablename__ = "match_feeds"
    __table_args__ = (UniqueConstraint("match_id", "provider"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    match_id: Mapped[str] = mapped_column(ForeignKey("matches.id", ondelete="CASCADE"))
    provider: Mapped[ProviderName] = mapped_column(String(40))
    external_id: Mapped[str] = mapped_column(String(100))
    base_url: Mapped[str] = mapped_column(String(300))
    interval_ms: Mapped[int] = mapped_column(Integer)
    coverage: Mapped[Coverage] = mapped_column(String(10))
    api_key_env: Mapped[str | None] = mapped_column(String(100))
    options: Mapped[dict[str, Any]] = mapped_column(Json)
    redirect_hosts: Mapped[list[str]] = mapped_column(Json)
    enabled: Mapped[bool]
    origin: Mapped[Literal["file", "rest"]] = mapped_column(String(10))
    config_version: Mapped[int] = mapped_column(Integer)
    generation: Mapped[int] = mapped_column(Integer)
    created_ms: Mapped[int] = mapped_column(BigInteger)
    last_try_ms: Mapped[int | None] = mapped_column(BigInteger)
    last_good_ms: Mapped[int | None] = mapped_column(BigInteger)
    failures: Mapped[int] = mapped_column(Integer)
    errors: Mapped[int] = mapped_column(Integer)
    rejected: Mapped[int] = mapped_column(Integer)
    last_error: Mapped[str | None] = mapped_column(String(300))
    breaker: Mapped[BreakerState] = mapped_column(String(10))
    stale: Mapped[bool]
    connected: Mapped[bool]
    skipped: Mapped[dict[str, Any]] = mapped_column(Json)
    stated: Mapped[dict[str, Any] | None] = mapped_column(Json(none_as_null=True))


class TrackedRow(Base):
    """The last word of a feed on one event: `Tracked`.

    As many as a match has events: `scoring.change.MAX_EVENTS`.
    """

    __tablename__ = "match_feed_events"

    feed_id: Mapped[str] = mapped_column(ForeignKey("match_feeds.id", ondelete="CASCADE"), primary_key=True)
    event_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    digest: Mapped[str] = mapped_column(String(64))
    missed: Mapped[int] = mapped_column(Integer)
    delivered: Mapped[bool]
    payload: Mapped[bytes] = mapped_column(LargeBinary)


class RawRow(Base):
    """A message as the provider sent it (zlib), the newest `feeds.repository.KEPT_RAW` of each feed."""

    __tablename__ = "match_feed_raw"
    __table_args__ = (Index("ix_match_feed_raw_feed_id", "feed_id", "id"),)

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    feed_id: Mapped[str] = mapped_column(ForeignKey("match_feeds.id", ondelete="CASCADE"))
    kind: Mapped[str] = mapped_column(String(20))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    size: Mapped[int] = mapped_column(Integer)
    body: Mapped[bytes] = mapped_column(LargeBinary)
