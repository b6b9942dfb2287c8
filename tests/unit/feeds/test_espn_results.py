"""ESPN's results: what is stated where events and scores do not say it, and older shapes of its answers."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feeds.adapter import Batch
from feeds.providers.espn import Espn
from feeds.providers.espn.days import day_of
from kit.contracts import Instant
from scoring.model import Sport
from scoring.sports.shared.state import Folded
from tests.support.feed_fixtures import espn_key_event, espn_sides, espn_status, espn_summary, target
from tests.support.samples import real_file
from tests.unit.feeds.test_adapters import nowhere, read, shown

FULL_TIME = espn_status("STATUS_FULL_TIME", "post", 2, completed=True)


def fault(name: str, sport: Sport, number: str) -> tuple[Folded, Batch]:
    raw = json.loads(real_file(f"faults/{name}*").read_bytes())
    return read(Espn(target(sport, number, league="x"), nowhere()), raw)


def espn(*messages: Any, sport: Sport = "football") -> tuple[Folded, Batch]:
    return read(Espn(target(sport, league="x"), nowhere()), *messages)


def outcome(state: Folded) -> tuple[str | None, str | None]:
    assert state.outcome is not None
    return state.outcome.winner_id, state.outcome.method


def test_a_summary_without_events_shows_what_is_stated() -> None:
    state, _ = fault("espn_football_summary_without_events", "football", "920001")
    assert shown(state) == ("ended", "2", "1")
    assert state.score_stated
    assert outcome(state) == ("red", None)
    assert state.outcome is not None
    assert "Draw" not in state.outcome.text


def test_events_that_come_later_count_again() -> None:
    sides = espn_sides("1", "0")
    bare = espn_summary(FULL_TIME, sides, keyEvents=[])
    whole = espn_summary(FULL_TIME, sides, keyEvents=[espn_key_event("2", "goal", 1, 60)])
    assert espn(bare)[0].score_stated
    state, _ = espn(bare, whole)
    assert (shown(state), state.score_stated) == (("ended", "1", "0"), None)


def test_a_match_that_goes_on_is_counted_from_its_events() -> None:
    state, _ = espn(espn_summary(espn_status("STATUS_SECOND_HALF", "in", 2), espn_sides("2", "1"), keyEvents=[]))
    assert (shown(state), state.score_stated) == (("live", "0", "0"), None)


def test_a_shoot_out_without_its_kicks() -> None:
    sides = espn_sides("1", "1")
    sides[0] |= {"shootoutScore": 3}
    sides[1] |= {"shootoutScore": 4, "winner": True}
    state, _ = espn(espn_summary(espn_status("STATUS_FINAL_PEN", "post", 5, completed=True), sides, keyEvents=[]))
    assert shown(state) == ("ended", "1 (3)", "1 (4)")
    assert outcome(state)[0] == "blue"


def test_legs_are_shown_and_decide() -> None:
    sides = espn_sides("1", "0", ([1, 0], [0, 0]))
    sides[0] |= {"aggregateScore": 2.0, "winner": False}
    sides[1] |= {"aggregateScore": 3.0, "winner": True}
    goal = espn_key_event("2", "goal", 1, 60)
    state, _ = espn(espn_summary(FULL_TIME, sides, keyEvents=[goal]))
    assert state.aggregate == {"red": 2, "blue": 3}
    assert outcome(state) == ("blue", "aggregate")


@pytest.mark.parametrize(
    ("name", "method"),
    [("STATUS_FORFEIT", "awarded"), ("STATUS_WALKOVER", "walkover"), ("STATUS_RETIRED", "retirement")],
)
def test_ends_without_play(name: str, method: str) -> None:
    sides = espn_sides("0", "0")
    sides[1] |= {"winner": True}
    state, batch = espn(espn_summary(espn_status(name, "post", 0, completed=True), sides, keyEvents=[]))
    assert (state.status, outcome(state), batch.skipped) == ("ended", ("blue", method), {})


@pytest.mark.parametrize("name", ["STATUS_MYSTERY", ""])
def test_an_unknown_state_is_counted_and_ends_nothing(name: str) -> None:
    live, sides = espn_status("STATUS_SECOND_HALF", "in", 2), espn_sides("1", "0")
    odd: dict[str, Any] = {"period": 2, "type": {"name": name, "state": "post", "description": "Mystery"}}
    goals = [espn_key_event("2", "goal", 1, 60)]
    whole, then = (espn_summary(status, sides, keyEvents=goals) for status in (live, odd))
    state, batch = espn(whole, then, then, then)
    assert (shown(state), sum(batch.skipped.values())) == (("live", "1", "0"), 1)


# Tennis


def test_a_walk_over_in_tennis() -> None:
    state, _ = fault("espn_tennis_walkover_and_retired", "tennis", "910001")
    assert (state.status, outcome(state), state.periods) == ("ended", ("blue", "walkover"), [])
    assert state.outcome is not None
    assert "Blues" in state.outcome.text


def test_a_loser_who_retired_ahead() -> None:
    state, _ = fault("espn_tennis_walkover_and_retired", "tennis", "910002")
    assert (state.status, outcome(state)) == ("ended", ("blue", "retirement"))
    assert [list(period.scores.values()) for period in state.periods] == [[6, 4], [3, 1]]


# Cricket as it was recorded in 2022 and 2023


def test_a_chase_in_the_older_shape() -> None:
    state, batch = fault("espn_cricket_2022_shape_live", "cricket", "900001")
    assert state.status == "live"
    innings = [(one.number, one.detail) for one in state.periods if one.detail]
    told = [(number, one.batting_id, one.runs, one.wickets, one.overs) for number, one in innings]
    assert told == [(1, "red", 171, 8, "20"), (2, "blue", 98, 4, "12.3")]
    assert state.displays == {"red": "171/8", "blue": "98/4"}
    assert state.status_detail is not None
    assert "74" in state.status_detail
    assert batch.skipped == {}


def test_a_result_in_the_older_shape() -> None:
    state, _ = fault("espn_cricket_2022_shape_over", "cricket", "900002")
    assert (state.status, outcome(state)[0]) == ("ended", "blue")
    assert state.outcome is not None
    assert state.outcome.text == "Granite won by 5 wickets (with 17 balls remaining)"
    assert state.scores == {"red": 140, "blue": 141}


def older(home: list[Any], away: list[Any], description: str, state: str = "in") -> dict[str, Any]:
    sides = espn_sides("0", "0", (home, away))
    status = {"period": 1, "type": {"description": description, "state": state}}
    return {"events": [{"id": "77", "competitions": [{"id": "77", "competitors": sides, "status": status}]}]}


def line(number: int, runs: int, wickets: int, overs: float, *, batting: Any) -> dict[str, Any]:
    return {"value": number, "runs": runs, "wickets": wickets, "overs": overs, "isBatting": batting}


def test_an_innings_that_began_without_a_run_is_of_the_side_that_bats() -> None:
    state, batch = espn(
        older([line(1, 0, 0, 0.3, batting=True)], [line(1, 0, 0, 0.3, batting=False)], "Live"), sport="cricket"
    )
    assert [period.detail.batting_id for period in state.periods if period.detail] == ["red"]
    state, batch = espn(
        older([line(1, 0, 0, 0.3, batting=None)], [line(1, 0, 0, 0.3, batting=None)], "Live"), sport="cricket"
    )
    assert batch.skipped == {"innings of either side": 1}


@pytest.mark.parametrize(
    ("description", "state", "status"),
    [("Live", "in", "live"), ("Innings break", "in", "break"), ("Stumps", "in", "break"), ("Result", "post", "ended"),
     ("No result", "post", "ended"), ("Abandoned", "post", "abandoned"), ("Postponed", "pre", "postponed"),
     ("Scheduled", "pre", "scheduled")],
)  # fmt: skip
def test_states_by_their_description(description: str, state: str, status: str) -> None:
    lines = ([line(1, 100, 3, 20, batting=True)], [line(1, 0, 0, 20, batting=False)]) if state == "in" else ([], [])
    folded, batch = espn(older(*lines, description, state), sport="cricket")
    assert (folded.status, batch.skipped) == (status, {})


# Days


@pytest.mark.parametrize(
    ("moment", "day"),
    [("2026-01-03T02:40:00Z", "20260102"), ("2026-01-03T04:59:59Z", "20260102"), ("2026-01-03T05:00:00Z", "20260103"),
     ("2026-07-03T03:59:59Z", "20260702"), ("2026-07-03T04:00:00Z", "20260703"), ("2026-03-08T04:59:00Z", "20260307"),
     ("2026-11-02T04:30:00Z", "20261101")],
)  # fmt: skip
def test_a_day_is_that_of_the_us_east(moment: str, day: str) -> None:
    assert day_of(Instant.parse(moment)) == day
