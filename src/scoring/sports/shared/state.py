"""What the events of a match come to: the state that scorers return and `matches` stores.

The scorers of the sports make it, `scoring.projection` completes it. It holds no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from kit.contracts import Reply
from scoring.model import Doubt, GameScore, MatchClock, MatchPeriod, Outcome, StatedScore, Status


class Folded(Reply, frozen=True, kw_only=True):
    """The state of a match that follows from its events alone.

    `scores` and `displays` are by competitor id and always hold both: an integer for order, a text for people.
    `scoreStated`: both, and the result, are what `stated` says and not what the events come to. `doubts`: events that
    cannot be, at most `MAX_DOUBTS`.
    """

    status: Status
    periods: list[MatchPeriod]
    scores: dict[str, int]
    displays: dict[str, str]
    status_detail: str | None = None
    clock: MatchClock | None = None
    outcome: Outcome | None = None
    game: GameScore | None = None
    aggregate: dict[str, int] | None = None
    stated: StatedScore | None = None
    score_stated: bool | None = None
    doubts: list[Doubt] | None = None


class Override(NamedTuple):
    """The final score that stands as it was stated; by competitor id.

    `kicks_alone`: the events come to it, but not to the shoot-out that is stated with it.
    """

    scores: Mapping[str, int]
    kicks_alone: bool = False
