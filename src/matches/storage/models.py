"""Tables of matches and of everything that their feeds ever said.

`storage.repository` has all SQL on them. Rows of matches are changed by `matches.writer` alone, and no revision of an
event is ever overwritten.
"""

from __future__ import annotations

from typing import Any, NamedTuple

from sqlalchemy import BigInteger, ForeignKey, Index, Integer, LargeBinary, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, Json
from matches.storage.finding import MAX_WORD
from scoring.corrections import Effect
from scoring.model import Sport

# A feed's keys are compared byte by byte, as the fold compares them; PostgreSQL's own order depends on its locale.
Ordered = String(100).with_variant(String(100, collation="C"), "postgresql")

# Words are found by their beginnings, for which PostgreSQL's index has to be in the order of bytes too.
Word = String(MAX_WORD).with_variant(String(MAX_WORD, collation="C"), "postgresql")


class MatchRow(Base):
    """A match and its state after `seq` operations. `competition`, `competitors` and `config` as they were created.

    `state` is the fold of the current events (`scoring.projection`), kept so that nobody has to read them for a score;
    `place` is that in a list with live matches first (`matches.storage.finding`). `created_by` is the user who made it;
    None for what came from a feed of the gateway's own, from Kafka, or before this was noted.
    """

    __tablename__ = "matches"
    __table_args__ = (
        Index("ix_matches_place", "place", "id"),
        Index("ix_matches_scheduled", "scheduled_ms", "id"),
        Index("ix_matches_sport_place", "sport", "place", "id"),
        Index("ix_matches_status_place", "status", "place", "id"),
        Index("ix_matches_competition_place", "competition_id", "place", "id"),
        Index("ix_matches_creator_place", "created_by", "place", "id"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    sport: Mapped[Sport] = mapped_column(String(20))
    competition: Mapped[dict[str, Any]] = mapped_column(Json)
    competition_id: Mapped[str] = mapped_column(String(100))
    scheduled_ms: Mapped[int] = mapped_column(BigInteger)
    venue: Mapped[str | None] = mapped_column(String(200))
    competitors: Mapped[list[dict[str, Any]]] = mapped_column(Json)
    config: Mapped[dict[str, Any]] = mapped_column(Json)
    external_ids: Mapped[dict[str, str]] = mapped_column(Json)
    status: Mapped[str] = mapped_column(String(20))
    place: Mapped[int] = mapped_column(BigInteger)
    state: Mapped[dict[str, Any]] = mapped_column(Json)
    seq: Mapped[int] = mapped_column(Integer, default=0)
    version: Mapped[int] = mapped_column(Integer, default=0)
    at_ms: Mapped[int | None] = mapped_column(BigInteger)
    created_by: Mapped[str | None] = mapped_column(String(26))
    created_ms: Mapped[int] = mapped_column(BigInteger)
    updated_ms: Mapped[int] = mapped_column(BigInteger)
    feed: Mapped[dict[str, Any] | None] = mapped_column(Json(none_as_null=True))


class WordRow(Base):
    """A word that a match is found by, in the form of `matches.storage.finding`; the beginning of one is enough."""

    __tablename__ = "match_words"

    word: Mapped[str] = mapped_column(Word, primary_key=True)
    match_id: Mapped[str] = mapped_column(ForeignKey("matches.id", ondelete="CASCADE"), primary_key=True, index=True)


class ExternalIdRow(Base):
    """A provider's own id of a match: the same match is never created twice."""

    __tablename__ = "match_external_ids"

    provider: Mapped[str] = mapped_column(String(100), primary_key=True)
    external_id: Mapped[str] = mapped_column(String(100), primary_key=True)
    match_id: Mapped[str] = mapped_column(ForeignKey("matches.id", ondelete="CASCADE"), index=True)


class MatchEventRow(Base):
    """One revision of one event; nothing is ever overwritten.

    `current` marks the newest revision of an event. `op` is what the revision did to the match (a feed's `update` of
    an event that was never seen adds it); `payload` is the feed's operation as JSON. `seq` is None for what came
    too late to change anything. `entered_by` is the user who entered a new event by hand, `entered_name` how they were
    called then; None for feeds, corrections, and before this was noted.
    """

    __tablename__ = "match_events"
    __table_args__ = (
        UniqueConstraint("match_id", "provider", "event_id", "revision"),
        UniqueConstraint("match_id", "seq", name="uq_match_events_match_id_seq"),
        # The commentary is read newest first by place in the match.
        Index("ix_match_events_play", "match_id", "current", "period", "order_key", "provider", "event_id"),
    )

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    match_id: Mapped[str] = mapped_column(ForeignKey("matches.id", ondelete="CASCADE"))
    provider: Mapped[str] = mapped_column(Ordered)
    event_id: Mapped[str] = mapped_column(Ordered)
    revision: Mapped[int] = mapped_column(BigInteger)
    current: Mapped[bool]
    op: Mapped[Effect] = mapped_column(String(10))
    seq: Mapped[int | None] = mapped_column(Integer)
    period: Mapped[int] = mapped_column(Integer)
    order_key: Mapped[str] = mapped_column(Ordered)
    payload: Mapped[bytes] = mapped_column(LargeBinary)
    score_after: Mapped[dict[str, str] | None] = mapped_column(Json(none_as_null=True))
    at_ms: Mapped[int] = mapped_column(BigInteger)
    received_ms: Mapped[int] = mapped_column(BigInteger)
    entered_by: Mapped[str | None] = mapped_column(String(26))
    entered_name: Mapped[str | None] = mapped_column(String(60))


class NewEvent(NamedTuple):
    """A `MatchEventRow` on its way into the table: many are written at a time, and none is looked at there again."""

    id: str
    match_id: str
    provider: str
    event_id: str
    revision: int
    current: bool
    op: Effect
    seq: int | None
    period: int
    order_key: str
    payload: bytes
    score_after: dict[str, str] | None
    at_ms: int
    received_ms: int
    entered_by: str | None = None
    entered_name: str | None = None
