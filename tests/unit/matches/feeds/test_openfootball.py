"""Season files that openfootball could have: cups that go to penalties, and what is missing or strange in them."""

from __future__ import annotations

from typing import Any

import pytest

from kit.contracts import decode, encode_rest
from kit.errors import InvalidPayload
from matches.contracts import EventOp
from matches.feeds import read_file
from matches.feeds.files import FileMatch
from matches.feeds.openfootball import RawGoal, kick_off, when
from matches.sports.scoring import Folded
from tests.support.samples import state_of


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
    for wrong in ("25:00", "18:75", "18:30 UTC+99", "soon"):
        with pytest.raises(InvalidPayload, match="is not a time"):
            kick_off("2026-11-21", wrong)


@pytest.mark.parametrize(("minute", "shown"), [("90+3", "90+3'"), ("90'+3", "90+3'"), ("90 + 3'", "90+3'"), (7, "7'")])
def test_minutes(minute: int | str, shown: str) -> None:
    assert when(RawGoal(name="x", minute=minute))[2] == shown


@pytest.mark.parametrize(
    "wrong",
    [{"team2": "Reds"}, {"date": "21.11.2026"}, {"score": {"ft": [1]}}, {"score": {"ht": [2, 0], "ft": [1, 0]}},
     {"score": {"ft": [1, 0]}, "goals1": [goal("Ann", "half past")]}, {"score": [1, 0]}],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        read_file(season(fixture(**wrong)))
