"""Matches of invented teams in the shapes of the providers."""

from __future__ import annotations

from typing import Any

from feeds.adapter import Coverage, Target
from kit.contracts import Instant
from scoring.model import Sport

START = Instant.parse("2026-11-21T18:30:00Z")


def target(sport: Sport = "football", external_id: str = "77", coverage: Coverage = "events", **options: str) -> Target:
    return Target(
        sport=sport,
        home_id="red",
        away_id="blue",
        scheduled=START,
        config={},
        external_id=external_id,
        coverage=coverage,
        options=options,
    )


# ESPN


def espn_status(name: str, state: str, period: int, *, completed: bool = False) -> dict[str, Any]:
    return {
        "clock": 0.0,
        "displayClock": "0'",
        "period": period,
        "type": {"id": "1", "name": name, "state": state, "completed": completed, "detail": name.title()},
    }


def espn_sides(home: object, away: object, lines: tuple[list[object], list[object]] = ([], [])) -> list[dict[str, Any]]:
    return [
        {
            "id": team, "homeAway": side, "score": score, "linescores": scores,
            "team": {"id": team, "displayName": f"FC {side}", "abbreviation": side[:3].upper()},
        }
        for team, side, score, scores in (("9001", "home", home, lines[0]), ("9002", "away", away, lines[1]))
    ]  # fmt: skip


def espn_key_event(
    event_id: str, kind: str, period: int, seconds: float, team: str | None = "9001", **more: Any
) -> dict[str, Any]:
    return {
        "id": event_id,
        "type": {"id": "70", "text": kind.title(), "type": kind},
        "text": f"{kind} ({event_id})",
        "period": {"number": period},
        "clock": {"value": seconds, "displayValue": f"{int(seconds // 60) + 1}'"},
        "scoringPlay": "goal" in kind,
        "wallclock": "2026-11-21T18:40:00Z",
        **({"team": {"id": team, "displayName": "FC"}} if team else {}),
        "participants": [{"athlete": {"id": "31", "displayName": "A. Player"}}],
        **more,
    }


def espn_summary(status: dict[str, Any], sides: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    competition = {"id": "77", "date": "2026-11-21T18:30Z", "competitors": sides, "status": status}
    return {"boxscore": {"teams": []}, "header": {"id": "77", "competitions": [competition]}, **more}


def espn_play(play_id: str, sequence: int, text: str, period: int, clock: str, **more: Any) -> dict[str, Any]:
    return {
        "id": play_id,
        "sequenceNumber": str(sequence),
        "type": {"id": "92", "text": text},
        "text": text,
        "period": {"number": period, "displayValue": f"Quarter {period}"},
        "clock": {"displayValue": clock},
        "scoringPlay": False,
        "team": {"id": "9001"},
        **more,
    }


# Sportradar

SR = "sr:sport_event:77"


def sr_event(event_id: int, kind: str, clock: str | None = None, **more: Any) -> dict[str, Any]:
    minute = {"match_clock": clock, "match_time": int(clock.split(":")[0]) + 1} if clock else {}
    return {"id": event_id, "type": kind, "time": "2026-11-21T18:40:00+00:00", **minute, **more}


def sr_status(name: str, home: int, away: int, periods: list[tuple[int, int]], status: str = "live") -> dict[str, Any]:
    return {
        "status": status,
        "match_status": name,
        "home_score": home,
        "away_score": away,
        "period_scores": [
            {"home_score": h, "away_score": a, "type": "regular_period", "number": n}
            for n, (h, a) in enumerate(periods, 1)
        ],
    }


def sr_timeline(status: dict[str, Any], *events: dict[str, Any], at: str = "18:40:00") -> dict[str, Any]:
    return {
        "generated_at": f"2026-11-21T{at}+00:00",
        "sport_event": {"id": SR},
        "sport_event_status": status,
        "timeline": list(events),
    }


# TheSportsDB


def tsdb_event(status: str, home: str | None, away: str | None, **more: Any) -> dict[str, Any]:
    return {
        "idEvent": "77", "strEvent": "Reds vs Blues", "strSport": "Soccer", "intHomeScore": home, "intAwayScore": away,
        "strStatus": status, "strPostponed": "no", "strTimestamp": "2026-11-21T18:30:00", "intRound": "12",
        "intSpectators": None, **more,
    }  # fmt: skip
