"""Basketball: the names of periods, and the clock as people write it.

The scorer, feeds and the simulator use it. It knows no clock of this machine.
"""

from __future__ import annotations

from scoring.sports.basketball.details import BasketballConfig


def period_name(number: int, config: BasketballConfig) -> str:
    """A period as people write it: `Q3`, `H2` where there are halves, `OT`, `2OT`."""
    if number <= config.periods:
        return f"{'H' if config.periods == 2 else 'Q'}{number}"
    extra = number - config.periods
    return "OT" if extra == 1 else f"{extra}OT"


def clock_display(number: int, remaining_s: float, config: BasketballConfig | None = None) -> str:
    """The clock as people write it: `Q3 04:12`.

    Args:
        number: Of the period.
        remaining_s: Seconds to play in it.
        config: How many periods there are; the NBA's without it.
    """
    minutes, seconds = divmod(int(remaining_s), 60)
    return f"{period_name(number, config or BasketballConfig())} {minutes:02d}:{seconds:02d}"
