"""The rules of football, case by case."""

from __future__ import annotations

import pytest

from kit.errors import InvalidPayload
from scoring.model import EventOp, NewEventClock, Outcome
from scoring.sports import RULES
from scoring.sports.football import FootballConfig, minute
from tests.support.samples import SETUP, event, setup_with, state


def goal(order: str, side: str, period: int = 1, **detail: object) -> EventOp:
    return event(order, "goal", period, side, detail=detail)


def half(period: int, *inside: EventOp) -> list[EventOp]:
    return [event("a", "period_start", period), *inside, event("z", "period_end", period)]


def named(ops: list[EventOp]) -> list[EventOp]:
    """The same, each with an id of its own."""
    return [
        event(f"{i}", op.type, op.period, op.competitor_id, order=op.order_key, detail=op.detail)
        for i, op in enumerate(ops)
    ]


def kick(order: str, side: str, *, scored: bool) -> EventOp:
    return event(order, "shootout_kick", 5, side, detail={"scored": scored})


END = event("zz", "match_end", 5)


def test_goals_count_for_the_named_side_own_goals_too() -> None:
    ops = named(half(1, goal("b", "red"), goal("c", "red", ownGoal=True), goal("d", "blue", penalty=True)))
    folded = state("football", ops)
    assert folded.displays == {"red": "2", "blue": "1"}
    assert folded.periods[0].scores == {"red": 2, "blue": 1}


def test_the_phases_of_a_match() -> None:
    first, second = half(1), half(2)
    seen = [(f.status, f.status_detail) for f in (state("football", named(ops)) for ops in (
        [], first[:1], first, first + second[:1], first + second, [*first, *second, event("zz", "match_end", 2)]
    ))]  # fmt: skip
    assert seen == [
        ("scheduled", None),
        ("live", None),
        ("break", "Half-time"),
        ("live", None),
        ("break", "End of normal time"),
        ("ended", "Full time"),
    ]


def test_a_shoot_out_decides_and_is_not_in_the_score() -> None:
    before = [*half(1, goal("b", "red")), *half(2, goal("b", "blue", 2)), *half(3), *half(4)]
    kicks = [kick("b", "red", scored=True), kick("c", "blue", scored=False), kick("d", "red", scored=True)]
    folded = state("football", named([*before, *half(5, *kicks), END]))
    assert folded.scores == {"red": 1, "blue": 1}
    assert folded.displays == {"red": "1 (2)", "blue": "1 (0)"}
    assert [period.type for period in folded.periods] == ["regular"] * 2 + ["overtime"] * 2 + ["penalties"]
    assert folded.outcome is not None
    assert folded.outcome.text == "Reds beat Blues 2-0 on penalties after a 1-1 draw"
    assert (folded.outcome.winner_id, folded.status_detail) == ("red", "After penalties")


def test_extra_time_is_named_in_the_result() -> None:
    ops = [*half(1), *half(2), *half(3), *half(4, goal("b", "blue", 4)), event("zz", "match_end", 4)]
    folded = state("football", named(ops))
    assert folded.outcome is not None
    assert folded.outcome.text == "Blues beat Reds 1-0 after extra time"


def test_a_walkover_is_what_the_feed_says() -> None:
    awarded = event("zz", "match_end", 1, detail={"outcome": {"winnerId": "blue", "by": "walkover"}})
    outcome = state("football", [awarded]).outcome
    assert outcome == Outcome(text="Blues won by walkover", winner_id="blue", by="walkover")


def test_a_draw_has_no_winner() -> None:
    folded = state("football", named([*half(1), *half(2), event("zz", "match_end", 2)]))
    assert folded.outcome is not None
    assert (folded.outcome.text, folded.outcome.winner_id) == ("Draw, 0-0", None)


def test_a_goal_that_was_taken_back_does_not_count() -> None:
    scored = goal("b", "red")
    again = event("b", "goal", 1, "red", revision=1, op="delete")
    cancelled = event("b", "goal", 1, "red", revision=1, confirmation="cancelled")
    assert state("football", [scored]).displays["red"] == "1"
    assert state("football", [scored, again]).displays["red"] == "0"
    assert state("football", [scored, cancelled]).displays["red"] == "0"


def test_a_score_only_feed_states_the_score_of_a_period() -> None:
    stated = [event(str(n), "score", 1, detail={"scores": {"red": n, "blue": 0}}) for n in (1, 2)]
    assert state("football", stated).displays == {"red": "2", "blue": "0"}


def test_cards_and_comments_change_no_score() -> None:
    ops = [event("a", "card", 1, "red", detail={"card": "red"}), event("b", "corner", 1, "red"), event("c", "chatter")]
    folded = state("football", ops)
    assert (folded.displays, folded.status) == ({"red": "0", "blue": "0"}, "live")


@pytest.mark.parametrize(
    ("period", "second", "text"),
    [(1, 0, "1'"), (1, 59, "1'"), (1, 60, "2'"), (1, 2699, "45'"), (1, 2700, "45+1'"), (2, 0, "46'"),
     (2, 1177, "65'"), (2, 2900, "90+4'"), (3, 0, "91'"), (3, 960, "105+2'"), (4, 0, "106'"), (4, 899, "120'")],
)  # fmt: skip
def test_minutes_are_written_as_people_do(period: int, second: float, text: str) -> None:
    assert minute(period, second) == text


def test_shorter_halves() -> None:
    assert minute(2, 0, FootballConfig(half_minutes=30)) == "31'"


def test_the_clock_counts_through_the_match() -> None:
    clock = NewEventClock(display="47'", played_s=90)
    folded = state("football", [event("a", "period_start", 2), event("b", "corner", 2, "red", clock=clock)])
    assert folded.clock is not None
    assert (folded.clock.played_s, folded.clock.display, folded.clock.running) == (2790, "47'", True)
    late = NewEventClock(display="45+2'", played_s=2790)
    folded = state("football", [event("a", "corner", 1, "red", clock=late)])
    assert folded.clock is not None
    assert folded.clock.stoppage == "+2"


@pytest.mark.parametrize(
    "bad",
    [
        event("x", "goal", 1),
        event("x", "goal", 1, "green"),
        event("x", "shootout_kick", 5, "red"),
        event("x", "score", 1, detail={"scores": {"green": 1}}),
    ],
)
def test_what_cannot_be_scored_is_refused(bad: EventOp) -> None:
    with pytest.raises(InvalidPayload):
        RULES["football"].check(SETUP, bad)


def test_an_unknown_configuration_is_refused() -> None:
    with pytest.raises(InvalidPayload):
        RULES["football"].check_setup(setup_with(overs=20))
