"""Cricket: the configuration of a match, its event types, and their `detail` as the rules read it.

Scorer, statistics and rules read events by these types; nothing here decides anything.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from kit.contracts import Payload
from scoring.sports.shared.details import AbsoluteScore, Detail, MatchEnd, PeriodStart

TargetRuns = Annotated[int, msgspec.Meta(ge=0, le=10_000)]
Overs = Annotated[float, msgspec.Meta(ge=0, le=1000)]
"""As people write them: 12.4 is 12 overs and 4 balls."""


class CricketConfig(Payload, frozen=True, kw_only=True):
    """`overs` an innings: none in matches that are limited by days, which have two innings a side."""

    overs: Annotated[int, msgspec.Meta(ge=1, le=200)] | None = None
    balls_per_over: Annotated[int, msgspec.Meta(ge=1, le=10)] = 6
    innings_per_side: Annotated[int, msgspec.Meta(ge=1, le=2)] = 1
    wickets: Annotated[int, msgspec.Meta(ge=1, le=20)] = 10


class InningsStart(PeriodStart, frozen=True, kw_only=True):
    """`targetRuns` and `targetOvers` where they do not follow from the score (a rain rule)."""

    batting_id: str
    target_runs: TargetRuns | None = None
    target_overs: Overs | None = None


class InningsEnd(Detail, frozen=True, kw_only=True):
    """The end of an innings."""

    declared: bool = False


class InningsScore(AbsoluteScore, frozen=True, kw_only=True):
    """The score of this innings, and what a score-only feed knows of it: `battingId` is needed for the rest."""

    batting_id: str | None = None
    wickets: Annotated[int, msgspec.Meta(ge=0, le=20)] = 0
    overs: Overs | None = None
    declared: bool = False
    target_runs: TargetRuns | None = None


class Revision(Detail, frozen=True, kw_only=True):
    """A `target` event: what a rain rule makes of an innings from here on.

    `targetRuns` and `targetOvers` replace those that stood. `parRuns` is the score at which the match would be tied if
    it ended now; it holds until the next ball.
    """

    target_runs: TargetRuns | None = None
    target_overs: Overs | None = None
    par_runs: TargetRuns | None = None


class CricketEnd(MatchEnd, frozen=True, kw_only=True):
    """`parRuns`: the par score at the end of a chase that was cut short, which decides it."""

    par_runs: TargetRuns | None = None


Runs = Annotated[int, msgspec.Meta(ge=0, le=100)]


class Extras(Detail, frozen=True, kw_only=True):
    """Runs that no batter scored (MCC Laws 21-23 and 41)."""

    wides: Runs = 0
    noballs: Runs = 0
    byes: Runs = 0
    legbyes: Runs = 0
    penalty: Runs = 0


class Wicket(Detail, frozen=True, kw_only=True):
    """A dismissal; `kind` as of `scoring.sports.cricket.dismissals` (`caught`, `run out`, `retired hurt`, …)."""

    kind: str
    player_out: str | None = None


class Ball(Detail, frozen=True, kw_only=True):
    """One delivery; `competitorId` is the batting side.

    `over` counts from 0 and is optional, but makes overs of other than six balls come out right.
    `nonBoundary`: four or six were run, not hit.
    """

    batter_runs: Runs = 0
    extras: Extras = Extras()
    wickets: tuple[Wicket, ...] = ()
    over: Annotated[int, msgspec.Meta(ge=0, le=1000)] | None = None
    non_boundary: bool = False


class BetweenBalls(Detail, frozen=True, kw_only=True):
    """A `wicket` event: who goes, or never comes, without a ball being bowled (timed out, retired, absent)."""

    wickets: Annotated[tuple[Wicket, ...], msgspec.Meta(min_length=1)]


class PenaltyRuns(Detail, frozen=True, kw_only=True):
    """Runs that are awarded outside of a delivery (MCC Law 41); `competitorId` is the side that gets them."""

    runs: Runs


DETAILS: dict[str, type[Detail]] = {
    "period_start": InningsStart,
    "period_end": InningsEnd,
    "ball": Ball,
    "wicket": BetweenBalls,
    "penalty_runs": PenaltyRuns,
    "score": InningsScore,
    "target": Revision,
    "match_end": CricketEnd,
}
SCORING = frozenset({"ball", "penalty_runs", "wicket"})
"""Other types, `review`, `toss` and `drinks` among them, are commentary."""

MAX_SUPER_OVERS = 20
"""Ten pairs; the most in a real match were three."""
