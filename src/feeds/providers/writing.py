"""What the adapters of live providers share when they write a match down: periods, ends, totals.

The adapters of this folder call it; it reads nothing of any provider.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from feeds.adapter import Target
from feeds.writing import EventWriter
from kit.contracts import Instant
from scoring.model import MAX_PERIOD, EventOp, Status

FIRST, LAST = "000000", "zz"
"""Order keys of a period's beginning and end; all others begin with a digit and have at least a second character."""

MAX_STATUS = 200
"""Characters of what a status says, as ingest takes them."""


class Writer(EventWriter):
    """The operations of one message of a live provider.

    An event that comes twice counts once, with its later wording. Where the provider does not say when it happened, it
    is placed at the scheduled start: such a moment is long past, so listeners get the event when it comes in
    (`matches.ingest.batch.moment`).
    """

    def __init__(self, provider: str, target: Target) -> None:
        super().__init__(provider, target.scheduled, once=True)

    def replace(self, ops: Iterable[EventOp]) -> None:
        """Write these again in the places of those that were written with their ids."""
        again = {op.event_id: op for op in ops}
        self.ops = [again.pop(op.event_id, op) for op in self.ops] + list(again.values())

    def period_start(self, number: int, *, at: Instant | None = None, kind: str | None = None) -> None:
        """A period began."""
        self.add(f"period-{number}-start", "period_start", number, FIRST, at=at, detail={"type": kind} if kind else {})

    def period_end(self, number: int, *, at: Instant | None = None, deleted: bool = False) -> None:
        """A period is over, or (deleted) it is not after all."""
        self.add(f"period-{number}-end", "period_end", number, LAST, at=at, deleted=deleted)

    def status(
        self, status: Status, text: str | None, period: int = 0, *, outcome: Mapping[str, str] | None = None
    ) -> None:
        """The match is delayed, postponed, abandoned and so on; it is placed after all that was played.

        Args:
            status: Which of these.
            text: The provider's words for it.
            period: The last one that was played; 0 where none was.
            outcome: A result that stands all the same (`StatedOutcome`).
        """
        detail: dict[str, Any] = {"status": status, **({"text": text[:MAX_STATUS]} if text else {})}
        if outcome:
            detail["outcome"] = dict(outcome)
        self.add("status", "status", max(period, 1), f"{LAST}y", detail=detail)

    def no_status(self) -> None:
        """Whatever was delayed or interrupted is so no more."""
        self.add("status", "status", 1, f"{LAST}y", deleted=True)

    def aggregate(self, scores: Mapping[str, int], period: int) -> None:
        """The score over both legs of a tie, by competitor id."""
        self.add("aggregate", "aggregate", max(period, 1), f"{LAST}w", detail={"scores": dict(scores)})

    def match_end(
        self,
        period: int,
        *,
        deleted: bool = False,
        outcome: Mapping[str, str] | None = None,
        stated: Mapping[str, int] | None = None,
        periods: Mapping[int, Mapping[str, int]] | None = None,
    ) -> None:
        """The match is over, or (deleted) it is not after all.

        Args:
            period: The last one that was played.
            deleted: It is not over.
            outcome: The result as the provider states it (`StatedOutcome`): a winner, a method, a whole sentence.
            stated: The provider's final score by competitor id: shown where the events do not come to it.
            periods: The scores of the periods that go with it, a shoot-out as period 5 of football.
        """
        detail: dict[str, Any] = {"outcome": dict(outcome)} if outcome and not deleted else {}
        if periods and not deleted:
            detail["statedPeriods"] = [{"number": number, "scores": dict(one)} for number, one in periods.items()]
        self.add(
            "match-end", "match_end", max(period, 1), f"{LAST}z", detail=detail, stated=stated, deleted=deleted
        )  # fmt: skip

    def progress(
        self,
        period: int,
        *,
        in_break: bool,
        over: bool,
        starts: bool = True,
        outcome: Mapping[str, str] | None = None,
        stated: Mapping[str, int] | None = None,
        periods: Mapping[int, Mapping[str, int]] | None = None,
    ) -> None:
        """All periods up to one have begun, and those before it (with a break or the end, it too) are over.

        What is not over is said as well: a provider may take back an end.

        Args:
            period: The one that is or was played last; a number that no sport has says nothing of periods.
            in_break: It is over, and the next has not begun.
            over: So is the match.
            starts: Beginnings are written. Without, scores show them: an innings cannot begin without its side.
            outcome: As of `match_end`.
            stated: As of `match_end`, written at the end alone.
            periods: As of `match_end`.
        """
        period = period if period <= MAX_PERIOD else 0
        for number in range(1, period + 1):
            if starts:
                self.period_start(number)
            self.period_end(number, deleted=number == period and not in_break and not over)
        final = stated if over else None
        self.match_end(period, deleted=not over, outcome=outcome, stated=final, periods=periods)

    def totals(
        self, scores: Mapping[int, Mapping[str, int]], more: Mapping[int, Mapping[str, Any]] | None = None
    ) -> None:
        """The absolute score of each period, by number and competitor id, and what else is known of it."""
        for number, by_side in scores.items():
            detail = {"scores": dict(by_side), **(more or {}).get(number, {})}
            self.add(f"score-{number}", "score", number, "1-score", detail=detail)


def split_total(known: Mapping[str, EventOp], period: int, total: Mapping[str, int]) -> dict[int, dict[str, int]]:
    """A running total cut into periods: what earlier periods had when they were seen stays theirs.

    Where a total shrinks below that (a goal of an earlier period was taken back), the earlier period gives way.

    Args:
        known: What was read before, with the `score-<period>` events of this same function.
        period: The period that is played.
        total: The whole score now, by competitor id.
    """
    left, split = dict(total), {}
    for number in range(1, min(period, MAX_PERIOD)):
        op = known.get(f"score-{number}")
        before = op.detail.get("scores", {}) if op is not None else {}
        split[number] = {side: min(int(before.get(side, 0)), left[side]) for side in left}
        left = {side: left[side] - split[number][side] for side in left}
    split[period] = left
    return split
