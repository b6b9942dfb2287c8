"""Football: the configuration of a match, its event types, and their `detail` as the rules read it.

Scorer, statistics and rules read events by these types; nothing here decides anything.
"""

from __future__ import annotations

import re
from typing import Annotated

import msgspec

from kit.contracts import Payload
from scoring.model import EventOp, Key, Points
from scoring.sports.shared.details import Detail

Minutes = Annotated[int, msgspec.Meta(ge=1, le=60)]


class FootballConfig(Payload, frozen=True, kw_only=True):
    """Youth and other football plays shorter halves.

    `firstLeg`: the goals of the first leg by competitor id, of a match that is the second.
    """

    half_minutes: Minutes = 45
    extra_minutes: Minutes = 15
    first_leg: Annotated[dict[Key, Points], msgspec.Meta(min_length=2, max_length=2)] | None = None


class Goal(Detail, frozen=True, kw_only=True):
    """A goal; `competitorId` is the side it counts for, also where the other side put it in."""

    own_goal: bool = False
    penalty: bool = False


class ShootOutKick(Detail, frozen=True, kw_only=True):
    """One kick of the shoot-out; it never changes the match's own score."""

    scored: bool


DETAILS: dict[str, type[Detail]] = {"goal": Goal, "shootout_kick": ShootOutKick}

SCORING = frozenset({"goal", "shootout_kick"})

PLAY = SCORING | {
    "shot", "save", "penalty_missed", "corner", "offside", "foul", "card", "free_kick", "var", "substitution",
}  # fmt: skip
"""Types that show that the match is under way. `card.detail.card` is yellow, second_yellow or red; `var` and the
others carry what the feed knows. Any other type is commentary."""


_CARDS = {
    "yellow": "yellow", "yellowcard": "yellow", "secondyellow": "second_yellow", "secondyellowcard": "second_yellow",
    "2ndyellow": "second_yellow", "yellowred": "second_yellow", "yellowredcard": "second_yellow", "red": "red",
    "redcard": "red", "straightred": "red",
}  # fmt: skip


def card_of(event: EventOp) -> str | None:
    """`yellow`, `second_yellow` or `red`, however it was written; None for a card that there is not."""
    return _CARDS.get(re.sub(r"[^a-z0-9]", "", str(event.detail.get("card", "")).lower()))
