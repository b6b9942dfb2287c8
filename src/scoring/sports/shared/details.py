"""The `detail` of the events that every sport has, as the rules read it, and the reading of any event's detail.

The sports extend these shapes in their own `details` modules. Reading never changes an event, and ignores fields of a
detail that no rule knows: a feed may put more there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, TypeVar

import msgspec

from kit.contracts import convert
from kit.errors import InvalidPayload
from scoring.model import EventOp, Method, PeriodType, Points, Status
from scoring.sports.shared.setup import Setup


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
