"""Season files of openfootball (github.com/openfootball): many matches, with scores by period and goals by minute.

Own goals stand under the side they count for. `minute` is a number with an `offset` in older files and a text as
`90+3` in newer ones. A time without its zone is taken as UTC, since the file does not say where it is meant.
Shoot-outs have a result and no kicks, so they come as one absolute `score`. Where a half-time score contradicts the
minutes of the goals (it does in six of 232 matches), the goals count; the file's own scores stand beside them in the
last event. Where the goals are not all listed, the scores of the periods count.

Older files hold `rounds` of matches, teams as objects, and scores as `score1` and `score2` with `i` (half-time), `et`
and `p`; and a score may be a bare pair or a text. A match that cannot be read, such as a place that nobody holds yet
(`N.N. v N.N.`), is skipped and told.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

import msgspec

from feeds.files.recording import (
    FOOTBALL_ENDS,
    FOOTBALL_STARTS,
    QUALIFIERS,
    FileMatch,
    abbreviate,
    instant,
    parse_day,
    slug,
)
from feeds.lenient import Shape, Skipped, read_entries, read_whole
from feeds.names import event_players, name_in, part_in
from feeds.writing import EventWriter
from kit.contracts import Instant
from kit.errors import InvalidPayload
from scoring.model import (
    CreateMatch,
    EventOp,
    NewCompetition,
    NewCompetitor,
    NewEventClock,
)
from scoring.sports.football import SHOOT_OUT, FootballConfig, span

PROVIDER = "openfootball"

BREAK_S = {2: 900, 3: 300, 4: 60, 5: 300}
SHOOT_OUT_S = 600
STOPPAGE_S = 150

Pair = tuple[int, int]


class RawGoal(Shape, frozen=True, kw_only=True):
    """A goal; `offset` are minutes of stoppage time."""

    name: str
    minute: int | str
    offset: int | None = None
    penalty: bool = False
    owngoal: bool = False


class Score(Shape, frozen=True, kw_only=True):
    """After the half, full time, extra time; and the shoot-out alone. Without `ft` it was not played to its end."""

    ft: Pair | None = None
    ht: Pair | None = None
    et: Pair | None = None
    p: Pair | None = None


class RawMatch(Shape, frozen=True, kw_only=True):
    """One fixture, played or not."""

    date: str
    team1: Any
    team2: Any
    time: str | None = None
    round: str | None = None
    group: str | None = None
    ground: str | None = None
    score: Any = None
    goals1: Any = None
    goals2: Any = None
    status: str | None = None
    old: dict[str, Any] = msgspec.field(default_factory=dict)
    """The fields of a score in older files."""


class SeasonFile(Shape, frozen=True, kw_only=True):
    """The whole file, with its matches as they are."""

    name: str
    matches: Any = None
    rounds: Any = None


class Round(Shape, frozen=True, kw_only=True):
    """The matches of one round, as older files have them."""

    name: str | None = None
    matches: Any = None


class Team(Shape, frozen=True, kw_only=True):
    """A team in an older file, where it is no bare name."""

    name: str


def recognise(raw: dict[str, Any]) -> bool:
    """Whether a file has this shape."""
    rounds = raw.get("rounds")
    old = isinstance(rounds, list) and any(isinstance(one, dict) and "matches" in one for one in rounds)
    return "name" in raw and ("matches" in raw or old)


def normalise(raw: dict[str, Any], skipped: Skipped) -> list[FileMatch]:
    """All matches of a file that can be read, in its order; raises `InvalidPayload` where it has another shape."""
    file = read_whole(raw, SeasonFile, "the file", skipped)
    found: list[FileMatch] = []
    for number, entry in enumerate(_entries(file, skipped), 1):
        try:
            found.append(_match(file.name, _read(entry, f"match {number}", skipped), f"match {number}", skipped))
        except InvalidPayload as error:
            teams = [entry.get(name) for name in ("team1", "team2")] if isinstance(entry, dict) else []
            who = f" ({' v '.join(team if isinstance(team, str) else '?' for team in teams)})" if teams else ""
            skipped.note(f"match {number}{who}", error.message)
    return found


def _entries(file: SeasonFile, skipped: Skipped) -> list[Any]:
    """The matches of the file and of its rounds, each with the name of its round."""
    if file.matches is not None and not isinstance(file.matches, list):
        raise InvalidPayload("Its matches are no list.")
    entries = list(file.matches or ())
    for one in read_entries(file.rounds, Round, "round", skipped) if file.rounds is not None else ():
        entries += [
            {"round": one.name, **entry} if isinstance(entry, dict) else entry
            for entry in (one.matches if isinstance(one.matches, list) else ())
        ]
    return entries


def _read(entry: object, what: str, skipped: Skipped) -> RawMatch:
    if not isinstance(entry, dict):
        raise InvalidPayload("It is no match.")
    old = {name: value for name, value in entry.items() if re.fullmatch(r"score[12](i|et|p)?", str(name))}
    return read_whole({**{name: v for name, v in entry.items() if v is not None}, "old": old}, RawMatch, what, skipped)


def _team(raw: object) -> str:
    """The name of a team; raises `InvalidPayload`."""
    name = raw.get("name") if isinstance(raw, dict) else raw
    if not isinstance(name, str) or not name.strip():
        raise InvalidPayload("A match has two teams.")
    return name.strip()


def _score(raw: RawMatch) -> Score | None:
    """The scores that are given, whatever their form; None where there are none. Raises `InvalidPayload`."""
    given = raw.score
    if given is None and raw.old:
        both = {ours: (raw.old.get(f"score1{theirs}"), raw.old.get(f"score2{theirs}")) for ours, theirs in _OLD.items()}
        given = {name: list(pair) for name, pair in both.items() if pair != (None, None)}
    if given is None or given == {}:
        return None
    if not isinstance(given, dict):
        given = {"ft": given}
    pairs = {name: _pair(given[name]) for name in ("ft", "ht", "et", "p") if given.get(name) not in (None, [])}
    if "ft" not in pairs and "et" in pairs:
        pairs["ft"] = pairs["et"]  # when its goals fell is not said
    if "ft" not in pairs and "p" in pairs:
        raise InvalidPayload("There are kicks, and no score.")
    return Score(**pairs)


_OLD = {"ft": "", "ht": "i", "et": "et", "p": "p"}


def _pair(value: object) -> Pair:
    """`[2, 1]`, also as texts, or `2-1`; raises `InvalidPayload`."""
    parts = re.split(r"\s*[-:\u2013]\s*", value.strip()) if isinstance(value, str) else value
    if isinstance(parts, (list, tuple)) and len(parts) == 2:
        numbers = [
            int(one) if isinstance(one, (int, str)) and re.fullmatch(r"[0-9]{1,3}", str(one)) else None for one in parts
        ]
        if None not in numbers:
            return (numbers[0] or 0, numbers[1] or 0)
    raise InvalidPayload(f"{str(value)[:40]} is not a score.")


def _goals(raw: RawMatch, last: int, what: str, skipped: Skipped) -> list[tuple[int, float, str, int, RawGoal]]:
    """The goals that can be read, in their order: period, second, minute as written, side."""
    found = []
    for side, some in ((0, raw.goals1), (1, raw.goals2)):
        for goal in read_entries(some, RawGoal, f"{what}, goals{side + 1}", skipped):
            try:
                found.append((*when(goal, last), side, goal))
            except InvalidPayload as error:
                skipped.note(f"{what}, goals{side + 1}", error.message)
    return sorted(found, key=lambda one: (one[0], one[1], one[3]))


ZONES = {
    "GMT": 0, "WET": 0, "WEST": 1, "BST": 1, "CET": 1, "CEST": 2, "EET": 2, "EEST": 3, "MSK": 3, "TRT": 3, "JST": 9,
    "KST": 9, "AEST": 10, "AEDT": 11, "BRT": -3, "ART": -3, "EST": -5, "EDT": -4, "CST": -6, "CDT": -5, "MST": -7,
    "MDT": -6, "PST": -8, "PDT": -7,
}  # fmt: skip
"""Time zones by their letters, in hours from UTC, as football's fixtures use them."""


def kick_off(date: str, time: str | None) -> Instant:
    """`2018-06-14` and `18:00 UTC+3` or `18:00 CEST`, as a moment; noon where there is no time.

    Raises:
        InvalidPayload: It is no date, or no time.
    """
    day = parse_day(date)
    if not time:
        return instant(day + timedelta(hours=12))
    clock, _, zone_name = time.strip().partition(" ")
    shift = ZONES.get(zone_name.strip().upper())
    written = time.strip() if shift is None else f"{clock} UTC{shift:+d}"
    found = re.fullmatch(r"(\d{1,2})[:.](\d{2})(?:\s+UTC(?:([+-])(\d{1,2})(?::(\d{2}))?)?)?", written)
    if found is None:
        raise InvalidPayload(f"{time!r} is not a time.")
    offset = timedelta(hours=int(found[4] or 0), minutes=int(found[5] or 0))
    try:
        zone = timezone(-offset if found[3] == "-" else offset)
        return instant(datetime(day.year, day.month, day.day, int(found[1]), int(found[2]), tzinfo=zone))
    except ValueError:
        raise InvalidPayload(f"{time!r} is not a time.") from None


def when(goal: RawGoal, last: int = 4) -> tuple[int, float, str]:
    """A goal's period, seconds into it, and the minute as people write it.

    `last` is the last period that was played: without extra time, minute 92 is in the second half.
    """
    found = re.fullmatch(r"(\d{1,3})'?(?:\s*\+\s*(\d{1,2}))?'?", str(goal.minute).strip())
    if found is None:
        raise InvalidPayload(f"{goal.minute!r} is not a minute.")
    base, extra = int(found[1]), int(found[2] or goal.offset or 0)
    period = min(1 if base <= 45 else 2 if base <= 90 else 3 if base <= 105 else 4, last)
    second = max(0, base + extra - span(period, FootballConfig())[0] - 1) * 60.0 + 30
    return period, second, f"{base}+{extra}'" if extra else f"{base}'"


def _match(season: str, raw: RawMatch, what: str, skipped: Skipped) -> FileMatch:
    teams = (_team(raw.team1), _team(raw.team2))
    if slug(teams[0]) == slug(teams[1]):
        raise InvalidPayload("A match has two teams.")
    try:
        start = kick_off(raw.date, raw.time)
    except InvalidPayload as error:
        start = kick_off(raw.date, None)
        skipped.note(f"{what}, time", error.message)
    name, _, year = season.rpartition(" ")
    competition = name if name and re.match(r"\d{4}", year) else season
    create = CreateMatch(
        sport="football",
        competition=NewCompetition(
            id=slug(competition)[:100],
            name=competition,
            season=year or None,
            stage=part_in(raw.group),
            round=part_in(raw.round),
        ),
        scheduled_at=start,
        competitors=[
            NewCompetitor(id=slug(team), name=team, abbreviation=abbreviate(team), qualifier=side)
            for team, side in zip(teams, QUALIFIERS, strict=True)
        ],
        venue=name_in(raw.ground),
        external_ids={PROVIDER: slug(f"{season} {raw.date} {teams[0]} {teams[1]}")[:100]},
    )
    score = _score(raw)
    if score is not None and score.ft is not None:
        goals = _goals(raw, 4 if score.et else 2, what, skipped)
        return FileMatch(create, _ops(teams, goals, score, score.ft, start))
    return FileMatch(create, _not_played(raw.status, start))


def _not_played(status: str | None, start: Instant) -> list[EventOp]:
    """Why there is no score, where the file says so."""
    said = next((ours for words, ours in STATUSES if (status or "").lower().startswith(words)), None)
    out = EventWriter(PROVIDER, start)
    if said is not None:
        out.add("status", "status", 0, "0", f"The match is {said}", detail={"status": said})
    return out.ops


def _by_period(score: Score, full_time: Pair) -> dict[int, Pair]:
    """The goals of each period alone; without a half-time score the first half is not told apart."""
    first = score.ht or (0, 0)
    found = {1: first, 2: (full_time[0] - first[0], full_time[1] - first[1])}
    if score.et is not None:
        found |= {3: (0, 0), 4: (score.et[0] - full_time[0], score.et[1] - full_time[1])}
    if score.p is not None:
        found[SHOOT_OUT] = score.p
    if any(goals < 0 for pair in found.values() for goals in pair):
        raise InvalidPayload("A score shrinks from half-time to full time, or in extra time.")
    return found


def _ops(
    teams: tuple[str, str], goals: list[tuple[int, float, str, int, RawGoal]], score: Score, full_time: Pair,
    start: Instant,
) -> list[EventOp]:  # fmt: skip
    out = EventWriter(PROVIDER, start)
    ids = (slug(teams[0]), slug(teams[1]))
    final = score.et or full_time
    listed = [sum(side == of for _, _, _, side, _ in goals) for of in (0, 1)] == list(final)
    count = [0, 0]
    periods = _by_period(score, full_time)
    for number, pair in periods.items():
        if number > 1:
            out.wait(BREAK_S[number])
        begin = out.now_ms
        out.add(f"{number}.start", "period_start", number, "0", FOOTBALL_STARTS[number])
        length = span(number, FootballConfig())[1] * 60.0 + STOPPAGE_S if number != SHOOT_OUT else SHOOT_OUT_S
        for index, (period, second, display, side, goal) in enumerate(goals):
            if period != number:
                continue
            length = max(length, second + 60)
            count[side] += 1
            how = " (own goal)" if goal.owngoal else " (penalty)" if goal.penalty else ""
            out.add(
                f"goal.{index}",
                "goal",
                number,
                f"1-{round(second):06d}-{index:03d}",
                f"{display} Goal! {goal.name}{how}. {teams[0]} {count[0]}-{count[1]} {teams[1]}",
                at=Instant(round(begin + second * 1000)),
                clock=NewEventClock(display=display, played_s=second),
                competitor_id=ids[side],
                players=event_players([(None, "own_goal" if goal.owngoal else "scorer", goal.name)]),
                detail={"ownGoal": goal.owngoal, "penalty": goal.penalty},
            )
        out.wait(length)
        if number == SHOOT_OUT or not listed:
            detail = {"scores": dict(zip(ids, pair, strict=True))}
            text = f"{pair[0]}-{pair[1]} on penalties" if number == SHOOT_OUT else None
            out.add(f"{number}.score", "score", number, "7", text, detail=detail)
        out.add(f"{number}.end", "period_end", number, "8", FOOTBALL_ENDS[number])
    out.wait(10)
    named = {"ht": score.ht, "ft": score.ft, "et": score.et, "p": score.p}
    stated = {name: list(pair) for name, pair in named.items() if pair is not None}
    text = f"Full time: {teams[0]} {final[0]}-{final[1]} {teams[1]}"
    out.add(
        "end",
        "match_end",
        max(periods),
        "9",
        text,
        detail={"stated": stated},
        stated=dict(zip(ids, final, strict=True)),
    )
    return out.ops


STATUSES = (("cancel", "cancelled"), ("postpone", "postponed"), ("abandon", "abandoned"), ("suspend", "suspended"))
"""The beginnings of a fixture's `status`, and ours."""
