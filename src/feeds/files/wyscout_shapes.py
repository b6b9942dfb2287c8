"""The parts of a Wyscout file that are read, for `wyscout` and `wyscout_final`.

Fields that are not named here are ignored.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec

from feeds.lenient import Shape

Goals = Annotated[int, msgspec.Meta(ge=0, le=1000)]


class Tag(Shape, frozen=True, kw_only=True):
    """A property of an event."""

    id: int


class WyscoutEvent(Shape, frozen=True, kw_only=True):
    """One event; `eventSec` counts from the start of its period."""

    id: int
    event_name: str = msgspec.field(name="eventName")
    sub_event_name: str = msgspec.field(name="subEventName", default="")
    team_id: int = msgspec.field(name="teamId")
    player_id: int = msgspec.field(name="playerId", default=0)
    period: str = msgspec.field(name="matchPeriod")
    second: Annotated[float, msgspec.Meta(ge=0, le=100_000)] = msgspec.field(name="eventSec")
    tags: list[Tag] = msgspec.field(default_factory=list)

    @property
    def tag_ids(self) -> set[int]:
        """The tags' numbers."""
        return {tag.id for tag in self.tags}


class FormationPlayer(Shape, frozen=True, kw_only=True):
    """A player of the squad."""

    player_id: int = msgspec.field(name="playerId")


class Substitution(Shape, frozen=True, kw_only=True):
    """Who came for whom; minutes count from 1."""

    player_in: int = msgspec.field(name="playerIn")
    player_out: int = msgspec.field(name="playerOut")
    minute: Annotated[int, msgspec.Meta(ge=0, le=200)]


class Formation(Shape, frozen=True, kw_only=True):
    """The squad of the day. What there is none of is the text `null`."""

    lineup: Any = None
    bench: Any = None
    substitutions: Any = None


class TeamData(Shape, frozen=True, kw_only=True):
    """A team in this match.

    `score` is of normal time, `score_et` of normal and extra time together, `score_p` of the shoot-out alone; what was
    not played is 0.
    """

    team_id: int = msgspec.field(name="teamId")
    side: str
    formation: Formation | None = None
    score: Goals | None = None
    score_ht: Goals | None = msgspec.field(name="scoreHT", default=None)
    score_et: Goals | None = msgspec.field(name="scoreET", default=None)
    score_p: Goals | None = msgspec.field(name="scoreP", default=None)


class WyscoutMatch(Shape, frozen=True, kw_only=True):
    """The match object."""

    wy_id: int = msgspec.field(name="wyId")
    dateutc: str
    teams_data: dict[str, Any] = msgspec.field(name="teamsData")
    status: str = "Played"
    duration: str = ""
    label: str = ""
    winner: int | None = None
    venue: str = ""
    gameweek: int = 0
    competition_id: int | None = msgspec.field(name="competitionId", default=None)
    season_id: int | None = msgspec.field(name="seasonId", default=None)


class Team(Shape, frozen=True, kw_only=True):
    """A team's name, which may hold escapes."""

    name: str


class TeamEntry(Shape, frozen=True, kw_only=True):
    """As the file wraps it."""

    team: Team


class Role(Shape, frozen=True, kw_only=True):
    """A player's position."""

    name: str = ""


class Player(Shape, frozen=True, kw_only=True):
    """A player; names may hold escapes."""

    wy_id: int = msgspec.field(name="wyId")
    short_name: str = msgspec.field(name="shortName")
    role: Role = Role()


class PlayerEntry(Shape, frozen=True, kw_only=True):
    """As the file wraps it; null for who is in no list of players."""

    player: Player | None = None


class WyscoutFile(Shape, frozen=True, kw_only=True):
    """The whole file."""

    match: WyscoutMatch
    events: list[Any]
    teams: dict[str, Any] = msgspec.field(default_factory=dict)
    players: dict[str, Any] = msgspec.field(default_factory=dict)
