"""Basketball: points by quarter, as many overtimes as it takes, a clock that counts down."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

import msgspec

from kit.contracts import Payload, convert
from scoring.model import (
    EventOp,
    MatchClock,
    Outcome,
    PeriodType,
    Sport,
    StatColumn,
    StatGroup,
)
from scoring.sports import laws
from scoring.sports.scoring import (
    Board,
    Detail,
    Folded,
    Lawful,
    Override,
    Setup,
    Side,
    check_event,
    read,
    wire_period,
)
from scoring.sports.tables import Counter, PlayerKey, Value, columns, row, total, with_role

Minutes = Annotated[int, msgspec.Meta(ge=1, le=60)]


class BasketballConfig(Payload, frozen=True, kw_only=True):
    """The NBA plays 4 x 12 minutes, FIBA 4 x 10, college 2 x 20; overtime is 5 everywhere."""

    periods: Annotated[int, msgspec.Meta(ge=1, le=4)] = 4
    period_minutes: Minutes = 12
    overtime_minutes: Minutes = 5


class Shot(Detail, frozen=True, kw_only=True):
    """A shot from the field."""

    made: bool
    points: Annotated[int, msgspec.Meta(ge=0, le=100)] = 2


class FreeThrow(Detail, frozen=True, kw_only=True):
    """One free throw."""

    made: bool


DETAILS: dict[str, type[Detail]] = {"shot": Shot, "free_throw": FreeThrow}
SCORING = frozenset({"shot", "free_throw"})
PLAY = SCORING | {"jump_ball", "rebound", "turnover", "foul", "violation", "substitution", "timeout"}
"""Types that show that the match is under way. Any other type is commentary."""
IN_A_PERIOD = laws.PERIODS | PLAY


def period_name(number: int, config: BasketballConfig) -> str:
    """A period as people write it: `Q3`, `H2` where there are halves, `OT`, `2OT`."""
    if number <= config.periods:
        return f"{'H' if config.periods == 2 else 'Q'}{number}"
    extra = number - config.periods
    return "OT" if extra == 1 else f"{extra}OT"


def clock_display(number: int, remaining_s: float, config: BasketballConfig | None = None) -> str:
    """`Q3 04:12`; `remaining_s` in seconds."""
    minutes, seconds = divmod(int(remaining_s), 60)
    return f"{period_name(number, config or BasketballConfig())} {minutes:02d}:{seconds:02d}"


class BasketballScorer:
    """Reads a match event by event."""

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
        """Points, as text."""
        return {side: str(n) for side, n in self.scores().items()}

    def scores(self) -> dict[str, int]:
        """Points."""
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


MADE = {
    "fieldGoals": ("fieldGoalsMade", "fieldGoalsTried"), "threes": ("threesMade", "threesTried"),
    "freeThrows": ("freeThrowsMade", "freeThrowsTried"),
}  # fmt: skip
"""Columns that read `made-tried`."""
COLUMNS = columns(
    points="PTS", fieldGoals="FG", threes="3P", freeThrows="FT", rebounds="REB", offensiveRebounds="OREB",
    defensiveRebounds="DREB", assists="AST", steals="STL", blocks="BLK", turnovers="TO", fouls="PF",
)  # fmt: skip
MAYBE = frozenset({"offensiveRebounds", "defensiveRebounds", "assists", "steals", "blocks"})
"""What some feeds never tell; a column of zeros would say something else."""


class BasketballTally:
    """The box score.

    An event's `assist`, `steal` and `block` are players of it in these roles; the latter two are of the other side.
    Rebounds and turnovers of nobody count for the team: turnovers in its total, rebounds not, as in the NBA's box
    score. A technical foul is no personal one.
    """

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._counter = Counter(setup)

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        side, count = event.competitor_id, self._counter.add
        if side is None:
            return
        if event.type == "shot":
            self._shot(side, event)
        elif event.type == "free_throw":
            made = read(event, FreeThrow).made
            stats = ("freeThrowsTried", *(("freeThrowsMade", "points") if made else ()))
            count(side, with_role(event, "shooter"), *stats)
        elif event.type == "rebound":
            player = with_role(event, "rebounder")
            kind = {"off": "offensiveRebounds", "def": "defensiveRebounds"}.get(str(event.detail.get("kind", "")))
            count(side, player, "rebounds", *((kind,) if kind else ()), side=player is not None)
        elif event.type == "turnover":
            count(side, with_role(event, "player"), "turnovers")
            self._by_the_other(side, event, "steal", "steals")
        elif event.type == "foul" and event.detail.get("kind") != "technical":
            count(side, with_role(event, "offender"), "fouls")
        elif event.type == "substitution":
            for player in event.players:
                self._counter.seen(side, player)

    def _shot(self, side: str, event: EventOp) -> None:
        shot, shooter, count = read(event, Shot), with_role(event, "shooter"), self._counter.add
        three = shot.points == 3
        count(side, shooter, "fieldGoalsTried", *(("threesTried",) if three else ()))
        if not shot.made:
            self._by_the_other(side, event, "block", "blocks")
            return
        count(side, shooter, "fieldGoalsMade", *(("threesMade",) if three else ()), *(["points"] * shot.points))
        assist = with_role(event, "assist")
        if assist is not None:
            count(side, assist, "assists")

    def _by_the_other(self, side: str, event: EventOp, role: str, stat: str) -> None:
        player = with_role(event, role)
        if player is not None:
            self._counter.add(self._setup.opponent(side), player, stat)

    def groups(self) -> list[StatGroup]:
        """A table for each side, its starters first where the line-up tells them."""
        told = {key for side in self._setup.ids for key in self._counter.side(side)}
        shown = [column for column in COLUMNS if column.key not in MAYBE or column.key in told]
        return [self._group(side, shown) for side in (self._setup.home, self._setup.away)]

    def _group(self, side: Side, shown: list[StatColumn]) -> StatGroup:
        counts = dict(self._counter.players(side.id))
        starters = [PlayerKey(side.id, player.id) for player in side.lineup if player.starter]
        keys = list(dict.fromkeys([*starters, *counts]))
        rows = [row(self._counter.names, key, _box(counts.get(key, {}), shown)) for key in keys]
        totals = [total(self._setup, side.id, _box(self._counter.side(side.id), shown))]
        return StatGroup(key=f"players.{side.id}", title=side.name, columns=shown, rows=rows, totals=totals)


def _box(counts: Mapping[str, int], shown: list[StatColumn]) -> dict[str, Value]:
    values: dict[str, Value] = {}
    for column in shown:
        if column.key in MADE:
            made, tried = MADE[column.key]
            values[column.key] = f"{counts.get(made, 0)}-{counts.get(tried, 0)}"
        else:
            values[column.key] = counts.get(column.key, 0)
    return values


class Basketball(Lawful):
    """The rules of basketball."""

    sport: Sport = "basketball"
    scoring = SCORING

    def check_setup(self, setup: Setup) -> None:
        """Raise `InvalidPayload` for a configuration it does not know."""
        convert(dict(setup.config), BasketballConfig)

    def check_readable(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` for an event that could not be scored."""
        check_event(setup, event, DETAILS, SCORING)

    def objection(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event cannot be; None where nothing speaks against it."""
        config = convert(dict(setup.config), BasketballConfig)
        most = config.periods + laws.MAX_OVERTIMES
        has = f"a match has {config.periods} periods, and overtimes"
        why = laws.common(self.sport, setup, event) or laws.period(event, IN_A_PERIOD, most, has)
        if why is not None or event.type not in PLAY:
            return why
        if event.type == "shot" and read(event, Shot).points not in (2, 3):
            return f"A shot from the field is worth 2 or 3 points, not {read(event, Shot).points}."
        if event.type == "free_throw" and event.detail.get("points", 1) != 1:
            return "A free throw is worth 1 point."
        return None

    def begin(self, setup: Setup) -> BasketballScorer:
        """A scorer at the jump ball."""
        return BasketballScorer(setup)

    def tally(self, setup: Setup) -> BasketballTally:
        """Players' statistics at the jump ball."""
        return BasketballTally(setup)
