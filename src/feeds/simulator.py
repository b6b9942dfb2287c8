"""Believable matches of invented teams, the same for the same seed: for demos, load and trying things."""

from __future__ import annotations

from dataclasses import dataclass, field
from random import Random
from typing import Any

import msgspec

from feeds.files.recording import QUALIFIERS, FileMatch, slug
from feeds.writing import EventWriter
from kit.contracts import Instant
from scoring.model import (
    CreateMatch,
    EventOp,
    NewCompetition,
    NewCompetitor,
    NewEventClock,
    NewEventPlayer,
    NewLineupPlayer,
    Sport,
)
from scoring.sports.basketball import BasketballConfig, clock_display, period_name
from scoring.sports.football import minute

PROVIDER = "simulator"

TEAMS: dict[Sport, list[tuple[str, str]]] = {
    "football": [
        ("Harbour Athletic", "HAR"), ("Northgate Rovers", "NOR"), ("Millbrook United", "MIL"), ("Castle Vale", "CAS"),
        ("Eastfold City", "EAS"), ("Port Anselm", "POR"),
    ],
    "cricket": [
        ("Saltmarsh Herons", "SAL"), ("Redwater Kings", "RED"), ("Tidewell Comets", "TID"), ("Ashgrove Lynx", "ASH"),
        ("Granite Coast", "GRA"), ("Kelder Sixes", "KEL"),
    ],
    "basketball": [
        ("Lakeview Foxes", "LKV"), ("Ironbridge Bolts", "IRN"), ("Summit Owls", "SUM"), ("Riverton Waves", "RIV"),
        ("Copper Hill Rams", "COP"), ("Westlight Stars", "WES"),
    ],
}  # fmt: skip
FIRST = (
    "Ada", "Ben", "Cal", "Dina", "Eli", "Finn", "Gus", "Hana", "Ivo", "Jude", "Kit", "Leo", "Mara", "Nils", "Otto",
    "Pia", "Quin", "Rafe", "Sol", "Tess", "Udo", "Vera",
)  # fmt: skip
LAST = (
    "Abbot", "Barlow", "Cotter", "Devane", "Ellery", "Fenwick", "Garrod", "Halden", "Ilford", "Jarrow", "Kestrel",
    "Lomax", "Marlow", "Norcott", "Oakes", "Penrose", "Quill", "Ridley", "Stroud", "Tarrant", "Underhill", "Vane",
    "Wexford", "Yarrow", "Ashby", "Brack", "Coverdale", "Dray", "Egerton", "Farrow", "Grice", "Hobb", "Inskip",
    "Keld", "Larch",
    "Moss",
)  # fmt: skip
"""More than two squads need, so that no two players of a match share a surname."""
COMPETITIONS: dict[Sport, str] = {"football": "Coastal League", "cricket": "Harvest T20", "basketball": "Inland Cup"}
SQUAD = {"football": 16, "cricket": 11, "basketball": 10}
STARTERS = {"football": 11, "cricket": 11, "basketball": 5}


@dataclass(slots=True)
class Team:
    """An invented team."""

    id: str
    name: str
    abbreviation: str
    players: list[str]
    starters: int

    def player(self, number: int, role: str) -> NewEventPlayer:
        """One of its players in an event."""
        name = self.players[number]
        return NewEventPlayer(id=f"{self.id}-{slug(name)}", role=role, name=name)


def simulate(sport: Sport, *, seed: int, start: Instant) -> FileMatch:
    """A whole match.

    Args:
        sport: Which one.
        seed: Teams, players and everything that happens follow from it.
        start: When it begins.

    Returns:
        The match and its events in the order in which they happen, at the pace of a real one. Football sometimes
        takes a goal back after a video review, so that corrections can be seen.
    """
    rng = Random(f"{sport} {seed}")  # noqa: S311 - play, not secrets
    home, away = _teams(sport, rng)
    out = EventWriter(PROVIDER, start)
    config: dict[str, Any] = {}
    if sport == "football":
        _Football(rng, home, away, out).play()
    elif sport == "cricket":
        config = {"overs": OVERS}
        _Cricket(rng, home, away, out).play()
    else:
        _Basketball(rng, home, away, out).play()
    create = CreateMatch(
        sport=sport,
        competition=NewCompetition(id=slug(COMPETITIONS[sport]), name=COMPETITIONS[sport]),
        scheduled_at=start,
        competitors=[_competitor(team, side) for team, side in zip((home, away), QUALIFIERS, strict=True)],
        venue=f"{home.name.split()[0]} Park",
        external_ids={PROVIDER: f"{sport}-{seed}-{start.ms}"},
        config=config,
    )
    return FileMatch(create, out.in_time_order())


def _teams(sport: Sport, rng: Random) -> tuple[Team, Team]:
    names = [f"{rng.choice(FIRST)} {last}" for last in rng.sample(LAST, 2 * SQUAD[sport])]
    size = SQUAD[sport]
    home, away = (
        Team(slug(name), name, short, names[index * size : (index + 1) * size], STARTERS[sport])
        for index, (name, short) in enumerate(rng.sample(TEAMS[sport], 2))
    )
    return home, away


def _competitor(team: Team, side: Any) -> NewCompetitor:  # noqa: ANN401 - a qualifier
    return NewCompetitor(
        id=team.id,
        name=team.name,
        abbreviation=team.abbreviation,
        qualifier=side,
        lineup=[
            NewLineupPlayer(id=f"{team.id}-{slug(name)}", name=name, number=number + 1, starter=number < team.starters)
            for number, name in enumerate(team.players)
        ],
    )


class _Football:
    """Two halves; each minute a few things may happen, at rates as in professional football."""

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
        """Both halves."""
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


class _Cricket:
    """Two innings of twenty overs, ball by ball."""

    RUNS = ((0, 33), (1, 38), (2, 7), (3, 0.5), (4, 11.5), (6, 5))
    WICKET, WIDE, NO_BALL, LEG_BYE = 0.056, 0.03, 0.004, 0.015
    DISMISSALS = (("caught", 60), ("bowled", 18), ("lbw", 10), ("run out", 8), ("stumped", 4))

    def __init__(self, rng: Random, home: Team, away: Team, out: EventWriter) -> None:
        self._rng = rng
        self._teams = [home, away]
        self._out = out

    def play(self) -> None:
        """The toss and both innings."""
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


class _Basketball:
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
        """All periods."""
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
