"""Names that nobody can see, or that are too long, cost no event and no match, whoever sends them."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.adapter import Adapter, Raw
from feeds.files import read_file
from feeds.names import commentary, event_players, lineup, name_in, part_in
from feeds.providers.espn import Espn
from kit.contracts import decode, encode_event, encode_rest
from scoring.model import CreateMatch, EventOp
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
)
from tests.unit.feeds.test_adapters import nowhere, sportradar
from tests.unit.feeds.test_wyscout import FILE, RED

UNSEEN = ["", " ", "\u200b", "\u2060\u00ad", "\u202e", "\t\n", "\u3164"]
ODD = [*UNSEEN, "x" * 5_000, "\u0958" * 200, "a\nb\rc", "\u202eevil"]
"""Nothing to see; too long; longer once it is composed; with breaks and marks of direction."""

LIVE = espn_status("STATUS_SECOND_HALF", "in", 2)


def answer(provider: str, odd: str) -> tuple[Adapter, Any]:
    athlete = [{"athlete": {"id": "7", "displayName": odd}}]
    if provider == "football":
        goal = espn_key_event("2", "goal", 1, 60, participants=athlete, text=odd)
        goal["clock"]["displayValue"] = odd
        return Espn(target(league="x"), nowhere()), espn_summary(LIVE, espn_sides("1", "0"), keyEvents=[goal])
    if provider == "basketball":
        layup = espn_play("2", 2, "Layup", 1, "8:00", scoringPlay=True, scoreValue=2, participants=athlete)
        return (
            Espn(target("basketball", league="x"), nowhere()),
            espn_summary(LIVE, espn_sides("2", "0"), plays=[layup | {"text": odd}]),
        )
    player = {"id": "p", "type": "scorer", "name": odd}
    goal = sr_event(101, "score_change", "20:00", competitor="home", period=1, players=[player])
    return sportradar(), sr_timeline(sr_status("live", 1, 0, [(1, 0)]), goal)


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: f"{odd[:3]!a} {len(odd)}")
@pytest.mark.parametrize("provider", ["football", "basketball", "sportradar"])
def test_a_goal_by_a_player_of_such_a_name_is_a_goal(provider: str, odd: str) -> None:
    adapter, value = answer(provider, odd)
    ops = adapter.normalise(Raw(kind="snapshot", body=json.dumps(value).encode()), {}).ops
    (scored,) = (op for op in ops if op.type in ("goal", "shot"))
    assert decode(encode_event(scored), EventOp) == scored, "the door takes it"
    (player,) = scored.players
    assert player.id in ("7", "p")
    assert (player.name is None) == (odd in UNSEEN)


SEASON: dict[str, Any] = {
    "name": "Cup 2026",
    "matches": [{"round": "1", "date": "2026-03-01", "team1": "A", "team2": "B", "score": {"ft": [1, 0]},
                 "goals1": [{"name": "Ann", "minute": 9}]}],
}  # fmt: skip


@pytest.mark.parametrize("odd", ODD, ids=lambda odd: f"{odd[:3]!a} {len(odd)}")
def test_a_match_of_a_file_keeps_all_its_events_whatever_its_people_and_places_are_called(odd: str) -> None:
    raw, season = copy.deepcopy(FILE), copy.deepcopy(SEASON)
    raw["match"]["venue"] = odd
    for player in raw["players"][str(RED)][:11]:
        player["player"] |= {"shortName": odd, "role": {"name": odd}}
    season["matches"][0] |= {"ground": odd, "group": odd, "round": odd, "goals1": [{"name": odd, "minute": 9}]}
    for file, whole in ((raw, FILE), (season, SEASON)):
        (match,), (as_it_was,) = read_file(file), read_file(whole)
        assert [(op.event_id, op.type) for op in match.ops] == [(op.event_id, op.type) for op in as_it_was.ops]
        assert decode(encode_rest(match.create), CreateMatch) == match.create
        assert decode(encode_rest(match.ops), list[EventOp]) == match.ops


@given(text=st.text(max_size=300), number=st.text(max_size=120))
def test_whatever_somebody_is_called_the_door_takes_it(text: str, number: str) -> None:
    people = event_players([(number, text, text), (None, "scorer", text)] * 20)
    squad = lineup([(number, text, text, True)] * 70)
    lines = commentary(text * 10)
    event = EventOp(
        provider="p", event_id="1", type="goal", period=1, order_key="1", occurred_at=FIRST, players=people,
        commentary=lines,
    )  # fmt: skip
    assert decode(encode_event(event), EventOp) == event
    assert len(squad) <= 60
    assert name_in(text) is None or 0 < len(str(name_in(text))) <= 200
    assert part_in(text) is None or 0 < len(str(part_in(text))) <= 80


FIRST = read_file(SEASON)[0].ops[0].occurred_at
