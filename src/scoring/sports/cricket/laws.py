"""Cricket: what cannot be of one ball or wicket, by the Laws of the MCC.

The rules ask for each event, the scorer for what old records may hold. Each function returns a sentence, or None.
"""

from __future__ import annotations

from kit.contracts import convert
from scoring.model import EventOp
from scoring.sports.cricket.details import Ball, BetweenBalls, CricketConfig, InningsScore
from scoring.sports.cricket.dismissals import BOWLERS_WICKETS, KINDS, OFF_A_NO_BALL, OFF_A_WIDE, WITHOUT_A_BALL, known
from scoring.sports.shared.details import read, read_if
from scoring.sports.shared.setup import Setup

MAX_RUNS_OF_A_BALL = 12
"""Runs off one ball, of one kind. The most that are known of were ten, run."""

MISCOUNT = 2
"""Balls by which umpires may miscount an over: seven happen, eight are rare."""


def ball_or_wicket(setup: Setup, event: EventOp) -> str | None:
    """What cannot be of a ball, of a wicket without one, or of a stated score of an innings."""
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
