"""What cannot be, by the laws of each sport, as far as one event shows it.

By hand such an event is refused with the sentence; from a feed it is taken, with an alert. What only the events before
it show is looked at by the scorers (`Scorer.cannot`).
"""

from __future__ import annotations

import re
from collections.abc import Container, Mapping

from kit.contracts import convert
from scoring.model import EventOp, Method, Sport
from scoring.sports.cricket_details import Ball, BetweenBalls, CricketConfig, InningsScore
from scoring.sports.details import AbsoluteScore, MatchEnd, StatedOutcome, StatusChange
from scoring.sports.dismissals import (
    BOWLERS_WICKETS,
    KINDS,
    OFF_A_NO_BALL,
    OFF_A_WIDE,
    WITHOUT_A_BALL,
    known,
)
from scoring.sports.outcomes import WITHOUT_WINNER
from scoring.sports.scoring import read, read_if
from scoring.sports.setup import Setup

MAX_OVERTIMES = 20
"""The longest match of the NBA had six."""

MAX_SUPER_OVERS = 20
"""Ten pairs; the most in a real match were three."""

MAX_STOPPAGE_MIN = 75
"""Minutes beyond a half: a scorer may have forgotten to end it, and is in the second one by now."""

MAX_RUNS_OF_A_BALL = 12
"""Runs off one ball, of one kind. The most that are known of were ten, run."""

MISCOUNT = 2
"""Balls by which umpires may miscount an over: seven happen, eight are rare."""

MOST: Mapping[Sport, int] = {"football": 150, "basketball": 250, "cricket": 2_000, "tennis": 200}
"""Scores of one period; the highest that are known of are 149, 102 and 1,107, and 70 games."""

NOT_HERE: Mapping[Sport, frozenset[Method]] = {
    "football": frozenset({"dls"}),
    "basketball": frozenset({"dls", "penalties"}),
    "cricket": frozenset({"penalties", "aggregate"}),
    "tennis": frozenset({"dls", "penalties", "aggregate"}),
}
"""Methods that decide nothing in a sport."""

_CARDS = {
    "yellow": "yellow", "yellowcard": "yellow", "secondyellow": "second_yellow", "secondyellowcard": "second_yellow",
    "2ndyellow": "second_yellow", "yellowred": "second_yellow", "yellowredcard": "second_yellow", "red": "red",
    "redcard": "red", "straightred": "red",
}  # fmt: skip


def card_of(event: EventOp) -> str | None:
    """`yellow`, `second_yellow` or `red`, however it was written; None for a card that there is not."""
    return _CARDS.get(re.sub(r"[^a-z0-9]", "", str(event.detail.get("card", "")).lower()))


def common(sport: Sport, setup: Setup, event: EventOp) -> str | None:
    """What cannot be in any sport: results that contradict themselves, and scores beyond reason."""
    if event.type in ("match_end", "status"):
        shape: type[MatchEnd | StatusChange] = MatchEnd if event.type == "match_end" else StatusChange
        stated = read(event, shape).outcome
        return None if stated is None else _result(sport, setup, stated)
    if event.type == "score":
        most = max(read(event, AbsoluteScore).scores.values(), default=0)
        if most > MOST[sport]:
            return f"Nobody has {most} in one period of {sport}."
    return None


def _result(sport: Sport, setup: Setup, stated: StatedOutcome) -> str | None:
    if stated.method in NOT_HERE[sport]:
        return f"A match of {sport} is not decided by {stated.method}."
    if stated.method in WITHOUT_WINNER and stated.winner_id is not None:
        return f"{WITHOUT_WINNER[stated.method]}: {setup.name(stated.winner_id)} cannot have won."
    return None


def period(event: EventOp, types: Container[str], most: int, what: str) -> str | None:
    """A period that the sport does not have; only of events of these types."""
    if event.type not in types or 1 <= event.period <= most:
        return None
    return f"There is no period {event.period}: {what}."


PERIODS = frozenset({"period_start", "period_end", "score"})


def clock(event: EventOp, most_s: float, what: str) -> str | None:
    """A time beyond reason."""
    told = event.clock
    if told is None or max(told.played_s or 0, told.remaining_s or 0) <= most_s:
        return None
    return f"The clock says {told.display}, and {what}."


# Cricket


def cricket(setup: Setup, event: EventOp) -> str | None:
    """A ball, or a wicket without one."""
    if event.type == "ball":
        return _ball(read(event, Ball))
    if event.type == "wicket":
        told = read_if(event, BetweenBalls)
        for wicket in told.wickets if told is not None else ():
            kind = known(wicket.kind)
            if kind is None:
                return _no_such_kind(wicket.kind)
            if kind not in WITHOUT_A_BALL:
                return f"Nobody is {kind} without a ball: the wicket belongs to it."
    if event.type == "score":
        config = convert(dict(setup.config), CricketConfig)
        score = read(event, InningsScore)
        if score.wickets > config.wickets:
            return f"An innings has {config.wickets} wickets, not {score.wickets}."
        if score.overs is not None and round(score.overs * 10) % 10 > config.balls_per_over:
            return f"An over has {config.balls_per_over} balls: {score.overs:g} overs cannot be."
    return None


def _no_such_kind(kind: str) -> str:
    return f"Nobody is out {kind[:40]!r}. It is one of: {', '.join(KINDS)}."


def _ball(ball: Ball) -> str | None:
    return _extras(ball) or _wickets(ball)


def _extras(ball: Ball) -> str | None:
    extras = ball.extras
    if extras.wides and extras.noballs:
        return "A ball is a wide or a no-ball, not both: the no-ball counts (MCC Law 21.13)."
    runs = max(ball.batter_runs, extras.wides, extras.noballs, extras.byes, extras.legbyes)
    return f"Nobody scores {runs} off one ball." if runs > MAX_RUNS_OF_A_BALL else None


def runs_of_two_kinds(ball: Ball) -> str | None:
    """Runs that are counted as of two kinds. Scorers who write a ball down in a hurry do so, old records too."""
    extras = ball.extras
    if extras.wides and (ball.batter_runs or extras.byes or extras.legbyes):
        return "All runs off a wide are wides (MCC Law 22.7)."
    if extras.byes and extras.legbyes:
        return "Runs are byes or leg byes, not both (MCC Law 23)."
    if ball.batter_runs and (extras.byes or extras.legbyes):
        return "Runs are off the bat or (leg) byes, not both (MCC Law 23)."
    return None


def _wickets(ball: Ball) -> str | None:
    kinds = [known(wicket.kind) for wicket in ball.wickets]
    for kind, wicket in zip(kinds, ball.wickets, strict=True):
        if kind is None:
            return _no_such_kind(wicket.kind)
        if ball.extras.noballs and kind not in OFF_A_NO_BALL:
            return f"Nobody is {kind} off a no-ball (MCC Law 21.18)."
        if ball.extras.wides and kind not in OFF_A_WIDE:
            return f"Nobody is {kind} off a wide (MCC Law 22.8)."
    if sum(kind in BOWLERS_WICKETS for kind in kinds) > 1:
        return "A bowler takes one wicket with a ball."
    return "At most two batters go with one ball." if len(kinds) > 2 else None


# Tennis


def no_such_set(games: Mapping[str, int], due: int, final_set: str) -> str | None:
    """A set ends at the games that it needs, two ahead, or one ahead by a tie-break.

    Args:
        games: As far as they are told, by competitor id.
        due: The games that win a set, and the score at which both play a tie-break.
        final_set: How this set is decided, as of the configuration; `tie_break` where it is not the last.
    """
    if final_set == "match_tie_break" or len(games) < 2:
        return None  # its scores are points, or nothing can be compared
    least, most = sorted(games.values())
    if final_set == "advantage":
        fits = most <= due or most - least <= 2
    else:
        fits = most <= due or (most == due + 1 and least in (due - 1, due))
    return None if fits else f"A set does not stand at {most}-{least}: it is won at {due} games, or {due + 1}."
