"""How matches end: what the score decides, what has to be stated, and what is shown where the two part."""

from __future__ import annotations

from typing import Any

import pytest

from scoring.hand import HAND_REVISION
from scoring.model import EventOp, NewEventPlayer, Outcome
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded
from tests.support.samples import SETUP, event, setup_with, state


def goals(period: int, red: int, blue: int) -> list[EventOp]:
    told = [("red", n) for n in range(red)] + [("blue", n) for n in range(blue)]
    return [event(f"g{period}{side}{n}", "goal", period, side) for side, n in told]


def kicks(red: str, blue: str) -> list[EventOp]:
    """`x` goes in, `-` does not."""
    return [
        event(f"k{n}{side}", "shootout_kick", 5, side, detail={"scored": mark == "x"})
        for side, marks in (("red", red), ("blue", blue))
        for n, mark in enumerate(marks)
    ]


def end(period: int = 2, stated: dict[str, int] | None = None, **detail: Any) -> EventOp:
    return event("z", "match_end", period, detail=detail, **({"stated": stated} if stated else {}))


def football(*ops: EventOp, setup: Setup = SETUP) -> Folded:
    return state("football", list(ops), setup)


def result(folded: Folded) -> tuple[str, str | None]:
    assert folded.outcome is not None
    return folded.outcome.text, folded.outcome.winner_id


# Football: kicks, legs, and who is stated


def test_kicks_decide_whatever_the_score_of_the_day() -> None:
    folded = football(*goals(1, 1, 0), *kicks("xx--", "xxxx"), end(5))
    assert result(folded) == ("Blues beat Reds 4-2 on penalties after a 0-1 defeat", "blue")
    assert folded.displays == {"red": "1 (2)", "blue": "0 (4)"}
    other = football(*goals(1, 1, 0), *kicks("xxx", "x--"), end(5))
    assert result(other) == ("Reds beat Blues 3-1 on penalties after a 1-0 win", "red")


@pytest.mark.parametrize("winner", ["red", "blue"])
def test_kicks_decide_whoever_is_stated_unless_the_match_was_awarded(winner: str) -> None:
    played = [*goals(1, 1, 1), *kicks("xx", "x-")]
    assert result(football(*played, end(5, outcome={"winnerId": winner})))[1] == "red"
    awarded = football(*played, end(5, outcome={"winnerId": winner, "method": "awarded"}))
    assert result(awarded)[1] == winner


def test_kicks_that_are_level_leave_it_open_until_a_winner_is_stated() -> None:
    played = [*goals(1, 1, 0), *kicks("x", "x")]
    assert football(*played).outcome is None
    assert result(football(*played, end(5))) == ("1-0, 1-1 on penalties: the winner is not known", None)
    stated = football(*played, end(5, outcome={"winnerId": "blue"}))
    assert result(stated) == ("Blues won on penalties after a 0-1 defeat", "blue")


def test_a_shoot_out_of_which_nothing_is_told_is_no_draw() -> None:
    begun = [event(f"a{n}", "period_start", n) for n in range(1, 6)]
    assert result(football(*begun, *goals(1, 1, 1), end(5))) == (
        "1-1, decided on penalties: the winner is not known", None,
    )  # fmt: skip
    stated = football(*goals(1, 1, 1), end(4, outcome={"method": "penalties"}))
    assert result(stated) == ("1-1, decided on penalties: the winner is not known", None)
    known = football(*goals(1, 1, 1), end(4, outcome={"method": "penalties", "winnerId": "blue"}))
    assert result(known) == ("Blues won on penalties after a 1-1 draw", "blue")


def test_a_person_states_the_kicks_as_a_score() -> None:
    score = event("k", "score", 5, detail={"scores": {"red": 3, "blue": 4}})
    folded = football(*goals(1, 1, 0), score, end(5))
    assert result(folded) == ("Blues beat Reds 4-3 on penalties after a 0-1 defeat", "blue")
    assert folded.scores == {"red": 1, "blue": 0}


def test_the_goals_of_the_first_leg_are_added() -> None:
    second = setup_with(firstLeg={"red": 1, "blue": 3})
    folded = football(*goals(1, 1, 0), setup=second)
    assert folded.aggregate == {"red": 2, "blue": 3}
    over = football(*goals(1, 1, 0), end(), setup=second)
    assert result(over) == ("Reds beat Blues 1-0 (Blues 3-2 on aggregate)", "red")
    level = football(*goals(1, 2, 0), *kicks("x", "-"), end(5), setup=second)
    assert result(level) == ("Reds beat Blues 1-0 on penalties after a 2-0 win (3-3 on aggregate)", "red")
    through = football(*goals(1, 1, 0), end(outcome={"winnerId": "blue", "method": "aggregate"}), setup=second)
    assert result(through) == ("Blues won 3-2 on aggregate", "blue")


def test_an_aggregate_that_a_feed_tells_is_shown() -> None:
    told = event("y", "aggregate", 2, detail={"scores": {"red": 4, "blue": 2}})
    assert football(*goals(1, 1, 0)).aggregate is None
    assert football(*goals(1, 1, 0), told).aggregate == {"red": 4, "blue": 2}


@pytest.mark.parametrize(
    ("outcome", "text", "winner"),
    [
        ({"method": "walkover", "winnerId": "blue"}, "Blues won by walk-over", "blue"),
        ({"method": "walkover"}, "Walk-over", None),
        ({"method": "awarded", "winnerId": "blue"}, "Awarded to Blues", "blue"),
        ({"method": "retirement", "winnerId": "red"}, "Reds won, Blues retired", "red"),
        ({"method": "default", "winnerId": "red"}, "Reds won by default", "red"),
        ({"method": "no_result"}, "No result", None),
        ({"method": "draw"}, "Draw, 0-0", None),
        ({"winnerId": "blue"}, "Blues won", "blue"),
        ({"text": "Blues go through on the toss of a coin", "winnerId": "blue"},
         "Blues go through on the toss of a coin", "blue"),
    ],
)  # fmt: skip
def test_what_is_stated_of_the_result_counts(outcome: dict[str, str], text: str, winner: str | None) -> None:
    assert result(football(end(outcome=outcome))) == (text, winner)


def test_a_match_that_was_abandoned_has_a_result_only_where_one_is_stated() -> None:
    plain = event("y", "status", 2, detail={"status": "abandoned"})
    assert football(*goals(1, 1, 0), plain).outcome is None
    awarded = {"status": "abandoned", "outcome": {"method": "awarded", "winnerId": "blue"}}
    folded = football(*goals(1, 1, 0), event("y", "status", 2, detail=awarded))
    assert (folded.status, result(folded)) == ("abandoned", ("Awarded to Blues", "blue"))


# What a provider states, and its events do not come to


def test_a_finished_match_without_events_shows_the_stated_score() -> None:
    folded = football(end(stated={"red": 2, "blue": 1}))
    assert (folded.scores, folded.displays) == ({"red": 2, "blue": 1}, {"red": "2", "blue": "1"})
    assert result(folded) == ("Reds beat Blues 2-1", "red")
    assert folded.score_stated
    assert folded.stated is not None
    assert folded.stated.folded == {"red": 0, "blue": 0}


def test_the_periods_of_a_stated_score_are_shown_with_it() -> None:
    periods = [{"number": 1, "scores": {"red": 1}}, {"number": 2, "scores": {"red": 0, "blue": 2}}]
    begun = [event(f"a{n}", "period_start", n) for n in (1, 2)]
    folded = football(*begun, end(stated={"red": 1, "blue": 2}, statedPeriods=periods))
    assert [(one.number, one.scores) for one in folded.periods] == [
        (1, {"red": 1, "blue": 0}), (2, {"red": 0, "blue": 2}),
    ]  # fmt: skip
    assert result(folded) == ("Blues beat Reds 2-1", "blue")
    assert football(*begun, end(stated={"red": 1, "blue": 2})).periods == []


def test_a_goal_that_was_never_told_is_in_the_stated_score() -> None:
    folded = football(*goals(1, 1, 0), end(stated={"red": 2, "blue": 0}))
    assert result(folded) == ("Reds beat Blues 2-0", "red")


def test_the_kicks_of_a_stated_score() -> None:
    periods = [{"number": 5, "scores": {"red": 3, "blue": 4}}]
    folded = football(end(5, stated={"red": 1, "blue": 1}, statedPeriods=periods))
    assert result(folded) == ("Blues beat Reds 4-3 on penalties after a 1-1 draw", "blue")
    assert folded.displays == {"red": "1 (3)", "blue": "1 (4)"}
    told = football(*goals(1, 1, 1), end(5, stated={"red": 1, "blue": 1}, statedPeriods=periods))
    assert (result(told), told.score_stated) == (result(folded), None)


def test_events_that_come_to_the_stated_score_explain_it() -> None:
    folded = football(*goals(1, 2, 1), end(stated={"red": 2, "blue": 1}))
    assert (folded.score_stated, folded.scores) == (None, {"red": 2, "blue": 1})


def test_the_stated_score_counts_only_of_a_match_that_is_over_and_as_of_now() -> None:
    early = event("a", "corner", 1, "red", stated={"red": 1, "blue": 0})
    assert football(early).scores == {"red": 0, "blue": 0}
    after = [early, *goals(2, 0, 1), end()]
    assert football(*after).scores == {"red": 0, "blue": 1}
    partly = football(event("a", "match_end", 2, stated={"red": 2}))
    assert partly.scores == {"red": 0, "blue": 0}


def test_a_score_that_a_person_corrected_stands_against_the_stated_one() -> None:
    withdrawn = event("g1red0", "goal", 1, "red", op="delete", revision=HAND_REVISION)
    folded = football(*goals(1, 1, 0), withdrawn, end(stated={"red": 1, "blue": 0}))
    assert (folded.scores, folded.score_stated) == ({"red": 0, "blue": 0}, None)


def test_stated_scores_of_the_other_sports() -> None:
    points = state("basketball", [end(4, stated={"red": 101, "blue": 99})])
    assert (result(points), points.score_stated) == (("Reds beat Blues 101-99", "red"), True)
    sets = state("tennis", [end(2, stated={"red": 0, "blue": 2})])
    assert (result(sets), sets.displays) == (("Blues beat Reds 2-0", "blue"), {"red": "0", "blue": "2"})
    undecided = state("tennis", [end(2, stated={"red": 1, "blue": 0})])
    assert result(undecided) == ("No result 1-0", None)
    runs = state("cricket", [end(2, stated={"red": 140, "blue": 141})])
    assert (result(runs), runs.displays) == (("Blues won", "blue"), {"red": "140", "blue": "141"})


# Tennis: who does not go on


def sets(*scores: tuple[int, int]) -> list[EventOp]:
    return [event(f"s{n}", "score", n, detail={"scores": {"red": r, "blue": b}}) for n, (r, b) in enumerate(scores, 1)]


@pytest.mark.parametrize(
    ("method", "text"),
    [("retirement", "Blues beat Reds 4-6 1-3 ret."), ("walkover", "Blues beat Reds w/o"),
     ("default", "Blues beat Reds 4-6 1-3 def.")],
)  # fmt: skip
def test_a_stated_winner_of_tennis_counts_though_the_other_was_ahead(method: str, text: str) -> None:
    folded = state("tennis", [*sets((6, 4), (3, 1)), end(2, outcome={"winnerId": "blue", "method": method})])
    assert result(folded) == (text, "blue")
    assert folded.status_detail == text
    plain = state("tennis", [*sets((6, 4), (3, 1)), end(2, outcome={"winnerId": "blue"})])
    assert result(plain) == ("Blues beat Reds 4-6 1-3", "blue")


def test_a_match_of_tennis_that_stops_with_somebody_ahead_has_no_result() -> None:
    assert result(state("tennis", [*sets((6, 4), (3, 1)), end(2)])) == ("No result 6-4 3-1", None)


# Cricket: chases that were cut short

TWENTY = setup_with(overs=20)


def innings(number: int, side: str, runs: int, balls: int, wickets: int = 0, *, ended: bool = False) -> list[EventOp]:
    """So many runs off so many balls, all off the first one."""
    told = [event(f"{number}a", "period_start", number, side, detail={"battingId": side})]
    for n in range(balls):
        detail: dict[str, Any] = {"batterRuns": 0}
        if n < wickets:
            detail["wickets"] = [{"kind": "bowled", "playerOut": f"p{n}"}]
        told.append(event(f"{number}b{n:04d}", "ball", number, side, detail=detail))
    if runs:
        told.append(event(f"{number}c", "penalty_runs", number, side, detail={"runs": min(runs, 100)}))
    if runs > 100:
        told.append(event(f"{number}d", "penalty_runs", number, side, detail={"runs": runs - 100}))
    return [*told, event(f"{number}x", "period_end", number)] if ended else told


def cricket(*ops: EventOp, setup: Setup = TWENTY) -> Folded:
    return state("cricket", list(ops), setup)


FIRST = innings(1, "red", 120, 120, ended=True)


@pytest.mark.parametrize("ended", [True, False])
def test_a_rained_off_chase_has_no_result(ended: bool) -> None:
    folded = cricket(*FIRST, *innings(2, "blue", 60, 60, ended=ended), end())
    assert folded.outcome == Outcome(text="No result")


@pytest.mark.parametrize(
    ("runs", "balls", "wickets", "text"),
    [(60, 120, 0, "Reds won by 60 runs"), (60, 60, 10, "Reds won by 60 runs"), (121, 60, 3, "Blues won by 7 wickets"),
     (120, 120, 0, "Match tied"), (120, 60, 10, "Match tied"), (120, 60, 0, "No result"), (0, 0, 0, "No result")],
)  # fmt: skip
def test_a_chase_is_over_when_the_overs_the_wickets_or_the_target_are(
    runs: int, balls: int, wickets: int, text: str
) -> None:
    assert result(cricket(*FIRST, *innings(2, "blue", runs, balls, wickets), end()))[0] == text


def revised(**detail: float) -> EventOp:
    return event("2r", "target", 2, detail=detail)


@pytest.mark.parametrize(
    ("revision", "text"),
    [
        ({"targetRuns": 61, "targetOvers": 10}, "Match tied"),
        ({"targetRuns": 75, "targetOvers": 10}, "Reds won by 14 runs"),
        ({"targetRuns": 75}, "Reds won by 14 runs"),
        ({"targetRuns": 60}, "Blues won by 10 wickets"),
        ({"targetOvers": 10}, "Reds won by 60 runs"),
        ({"parRuns": 55}, "Blues won by 5 runs (DLS)"),
        ({"parRuns": 68}, "Reds won by 8 runs (DLS)"),
        ({"parRuns": 60}, "Match tied (DLS)"),
    ],
)  # fmt: skip
def test_a_revised_target_or_a_par_score_decides_a_chase_that_was_cut_short(
    revision: dict[str, float], text: str
) -> None:
    assert result(cricket(*FIRST, *innings(2, "blue", 60, 60), revised(**revision), end()))[0] == text


def test_a_par_score_is_of_its_moment() -> None:
    ops = [*FIRST, *innings(2, "blue", 60, 60)]
    later = event("2s", "ball", 2, "blue", detail={"batterRuns": 0})
    assert result(cricket(*ops, revised(parRuns=55), later, end()))[0] == "No result"
    assert result(cricket(*ops, revised(parRuns=55), later, end(parRuns=61)))[0] == "Reds won by 1 run (DLS)"


def test_a_revised_target_of_a_chase_that_stopped_again_decides_nothing() -> None:
    chase = [*innings(2, "blue", 60, 30), event("2f", "ball", 2, "blue", detail={"batterRuns": 0})]
    early = event("2a1", "target", 2, detail={"targetRuns": 100, "targetOvers": 10})
    assert result(cricket(*FIRST, *chase, early, end()))[0] == "No result"
    folded = cricket(*FIRST, *chase, early)
    assert folded.status_detail == "Blues need 40 runs from 29 balls"


def test_a_target_that_is_only_the_score_said_again_is_no_rain_rule() -> None:
    start = event("2a", "period_start", 2, "blue", detail={"battingId": "blue", "targetRuns": 121, "targetOvers": 20})
    folded = cricket(*FIRST, start, *innings(2, "blue", 60, 60, ended=True)[1:], end())
    assert folded.outcome == Outcome(text="No result")


@pytest.mark.parametrize(
    ("outcome", "text", "winner"),
    [
        ({"winnerId": "blue", "method": "dls", "by": "5 runs"}, "Blues won by 5 runs (DLS)", "blue"),
        ({"winnerId": "blue", "method": "dls"}, "Blues won (DLS)", "blue"),
        ({"winnerId": "blue"}, "Blues won", "blue"),
        ({"method": "no_result"}, "No result", None),
        ({"method": "awarded", "winnerId": "red"}, "Awarded to Reds", "red"),
    ],
)
def test_a_stated_winner_decides_a_chase_that_was_cut_short(
    outcome: dict[str, str], text: str, winner: str | None
) -> None:
    assert result(cricket(*FIRST, *innings(2, "blue", 60, 60), end(outcome=outcome))) == (text, winner)


def test_a_rain_rules_margin_is_that_of_its_target() -> None:
    chase = [*innings(2, "blue", 60, 60), revised(targetRuns=75, targetOvers=10)]
    folded = cricket(*FIRST, *chase, end(outcome={"winnerId": "red", "method": "dls"}))
    assert result(folded) == ("Reds won by 14 runs (DLS)", "red")


def test_a_first_innings_alone_and_one_that_rain_shortened() -> None:
    assert result(cricket(*FIRST, end()))[0] == "No result"
    short = [*innings(1, "red", 90, 60), event("1t", "target", 1, detail={"targetOvers": 10})]
    folded = cricket(*short, *innings(2, "blue", 50, 60), end())
    assert result(folded)[0] == "Reds won by 40 runs"


def test_a_super_over_that_was_cut_short_leaves_a_tie() -> None:
    tie = [*FIRST, *innings(2, "blue", 120, 120, ended=True), *innings(3, "blue", 10, 6, ended=True)]
    assert result(cricket(*tie, *innings(4, "red", 4, 2), end(4)))[0] == "Match tied"
    assert result(cricket(*tie, *innings(4, "red", 4, 6), end(4)))[1] == "blue"
    assert result(cricket(*tie, *innings(4, "red", 4, 3, 2), end(4)))[1] == "blue"


def test_days_that_run_out_are_a_draw_and_limited_overs_are_not() -> None:
    days = setup_with(inningsPerSide=2)
    three = [*innings(1, "red", 100, 60, 10), *innings(2, "blue", 90, 60, 10), *innings(3, "red", 50, 30, 5)]
    assert result(cricket(*three, end(3), setup=days))[0] == "Match drawn"
    assert result(cricket(*three, *innings(4, "blue", 20, 60, 9), end(4), setup=days))[0] == "Match drawn"
    assert result(cricket(*three, *innings(4, "blue", 20, 60, 10), end(4), setup=days))[0] == "Reds won by 40 runs"


def test_a_chase_without_known_overs_needs_all_its_balls_or_wickets() -> None:
    timed = setup_with()
    first = innings(1, "red", 120, 120, ended=True)
    assert result(cricket(*first, *innings(2, "blue", 60, 60, ended=True), end(), setup=timed))[0] == "No result"
    assert result(cricket(*first, *innings(2, "blue", 60, 120, ended=True), end(), setup=timed))[0] == (
        "Reds won by 60 runs"
    )


# Cricket: who goes without a ball, and who never comes


def goes(name: str, kind: str, number: int = 1) -> EventOp:
    detail = {"wickets": [{"kind": kind, "playerOut": name}]}
    return event(f"{number}w{name}", "wicket", number, "red", detail=detail)


@pytest.mark.parametrize(
    ("kind", "wickets"),
    [("timed out", 1), ("retired out", 1), ("Retired - Out", 1), ("retired hurt", 0), ("Retired Hurt", 0),
     ("RETIRED_HURT", 0), ("retiredHurt", 0), ("retired (hurt)", 0), ("retired-not-out", 0), ("Retired ill", 0),
     ("absent hurt", 0), ("Absent Hurt", 0), ("ABSENT", 0)],
)  # fmt: skip
def test_wickets_that_fall_without_a_ball(kind: str, wickets: int) -> None:
    folded = cricket(*innings(1, "red", 0, 6), goes("p9", kind))
    assert folded.periods[0].detail is not None
    assert (folded.periods[0].detail.wickets, folded.periods[0].detail.overs) == (wickets, "1")
    on_a_ball = event("1b9", "ball", 1, "red", detail={"wickets": [{"kind": kind, "playerOut": "p9"}]})
    folded = cricket(*innings(1, "red", 0, 6), on_a_ball)
    assert folded.periods[0].detail is not None
    assert folded.periods[0].detail.wickets == wickets


def test_a_side_with_an_absent_batter_is_all_out_at_nine() -> None:
    nine = innings(2, "blue", 60, 60, 9)
    absent = event("2w", "wicket", 2, "blue", detail={"wickets": [{"kind": "absent hurt", "playerOut": "p9"}]})
    folded = cricket(*FIRST, *nine, absent, end())
    assert (folded.displays["blue"], result(folded)[0]) == ("60", "Reds won by 60 runs")
    assert result(cricket(*FIRST, *nine, end()))[0] == "No result"


def test_a_side_whose_last_batter_retired_hurt_is_out_of_batters_until_he_is_back() -> None:
    hurt = event("2w", "wicket", 2, "blue", detail={"wickets": [{"kind": "Retired Hurt", "playerOut": "Kim"}]})
    chase = [*innings(2, "blue", 60, 60, 9), hurt]
    assert result(cricket(*FIRST, *chase, end()))[0] == "Reds won by 60 runs"
    back = event(
        "2x", "ball", 2, "blue", detail={"batterRuns": 1}, players=[NewEventPlayer(id="Kim", role="batter")]
    )  # fmt: skip
    assert result(cricket(*FIRST, *chase, back, end()))[0] == "No result"


# Cricket: penalty runs


def penalty(number: int, side: str, order: str) -> EventOp:
    return event(order, "penalty_runs", number, side, detail={"runs": 5})


def test_penalty_runs_go_to_the_side_that_gets_them() -> None:
    bats = event("1a", "period_start", 1, "red", detail={"battingId": "red"})
    one = event("1b", "ball", 1, "red", detail={"batterRuns": 1})
    folded = cricket(bats, one, penalty(1, "blue", "1c"))
    assert folded.scores == {"red": 1, "blue": 5}
    assert folded.periods[0].detail is not None
    assert (folded.periods[0].detail.batting_id, folded.periods[0].detail.runs) == ("red", 1)
    folded = cricket(penalty(1, "blue", "1"))
    assert folded.scores == {"red": 0, "blue": 5}
    chase = event("2a", "period_start", 2, "blue", detail={"battingId": "blue"})
    begun = cricket(bats, one, penalty(1, "blue", "1c"), chase)
    assert (begun.scores, begun.displays["blue"]) == ({"red": 1, "blue": 5}, "5/0")


def test_penalty_runs_to_who_batted_first_make_the_target_higher() -> None:
    chase = innings(2, "blue", 60, 60)
    before, after = cricket(*FIRST, *chase), cricket(*FIRST, *chase, penalty(2, "red", "2e"))
    assert (before.scores, after.scores) == ({"red": 120, "blue": 60}, {"red": 125, "blue": 60})
    assert [one.periods[1].detail.target for one in (before, after) if one.periods[1].detail] == [121, 126]
    assert after.displays["red"] == "125/0"
