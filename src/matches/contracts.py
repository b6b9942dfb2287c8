"""What clients ask of matches and hear of them: the types of the doors that `scoring.model` does not have.

Controllers, gateway and services share them. A change here is a change of a contract (`docs/reference`).
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from kit.contracts import Id, Instant, Name, Payload, Policy, Reply, ServerEvent
from scoring.model import (
    Author,
    Key,
    Match,
    MatchEvent,
    NewCommentary,
    NewEventClock,
    NewEventPlayer,
    NewLineupPlayer,
    PeriodNumber,
    Sport,
    StatGroup,
    Status,
    TimelineEvent,
    Version,
)

Order = Literal["live", "soonest", "latest"]


Day = Annotated[str, msgspec.Meta(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$(?!\n)")]


class ScoreChange(Reply, frozen=True, kw_only=True):
    """A correction that changed the score: displays by competitor id, before and after.

    `seq` is that of the event that did it. The `scoreAfter` of later lines follows as `match:rescored`.
    """

    match_id: str
    event_id: str
    from_: dict[str, str] = msgspec.field(name="from")
    to: dict[str, str]
    reason: str
    seq: int
    at: Instant


class MatchStatistics(Reply, frozen=True, kw_only=True):
    """What the players did, after all events up to `seq`."""

    match_id: str
    seq: int
    groups: list[StatGroup]


class MatchSetup(Reply, frozen=True, kw_only=True):
    """What a scorer's page needs beside the match. `config`: as the match was made, the sport's own defaults left out.

    `mine`: the caller made it. `mayScore`: the caller may change it and its events.
    """

    match_id: str
    config: dict[str, Any]
    mine: bool
    may_score: bool


class MatchTimeline(Reply, frozen=True, kw_only=True):
    """What changed the score, cards and substitutions after all events up to `seq`, in the order of play.

    At most 3,000, the latest of them.
    """

    match_id: str
    seq: int
    events: list[TimelineEvent]


class RescoredEvent(Reply, frozen=True, kw_only=True):
    """`scoreAfter` is absent where the event no longer changes the score."""

    provider: str
    event_id: str
    score_after: dict[str, str] | None = None


class MatchRescored(Reply, frozen=True, kw_only=True):
    """Events whose `scoreAfter` is another now, because something before them was added, corrected or withdrawn.

    Latest in the match first, at most 100; with `more`, lines earlier than the last of them have to be read again.
    """

    match_id: str
    events: list[RescoredEvent]
    more: bool
    seq: int
    at: Instant


class MatchSnapshot(Reply, frozen=True, kw_only=True):
    """State and the newest commentary (newest first); events after `seq` / `offset` bring it up to date."""

    match: Match
    events: list[MatchEvent]
    seq: int
    offset: str


class MatchDeleted(Reply, frozen=True, kw_only=True):
    """Who made the match, or an admin, took it away altogether; nothing more is said of it."""

    match_id: str
    at: Instant


class JoinMatch(Payload, frozen=True, kw_only=True):
    match_id: Id


class LeaveMatch(Payload, frozen=True, kw_only=True):
    match_id: Id


class ListMatches(Payload, frozen=True, kw_only=True):
    """Which matches, and in which order; what is not given does not narrow.

    `date` is a day in UTC; `from` (included) and `to` (not included) are moments. `text`: every word begins one of
    the teams', the competition's or the venue's. `order`: `live` has live matches first, then those to come, soonest
    first, then the others, latest first; `soonest` and `latest` go by schedule alone.
    """

    sport: Sport | None = None
    status: Annotated[list[Status], msgspec.Meta(max_length=11)] | None = None
    competition: Key | None = None
    date: Day | None = None
    from_: Instant | None = msgspec.field(name="from", default=None)
    to: Instant | None = None
    text: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    order: Order = "live"
    limit: Annotated[int, msgspec.Meta(ge=1, le=100)] = 50
    before: Id | None = None


class MatchPage(Reply, frozen=True, kw_only=True):
    items: list[Match]
    next: str | None = None


MATCH_EVENT = ServerEvent("match:event", MatchEvent, Policy.RECOVERABLE, "An event was added, updated or deleted.")


MATCH_CORRECTED = ServerEvent("match:corrected", ScoreChange, Policy.RECOVERABLE, "A correction changed the score.")


MATCH_RESCORED = ServerEvent(
    "match:rescored", MatchRescored, Policy.RECOVERABLE, "The score after later events is another now."
)


MATCH_UPDATED = ServerEvent("match:updated", Match, Policy.LATEST_WINS, "The state of the match.")


MATCH_DELETED = ServerEvent("match:deleted", MatchDeleted, Policy.RECOVERABLE, "The match is gone.")


class EditMatch(Payload, frozen=True, kw_only=True):
    """What is known better now: only what is given changes.

    `status` is of a match that has not begun, with `statusDetail` for people. `externalIds` are merged: null takes one
    away. `lineups`: by competitor id, each replaces that competitor's. An empty `venue` takes it away. `version`: the
    change is refused if the match is at another one.
    """

    scheduled_at: Instant | None = None
    venue: Annotated[str, msgspec.Meta(max_length=200, extra={"text": "line"})] | None = None
    status: Literal["scheduled", "delayed", "postponed", "cancelled"] | None = None
    status_detail: Name | None = None
    external_ids: Annotated[dict[Key, Key | None], msgspec.Meta(max_length=20)] | None = None
    lineups: (
        Annotated[dict[Key, Annotated[list[NewLineupPlayer], msgspec.Meta(max_length=60)]], msgspec.Meta(max_length=2)]
        | None
    ) = None
    version: Version | None = None


class CorrectEvent(Payload, frozen=True, kw_only=True):
    """A correction by hand: the fields that are given replace those of the event's newest revision.

    `version`: it is refused if the match is at another one.
    """

    reason: Annotated[str, msgspec.Meta(min_length=1, max_length=300, extra={"text": "name"})]
    version: Version | None = None
    type: Key | None = None
    period: PeriodNumber | None = None
    order_key: Key | None = None
    occurred_at: Instant | None = None
    clock: NewEventClock | None = None
    competitor_id: Key | None = None
    players: Annotated[list[NewEventPlayer], msgspec.Meta(max_length=30)] | None = None
    commentary: Annotated[list[NewCommentary], msgspec.Meta(max_length=10)] | None = None
    confirmation: Literal["pending", "confirmed", "cancelled"] | None = None
    detail: Annotated[dict[Key, Any], msgspec.Meta(max_length=40)] | None = None


class Authored(Reply, frozen=True, kw_only=True):
    """An event of the provider `hand`, and who entered it. `seq`: that of its entry, before any correction."""

    event_id: str
    seq: int
    entered_by: Author


class AuthoredPage(Reply, frozen=True, kw_only=True):
    """In the order of entry; `next` is the `after` of the page that follows, absent on the last."""

    items: list[Authored]
    next: int | None = None
