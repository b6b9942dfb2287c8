"""ESPN's plays of basketball."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from feeds.adapter import Skips, Target, parse_time, read_items
from feeds.providers.espn.people import players_of
from feeds.providers.espn.shapes import MAX_PERIODS, Play, Summary
from feeds.providers.writing import Writer
from kit.contracts import convert
from scoring.model import NewEventClock
from scoring.sports.basketball import BasketballConfig, clock_display


def read_basketball(
    writer: Writer, target: Target, summary: Summary, teams: Mapping[str | None, str | None], skips: Skips
) -> None:
    """Write the plays of a game.

    Args:
        writer: What is written to.
        target: The match.
        summary: ESPN's answer.
        teams: Our competitors by ESPN's ids of the teams.
        skips: Counts what is not known.
    """
    config = convert(dict(target.config), BasketballConfig)
    for number, play in enumerate(read_items(summary.plays, Play, "play", skips)):
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
            competitor_id=side,
            players=players_of(play, kind, skips),
            detail=detail,
        )


def _basketball_kind(play: Play, name: str) -> tuple[str | None, dict[str, Any]]:
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


def _remaining(display: str) -> float | None:
    """Seconds left, from `11:43` or `43.2`."""
    found = re.fullmatch(r"(?:(\d{1,2}):)?(\d{1,2}(?:\.\d)?)", display)
    return int(found[1] or 0) * 60 + float(found[2]) if found else None
