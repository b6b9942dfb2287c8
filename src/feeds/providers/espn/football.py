"""ESPN's key events of football."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from feeds.adapter import Skips, Target, parse_time, read_items
from feeds.names import MAX_CLOCK
from feeds.providers.espn.people import players_of
from feeds.providers.espn.shapes import Play, Summary
from feeds.providers.writing import Writer
from kit.contracts import convert
from kit.text import one_line
from scoring.model import NewEventClock
from scoring.sports.football import FootballConfig, minute, span

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


def read_football(
    writer: Writer,
    target: Target,
    summary: Summary,
    teams: Mapping[str | None, str | None],
    stated: Mapping[str, int] | None,
    skips: Skips,
) -> None:
    """Write the key events of a match; an own goal goes to the side that it counts for.

    Args:
        writer: What is written to.
        target: The match.
        summary: ESPN's answer.
        teams: Our competitors by ESPN's ids of the teams.
        stated: The whole score by competitor id.
        skips: Counts what is not known.
    """
    config = convert(dict(target.config), FootballConfig)
    for play in read_items(summary.key_events, Play, "key event", skips):
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
            clock=_football_clock(play, config),
            competitor_id=side,
            players=players_of(play, kind, skips),
            detail=_football_detail(kind, name, play),
        )
    _own_goals(writer, target, stated)


def _own_goals(writer: Writer, target: Target, stated: Mapping[str, int] | None) -> None:
    """Give own goals to the other side where only then they come to ESPN's score: it names either team."""
    goals = [op for op in writer.ops if op.type == "goal"]
    own = [op for op in goals if op.detail.get("ownGoal")]
    if stated is None or not own:
        return
    other = {target.home_id: target.away_id, target.away_id: target.home_id}
    moved = {op.event_id: other[op.competitor_id] for op in own if op.competitor_id is not None}
    for sides in ({}, moved):
        count = dict.fromkeys(other, 0)
        for op in goals:
            count[sides.get(op.event_id, op.competitor_id or "")] += 1
        if count == stated:
            writer.replace(msgspec.structs.replace(op, competitor_id=sides[op.event_id]) for op in own if sides)
            return


def _football_clock(play: Play, config: FootballConfig) -> NewEventClock | None:
    shown = one_line(play.clock.display_value, at_most=MAX_CLOCK)
    if play.clock.value is None or play.period.number > 4:
        return NewEventClock(display=shown) if shown else None
    start, _ = span(play.period.number, config)
    played = max(play.clock.value - start * 60, 0.0)  # ESPN counts through the match
    display = shown or minute(play.period.number, played, config)
    return NewEventClock(display=display, played_s=played)


def _order(seconds: float | None, event_id: str) -> str:
    return f"1{int(max(seconds or 0, 0) * 10):08d}-{event_id}"[:100]


def _football_detail(kind: str, name: str, play: Play) -> dict[str, Any]:
    if kind == "goal":
        own, penalty = play.own_goal or "own-goal" in name, play.penalty_kick or "penalty" in name
        return {"ownGoal": own, "penalty": penalty}
    if kind == "shootout_kick":
        return {"scored": play.scoring_play}
    if kind == "card":
        second = "yellow-red" in name or "second-yellow" in name
        return {"card": "second_yellow" if second else "yellow" if "yellow" in name else "red"}
    return {}
