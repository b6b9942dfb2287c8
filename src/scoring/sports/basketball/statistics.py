"""Basketball: the box score of each side.

`scoring.projection.statistics` reads a match through it. It never touches the score.
"""

from __future__ import annotations

from collections.abc import Mapping

from scoring.model import EventOp, StatColumn, StatGroup
from scoring.sports.basketball.details import FreeThrow, Shot
from scoring.sports.shared.details import read
from scoring.sports.shared.setup import Setup, Side
from scoring.sports.shared.tables import Counter, PlayerKey, Value, columns, row, total, with_role

MADE = {
    "fieldGoals": ("fieldGoalsMade", "fieldGoalsTried"), "threes": ("threesMade", "threesTried"),
    "freeThrows": ("freeThrowsMade", "freeThrowsTried"),
}  # fmt: skip
"""Columns that read `made-tried`."""

COLUMNS = columns(
    points="PTS", fieldGoals="FG", threes="3P", freeThrows="FT", rebounds="REB", offensiveRebounds="OREB",
    defensiveRebounds="DREB", assists="AST", steals="STL", blocks="BLK", turnovers="TO", fouls="PF",
)  # fmt: skip


MAYBE = frozenset({"offensiveRebounds", "defensiveRebounds", "assists", "steals", "blocks"})
"""What some feeds never tell; a column of zeros would say something else."""


class BasketballTally:
    """The box score.

    An event's `assist`, `steal` and `block` are players of it in these roles; the latter two are of the other side.
    Rebounds and turnovers of nobody count for the team: turnovers in its total, rebounds not, as in the NBA's box
    score. A technical foul is no personal one.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._counter = Counter(setup)

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        side, count = event.competitor_id, self._counter.add
        if side is None:
            return
        if event.type == "shot":
            self._shot(side, event)
        elif event.type == "free_throw":
            made = read(event, FreeThrow).made
            stats = ("freeThrowsTried", *(("freeThrowsMade", "points") if made else ()))
            count(side, with_role(event, "shooter"), *stats)
        elif event.type == "rebound":
            player = with_role(event, "rebounder")
            kind = {"off": "offensiveRebounds", "def": "defensiveRebounds"}.get(str(event.detail.get("kind", "")))
            count(side, player, "rebounds", *((kind,) if kind else ()), side=player is not None)
        elif event.type == "turnover":
            count(side, with_role(event, "player"), "turnovers")
            self._by_the_other(side, event, "steal", "steals")
        elif event.type == "foul" and event.detail.get("kind") != "technical":
            count(side, with_role(event, "offender"), "fouls")
        elif event.type == "substitution":
            for player in event.players:
                self._counter.seen(side, player)

    def _shot(self, side: str, event: EventOp) -> None:
        shot, shooter, count = read(event, Shot), with_role(event, "shooter"), self._counter.add
        three = shot.points == 3
        count(side, shooter, "fieldGoalsTried", *(("threesTried",) if three else ()))
        if not shot.made:
            self._by_the_other(side, event, "block", "blocks")
            return
        count(side, shooter, "fieldGoalsMade", *(("threesMade",) if three else ()), *(["points"] * shot.points))
        assist = with_role(event, "assist")
        if assist is not None:
            count(side, assist, "assists")

    def _by_the_other(self, side: str, event: EventOp, role: str, stat: str) -> None:
        player = with_role(event, role)
        if player is not None:
            self._counter.add(self._setup.opponent(side), player, stat)

    def groups(self) -> list[StatGroup]:
        """A table for each side, its starters first where the line-up tells them."""
        told = {key for side in self._setup.ids for key in self._counter.side(side)}
        shown = [column for column in COLUMNS if column.key not in MAYBE or column.key in told]
        return [self._group(side, shown) for side in (self._setup.home, self._setup.away)]

    def _group(self, side: Side, shown: list[StatColumn]) -> StatGroup:
        counts = dict(self._counter.players(side.id))
        starters = [PlayerKey(side.id, player.id) for player in side.lineup if player.starter]
        keys = list(dict.fromkeys([*starters, *counts]))
        rows = [row(self._counter.names, key, _box(counts.get(key, {}), shown)) for key in keys]
        totals = [total(self._setup, side.id, _box(self._counter.side(side.id), shown))]
        return StatGroup(key=f"players.{side.id}", title=side.name, columns=shown, rows=rows, totals=totals)


def _box(counts: Mapping[str, int], shown: list[StatColumn]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for column in shown:
        if column.key in MADE:
            made, tried = MADE[column.key]
            values[column.key] = f"{counts.get(made, 0)}-{counts.get(tried, 0)}"
        else:
            values[column.key] = counts.get(column.key, 0)
    return values
