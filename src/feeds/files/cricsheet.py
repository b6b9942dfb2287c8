"""Ball-by-ball files of cricsheet.org (their JSON format 1.0 and 1.1; cricsheet.org/format/json).

The files know the day, not the time: play starts at 10:30 UTC, and each ball, wicket, review and interval takes as
long as it usually does, so that a replay has a believable pace. Matches over several days run through without nights.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Annotated, Any

import msgspec

from feeds.files.recording import FileMatch, abbreviate, instant, parse_day, slug
from feeds.lenient import Shape, Skipped, read_entries, read_whole
from feeds.names import event_players, lineup, name_in, part_in
from feeds.writing import EventWriter
from kit.contracts import Instant
from kit.errors import InvalidPayload
from scoring.model import (
    CreateMatch,
    NewCompetition,
    NewCompetitor,
    NewEventClock,
    NewEventPlayer,
)

PROVIDER = "cricsheet"

BALL_S, OVER_S, WICKET_S, REVIEW_S = 32, 35, 90, 75
INTERVAL_S = {"ODI": 1800, "ODM": 1800}
SHORT_INTERVAL_S, SUPER_OVER_INTERVAL_S = 900, 600
START = timedelta(hours=10, minutes=30)

MULTI_DAY = frozenset({"Test", "MDM"})


class Fielder(Shape, frozen=True, kw_only=True):
    """A substitute who took a catch may have no name."""

    name: str | None = None


class Wicket(Shape, frozen=True, kw_only=True):
    """A dismissal."""

    player_out: str
    kind: str
    fielders: tuple[Fielder, ...] = ()


class Runs(Shape, frozen=True, kw_only=True):
    """Runs of one delivery."""

    batter: int
    extras: int
    total: int
    non_boundary: bool = False


class Review(Shape, frozen=True, kw_only=True):
    """A decision that was reviewed."""

    decision: str
    by: str | None = None
    umpires_call: bool = False


class Replacement(Shape, frozen=True, kw_only=True):
    """Who came into a side for whom, and why (`concussion_substitute`, `impact_player`, …)."""

    team: str
    coming: str = msgspec.field(name="in")
    going: str | None = msgspec.field(name="out", default=None)
    reason: str | None = None


class Replacements(Shape, frozen=True, kw_only=True):
    """Changes of a side before a ball; those of a role, as of a bowler who is hurt, change no side."""

    match: tuple[Replacement, ...] = ()


class Delivery(Shape, frozen=True, kw_only=True):
    """One ball."""

    batter: str
    bowler: str
    non_striker: str
    runs: Runs
    extras: dict[str, int] = msgspec.field(default_factory=dict)
    wickets: tuple[Wicket, ...] = ()
    review: Review | None = None
    replacements: Replacements = Replacements()


class Over(Shape, frozen=True, kw_only=True):
    """One over, counted from 0."""

    over: Annotated[int, msgspec.Meta(ge=0, le=1000)]
    deliveries: list[Delivery] = msgspec.field(default_factory=list)


class Target(Shape, frozen=True, kw_only=True):
    """What the side that bats last needs; after a break for rain `overs` may be 9.2: nine overs and two balls."""

    runs: int
    overs: float | None = None


class PenaltyRuns(Shape, frozen=True, kw_only=True):
    """Runs awarded before or after an innings."""

    pre: int = 0
    post: int = 0


class Innings(Shape, frozen=True, kw_only=True):
    """One innings."""

    team: str
    overs: tuple[Over, ...] = ()
    super_over: bool = False
    declared: bool = False
    forfeited: bool = False
    target: Target | None = None
    penalty_runs: PenaltyRuns = PenaltyRuns()


class Event(Shape, frozen=True, kw_only=True):
    """The competition."""

    name: str = "Cricket"
    stage: str | None = None
    match_number: int | str | None = None
    group: str | int | None = None


class OutcomeInfo(Shape, frozen=True, kw_only=True):
    """How it ended."""

    winner: str | None = None
    eliminator: str | None = None
    bowl_out: str | None = None
    result: str | None = None
    method: str | None = None
    by: dict[str, int] = msgspec.field(default_factory=dict)


class Toss(Shape, frozen=True, kw_only=True):
    """Who won the toss, and what they chose."""

    winner: str
    decision: str


class Registry(Shape, frozen=True, kw_only=True):
    """The players' ids by name."""

    people: dict[str, str] = msgspec.field(default_factory=dict)


class Info(Shape, frozen=True, kw_only=True):
    """About the match."""

    teams: list[str]
    dates: list[str]
    match_type: str = ""
    season: str | int = ""
    outcome: OutcomeInfo = OutcomeInfo()
    balls_per_over: int = 6
    gender: str = "male"
    overs: int | None = None
    venue: str | None = None
    event: Event = Event()
    toss: Toss | None = None
    players: dict[str, list[str]] = msgspec.field(default_factory=dict)
    registry: Registry = Registry()
    match_type_number: int | None = None


class CricsheetFile(Shape, frozen=True, kw_only=True):
    """The whole file."""

    info: Info
    innings: Any


def recognise(raw: dict[str, Any]) -> bool:
    """Whether a file has this shape."""
    return "info" in raw and "innings" in raw


def normalise(raw: dict[str, Any], skipped: Skipped) -> list[FileMatch]:
    """The one match of a file; raises `InvalidPayload` where it is not what cricsheet describes."""
    file = read_whole(raw, CricsheetFile, "the file", skipped)
    info = file.info
    if len(info.teams) != 2 or slug(info.teams[0]) == slug(info.teams[1]) or not info.dates:
        raise InvalidPayload("A cricsheet file names two teams and its dates.")
    if file.innings is not None and not isinstance(file.innings, list):
        raise InvalidPayload("Its innings are no list.")
    innings = list(_innings(file.innings or [], skipped))
    for one in innings:
        if one.team not in info.teams:
            raise InvalidPayload(f"{one.team!r} is none of the two teams.")
    if file.innings and not innings:
        raise InvalidPayload(f"None of its innings can be read. {skipped.reasons[-1]}")
    start = instant(parse_day(info.dates[0]) + START)
    late = frozenset(one.coming for one in _replacements(innings))
    return [FileMatch(_create(info, start, late), _Writer(info, start).write(innings))]


def _innings(raw: list[Any], skipped: Skipped) -> Iterator[Innings]:
    """Those innings that can be read, with those of their balls that can be."""
    for number, one in enumerate(raw, 1):
        head = {**one, "overs": []} if isinstance(one, dict) else one
        for innings in read_entries([head], Innings, f"innings {number}", skipped):
            overs = []
            for place, over in enumerate(one["overs"] if isinstance(one.get("overs"), list) else (), 1):
                what = f"innings {number}, over {place}"
                bare = {**over, "deliveries": []} if isinstance(over, dict) else over
                for read in read_entries([bare], Over, what, skipped):
                    balls = read_entries(over.get("deliveries"), Delivery, f"{what}, ball", skipped, exact=True)
                    overs.append(msgspec.structs.replace(read, deliveries=balls))
            yield msgspec.structs.replace(innings, overs=tuple(overs))


def _replacements(innings: list[Innings]) -> Iterator[Replacement]:
    for one in innings:
        for over in one.overs:
            for ball in over.deliveries:
                yield from ball.replacements.match


def _create(info: Info, start: Instant, late: frozenset[str]) -> CreateMatch:
    config: dict[str, Any] = {"ballsPerOver": info.balls_per_over}
    if info.match_type in MULTI_DAY:
        config["inningsPerSide"] = 2
    elif info.overs is not None:
        config["overs"] = info.overs
    kind, number = f"{info.match_type or 'match'}-{info.gender}", info.match_type_number
    # Clubs have no such number, and their men and women often play each other on the same day.
    external = f"{kind}-{number}" if number else f"{kind}-{info.dates[0]}-{'-'.join(info.teams)}"
    return CreateMatch(
        sport="cricket",
        competition=NewCompetition(
            id=slug(info.event.name)[:100],
            name=info.event.name,
            season=str(info.season)[:40] or info.dates[0][:4],
            stage=part_in(info.event.stage),
            round=f"Match {info.event.match_number}" if info.event.match_number else None,
        ),
        scheduled_at=start,
        competitors=[
            NewCompetitor(
                id=slug(team),
                name=team,
                abbreviation=abbreviate(team, initials=True),
                lineup=lineup(
                    (info.registry.people.get(name, name), name, None, name not in late)
                    for name in info.players.get(team, [])
                ),
            )
            for team in info.teams
        ],
        venue=name_in(info.venue),
        external_ids={PROVIDER: slug(external)[:100]},
        config=config,
    )


def _plural(number: int, noun: str) -> str:
    return f"{number} {noun}" if number == 1 else f"{number} {noun}s"


def surname(name: str) -> str:
    """`JC Archer` is spoken of as Archer; a name without initials stays whole."""
    first, _, rest = name.partition(" ")
    return rest if rest and first.isupper() else name


EXTRA_NAMES = {"wides": "wide", "noballs": "no ball", "byes": "bye", "legbyes": "leg bye", "penalty": "penalty run"}


class _Writer:
    def __init__(self, info: Info, start: Instant) -> None:
        self._info = info
        self._out = EventWriter(PROVIDER, start)
        self._tally: dict[str, tuple[int, int]] = {}

    def write(self, innings: list[Innings]) -> list[Any]:
        if self._info.toss is not None:
            toss = self._info.toss
            chose = "bat" if toss.decision == "bat" else "field"
            self._out.add(
                "toss",
                "toss",
                0,
                "toss",
                f"{toss.winner} won the toss and chose to {chose}",
                competitor_id=slug(toss.winner),
            )
        for number, one in enumerate(innings, 1):
            if number > 1:
                self._out.wait(self._interval(one))
            self._innings(number, one)
        if self._info.outcome != OutcomeInfo():
            self._end(max(len(innings), 1))
        return self._out.ops

    def _interval(self, innings: Innings) -> float:
        if innings.super_over:
            return SUPER_OVER_INTERVAL_S
        return INTERVAL_S.get(self._info.match_type, SHORT_INTERVAL_S)

    def _innings(self, number: int, innings: Innings) -> None:
        side = slug(innings.team)
        detail: dict[str, Any] = {"type": "super_over" if innings.super_over else "innings", "battingId": side}
        if innings.target is not None:
            detail["targetRuns"] = innings.target.runs
            if innings.target.overs is not None:
                detail["targetOvers"] = innings.target.overs
        what = "the Super Over" if innings.super_over else "their innings"
        text = f"{innings.team} begin {what}"
        if innings.target is not None:
            text += f", needing {innings.target.runs} to win"
        self._out.add(f"{number}.start", "period_start", number, "0", text, competitor_id=side, detail=detail)
        if innings.penalty_runs.pre:
            self._penalty(number, side, "0p", innings.penalty_runs.pre)
        self._tally = {}
        for over in innings.overs:
            self._out.wait(OVER_S)
            self._over(number, side, over)
        if innings.penalty_runs.post:
            self._penalty(number, side, "2", innings.penalty_runs.post)
        self._out.wait(5)
        end = "declare" if innings.declared else "forfeit" if innings.forfeited else "have finished"
        self._out.add(
            f"{number}.end",
            "period_end",
            number,
            "3",
            f"{innings.team} {end} {what}",
            competitor_id=side,
            detail={"declared": innings.declared},
        )

    def _penalty(self, number: int, side: str, order: str, runs: int) -> None:
        text = f"{_plural(runs, 'penalty run')} awarded"
        self._out.add(
            f"{number}.{order}", "penalty_runs", number, order, text, competitor_id=side, detail={"runs": runs}
        )

    def _over(self, number: int, side: str, over: Over) -> None:
        legal = 0
        for index, ball in enumerate(over.deliveries, 1):
            self._out.wait(BALL_S)
            place = f"{over.over}.{legal + 1}"
            event_id = f"{number}.{over.over}.{index}"
            order = f"1-{over.over:04d}.{index:02d}"
            clock = NewEventClock(display=place)
            for change, one in enumerate(ball.replacements.match, 1):
                before = f"{order[:-2]}{index - 1:02d}s{change}"
                self._replacement(one, f"{event_id}.in.{change}", number, before, clock)
            counts = not ({"wides", "noballs"} & ball.extras.keys())
            legal += counts
            self._count(ball)
            self._out.add(
                event_id,
                "ball",
                number,
                order,
                f"{place} {surname(ball.bowler)} to {surname(ball.batter)}, {self._what(ball)}",
                clock=clock,
                competitor_id=side,
                players=self._players(ball),
                detail=_detail(ball, over.over),
            )
            if ball.review is not None:
                self._out.wait(REVIEW_S)
                self._review(ball.review, event_id, number, order, clock)
            if ball.wickets:
                self._out.wait(WICKET_S)

    def _replacement(self, one: Replacement, event_id: str, number: int, order: str, clock: NewEventClock) -> None:
        reason = f" ({one.reason.replace('_', ' ')})" if one.reason else ""
        whom = f" for {one.going}" if one.going else ""
        changes = [("player_in", one.coming), *([("player_out", one.going)] if one.going else [])]
        self._out.add(
            event_id,
            "substitution",
            number,
            order,
            f"{one.team} bring in {one.coming}{whom}{reason}",
            clock=clock,
            competitor_id=slug(one.team) if one.team in self._info.teams else None,
            players=self._people(changes),
        )

    def _review(self, review: Review, ball: str, number: int, order: str, clock: NewEventClock) -> None:
        call = ", umpire's call" if review.umpires_call else ""
        side = slug(review.by) if review.by in self._info.teams else None
        self._out.add(
            f"{ball}.review",
            "review",
            number,
            f"{order}r",
            f"Review{f' by {review.by}' if review.by else ''}: {review.decision}{call}",
            clock=clock,
            competitor_id=side,
            detail={"decision": review.decision, "umpiresCall": review.umpires_call},
            related=[ball],
        )

    def _count(self, ball: Delivery) -> None:
        runs, balls = self._tally.get(ball.batter, (0, 0))
        self._tally[ball.batter] = (runs + ball.runs.batter, balls + ("wides" not in ball.extras))

    def _players(self, ball: Delivery) -> list[NewEventPlayer]:
        found = [("batter", ball.batter), ("bowler", ball.bowler), ("non_striker", ball.non_striker)]
        for wicket in ball.wickets:
            found.append(("player_out", wicket.player_out))
            found += [("fielder", fielder.name) for fielder in wicket.fielders if fielder.name]
        return self._people(found)

    def _people(self, found: list[tuple[str, str]]) -> list[NewEventPlayer]:
        people = self._info.registry.people
        return event_players((people.get(name, name), role, name) for role, name in found)

    def _what(self, ball: Delivery) -> str:
        parts = [f"OUT! {self._dismissal(ball, wicket)}" for wicket in ball.wickets]
        batter = ball.runs.batter
        if batter in (4, 6) and not ball.runs.non_boundary:
            parts.append("FOUR" if batter == 4 else "SIX")
        elif batter:
            parts.append(_plural(batter, "run"))
        for kind, runs in ball.extras.items():
            name = EXTRA_NAMES.get(kind, kind)
            parts.append(name if runs == 1 and kind in ("wides", "noballs") else _plural(runs, name))
        return ", ".join(parts) or "no run"

    def _dismissal(self, ball: Delivery, wicket: Wicket) -> str:
        runs, balls = self._tally.get(wicket.player_out, (0, 0))
        by = surname(ball.bowler)
        catchers = [surname(f.name) for f in wicket.fielders if f.name]
        helper = "/".join(catchers) or "sub"
        how = {
            "bowled": f"b {by}",
            "lbw": f"lbw b {by}",
            "caught": f"c {helper} b {by}",
            "caught and bowled": f"c & b {by}",
            "stumped": f"st {helper} b {by}",
            "hit wicket": f"hit wicket b {by}",
            "run out": f"run out ({helper})" if wicket.fielders else "run out",
        }.get(wicket.kind, wicket.kind)
        return f"{surname(wicket.player_out)} {how} {runs} ({balls})"

    def _end(self, number: int) -> None:
        """The end, with its result: tie-breakers, rain rules, absent batters and draws are not in the score."""
        stated = _result(self._info.outcome)
        self._out.wait(60)
        self._out.add(
            "end",
            "match_end",
            number,
            "9",
            stated.get("text", "That is the end of the match"),
            detail={"outcome": stated} if stated else {},
        )


def _result(info: OutcomeInfo) -> dict[str, str]:
    """The `outcome` of `match_end`; of a super over only who won it, since the rules know the sentence."""
    if info.bowl_out is not None:
        return {"text": f"Match tied ({info.bowl_out} won the bowl-out)", "winnerId": slug(info.bowl_out)}
    if info.eliminator is not None:
        return {"winnerId": slug(info.eliminator)}
    method = f" ({info.method})" if info.method else ""
    if info.winner is None:
        words = {"draw": "Match drawn", "no result": "No result", "tie": "Match tied"}
        result = words.get(info.result or "", (info.result or "").capitalize())
        tie = {"by": "tie"} if info.result == "tie" else {}
        return {"text": f"{result}{method}", **tie} if result else {}
    margin = [_plural(n, unit.removesuffix("s")) for unit, n in info.by.items() if unit != "innings"]
    by = " and ".join([*(["an innings"] if "innings" in info.by else []), *margin])
    stated = {"text": f"{info.winner} won{f' by {by}' if by else ''}{method}", "winnerId": slug(info.winner)}
    return stated | ({"by": by} if by else {})


def _detail(ball: Delivery, over: int) -> dict[str, Any]:
    detail: dict[str, Any] = {"over": over, "batterRuns": ball.runs.batter}
    if ball.extras:
        detail["extras"] = dict(ball.extras)
    if ball.wickets:
        detail["wickets"] = [{"kind": w.kind, "playerOut": w.player_out} for w in ball.wickets]
    if ball.runs.non_boundary:
        detail["nonBoundary"] = True
    return detail
