"""The sets of ESPN's tennis."""

from __future__ import annotations

from feeds.adapter import Skips, Target
from feeds.providers.espn.shapes import Side, whole
from feeds.providers.writing import Writer

MAX_SETS = 5


def read_sets(writer: Writer, target: Target, sides: list[Side], skips: Skips) -> list[int]:
    """Write the games of each set.

    Args:
        writer: What is written to.
        target: The match.
        sides: Both sides as ESPN has them.
        skips: Counts what cannot be read.

    Returns:
        The sets' numbers.
    """
    games: dict[int, dict[str, int]] = {}
    tie_breaks: dict[int, dict[str, int]] = {}
    for side in sides:
        ours = target.side(side.home_away)
        for number, line in enumerate(side.linescores[:MAX_SETS] if isinstance(side.linescores, list) else (), 1):
            won = whole(line)
            if ours is None or won is None:
                skips.note("unreadable line score")
                continue
            games.setdefault(number, {})[ours] = won
            tie_break = whole(line.get("tiebreak")) if isinstance(line, dict) else None
            if tie_break is not None:
                tie_breaks.setdefault(number, {})[ours] = tie_break
    writer.totals(games, {number: {"tieBreak": points} for number, points in tie_breaks.items()})
    return list(games)
