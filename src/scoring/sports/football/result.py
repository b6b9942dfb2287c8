"""How a match of football ends: on the day, on kicks, over two legs.

`scorer` asks once a match is over. A result that is stated replaces it elsewhere (`shared.outcomes`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from scoring.model import Outcome
from scoring.sports.shared.details import StatedOutcome
from scoring.sports.shared.outcomes import DECREED
from scoring.sports.shared.setup import Setup


@dataclass(frozen=True, slots=True)
class Final:
    """What is known when it is over; scores by competitor id.

    `kicks` is None where there was no shoot-out, and level where it is not told how it went.
    """

    goals: Mapping[str, int]
    kicks: Mapping[str, int] | None
    extra_time: bool
    aggregate: Mapping[str, int] | None


def result(setup: Setup, final: Final, stated: StatedOutcome | None) -> Outcome:
    """The result by the score: kicks decide whenever there are any, whatever the score of the day was.

    Args:
        setup: The match.
        final: Its goals, its kicks, and the score over both legs.
        stated: What was stated, which says who won kicks that are level or not told.
    """
    home, away = setup.ids
    goals, kicks = final.goals, final.kicks
    if kicks is not None and kicks[home] != kicks[away]:
        return _on_kicks(setup, final, kicks)
    shoot_out = kicks is not None or (stated is not None and stated.method == "penalties")
    if shoot_out and not (stated is not None and stated.method in DECREED):
        return _open(setup, final, kicks, stated)
    late = " after extra time" if final.extra_time else ""
    over_legs = _over_legs(setup, final.aggregate)
    if goals[home] == goals[away]:
        return Outcome(text=f"Draw, {goals[home]}-{goals[away]}{late}{over_legs}")
    winner = home if goals[home] > goals[away] else away
    loser = setup.opponent(winner)
    text = f"{setup.name(winner)} beat {setup.name(loser)} {goals[winner]}-{goals[loser]}{late}{over_legs}"
    return Outcome(text=text, winner_id=winner, by="goals")


def _on_kicks(setup: Setup, final: Final, kicks: Mapping[str, int]) -> Outcome:
    home, away = setup.ids
    winner = home if kicks[home] > kicks[away] else away
    loser = setup.opponent(winner)
    text = f"{setup.name(winner)} beat {setup.name(loser)} {kicks[winner]}-{kicks[loser]} on penalties"
    text += _of_the_day(final.goals, winner, loser) + _over_legs(setup, final.aggregate)
    return Outcome(text=text, winner_id=winner, by="penalties")


def _open(setup: Setup, final: Final, kicks: Mapping[str, int] | None, stated: StatedOutcome | None) -> Outcome:
    """A shoot-out that is level, or of which nothing is told: who won it has to be stated."""
    home, away = setup.ids
    over_legs = _over_legs(setup, final.aggregate)
    if stated is not None and stated.winner_id is not None:
        winner = stated.winner_id
        text = f"{setup.name(winner)} won on penalties"
        text += _of_the_day(final.goals, winner, setup.opponent(winner)) + over_legs
        return Outcome(text=text, winner_id=winner, by="penalties", method="penalties")
    text = f"{final.goals[home]}-{final.goals[away]}, decided on penalties"
    if kicks is not None and any(kicks.values()):
        text = f"{final.goals[home]}-{final.goals[away]}, {kicks[home]}-{kicks[away]} on penalties"
    return Outcome(text=f"{text}: the winner is not known{over_legs}", method="penalties")


def _of_the_day(goals: Mapping[str, int], winner: str, loser: str) -> str:
    what = "draw" if goals[winner] == goals[loser] else "win" if goals[winner] > goals[loser] else "defeat"
    return f" after a {goals[winner]}-{goals[loser]} {what}"


def _over_legs(setup: Setup, aggregate: Mapping[str, int] | None) -> str:
    """The score over both legs in brackets; empty where it is not known."""
    if aggregate is None:
        return ""
    home, away = setup.ids
    if aggregate[home] == aggregate[away]:
        return f" ({aggregate[home]}-{aggregate[away]} on aggregate)"
    ahead = home if aggregate[home] > aggregate[away] else away
    return f" ({setup.name(ahead)} {aggregate[ahead]}-{aggregate[setup.opponent(ahead)]} on aggregate)"
