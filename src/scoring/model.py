"""A match, its events and what feeds hand in: the words that feeds, scoring and matches share.

They are the shapes of the wire as well (`docs/reference`), so a change here is a change of a contract. Nothing here
reads or decides anything.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal, NamedTuple

import msgspec

from kit.contracts import Instant, Line, Name, Payload, Reply

Sport = Literal["cricket", "football", "basketball", "tennis"]


Status = Literal[
    "scheduled", "delayed", "live", "break", "interrupted", "suspended", "postponed", "cancelled", "abandoned",
    "ended", "closed",
]  # fmt: skip


PeriodType = Literal["regular", "overtime", "penalties", "innings", "super_over", "set"]


Qualifier = Literal["home", "away"]


Method = Literal[
    "walkover", "retirement", "default", "awarded", "dls", "penalties", "aggregate", "no_result", "draw", "tie",
]  # fmt: skip


Key = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


Version = Annotated[int, msgspec.Meta(ge=0)]


Points = Annotated[int, msgspec.Meta(ge=0, le=100_000)]


class LineupPlayer(Reply, frozen=True, kw_only=True):
    id: str
    name: str
    number: int | None = None
    position: str | None = None
    starter: bool | None = None


class Competitor(Reply, frozen=True, kw_only=True):
    """`score` is for order, `scoreDisplay` for people (cricket's `155/6`)."""

    id: str
    name: str
    abbreviation: str
    type: Literal["team", "athlete", "pair"]
    score: int
    score_display: str
    qualifier: Qualifier | None = None
    lineup: list[LineupPlayer] | None = None


class Competition(Reply, frozen=True, kw_only=True):
    id: str
    name: str
    season: str | None = None
    stage: str | None = None
    round: str | None = None


class MatchClock(Reply, frozen=True, kw_only=True):
    """Where the match stands. Cricket has overs in `display` and no direction.

    `playedS` counts through a football match (its second half starts at 2700) and, like `remainingS`, through one
    period of basketball; both are as of the match's `at`.
    """

    period: int
    direction: Literal["up", "down", "none"]
    running: bool
    display: str
    played_s: float | None = None
    remaining_s: float | None = None
    stoppage: str | None = None


class CricketInnings(Reply, frozen=True, kw_only=True):
    """`overs` as people write it: `49.3` is 49 overs and 3 balls. `ballsLeft`: where overs are limited."""

    runs: int
    wickets: int
    overs: str
    batting_id: str
    declared: bool
    target: int | None = None
    balls_left: int | None = None


class MatchPeriod(Reply, frozen=True, kw_only=True):
    """`scores`: by competitor id, of this period alone; games in a set, points where a match tie-break stands for it.

    `tieBreak`: the points of a set's tie-break.
    """

    number: int
    type: PeriodType
    scores: dict[str, int]
    detail: CricketInnings | None = None
    tie_break: dict[str, int] | None = None


class GameScore(Reply, frozen=True, kw_only=True):
    """The game of tennis that is played: `points` by competitor id (`0`, `15`, `30`, `40`, `Ad`; plain in a tie-break).

    `serverId` serves the next point.
    """

    points: dict[str, str]
    tie_break: bool
    server_id: str | None = None


class Outcome(Reply, frozen=True, kw_only=True):
    """How it ended: the winner (None for a draw), by what, and the sentence for people.

    `method`: what decided, where it was stated and is not in the score (a walk-over, a rain rule, …).
    """

    text: str
    winner_id: str | None = None
    by: str | None = None
    method: Method | None = None


class FeedInfo(Reply, frozen=True, kw_only=True):
    """Where the score comes from. `updatedAt`: its last good answer, told about once a minute and when `stale` changes.

    `stale`: the provider has not answered for several intervals, so the score may be old.
    """

    provider: str
    stale: bool
    updated_at: Instant | None = None


class StatedScore(Reply, frozen=True, kw_only=True):
    """What a provider last said the score was, and what its events come to at that point; by competitor id."""

    provider: str
    event_id: str
    stated: dict[str, int]
    folded: dict[str, int]


class Doubt(Reply, frozen=True, kw_only=True):
    """An event that cannot be, and why, as a sentence."""

    provider: str
    event_id: str
    why: str


class Match(Reply, frozen=True, kw_only=True):
    """The state of a match after all events up to `seq`. `at`: the moment that state belongs to.

    `aggregate`: the score over both legs of a tie, by competitor id, where it is known. `stated`: the match is over and
    its events do not come to what its provider says, so the score that is shown is the stated one.
    """

    id: str
    sport: Sport
    competition: Competition
    scheduled_at: Instant
    competitors: list[Competitor]
    status: Status
    periods: list[MatchPeriod]
    seq: int
    version: int
    updated_at: Instant
    external_ids: dict[str, str]
    status_detail: str | None = None
    venue: str | None = None
    clock: MatchClock | None = None
    outcome: Outcome | None = None
    game: GameScore | None = None
    aggregate: dict[str, int] | None = None
    stated: StatedScore | None = None
    at: Instant | None = None
    feed: FeedInfo | None = None


class EventPlayer(Reply, frozen=True, kw_only=True):
    """`role`: batter, bowler, fielder, scorer, assist, player_in, player_out and so on."""

    id: str
    role: str
    name: str | None = None


class Commentary(Reply, frozen=True, kw_only=True):
    lang: str
    text: str


class EventClock(Reply, frozen=True, kw_only=True):
    """When in the match: seconds into the period, and the text for people (`67'`, `Q3 04:12`, `12.4`)."""

    display: str
    played_s: float | None = None
    remaining_s: float | None = None


class MatchEvent(Reply, frozen=True, kw_only=True):
    """One event in its newest revision."""

    match_id: str
    event_id: str
    revision: int
    op: Literal["add", "update", "delete"]
    seq: int
    order_key: str
    type: str
    period: int
    occurred_at: Instant
    received_at: Instant
    at: Instant
    provider: str
    confirmation: Literal["pending", "confirmed", "cancelled"]
    detail: dict[str, Any]
    players: list[EventPlayer]
    commentary: list[Commentary]
    clock: EventClock | None = None
    competitor_id: str | None = None
    score_after: dict[str, str] | None = None
    related_event_ids: list[str] | None = None


class EventPage(Reply, frozen=True, kw_only=True):
    """Newest first."""

    items: list[MatchEvent]
    next: str | None = None


class StatColumn(Reply, frozen=True, kw_only=True):
    key: str
    label: str


class StatRow(Reply, frozen=True, kw_only=True):
    """One player's `values` by column key; what is not known is left out."""

    player_id: str
    name: str
    competitor_id: str
    values: dict[str, int | float | str]


class StatTotal(Reply, frozen=True, kw_only=True):
    """A line under the players: the whole side, or cricket's extras. `values` by column key."""

    label: str
    competitor_id: str
    values: dict[str, int | float | str]


class StatGroup(Reply, frozen=True, kw_only=True):
    """One table: of one innings in cricket (`period`), of the whole match elsewhere."""

    key: str
    title: str
    columns: list[StatColumn]
    rows: list[StatRow]
    totals: list[StatTotal]
    period: int | None = None


class SideBrief(Reply, frozen=True, kw_only=True):
    """One of the two, without its line-up."""

    id: str
    name: str
    abbreviation: str
    score: int
    score_display: str


class MatchBrief(Reply, frozen=True, kw_only=True):
    """A match as a line of an admin's list shows it."""

    id: str
    sport: Sport
    competition: str
    scheduled_at: Instant
    status: Status
    competitors: list[SideBrief]


class TimelineEvent(Reply, frozen=True, kw_only=True):
    """What a chart needs of one event; `detail` and `players` hold only what charts read."""

    provider: str
    event_id: str
    seq: int
    order_key: str
    type: str
    period: int
    detail: dict[str, Any]
    players: list[EventPlayer]
    clock: EventClock | None = None
    competitor_id: str | None = None
    score_after: dict[str, str] | None = None


class NewLineupPlayer(Payload, frozen=True, kw_only=True):
    id: Key
    name: Name
    number: int | None = None
    position: Annotated[str, msgspec.Meta(max_length=40, extra={"text": "line"})] | None = None
    starter: bool | None = None


class NewCompetitor(Payload, frozen=True, kw_only=True):
    id: Key
    name: Name
    abbreviation: Annotated[str, msgspec.Meta(min_length=1, max_length=8, extra={"text": "name"})]
    type: Literal["team", "athlete", "pair"] = "team"
    qualifier: Qualifier | None = None
    lineup: Annotated[list[NewLineupPlayer], msgspec.Meta(max_length=60)] | None = None


class NewCompetition(Payload, frozen=True, kw_only=True):
    id: Key
    name: Name
    season: Annotated[str, msgspec.Meta(max_length=40, extra={"text": "line"})] | None = None
    stage: Annotated[str, msgspec.Meta(max_length=80, extra={"text": "line"})] | None = None
    round: Annotated[str, msgspec.Meta(max_length=80, extra={"text": "line"})] | None = None


class CreateMatch(Payload, frozen=True, kw_only=True):
    """`config` holds what the sport's rules need to know (balls an over, minutes a period; see `scoring.sports`)."""

    sport: Sport
    competition: NewCompetition
    scheduled_at: Instant
    competitors: Annotated[list[NewCompetitor], msgspec.Meta(min_length=2, max_length=2)]
    venue: Name | None = None
    external_ids: Annotated[dict[Key, Key], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=dict)
    config: Annotated[dict[Key, Any], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=dict)


class NewEventPlayer(Payload, frozen=True, kw_only=True):
    id: Key
    role: Key
    name: Name | None = None


class NewCommentary(Payload, frozen=True, kw_only=True):
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=2000, extra={"text": "lines"})]
    lang: Annotated[str, msgspec.Meta(min_length=2, max_length=35)] = "en"


MAX_BATCH = 500
"""Operations in one request, and in one transaction, which others wait for."""

MAX_PERIOD = 100
"""No sport has as many periods; a number beyond it is a mistake."""


PeriodNumber = Annotated[int, msgspec.Meta(ge=0, le=MAX_PERIOD)]


ClockSeconds = Annotated[float, msgspec.Meta(ge=0, le=100_000)]


class NewEventClock(Payload, frozen=True, kw_only=True):
    display: Annotated[str, msgspec.Meta(max_length=20, extra={"text": "line"})]
    played_s: ClockSeconds | None = None
    remaining_s: ClockSeconds | None = None


class EventOp(Payload, frozen=True, kw_only=True):
    """One operation of a feed on one event. `(provider, eventId, revision)` is unique: sent again, it changes nothing.

    Revisions from 2^30 on are for corrections by hand. Of two revisions the one with the later `providerUpdatedAt`
    counts, then the one with the higher number.
    An `update` replaces the whole event; a `delete` keeps its type as a tombstone.
    `stated`: the score after this event as the provider says it, by competitor id (tennis: sets; cricket: runs). It
    is kept beside the score that follows from the events and changes nothing; a difference is an alert.
    `another`: by hand, that it is not what somebody else has just entered.
    """

    provider: Key
    event_id: Key
    type: Key
    period: PeriodNumber
    order_key: Key
    occurred_at: Instant
    op: Literal["add", "update", "delete"] = "add"
    revision: Annotated[int, msgspec.Meta(ge=0, lt=2**31)] = 0
    provider_updated_at: Instant | None = None
    clock: NewEventClock | None = None
    competitor_id: Key | None = None
    players: Annotated[list[NewEventPlayer], msgspec.Meta(max_length=30)] = msgspec.field(default_factory=list)
    commentary: Annotated[list[NewCommentary], msgspec.Meta(max_length=10)] = msgspec.field(default_factory=list)
    confirmation: Literal["pending", "confirmed", "cancelled"] = "confirmed"
    detail: Annotated[dict[Key, Any], msgspec.Meta(max_length=40)] = msgspec.field(default_factory=dict)
    related_event_ids: Annotated[list[Key], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=list)
    stated: Annotated[dict[Key, Points], msgspec.Meta(min_length=1, max_length=2)] | None = None
    reason: Line | None = None
    another: bool = False


class Author(Reply, frozen=True, kw_only=True):
    """A person who scores. `displayName`: as it was when the event was entered."""

    id: str
    display_name: str


class SameAs(Reply, frozen=True, kw_only=True):
    """What somebody else has just entered that may be the same. `occurredAt`: when it was entered."""

    event_id: str
    entered_by: Author
    occurred_at: Instant


class IngestItem(Reply, frozen=True, kw_only=True):
    """What became of one operation: `applied`, `duplicate`, `stale`, or `rejected` with its error.

    `sameAs`: it was not stored because somebody else has just entered the same; sent with `another`, it is.
    """

    event_id: str
    revision: int
    result: Literal["applied", "duplicate", "stale", "rejected"]
    seq: int | None = None
    error: str | None = None
    same_as: SameAs | None = None


class IngestResult(Reply, frozen=True, kw_only=True):
    items: list[IngestItem]
    seq: int
    version: int
    score_alert: StatedScore | None = None


class Difference(NamedTuple):
    """What a provider states and what the events come to, by competitor id; `event_id` where an event came with it."""

    provider: str
    stated: Mapping[str, int]
    folded: Mapping[str, int]
    event_id: str | None = None


def brief_of(match: Match) -> MatchBrief:
    """A match as admins' lists show it."""
    return MatchBrief(
        id=match.id,
        sport=match.sport,
        competition=match.competition.name,
        scheduled_at=match.scheduled_at,
        status=match.status,
        competitors=[
            SideBrief(
                id=one.id,
                name=one.name,
                abbreviation=one.abbreviation,
                score=one.score,
                score_display=one.score_display,
            )
            for one in match.competitors
        ],
    )
