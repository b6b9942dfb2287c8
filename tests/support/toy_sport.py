"""A sport that there is not in the product: quoits, in three ends, as small as a sport can be.

It is what CONTRIBUTING's *Add a sport* asks for on the server: one module like this in `scoring/sports`, its line in
the registry, its name in `scoring.model.Sport`. `tests/integration/matches/test_new_sport.py` plays it.
"""

from __future__ import annotations

from typing import Annotated, cast

import msgspec

from kit.contracts import Payload, convert
from scoring.model import EventOp, MatchClock, Outcome, PeriodType, Sport, StatGroup
from scoring.sports.shared import laws
from scoring.sports.shared.board import Board, wire_period
from scoring.sports.shared.charts import ChartedEvents
from scoring.sports.shared.details import Detail, read
from scoring.sports.shared.rules import SportRules
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded, Override
from scoring.sports.shared.tables import Counter, columns, row, total, with_role


class QuoitsConfig(Payload, frozen=True, kw_only=True):
    """How many ends are played."""

    ends: Annotated[int, msgspec.Meta(ge=1, le=9)] = 3


class Throw(Detail, frozen=True, kw_only=True):
    """One throw; a ringer is worth three points, a leaner one."""

    ringer: bool = False


SCORING = frozenset({"throw"})


class QuoitsScorer:
    """Reads a match event by event."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._board = Board(setup, self._kind)

    @staticmethod
    def _kind(_number: int) -> PeriodType:
        return "regular"

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        if not self._board.common(event, "regular") and event.type in SCORING and event.competitor_id is not None:
            self._board.play(event.period)
            points = 3 if read(event, Throw).ringer else 1
            self._board.period(event.period, "regular").scores[event.competitor_id] += points

    def cannot(self, event: EventOp) -> str | None:  # noqa: ARG002 - no throw depends on those before it
        """Why this event cannot be the next one."""
        return None

    def scores(self) -> dict[str, int]:
        """Points."""
        return self._board.total("regular")

    def displays(self) -> dict[str, str]:
        """Points, as text."""
        return {side: str(points) for side, points in self.scores().items()}

    def folded(self, stated: Override | None = None) -> Folded:
        """The state so far, with the stated score where the match is over and there is one."""
        board = self._board
        stated = board.in_force(stated, self.scores())
        points = self.scores() if stated is None else dict(stated.scores)
        clock = MatchClock(
            period=board.current, direction="none", running=board.running, display=f"End {board.current}"
        )  # fmt: skip
        return Folded(
            status=board.status,
            periods=[wire_period(period) for period in board.shown_periods(stated)],
            scores=points,
            displays={side: str(number) for side, number in points.items()},
            status_detail=board.status_text,
            clock=clock if board.current else None,
            outcome=board.outcome(self._result(points)) if board.decided else None,
            score_stated=stated is not None or None,
        )

    def _result(self, points: dict[str, int]) -> Outcome:
        home, away = self._setup.ids
        if points[home] == points[away]:
            return Outcome(text=f"Level, {points[home]}-{points[away]}")
        winner = max(self._setup.ids, key=lambda side: points[side])
        return Outcome(text=f"{self._setup.name(winner)} won", winner_id=winner, by="points")


COLUMNS = columns(throws="Throws", ringers="Ringers")


class QuoitsTally:
    """Throws and ringers of each player."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._counter = Counter(setup)

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        if event.type in SCORING and event.competitor_id is not None:
            ringers = ("ringers",) if read(event, Throw).ringer else ()
            self._counter.add(event.competitor_id, with_role(event, "thrower"), "throws", *ringers)

    def groups(self) -> list[StatGroup]:
        """A table for each side."""
        groups = []
        for side in (self._setup.home, self._setup.away):
            rows = [
                row(self._counter.names, key, {column.key: counts.get(column.key, 0) for column in COLUMNS})
                for key, counts in self._counter.players(side.id).items()
            ]
            ours = self._counter.side(side.id)
            totals = [total(self._setup, side.id, {column.key: ours.get(column.key, 0) for column in COLUMNS})]
            groups.append(StatGroup(key=side.id, title=side.name, columns=COLUMNS, rows=rows, totals=totals))
        return groups


class Quoits(SportRules):
    """The rules of quoits."""

    sport = cast("Sport", "quoits")
    config = QuoitsConfig
    details = {"throw": Throw}  # noqa: RUF012 - never changed
    scoring = SCORING
    most_in_a_period = 100
    charted = ChartedEvents(types=SCORING, detail=frozenset({"ringer"}))

    def against_laws(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event cannot be; None where nothing speaks against it."""
        ends = convert(dict(setup.config), QuoitsConfig).ends
        return laws.period(event, laws.PERIODS | SCORING, ends, f"a match has {ends} ends")

    def begin(self, setup: Setup) -> QuoitsScorer:
        """A scorer before the first throw."""
        return QuoitsScorer(setup)

    def tally(self, setup: Setup) -> QuoitsTally:
        """Statistics before the first throw."""
        return QuoitsTally(setup)
