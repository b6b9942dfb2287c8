"""ESPN's public scoreboard and summary (site.api.espn.com): polled, without a key, undocumented, changed at will.

Everything that is not understood is counted and left out. Events come from `summary`; a feed whose coverage is `score`
reads the much smaller `scoreboard`, as all of cricket and tennis do.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, ClassVar

import msgspec

from kit.contracts import convert
from kit.errors import InvalidPayload
from matches.contracts import EventOp, NewEventClock, NewEventPlayer, Status
from matches.feeds.adapter import (
    Adapter,
    Batch,
    Number,
    Raw,
    Shape,
    Skips,
    parse_time,
    read_item,
    read_items,
    read_shape,
)
from matches.feeds.writing import MAX_STATUS, Writer
from matches.sports.basketball import BasketballConfig, clock_display
from matches.sports.football import SHOOT_OUT, FootballConfig, minute, span

BASE_URL = "https://site.api.espn.com/apis/site/v2/sports"
INTERVAL_S = 10.0
MAX_PERIODS = 20

_PATHS = {"football": "soccer", "basketball": "basketball", "cricket": "cricket", "tennis": "tennis"}
_SCORE_ONLY = frozenset({"cricket", "tennis"})
MAX_SETS = 5

_STATUSES: dict[str, Status] = {
    "STATUS_DELAYED": "delayed",
    "STATUS_RAIN_DELAY": "delayed",
    "STATUS_POSTPONED": "postponed",
    "STATUS_CANCELED": "cancelled",
    "STATUS_ABANDONED": "abandoned",
    "STATUS_SUSPENDED": "suspended",
    "STATUS_FORFEIT": "abandoned",
}
_BREAKS = frozenset({
    "STATUS_HALFTIME", "STATUS_END_PERIOD", "STATUS_END_OF_REGULATION", "STATUS_HALFTIME_ET", "STATUS_INNINGS_BREAK",
    "STATUS_LUNCH", "STATUS_TEA", "STATUS_DRINKS", "STATUS_STUMPS",
})  # fmt: skip
_PLAYED = frozenset({
    "STATUS_SCHEDULED", "STATUS_IN_PROGRESS", "STATUS_FIRST_HALF", "STATUS_SECOND_HALF", "STATUS_OVERTIME",
    "STATUS_EXTRA_TIME", "STATUS_SHOOTOUT", "STATUS_FINAL", "STATUS_FULL_TIME", "STATUS_FINAL_AET", "STATUS_FINAL_PEN",
    "STATUS_FIRST_HALF_EXTRA_TIME", "STATUS_SECOND_HALF_EXTRA_TIME", "STATUS_END_OF_EXTRATIME", "STATUS_PRE_GAME",
})  # fmt: skip

_FOOTBALL_TYPES = (
    ("own-goal", "goal"),
    ("goal---", "goal"),
    ("penalty---scored", "goal"),
    ("penalty---missed", "penalty_missed"),
    ("penalty---saved", "penalty_missed"),
    ("yellow-red-card", "card"),
    ("second-yellow", "card"),
    ("yellow-card", "card"),
    ("red-card", "card"),
    ("substitution", "substitution"),
    ("var", "var"),
    ("offside", "offside"),
    ("foul", "foul"),
    ("corner", "corner"),
    ("save", "save"),
    ("shot", "shot"),
)
"""The beginnings of ESPN's play types (a goal may also have no more than that), and our types.

Beginnings alone: `goal-kick`, `var---goal-cancelled` and `disallowed-goal` are no goals.
"""

_FOOTBALL_IGNORED = ("kickoff", "halftime", "start-", "end-", "full-time", "match-", "kick-off", "second-half")
"""Types that the status says already."""


class _Named(Shape, frozen=True, kw_only=True):
    number: str | int | None = msgspec.field(name="id", default=None)
    text: str | None = None
    type: str | None = None
    display_name: str | None = msgspec.field(name="displayName", default=None)

    @property
    def id(self) -> str | None:
        """The id, as text."""
        return None if self.number is None else str(self.number)


class _StatusType(Shape, frozen=True, kw_only=True):
    state: str
    name: str = ""
    completed: bool = False
    detail: str | None = None


class _Status(Shape, frozen=True, kw_only=True):
    type: _StatusType
    period: Number = 0
    summary: str | None = None


class _InningsLine(Shape, frozen=True, kw_only=True):
    period: int
    runs: int = 0
    wickets: int = 0
    overs: Number | None = None
    is_batting: bool | None = msgspec.field(name="isBatting", default=None)
    target: int = 0
    declared: bool = False

    @property
    def bats(self) -> bool:
        """Whether this innings is of the side whose line it is; the other side has an empty line."""
        return self.is_batting or bool(self.runs or self.wickets or self.overs)

    def detail(self, side: str) -> dict[str, Any]:
        """What the rules take in besides the runs."""
        known = {"overs": self.overs, "targetRuns": self.target or None, "declared": self.declared or None}
        detail: dict[str, Any] = {"battingId": side, "wickets": self.wickets}
        return detail | {name: value for name, value in known.items() if value is not None}


class _Side(Shape, frozen=True, kw_only=True):
    home_away: str = msgspec.field(name="homeAway")
    number: str | int | None = msgspec.field(name="id", default=None)
    score: Any = None
    shootout_score: Any = msgspec.field(name="shootoutScore", default=None)
    linescores: Any = msgspec.field(default_factory=list)
    team: _Named = _Named()
    winner: Any = None

    @property
    def team_id(self) -> str | None:
        """Whose it is, as text."""
        return self.team.id or (None if self.number is None else str(self.number))


class _Competition(Shape, frozen=True, kw_only=True):
    competitors: list[Any]
    number: str | int | None = msgspec.field(name="id", default=None)
    status: Any = None


class _Header(Shape, frozen=True, kw_only=True):
    competitions: list[Any]


class _Summary(Shape, frozen=True, kw_only=True):
    header: _Header
    key_events: Any = msgspec.field(name="keyEvents", default_factory=list)
    plays: Any = msgspec.field(default_factory=list)


class _Grouping(Shape, frozen=True, kw_only=True):
    competitions: Any = msgspec.field(default_factory=list)


class _BoardEvent(Shape, frozen=True, kw_only=True):
    id: str | int
    competitions: Any = msgspec.field(default_factory=list)
    groupings: Any = msgspec.field(default_factory=list)
    status: Any = None


class _Scoreboard(Shape, frozen=True, kw_only=True):
    events: list[Any]


class _Clock(Shape, frozen=True, kw_only=True):
    value: Number | None = None
    display_value: str = msgspec.field(name="displayValue", default="")


class _Period(Shape, frozen=True, kw_only=True):
    number: int


class _Athlete(Shape, frozen=True, kw_only=True):
    athlete: _Named


class _Play(Shape, frozen=True, kw_only=True):
    number: str | int = msgspec.field(name="id")
    type: _Named
    period: _Period
    clock: _Clock = _Clock()
    text: str | None = None
    team: _Named | None = None
    wallclock: str | None = None
    modified: str | None = None
    participants: Any = msgspec.field(default_factory=list)
    sequence: str | int | None = msgspec.field(name="sequenceNumber", default=None)
    scoring_play: bool = msgspec.field(name="scoringPlay", default=False)
    score_value: Number | None = msgspec.field(name="scoreValue", default=None)
    shooting_play: bool = msgspec.field(name="shootingPlay", default=False)
    points_attempted: int | None = msgspec.field(name="pointsAttempted", default=None)
    own_goal: bool = msgspec.field(name="ownGoal", default=False)
    penalty_kick: bool = msgspec.field(name="penaltyKick", default=False)
    shootout: bool = False

    @property
    def id(self) -> str:
        """The id, as text."""
        return str(self.number)


class Espn(Adapter):
    """One match of ESPN. Option `league`: `eng.1`, `nba` and so on, as in the site's addresses."""

    provider: ClassVar[str] = "espn"

    @property
    def _scores(self) -> bool:
        return self.target.coverage == "score" or self.target.sport in _SCORE_ONLY

    def _path(self, what: str) -> str:
        return f"{_PATHS[self.target.sport]}/{self.target.options['league']}/{what}"

    async def fetch_snapshot(self) -> Raw | None:
        """The summary of the match, or the day's scoreboard."""
        if self._scores:
            day = self.target.scheduled.rfc3339()[:10].replace("-", "")
            answer = await self.outbound.get(self._path("scoreboard"), params={"dates": day})
        else:
            answer = await self.outbound.get(self._path("summary"), params={"event": self.target.external_id})
        return Raw(kind="snapshot", body=answer.body, etag=answer.etag) if answer is not None else None

    def normalise(self, raw: Raw, known: Mapping[str, EventOp]) -> Batch:  # noqa: ARG002 - it says all each time
        """What a summary or a scoreboard says of the match; raises `InvalidPayload`."""
        skips, writer = Skips(), Writer(self.provider, self.target)
        if self._scores:
            competition = self._on_board(read_shape(raw.body, _Scoreboard, skips), skips)
            return self._batch(writer, competition, skips, events=False, complete=False)
        summary = read_shape(raw.body, _Summary, skips)
        competitions = read_items(summary.header.competitions[:1], _Competition, "competition", skips)
        if not competitions:
            raise InvalidPayload("The summary has no competition.")
        competition = competitions[0]
        sides = self._sides(competition, skips)
        teams = {side.team_id: self.target.side(side.home_away) for side in sides}
        if self.target.sport == "football":
            self._football(writer, summary, teams, self._stated(sides), skips)
        else:
            self._basketball(writer, summary, teams, skips)
        # An answer without any play, in a match that has begun, is one of ESPN's gaps, not a clean slate.
        plays = summary.key_events or summary.plays
        complete = isinstance(plays, list) and bool(plays)
        return self._batch(writer, competition, skips, events=True, complete=complete)

    def _on_board(self, board: _Scoreboard, skips: Skips) -> _Competition:
        wanted = self.target.external_id
        for event in read_items(board.events, _BoardEvent, "scoreboard event", skips):
            if str(event.id) == wanted:
                for competition in read_items(event.competitions, _Competition, "competition", skips):
                    return msgspec.structs.replace(competition, status=competition.status or event.status)
            # A tournament of tennis is one event, and each of its matches a competition of the singles or doubles.
            for grouping in read_items(event.groupings, _Grouping, "grouping", skips):
                for competition in read_items(grouping.competitions, _Competition, "competition", skips):
                    if str(competition.number) == wanted:
                        return competition
        raise InvalidPayload("The match is not on the scoreboard of its day.")

    def _batch(self, writer: Writer, competition: _Competition, skips: Skips, *, events: bool, complete: bool) -> Batch:
        sides = self._sides(competition, skips)
        status = read_item(competition.status, _Status, "status", skips)
        period = min(max(int(status.period), 0), MAX_PERIODS) if status is not None else 0
        if self.target.sport == "cricket":
            period = max([period, *self._innings(writer, sides, skips)])
        elif self.target.sport == "tennis":
            period = max([min(period, MAX_SETS), *self._sets(writer, sides, skips)])
        elif not events:
            writer.totals(self._totals(sides, period, skips))
        if status is None:
            complete = False  # how the match stands is left as it was, not withdrawn
        else:
            self._state(writer, status, period, sides, skips)
        return Batch(ops=writer.ops, complete=complete, stated=self._stated(sides), skipped=skips.counts)

    def _sides(self, competition: _Competition, skips: Skips) -> list[_Side]:
        sides = read_items(competition.competitors, _Side, "competitor", skips)
        return [side for side in sides if self.target.side(side.home_away) is not None]

    def _stated(self, sides: list[_Side]) -> dict[str, int] | None:
        stated = {}
        for side in sides:
            ours, score = self.target.side(side.home_away), _whole(side.score)
            if ours is None or score is None:
                return None
            stated[ours] = score
        return stated if len(stated) == 2 else None

    def _totals(self, sides: list[_Side], period: int, skips: Skips) -> dict[int, dict[str, int]]:
        """The score of each period, by number and side; what the line scores lack of the whole is the last one's."""
        football = self.target.sport == "football"
        by_period: dict[int, dict[str, int]] = {}
        for side in sides:
            ours, score = self.target.side(side.home_away), _whole(side.score)
            if ours is None:
                continue
            lines = self._lines(side, skips)
            missing = (score or 0) - sum(lines.values())
            if score is not None and missing > 0 and period:
                last = (min(period, 4) if football else period) if lines else 1
                lines[last] = lines.get(last, 0) + missing
            kicks = _whole(side.shootout_score)
            if football and kicks is not None and period >= SHOOT_OUT:
                lines[SHOOT_OUT] = kicks
            for number, points in lines.items():
                by_period.setdefault(number, {})[ours] = points
        return by_period

    def _lines(self, side: _Side, skips: Skips) -> dict[int, int]:
        if not isinstance(side.linescores, list):
            skips.note("unreadable line score")
            return {}
        lines: dict[int, int] = {}
        most = 4 if self.target.sport == "football" else MAX_PERIODS  # a shoot-out is no part of the score
        for place, line in enumerate(side.linescores[:most], 1):
            points = _whole(line)
            number = line.get("period", place) if isinstance(line, dict) else place
            if points is None or not isinstance(number, int) or not 1 <= number <= most:
                skips.note("unreadable line score")
            else:
                lines[number] = points
        return lines

    def _innings(self, writer: Writer, sides: list[_Side], skips: Skips) -> list[int]:
        """Write the score of each innings, of the side that bats in it, and return their numbers."""
        begun: dict[int, tuple[str, _InningsLine]] = {}
        for side in sides:
            ours = self.target.side(side.home_away)
            for line in read_items(side.linescores, _InningsLine, "line score", skips):
                if ours is not None and line.bats and 1 <= line.period <= MAX_PERIODS:
                    begun[line.period] = (ours, line)
        scores = {number: {ours: line.runs} for number, (ours, line) in begun.items()}
        stated = self._stated(sides)
        if not begun and stated is not None and any(stated.values()):
            scores = {1: stated}
        writer.totals(scores, {number: line.detail(ours) for number, (ours, line) in begun.items()})
        return list(begun)

    def _sets(self, writer: Writer, sides: list[_Side], skips: Skips) -> list[int]:
        """Write the games of each set, and return the sets' numbers."""
        games: dict[int, dict[str, int]] = {}
        tie_breaks: dict[int, dict[str, int]] = {}
        for side in sides:
            ours = self.target.side(side.home_away)
            for number, line in enumerate(side.linescores[:MAX_SETS] if isinstance(side.linescores, list) else (), 1):
                won = _whole(line)
                if ours is None or won is None:
                    skips.note("unreadable line score")
                    continue
                games.setdefault(number, {})[ours] = won
                tie_break = _whole(line.get("tiebreak")) if isinstance(line, dict) else None
                if tie_break is not None:
                    tie_breaks.setdefault(number, {})[ours] = tie_break
        writer.totals(games, {number: {"tieBreak": points} for number, points in tie_breaks.items()})
        return list(games)

    def _outcome(self, status: _Status, sides: list[_Side]) -> dict[str, str] | None:
        """Who won a match of cricket, and how, which its score may not say."""
        if self.target.sport != "cricket" or not status.summary:
            return None
        won = [self.target.side(side.home_away) for side in sides if str(side.winner).lower() == "true"]
        winner = {"winnerId": won[0]} if len(won) == 1 and won[0] is not None else {}
        return {"text": status.summary[:MAX_STATUS], **winner}

    def _state(self, writer: Writer, full: _Status, period: int, sides: list[_Side], skips: Skips) -> None:
        status, starts = full.type, self.target.sport != "cricket"
        over = status.state == "post" and status.completed
        if status.name in _STATUSES:
            writer.progress(period, in_break=False, over=False, starts=starts)
            writer.status(_STATUSES[status.name], status.detail, period)
            return
        if status.name not in _PLAYED | _BREAKS:
            skips.note("status", status.name)
        writer.no_status()
        if status.state != "pre":
            outcome = self._outcome(full, sides)
            writer.progress(period, in_break=status.name in _BREAKS, over=over, starts=starts, outcome=outcome)

    def _football(
        self,
        writer: Writer,
        summary: _Summary,
        teams: Mapping[str | None, str | None],
        stated: Mapping[str, int] | None,
        skips: Skips,
    ) -> None:
        config = convert(dict(self.target.config), FootballConfig)
        for play in read_items(summary.key_events, _Play, "key event", skips):
            name = (play.type.type or play.type.text or "").lower().replace(" ", "-")
            if name.startswith(_FOOTBALL_IGNORED):
                continue
            kind = "goal" if name == "goal" else None
            kind = kind or next((ours for theirs, ours in _FOOTBALL_TYPES if name.startswith(theirs)), None)
            if play.shootout or play.period.number == 5:
                kind = "shootout_kick" if kind in ("goal", "penalty_missed", "save", "shot") else kind
            side = teams.get(play.team.id) if play.team else None
            if kind is None or (kind in ("goal", "shootout_kick") and side is None):
                skips.note("type", name)
                continue
            if not 1 <= play.period.number <= 5:
                skips.note("period", play.period.number)
                continue
            writer.add(
                play.id,
                kind,
                play.period.number,
                _order(play.clock.value, play.id),
                text=play.text,
                at=parse_time(play.wallclock),
                updated=parse_time(play.modified),
                clock=self._football_clock(play, config),
                side=side,
                players=_players(play, kind, skips),
                detail=_football_detail(kind, name, play),
            )
        self._own_goals(writer, stated)

    def _own_goals(self, writer: Writer, stated: Mapping[str, int] | None) -> None:
        """Give own goals to the other side where only then they come to ESPN's score: it names either team."""
        goals = [op for op in writer.ops if op.type == "goal"]
        own = [op for op in goals if op.detail.get("ownGoal")]
        if stated is None or not own:
            return
        other = {self.target.home_id: self.target.away_id, self.target.away_id: self.target.home_id}
        moved = {op.event_id: other[op.competitor_id] for op in own if op.competitor_id is not None}
        for sides in ({}, moved):
            count = dict.fromkeys(other, 0)
            for op in goals:
                count[sides.get(op.event_id, op.competitor_id or "")] += 1
            if count == stated:
                writer.replace(msgspec.structs.replace(op, competitor_id=sides[op.event_id]) for op in own if sides)
                return

    @staticmethod
    def _football_clock(play: _Play, config: FootballConfig) -> NewEventClock | None:
        if play.clock.value is None or play.period.number > 4:
            return NewEventClock(display=play.clock.display_value[:20]) if play.clock.display_value else None
        start, _ = span(play.period.number, config)
        played = max(play.clock.value - start * 60, 0.0)  # ESPN counts through the match
        display = play.clock.display_value[:20] or minute(play.period.number, played, config)
        return NewEventClock(display=display, played_s=played)

    def _basketball(
        self, writer: Writer, summary: _Summary, teams: Mapping[str | None, str | None], skips: Skips
    ) -> None:
        config = convert(dict(self.target.config), BasketballConfig)
        for number, play in enumerate(read_items(summary.plays, _Play, "play", skips)):
            name = (play.type.text or "").lower()
            side = teams.get(play.team.id) if play.team else None
            kind, detail = _basketball_kind(play, name)
            if kind is None or (kind in ("shot", "free_throw") and side is None):
                if not name.startswith(("end ", "start ")):
                    skips.note("type", name)
                continue
            if not 1 <= play.period.number <= MAX_PERIODS:
                skips.note("period", play.period.number)
                continue
            remaining = _remaining(play.clock.display_value)
            sequence = str(play.sequence) if str(play.sequence).isdigit() else str(number)
            writer.add(
                play.id,
                kind,
                play.period.number,
                f"1{sequence:0>12}",
                text=play.text,
                at=parse_time(play.wallclock),
                updated=parse_time(play.modified),
                clock=None
                if remaining is None
                else NewEventClock(display=clock_display(play.period.number, remaining, config), remaining_s=remaining),
                side=side,
                players=_players(play, kind, skips),
                detail=detail,
            )


def _whole(score: object) -> int | None:
    """A score as ESPN writes it: `"2"`, 2, 2.0, or an object with `value` or `displayValue`."""
    if isinstance(score, dict):
        value = _whole(score.get("value"))
        return value if value is not None else _whole(score.get("displayValue"))
    found = re.fullmatch(r"([0-9]{1,4})(?:\.0+)?", str(score))
    return int(found[1]) if found else None


def _order(seconds: float | None, event_id: str) -> str:
    return f"1{int(max(seconds or 0, 0) * 10):08d}-{event_id}"[:100]


def _football_detail(kind: str, name: str, play: _Play) -> dict[str, Any]:
    if kind == "goal":
        own, penalty = play.own_goal or "own-goal" in name, play.penalty_kick or "penalty" in name
        return {"ownGoal": own, "penalty": penalty}
    if kind == "shootout_kick":
        return {"scored": play.scoring_play}
    if kind == "card":
        second = "yellow-red" in name or "second-yellow" in name
        return {"card": "second_yellow" if second else "yellow" if "yellow" in name else "red"}
    return {}


def _basketball_kind(play: _Play, name: str) -> tuple[str | None, dict[str, Any]]:
    if "free throw" in name:
        return "free_throw", {"made": play.scoring_play}
    if play.shooting_play or play.scoring_play:
        if play.scoring_play and play.score_value not in (2, 3):
            return ("free_throw", {"made": True}) if play.score_value == 1 else (None, {})
        points = int(play.score_value or 2) if play.scoring_play else play.points_attempted or 2
        return "shot", {"made": play.scoring_play, "points": points if points in (2, 3) else 2}
    known = ("rebound", "turnover", "foul", "violation", "substitution", "timeout", "jump ball")
    found = next((word for word in known if word in name.replace("jumpball", "jump ball")), None)
    return (found.replace(" ", "_") if found else None), {}


def _players(play: _Play, kind: str, skips: Skips) -> list[NewEventPlayer]:
    roles = {
        "goal": ("scorer", "assist"), "card": ("player",), "substitution": ("player_in", "player_out"),
        "shot": ("shooter", "assist"), "free_throw": ("shooter",), "shootout_kick": ("shooter",),
    }.get(kind, ("player",))  # fmt: skip
    people = read_items(play.participants, _Athlete, "participant", skips)
    return [
        NewEventPlayer(id=one.athlete.id, role=role, name=one.athlete.display_name)
        for role, one in zip(roles, people, strict=False)
        if one.athlete.id is not None
    ]


def _remaining(display: str) -> float | None:
    """Seconds left, from `11:43` or `43.2`."""
    found = re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,2}(?:\.\d)?)", display)
    return int(found[1] or 0) * 60 + float(found[2]) if found else None
