"""The innings of ESPN's cricket."""

from __future__ import annotations

from collections.abc import Mapping

from feeds.adapter import Skips, Target, read_items
from feeds.providers.espn.shapes import MAX_PERIODS, InningsLine, Side
from feeds.providers.writing import Writer


def read_innings(
    writer: Writer, target: Target, sides: list[Side], stated: Mapping[str, int] | None, skips: Skips
) -> list[int]:
    """Write the score of each innings, of the side that bats in it.

    Both sides may have a line of each: the fielding side's shows the overs as well, but no runs.

    Args:
        writer: What is written to.
        target: The match.
        sides: Both sides as ESPN has them.
        stated: The whole score by competitor id: that of the first innings where no line is there.
        skips: Counts what cannot be read.

    Returns:
        The numbers of the innings.
    """
    begun: dict[int, tuple[str, InningsLine]] = {}
    for side in sides:
        ours = target.side(side.home_away)
        for line in read_items(side.linescores, InningsLine, "line score", skips):
            if ours is None or not 1 <= line.innings <= MAX_PERIODS or not any(line.bats):
                continue
            before = begun.get(line.innings)
            if before is not None and before[1].bats == line.bats:
                skips.note("innings of either side")
            elif before is None or before[1].bats < line.bats:
                begun[line.innings] = (ours, line)
    scores = {number: {ours: line.runs} for number, (ours, line) in begun.items()}
    if not begun and stated is not None and any(stated.values()):
        scores = {1: dict(stated)}
    writer.totals(scores, {number: line.detail(ours) for number, (ours, line) in begun.items()})
    return list(begun)
