"""The rules of basketball, case by case."""

from __future__ import annotations

import pytest

from kit.errors import InvalidPayload
from scoring.model import EventOp, NewEventClock
from scoring.sports import RULES
from scoring.sports.basketball import BasketballConfig, clock_display
from tests.support.samples import SETUP, event, setup_with, state


def shot(order: str, side: str, period: int = 1, *, made: bool = True, **detail: object) -> EventOp:
    return event(f"{period}{order}", "shot", period, side, detail={"made": made, **detail})


def test_points_by_quarter() -> None:
    ops = [
        shot("a", "red", points=3),
        shot("b", "red", made=False, points=3),
        event("1c", "free_throw", 1, "blue", detail={"made": True}),
        event("1d", "free_throw", 1, "blue", detail={"made": False}),
        shot("a", "blue", 2),
    ]
    folded = state("basketball", ops)
    assert [period.scores for period in folded.periods] == [{"red": 3, "blue": 1}, {"red": 0, "blue": 2}]
    assert folded.displays == {"red": "3", "blue": "3"}


def test_the_clock_counts_down() -> None:
    clock = NewEventClock(display="Q3 04:12", remaining_s=252)
    folded = state("basketball", [event("a", "foul", 3, "red", clock=clock)])
    assert folded.clock is not None
    assert (folded.clock.direction, folded.clock.remaining_s, folded.clock.played_s) == ("down", 252, 468)
    assert folded.clock.display == "Q3 04:12"


def test_the_phases_of_a_match() -> None:
    def after(*periods: int) -> list[EventOp]:
        return [event(f"{n}z", "period_end", n) for n in periods]

    details = [state("basketball", after(*range(1, n + 1))).status_detail for n in (1, 2, 3, 5)]
    assert details == ["End of Q1", "Half-time", "End of Q3", "End of OT"]


def test_overtime_decides() -> None:
    ops = [shot("a", "red"), shot("b", "blue"), shot("a", "blue", 5), event("6", "match_end", 5)]
    folded = state("basketball", ops)
    assert folded.periods[-1].type == "overtime"
    assert folded.outcome is not None
    assert folded.outcome.text == "Blues beat Reds 4-2 after overtime"
    assert folded.status_detail == "Final, after overtime"


@pytest.mark.parametrize(
    ("period", "left", "text"), [(1, 720, "Q1 12:00"), (4, 9.9, "Q4 00:09"), (5, 300, "OT 05:00"), (6, 61, "2OT 01:01")]
)
def test_the_clock_is_written_as_people_do(period: int, left: float, text: str) -> None:
    assert clock_display(period, left) == text


def test_halves() -> None:
    assert clock_display(2, 60, BasketballConfig(periods=2, period_minutes=20)) == "H2 01:00"


@pytest.mark.parametrize(
    "bad",
    [
        event("x", "shot", 1, "red", detail={"made": True, "points": 4}),
        event("x", "shot", 1, "red"),
        event("x", "shot", 1, None, detail={"made": True}),
        event("x", "free_throw", 1, "red", detail={"made": "yes"}),
    ],
)
def test_what_cannot_be_scored_is_refused(bad: EventOp) -> None:
    with pytest.raises(InvalidPayload):
        RULES["basketball"].check(SETUP, bad)


def test_an_unknown_configuration_is_refused() -> None:
    with pytest.raises(InvalidPayload):
        RULES["basketball"].check_setup(setup_with(periods=9))
