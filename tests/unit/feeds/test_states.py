"""How providers say that a match has not begun, is played, or is over: each word of theirs, and those nobody knows."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feeds.adapter import Batch
from feeds.providers.thesportsdb import TheSportsDb
from scoring.model import Sport
from scoring.sports.shared.state import Folded
from tests.support.feed_fixtures import SR, sr_event, sr_status, sr_timeline, target, tsdb_event
from tests.support.samples import real_file
from tests.unit.feeds.test_adapters import nowhere, read, shown, sportradar

GOAL = sr_event(101, "score_change", "20:00", competitor="home", period=1)


def tsdb(
    *states: str, sport: Sport = "football", score: tuple[Any, Any] = ("1", "1"), **more: Any
) -> tuple[Folded, Batch]:
    """TheSportsDB says these, one after another."""
    adapter = TheSportsDb(target(sport), nowhere(), "key")
    return read(adapter, *({"events": [tsdb_event(state, *score, **more)]} for state in states))


EXPECTED: dict[str, tuple[str, str | None, str | None]] = {
    "940000": ("ended", None, "After penalties"), "940001": ("ended", None, "After penalties"),
    "940002": ("ended", "red", "Final, after overtime"), "940003": ("ended", "red", "After extra time"),
    "940004": ("ended", None, "Walk-over"), "940005": ("postponed", None, None), "940006": ("cancelled", None, None),
    "940007": ("live", None, None), "940008": ("scheduled", None, None),
}  # fmt: skip


@pytest.mark.parametrize("number", EXPECTED)
def test_thesportsdb_endings(number: str) -> None:
    raw = json.loads(real_file("faults/thesportsdb_endings*").read_bytes())
    event = next(one for one in raw["events"] if one["idEvent"] == number)
    sport: Sport = {"Soccer": "football", "Basketball": "basketball", "Tennis": "tennis"}[event["strSport"]]  # type: ignore[assignment]
    state, batch = read(TheSportsDb(target(sport, number), nowhere(), "key"), raw)
    status, winner, phase = EXPECTED[number]
    outcome = state.outcome
    assert (state.status, outcome.winner_id if outcome else None) == (status, winner)
    assert phase is None or phase in (state.status_detail, outcome.text if outcome else None)
    assert outcome is None or not outcome.text.startswith("Draw")
    assert batch.skipped == ({"status:MYSTERY": 1} if number == "940008" else {})


def test_thesportsdb_kicks_decide_where_they_are_told() -> None:
    state, _ = tsdb("ET", "P", "PEN", intHomeScoreExtra="3", intAwayScoreExtra="4")
    assert shown(state) == ("ended", "1 (3)", "1 (4)")
    assert state.outcome is not None
    assert (state.outcome.winner_id, state.outcome.by) == ("blue", "penalties")


@pytest.mark.parametrize(
    ("state", "status"),
    [("NS", "scheduled"), ("", "scheduled"), ("Time to be defined", "scheduled"), ("1H", "live"), ("HT", "break"),
     ("2H", "live"), ("ET", "live"), ("BT", "break"), ("P", "live"), ("LIVE", "live"), ("live", "live"), ("67", "live"),
     ("45+2'", "live"), ("In Play", "live"), ("FT", "ended"), ("Match Finished", "ended"), ("AET", "ended"),
     ("AOT", "ended"), ("PEN", "ended"), ("AP", "ended"), ("W.O.", "ended"), ("WO", "ended"), ("Walkover", "ended"),
     ("AWD", "ended"), ("Postponed", "postponed"), ("PST", "postponed"), ("Match Postponed", "postponed"),
     ("Cancelled", "cancelled"), ("Canceled", "cancelled"), ("CANC", "cancelled"), ("Abandoned", "abandoned"),
     ("ABD", "abandoned"), ("SUSP", "suspended"), ("INT", "interrupted"), ("Delayed", "delayed")],
)  # fmt: skip
def test_thesportsdb_states_of_football(state: str, status: str) -> None:
    folded, batch = tsdb(state)
    assert (folded.status, batch.skipped) == (status, {})


@pytest.mark.parametrize(
    ("state", "status", "period"),
    [("Q1", "live", 1), ("Q3", "live", 3), ("HT", "break", 2), ("BT", "break", 1), ("OT", "live", 5),
     ("LIVE", "live", 1),     ("FT", "ended", 4), ("AOT", "ended", 5), ("After Over Time", "ended", 5)],
)  # fmt: skip
def test_thesportsdb_states_of_basketball(state: str, status: str, period: int) -> None:
    folded, batch = tsdb(state, sport="basketball", score=("101", "99"))
    assert (folded.status, max(one.number for one in folded.periods), batch.skipped) == (status, period, {})


@pytest.mark.parametrize("odd", ["Mystery", "FTX", "???", "Void", "1000"])
def test_an_unknown_state_leaves_the_match_as_it_was(odd: str) -> None:
    for before, status in (("2H", "live"), ("Postponed", "postponed"), ("FT", "ended"), ("NS", "scheduled")):
        folded, batch = tsdb(before, odd)
        assert folded.status == status
        assert list(batch.skipped.values()) == [1]


def test_a_walk_over_goes_to_whom_the_score_was_given() -> None:
    state, _ = tsdb("WO", score=("3", "0"))
    assert state.outcome is not None
    assert (state.outcome.winner_id, state.outcome.method) == ("red", "walkover")
    assert shown(state) == ("ended", "3", "0")


# Sportradar


def test_sportradar_without_a_timeline_shows_what_is_stated() -> None:
    raw = json.loads(real_file("faults/sportradar_soccer_empty_timeline*").read_bytes())
    state, batch = read(sportradar(), raw)
    assert shown(state) == ("ended", "1", "2")
    assert state.score_stated
    assert [list(period.scores.values()) for period in state.periods] == [[1, 0], [0, 2]]
    assert state.outcome is not None
    assert state.outcome.winner_id == "blue"
    assert batch.stated == {"red": 1, "blue": 2}


def test_sportradar_events_that_come_later_take_the_place_of_what_was_stated() -> None:
    status = sr_status("ended", 1, 0, [(1, 0), (0, 0)], status="closed")
    state, _ = read(sportradar(), sr_timeline(status), sr_timeline(status, GOAL, at="18:41:00"))
    assert shown(state) == ("ended", "1", "0")
    assert not state.score_stated


@pytest.mark.parametrize(
    ("name", "status", "shown_as"),
    [("not_started", "not_started", "scheduled"), ("match_about_to_start", "match_about_to_start", "scheduled"),
     ("1st_half", "live", "live"), ("halftime", "live", "break"), ("", "live", "live"), ("penalties", "live", "live"),
     ("awaiting_penalties", "live", "break"), ("aet", "ended", "ended"), ("ap", "closed", "ended"),
     ("ended", "closed", "ended"), ("", "ended", "ended"), ("postponed", "postponed", "postponed"),
     ("start_delayed", "delayed", "delayed"), ("interrupted", "live", "interrupted"),
     ("cancelled", "closed", "cancelled"),     ("abandoned", "closed", "abandoned"),
     ("walkover", "closed", "ended"), ("retired", "closed", "ended")],
)  # fmt: skip
def test_sportradar_states(name: str, status: str, shown_as: str) -> None:
    begun = [] if shown_as == "scheduled" else [(0, 0)]
    folded, batch = read(sportradar(), sr_timeline(sr_status(name, 0, 0, begun, status=status)))
    assert (folded.status, batch.skipped) == (shown_as, {})


@pytest.mark.parametrize("odd", ["mystery", "", "half_past"])
def test_sportradar_unknown_states_leave_the_match_as_it_was(odd: str) -> None:
    befores = (("ended", "closed", "ended"), ("halftime", "live", "break"), ("postponed", "postponed", "postponed"))
    for before, status, was in befores:
        first = sr_timeline(sr_status(before, 1, 0, [(1, 0)], status=status), GOAL)
        then = sr_timeline(sr_status(odd, 1, 0, [(1, 0)], status=odd), GOAL, at="18:41:00")
        folded, batch = read(sportradar(), first, then, then, then)
        assert folded.status == was
        assert sum(batch.skipped.values()) == bool(odd)


def test_sportradar_winner_and_legs() -> None:
    status = sr_status("ended", 1, 0, [(1, 0)], status="closed")
    status |= {"winner_id": "sr:2", "aggregate_home_score": 2, "aggregate_away_score": 3}
    timeline = sr_timeline(status, GOAL)
    timeline["sport_event"] = {
        "id": SR, "competitors": [{"id": "sr:1", "qualifier": "home"}, {"id": "sr:2", "qualifier": "away"}, None],
    }  # fmt: skip
    folded, _ = read(sportradar(), timeline)
    assert folded.aggregate == {"red": 2, "blue": 3}
    assert folded.outcome is not None
    assert folded.outcome.winner_id == "blue"
