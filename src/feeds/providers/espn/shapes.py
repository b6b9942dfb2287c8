"""The parts of ESPN's answers that are read: what is not always there has a default; what may be odd is `Any`.

Read by the other files of this folder alone.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from feeds.adapter import Number
from feeds.lenient import Shape

MAX_PERIODS = 20


def whole(score: object) -> int | None:
    """A score as ESPN writes it: `"2"`, 2, 2.0, or an object with `value` or `displayValue`."""
    if isinstance(score, dict):
        value = whole(score.get("value"))
        return value if value is not None else whole(score.get("displayValue"))
    found = re.fullmatch(r"([0-9]{1,4})(?:\.0+)?", str(score))
    return int(found[1]) if found else None


class Named(Shape, frozen=True, kw_only=True):
    """Something with an id and a name: a team, a player, a type of play."""

    number: str | int | None = msgspec.field(name="id", default=None)
    text: str | None = None
    type: str | None = None
    display_name: str | None = msgspec.field(name="displayName", default=None)

    @property
    def id(self) -> str | None:
        """The id, as text."""
        return None if self.number is None else str(self.number)


class StatusType(Shape, frozen=True, kw_only=True):
    """How a match stands, by `state` (`pre`, `in`, `post`) and by name; older answers have a description alone."""

    state: str
    name: str = ""
    completed: bool | None = None
    description: str = ""
    detail: str | None = None


class StatusBlock(Shape, frozen=True, kw_only=True):
    """The state with its period; `summary` is cricket's sentence."""

    type: StatusType
    period: Number = 0
    summary: str | None = None


class InningsLine(Shape, frozen=True, kw_only=True):
    """One side's line of one innings, the fielding side's too; before 2024 `value` was its number."""

    period: int | None = None
    value: Any = None
    runs: int = 0
    wickets: int = 0
    overs: Number | None = None
    is_batting: bool | None = msgspec.field(name="isBatting", default=None)
    target: int = 0
    declared: bool = False

    @property
    def innings(self) -> int:
        """Its number; 0 where that is not said."""
        return self.period if self.period is not None else whole(self.value) or 0

    @property
    def bats(self) -> tuple[bool, bool, bool]:
        """How much speaks for it that this side bats in it, against the other side's line."""
        return bool(self.is_batting), bool(self.runs or self.wickets), bool(self.overs)

    def detail(self, side: str) -> dict[str, Any]:
        """What the rules take in besides the runs."""
        known = {"overs": self.overs, "targetRuns": self.target or None, "declared": self.declared or None}
        detail: dict[str, Any] = {"battingId": side, "wickets": self.wickets}
        return detail | {name: value for name, value in known.items() if value is not None}


class Side(Shape, frozen=True, kw_only=True):
    """One of the two, a team or an athlete."""

    home_away: str = msgspec.field(name="homeAway")
    number: str | int | None = msgspec.field(name="id", default=None)
    score: Any = None
    shootout_score: Any = msgspec.field(name="shootoutScore", default=None)
    linescores: Any = msgspec.field(default_factory=list)
    team: Named = Named()
    winner: Any = None
    aggregate_score: Any = msgspec.field(name="aggregateScore", default=None)

    @property
    def team_id(self) -> str | None:
        """Whose it is, as text."""
        return self.team.id or (None if self.number is None else str(self.number))


class Competition(Shape, frozen=True, kw_only=True):
    """One match."""

    competitors: list[Any]
    number: str | int | None = msgspec.field(name="id", default=None)
    status: Any = None


class Header(Shape, frozen=True, kw_only=True):
    """What a summary begins with."""

    competitions: list[Any]


class Summary(Shape, frozen=True, kw_only=True):
    """The whole answer about one match."""

    header: Header
    key_events: Any = msgspec.field(name="keyEvents", default_factory=list)
    plays: Any = msgspec.field(default_factory=list)


class Grouping(Shape, frozen=True, kw_only=True):
    """The singles or doubles of a tournament."""

    competitions: Any = msgspec.field(default_factory=list)


class BoardEvent(Shape, frozen=True, kw_only=True):
    """A match on the scoreboard, or a tournament with its matches."""

    id: str | int
    competitions: Any = msgspec.field(default_factory=list)
    groupings: Any = msgspec.field(default_factory=list)
    status: Any = None


class Scoreboard(Shape, frozen=True, kw_only=True):
    """The matches of one day."""

    events: list[Any]


class Clock(Shape, frozen=True, kw_only=True):
    """The match clock: football counts seconds up, basketball shows what remains."""

    value: Number | None = None
    display_value: str = msgspec.field(name="displayValue", default="")


class Period(Shape, frozen=True, kw_only=True):
    """The number of a period."""

    number: int


class Athlete(Shape, frozen=True, kw_only=True):
    """A participant."""

    athlete: Named


class Play(Shape, frozen=True, kw_only=True):
    """A key event of football or a play of basketball."""

    number: str | int = msgspec.field(name="id")
    type: Named
    period: Period
    clock: Clock = Clock()
    text: str | None = None
    team: Named | None = None
    wallclock: str | None = None
    modified: str | None = None
    participants: Any = msgspec.field(default_factory=list)
    sequence: str | int | None = msgspec.field(name="sequenceNumber", default=None)
    scoring_play: bool = msgspec.field(name="scoringPlay", default=False)
    score_value: Number | None = msgspec.field(name="scoreValue", default=None)
    shooting_play: bool = msgspec.field(name="shootingPlay", default=False)
    points_attempted: int | None = msgspec.field(name="pointsAttempted", default=None)
    own_goal: bool = msgspec.field(name="ownGoal", default=False)
    penalty_kick: bool = msgspec.field(name="penaltyKick", default=False)
    shootout: bool = False

    @property
    def id(self) -> str:
        """The id, as text."""
        return str(self.number)
