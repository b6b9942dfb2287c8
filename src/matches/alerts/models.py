"""The table of open score alerts; `alerts.repository` alone reads and writes it."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from kit.db import Base, Json


class AlertRow(Base):
    """What one source says against a match's score; the row goes when they agree.

    One at most of what a match's events state, and one of each feed (`feed_id`): together they are one alert, since the
    first of them, whose id is the smallest. And one at most of events that cannot be: `reasons` says why, `provider`
    and `event_id` are of the first, and there are no scores.
    """

    __tablename__ = "match_score_alerts"

    id: Mapped[str] = mapped_column(String(26), primary_key=True)
    match_id: Mapped[str] = mapped_column(ForeignKey("matches.id", ondelete="CASCADE"), index=True)
    feed_id: Mapped[str | None] = mapped_column(ForeignKey("match_feeds.id", ondelete="CASCADE"), index=True)
    provider: Mapped[str] = mapped_column(String(100))
    event_id: Mapped[str | None] = mapped_column(String(100))
    stated: Mapped[dict[str, int]] = mapped_column(Json)
    folded: Mapped[dict[str, int]] = mapped_column(Json)
    reasons: Mapped[list[str] | None] = mapped_column(Json(none_as_null=True))
    since_ms: Mapped[int] = mapped_column(BigInteger)
