"""Results that are stated, by a feed or by a person, and the sentences that are made of them.

`board` asks when a match is over. It never decides who has won by the score: the sports do.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from scoring.model import Method, Outcome
from scoring.sports.shared.details import StatedOutcome
from scoring.sports.shared.setup import Setup

DECREED: frozenset[Method] = frozenset({"awarded", "walkover", "default"})
"""Ways in which a match is given to a side whatever was played, a shoot-out too."""

DECIDERS = frozenset({"penalties", "super over"})
"""What is played after a match that is level: where it has a winner, that is the winner, whoever is stated."""

WITHOUT_WINNER: dict[Method, str] = {"no_result": "No result", "draw": "Match drawn", "tie": "Match tied"}
"""What ends a match that nobody has won, and how it is told."""

_WITH_WINNER: dict[Method, str] = {
    "walkover": "{winner} won by walk-over",
    "retirement": "{winner} won, {loser} retired",
    "default": "{winner} won by default",
    "awarded": "Awarded to {winner}",
    "dls": "{winner} won{by} (DLS)",
    "penalties": "{winner} won on penalties",
    "aggregate": "{winner} won{by} on aggregate",
}
_UNTOLD: dict[Method, str] = {
    "walkover": "Walk-over",
    "retirement": "Ended by retirement",
    "default": "Ended by default",
    "awarded": "Awarded",
    "dls": "Decided by a rain rule",
    "penalties": "Decided on penalties",
    "aggregate": "Decided on aggregate",
}
"""Of a match whose winner is not told."""


def as_stated(
    setup: Setup, stated: StatedOutcome | None, computed: Outcome, aggregate: Mapping[str, int] | None = None
) -> Outcome:
    """The result: the computed one, or what was stated in its place (see `StatedOutcome`).

    Args:
        setup: The match.
        stated: What was stated.
        computed: What the events come to; `by` is one of `DECIDERS` where such a decider has been played.
        aggregate: The score over both legs, where it is known.
    """
    if stated is None:
        return computed
    if computed.by in DECIDERS and stated.method not in DECREED:
        agrees = stated.winner_id in (None, computed.winner_id)
        return replace(computed, text=stated.text) if agrees and stated.text is not None else computed
    winner, method = stated.winner_id, stated.method
    if method in WITHOUT_WINNER:
        winner = None
    if stated.text is not None:
        return Outcome(text=stated.text, winner_id=winner, by=stated.by, method=method)
    if method is not None:
        return _by_method(setup, replace(stated, winner_id=winner), method, computed, aggregate)
    if winner is None or winner == computed.winner_id:
        return replace(computed, by=stated.by or computed.by)
    by = f" by {stated.by}" if stated.by else ""
    return Outcome(text=f"{setup.name(winner)} won{by}", winner_id=winner, by=stated.by)


def _by_method(
    setup: Setup, stated: StatedOutcome, method: Method, computed: Outcome, aggregate: Mapping[str, int] | None
) -> Outcome:
    winner = stated.winner_id
    if computed.winner_id == winner and computed.method == method:
        return replace(computed, by=stated.by or computed.by)
    if winner is None:
        same = computed.winner_id is None and method in ("draw", "tie")
        text = computed.text if same else WITHOUT_WINNER.get(method) or _UNTOLD[method]
        return Outcome(text=text, by=stated.by or (computed.by if same else None), method=method)
    margin = stated.by
    if method == "dls" and margin is None and computed.winner_id == winner:
        margin = computed.by  # a rain rule's target is in the score
    if method == "aggregate" and aggregate is not None:
        loser = setup.opponent(winner)
        margin = f"{aggregate.get(winner, 0)}-{aggregate.get(loser, 0)}"
        by = f" {margin}"
    else:
        by = f" by {margin}" if margin else ""
    text = _WITH_WINNER[method].format(winner=setup.name(winner), loser=setup.name(setup.opponent(winner)), by=by)
    return Outcome(text=text, winner_id=winner, by=margin or method, method=method)
