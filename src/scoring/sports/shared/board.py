"""The bookkeeping that is the same in every sport: periods, status, stated results.

The scorers of the sports use it while they read a match. It knows no sport's way of counting: what a period is worth,
and who has won, is theirs.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from scoring.model import CricketInnings, EventOp, MatchPeriod, Outcome, PeriodType, Status
from scoring.sports.shared.details import (
    AbsoluteScore,
    AggregateScore,
    MatchEnd,
    PeriodStart,
    StatedOutcome,
    StatedPeriod,
    StatusChange,
    read,
    read_if,
)
from scoring.sports.shared.outcomes import as_stated
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Override


@dataclass(slots=True)
class Period:
    """One half, quarter, innings or shoot-out while it is scored."""

    number: int
    type: PeriodType
    scores: dict[str, int]
    ended: bool = False


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
        """Note that play goes on in that period, so that the match is live, unless it is over."""
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
