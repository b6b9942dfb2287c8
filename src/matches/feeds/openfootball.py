"""Season files of openfootball (github.com/openfootball): many matches, with scores by period and goals by minute.

Own goals stand under the side they count for. `minute` is a number with an `offset` in older files and a text as
`90+3` in newer ones. A time without its zone is taken as UTC, since the file does not say where it is meant.
Shoot-outs have a result and no kicks, so they come as one absolute `score`. Where a half-time score contradicts the
minutes of the goals (it does in six of 232 matches), the goals count; the file's own scores stand beside them in the
last event. Where the goals are not all listed, the scores of the periods count.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta, timezone
from typing import Any

from kit.contracts import Instant, convert
from kit.errors import InvalidPayload
from matches.contracts import CreateMatch, EventOp, NewCompetition, NewCompetitor, NewEventClock, NewEventPlayer
from matches.feeds.files import QUALIFIERS, FileMatch, OpWriter, RawStruct, abbreviate, instant, parse_day, slug
from matches.sports.football import SHOOT_OUT, FootballConfig, span

PROVIDER = "openfootball"

BREAK_S = {2: 900, 3: 300, 4: 60, 5: 300}
SHOOT_OUT_S = 600
STOPPAGE_S = 150

Pair = tuple[int, int]


class RawGoal(RawStruct, frozen=True, kw_only=True):
    """A goal; `offset` are minutes of stoppage time."""

    name: str
    minute: int | str
    offset: int | None = None
    penalty: bool = False
    owngoal: bool = False


class Score(RawStruct, frozen=True, kw_only=True):
    """After the half, full time, extra time; and the shoot-out alone. Without `ft` it was not played to its end."""

    ft: Pair | None = None
    ht: Pair | None = None
    et: Pair | None = None
    p: Pair | None = None


class RawMatch(RawStruct, frozen=True, kw_only=True):
    """One fixture, played or not."""

    date: str
    team1: str
    team2: str
    time: str | None = None
    round: str | None = None
    group: str | None = None
    ground: str | None = None
    score: Score | None = None
    goals1: tuple[RawGoal, ...] | None = None
    goals2: tuple[RawGoal, ...] | None = None
    status: str | None = None


class SeasonFile(RawStruct, frozen=True, kw_only=True):
    """The whole file."""

    name: str
    matches: list[RawMatch]


def recognise(raw: dict[str, Any]) -> bool:
    """Whether a file has this shape."""
    return "name" in raw and "matches" in raw


def normalise(raw: dict[str, Any]) -> list[FileMatch]:
    """All matches of a file, in its order; raises `InvalidPayload` where it is not of openfootball's shape."""
    file = convert(raw, SeasonFile)
    return [_match(file.name, match) for match in file.matches]


def kick_off(date: str, time: str | None) -> Instant:
    """`2018-06-14` and `18:00 UTC+3`, as a moment; noon where there is no time. Raises `InvalidPayload`."""
    day = parse_day(date)
    if not time:
        return instant(day + timedelta(hours=12))
    found = re.fullmatch(r"(\d{1,2}):(\d{2})(?:\s+UTC(?:([+-])(\d{1,2})(?::(\d{2}))?)?)?", time.strip())
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


def _match(season: str, raw: RawMatch) -> FileMatch:
    if raw.team1 == raw.team2:
        raise InvalidPayload("A match has two teams.")
    start = kick_off(raw.date, raw.time)
    name, _, year = season.rpartition(" ")
    competition = name if name and re.match(r"\d{4}", year) else season
    create = CreateMatch(
        sport="football",
        competition=NewCompetition(
            id=slug(competition)[:100], name=competition, season=year or None, stage=raw.group, round=raw.round
        ),
        scheduled_at=start,
        competitors=[
            NewCompetitor(id=slug(team), name=team, abbreviation=abbreviate(team), qualifier=side)
            for team, side in zip((raw.team1, raw.team2), QUALIFIERS, strict=True)
        ],
        venue=raw.ground,
        external_ids={PROVIDER: slug(f"{season} {raw.date} {raw.team1} {raw.team2}")[:100]},
    )
    if raw.score is not None and raw.score.ft is not None:
        return FileMatch(create, _ops(raw, raw.score, raw.score.ft, start))
    return FileMatch(create, _not_played(raw.status, start))


def _not_played(status: str | None, start: Instant) -> list[EventOp]:
    """Why there is no score, where the file says so."""
    said = next((ours for words, ours in STATUSES if (status or "").lower().startswith(words)), None)
    out = OpWriter(PROVIDER, start)
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


def _ops(raw: RawMatch, score: Score, full_time: Pair, start: Instant) -> list[EventOp]:
    out = OpWriter(PROVIDER, start)
    ids = (slug(raw.team1), slug(raw.team2))
    goals = sorted(
        (
            (*when(goal, 4 if score.et else 2), side, goal)
            for side, some in ((0, raw.goals1), (1, raw.goals2))
            for goal in some or ()
        ),
        key=lambda found: (found[0], found[1], found[3]),
    )
    final = score.et or full_time
    listed = [sum(side == of for _, _, _, side, _ in goals) for of in (0, 1)] == list(final)
    count = [0, 0]
    periods = _by_period(score, full_time)
    for number, pair in periods.items():
        if number > 1:
            out.wait(BREAK_S[number])
        begin = out.now_ms
        out.add(f"{number}.start", "period_start", number, "0", STARTS[number])
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
                f"{display} Goal! {goal.name}{how}. {raw.team1} {count[0]}-{count[1]} {raw.team2}",
                at_ms=begin + second * 1000,
                clock=NewEventClock(display=display, played_s=second),
                competitor_id=ids[side],
                players=[NewEventPlayer(id=goal.name, role="own_goal" if goal.owngoal else "scorer", name=goal.name)],
                detail={"ownGoal": goal.owngoal, "penalty": goal.penalty},
            )
        out.wait(length)
        if number == SHOOT_OUT or not listed:
            detail = {"scores": dict(zip(ids, pair, strict=True))}
            text = f"{pair[0]}-{pair[1]} on penalties" if number == SHOOT_OUT else None
            out.add(f"{number}.score", "score", number, "7", text, detail=detail)
        out.add(f"{number}.end", "period_end", number, "8", ENDS[number])
    out.wait(10)
    named = {"ht": score.ht, "ft": score.ft, "et": score.et, "p": score.p}
    stated = {name: list(pair) for name, pair in named.items() if pair is not None}
    text = f"Full time: {raw.team1} {final[0]}-{final[1]} {raw.team2}"
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
STARTS = {
    1: "Kick-off", 2: "The second half begins", 3: "Extra time begins", 4: "The second half of extra time begins",
    5: "The shoot-out begins",
}  # fmt: skip
ENDS = {
    1: "Half-time", 2: "End of normal time", 3: "Half-time in extra time", 4: "End of extra time",
    5: "The shoot-out is over",
}  # fmt: skip
