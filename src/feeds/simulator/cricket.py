"""Simulated cricket: two innings of twenty overs, ball by ball."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

from feeds.simulator.teams import Simulation, Team
from feeds.writing import EventWriter
from scoring.model import NewEventClock, NewEventPlayer

TEAMS = (
    ("Saltmarsh Herons", "SAL"), ("Redwater Kings", "RED"), ("Tidewell Comets", "TID"), ("Ashgrove Lynx", "ASH"),
    ("Granite Coast", "GRA"), ("Kelder Sixes", "KEL"),
)  # fmt: skip

OVERS = 20


@dataclass(slots=True)
class _Innings:
    number: int
    batting: Team
    bowling: Team
    target: int | None
    runs: int = 0
    wickets: int = 0
    at_crease: list[int] = field(default_factory=lambda: [0, 1])
    coming: int = 2

    @property
    def over(self) -> bool:
        return self.wickets == 10 or (self.target is not None and self.runs >= self.target)


class Cricket:
    """Two innings of twenty overs, ball by ball."""

    RUNS = ((0, 33), (1, 38), (2, 7), (3, 0.5), (4, 11.5), (6, 5))
    WICKET, WIDE, NO_BALL, LEG_BYE = 0.056, 0.03, 0.004, 0.015
    DISMISSALS = (("caught", 60), ("bowled", 18), ("lbw", 10), ("run out", 8), ("stumped", 4))

    def __init__(self, rng: Random, home: Team, away: Team, out: EventWriter) -> None:
        self._rng = rng
        self._teams = [home, away]
        self._out = out

    def play(self) -> None:
        """Write the toss, both innings and the end."""
        first, second = self._rng.sample(self._teams, 2)
        text = f"{first.name} won the toss and chose to bat"
        self._out.add("toss", "toss", 0, "toss", text, competitor_id=first.id)
        self._out.wait(120)
        target = self._innings(_Innings(1, first, second, None)) + 1
        self._out.wait(900)
        self._innings(_Innings(2, second, first, target))
        self._out.wait(60)
        self._out.add("end", "match_end", 2, "9", "That is the end of the match")

    def _innings(self, innings: _Innings) -> int:
        side = innings.batting
        text = f"{side.name} begin their innings"
        if innings.target is not None:
            text += f", needing {innings.target} to win"
        number = innings.number
        self._out.add(
            f"{number}.start",
            "period_start",
            number,
            "0",
            text,
            competitor_id=side.id,
            detail={"type": "innings", "battingId": side.id},
        )
        for over in range(OVERS):
            if not innings.over:
                self._out.wait(40)
                self._over(innings, over)
        self._out.wait(10)
        text = f"{side.name} finish on {innings.runs}/{innings.wickets}"
        self._out.add(f"{number}.end", "period_end", number, "3", text, competitor_id=side.id)
        return innings.runs

    def _over(self, innings: _Innings, over: int) -> None:
        bowler = 6 + over % 5
        legal, index = 0, 0
        while legal < 6 and not innings.over:
            index += 1
            self._out.wait(self._rng.uniform(28, 40))
            place = f"{over}.{legal + 1}"
            striker = innings.at_crease[0]
            what, detail, players = self._ball(innings, bowler)
            legal += not ({"wides", "noballs"} & detail.get("extras", {}).keys())
            self._out.add(
                f"{innings.number}.{over}.{index}",
                "ball",
                innings.number,
                f"1-{over:04d}.{index:02d}",
                f"{place} {innings.bowling.players[bowler].split()[1]} to "
                f"{innings.batting.players[striker].split()[1]}, {what}",
                clock=NewEventClock(display=place),
                competitor_id=innings.batting.id,
                players=players,
                detail={"over": over} | detail,
            )
            if "wickets" in detail:
                self._out.wait(80)
        innings.at_crease.reverse()

    def _ball(self, innings: _Innings, bowler: int) -> tuple[str, dict[str, Any], list[NewEventPlayer]]:
        rng = self._rng
        striker, other = innings.at_crease
        players = [
            innings.batting.player(striker, "batter"),
            innings.bowling.player(bowler, "bowler"),
            innings.batting.player(other, "non_striker"),
        ]
        luck = rng.random()
        for chance, kind, text in (
            (self.WIDE, "wides", "wide"), (self.NO_BALL, "noballs", "no ball"), (self.LEG_BYE, "legbyes", "1 leg bye"),
        ):  # fmt: skip
            luck -= chance
            if luck < 0:
                innings.runs += 1
                if kind == "legbyes":
                    innings.at_crease.reverse()
                return text, {"batterRuns": 0, "extras": {kind: 1}}, players
        if luck < self.WICKET:
            return self._wicket(innings, striker, players)
        runs = rng.choices([run for run, _ in self.RUNS], [weight for _, weight in self.RUNS])[0]
        innings.runs += runs
        if runs % 2:
            innings.at_crease.reverse()
        words = {0: "no run", 1: "1 run", 4: "FOUR", 6: "SIX"}
        return words.get(runs, f"{runs} runs"), {"batterRuns": runs}, players

    def _wicket(
        self, innings: _Innings, striker: int, players: list[NewEventPlayer]
    ) -> tuple[str, dict[str, Any], list[NewEventPlayer]]:
        kinds = [kind for kind, _ in self.DISMISSALS]
        how = self._rng.choices(kinds, [weight for _, weight in self.DISMISSALS])[0]
        innings.wickets += 1
        if innings.coming < len(innings.batting.players):
            innings.at_crease[0] = innings.coming
            innings.coming += 1
        name = innings.batting.players[striker]
        players = [*players, innings.batting.player(striker, "player_out")]
        if how in ("caught", "run out"):
            players.append(innings.bowling.player(self._rng.randrange(11), "fielder"))
        detail = {"batterRuns": 0, "wickets": [{"kind": how, "playerOut": name}]}
        return f"OUT! {name.split()[1]} {how}. {innings.runs}/{innings.wickets}", detail, players


SIMULATION = Simulation(
    teams=TEAMS,
    competition="Harvest T20",
    squad=11,
    starters=11,
    play=lambda rng, home, away, out: Cricket(rng, home, away, out).play(),
    config={"overs": OVERS},
)
