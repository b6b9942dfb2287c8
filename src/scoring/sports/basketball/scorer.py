"""Basketball: points by quarter, as many overtimes as it takes, a clock that counts down.

It keeps the score while `scoring.projection` reads a match.
"""

from __future__ import annotations

from collections.abc import Mapping

from kit.contracts import convert
from scoring.model import EventOp, MatchClock, Outcome, PeriodType
from scoring.sports.basketball.clock import clock_display, period_name
from scoring.sports.basketball.details import PLAY, BasketballConfig, FreeThrow, Shot
from scoring.sports.shared import laws
from scoring.sports.shared.board import Board, wire_period
from scoring.sports.shared.details import read
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded, Override


class BasketballScorer:
    """Keeps the score of one match while its events are read in order (`shared.rules.Scorer`)."""

    def __init__(self, setup: Setup) -> None:
        self._board = Board(setup, self._kind)
        self._setup = setup
        self._config = convert(dict(setup.config), BasketballConfig)
        self._remaining: float | None = None

    def _kind(self, number: int) -> PeriodType:
        return "regular" if number <= self._config.periods else "overtime"

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        board, kind = self._board, self._kind(event.period)
        if board.common(event, kind):
            if event.type == "period_start":
                self._remaining = None
            elif event.type == "period_end":
                self._remaining = 0.0
        elif event.type in PLAY:
            board.play(event.period)
            points = self._points(event)
            if points and event.competitor_id is not None:
                board.period(event.period, kind).scores[event.competitor_id] += points
        if event.clock is not None and event.clock.remaining_s is not None:
            self._remaining = event.clock.remaining_s

    @staticmethod
    def _points(event: EventOp) -> int:
        if event.type == "shot":
            shot = read(event, Shot)
            return shot.points if shot.made else 0
        return int(event.type == "free_throw" and read(event, FreeThrow).made)

    def cannot(self, event: EventOp) -> str | None:
        """Why this event cannot be the next one; None where nothing speaks against it."""
        if event.type not in PLAY:
            return None
        config = self._config
        minutes = config.period_minutes if event.period <= config.periods else config.overtime_minutes
        return laws.clock(event, minutes * 60 + 1, f"a period has {minutes} minutes")

    def displays(self) -> dict[str, str]:
        """Points as text, by competitor id."""
        return {side: str(n) for side, n in self.scores().items()}

    def scores(self) -> dict[str, int]:
        """Points, by competitor id."""
        return self._board.total("regular", "overtime")

    def folded(self, stated: Override | None = None) -> Folded:
        """The state so far, with the stated score where the match is over and there is one."""
        board = self._board
        stated = board.in_force(stated, self.scores())
        points = self.scores() if stated is None else dict(stated.scores)
        periods = board.shown_periods(stated)
        late = any(period.type == "overtime" for period in periods)
        return Folded(
            status=board.status,
            periods=[wire_period(period) for period in periods],
            scores=points,
            displays={side: str(n) for side, n in points.items()},
            status_detail=board.status_text or self._phase(late=late),
            clock=self._match_clock(),
            outcome=board.outcome(self._result(points, late=late)) if board.decided else None,
            aggregate=board.aggregate(),
            score_stated=stated is not None or None,
        )

    def _phase(self, *, late: bool) -> str | None:
        board, config = self._board, self._config
        if board.over:
            return "Final, after overtime" if late else "Final"
        if board.status != "break":
            return None
        if board.current * 2 == config.periods:
            return "Half-time"
        return f"End of {period_name(board.current, config)}"

    def _match_clock(self) -> MatchClock | None:
        board, config = self._board, self._config
        if not board.current:
            return None
        minutes = config.period_minutes if board.current <= config.periods else config.overtime_minutes
        remaining = minutes * 60.0 if self._remaining is None else self._remaining
        return MatchClock(
            period=board.current,
            direction="down",
            running=board.running,
            display=clock_display(board.current, remaining, config),
            played_s=minutes * 60 - remaining,
            remaining_s=remaining,
        )

    def _result(self, points: Mapping[str, int], *, late: bool) -> Outcome:
        home, away = self._setup.ids
        if points[home] == points[away]:
            return Outcome(text=f"Tied, {points[home]}-{points[away]}")
        winner = home if points[home] > points[away] else away
        loser = self._setup.opponent(winner)
        text = f"{self._setup.name(winner)} beat {self._setup.name(loser)} {points[winner]}-{points[loser]}"
        text += " after overtime" if late else ""
        return Outcome(text=text, winner_id=winner, by="points")
