"""NBA play-by-play as in the `lakers` data of the R package lubridate (originally basketballgeek.com), one game a file.

The game clock counts down in each period. The file knows the day only: tip-off is at 19:30 in Los Angeles' winter
time, and real time goes by 2.2 times as fast as the game clock, as in a real evening with its whistles.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from feeds.files.recording import QUALIFIERS, FileMatch, instant, parse_day, slug
from feeds.lenient import Shape, Skipped, read_entries, read_whole
from feeds.names import event_players
from feeds.writing import EventWriter
from kit.errors import InvalidPayload
from scoring.model import (
    CreateMatch,
    EventOp,
    NewCompetition,
    NewCompetitor,
    NewEventClock,
)
from scoring.sports.basketball import BasketballConfig, clock_display, period_name

PROVIDER = "lakers"

TIP_OFF = timedelta(hours=27, minutes=30)
"""19:30 at UTC-8, as hours after midnight UTC."""

MAX_PERIODS = 20
"""Overtimes are played until somebody leads; six were the most."""

REAL_PER_GAME_S = 2.2
BREAK_S, HALF_TIME_S = 150, 900

NAMES = {
    "ATL": "Atlanta Hawks", "BOS": "Boston Celtics", "CHA": "Charlotte Bobcats", "CHI": "Chicago Bulls",
    "CLE": "Cleveland Cavaliers", "DAL": "Dallas Mavericks", "DEN": "Denver Nuggets", "DET": "Detroit Pistons",
    "GSW": "Golden State Warriors", "HOU": "Houston Rockets", "IND": "Indiana Pacers", "LAC": "Los Angeles Clippers",
    "LAL": "Los Angeles Lakers", "MEM": "Memphis Grizzlies", "MIA": "Miami Heat", "MIL": "Milwaukee Bucks",
    "MIN": "Minnesota Timberwolves", "NJN": "New Jersey Nets", "NOH": "New Orleans Hornets", "NYK": "New York Knicks",
    "OKC": "Oklahoma City Thunder", "ORL": "Orlando Magic", "PHI": "Philadelphia 76ers", "PHX": "Phoenix Suns",
    "POR": "Portland Trail Blazers", "SAC": "Sacramento Kings", "SAS": "San Antonio Spurs", "TOR": "Toronto Raptors",
    "UTA": "Utah Jazz", "WAS": "Washington Wizards",
}  # fmt: skip
"""The teams of that season; an unknown one is shown by its letters."""

TYPES = {
    "shot": "shot", "free throw": "free_throw", "rebound": "rebound", "turnover": "turnover", "foul": "foul",
    "violation": "violation", "sub": "substitution", "timeout": "timeout", "jump ball": "jump_ball",
    "ejection": "ejection",
}  # fmt: skip


class Play(Shape, frozen=True, kw_only=True):
    """One line of the play-by-play; `team` is OFF for the officials."""

    n: int
    period: int
    time: str
    etype: str
    team: str
    player: str | None = None
    result: str | None = None
    points: int = 0
    type: str | None = None


class LakersFile(Shape, frozen=True, kw_only=True):
    """The whole file."""

    date: str
    lakers: str
    opponent: str
    plays: Any
    game_type: str = "home"
    league: str = "NBA"
    season: str | None = None


def recognise(raw: dict[str, Any]) -> bool:
    """Whether a file has this shape."""
    return "plays" in raw and "lakers" in raw


def normalise(raw: dict[str, Any], skipped: Skipped) -> list[FileMatch]:
    """The one game of a file; raises `InvalidPayload` where it is not of this shape."""
    file = read_whole(raw, LakersFile, "the file", skipped)
    if not isinstance(file.plays, list):
        raise InvalidPayload("Its plays are no list.")
    if file.lakers == file.opponent:
        raise InvalidPayload("A game has two teams.")
    sides = [file.lakers, file.opponent] if file.game_type == "home" else [file.opponent, file.lakers]
    start = instant(parse_day(file.date) + TIP_OFF)
    create = CreateMatch(
        sport="basketball",
        competition=NewCompetition(id=slug(file.league), name=file.league, season=file.season),
        scheduled_at=start,
        competitors=[
            NewCompetitor(id=team, name=NAMES.get(team, team), abbreviation=team, qualifier=side)
            for team, side in zip(sides, QUALIFIERS, strict=True)
        ],
        external_ids={PROVIDER: f"{file.date}-{sides[1]}-{sides[0]}"},
    )
    plays = _playable(read_entries(file.plays, Play, "play", skipped), skipped)
    if file.plays and not plays:
        raise InvalidPayload(f"None of its plays can be read. {skipped.reasons[-1]}")
    return [FileMatch(create, _Writer(sides, EventWriter(PROVIDER, start)).write(plays))]


def _playable(plays: list[Play], skipped: Skipped) -> list[Play]:
    """Those plays that have a place in a game."""
    found = []
    for play in plays:
        try:
            remaining(play.time)
        except InvalidPayload as error:
            skipped.note(f"play {play.n}", error.message)
            continue
        if 1 <= play.period <= MAX_PERIODS:
            found.append(play)
        else:
            skipped.note(f"play {play.n}", f"Periods count from 1 to {MAX_PERIODS}.")
    return found


def remaining(time: str) -> int:
    """`11:22` on the game clock, in seconds; raises `InvalidPayload`."""
    found = re.fullmatch(r"(\d{1,2}):([0-5]\d)", time)
    if found is None:
        raise InvalidPayload(f"{time!r} is not a game clock.")
    return int(found[1]) * 60 + int(found[2])


class _Writer:
    def __init__(self, sides: list[str], out: EventWriter) -> None:
        self._sides = sides
        self._out = out
        self._config = BasketballConfig()
        self._score = dict.fromkeys(sides, 0)

    def write(self, plays: list[Play]) -> list[EventOp]:
        grouped: dict[int, list[Play]] = {}
        for play in sorted(plays, key=lambda p: p.n):
            grouped.setdefault(play.period, []).append(play)
        for number, some in sorted(grouped.items()):
            self._period(number, some)
        if grouped:
            self._out.wait(5)
            self._out.add("end", "match_end", max(grouped), "9", f"Final: {self._score_text()}")
        return self._out.ops

    def _period(self, number: int, plays: list[Play]) -> None:
        config, out = self._config, self._out
        if number > 1:
            out.wait(HALF_TIME_S if number * 2 == config.periods + 2 else BREAK_S)
        length = (config.period_minutes if number <= config.periods else config.overtime_minutes) * 60
        begin, name = out.now_ms, period_name(number, config)
        out.add(f"{number}.start", "period_start", number, "0", f"{name} begins", clock=self._clock(number, length))
        for play in plays:
            left = remaining(play.time)
            out.now_ms = max(out.now_ms, begin + (length - left) * 1000 * REAL_PER_GAME_S)
            self._play(number, play, left)
        out.now_ms = max(out.now_ms, begin + length * 1000 * REAL_PER_GAME_S)
        text = f"{name} ends: {self._score_text()}"
        out.add(f"{number}.end", "period_end", number, "8", text, clock=self._clock(number, 0))

    def _clock(self, number: int, left: int) -> NewEventClock:
        return NewEventClock(display=clock_display(number, left, self._config), remaining_s=left)

    def _score_text(self) -> str:
        home, away = self._sides
        return f"{home} {self._score[home]}-{self._score[away]} {away}"

    def _play(self, number: int, play: Play, left: int) -> None:
        team = play.team if play.team in self._sides else None
        if team is not None:
            self._score[team] += play.points
        clock = self._clock(number, left)
        text = self._text(play, team)
        if play.points and team is not None:
            text += f". {self._score_text()}"
        self._out.add(
            f"play.{play.n}",
            TYPES.get(play.etype, play.etype),
            number,
            f"1-{play.n:05d}",
            f"{clock.display} {text}",
            clock=clock,
            competitor_id=team,
            players=event_players([(None, ROLES.get(play.etype, "player"), play.player)]),
            detail=self._detail(play),
        )

    @staticmethod
    def _detail(play: Play) -> dict[str, Any]:
        detail: dict[str, Any] = {"kind": play.type} if play.type else {}
        made = play.result == "made"
        if play.etype == "free throw":
            return detail | {"made": made}
        if play.etype == "shot":
            worth = 3 if play.type == "3pt" else 2
            return detail | {"made": made, "points": play.points if made and play.points else worth}
        return detail

    @staticmethod
    def _text(play: Play, team: str | None) -> str:
        who = f"{play.player} ({team})" if play.player and team else team or "Officials"
        kind = play.type or ""
        if play.etype == "shot":
            verb = "makes" if play.result == "made" else "misses"
            named = kind.endswith(("layup", "dunk", "jumper"))
            shot = "three-pointer" if kind == "3pt" else kind if named else f"{kind} shot".strip()
            return f"{who} {verb} {'an' if shot[0] in 'aeiou' else 'a'} {shot}"
        if play.etype == "free throw":
            return f"{who} {'makes' if play.result == 'made' else 'misses'} a free throw"
        if play.etype == "rebound":
            return f"{ ({'off': 'Offensive rebound', 'def': 'Defensive rebound'}.get(kind, 'Rebound')) }, {who}"
        words = {
            "turnover": "Turnover", "sub": "Substitution", "timeout": f"{kind} timeout", "foul": f"{kind} foul",
            "violation": f"{kind} violation", "jump ball": "Jump ball", "ejection": "Ejected",
        }.get(play.etype, play.etype).strip()  # fmt: skip
        return f"{words[:1].upper()}{words[1:]}, {who}"


ROLES = {
    "shot": "shooter", "free throw": "shooter", "rebound": "rebounder", "foul": "offender", "turnover": "player",
    "sub": "player_in",
}  # fmt: skip
