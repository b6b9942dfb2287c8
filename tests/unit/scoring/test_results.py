"""Results by the rule books: what decides a level match, tie-breaks told in part, overtime that is only stated."""

from __future__ import annotations

from typing import Any

import pytest

from scoring.model import EventOp
from tests.support.samples import event, setup_with, state
from tests.unit.scoring.test_outcomes import FIRST, cricket, end, football, goals, innings, kicks, result


def score(number: int, red: int, blue: int, **more: Any) -> EventOp:
    return event(f"s{number}", "score", number, detail={"scores": {"red": red, "blue": blue}, **more})


def period(number: int, red: int, blue: int) -> dict[str, Any]:
    return {"number": number, "scores": {"red": red, "blue": blue}}


# Basketball


@pytest.mark.parametrize("overtimes", [1, 2, 3])
def test_overtime_that_is_only_stated_is_told(overtimes: int) -> None:
    periods = [period(n, 20, 20) for n in range(1, 5)]
    periods += [period(4 + n, 8, 8) for n in range(1, overtimes)] + [period(4 + overtimes, 10, 7)]
    red, blue = (sum(one["scores"][side] for one in periods) for side in ("red", "blue"))
    folded = state("basketball", [end(4 + overtimes, stated={"red": red, "blue": blue}, statedPeriods=periods)])
    assert result(folded) == (f"Reds beat Blues {red}-{blue} after overtime", "red")
    assert folded.status_detail == "Final, after overtime"
    told = state("basketball", [score(n["number"], *n["scores"].values()) for n in periods] + [end(4 + overtimes)])
    assert (result(told), told.status_detail) == (result(folded), folded.status_detail)


def test_a_game_of_halves_goes_to_overtime_after_the_second() -> None:
    halves = setup_with(periods=2)
    stated = [period(1, 30, 30), period(2, 30, 30), period(3, 4, 10)]
    folded = state("basketball", [end(3, stated={"red": 64, "blue": 70}, statedPeriods=stated)], halves)
    assert result(folded) == ("Blues beat Reds 70-64 after overtime", "blue")
    plain = state("basketball", [end(2, stated={"red": 64, "blue": 70}, statedPeriods=stated[:2])], halves)
    assert (result(plain)[0], plain.status_detail) == ("Blues beat Reds 70-64", "Final")


@pytest.mark.parametrize("method", ["awarded", "default", "walkover"])
def test_a_forfeited_game_is_the_others_whatever_was_played(method: str) -> None:
    folded = state("basketball", [score(1, 30, 20), end(1, outcome={"winnerId": "blue", "method": method})])
    assert result(folded)[1] == "blue"


# Cricket


TIE = [*FIRST, *innings(2, "blue", 120, 120, ended=True)]


def super_over(number: int, side: str, runs: int, balls: int = 6, wickets: int = 0) -> list[EventOp]:
    return innings(number, side, runs, balls, wickets, ended=True)


@pytest.mark.parametrize("outcome", [{"method": "tie"}, {"method": "draw"}, {"winnerId": "red"}, {"winnerId": "blue"}])
def test_a_super_over_that_is_decided_decides_whoever_is_stated(outcome: dict[str, str]) -> None:
    overs = [*super_over(3, "blue", 10), *super_over(4, "red", 4)]
    folded = cricket(*TIE, *overs, end(4, outcome=outcome))
    assert result(folded) == ("Match tied (Blues won the Super Over)", "blue")
    awarded = cricket(*TIE, *overs, end(4, outcome={"winnerId": "red", "method": "awarded"}))
    assert result(awarded) == ("Awarded to Reds", "red")


@pytest.mark.parametrize(
    ("overs", "winner"),
    [
        ([*super_over(3, "blue", 10), *super_over(4, "red", 11, 4)], "red"),
        ([*super_over(3, "blue", 3, 2, 2), *super_over(4, "red", 2)], "blue"),
        ([*super_over(3, "blue", 10), *super_over(4, "red", 10)], None),
        ([*super_over(3, "blue", 10), *super_over(4, "red", 10), *super_over(5, "red", 8)], None),
        ([*super_over(3, "blue", 10), *super_over(4, "red", 10), *super_over(5, "red", 8),
          *super_over(6, "blue", 9, 5)], "blue"),
    ],
)  # fmt: skip
def test_super_overs_are_played_until_one_is_decided(overs: list[EventOp], winner: str | None) -> None:
    folded = cricket(*TIE, *overs, end(max(op.period for op in overs)))
    name = {"red": "Reds", "blue": "Blues"}.get(winner or "")
    assert result(folded) == (f"Match tied ({name} won the Super Over)" if name else "Match tied", winner)


def test_innings_that_are_forfeited_count_as_played() -> None:
    def forfeited(number: int, side: str) -> list[EventOp]:
        begun = event(f"{number}a", "period_start", number, side, detail={"battingId": side})
        return [begun, event(f"{number}x", "period_end", number, detail={"declared": True})]

    chase = innings(4, "blue", 101, 50, 8)
    folded = cricket(
        *innings(1, "red", 100, 60, 8), event("1x", "period_end", 1, detail={"declared": True}),
        *forfeited(2, "blue"), *forfeited(3, "red"), *chase, end(4), setup=setup_with(inningsPerSide=2),
    )  # fmt: skip
    assert result(folded) == ("Blues won by 2 wickets", "blue")


def test_who_follows_on_may_set_a_target_or_lose_by_an_innings() -> None:
    days = setup_with(inningsPerSide=2)
    two = [*innings(1, "red", 190, 60, 10), *innings(2, "blue", 50, 60, 10)]
    assert result(cricket(*two, *innings(3, "blue", 60, 60, 10), end(3), setup=days))[0] == (
        "Reds won by an innings and 80 runs"
    )
    three = [*two, *innings(3, "blue", 180, 60, 10)]
    assert result(cricket(*three, *innings(4, "red", 41, 30, 3), end(4), setup=days))[0] == "Reds won by 7 wickets"
    assert result(cricket(*three, *innings(4, "red", 40, 30, 10), end(4), setup=days))[0] == "Match tied"
    assert result(cricket(*three, *innings(4, "red", 30, 30, 10), end(4), setup=days))[0] == "Blues won by 10 runs"
    assert result(cricket(*three, *innings(4, "red", 30, 30, 9), end(4), setup=days))[0] == "Match drawn"


# Tennis


@pytest.mark.parametrize(
    ("told", "line", "display"),
    [
        ({"red": 7, "blue": 4}, "7-6(4) 6-3", "6(4) 3"),
        ({"blue": 4}, "7-6(4) 6-3", "6(4) 3"),
        ({"blue": 0}, "7-6(0) 6-3", "6(0) 3"),
        ({"blue": 9}, "7-6(9) 6-3", "6(9) 3"),
        ({"red": 11}, "7-6(9) 6-3", "6(9) 3"),
        ({"red": 7}, "7-6 6-3", "6 3"),
        ({}, "7-6 6-3", "6 3"),
    ],
)
def test_a_tie_break_of_which_one_sides_points_are_told(told: dict[str, int], line: str, display: str) -> None:
    folded = state("tennis", [score(1, 7, 6, tieBreak=told), score(2, 6, 3)])
    assert result(folded) == (f"Reds beat Blues {line}", "red")
    assert folded.displays == {"red": "7 6", "blue": display}


def test_a_long_tie_break_of_a_final_set_goes_to_ten() -> None:
    long = setup_with(finalSet="tie_break_10")
    sets = [score(1, 6, 4), score(2, 4, 6), score(3, 7, 6, tieBreak={"blue": 8})]
    folded = state("tennis", sets, long)
    assert folded.periods[2].tie_break == {"red": 10, "blue": 8}
    assert result(folded) == ("Reds beat Blues 6-4 4-6 7-6(8)", "red")


@pytest.mark.parametrize(
    ("points", "over"), [((10, 8), True), ((12, 10), True), ((10, 9), False), ((9, 7), False), ((0, 10), True)]
)
def test_a_match_tie_break_is_won_at_ten_two_ahead(points: tuple[int, int], over: bool) -> None:
    folded = state(
        "tennis", [score(1, 6, 4), score(2, 4, 6), score(3, *points)], setup_with(finalSet="match_tie_break")
    )
    assert (folded.status == "ended") == over


# Football


@pytest.mark.parametrize(
    ("red", "blue", "text"),
    [
        ("xxx", "---", "Reds beat Blues 3-0 on penalties after a 1-1 draw"),
        ("xx-x", "---", "Reds beat Blues 3-0 on penalties after a 1-1 draw"),
        ("xxxx", "x--", "Reds beat Blues 4-1 on penalties after a 1-1 draw"),
        ("xxxx-x", "xxxx--", "Reds beat Blues 5-4 on penalties after a 1-1 draw"),
        ("-----x", "------", "Reds beat Blues 1-0 on penalties after a 1-1 draw"),
    ],
)
def test_shoot_outs_that_end_early_and_late(red: str, blue: str, text: str) -> None:
    assert result(football(*goals(1, 1, 1), *kicks(red, blue), end(5)))[0] == text


@pytest.mark.parametrize("number", [3, 4])
def test_a_golden_goal_ends_extra_time(number: int) -> None:
    folded = football(*goals(2, 1, 1), *goals(number, 0, 1), end(number))
    assert result(folded) == ("Blues beat Reds 2-1 after extra time", "blue")
    assert folded.status_detail == "After extra time"
