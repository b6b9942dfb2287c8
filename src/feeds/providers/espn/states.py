"""How ESPN says that a match stands: by a name, in older answers by a description alone, and by `state`.

Tables and what follows from them; `adapter` asks it. A name that is not here is counted, never guessed.
"""

from __future__ import annotations

import re

from feeds.adapter import Skips
from feeds.providers.espn.shapes import StatusType
from scoring.model import Method, Status

NOT_PLAYED: dict[str, Status] = {
    "DELAYED": "delayed", "RAIN_DELAY": "delayed", "POSTPONED": "postponed", "CANCELED": "cancelled",
    "CANCELLED": "cancelled", "ABANDONED": "abandoned", "SUSPENDED": "suspended", "INTERRUPTED": "interrupted",
}  # fmt: skip
METHODS: dict[str, Method] = {
    "FORFEIT": "awarded", "AWARDED": "awarded", "WALKOVER": "walkover", "WALK_OVER": "walkover",
    "RETIRED": "retirement", "RETIREMENT": "retirement", "DEFAULT": "default", "DEFAULTED": "default",
    "NO_RESULT": "no_result",
}  # fmt: skip
"""Ends that the score does not show."""
BREAKS = frozenset({
    "HALFTIME", "END_PERIOD", "END_OF_REGULATION", "HALFTIME_ET", "INNINGS_BREAK", "LUNCH", "TEA", "DRINKS", "STUMPS",
})  # fmt: skip
_ENDS = frozenset({"FINAL", "FULL_TIME", "FINAL_AET", "FINAL_PEN", "RESULT", "FINAL_OT"})
_PLAYED = frozenset({
    "SCHEDULED", "IN_PROGRESS", "FIRST_HALF", "SECOND_HALF", "OVERTIME", "EXTRA_TIME", "SHOOTOUT", "LIVE",
    "FIRST_HALF_EXTRA_TIME", "SECOND_HALF_EXTRA_TIME", "END_OF_EXTRATIME", "PRE_GAME", "FIXTURE",
})  # fmt: skip
_STATES = frozenset({"pre", "in", "post"})


def name_of(status: StatusType) -> str:
    """The state's name without its prefix; of an answer without names, its description in the same form."""
    plain = status.name or status.description
    return re.sub(r"[^A-Z]+", "_", plain.upper()).strip("_").removeprefix("STATUS_")


def is_over(status: StatusType, *, won: bool) -> bool:
    """Whether it is over: older answers have no `completed`, and say it by the description or a winner."""
    if status.state != "post":
        return False
    if status.completed is not None:
        return status.completed
    return won or name_of(status) in _ENDS | METHODS.keys()


def is_known(status: StatusType, skips: Skips) -> bool:
    """Whether it can be told how the match stands; a name that nobody knows is counted."""
    name = name_of(status)
    if name not in _PLAYED | _ENDS | BREAKS | NOT_PLAYED.keys() | METHODS.keys():
        skips.note("status", status.name or status.description or "none")
        # `state` and `completed` say enough, where both are there.
        return status.state in _STATES and (status.completed is not None or status.state != "post")
    return status.state in _STATES
