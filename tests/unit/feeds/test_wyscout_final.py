"""What a Wyscout file states of a match that went on: the score after extra time, the shoot-out, the winner."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from feeds.files import read_file
from feeds.lenient import Skipped
from scoring.sports.shared.state import Folded
from tests.support.samples import real_file, state_of
from tests.unit.feeds.test_wyscout import BLUE, EVENTS, FILE, GOAL, RED, kick, shot

Pair = tuple[int, int]
"""Of the home side and of the away side."""


def ended(
    label: str, duration: str, winner: int, half: Pair, normal: Pair, extra: Pair, kicks: Pair,
    events: list[dict[str, Any]],
) -> dict[str, Any]:  # fmt: skip
    raw = copy.deepcopy({**FILE, "events": events})
    raw["match"] |= {"label": label, "duration": duration, "winner": winner}
    for team, n in ((RED, 0), (BLUE, 1)):
        raw["match"]["teamsData"][str(team)] |= {
            "scoreHT": half[n], "score": normal[n], "scoreET": extra[n], "scoreP": kicks[n],
        }  # fmt: skip
    return raw


def folded_of(raw: dict[str, Any], skipped: Skipped | None = None) -> Folded:
    (match,) = read_file(raw, skipped)
    return state_of(match)


def read(raw: dict[str, Any]) -> tuple[list[int], list[str], str | None]:
    """Goals and displays of home and away, and the result."""
    folded = folded_of(raw)
    sides = (str(RED), str(BLUE))
    assert folded.status == "ended"
    return (
        [folded.scores[side] for side in sides],
        [folded.displays[side] for side in sides],
        folded.outcome.text if folded.outcome else None,
    )


def told(normal: Pair, extra: Pair, kicks: Pair) -> list[dict[str, Any]]:
    """The events of such a match, every goal on the shot and on the keeper."""
    events: list[dict[str, Any]] = []
    for period, have, before in (("2H", normal, (0, 0)), ("E2", extra, normal)):
        for team, n in ((RED, 0), (BLUE, 1)):
            for goal in range(have[n] - before[n]):
                events += shot(period, 100 + 200 * goal + 50 * n, team, team * 100 + 9, GOAL)
    for team, n in ((RED, 0), (BLUE, 1)):
        for taken in range(kicks[n]):
            events += kick(100 * taken + 50 * n, team, team * 100 + 7, scored=True)
    return events


RECORDED = [  # how the ten matches of the data set that went on are written there
    ("Croatia - England, 2 - 1 (E)", "ExtraTime", RED, (0, 1), (1, 1), (2, 1), (0, 0)),
    ("Russia - Croatia, 2 - 2 (P)", "Penalties", BLUE, (1, 1), (1, 1), (2, 2), (3, 4)),
    ("Colombia - England, 1 - 1 (P)", "Penalties", BLUE, (0, 0), (1, 1), (1, 1), (3, 4)),
    ("Croatia - Denmark, 1 - 1 (P)", "Penalties", RED, (1, 1), (1, 1), (1, 1), (3, 2)),
    ("Spain - Russia, 1 - 1 (P)", "Penalties", BLUE, (1, 1), (1, 1), (1, 1), (3, 4)),
    ("Portugal - France, 1 - 0 (E)", "ExtraTime", RED, (0, 0), (0, 0), (1, 0), (0, 0)),
    ("Germany - Italy, 1 - 1 (P)", "Penalties", RED, (0, 0), (1, 1), (1, 1), (6, 5)),
    ("Poland - Portugal, 1 - 1 (P)", "Penalties", BLUE, (1, 1), (1, 1), (1, 1), (3, 5)),
    ("Croatia - Portugal, 0 - 1 (E)", "ExtraTime", BLUE, (0, 0), (0, 0), (0, 1), (0, 0)),
    ("Switzerland - Poland, 1 - 1 (P)", "Penalties", BLUE, (0, 1), (1, 1), (1, 1), (4, 5)),
]


@pytest.mark.parametrize("with_events", [True, False])
@pytest.mark.parametrize("row", RECORDED, ids=lambda row: row[0])
def test_the_matches_of_the_data_set_that_went_on(row: tuple[Any, ...], with_events: bool) -> None:
    _, duration, winner, _, normal, extra, kicks = row
    raw = ended(*row, events=told(normal, extra, kicks) if with_events else [])
    goals, displays, text = read(raw)
    assert goals == list(extra)
    names = ("FC Réd", "Blue Bay")
    won, lost = (0, 1) if winner == RED else (1, 0)
    if duration == "Penalties":
        assert displays == [f"{extra[n]} ({kicks[n]})" for n in (0, 1)]
        day = f"after a {extra[won]}-{extra[lost]} draw"
        assert text == f"{names[won]} beat {names[lost]} {kicks[won]}-{kicks[lost]} on penalties {day}"
    else:
        assert text == f"{names[won]} beat {names[lost]} {extra[won]}-{extra[lost]} after extra time"
    folded = folded_of(raw)
    assert folded.doubts is None
    assert folded.stated is not None
    assert folded.stated.stated == {str(RED): extra[0], str(BLUE): extra[1]}
    if with_events:
        assert folded.stated.stated == folded.stated.folded
        assert folded.score_stated is None


def test_a_goal_in_extra_time_that_no_event_tells_is_in_the_stated_score() -> None:
    raw = ended(
        "Reds - Blues, 2 - 1 (E)", "ExtraTime", RED, (0, 1), (1, 1), (2, 1), (0, 0), told((1, 1), (1, 1), (0, 0))
    )
    assert read(raw) == ([2, 1], ["2", "1"], "FC Réd beat Blue Bay 2-1 after extra time")
    assert folded_of(raw).score_stated
    periods = [[period.scores[str(side)] for side in (RED, BLUE)] for period in folded_of(raw).periods]
    assert periods == [[0, 1], [1, 0], [0, 0], [1, 0]]


def test_a_kick_that_no_event_tells_is_in_the_stated_shoot_out_and_it_is_told() -> None:
    row = ("Reds - Blues, 1 - 1 (P)", "Penalties", BLUE, (0, 0), (1, 1), (1, 1), (3, 4))
    raw = ended(*row, events=told((1, 1), (1, 1), (3, 2)))
    assert read(raw) == (
        [1, 1], ["1 (3)", "1 (4)"], "Blue Bay beat FC Réd 4-3 on penalties after a 1-1 draw",
    )  # fmt: skip
    folded = folded_of(raw)
    assert [period.number for period in folded.periods] == [2, 5], "what the events tell stays"
    assert folded.doubts is not None
    assert folded.doubts[0].why == "The shoot-out is stated as 3-4, and its kicks come to 3-2."


def test_kicks_at_once_after_normal_time() -> None:
    raw = ended("Reds - Blues, 2 - 2 (P)", "Penalties", RED, (1, 0), (2, 2), (0, 0), (5, 4), [])
    assert read(raw) == ([2, 2], ["2 (5)", "2 (4)"], "FC Réd beat Blue Bay 5-4 on penalties after a 2-2 draw")


@pytest.mark.parametrize("kicks", [(0, 0), (4, 4)])
def test_of_a_shoot_out_whose_kicks_are_not_stated_the_winner_is(kicks: Pair) -> None:
    raw = ended("Reds - Blues, 1 - 1 (P)", "Penalties", BLUE, (0, 1), (1, 1), (1, 1), kicks, [])
    assert read(raw)[2] == "Blue Bay won on penalties after a 1-1 draw"


def test_where_there_is_no_duration_the_label_says_it() -> None:
    raw = ended("Reds - Blues, 2 - 1 (E)", "", RED, (0, 1), (1, 1), (2, 1), (0, 0), [])
    assert read(raw)[2] == "FC Réd beat Blue Bay 2-1 after extra time"


def test_a_score_that_the_file_itself_contradicts_is_not_stated() -> None:
    raw = ended("Reds - Blues, 3 - 1 (E)", "ExtraTime", RED, (0, 1), (1, 1), (2, 1), (0, 0), list(EVENTS))
    skipped = Skipped()
    assert folded_of(raw, skipped).stated is None
    assert "neither its score nor its scoreET" in str(skipped.told())


@pytest.mark.parametrize("bad", [None, "x", -1, [], 10**9])
@pytest.mark.parametrize("field", ["scoreET", "scoreP", "winner", "label", "duration"])
def test_what_is_damaged_there_costs_no_event(field: str, bad: Any) -> None:
    row = ("Reds - Blues, 2 - 2 (P)", "Penalties", BLUE, (1, 0), (1, 1), (2, 2), (1, 2))
    raw = ended(*row, events=list(EVENTS))
    whole = folded_of(raw)
    places = [raw["match"]] if field in raw["match"] else list(raw["match"]["teamsData"].values())
    for place in places:
        place[field] = bad
    folded = folded_of(raw)
    assert (folded.scores, folded.displays, folded.outcome) == (whole.scores, whole.displays, whole.outcome)


@pytest.mark.parametrize("file", ["football/wyscout_2058003*", "football/wyscout_2058017*"])
def test_the_recorded_matches_that_ended_in_time_come_to_what_they_state(file: str) -> None:
    (match,) = read_file(json.loads(real_file(file).read_bytes()))
    folded = state_of(match)
    assert folded.stated is not None
    assert (folded.stated.stated, folded.score_stated) == (folded.stated.folded, None)
