"""Open score alerts as admins see them: the wire types of `alerts.controllers`."""

from __future__ import annotations

from kit.contracts import Instant, Reply
from scoring.model import MatchBrief


class ScoreAlert(Reply, frozen=True, kw_only=True):
    """A provider's own score that is not what the match's events come to, since `openedAt`; one of a match at most.

    `stated` and `folded` are by competitor id. With `eventId` both are as of that event, which came with its score;
    with `feedId` both are of now, as the feed's snapshots state it. With `reasons` it is about events that cannot be,
    which count all the same: why, as sentences, and `eventId` is the first.
    """

    id: str
    match: MatchBrief
    provider: str
    stated: dict[str, int]
    folded: dict[str, int]
    opened_at: Instant
    event_id: str | None = None
    feed_id: str | None = None
    reasons: list[str] | None = None


class ScoreAlertPage(Reply, frozen=True, kw_only=True):
    """Newest first."""

    items: list[ScoreAlert]
    next: str | None = None
