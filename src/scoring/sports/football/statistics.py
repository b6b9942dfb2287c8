"""Football: what the players and the sides did, as tables.

`scoring.projection.statistics` reads a match through it. It never touches the score.
"""

from __future__ import annotations

from kit.contracts import convert
from scoring.model import EventOp, StatGroup
from scoring.sports.football.clock import SHOOT_OUT, span
from scoring.sports.football.details import FootballConfig, Goal, card_of
from scoring.sports.shared.details import read
from scoring.sports.shared.setup import Setup, Side
from scoring.sports.shared.tables import Counter, PlayerKey, Value, columns, row, total, with_role

COLUMNS = columns(
    minutes="Min", goals="G", assists="A", shots="Sh", shotsOnTarget="SoT", ownGoals="OG", fouls="F",
    yellowCards="YC", redCards="RC",
)  # fmt: skip


SIDES = columns(
    shots="Shots", shotsOnTarget="Shots on target", saves="Saves", corners="Corners", offsides="Offsides",
    fouls="Fouls", yellowCards="Yellow cards", redCards="Red cards",
)  # fmt: skip


COUNTED_FOR_SIDES = {"save": "saves", "corner": "corners", "offside": "offsides"}
"""Types that no player is credited with, and what they count as for the side."""


class FootballTally:
    """Goals, assists, shots, cards and, where the line-ups say who starts, minutes on the pitch without stoppage."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._config = convert(dict(setup.config), FootballConfig)
        self._counter = Counter(setup)
        self._since: dict[PlayerKey, float] = {}
        self._played: dict[PlayerKey, float] = {}
        self._now = 0.0
        self._sent_off: dict[tuple[str, str | None], str | None] = {}
        for side in (setup.home, setup.away):
            for player in side.lineup:
                if player.starter:
                    self._since[PlayerKey(side.id, player.id)] = 0.0

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        self._time(event)
        side = event.competitor_id
        if side is None:
            return
        count = self._counter.add
        if event.type == "goal":
            self._goal(side, event)
        elif event.type == "shot":
            on_target = event.detail.get("onTarget") is True
            count(side, with_role(event, "shooter"), "shots", *(("shotsOnTarget",) if on_target else ()))
        elif event.type == "penalty_missed":
            count(side, with_role(event, "shooter"), "shots")
        elif event.type == "foul":
            count(side, with_role(event, "offender"), "fouls")
        elif event.type == "card":
            self._card(side, event)
        elif event.type in COUNTED_FOR_SIDES:
            count(side, None, COUNTED_FOR_SIDES[event.type])
        elif event.type == "substitution":
            for player in event.players:
                key = self._counter.seen(side, player)
                if player.role == "player_in":
                    self._since[key] = self._now
                elif player.role == "player_out":
                    self._leaves(key)

    def _time(self, event: EventOp) -> None:
        """Minutes of play, in which a period is as long as it should be."""
        if not 1 <= event.period < SHOOT_OUT:
            return
        start, length = span(event.period, self._config)
        played = None if event.clock is None else event.clock.played_s
        if event.type == "period_end":
            played = length * 60.0
        self._now = max(self._now, start + min((played or 0.0) / 60, length))

    def _goal(self, side: str, event: EventOp) -> None:
        """An own goal is its scorer's, though it counts for the other side."""
        own = with_role(event, "own_goal")
        if own is not None or read(event, Goal).own_goal:
            self._counter.add(self._setup.opponent(side), own or with_role(event, "scorer"), "ownGoals")
            self._counter.add(side, None, "goals")
            return
        self._counter.add(side, with_role(event, "scorer"), "goals", "shots", "shotsOnTarget")
        assist = with_role(event, "assist")
        if assist is not None:
            self._counter.add(side, assist, "assists")

    def _card(self, side: str, event: EventOp) -> None:
        """A second yellow and the red that follows from it are one dismissal, in whichever order they are told."""
        card, player = card_of(event), with_role(event, "player")
        if card == "yellow":
            self._counter.add(side, player, "yellowCards")
        elif card in ("red", "second_yellow"):
            off = (side, player.id if player is not None else None)
            before = self._sent_off.get(off)
            self._sent_off[off] = card
            if before is not None and before != card and (player is not None or before == "second_yellow"):
                self._sent_off[off] = None
                return
            self._counter.add(side, player, "redCards")
            if player is not None:
                self._leaves(PlayerKey(side, player.id))

    def _leaves(self, key: PlayerKey) -> None:
        since = self._since.pop(key, None)
        if since is not None:
            self._played[key] = self._played.get(key, 0.0) + self._now - since

    def groups(self) -> list[StatGroup]:
        """A table for each side, then the sides beside each other.

        Those who began come first, then others by when they first did something; the bench is left out.
        """
        sides = (self._setup.home, self._setup.away)
        return [*(self._group(side) for side in sides), self._compared()]

    def _compared(self) -> StatGroup:
        """Only what happened: some feeds never tell of corners, and a row of zeros would say something else."""
        ours = {side: self._counter.side(side) for side in self._setup.ids}
        shown = [column for column in SIDES if any(counts.get(column.key) for counts in ours.values())]
        totals = [
            total(self._setup, side, {column.key: counts.get(column.key, 0) for column in shown})
            for side, counts in ours.items()
        ]
        return StatGroup(key="sides", title="Teams", columns=shown, rows=[], totals=totals)

    def _group(self, side: Side) -> StatGroup:
        counts = dict(self._counter.players(side.id))
        known = any(player.starter for player in side.lineup)
        starters = [PlayerKey(side.id, player.id) for player in side.lineup if player.starter]
        keys = list(dict.fromkeys([*starters, *counts]))
        shown = COLUMNS if known else COLUMNS[1:]
        rows = []
        for key in keys:
            values: dict[str, Value] = {column.key: counts.get(key, {}).get(column.key, 0) for column in COLUMNS[1:]}
            if known:
                on = self._now - self._since[key] if key in self._since else 0.0
                values["minutes"] = round(self._played.get(key, 0.0) + on)
            rows.append(row(self._counter.names, key, values))
        ours = self._counter.side(side.id)
        totals = [total(self._setup, side.id, {column.key: ours.get(column.key, 0) for column in COLUMNS[1:]})]
        return StatGroup(key=f"players.{side.id}", title=side.name, columns=shown, rows=rows, totals=totals)
