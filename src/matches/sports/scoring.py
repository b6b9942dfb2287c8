"""What the rules of every sport share: their inputs, their result, and the bookkeeping of periods and status."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Protocol, TypeVar

import msgspec

from kit.contracts import Reply, convert
from kit.errors import InvalidPayload
from matches.contracts import (
    CricketInnings,
    EventOp,
    GameScore,
    MatchClock,
    MatchPeriod,
    Outcome,
    PeriodType,
    Points,
    Sport,
    StatedScore,
    StatGroup,
    Status,
)


@dataclass(frozen=True, slots=True)
class Player:
    """One of a line-up; `starter` is None where the feed does not say."""

    id: str
    name: str
    starter: bool | None = None


@dataclass(frozen=True, slots=True)
class Side:
    """One of the two competitors, as far as the rules need to know it."""

    id: str
    name: str
    lineup: tuple[Player, ...] = ()


@dataclass(frozen=True, slots=True)
class Setup:
    """What is known before the first event: home (or first named) side first, and the sport's own configuration."""

    home: Side
    away: Side
    config: Mapping[str, Any] = field(default_factory=dict)

    @property
    def ids(self) -> tuple[str, str]:
        """Both competitors' ids, home first."""
        return (self.home.id, self.away.id)

    def name(self, competitor_id: str) -> str:
        """The name of one of the two."""
        return self.home.name if competitor_id == self.home.id else self.away.name

    def opponent(self, competitor_id: str) -> str:
        """The id of the other one."""
        return self.away.id if competitor_id == self.home.id else self.home.id


class Folded(Reply, frozen=True, kw_only=True):
    """The state of a match that follows from its events alone.

    `scores` and `displays` are by competitor id and always hold both: an integer for order, a text for people.
    """

    status: Status
    periods: list[MatchPeriod]
    scores: dict[str, int]
    displays: dict[str, str]
    status_detail: str | None = None
    clock: MatchClock | None = None
    outcome: Outcome | None = None
    game: GameScore | None = None
    stated: StatedScore | None = None


class Tally(Protocol):
    """Counts what the players of one match do while its events are read in order."""

    def apply(self, event: EventOp) -> None:
        """Take in the next event; unknown types change nothing."""
        ...

    def groups(self) -> list[StatGroup]:
        """The tables after the events so far, in the order in which people read them."""
        ...


class Scorer(Protocol):
    """Keeps the score of one match while its events are read in order."""

    def apply(self, event: EventOp) -> None:
        """Take in the next event; unknown types change nothing."""
        ...

    def scores(self) -> dict[str, int]:
        """The score for order, by competitor id, after the events so far."""
        ...

    def displays(self) -> dict[str, str]:
        """The score for people, by competitor id, after the events so far."""
        ...

    def folded(self) -> Folded:
        """The state after the events so far."""
        ...


class SportRules(Protocol):
    """One sport. Adding a sport is adding a file with one of these and its line in the registry."""

    @property
    def sport(self) -> Sport:
        """Its name on the wire."""
        ...

    @property
    def scoring(self) -> frozenset[str]:
        """The types of events that the score is counted from."""
        ...

    def check_setup(self, setup: Setup) -> None:
        """Raise `InvalidPayload` where the configuration is not one this sport knows."""
        ...

    def check(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` where an event could not be scored."""
        ...

    def begin(self, setup: Setup) -> Scorer:
        """A scorer before the first event."""
        ...

    def tally(self, setup: Setup) -> Tally:
        """What counts for the players, before the first event."""
        ...


class Detail(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the rules read from an event's `detail`; a feed may put more there."""


Told = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""A sentence for people that becomes a part of the state."""


class StatedOutcome(Detail, frozen=True, kw_only=True):
    """A result that the feed states: needed where the score alone does not decide (tie-breakers, rain, walkovers).

    A `text` is the whole result: with it, `winnerId` and `by` are as they are stated, and without a winner there is
    none. A `winnerId` alone leaves the rest to the score as far as it agrees.
    """

    text: Told | None = None
    winner_id: str | None = None
    by: Annotated[str, msgspec.Meta(max_length=100)] | None = None


class PeriodStart(Detail, frozen=True, kw_only=True):
    """`type` where it does not follow from the period's number."""

    type: PeriodType | None = None


class MatchEnd(Detail, frozen=True, kw_only=True):
    """`outcome` is optional: the rules know the ordinary results."""

    outcome: StatedOutcome | None = None


class StatusChange(Detail, frozen=True, kw_only=True):
    """An act of the match's status that no play shows (`delayed`, `interrupted`, `abandoned`, …)."""

    status: Status
    text: Annotated[str, msgspec.Meta(max_length=200)] | None = None


class AbsoluteScore(Detail, frozen=True, kw_only=True):
    """The score of this period as a score-only feed gives it, by competitor id."""

    scores: dict[str, Points]


D = TypeVar("D", bound=Detail)


def read(event: EventOp, shape: type[D]) -> D:
    """An event's `detail` as the rules see it; raises `InvalidPayload` that names the field."""
    return convert(event.detail, shape)


COMMON_DETAILS: dict[str, type[Detail]] = {
    "period_start": PeriodStart,
    "match_end": MatchEnd,
    "status": StatusChange,
    "score": AbsoluteScore,
}
"""Event types that mean the same in every sport; `period_end` needs no detail."""


def check_event(setup: Setup, event: EventOp, details: Mapping[str, type[Detail]], scoring: frozenset[str]) -> None:
    """The checks that every sport makes.

    Args:
        setup: The match.
        event: The event in question.
        details: The shape of `detail` by event type.
        scoring: Event types that need a competitor.

    Raises:
        InvalidPayload: The event names nobody of this match, or its detail cannot be read.
    """
    if event.competitor_id is not None and event.competitor_id not in setup.ids:
        raise InvalidPayload(f"competitorId must be one of {', '.join(setup.ids)}.")
    if event.competitor_id is None and event.type in scoring:
        raise InvalidPayload(f"A {event.type} needs its competitorId.")
    if event.stated is not None and not set(event.stated) <= set(setup.ids):
        raise InvalidPayload(f"stated names a competitor that is none of {', '.join(setup.ids)}.")
    shape = details.get(event.type) or COMMON_DETAILS.get(event.type)
    if shape is None:
        return
    detail = read(event, shape)
    named: set[str] = set()
    if isinstance(detail, AbsoluteScore):
        named = set(detail.scores)
    elif isinstance(detail, MatchEnd) and detail.outcome and detail.outcome.winner_id:
        named = {detail.outcome.winner_id}
    if not named <= set(setup.ids):
        raise InvalidPayload(f"detail names a competitor that is none of {', '.join(setup.ids)}.")


@dataclass(slots=True)
class Period:
    """One half, quarter, innings or shoot-out while it is scored."""

    number: int
    type: PeriodType
    scores: dict[str, int]
    ended: bool = False


class Board:
    """Periods, status and stated outcome: the part of the scoreboard that is the same in every sport."""

    def __init__(self, setup: Setup) -> None:
        self.setup = setup
        self.periods: dict[int, Period] = {}
        self.status: Status = "scheduled"
        self.status_text: str | None = None
        self.stated: StatedOutcome | None = None
        self.current = 0
        self.running = False

    def period(self, number: int, kind: PeriodType) -> Period:
        """The period of that number, opened as `kind` where it is new."""
        if number not in self.periods:
            self.periods[number] = Period(number, kind, dict.fromkeys(self.setup.ids, 0))
        return self.periods[number]

    def play(self, number: int) -> None:
        """The ball is in play in that period, so the match is live, unless it is over."""
        self.current = number
        if self.status not in ("ended", "closed"):
            self.status, self.status_text, self.running = "live", None, True

    def common(self, event: EventOp, kind: PeriodType) -> bool:
        """Take in one of the types that every sport shares; False when it is none.

        Args:
            event: The next event.
            kind: What a period of this number is where the event does not say.
        """
        if event.type == "period_start":
            self.period(event.period, read(event, PeriodStart).type or kind)
            self.play(event.period)
        elif event.type == "period_end":
            self.period(event.period, kind).ended = True
            self.current = event.period
            if self.status not in ("ended", "closed"):
                self.status, self.status_text, self.running = "break", None, False
        elif event.type == "match_end":
            self.stated = read(event, MatchEnd).outcome
            self.status, self.status_text, self.running = "ended", None, False
        elif event.type == "status":
            change = read(event, StatusChange)
            self.status, self.status_text = change.status, change.text
            self.running = change.status == "live"
        elif event.type == "score":
            self.period(event.period, kind).scores.update(read(event, AbsoluteScore).scores)
            self.play(event.period)
        else:
            return False
        return True

    @property
    def over(self) -> bool:
        """Whether a result stands."""
        return self.status in ("ended", "closed")

    def ordered(self) -> list[Period]:
        """The periods by number."""
        return [self.periods[number] for number in sorted(self.periods)]

    def total(self, *kinds: PeriodType) -> dict[str, int]:
        """Scores added up over the periods of these types, by competitor id."""
        sums = dict.fromkeys(self.setup.ids, 0)
        for period in self.periods.values():
            if period.type in kinds:
                for competitor, score in period.scores.items():
                    sums[competitor] += score
        return sums

    def outcome(self, computed: Outcome) -> Outcome:
        """The computed result, or what the feed stated in its place (see `StatedOutcome`)."""
        stated = self.stated
        if stated is None:
            return computed
        if stated.text is not None:
            return Outcome(text=stated.text, winner_id=stated.winner_id, by=stated.by)
        if stated.winner_id is None or stated.winner_id == computed.winner_id:
            return msgspec.structs.replace(computed, by=stated.by or computed.by)
        by = f" by {stated.by}" if stated.by else ""
        return Outcome(text=f"{self.setup.name(stated.winner_id)} won{by}", winner_id=stated.winner_id, by=stated.by)


def wire_period(period: Period, detail: CricketInnings | None = None) -> MatchPeriod:
    """A period as clients see it."""
    return MatchPeriod(number=period.number, type=period.type, scores=dict(period.scores), detail=detail)
