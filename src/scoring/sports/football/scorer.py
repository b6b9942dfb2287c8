"""Association football: goals by half, extra time, and a shoot-out that decides without counting.

It keeps the score while `scoring.projection` reads a match. Results are worded in `result`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from kit.contracts import convert
from scoring.model import EventOp, MatchClock
from scoring.sports.football.clock import ENDS, HALVES, MAX_STOPPAGE_MIN, SHOOT_OUT, kind_of, minute, span
from scoring.sports.football.details import PLAY, FootballConfig, ShootOutKick
from scoring.sports.football.result import Final, result
from scoring.sports.shared import laws
from scoring.sports.shared.board import Board, Period, wire_period
from scoring.sports.shared.details import MatchEnd, read
from scoring.sports.shared.outcomes import DECREED
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded, Override


class FootballScorer:
    """Keeps the score of one match while its events are read in order (`shared.rules.Scorer`)."""

    def __init__(self, setup: Setup) -> None:
        self._board = Board(setup, kind_of)
        self._setup = setup
        self._config = convert(dict(setup.config), FootballConfig)
        self._clock: tuple[float, str] | None = None

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        board, kind = self._board, kind_of(event.period)
        if board.common(event, kind):
            if event.type == "period_start":
                self._clock = None
        elif event.type in PLAY:
            board.play(event.period)
            period = board.period(event.period, kind)
            scored = event.type == "goal" or (
                event.type == "shootout_kick" and convert(event.detail, ShootOutKick).scored
            )
            if scored and event.competitor_id is not None:
                period.scores[event.competitor_id] += 1
        if event.clock is not None and event.clock.played_s is not None:
            self._clock = (event.clock.played_s, event.clock.display)

    def cannot(self, event: EventOp) -> str | None:
        """Why this event cannot be the next one; None where nothing speaks against it."""
        if event.type in PLAY and 1 <= event.period < SHOOT_OUT:
            _, length = span(event.period, self._config)
            return laws.clock(event, (length + MAX_STOPPAGE_MIN) * 60, f"a half has {length} minutes")
        return self._contradicted(read(event, MatchEnd)) if event.type == "match_end" else None

    def _contradicted(self, end: MatchEnd) -> str | None:
        """Where the kicks that were told contradict what is stated of them at the end."""
        kicks, (home, away) = self._kicks(), self._setup.ids
        others = self._board.stated_kicks(end.stated_periods).values()
        if kicks is None or not any(kicks.values()):
            kicks = next(iter(others), None)
        if kicks is None:
            return None
        for other in others:
            if other != kicks:
                came_to = f"{kicks[home]}-{kicks[away]}"
                return f"The shoot-out is stated as {other[home]}-{other[away]}, and its kicks come to {came_to}."
        stated, name = end.outcome, self._setup.name
        if stated is None or stated.winner_id is None or stated.method in DECREED or kicks[home] == kicks[away]:
            return None
        winner, told = home if kicks[home] > kicks[away] else away, stated.winner_id
        if winner == told:
            return None
        score = f"{kicks[winner]}-{kicks[self._setup.opponent(winner)]}"
        return f"{name(winner)} won {score} on penalties, so {name(told)} did not win."

    def scores(self) -> dict[str, int]:
        """Goals of regular and extra time, by competitor id."""
        return self._board.total("regular", "overtime")

    def displays(self) -> dict[str, str]:
        """Goals, and those of a shoot-out in brackets: `3 (4)`."""
        return self._displays(self.scores(), self._kicks())

    @staticmethod
    def _displays(goals: Mapping[str, int], kicks: Mapping[str, int] | None) -> dict[str, str]:
        return {side: str(n) if kicks is None else f"{n} ({kicks[side]})" for side, n in goals.items()}

    def _kicks(self, periods: Iterable[Period] | None = None) -> dict[str, int] | None:
        """The goals of the shoot-out; None where there was none."""
        shown = self._board.periods.values() if periods is None else periods
        found = [period for period in shown if period.type == "penalties"]
        return {side: sum(period.scores[side] for period in found) for side in self._setup.ids} if found else None

    def folded(self, stated: Override | None = None) -> Folded:
        """The state so far, with the stated score and kicks where the match is over and they are others."""
        board = self._board
        stated = board.in_force(stated, self.scores())
        goals = self.scores() if stated is None else dict(stated.scores)
        periods = board.shown_periods(stated)
        kicks = self._kicks(periods)
        aggregate = self._aggregate(goals)
        outcome = None
        if board.decided:
            late = any(period.type == "overtime" for period in periods)
            computed = result(self._setup, Final(goals, kicks, late, aggregate), board.stated)
            outcome = board.outcome(computed, aggregate)
        return Folded(
            status=board.status,
            periods=[wire_period(period) for period in periods],
            scores=goals,
            displays=self._displays(goals, kicks),
            status_detail=board.status_text or self._phase(periods),
            clock=self._match_clock(),
            outcome=outcome,
            aggregate=aggregate,
            score_stated=stated is not None or None,
        )

    def _aggregate(self, goals: Mapping[str, int]) -> dict[str, int] | None:
        """The score over both legs: as a feed tells it, else the first leg's goals and today's."""
        told, first = self._board.aggregate(), self._config.first_leg
        if told is not None or first is None:
            return told
        return {side: n + first[side] for side, n in goals.items()}

    def _phase(self, periods: Iterable[Period]) -> str | None:
        board = self._board
        if board.over:
            last = max((period.number for period in periods), default=0)
            if last <= HALVES[-1]:
                return "Full time"
            return "After penalties" if last >= SHOOT_OUT else "After extra time"
        return ENDS.get(board.current) if board.status == "break" else None

    def _match_clock(self) -> MatchClock | None:
        board = self._board
        if not board.current:
            return None
        if board.current >= SHOOT_OUT:
            return MatchClock(period=board.current, direction="none", running=False, display="Penalties")
        start, length = span(board.current, self._config)
        played, display = self._clock or (0.0, minute(board.current, 0, self._config))
        over = int(played // 60) + 1 - length
        return MatchClock(
            period=board.current,
            direction="up",
            running=board.running,
            display=display,
            played_s=start * 60 + played,
            stoppage=f"+{over}" if over > 0 else None,
        )
