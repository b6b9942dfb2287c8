"""What the rules of every sport share: their inputs, their result, and the bookkeeping of periods and status."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import NamedTuple, Protocol, TypeVar

from kit.contracts import Reply, convert
from kit.errors import InvalidPayload
from scoring.model import (
    CricketInnings,
    Doubt,
    EventOp,
    GameScore,
    MatchClock,
    MatchPeriod,
    Outcome,
    PeriodType,
    Sport,
    StatedScore,
    StatGroup,
    Status,
)
from scoring.sports.details import (
    AbsoluteScore,
    AggregateScore,
    Detail,
    MatchEnd,
    PeriodStart,
    StatedOutcome,
    StatedPeriod,
    StatusChange,
)
from scoring.sports.outcomes import as_stated
from scoring.sports.setup import Player, Setup, Side

__all__ = [
    "AbsoluteScore", "Board", "Detail", "Folded", "Lawful", "MatchEnd", "Override", "Period", "PeriodStart", "Player",
    "Scorer", "Setup", "Side", "SportRules", "StatedOutcome", "Tally", "check_event", "read", "read_if", "wire_period",
]  # fmt: skip


class Folded(Reply, frozen=True, kw_only=True):
    """The state of a match that follows from its events alone.

    `scores` and `displays` are by competitor id and always hold both: an integer for order, a text for people.
    `scoreStated`: both, and the result, are what `stated` says and not what the events come to. `doubts`: events that
    cannot be, at most `MAX_DOUBTS`.
    """

    status: Status
    periods: list[MatchPeriod]
    scores: dict[str, int]
    displays: dict[str, str]
    status_detail: str | None = None
    clock: MatchClock | None = None
    outcome: Outcome | None = None
    game: GameScore | None = None
    aggregate: dict[str, int] | None = None
    stated: StatedScore | None = None
    score_stated: bool | None = None
    doubts: list[Doubt] | None = None


class Override(NamedTuple):
    """The final score that stands as it was stated; by competitor id.

    `kicks_alone`: the events come to it, but not to the shoot-out that is stated with it.
    """

    scores: Mapping[str, int]
    kicks_alone: bool = False


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

    def cannot(self, event: EventOp) -> str | None:
        """Why this event cannot be the next one, as a sentence; None where nothing speaks against it."""
        ...

    def scores(self) -> dict[str, int]:
        """The score for order, by competitor id, after the events so far."""
        ...

    def displays(self) -> dict[str, str]:
        """The score for people, by competitor id, after the events so far."""
        ...

    def folded(self, stated: Override | None = None) -> Folded:
        """The state after the events so far; of a match that is over with the stated score, where that is another."""
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
        """Raise `InvalidPayload` where an event cannot be read, or cannot be: what a person may not enter."""
        ...

    def check_readable(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` where an event could not be scored: what is taken from nobody."""
        ...

    def objection(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event that can be read cannot be, as a sentence; None where nothing speaks against it."""
        ...

    def begin(self, setup: Setup) -> Scorer:
        """A scorer before the first event."""
        ...

    def tally(self, setup: Setup) -> Tally:
        """What counts for the players, before the first event."""
        ...


D = TypeVar("D", bound=Detail)


def read(event: EventOp, shape: type[D]) -> D:
    """An event's `detail` as the rules see it; raises `InvalidPayload` that names the field."""
    return convert(event.detail, shape)


def read_if(event: EventOp, shape: type[D]) -> D | None:
    """The same of a type that was free for any remark before; None where it cannot be read."""
    try:
        return read(event, shape)
    except InvalidPayload:
        return None


COMMON_DETAILS: dict[str, type[Detail]] = {
    "period_start": PeriodStart,
    "match_end": MatchEnd,
    "status": StatusChange,
    "score": AbsoluteScore,
    "aggregate": AggregateScore,
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
    if not _named(read(event, shape)) <= set(setup.ids):
        raise InvalidPayload(f"detail names a competitor that is none of {', '.join(setup.ids)}.")


def _named(detail: Detail) -> set[str]:
    """The competitors that a detail names."""
    if isinstance(detail, (AbsoluteScore, AggregateScore)):
        return set(detail.scores)
    named: set[str] = set()
    if isinstance(detail, (MatchEnd, StatusChange)) and detail.outcome and detail.outcome.winner_id:
        named.add(detail.outcome.winner_id)
    if isinstance(detail, MatchEnd):
        named.update(*(period.scores for period in detail.stated_periods))
    return named


@dataclass(slots=True)
class Period:
    """One half, quarter, innings or shoot-out while it is scored."""

    number: int
    type: PeriodType
    scores: dict[str, int]
    ended: bool = False


class Lawful(ABC):
    """The rules of a sport that tell what cannot be read from what cannot be."""

    @abstractmethod
    def check_readable(self, setup: Setup, event: EventOp) -> None:
        """See `SportRules`."""

    @abstractmethod
    def objection(self, setup: Setup, event: EventOp) -> str | None:
        """See `SportRules`."""

    def check(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` where an event cannot be read, or cannot be."""
        self.check_readable(setup, event)
        why = self.objection(setup, event)
        if why is not None:
            raise InvalidPayload(why)


class Board:
    """Periods, status and stated outcome: the part of the scoreboard that is the same in every sport."""

    def __init__(self, setup: Setup, kind_of: Callable[[int], PeriodType]) -> None:
        """A match before its first event; `kind_of` is what a period of a number is where it is not said."""
        self.setup = setup
        self._kind_of = kind_of
        self.periods: dict[int, Period] = {}
        self.status: Status = "scheduled"
        self.status_text: str | None = None
        self.stated: StatedOutcome | None = None
        self.stated_periods: tuple[StatedPeriod, ...] = ()
        self.told_aggregate: dict[str, int] | None = None
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
            end = read(event, MatchEnd)
            self.stated, self.stated_periods = end.outcome, end.stated_periods
            self._take_kicks(end.stated_periods)
            self.status, self.status_text, self.running = "ended", None, False
        elif event.type == "status":
            change = read(event, StatusChange)
            self.status, self.status_text = change.status, change.text
            self.running = change.status == "live"
            self.stated = change.outcome or self.stated
        elif event.type == "aggregate":
            aggregate = read_if(event, AggregateScore)
            self.told_aggregate = aggregate.scores if aggregate is not None else self.told_aggregate
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

    @property
    def decided(self) -> bool:
        """Whether there is a result to tell: the match is over, or it was stated of one that was not played out."""
        return self.over or (self.status in ("abandoned", "cancelled") and self.stated is not None)

    def outcome(self, computed: Outcome, aggregate: Mapping[str, int] | None = None) -> Outcome:
        """The computed result, or what was stated in its place (see `StatedOutcome`)."""
        return as_stated(self.setup, self.stated, computed, aggregate)

    def aggregate(self) -> dict[str, int] | None:
        """The score over both legs as a feed tells it; None where nobody does."""
        told = self.told_aggregate
        return None if told is None else dict.fromkeys(self.setup.ids, 0) | told

    def in_force(self, stated: Override | None, scores: Mapping[str, int]) -> Override | None:
        """What is shown in place of what the events come to; None where they agree, and while the match goes on.

        Args:
            stated: The stated final score.
            scores: What the events come to.
        """
        if stated is None or not self.over:
            return None
        if stated.scores != scores:
            return stated
        kicks = self.stated_kicks(self.stated_periods)
        differ = any(self.periods[number].scores != told for number, told in kicks.items() if number in self.periods)
        return stated._replace(kicks_alone=True) if differ else None

    def shown_periods(self, stated: Override | None) -> list[Period]:
        """The periods by number; with a stated score those that were stated with it, and the shoot-out."""
        if stated is None:
            return self.ordered()
        none = dict.fromkeys(self.setup.ids, 0)
        shown = {one.number: one for one in self.ordered() if stated.kicks_alone or one.type == "penalties"}
        for told in self.stated_periods:
            kind = self._kind_of(told.number)
            if kind != "penalties" and not stated.kicks_alone:
                shown[told.number] = Period(told.number, kind, none | told.scores, ended=True)
        for number, scores in self.stated_kicks(self.stated_periods).items():
            shown[number] = Period(number, "penalties", scores, ended=True)
        return [shown[number] for number in sorted(shown)]

    def stated_kicks(self, stated: Iterable[StatedPeriod]) -> dict[int, dict[str, int]]:
        """The shoot-out by number of its period, where it is stated and has a winner: level, it says nothing."""
        none = dict.fromkeys(self.setup.ids, 0)
        kicks = {one.number: none | one.scores for one in stated if self._kind_of(one.number) == "penalties"}
        return {number: scores for number, scores in kicks.items() if len(set(scores.values())) > 1}

    def _take_kicks(self, stated: Iterable[StatedPeriod]) -> None:
        """A shoot-out that is stated and of which nothing else is told is as it is stated."""
        for one in stated:
            if self._kind_of(one.number) == "penalties":
                period = self.period(one.number, "penalties")
                if not any(period.scores.values()):
                    period.scores.update(one.scores)


def wire_period(period: Period, detail: CricketInnings | None = None) -> MatchPeriod:
    """A period as clients see it."""
    return MatchPeriod(number=period.number, type=period.type, scores=dict(period.scores), detail=detail)
