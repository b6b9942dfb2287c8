"""What the adapters read, and what the folded match then says."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.adapter import Adapter, Batch, Raw, RawKind
from feeds.live.tracking import Tracked, plan, standing
from feeds.outbound import Outbound, new_client
from feeds.providers.espn import Espn
from feeds.providers.sportradar import Sportradar
from feeds.providers.thesportsdb import TheSportsDb
from kit.clock import SystemClock
from kit.contracts import decode, encode_event
from kit.errors import InvalidPayload
from kit.outbound import Guard
from scoring.model import EventOp
from scoring.projection import fold
from scoring.sports import RULES
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded
from tests.support.feed_fixtures import (
    SR,
    espn_key_event,
    espn_play,
    espn_sides,
    espn_status,
    espn_summary,
    sr_event,
    sr_status,
    sr_timeline,
    target,
    tsdb_event,
)
from tests.support.samples import SETUP


@cache
def nowhere() -> Outbound:
    """Made once: the certificates of a client take a while to load."""
    guard = Guard(allow_private=True)
    return Outbound(new_client(guard), guard, "http://127.0.0.1:1", clock=SystemClock())


def espn(**options: Any) -> Espn:
    return Espn(target(league="eng.1", **options), nowhere())


def sportradar(**options: Any) -> Sportradar:
    return Sportradar(target(external_id=SR, **options), nowhere(), "key")


def read(
    adapter: Adapter, *messages: object, kinds: tuple[RawKind, ...] = (), config: dict[str, Any] | None = None
) -> tuple[Folded, Batch]:
    """The match after these messages, each of which passes the checks of the door, and the last one in our words."""
    known: dict[str, Tracked] = {}
    batch = Batch(ops=[])
    rules, setup = RULES[adapter.target.sport], Setup(SETUP.home, SETUP.away, config or {})
    for place, message in enumerate(messages):
        body = message if isinstance(message, bytes) else json.dumps(message).encode()
        batch = adapter.normalise(Raw(kind=kinds[place] if kinds else "snapshot", body=body), standing(known))
        known |= plan(known, batch)
    for entry in known.values():
        if entry.op.op != "delete":
            rules.check_readable(setup, decode(encode_event(entry.op), EventOp))
    return fold(rules, setup, [entry.op for entry in known.values()]).state, batch


def shown(state: Folded) -> tuple[str, str, str]:
    return state.status, state.displays["red"], state.displays["blue"]


FIRST_HALF = espn_status("STATUS_FIRST_HALF", "in", 1)
FULL_TIME = espn_status("STATUS_FULL_TIME", "post", 2, completed=True)


def test_espn_football_event_by_event() -> None:
    events = [
        espn_key_event("1", "kickoff", 1, 0, team=None),
        espn_key_event("2", "goal---header", 1, 1260),
        espn_key_event("3", "yellow-card", 1, 1500, team="9002"),
        espn_key_event("4", "own-goal", 2, 2800),
        espn_key_event("5", "penalty---scored", 2, 3000, team="9002"),
        espn_key_event("6", "substitution", 2, 3100),
        espn_key_event("7", "a-new-invention", 2, 3200),
        espn_key_event("8", "goal", 12, 3200),
        {"id": "9", "type": "rubbish"},
        "not even an object",
    ]
    state, batch = read(espn(), espn_summary(FULL_TIME, espn_sides("2", "1"), keyEvents=events))
    assert shown(state) == ("ended", "2", "1")
    assert state.outcome is not None
    assert state.outcome.winner_id == "red"
    assert batch.stated == {"red": 2, "blue": 1}
    assert batch.skipped == {"type:a-new-invention": 1, "period:12": 1, "unreadable key event": 2}
    by_id = {op.event_id: op for op in batch.ops}
    assert by_id["2"].clock is not None
    assert by_id["2"].clock.played_s == 1260
    assert by_id["4"].clock is not None
    assert by_id["4"].clock.played_s == 100
    assert by_id["4"].detail["ownGoal"] is True
    assert by_id["3"].detail["card"] == "yellow"
    assert by_id["5"].detail["penalty"] is True


def test_espn_half_time_and_back() -> None:
    goal = [espn_key_event("2", "goal", 1, 60)]
    half = espn_summary(espn_status("STATUS_HALFTIME", "in", 1), espn_sides("1", "0"), keyEvents=goal)
    state, _ = read(espn(), half)
    assert (state.status, state.status_detail) == ("break", "Half-time")
    second = espn_summary(espn_status("STATUS_SECOND_HALF", "in", 2), espn_sides("1", "0"), keyEvents=goal)
    assert shown(read(espn(), half, second)[0]) == ("live", "1", "0")


def test_espn_takes_an_end_back() -> None:
    goal = [espn_key_event("2", "goal", 2, 3000)]
    end = espn_summary(FULL_TIME, espn_sides("1", "0"), keyEvents=goal)
    on = espn_summary(espn_status("STATUS_SECOND_HALF", "in", 2), espn_sides("1", "0"), keyEvents=goal)
    assert read(espn(), end, on)[0].status == "live"
    assert read(espn(), end, on, end)[0].status == "ended"


@pytest.mark.parametrize(
    ("name", "status"),
    [("STATUS_POSTPONED", "postponed"), ("STATUS_DELAYED", "delayed"), ("STATUS_ABANDONED", "abandoned")],
)
def test_espn_says_why_nothing_is_played(name: str, status: str) -> None:
    off = espn_summary(espn_status(name, "post", 0), espn_sides("0", "0"))
    assert read(espn(), off)[0].status == status
    on = espn_summary(FIRST_HALF, espn_sides("0", "0"))
    assert read(espn(), off, on)[0].status == "live"


def test_espn_basketball() -> None:
    plays = [
        espn_play("11", 1, "Jumpball", 1, "12:00"),
        espn_play("12", 2, "Jump Shot", 1, "11:40", scoringPlay=True, scoreValue=3, shootingPlay=True),
        espn_play("13", 3, "Layup", 1, "11:20", shootingPlay=True, pointsAttempted=2, team={"id": "9002"}),
        espn_play("14", 4, "Free Throw - 1 of 2", 1, "0:43.2", scoringPlay=True, scoreValue=1, team={"id": "9002"}),
        espn_play("15", 5, "Free Throw - 2 of 2", 1, "43.2", team={"id": "9002"}),
        espn_play("16", 6, "End Period", 1, "0.0", team=None),
        espn_play("17", 7, "Mascot Dance", 1, "0.0"),
    ]
    summary = espn_summary(espn_status("STATUS_IN_PROGRESS", "in", 2), espn_sides("3", "1"), plays=plays)
    state, batch = read(espn(sport="basketball"), summary)
    assert shown(state) == ("live", "3", "1")
    assert batch.skipped == {"type:mascot dance": 1}
    by_id = {op.event_id: op for op in batch.ops}
    assert by_id["12"].clock is not None
    assert (by_id["12"].clock.remaining_s, by_id["12"].clock.display) == (700, "Q1 11:40")
    assert by_id["15"].clock is not None
    assert by_id["15"].clock.remaining_s == 43.2


def test_espn_scoreboard_alone() -> None:
    lines: tuple[list[object], list[object]] = (
        [{"value": 25.0}, {"value": 30.0}, "rubbish"],
        [{"displayValue": "20"}, {"displayValue": "33"}],
    )
    competition = {"id": "77", "competitors": espn_sides("55", "53", lines)}
    board = {
        "leagues": [],
        "events": [
            {"id": "76", "competitions": []},
            "rubbish",
            {"id": "77", "status": espn_status("STATUS_HALFTIME", "in", 2), "competitions": [competition]},
        ],
    }
    state, _ = read(espn(sport="basketball", coverage="score"), board)
    assert shown(state) == ("break", "55", "53")
    assert [period.scores for period in state.periods] == [{"red": 25, "blue": 20}, {"red": 30, "blue": 33}]
    with pytest.raises(InvalidPayload, match="not on the scoreboard"):
        read(espn(coverage="score"), {"events": []})


GOAL = sr_event(100, "score_change", "20:12", competitor="home", period=1, period_type="regular_period")


def test_sportradar_timeline() -> None:
    events = [
        sr_event(1, "match_started"),
        sr_event(2, "period_start", period=1, period_type="regular_period"),
        GOAL,
        sr_event(101, "yellow_card", "45:00", competitor="away", period=1, stoppage_time_clock="1:30",
                 players=[{"id": "sr:player:5", "name": "Five, Number"}]),
        sr_event(102, "score_change", "60:00", competitor="away", period=2, method="own_goal",
                 players=[{"id": "sr:player:6", "type": "scorer"}, {"id": "sr:player:7", "type": "assist"}]),
        sr_event(103, "substitution", "61:00", competitor="home", period=2,
                 players=[{"id": "a", "type": "substituted_in"}, {"id": "b", "type": "substituted_out"}]),
        sr_event(104, "dance", "62:00"),
        {"type": "score_change"},
    ]  # fmt: skip
    timeline = sr_timeline(sr_status("2nd_half", 1, 1, [(1, 0), (0, 1)]), *events)
    state, batch = read(sportradar(), timeline)
    assert shown(state) == ("live", "1", "1")
    assert [period.scores["blue"] for period in state.periods] == [0, 1]
    assert batch.skipped == {"type:dance": 1, "unreadable event": 1}
    assert batch.complete
    by_id = {op.event_id: op for op in batch.ops}
    assert by_id["101"].clock is not None
    assert by_id["101"].clock.display == "45+2'"
    assert by_id["102"].detail["ownGoal"] is True
    assert [player.role for player in by_id["102"].players] == ["scorer", "assist"]
    assert [player.role for player in by_id["103"].players] == ["player_in", "player_out"]


def test_sportradar_shoot_out() -> None:
    kicks = [
        sr_event(200 + n, "penalty_shootout", competitor=side, period_type="penalties", status=status)
        for n, (side, status) in enumerate([("home", "scored"), ("away", "missed"), ("home", "scored")])
    ]
    status = sr_status("ap", 1, 1, [(1, 1), (0, 0)], status="closed")
    status["period_scores"] += [
        {"home_score": 0, "away_score": 0, "type": "overtime", "number": 1},
        {"home_score": 2, "away_score": 0, "type": "penalties"},
    ]
    away = sr_event(99, "score_change", "30:00", competitor="away", period=1)
    state, _ = read(sportradar(), sr_timeline(status, GOAL, away, *kicks))
    assert shown(state) == ("ended", "1 (2)", "1 (0)")
    assert state.outcome is not None
    assert (state.outcome.winner_id, state.outcome.by) == ("red", "penalties")


def test_sportradar_delta_and_push_join_the_timeline() -> None:
    whole = {**GOAL, "commentaries": [{"text": "What a goal."}]}
    timeline = sr_timeline(sr_status("1st_half", 1, 0, [(1, 0)]), whole)
    second = sr_event(105, "score_change", "30:00", competitor="home", period=1)
    others = {"id": "sr:sport_event:1", "timeline": [sr_event(9, "score_change", "1:00", competitor="away", period=1)]}
    delta = {"sport_event_timelines": [others, {"id": SR, "timeline": [GOAL, second]}, 5]}
    pushed = {
        "payload": {"event": second, "sport_event_status": sr_status("halftime", 2, 0, [(2, 0)])},
        "metadata": {"sport_event_id": SR},
    }
    elsewhere = {"payload": {"event": second}, "metadata": {"sport_event_id": "sr:sport_event:1"}}
    state, batch = read(
        sportradar(), timeline, delta, pushed, elsewhere, pushed,
        kinds=("snapshot", "delta", "event", "event", "event"),
    )  # fmt: skip
    assert shown(state) == ("break", "2", "0")
    assert batch.stated == {"red": 2, "blue": 0}
    gone = {"payload": {"event": second}, "metadata": {"sport_event_id": SR, "operation": "delete"}}
    state, _ = read(sportradar(), timeline, delta, gone, kinds=("snapshot", "delta", "event"))
    assert shown(state) == ("live", "1", "0")


def test_sportradar_basketball_by_periods() -> None:
    timeline = sr_timeline(sr_status("pause2", 50, 48, [(20, 30), (30, 18)]))
    state, batch = read(sportradar(sport="basketball"), timeline)
    assert shown(state) == ("break", "50", "48")
    assert not batch.complete


def tsdb(event: dict[str, Any], key: str = "events") -> dict[str, Any]:
    return {key: [event]}


def test_thesportsdb_splits_its_totals() -> None:
    adapter = TheSportsDb(target(), nowhere(), "key")
    first, half = tsdb(tsdb_event("1H", "1", "0")), tsdb(tsdb_event("HT", "2", "0"), "lookup")
    second, end = tsdb(tsdb_event("2H", "2", "1"), "livescore"), tsdb(tsdb_event("FT", "3", "1"))
    state, _ = read(adapter, tsdb(tsdb_event("NS", None, None)), first, half)
    assert shown(state) == ("break", "2", "0")
    state, batch = read(adapter, first, half, second, end)
    assert shown(state) == ("ended", "3", "1")
    assert [period.scores for period in state.periods] == [{"red": 2, "blue": 0}, {"red": 1, "blue": 1}]
    assert batch.stated == {"red": 3, "blue": 1}


def test_thesportsdb_takes_a_goal_of_the_first_half_back() -> None:
    adapter = TheSportsDb(target(), nowhere(), "key")
    state, _ = read(adapter, tsdb(tsdb_event("HT", "2", "0")), tsdb(tsdb_event("2H", "1", "0")))
    assert shown(state) == ("live", "1", "0")


def test_thesportsdb_unknown_and_postponed() -> None:
    adapter = TheSportsDb(target(), nowhere(), "key")
    assert read(adapter, tsdb(tsdb_event("NS", "", "", strPostponed="yes")))[0].status == "postponed"
    state, batch = read(adapter, tsdb(tsdb_event("Moonwalk", "1", "0")))
    assert (state.status, batch.skipped) == ("scheduled", {"status:MOONWALK": 1})
    with pytest.raises(InvalidPayload, match="does not hold"):
        read(adapter, {"events": None})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=10,
)
FIELDS = st.sampled_from([
    "header", "competitions", "keyEvents", "plays", "status", "type", "period", "clock", "number", "value", "score",
    "competitors", "linescores", "team", "participants", "id", "text", "timeline", "sport_event_status", "players",
    "period_scores", "home_score", "match_clock", "match_time", "competitor", "events", "intHomeScore", "strStatus",
    "idEvent", "wallclock", "time", "updated_time", "displayValue", "sequenceNumber", "commentaries",
])  # fmt: skip


def spoil(value: Any, name: str, rubbish: Any) -> Any:
    """The same with one field replaced wherever it stands."""
    if isinstance(value, dict):
        return {key: rubbish if key == name else spoil(inner, name, rubbish) for key, inner in value.items()}
    return [spoil(inner, name, rubbish) for inner in value] if isinstance(value, list) else value


@pytest.mark.parametrize("provider", ["espn", "basketball", "sportradar", "thesportsdb"])
@settings(deadline=None)
@given(name=FIELDS, rubbish=json_values)
def test_rubbish_in_any_field_is_no_crash(provider: str, name: str, rubbish: Any) -> None:
    adapters: dict[str, tuple[Adapter, Any]] = {
        "espn": (
            espn(),
            espn_summary(FIRST_HALF, espn_sides("1", "0"), keyEvents=[espn_key_event("2", "goal", 1, 60)]),
        ),
        "basketball": (
            espn(sport="basketball"),
            espn_summary(FIRST_HALF, espn_sides("1", "0"), plays=[espn_play("1", 1, "Rebound", 1, "9:00")]),
        ),
        "sportradar": (sportradar(), sr_timeline(sr_status("1st_half", 1, 0, [(1, 0)]), GOAL)),
        "thesportsdb": (TheSportsDb(target(), nowhere(), "key"), tsdb(tsdb_event("1H", "1", "0"))),
    }
    adapter, message = adapters[provider]
    body = json.dumps(spoil(message, name, rubbish)).encode()
    try:
        batch = adapter.normalise(Raw(kind="snapshot", body=body), {})
    except InvalidPayload:
        return
    for op in batch.ops:
        try:
            decode(encode_event(op), EventOp)
        except InvalidPayload:
            continue


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b"null", b"\xff\xfe", b'{"events": 5}', b"[" * 100_000])
def test_what_is_no_answer_is_refused(body: bytes) -> None:
    for adapter in (espn(), espn(coverage="score"), sportradar(), TheSportsDb(target(), nowhere(), "key")):
        with pytest.raises(InvalidPayload):
            adapter.normalise(Raw(kind="snapshot", body=body), {})
