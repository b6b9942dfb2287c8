"""Simulated football: goals, some of which a video review takes back, shots, fouls, cards and substitutions."""

from __future__ import annotations

from random import Random
from typing import Any

import msgspec

from feeds.simulator.teams import Simulation, Team
from feeds.writing import EventWriter
from kit.contracts import Instant
from scoring.model import EventOp, NewEventClock
from scoring.sports.football import minute

TEAMS = (
    ("Harbour Athletic", "HAR"), ("Northgate Rovers", "NOR"), ("Millbrook United", "MIL"), ("Castle Vale", "CAS"),
    ("Eastfold City", "EAS"), ("Port Anselm", "POR"),
)  # fmt: skip


class Football:
    """A match of two halves; each minute a few things may happen, at rates as in professional football."""

    RATES = (("goal", 0.03), ("shot", 0.22), ("foul", 0.25), ("corner", 0.11), ("offside", 0.04), ("none", 0.35))
    CARD, DISALLOWED = 0.16, 0.12

    def __init__(self, rng: Random, home: Team, away: Team, out: EventWriter) -> None:
        self._rng = rng
        self._teams = (home, away)
        self._out = out
        self._score = {home.id: 0, away.id: 0}
        self._on = {team.id: list(range(11)) for team in self._teams}
        self._bench = {team.id: list(range(11, 16)) for team in self._teams}
        self._count = 0
        self._begin = 0.0

    def play(self) -> None:
        """Write both halves and the end."""
        for half in (1, 2):
            if half == 2:
                self._out.wait(900)
            self._begin = self._out.now_ms
            starts = "Kick-off" if half == 1 else "The second half begins"
            self._out.add(f"{half}.start", "period_start", half, "0", starts)
            added = self._rng.randint(1, 3) if half == 1 else self._rng.randint(2, 6)
            for number in range(45 + added):
                self._minute(half, number)
            self._out.now_ms = self._begin
            self._out.wait((45 + added) * 60 + 5)
            ends = "Half-time" if half == 1 else "End of normal time"
            self._out.add(f"{half}.end", "period_end", half, "8", f"{ends}: {self._line()}")
        self._out.wait(10)
        self._out.add("end", "match_end", 2, "9", f"Full time: {self._line()}")

    def _line(self) -> str:
        home, away = self._teams
        return f"{home.name} {self._score[home.id]}-{self._score[away.id]} {away.name}"

    def _minute(self, half: int, number: int) -> None:
        rng = self._rng
        team = self._teams[0] if rng.random() < 0.54 else self._teams[1]
        kind = rng.choices([name for name, _ in self.RATES], [rate for _, rate in self.RATES])[0]
        second = number * 60 + rng.uniform(2, 50)
        if half == 2 and number in (14, 24, 34) and self._bench[team.id]:
            self._substitution(half, number * 60 + 1, team)
        if kind == "goal":
            self._goal(half, second, team)
        elif kind == "shot":
            on_target = rng.random() < 0.35
            where = (
                rng.choice(("saved", "held by the keeper")) if on_target else rng.choice(("wide", "over", "blocked"))
            )
            self._add(half, second, "shot", team, "shooter", "Shot by {}, " + where, {"onTarget": on_target})
        elif kind == "foul":
            who = self._add(half, second, "foul", team, "offender", "Foul by {}")
            if rng.random() < self.CARD:
                text = "Yellow card for {}"
                self._add(half, second + 8, "card", team, "player", text, {"card": "yellow"}, who=who)
        elif kind != "none":
            text = {"corner": "Corner, taken by {}", "offside": "Offside, {}"}[kind]
            self._add(half, second, kind, team, "player", text)

    def _add(
        self,
        half: int,
        second: float,
        kind: str,
        team: Team,
        role: str,
        text: str,
        detail: dict[str, Any] | None = None,
        *,
        who: int | None = None,
        tail: str = "",
    ) -> int:
        """One event of a player, ten times out of eleven not the keeper."""
        self._count += 1
        who = self._rng.choice(self._on[team.id][1:]) if who is None else who
        display = minute(half, second)
        self._out.add(
            f"event.{self._count}",
            kind,
            half,
            f"1-{round(second * 10):06d}-{self._count:04d}",
            f"{display} {text.format(f'{team.players[who]} ({team.name})')}{tail}",
            at=Instant(round(self._begin + second * 1000)),
            clock=NewEventClock(display=display, played_s=round(second, 1)),
            competitor_id=team.id,
            players=[team.player(who, role)],
            detail=detail,
        )
        return who

    def _goal(self, half: int, second: float, team: Team) -> None:
        penalty = self._rng.random() < 0.12
        how = (
            "from the spot"
            if penalty
            else self._rng.choice(("low into the corner", "with a header", "from close range"))
        )
        self._score[team.id] += 1
        line = self._line()
        self._add(half, second, "goal", team, "scorer", "Goal! {}, " + how, {"penalty": penalty}, tail=f". {line}")
        goal = self._out.ops[-1]
        if not penalty and self._rng.random() < self.DISALLOWED:
            self._score[team.id] -= 1
            later = (second // 60) * 60 + 61  # before anything of the next minute
            at = Instant(round(self._begin + later * 1000))
            text = "Video review: no goal, {} was offside"
            self._add(half, later - 1, "var", team, "player", text, {"decision": "no goal"}, who=self._who(team, goal))
            withdrawn = msgspec.structs.replace(
                goal,
                op="delete",
                revision=1,
                occurred_at=at,
                provider_updated_at=at,
                reason="offside after a video review",
            )
            self._out.ops.append(withdrawn)

    @staticmethod
    def _who(team: Team, event: EventOp) -> int:
        return team.players.index(event.players[0].name or "")

    def _substitution(self, half: int, second: float, team: Team) -> None:
        coming = self._bench[team.id].pop(0)
        place = self._rng.randrange(1, 11)
        going, self._on[team.id][place] = self._on[team.id][place], coming
        tail = f" comes on for {team.players[going]}"
        self._add(half, second, "substitution", team, "player_in", "{}", who=coming, tail=tail)
        event = self._out.ops[-1]
        players = [*event.players, team.player(going, "player_out")]
        self._out.ops[-1] = msgspec.structs.replace(event, players=players)


SIMULATION = Simulation(
    teams=TEAMS,
    competition="Coastal League",
    squad=16,
    starters=11,
    play=lambda rng, home, away, out: Football(rng, home, away, out).play(),
)
