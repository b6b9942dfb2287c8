"""Basketball: the configuration of a match, its event types, and their `detail` as the rules read it.

Scorer, statistics and rules read events by these types; nothing here decides anything.
"""

from __future__ import annotations

from typing import Annotated

import msgspec

from kit.contracts import Payload
from scoring.sports.shared.details import Detail

Minutes = Annotated[int, msgspec.Meta(ge=1, le=60)]


class BasketballConfig(Payload, frozen=True, kw_only=True):
    """The NBA plays 4 x 12 minutes, FIBA 4 x 10, college 2 x 20; overtime is 5 everywhere."""

    periods: Annotated[int, msgspec.Meta(ge=1, le=4)] = 4
    period_minutes: Minutes = 12
    overtime_minutes: Minutes = 5


class Shot(Detail, frozen=True, kw_only=True):
    """A shot from the field."""

    made: bool
    points: Annotated[int, msgspec.Meta(ge=0, le=100)] = 2


class FreeThrow(Detail, frozen=True, kw_only=True):
    """One free throw."""

    made: bool


DETAILS: dict[str, type[Detail]] = {"shot": Shot, "free_throw": FreeThrow}

SCORING = frozenset({"shot", "free_throw"})

PLAY = SCORING | {"jump_ball", "rebound", "turnover", "foul", "violation", "substitution", "timeout"}
"""Types that show that the match is under way. Any other type is commentary."""

MAX_OVERTIMES = 20
"""The longest match of the NBA had six."""
