"""Association football: goals by half, extra time, and a shoot-out that decides without counting."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kit.contracts import Payload, convert
from matches.contracts import EventOp, MatchClock, Outcome, PeriodType, Sport
from matches.sports.scoring import Board, Detail, Folded, Setup, check_event, wire_period

Minutes = Annotated[int, msgspec.Meta(ge=1, le=60)]

HALVES, EXTRA_TIME, SHOOT_OUT = (1, 2), (3, 4), 5
"""Period numbers, after IFAB's Laws of the Game 7 and 10."""


class FootballConfig(Payload, frozen=True, kw_only=True):
    """Youth and other football plays shorter halves."""

    half_minutes: Minutes = 45
    extra_minutes: Minutes = 15


class Goal(Detail, frozen=True, kw_only=True):
    """A goal; `competitorId` is the side it counts for, also where the other side put it in."""

    own_goal: bool = False
    penalty: bool = False


class ShootOutKick(Detail, frozen=True, kw_only=True):
    """One kick of the shoot-out; it never changes the match's own score."""

    scored: bool


DETAILS: dict[str, type[Detail]] = {"goal": Goal, "shootout_kick": ShootOutKick}
SCORING = frozenset({"goal", "shootout_kick"})
PLAY = SCORING | {
    "shot", "save", "penalty_missed", "corner", "offside", "foul", "card", "free_kick", "var", "substitution",
}  # fmt: skip
"""Types that show that the match is under way. `card.detail.card` is yellow, second_yellow or red; `var` and the
others carry what the feed knows. Any other type is commentary."""

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


class FootballScorer:
    """Reads a match event by event."""

    def __init__(self, setup: Setup) -> None:
        self._board = Board(setup)
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

    def scores(self) -> dict[str, int]:
        """Goals."""
        return self._board.total("regular", "overtime")

    def displays(self) -> dict[str, str]:
        """Goals, and those of a shoot-out in brackets: `3 (4)`."""
        goals = self.scores()
        if not any(p.type == "penalties" for p in self._board.periods.values()):
            return {side: str(n) for side, n in goals.items()}
        kicks = self._board.total("penalties")
        return {side: f"{n} ({kicks[side]})" for side, n in goals.items()}

    def folded(self) -> Folded:
        """The state so far."""
        board = self._board
        outcome = board.outcome(self._result()) if board.over else None
        return Folded(
            status=board.status,
            periods=[wire_period(period) for period in board.ordered()],
            scores=self.scores(),
            displays=self.displays(),
            status_detail=board.status_text or self._phase(),
            clock=self._match_clock(),
            outcome=outcome,
        )

    def _phase(self) -> str | None:
        board = self._board
        if board.over:
            last = max(board.periods, default=0)
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

    def _result(self) -> Outcome:
        home, away = self._setup.ids
        goals, kicks = self.scores(), self._board.total("penalties")
        late = " after extra time" if any(p.type == "overtime" for p in self._board.periods.values()) else ""
        for score, ending, by in ((goals, late, "goals"), (kicks, " on penalties", "penalties")):
            if score[home] == score[away]:
                continue
            winner = home if score[home] > score[away] else away
            loser = self._setup.opponent(winner)
            text = f"{self._setup.name(winner)} beat {self._setup.name(loser)} {score[winner]}-{score[loser]}{ending}"
            if by == "penalties":
                text += f" after a {goals[home]}-{goals[away]} draw"
            return Outcome(text=text, winner_id=winner, by=by)
        return Outcome(text=f"Draw, {goals[home]}-{goals[away]}{late}")


class Football:
    """The rules of football."""

    sport: Sport = "football"

    def check_setup(self, setup: Setup) -> None:
        """Raise `InvalidPayload` for a configuration it does not know."""
        convert(dict(setup.config), FootballConfig)

    def check(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` for an event that could not be scored."""
        check_event(setup, event, DETAILS, SCORING)

    def begin(self, setup: Setup) -> FootballScorer:
        """A scorer at kick-off."""
        return FootballScorer(setup)
