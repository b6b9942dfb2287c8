"""Checks of one event against what is possible, that several sports make: periods, clocks, results and scores.

`scoring.sports.shared.rules` and the sports' own rules call them; each returns the sentence that says what is wrong,
or None. By hand such an event is refused with the sentence; from a feed it is taken, with an alert. What only the
events before it show is looked at by the scorers (`Scorer.cannot`).
"""

from __future__ import annotations

from collections.abc import Container

from scoring.model import EventOp, Method
from scoring.sports.shared.details import AbsoluteScore, MatchEnd, StatusChange, read
from scoring.sports.shared.outcomes import WITHOUT_WINNER
from scoring.sports.shared.setup import Setup

PERIODS = frozenset({"period_start", "period_end", "score"})
"""Event types that belong to a period in every sport."""


def result(sport: str, setup: Setup, event: EventOp, not_here: Container[Method]) -> str | None:
    """A stated result that contradicts itself.

    Args:
        sport: Its name, for the sentence.
        setup: The match.
        event: Any event; only those that can state a result are looked at.
        not_here: Methods that decide nothing in this sport.
    """
    if event.type not in ("match_end", "status"):
        return None
    shape: type[MatchEnd | StatusChange] = MatchEnd if event.type == "match_end" else StatusChange
    stated = read(event, shape).outcome
    if stated is None:
        return None
    if stated.method in not_here:
        return f"A match of {sport} is not decided by {stated.method}."
    if stated.method in WITHOUT_WINNER and stated.winner_id is not None:
        return f"{WITHOUT_WINNER[stated.method]}: {setup.name(stated.winner_id)} cannot have won."
    return None


def score(sport: str, event: EventOp, most: int) -> str | None:
    """An absolute score beyond reason.

    Args:
        sport: Its name, for the sentence.
        event: Any event; only those that state a score are looked at.
        most: What a side may have in one period.
    """
    if event.type != "score":
        return None
    highest = max(read(event, AbsoluteScore).scores.values(), default=0)
    return f"Nobody has {highest} in one period of {sport}." if highest > most else None


def period(event: EventOp, types: Container[str], most: int, what: str) -> str | None:
    """A period that the sport does not have.

    Args:
        event: Any event; only those of `types` are looked at.
        types: Event types that belong to a period.
        most: The highest number of a period.
        what: Which periods there are, for the sentence.
    """
    if event.type not in types or 1 <= event.period <= most:
        return None
    return f"There is no period {event.period}: {what}."


def clock(event: EventOp, most_s: float, what: str) -> str | None:
    """A time beyond reason.

    Args:
        event: Any event.
        most_s: Seconds, played or remaining.
        what: How long a period is, for the sentence.
    """
    told = event.clock
    if told is None or max(told.played_s or 0, told.remaining_s or 0) <= most_s:
        return None
    return f"The clock says {told.display}, and {what}."
