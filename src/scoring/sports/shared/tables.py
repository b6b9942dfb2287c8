"""Statistics as tables: what the sports count by player and by side, and the rows and columns that are shown.

The sports' `statistics` modules fill them in; `matches.queries` serves them. It never counts anything by itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from scoring.model import EventOp, EventPlayer, NewEventPlayer, StatColumn, StatGroup, StatRow, StatTotal
from scoring.sports.shared.setup import Setup

Value = int | float | str


class PlayerKey(NamedTuple):
    """A player of a side; ids of two sides may be the same."""

    competitor_id: str
    player_id: str


class Names:
    """What players are called: as the line-ups say, else as the events do, else by their ids."""

    def __init__(self, setup: Setup) -> None:
        self._names = {
            PlayerKey(side.id, player.id): player.name for side in (setup.home, setup.away) for player in side.lineup
        }

    def key(self, competitor_id: str, player: NewEventPlayer | EventPlayer) -> PlayerKey:
        """The key of a player of an event, whose name is kept."""
        key = PlayerKey(competitor_id, player.id)
        if player.name:
            self._names.setdefault(key, player.name)
        return key

    def of(self, key: PlayerKey) -> str:
        """A player's name."""
        return self._names.get(key, key.player_id)


def with_role(event: EventOp, *roles: str) -> NewEventPlayer | None:
    """The first player of an event that has one of these roles."""
    return next((player for player in event.players if player.role in roles), None)


class Counter:
    """Whole numbers by player, in the order in which the players appear, and by side."""

    def __init__(self, setup: Setup) -> None:
        self.names = Names(setup)
        self._setup = setup
        self._players: dict[PlayerKey, dict[str, int]] = {}
        self._sides: dict[str, dict[str, int]] = {side: {} for side in setup.ids}

    def seen(self, competitor_id: str, player: NewEventPlayer) -> PlayerKey:
        """Note that a player took part, and return the key."""
        key = self.names.key(competitor_id, player)
        self._players.setdefault(key, {})
        return key

    def add(self, competitor_id: str, player: NewEventPlayer | None, *stats: str, side: bool = True) -> None:
        """Count one of each of `stats`.

        Args:
            competitor_id: The side.
            player: Who gets it; None for the side alone.
            stats: Column keys; one that comes twice counts two.
            side: Whether it counts for the side as well.
        """
        if player is not None:
            mine = self._players[self.seen(competitor_id, player)]
            for stat in stats:
                mine[stat] = mine.get(stat, 0) + 1
        if side:
            ours = self._sides[competitor_id]
            for stat in stats:
                ours[stat] = ours.get(stat, 0) + 1

    def players(self, competitor_id: str) -> Mapping[PlayerKey, Mapping[str, int]]:
        """What is counted for the players of a side."""
        return {key: counts for key, counts in self._players.items() if key.competitor_id == competitor_id}

    def side(self, competitor_id: str) -> Mapping[str, int]:
        """What is counted for a side."""
        return self._sides[competitor_id]


def columns(**labels: str) -> list[StatColumn]:
    """Columns in the order in which they are named, by the key of their values."""
    return [StatColumn(key=key, label=label) for key, label in labels.items()]


def row(names: Names, key: PlayerKey, values: Mapping[str, Value]) -> StatRow:
    """A player's line.

    Args:
        names: What players are called.
        key: The player.
        values: By column key.
    """
    return StatRow(player_id=key.player_id, name=names.of(key), competitor_id=key.competitor_id, values=dict(values))


def total(setup: Setup, competitor_id: str, values: Mapping[str, Value], label: str | None = None) -> StatTotal:
    """A line about a side, below its players.

    Args:
        setup: The match.
        competitor_id: The side.
        values: By column key.
        label: In place of the side's name.
    """
    return StatTotal(label=label or setup.name(competitor_id), competitor_id=competitor_id, values=dict(values))


def only(groups: Iterable[StatGroup], player_id: str) -> list[StatGroup]:
    """The lines of one player alone."""
    kept = []
    for group in groups:
        rows = [one for one in group.rows if one.player_id == player_id]
        if rows:
            kept.append(
                StatGroup(
                    key=group.key, title=group.title, period=group.period, columns=group.columns, rows=rows, totals=[]
                )
            )
    return kept
