"""Tennis: the configuration of a match, its event types, and their `detail` as the rules read it.

Scorer, statistics and rules read events by these types; nothing here decides anything.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kit.contracts import Payload
from scoring.sports.shared.details import AbsoluteScore, Detail, PeriodStart

FinalSet = Literal["tie_break", "tie_break_10", "match_tie_break", "advantage"]
PointWord = Literal["0", "15", "30", "40", "Ad"]
WORDS: tuple[PointWord, ...] = ("0", "15", "30", "40", "Ad")


class TennisConfig(Payload, frozen=True, kw_only=True):
    """`advantage: false` is no-ad scoring: at 40-40 the next point wins the game.

    `gamesPerSet` is also the score at which both play a tie-break. `finalSet`: a tie-break to 7 or to 10 in it,
    a match tie-break to 10 instead of it, or play until somebody leads by two games.
    """

    best_of: Literal[3, 5] = 3
    advantage: bool = True
    games_per_set: Annotated[int, msgspec.Meta(ge=4, le=10)] = 6
    final_set: FinalSet = "tie_break"


class Point(Detail, frozen=True, kw_only=True):
    """One point; `competitorId` is the side that won it.

    `serverId` is the side that served, needed once in a match at most, since serving takes turns. `result` as far as
    the feed knows it: `ace` and `double_fault` are counted.
    """

    server_id: str | None = None
    result: str | None = None


class SetStart(PeriodStart, frozen=True, kw_only=True):
    """`serverId` serves first."""

    server_id: str | None = None


class SetScore(AbsoluteScore, frozen=True, kw_only=True):
    """The games of this set, and what its feed knows of the game that is played, each by competitor id.

    `tieBreak` are the points of the set's tie-break. The `scores` of a match tie-break are its points.
    """

    points: dict[str, PointWord] | None = None
    tie_break: dict[str, Annotated[int, msgspec.Meta(ge=0, le=200)]] | None = None
    server_id: str | None = None


DETAILS: dict[str, type[Detail]] = {"period_start": SetStart, "point": Point, "score": SetScore}

ENDINGS = {"retirement": "ret.", "default": "def.", "walkover": "w/o"}
"""The match is over because the event's competitor does not go on; how score lists abbreviate it."""

SCORING = frozenset({"point", *ENDINGS})
"""Any other type (`challenge`, `medical_timeout`, `let`, ...) is commentary."""
