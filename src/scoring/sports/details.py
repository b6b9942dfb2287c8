"""The `detail` of the events that every sport has, as the rules read it, and how a result is stated in it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from scoring.model import Method, PeriodType, Points, Status


class Detail(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """What the rules read from an event's `detail`; a feed may put more there."""


Told = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
"""A sentence for people that becomes a part of the state."""


class StatedOutcome(Detail, frozen=True, kw_only=True):
    """A result that is stated: needed where the score alone does not decide (tie-breakers, rain, walk-overs).

    `method` says what decided; with `winnerId` it makes the sentence, and of `no_result`, `draw` and `tie` nobody is
    the winner. `by` is the margin in words (`5 runs`). A `text` is the whole result: with it, `winnerId` and `by` are
    as they are stated, and without a winner there is none. A `winnerId` alone leaves the rest to the score as far as
    it agrees. A shoot-out or Super Over that is decided decides, whoever is stated, unless the match was awarded.
    """

    text: Told | None = None
    winner_id: str | None = None
    by: Annotated[str, msgspec.Meta(max_length=100)] | None = None
    method: Method | None = None


class PeriodStart(Detail, frozen=True, kw_only=True):
    """`type` where it does not follow from the period's number."""

    type: PeriodType | None = None


class StatedPeriod(Detail, frozen=True, kw_only=True):
    """The score of one period, by competitor id."""

    number: Annotated[int, msgspec.Meta(ge=1, le=100)]
    scores: dict[str, Points]


class MatchEnd(Detail, frozen=True, kw_only=True):
    """`outcome` is optional: the rules know the ordinary results.

    `statedPeriods` go with the event's `stated` score, and are shown where that is: the periods of a match whose
    events are not all told.
    """

    outcome: StatedOutcome | None = None
    stated_periods: Annotated[tuple[StatedPeriod, ...], msgspec.Meta(max_length=100)] = ()


class StatusChange(Detail, frozen=True, kw_only=True):
    """An act of the match's status that no play shows (`delayed`, `interrupted`, `abandoned`, …).

    `outcome`: a result that stands all the same, such as of a match that was abandoned and awarded.
    """

    status: Status
    text: Annotated[str, msgspec.Meta(max_length=200)] | None = None
    outcome: StatedOutcome | None = None


class AbsoluteScore(Detail, frozen=True, kw_only=True):
    """The score of this period as a score-only feed gives it, by competitor id."""

    scores: dict[str, Points]


class AggregateScore(Detail, frozen=True, kw_only=True):
    """The score over both legs of a tie, this match's included, by competitor id."""

    scores: dict[str, Points]
