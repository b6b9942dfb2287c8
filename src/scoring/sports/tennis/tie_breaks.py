"""The points of tie-breaks as they are told: score lists often have those of one side alone (ITF Rule 5b).

The scorer and feeds with score lists use it.
"""

from __future__ import annotations

from collections.abc import Mapping

TIE_BREAK, LONG_TIE_BREAK = 7, 10
"""The points that win one, two ahead."""


def whole_tie_break(told: Mapping[str, int], winner: str, loser: str, least: int) -> dict[str, int] | None:
    """The points of both sides of a tie-break that is over.

    Args:
        told: By competitor id, of one side or of both.
        winner: Who won it.
        loser: The other side.
        least: The points that win it, two ahead.

    Returns:
        Both, where those of one side say the other's; None where they do not: who won at `least` may have lost any
        number up to two fewer.
    """
    if set(told) == {loser}:
        return {winner: max(least, told[loser] + 2), loser: told[loser]}
    if set(told) == {winner}:
        return {winner: told[winner], loser: told[winner] - 2} if told[winner] > least else None
    return dict(told) or None
