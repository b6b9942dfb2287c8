"""How a match of Wyscout ended, by its match object: the score after extra time, the shoot-out, the winner.

The match object has `score` of normal time, `scoreET` of normal and extra time together, `scoreP` of the shoot-out
alone, and a `label` with the score after extra time (`Russia - Croatia, 2 - 2 (P)`). So it is in all ten matches of the
data set that went on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from feeds.files.wyscout_shapes import TeamData, WyscoutMatch
from scoring.sports.football import SHOOT_OUT

Duration = Literal["Regular", "ExtraTime", "Penalties"]

_LABEL = re.compile(r", *(\d{1,3}) *- *(\d{1,3}) *(?:\(([EP])\))? *$")
_BY_SUFFIX: dict[str | None, Duration] = {None: "Regular", "E": "ExtraTime", "P": "Penalties"}


class Final(NamedTuple):
    """A stated final score by competitor id: `kicks` of a shoot-out, `winner` where it is said who won that."""

    goals: dict[str, int]
    periods: list[dict[str, Any]]
    kicks: dict[str, int] | None
    winner: str | None

    @property
    def last(self) -> int:
        """The number of the last period that was played."""
        return SHOOT_OUT if self.kicks is not None or self.winner is not None else len(self.periods) or 2

    def detail(self) -> dict[str, Any]:
        """The detail of the event that ends the match."""
        periods = list(self.periods)
        if self.kicks is not None:
            periods.append({"number": SHOOT_OUT, "scores": self.kicks})
        detail: dict[str, Any] = {"statedPeriods": periods} if periods else {}
        if self.winner is not None:
            detail["outcome"] = {"winnerId": self.winner, "method": "penalties"}
        return detail


def final_of(
    match: WyscoutMatch, home: TeamData, away: TeamData, told: Mapping[int, Mapping[str, int]]
) -> Final | str | None:
    """What the match object states.

    Args:
        match: The match object.
        home: The team whose goals stand first in the label.
        away: The other one.
        told: The goals that the events tell, by period and competitor id: extra time is stated as one, so what is told
            of its first half is the first half's, and the rest is the second's.

    Returns:
        The final score; why it is not taken, where the match object contradicts itself; None where it states none.
    """
    labelled = _LABEL.search(match.label)
    duration = match.duration or _BY_SUFFIX[labelled[3] if labelled else None]
    sides = (home, away)
    normal, whole = _both(sides, "score"), _both(sides, "score_et")
    if duration not in _BY_SUFFIX.values() or normal is None:
        return None
    goals = normal
    # Without extra time, as where kicks follow at once, `scoreET` is 0.
    if duration != "Regular" and whole is not None and all(whole[side] >= normal[side] for side in normal):
        goals = whole
    if duration != "Regular" and labelled is not None:
        label = dict(zip(normal, (int(labelled[1]), int(labelled[2])), strict=True))
        if label not in (goals, normal):
            return f"The score of {match.label!r} is neither its score nor its scoreET."
        goals = label
    kicks = _both(sides, "score_p") if duration == "Penalties" else None
    if kicks is not None and not any(kicks.values()):
        kicks = None  # no shoot-out ends at 0-0
    winner = next((str(side.team_id) for side in sides if side.team_id == match.winner), None)
    return Final(
        goals,
        _periods(sides, normal, goals, told, extra=duration != "Regular"),
        kicks,
        winner if duration == "Penalties" else None,
    )


def _both(sides: Sequence[TeamData], field: str) -> dict[str, int] | None:
    known = {str(side.team_id): getattr(side, field) for side in sides}
    return None if None in known.values() else known


def _periods(
    sides: Sequence[TeamData],
    normal: Mapping[str, int],
    goals: Mapping[str, int],
    told: Mapping[int, Mapping[str, int]],
    *,
    extra: bool,
) -> list[dict[str, Any]]:
    """The goals of each period; none where those of half-time do not fit."""
    first = _both(sides, "score_ht")
    if first is None or any(first[side] > normal[side] for side in normal):
        return []
    scores = [first, {side: normal[side] - first[side] for side in normal}]
    if extra and (goals != normal or told.keys() & {3, 4}):
        more = {side: goals[side] - normal[side] for side in goals}
        early = {side: min(told.get(3, {}).get(side, 0), more[side]) for side in goals}
        scores += [early, {side: more[side] - early[side] for side in goals}]
    return [{"number": number, "scores": score} for number, score in enumerate(scores, 1)]
