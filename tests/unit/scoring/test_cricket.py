"""The rules of cricket, case by case."""

from __future__ import annotations

from typing import Any

import pytest

from kit.errors import InvalidPayload
from scoring.model import CricketInnings, EventOp, Outcome
from scoring.sports import RULES
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded
from tests.support.samples import SETUP, event, setup_with, state

_number = 0


def ball(period: int, side: str, runs: int = 0, **detail: object) -> EventOp:
    global _number  # noqa: PLW0603 - a running number keeps the order of writing
    _number += 1
    return event(f"b{_number:06d}", "ball", period, side, detail={"batterRuns": runs, **detail})


def starts(period: int, side: str, **detail: object) -> EventOp:
    return event(f"a{period}", "period_start", period, side, detail={"battingId": side, **detail})


def ends(period: int, **detail: object) -> EventOp:
    return event(f"y{period}", "period_end", period, detail=detail)


def over(period: int, outcome: dict[str, Any] | None = None) -> EventOp:
    return event("z", "match_end", period, detail={"outcome": outcome} if outcome else {})


def out(period: int, side: str, kind: str = "bowled", runs: int = 0) -> EventOp:
    return ball(period, side, runs, wickets=[{"kind": kind, "playerOut": "x"}])


def innings(period: int, side: str, runs: int, wickets: int = 0) -> list[EventOp]:
    fours, rest = divmod(runs, 4)
    return [
        starts(period, side),
        *(ball(period, side, 4) for _ in range(fours)),
        *(ball(period, side, 1) for _ in range(rest)),
        *(out(period, side) for _ in range(wickets)),
        ends(period),
    ]


LIMITED = setup_with(overs=20)
TWO_INNINGS = setup_with(inningsPerSide=2)


def detail_of(folded: Folded, number: int) -> CricketInnings:
    detail = folded.periods[number - 1].detail
    assert detail is not None
    return detail


def test_before_the_first_ball_nobody_has_a_score() -> None:
    folded = state("cricket", [], LIMITED)
    assert (folded.status, folded.displays, folded.clock) == ("scheduled", {"red": "-", "blue": "-"}, None)


def test_wides_and_no_balls_add_runs_and_do_not_count_as_balls() -> None:
    folded = state(
        "cricket",
        [
            starts(1, "red"),
            ball(1, "red", extras={"wides": 1}),
            ball(1, "red", extras={"wides": 5}),
            ball(1, "red", 4, extras={"noballs": 1}),
            ball(1, "red", extras={"byes": 2}),
            ball(1, "red", extras={"legbyes": 1}),
            ball(1, "red", extras={"penalty": 5}),
        ],
        LIMITED,
    )
    assert folded.scores["red"] == 1 + 5 + 5 + 2 + 1 + 5
    assert detail_of(folded, 1).overs == "0.3"


@pytest.mark.parametrize(("balls", "overs"), [(0, "0"), (1, "0.1"), (5, "0.5"), (6, "1"), (7, "1.1"), (119, "19.5")])
def test_overs_are_written_as_people_do(balls: int, overs: str) -> None:
    folded = state("cricket", [starts(1, "red"), *(ball(1, "red") for _ in range(balls))], LIMITED)
    assert detail_of(folded, 1).overs == overs


def test_an_over_that_the_umpire_ended_early_still_counts() -> None:
    five = [ball(1, "red", over=0) for _ in range(5)]
    folded = state("cricket", [starts(1, "red"), *five, ball(1, "red", over=1)], LIMITED)
    assert detail_of(folded, 1).overs == "1.1"


def test_retired_hurt_costs_no_wicket_and_retired_out_does() -> None:
    hurt = state("cricket", [starts(1, "red"), out(1, "red", "retired hurt")], LIMITED)
    gone = state("cricket", [starts(1, "red"), out(1, "red", "retired out")], LIMITED)
    assert (detail_of(hurt, 1).wickets, detail_of(gone, 1).wickets) == (0, 1)


def test_all_out_shows_no_wickets_and_declared_says_so() -> None:
    folded = state("cricket", innings(1, "red", 98, 10), TWO_INNINGS)
    assert folded.displays["red"] == "98"
    declared = [starts(1, "red"), ball(1, "red", 6), out(1, "red"), ends(1, declared=True)]
    folded = state("cricket", declared, TWO_INNINGS)
    assert folded.displays["red"] == "6/1d"
    assert detail_of(folded, 1).declared


def test_a_chase_says_what_is_needed() -> None:
    ops = [*innings(1, "red", 100), starts(2, "blue"), ball(2, "blue", 4), ball(2, "blue", 4)]
    folded = state("cricket", ops, LIMITED)
    assert detail_of(folded, 2).target == 101
    assert folded.status_detail == "Blues need 93 runs from 118 balls"


def test_between_innings_there_is_a_break() -> None:
    folded = state("cricket", innings(1, "red", 100), LIMITED)
    assert (folded.status, folded.status_detail) == ("break", "Innings break")


def test_a_win_by_wickets_and_by_runs() -> None:
    by_wickets = state("cricket", [*innings(1, "red", 100), *innings(2, "blue", 101, 3), over(2)], LIMITED)
    assert by_wickets.outcome is not None
    assert (by_wickets.outcome.text, by_wickets.outcome.winner_id) == ("Blues won by 7 wickets", "blue")
    by_runs = state("cricket", [*innings(1, "red", 100), *innings(2, "blue", 99, 10), over(2)], LIMITED)
    assert by_runs.outcome is not None
    assert (by_runs.outcome.text, by_runs.outcome.winner_id) == ("Reds won by 1 run", "red")


def test_a_tie_without_a_super_over_is_a_tie() -> None:
    folded = state("cricket", [*innings(1, "red", 100), *innings(2, "blue", 100, 9), over(2)], LIMITED)
    assert folded.outcome is not None
    assert (folded.outcome.text, folded.outcome.winner_id) == ("Match tied", None)


def test_a_rain_rule_sets_the_target_and_the_margin() -> None:
    ops = [
        *innings(1, "red", 200),
        starts(2, "blue", targetRuns=120, targetOvers=10),
        *(ball(2, "blue", 4) for _ in range(25)),
        ends(2),
    ]
    folded = state("cricket", ops, LIMITED)
    assert detail_of(folded, 2).target == 120
    folded = state("cricket", [*ops, over(2)], LIMITED)
    assert folded.outcome is not None
    assert folded.outcome.text == "Reds won by 19 runs"


def test_several_super_overs_each_are_pairs() -> None:
    tie = [*innings(1, "red", 100), *innings(2, "blue", 100)]
    first = [*innings(3, "blue", 10), *innings(4, "red", 10)]
    second = [*innings(5, "red", 8), *innings(6, "blue", 9)]
    folded = state("cricket", [*tie, *first, *second, over(6)], LIMITED)
    assert [period.type for period in folded.periods] == ["innings"] * 2 + ["super_over"] * 4
    assert [detail_of(folded, number).target for number in range(1, 7)] == [None, 101, None, 11, None, 9]
    assert folded.scores == {"red": 100, "blue": 100}
    assert folded.displays == {"red": "100/0 (10/0, 8/0)", "blue": "100/0 (10/0, 9/0)"}
    assert folded.outcome is not None
    assert folded.outcome.text == "Match tied (Blues won the Super Over)"


def test_two_wickets_end_a_super_over() -> None:
    tie = [*innings(1, "red", 100), *innings(2, "blue", 100)]
    folded = state("cricket", [*tie, *innings(3, "blue", 4, 2)], LIMITED)
    assert folded.displays["blue"] == "100/0 (4)"


def test_a_tied_super_over_needs_the_feed_to_say_who_won() -> None:
    tie = [*innings(1, "red", 100), *innings(2, "blue", 100), *innings(3, "blue", 5), *innings(4, "red", 5)]
    unsaid = state("cricket", [*tie, over(4)], LIMITED)
    assert unsaid.outcome is not None
    assert unsaid.outcome.text == "Match tied"
    said = state("cricket", [*tie, over(4, {"winnerId": "red"})], LIMITED)
    assert said.outcome is not None
    assert said.outcome.text == "Match tied (Reds won the Super Over)"


def test_boundaries_that_were_run_do_not_count_as_boundaries() -> None:
    runs = [starts(1, "red"), ball(1, "red", 4), ball(1, "red", 4), ends(1)]
    hit = [starts(2, "blue"), ball(2, "blue", 4), ball(2, "blue", 4, nonBoundary=True), ends(2)]
    tie = [*runs, *hit, *innings(3, "blue", 3), *innings(4, "red", 3)]
    folded = state("cricket", [*tie, over(4, {"winnerId": "red"})], LIMITED)
    assert folded.outcome is not None
    assert folded.outcome.text == "Match tied (Reds won the Super Over on boundary count)"


def test_two_innings_a_side() -> None:
    three = [*innings(1, "red", 300, 10), *innings(2, "blue", 200, 10), *innings(3, "red", 100, 5)]
    won = state("cricket", [*three, *innings(4, "blue", 150, 10), over(4)], TWO_INNINGS)
    assert detail_of(won, 4).target == 201
    assert won.displays == {"red": "300 & 100/5", "blue": "200 & 150"}
    assert won.outcome is not None
    assert won.outcome.text == "Reds won by 50 runs"
    drawn = state("cricket", [*three, *innings(4, "blue", 150, 9), over(4)], TWO_INNINGS)
    assert drawn.outcome is not None
    assert (drawn.outcome.text, drawn.outcome.winner_id) == ("Match drawn", None)


def test_an_innings_victory() -> None:
    ops = [*innings(1, "red", 400, 10), *innings(2, "blue", 150, 10), *innings(3, "blue", 200, 10), over(3)]
    folded = state("cricket", ops, TWO_INNINGS)
    assert folded.outcome is not None
    assert (folded.outcome.text, folded.outcome.winner_id) == ("Reds won by an innings and 50 runs", "red")


def test_no_result_is_what_the_feed_says_and_nobody_won() -> None:
    begun = [starts(1, "red"), ball(1, "red", 1)]
    folded = state("cricket", [*begun, over(1, {"text": "No result"})], LIMITED)
    assert folded.outcome == Outcome(text="No result")
    assert state("cricket", [*begun, over(1)], LIMITED).outcome == Outcome(text="No result")
    assert state("cricket", [over(1)], LIMITED).outcome == Outcome(text="No result")


def test_a_stated_winner_against_the_score_is_told_without_the_scores_margin() -> None:
    ops = [*innings(1, "red", 100), *innings(2, "blue", 99, 10)]
    for outcome, text in (
        ({"winnerId": "blue"}, "Blues won"),
        ({"winnerId": "blue", "by": "default"}, "Blues won by default"),
    ):
        folded = state("cricket", [*ops, over(2, outcome)], LIMITED)
        assert folded.outcome is not None
        assert (folded.outcome.text, folded.outcome.winner_id) == (text, "blue")
    folded = state("cricket", [*ops, over(2, {"winnerId": "red"})], LIMITED)
    assert folded.outcome == Outcome(text="Reds won by 1 run", winner_id="red", by="1 run")


def test_totals_alone_tell_the_winner_and_no_margin() -> None:
    stated = [
        event(f"b{n}", "score", n, detail={"scores": {s: r}})
        for n, (s, r) in enumerate([("red", 200), ("blue", 201)], 1)
    ]
    folded = state("cricket", [*stated, over(2)], LIMITED)
    assert folded.displays == {"red": "200", "blue": "201"}
    assert folded.outcome == Outcome(text="Blues won", winner_id="blue")


def test_a_super_over_that_was_not_answered_decides_nothing() -> None:
    tie = [*innings(1, "red", 100), *innings(2, "blue", 100), *innings(3, "blue", 5)]
    assert state("cricket", [*tie, over(3)], LIMITED).outcome == Outcome(text="Match tied", by="tie")


def test_rain_interrupts_and_play_goes_on() -> None:
    rain = event("b999990", "status", 1, detail={"status": "interrupted", "text": "Rain"})
    ops = [starts(1, "red"), ball(1, "red", 1), rain]
    folded = state("cricket", ops, LIMITED)
    assert (folded.status, folded.status_detail) == ("interrupted", "Rain")
    again = event("b999991", "ball", 1, "red", detail={"batterRuns": 1})
    assert state("cricket", [*ops, again], LIMITED).status == "live"


@pytest.mark.parametrize(
    "bad",
    [
        event("x", "ball", 1, None, detail={"batterRuns": 1}),
        event("x", "ball", 1, "green", detail={"batterRuns": 1}),
        event("x", "ball", 1, "red", detail={"batterRuns": "four"}),
        event("x", "ball", 1, "red", detail={"batterRuns": -1}),
        event("x", "period_start", 1, "red"),
        event("x", "period_start", 1, "red", detail={"battingId": "green"}),
        event("x", "match_end", 1, detail={"outcome": {"winnerId": "green"}}),
        event("x", "status", 1, detail={"status": "raining"}),
        event("x", "status", 1, detail={"status": "delayed", "text": "x" * 201}),
        event("x", "score", 1, detail={"scores": {"red": -1}}),
        event("x", "score", 1, detail={"scores": {"red": 2**63}}),
        event("x", "period_start", 1, "red", detail={"battingId": "red", "targetRuns": -1}),
    ],
)
def test_what_cannot_be_scored_is_refused(bad: EventOp) -> None:
    with pytest.raises(InvalidPayload):
        RULES["cricket"].check(LIMITED, bad)


@pytest.mark.parametrize("config", [{"overs": 0}, {"ballsPerOver": "six"}, {"sides": 2}])
def test_an_unknown_configuration_is_refused(config: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        RULES["cricket"].check_setup(Setup(SETUP.home, SETUP.away, config))
