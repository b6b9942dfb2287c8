"""Simulated basketball: four quarters of possessions, and overtime while it is level."""

from __future__ import annotations

from random import Random

from feeds.simulator.teams import Simulation, Team
from feeds.writing import EventWriter
from scoring.model import NewEventClock
from scoring.sports.basketball import BasketballConfig, clock_display, period_name

TEAMS = (
    ("Lakeview Foxes", "LKV"), ("Ironbridge Bolts", "IRN"), ("Summit Owls", "SUM"), ("Riverton Waves", "RIV"),
    ("Copper Hill Rams", "COP"), ("Westlight Stars", "WES"),
)  # fmt: skip


class Basketball:
    """Four quarters of possessions, and overtime while it is level."""

    SHOT_CLOCK = (7, 24)
    REAL_PER_GAME_S = 2.2

    def __init__(self, rng: Random, home: Team, away: Team, out: EventWriter) -> None:
        self._rng = rng
        self._teams = (home, away)
        self._out = out
        self._score = {home.id: 0, away.id: 0}
        self._config = BasketballConfig()
        self._count = 0
        self._ball = 0

    def play(self) -> None:
        """Write all periods and the end."""
        number, home, away = 0, *self._teams
        while number < self._config.periods or self._score[home.id] == self._score[away.id]:
            number += 1
            self._period(number)
        self._out.wait(5)
        self._out.add("end", "match_end", number, "9", f"Final: {self._line()}")

    def _line(self) -> str:
        home, away = self._teams
        return f"{home.abbreviation} {self._score[home.id]}-{self._score[away.id]} {away.abbreviation}"

    def _clock(self, number: int, left: float) -> NewEventClock:
        return NewEventClock(display=clock_display(number, left, self._config), remaining_s=round(left))

    def _period(self, number: int) -> None:
        config, out = self._config, self._out
        if number > 1:
            out.wait(900 if number * 2 == config.periods + 2 else 150)
        left = float((config.period_minutes if number <= config.periods else config.overtime_minutes) * 60)
        name = period_name(number, config)
        out.add(f"{number}.start", "period_start", number, "0", f"{name} begins", clock=self._clock(number, left))
        while True:
            used = self._rng.uniform(*self.SHOT_CLOCK)
            if used >= left:
                break
            left -= used
            out.wait(used * self.REAL_PER_GAME_S)
            self._possession(number, left)
        out.wait(left * self.REAL_PER_GAME_S)
        text = f"{name} ends: {self._line()}"
        out.add(f"{number}.end", "period_end", number, "8", text, clock=self._clock(number, 0))

    def _add(self, number: int, left: float, kind: str, team: Team, role: str, text: str, **detail: object) -> None:
        self._count += 1
        who = self._rng.randrange(10)
        clock = self._clock(number, left)
        self._out.add(
            f"play.{self._count}",
            kind,
            number,
            f"1-{self._count:05d}",
            f"{clock.display} {text.format(f'{team.players[who]} ({team.abbreviation})')}",
            clock=clock,
            competitor_id=team.id,
            players=[team.player(who, role)],
            detail=dict(detail),
        )

    def _possession(self, number: int, left: float) -> None:
        rng = self._rng
        team, other = self._teams[self._ball], self._teams[1 - self._ball]
        self._ball = 1 - self._ball
        luck = rng.random()
        if luck < 0.13:
            self._add(number, left, "turnover", team, "player", "Turnover, {}")
        elif luck < 0.23:
            self._add(number, left, "foul", other, "offender", "Shooting foul, {}")
            for _ in range(2):
                made = rng.random() < 0.77
                self._points(number, left, "free_throw", team, 1, made=made)
        else:
            three = rng.random() < 0.36
            made = rng.random() < (0.36 if three else 0.52)
            self._points(number, left, "shot", team, 3 if three else 2, made=made)
            if not made:
                own = rng.random() < 0.25
                self._ball = self._ball if not own else 1 - self._ball
                where = "Offensive" if own else "Defensive"
                getter = team if own else other
                self._add(number, max(left - 1, 0), "rebound", getter, "rebounder", where + " rebound, {}")

    def _points(self, number: int, left: float, kind: str, team: Team, points: int, *, made: bool) -> None:
        if made:
            self._score[team.id] += points
        what = {1: "free throw", 2: "shot", 3: "three-pointer"}[points]
        text = "{} " + ("makes" if made else "misses") + f" a {what}" + (f". {self._line()}" if made else "")
        detail: dict[str, object] = {"made": made} | ({"points": points} if kind == "shot" else {})
        self._add(number, left, kind, team, "shooter", text, **detail)


SIMULATION = Simulation(
    teams=TEAMS,
    competition="Inland Cup",
    squad=10,
    starters=5,
    play=lambda rng, home, away, out: Basketball(rng, home, away, out).play(),
)
