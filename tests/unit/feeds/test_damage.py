"""Answers and files with something wrong anywhere in them: read or refused, and neighbours stay as they were."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.adapter import Adapter, Raw
from feeds.files import read_file
from feeds.lenient import Skipped
from feeds.live.tracking import digest_of
from feeds.providers.espn import Espn
from feeds.providers.thesportsdb import TheSportsDb
from kit.contracts import decode, encode_event
from kit.errors import InvalidPayload
from scoring.model import EventOp
from tests.support.feed_fixtures import (
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
from tests.support.samples import changed, real_file
from tests.unit.feeds.test_adapters import nowhere, sportradar

WRONG: list[Any] = [
    None, "", "x", "nan", "inf", "1e999", -1, 0, 2**63, 10**30, 1.5, 1e300, True, [], {}, [None], {"x": None}, "\x00",
    "9" * 400,
]  # fmt: skip
LIVE = espn_status("STATUS_SECOND_HALF", "in", 2)


def tennis() -> dict[str, Any]:
    return json.loads(real_file("faults/espn_tennis_walkover_and_retired*").read_bytes())  # type: ignore[no-any-return]


def cricket() -> dict[str, Any]:
    return json.loads(real_file("faults/espn_cricket_2022_shape_live*").read_bytes())  # type: ignore[no-any-return]


def message(name: str) -> tuple[Adapter, Any]:
    if name == "football":
        events = [espn_key_event("2", "goal", 1, 60), espn_key_event("3", "yellow-card", 2, 3000)]
        return Espn(target(league="x"), nowhere()), espn_summary(LIVE, espn_sides("1", "0"), keyEvents=events)
    if name == "basketball":
        plays = [espn_play("1", 1, "Rebound", 1, "9:00"), espn_play("2", 2, "Layup", 1, "8:00", scoringPlay=True)]
        return Espn(target("basketball", league="x"), nowhere()), espn_summary(LIVE, espn_sides("2", "0"), plays=plays)
    if name == "tennis":
        return Espn(target("tennis", "910002", league="x"), nowhere()), tennis()
    if name == "cricket":
        return Espn(target("cricket", "900001", league="x"), nowhere()), cricket()
    if name == "thesportsdb":
        return TheSportsDb(target(), nowhere(), "key"), {"events": [tsdb_event("PEN", "1", "1")]}
    goal = sr_event(101, "score_change", "20:00", competitor="home", period=1, players=[{"id": "p", "type": "scorer"}])
    return sportradar(), sr_timeline(sr_status("halftime", 1, 0, [(1, 0)]), goal, sr_event(102, "corner_kick", "9:00"))


def nodes(value: Any, at: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Where something stands, at any depth."""
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [at, *(place for step, one in inner for place in nodes(one, (*at, step)))]


def damaged(value: Any, at: tuple[Any, ...], how: Any, *, gone: bool) -> Any:
    if not gone:
        return changed(value, at, how)
    place = value
    for step in at[:-1]:
        place = place[step]
    left = {**place} if isinstance(place, dict) else [*place]
    del left[at[-1]]
    return changed(value, at[:-1], left)


@pytest.mark.parametrize("name", ["football", "basketball", "tennis", "cricket", "thesportsdb", "sportradar"])
@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_an_answer_with_two_wrong_nodes_is_read_or_refused(name: str, data: st.DataObject) -> None:
    adapter, value = message(name)
    for _ in range(2):
        at = data.draw(st.sampled_from(nodes(value)))
        value = damaged(value, at, data.draw(st.sampled_from(WRONG)), gone=bool(at) and data.draw(st.booleans()))
        if not isinstance(value, (dict, list)):
            break
    try:
        batch = adapter.normalise(Raw(kind="snapshot", body=json.dumps(value).encode()), {})
    except InvalidPayload:
        return
    for op in batch.ops:
        digest_of(op)
        try:
            decode(encode_event(op), EventOp)
        except InvalidPayload:
            continue


@pytest.mark.parametrize("name", ["football", "basketball", "sportradar"])
@settings(deadline=None, max_examples=60)
@given(data=st.data())
def test_what_is_wrong_with_one_event_changes_no_other(name: str, data: st.DataObject) -> None:
    adapter, value = message(name)
    events = {"football": "keyEvents", "basketball": "plays", "sportradar": "timeline"}[name]
    first = value[events][0]
    at = data.draw(st.sampled_from(nodes(first)))
    # An id that is changed is another event, perhaps the neighbour.
    if at == ("id",):
        return
    value[events][0] = damaged(first, at, data.draw(st.sampled_from(WRONG)), gone=bool(at) and data.draw(st.booleans()))
    whole = {op.event_id: op for op in adapter.normalise(Raw(kind="snapshot", body=encoded(message(name)[1])), {}).ops}
    read = {op.event_id: op for op in adapter.normalise(Raw(kind="snapshot", body=encoded(value)), {}).ops}
    mine = str(first["id"])
    assert told(read, mine) == told(whole, mine)


def told(ops: dict[str, EventOp], without: str) -> dict[str, Any]:
    return {event_id: (op.type, op.competitor_id, op.detail) for event_id, op in ops.items() if event_id != without}


def encoded(value: Any) -> bytes:
    return json.dumps(value).encode()


SEASON: dict[str, Any] = {
    "name": "Cup 2026",
    "matches": [
        {"round": "1", "date": f"2026-03-0{day}", "time": "18:00 UTC+1", "team1": "A", "team2": "B", "ground": "Park",
         "score": {"ht": [1, 0], "ft": [2, 1]}, "goals1": [{"name": "Ann", "minute": "45+1"}], "goals2": []}
        for day in (1, 2, 3)
    ],
}  # fmt: skip


@settings(deadline=None, max_examples=200)
@given(data=st.data())
def test_what_is_wrong_with_one_match_of_a_season_changes_no_other(data: st.DataObject) -> None:
    first, season = SEASON["matches"][0], copy.deepcopy(SEASON)
    at = data.draw(st.sampled_from(nodes(first)))
    season["matches"][0] = damaged(
        first, at, data.draw(st.sampled_from(WRONG)), gone=bool(at) and data.draw(st.booleans())
    )
    skipped = Skipped()
    read = read_file(season, skipped)
    assert read[-2:] == read_file(SEASON)[-2:]
    assert len(read) == 3 or skipped.count


@pytest.mark.parametrize("name", ["football", "basketball", "tennis", "cricket", "thesportsdb", "sportradar"])
def test_numbers_beyond_reason_cost_nothing(name: str) -> None:
    adapter, value = message(name)
    for at in nodes(value):
        place = value
        for step in at:
            place = place[step]
        if isinstance(place, int) and not isinstance(place, bool):
            huge = damaged(value, at, 10**15, gone=False)
            try:
                batch = adapter.normalise(Raw(kind="snapshot", body=json.dumps(huge).encode()), {})
            except InvalidPayload:
                continue
            assert len(batch.ops) < 1_000, at
