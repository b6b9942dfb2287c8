"""Invented teams and people, and what a simulation of a sport consists of.

The files of the sports build on it, and the registry puts them together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random
from typing import Any

from feeds.files.recording import slug
from feeds.writing import EventWriter
from scoring.model import NewEventPlayer

FIRST = (
    "Ada", "Ben", "Cal", "Dina", "Eli", "Finn", "Gus", "Hana", "Ivo", "Jude", "Kit", "Leo", "Mara", "Nils", "Otto",
    "Pia", "Quin", "Rafe", "Sol", "Tess", "Udo", "Vera",
)  # fmt: skip
LAST = (
    "Abbot", "Barlow", "Cotter", "Devane", "Ellery", "Fenwick", "Garrod", "Halden", "Ilford", "Jarrow", "Kestrel",
    "Lomax", "Marlow", "Norcott", "Oakes", "Penrose", "Quill", "Ridley", "Stroud", "Tarrant", "Underhill", "Vane",
    "Wexford", "Yarrow", "Ashby", "Brack", "Coverdale", "Dray", "Egerton", "Farrow", "Grice", "Hobb", "Inskip",
    "Keld", "Larch",
    "Moss",
)  # fmt: skip
"""More than two squads need, so that no two players of a match share a surname."""


@dataclass(slots=True)
class Team:
    """An invented team."""

    id: str
    name: str
    abbreviation: str
    players: list[str]
    starters: int

    def player(self, number: int, role: str) -> NewEventPlayer:
        """One of its players in an event."""
        name = self.players[number]
        return NewEventPlayer(id=f"{self.id}-{slug(name)}", role=role, name=name)


Play = Callable[[Random, Team, Team, EventWriter], None]
"""Writes a whole match of the home side against the away side; all chance comes from the first argument."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Simulation:
    """How a sport is simulated.

    Attributes:
        teams: Names and abbreviations, of which two play.
        competition: What they play in.
        squad: Players of each side.
        starters: Those of them that begin.
        play: Writes the match.
        config: The sport's configuration that it is played by.
    """

    teams: tuple[tuple[str, str], ...]
    competition: str
    squad: int
    starters: int
    play: Play
    config: Mapping[str, Any] = field(default_factory=dict)
