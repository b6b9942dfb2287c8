"""Football: which period is what, and the minute as people write it.

The scorer, feeds and the simulator use it. It knows no clock of this machine.
"""

from __future__ import annotations

from scoring.model import PeriodType
from scoring.sports.football.details import FootballConfig

HALVES, EXTRA_TIME, SHOOT_OUT = (1, 2), (3, 4), 5
"""Period numbers, after IFAB's Laws of the Game 7 and 10."""


MAX_STOPPAGE_MIN = 75
"""Minutes beyond a half: a scorer may have forgotten to end it, and is in the second one by now."""

ENDS = {1: "Half-time", 2: "End of normal time", 3: "Half-time in extra time", 4: "End of extra time"}


def minute(period: int, played_s: float, config: FootballConfig | None = None) -> str:
    """The minute as people write it: the 66th minute of play is `66'`, the second of stoppage time `45+2'`.

    Args:
        period: 1 to 4.
        played_s: Seconds into the period.
        config: The lengths of the periods.
    """
    start, length = span(period, config or FootballConfig())
    number = int(played_s // 60) + 1
    return f"{start + number}'" if number <= length else f"{start + length}+{number - length}'"


def span(period: int, config: FootballConfig) -> tuple[int, int]:
    """The minute before a period's first, and its length in minutes."""
    if period <= HALVES[-1]:
        return (period - 1) * config.half_minutes, config.half_minutes
    if period <= EXTRA_TIME[-1]:
        return 2 * config.half_minutes + (period - 3) * config.extra_minutes, config.extra_minutes
    return 2 * (config.half_minutes + config.extra_minutes), 0


def kind_of(number: int) -> PeriodType:
    """What a period of this number is."""
    if number <= HALVES[-1]:
        return "regular"
    return "overtime" if number <= EXTRA_TIME[-1] else "penalties"
