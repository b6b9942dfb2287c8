"""Season files that openfootball could have: cups that go to penalties, and what is missing or strange in them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from feeds.files import read_file
from feeds.files.openfootball import RawGoal, kick_off, when
from feeds.files.recording import FileMatch
from feeds.lenient import Skipped
from kit.contracts import decode, encode_rest
from kit.errors import InvalidPayload
from scoring.model import EventOp
from scoring.sports.shared.state import Folded
from tests.support.samples import real_file, state_of


def season(*matches: dict[str, Any]) -> dict[str, Any]:
    return {"name": "Coastal Cup 2026/27", "matches": list(matches)}


def fixture(**more: Any) -> dict[str, Any]:
    return {"round": "Final", "date": "2026-11-21", "time": "18:30 UTC-3", "team1": "Reds", "team2": "Blues", **more}


def read(**more: Any) -> tuple[FileMatch, Folded]:
    (match,) = read_file(season(fixture(**more)))
    assert decode(encode_rest(match.ops), list[EventOp]) == match.ops
    return match, state_of(match)


def halves(folded: Folded) -> list[list[int]]:
    return [list(period.scores.values()) for period in folded.periods]


def goal(name: str, minute: int | str, **more: Any) -> dict[str, Any]:
    return {"name": name, "minute": minute, **more}


def test_extra_time_penalties_and_minutes_as_text() -> None:
    match, folded = read(
        score={"ht": [1, 0], "ft": [1, 1], "et": [2, 2], "p": [4, 5]},
        goals1=[goal("Ann", "45+2"), goal("Bea", "119", penalty=True)],
        goals2=[goal("Cat", "90+3", owngoal=True), goal("Dee", "105'+1'")],
    )
    assert halves(folded) == [[1, 0], [0, 1], [0, 1], [1, 0], [4, 5]]
    assert folded.displays == {"reds": "2 (4)", "blues": "2 (5)"}
    assert folded.outcome is not None
    assert folded.outcome.text == "Blues beat Reds 5-4 on penalties after a 2-2 draw"
    assert folded.stated is not None
    assert folded.stated.stated == folded.stated.folded == {"reds": 2, "blues": 2}
    told = [op.commentary[0].text for op in match.ops if op.type == "goal"]
    assert told == [
        "45+2' Goal! Ann. Reds 1-0 Blues", "90+3' Goal! Cat (own goal). Reds 1-1 Blues",
        "105+1' Goal! Dee. Reds 1-2 Blues", "119' Goal! Bea (penalty). Reds 2-2 Blues",
    ]  # fmt: skip


def test_penalties_without_extra_time() -> None:
    _, folded = read(score={"ft": [0, 0], "p": [3, 1]})
    assert [period.type for period in folded.periods] == ["regular", "regular", "penalties"]
    assert (folded.displays, folded.status_detail) == ({"reds": "0 (3)", "blues": "0 (1)"}, "After penalties")


@pytest.mark.parametrize("goals", [{}, {"goals1": None}, {"goals1": [goal("Ann", 10)]}, {"goals2": []}])
def test_goals_that_are_not_all_listed_do_not_change_the_score(goals: dict[str, Any]) -> None:
    match, folded = read(score={"ht": [1, 1], "ft": [3, 1]}, **goals)
    assert halves(folded) == [[1, 1], [2, 0]]
    assert sum(op.type == "goal" for op in match.ops) == len(goals.get("goals1") or [])


@pytest.mark.parametrize(
    ("more", "status"),
    [({}, "scheduled"), ({"score": None}, "scheduled"), ({"score": {}}, "scheduled"),
     ({"score": {"ht": [1, 0]}, "status": "abandoned"}, "abandoned"), ({"status": "CANCELLED"}, "cancelled"),
     ({"status": "canceled"}, "cancelled"), ({"status": "postponed"}, "postponed"), ({"status": "odd"}, "scheduled")],
)  # fmt: skip
def test_what_was_not_played(more: dict[str, Any], status: str) -> None:
    assert read(**more)[1].status == status


def test_times_and_their_zones() -> None:
    assert kick_off("2026-11-21", "18:30 UTC+5:30").rfc3339() == "2026-11-21T13:00:00.000Z"
    assert kick_off("2026-11-21", "18:30 UTC-0:30").rfc3339() == "2026-11-21T19:00:00.000Z"
    assert kick_off("2026-11-21", "18:30 UTC").rfc3339() == "2026-11-21T18:30:00.000Z"
    assert kick_off("2026-11-21", None).rfc3339() == "2026-11-21T12:00:00.000Z"
    assert kick_off("2026-11-21", "20:45 CET").rfc3339() == "2026-11-21T19:45:00.000Z"
    assert kick_off("2026-07-21", "20.45 CEST").rfc3339() == "2026-07-21T18:45:00.000Z"
    for wrong in ("25:00", "18:75", "18:30 UTC+99", "soon"):
        with pytest.raises(InvalidPayload, match="is not a time"):
            kick_off("2026-11-21", wrong)


@pytest.mark.parametrize(("minute", "shown"), [("90+3", "90+3'"), ("90'+3", "90+3'"), ("90 + 3'", "90+3'"), (7, "7'")])
def test_minutes(minute: int | str, shown: str) -> None:
    assert when(RawGoal(name="x", minute=minute))[2] == shown


@pytest.mark.parametrize(
    "wrong",
    [{"team2": "Reds"}, {"team2": "REDS"}, {"team1": None}, {"team1": 7}, {"team1": {}}, {"date": "21.11.2026"},
     {"date": None}, {"score": {"ft": [1]}}, {"score": {"ft": [1, None]}}, {"score": {"ft": [-1, 0]}}, {"score": "won"},
     {"score": {"ht": [2, 0], "ft": [1, 0]}}, {"score": {"p": [4, 3]}}, {"score": 3}],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        read_file(season(fixture(**wrong)))


def test_one_bad_entry_does_not_block_a_season() -> None:
    raw = json.loads(real_file("faults/openfootball_bad_entries*").read_bytes())
    skipped = Skipped()
    matches = read_file(raw, skipped)
    assert [list(state_of(match).displays.values()) for match in matches] == [
        ["2", "1"],
        ["2", "0"],
        ["1 (4)", "1 (3)"],
    ]
    assert skipped.count == 2
    told = skipped.told() or ""
    assert "match 2 (N.N. v N.N.): A match has two teams." in told
    assert "match 5 (? v Granite)" in told


@pytest.mark.parametrize("bad", [None, 5, "x", [], {}, {"date": "2026-11-21", "team1": "A"}, [[[]]]])
def test_neighbours_of_a_bad_entry_are_as_they_were(bad: Any) -> None:
    good, other = fixture(score={"ft": [1, 0]}), fixture(team1="Greens", score={"ft": [0, 0]})
    skipped = Skipped()
    assert read_file(season(good, bad, other), skipped) == read_file(season(good, other))
    assert skipped.count == 1


@pytest.mark.parametrize(
    "score",
    [[2, 0], "2-0", "2 : 0", ["2", "0"], {"ft": "2-0"}, {"ft": [2, 0], "ht": []}, {"ft": [2, 0], "ht": None},
     {"ft": [2, 0], "et": [2, 0]}],
)  # fmt: skip
def test_forms_of_a_score(score: Any) -> None:
    assert list(read(score=score)[1].scores.values()) == [2, 0]


def test_extra_time_without_full_time() -> None:
    _, folded = read(score={"et": [1, 1], "p": [4, 3]})
    assert folded.displays == {"reds": "1 (4)", "blues": "1 (3)"}
    assert folded.outcome is not None
    assert folded.outcome.winner_id == "reds"


@pytest.mark.parametrize(
    "bad", [None, {}, {"name": "Ann"}, {"name": "Ann", "minute": "half past"}, {"name": None, "minute": 3}, 7]
)
def test_a_goal_that_cannot_be_read_leaves_the_score_as_it_is(bad: Any) -> None:
    skipped = Skipped()
    (match,) = read_file(season(fixture(score={"ft": [2, 0]}, goals1=[goal("Bea", 10), bad])), skipped)
    assert state_of(match).scores == {"reds": 2, "blues": 0}
    assert (sum(op.type == "goal" for op in match.ops), skipped.count) == (1, 1)


def test_an_older_file_of_rounds() -> None:
    teams = {"team1": {"key": "reds", "name": "Reds", "code": "RED"}, "team2": {"key": "blues", "name": "Blues"}}
    played = {"date": "2014-06-12", **teams, "score1": 1, "score2": 1, "score1i": 0, "score2i": 1}
    late = {**played, "date": "2014-06-13", "score1et": 2, "score2et": 1, "score1p": None, "score2p": None}
    due = {"date": "2014-06-14", **teams, "score1": None, "score2": None}
    raw = {"name": "Cup 2014", "rounds": [{"name": "Matchday 1", "matches": [played, late]}, {"matches": [due]}, None]}
    skipped = Skipped()
    matches = read_file(raw, skipped)
    assert [list(state_of(match).scores.values()) for match in matches] == [[1, 1], [2, 1], [0, 0]]
    assert [match.create.competition.round for match in matches] == ["Matchday 1", "Matchday 1", None]
    assert (state_of(matches[2]).status, skipped.count) == ("scheduled", 1)


def test_a_time_that_cannot_be_read_costs_only_the_time() -> None:
    skipped = Skipped()
    (match,) = read_file(season(fixture(time="in the evening", score={"ft": [1, 0]})), skipped)
    assert match.create.scheduled_at.rfc3339() == "2026-11-21T12:00:00.000Z"
    assert "'in the evening' is not a time" in (skipped.told() or "")
