"""Association football: goals by half, extra time, and a shoot-out that decides without counting."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

import msgspec

from kit.contracts import Payload, convert
from kit.errors import InvalidPayload
from scoring.model import (
    EventOp,
    Key,
    MatchClock,
    PeriodType,
    Points,
    Sport,
    StatGroup,
)
from scoring.sports import laws
from scoring.sports.knockout import Final, result
from scoring.sports.outcomes import DECREED
from scoring.sports.scoring import (
    Board,
    Detail,
    Folded,
    Lawful,
    MatchEnd,
    Override,
    Period,
    Setup,
    Side,
    check_event,
    read,
    wire_period,
)
from scoring.sports.tables import Counter, PlayerKey, Value, columns, row, total, with_role

Minutes = Annotated[int, msgspec.Meta(ge=1, le=60)]

HALVES, EXTRA_TIME, SHOOT_OUT = (1, 2), (3, 4), 5
"""Period numbers, after IFAB's Laws of the Game 7 and 10."""


class FootballConfig(Payload, frozen=True, kw_only=True):
    """Youth and other football plays shorter halves.

    `firstLeg`: the goals of the first leg by competitor id, of a match that is the second.
    """

    half_minutes: Minutes = 45
    extra_minutes: Minutes = 15
    first_leg: Annotated[dict[Key, Points], msgspec.Meta(min_length=2, max_length=2)] | None = None


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

IN_A_PERIOD = laws.PERIODS | PLAY
HAS = "football has the halves 1 and 2, extra time 3 and 4, and the shoot-out 5"
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
            return laws.clock(event, (length + laws.MAX_STOPPAGE_MIN) * 60, f"a half has {length} minutes")
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
        """Goals."""
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


COLUMNS = columns(
    minutes="Min", goals="G", assists="A", shots="Sh", shotsOnTarget="SoT", ownGoals="OG", fouls="F",
    yellowCards="YC", redCards="RC",
)  # fmt: skip

SIDES = columns(
    shots="Shots", shotsOnTarget="Shots on target", saves="Saves", corners="Corners", offsides="Offsides",
    fouls="Fouls", yellowCards="Yellow cards", redCards="Red cards",
)  # fmt: skip
COUNTED_FOR_SIDES = {"save": "saves", "corner": "corners", "offside": "offsides"}
"""Types that no player is credited with, and what they count as for the side."""


class FootballTally:
    """Goals, assists, shots, cards and, where the line-ups say who starts, minutes on the pitch without stoppage."""

    def __init__(self, setup: Setup) -> None:
        self._setup = setup
        self._config = convert(dict(setup.config), FootballConfig)
        self._counter = Counter(setup)
        self._since: dict[PlayerKey, float] = {}
        self._played: dict[PlayerKey, float] = {}
        self._now = 0.0
        self._sent_off: dict[tuple[str, str | None], str | None] = {}
        for side in (setup.home, setup.away):
            for player in side.lineup:
                if player.starter:
                    self._since[PlayerKey(side.id, player.id)] = 0.0

    def apply(self, event: EventOp) -> None:
        """Take in the next event."""
        self._time(event)
        side = event.competitor_id
        if side is None:
            return
        count = self._counter.add
        if event.type == "goal":
            self._goal(side, event)
        elif event.type == "shot":
            on_target = event.detail.get("onTarget") is True
            count(side, with_role(event, "shooter"), "shots", *(("shotsOnTarget",) if on_target else ()))
        elif event.type == "penalty_missed":
            count(side, with_role(event, "shooter"), "shots")
        elif event.type == "foul":
            count(side, with_role(event, "offender"), "fouls")
        elif event.type == "card":
            self._card(side, event)
        elif event.type in COUNTED_FOR_SIDES:
            count(side, None, COUNTED_FOR_SIDES[event.type])
        elif event.type == "substitution":
            for player in event.players:
                key = self._counter.seen(side, player)
                if player.role == "player_in":
                    self._since[key] = self._now
                elif player.role == "player_out":
                    self._leaves(key)

    def _time(self, event: EventOp) -> None:
        """Minutes of play, in which a period is as long as it should be."""
        if not 1 <= event.period < SHOOT_OUT:
            return
        start, length = span(event.period, self._config)
        played = None if event.clock is None else event.clock.played_s
        if event.type == "period_end":
            played = length * 60.0
        self._now = max(self._now, start + min((played or 0.0) / 60, length))

    def _goal(self, side: str, event: EventOp) -> None:
        """An own goal is its scorer's, though it counts for the other side."""
        own = with_role(event, "own_goal")
        if own is not None or read(event, Goal).own_goal:
            self._counter.add(self._setup.opponent(side), own or with_role(event, "scorer"), "ownGoals")
            self._counter.add(side, None, "goals")
            return
        self._counter.add(side, with_role(event, "scorer"), "goals", "shots", "shotsOnTarget")
        assist = with_role(event, "assist")
        if assist is not None:
            self._counter.add(side, assist, "assists")

    def _card(self, side: str, event: EventOp) -> None:
        """A second yellow and the red that follows from it are one dismissal, in whichever order they are told."""
        card, player = laws.card_of(event), with_role(event, "player")
        if card == "yellow":
            self._counter.add(side, player, "yellowCards")
        elif card in ("red", "second_yellow"):
            off = (side, player.id if player is not None else None)
            before = self._sent_off.get(off)
            self._sent_off[off] = card
            if before is not None and before != card and (player is not None or before == "second_yellow"):
                self._sent_off[off] = None
                return
            self._counter.add(side, player, "redCards")
            if player is not None:
                self._leaves(PlayerKey(side, player.id))

    def _leaves(self, key: PlayerKey) -> None:
        since = self._since.pop(key, None)
        if since is not None:
            self._played[key] = self._played.get(key, 0.0) + self._now - since

    def groups(self) -> list[StatGroup]:
        """A table for each side, then the sides beside each other.

        Those who began come first, then others by when they first did something; the bench is left out.
        """
        sides = (self._setup.home, self._setup.away)
        return [*(self._group(side) for side in sides), self._compared()]

    def _compared(self) -> StatGroup:
        """Only what happened: some feeds never tell of corners, and a row of zeros would say something else."""
        ours = {side: self._counter.side(side) for side in self._setup.ids}
        shown = [column for column in SIDES if any(counts.get(column.key) for counts in ours.values())]
        totals = [
            total(self._setup, side, {column.key: counts.get(column.key, 0) for column in shown})
            for side, counts in ours.items()
        ]
        return StatGroup(key="sides", title="Teams", columns=shown, rows=[], totals=totals)

    def _group(self, side: Side) -> StatGroup:
        counts = dict(self._counter.players(side.id))
        known = any(player.starter for player in side.lineup)
        starters = [PlayerKey(side.id, player.id) for player in side.lineup if player.starter]
        keys = list(dict.fromkeys([*starters, *counts]))
        shown = COLUMNS if known else COLUMNS[1:]
        rows = []
        for key in keys:
            values: dict[str, Value] = {column.key: counts.get(key, {}).get(column.key, 0) for column in COLUMNS[1:]}
            if known:
                on = self._now - self._since[key] if key in self._since else 0.0
                values["minutes"] = round(self._played.get(key, 0.0) + on)
            rows.append(row(self._counter.names, key, values))
        ours = self._counter.side(side.id)
        totals = [total(self._setup, side.id, {column.key: ours.get(column.key, 0) for column in COLUMNS[1:]})]
        return StatGroup(key=f"players.{side.id}", title=side.name, columns=shown, rows=rows, totals=totals)


class Football(Lawful):
    """The rules of football."""

    sport: Sport = "football"
    scoring = SCORING

    def check_setup(self, setup: Setup) -> None:
        """Raise `InvalidPayload` for a configuration it does not know."""
        first = convert(dict(setup.config), FootballConfig).first_leg
        if first is not None and set(first) != set(setup.ids):
            raise InvalidPayload(f"firstLeg has the goals of {' and '.join(setup.ids)}.")

    def check_readable(self, setup: Setup, event: EventOp) -> None:
        """Raise `InvalidPayload` for an event that could not be scored."""
        check_event(setup, event, DETAILS, SCORING)

    def objection(self, setup: Setup, event: EventOp) -> str | None:
        """Why an event cannot be; None where nothing speaks against it."""
        why = laws.common(self.sport, setup, event) or laws.period(event, IN_A_PERIOD, SHOOT_OUT, HAS)
        if why is not None or event.type not in PLAY:
            return why
        if event.type == "card" and laws.card_of(event) is None:
            return f"There is no card {str(event.detail.get('card'))[:40]!r}: it is yellow, second_yellow or red."
        if event.type == "goal" and event.period == SHOOT_OUT:
            return "A goal of the shoot-out is a shootout_kick, which counts for no score."
        if event.type == "shootout_kick" and event.period != SHOOT_OUT:
            return f"A kick of the shoot-out is in period {SHOOT_OUT}."
        return None

    def begin(self, setup: Setup) -> FootballScorer:
        """A scorer at kick-off."""
        return FootballScorer(setup)

    def tally(self, setup: Setup) -> FootballTally:
        """Players' statistics at kick-off."""
        return FootballTally(setup)
