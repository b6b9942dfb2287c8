"""The rules of tennis, case by case, and against a scorer that knows nothing of ours."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kit.errors import InvalidPayload
from scoring.change import MatchChange
from scoring.model import EventOp
from scoring.projection import EventKey, fold, key_of, newest
from scoring.sports import RULES
from scoring.sports.shared.setup import Setup
from scoring.sports.shared.state import Folded
from tests.support.samples import SETUP, event, setup_with, state

RULE = RULES["tennis"]
OTHER = {"red": "blue", "blue": "red"}


def points(winners: str, period: int = 1, start: int = 0) -> list[EventOp]:
    """`rrb`: two points of the Reds and one of the Blues."""
    sides = {"r": "red", "b": "blue"}
    return [
        event(f"{period}.{start + n:04d}", "point", period, sides[who])
        for n, who in enumerate(winners.replace(" ", ""))
    ]


def games(winners: str, period: int = 1) -> list[EventOp]:
    """Games to love."""
    return points("".join(who * 4 for who in winners), period)


def straight(period: int, who: str = "r") -> list[EventOp]:
    return games(who * 6, period)


def tennis(ops: list[EventOp], setup: Setup = SETUP) -> Folded:
    return state("tennis", ops, setup)


@pytest.mark.parametrize(
    ("winners", "shown"),
    [
        ("r", "0-0, 15-0"),
        ("rrbr", "0-0, 40-15"),
        ("rrrbbb", "0-0, 40-40"),
        ("rrrbbbr", "0-0, Ad-40"),
        ("rrrbbbrb", "0-0, 40-40"),
        ("rrrbbbrbb", "0-0, 40-Ad"),
        ("rrrbbbrr", "1-0"),
        ("rrrr", "1-0"),
        ("rrrr bbbb r", "1-1, 15-0"),
    ],
)
def test_a_game_is_told_as_scoreboards_do(winners: str, shown: str) -> None:
    assert tennis(points(winners)).status_detail == shown


def test_without_advantage_the_next_point_decides() -> None:
    setup = setup_with(advantage=False)
    assert tennis(points("rrrbbb"), setup).status_detail == "0-0, 40-40"
    assert tennis(points("rrrbbbb"), setup).status_detail == "0-1"


def test_a_set_needs_two_games_more() -> None:
    five_all = "rb" * 5
    assert tennis(games(five_all + "r")).scores == {"red": 0, "blue": 0}
    assert tennis(games(five_all + "rr")).scores == {"red": 1, "blue": 0}
    assert tennis(games("r" * 5)).scores == {"red": 0, "blue": 0}


def test_a_tie_break_goes_to_seven_with_two_ahead() -> None:
    six_all = games("rb" * 6)
    running = tennis(six_all + points("rbrbrbrbrbrbr", start=100))
    assert running.status_detail == "6-6, 7-6"
    assert running.game is not None
    assert (running.game.tie_break, running.game.points) == (True, {"red": "7", "blue": "6"})
    won = tennis(six_all + points("rbrbrbrbrbrbrr", start=100))
    assert won.displays == {"red": "7", "blue": "6(6)"}
    assert won.periods[0].scores == {"red": 7, "blue": 6}
    assert won.periods[0].tie_break == {"red": 8, "blue": 6}
    after = tennis(six_all + points("r" * 7, start=100) + points("bb", 2))
    assert after.status_detail == "7-6(0) 0-0, 0-30"
    assert after.displays == {"red": "7 0 · 0", "blue": "6(0) 0 · 30"}


@pytest.mark.parametrize(
    ("final", "needed", "text"),
    [("tie_break", 7, "7-6(0)"), ("tie_break_10", 10, "7-6(0)")],
)
def test_the_tie_break_of_the_final_set(final: str, needed: int, text: str) -> None:
    ops = straight(1) + straight(2, "b") + games("rb" * 6, 3)
    setup = setup_with(finalSet=final)
    assert tennis(ops + points("r" * (needed - 1), 3, 100), setup).status == "live"
    folded = tennis(ops + points("r" * needed, 3, 100), setup)
    assert folded.status == "ended"
    assert folded.outcome is not None
    assert folded.outcome.text == f"Reds beat Blues 6-0 0-6 {text}"
    assert (folded.outcome.winner_id, folded.outcome.by) == ("red", "sets")


def test_a_final_set_without_tie_break() -> None:
    ops = straight(1) + straight(2, "b")
    setup = setup_with(finalSet="advantage")
    assert tennis(ops + games("rb" * 6 + "r", 3), setup).status == "live"
    folded = tennis(ops + games("rb" * 6 + "rr", 3), setup)
    assert folded.outcome is not None
    assert folded.outcome.text == "Reds beat Blues 6-0 0-6 8-6"


def test_a_match_tie_break_stands_for_the_final_set() -> None:
    ops = straight(1) + straight(2, "b")
    setup = setup_with(finalSet="match_tie_break")
    running = tennis(ops + points("bbr", 3), setup)
    assert running.status_detail == "6-0 0-6, 1-2"
    assert running.displays == {"red": "6 0 · 1", "blue": "0 6 · 2"}
    folded = tennis(ops + points("bbr" + "b" * 8, 3), setup)
    assert folded.outcome is not None
    assert folded.outcome.text == "Blues beat Reds 0-6 6-0 [10-1]"
    assert folded.periods[2].scores == {"red": 1, "blue": 10}
    assert folded.displays == {"red": "6 0 1", "blue": "0 6 10"}


def test_best_of_five() -> None:
    setup = setup_with(bestOf=5)
    assert tennis(straight(1) + straight(2), setup).status == "live"
    assert tennis(straight(1) + straight(2), SETUP).status == "ended"
    folded = tennis(straight(1) + straight(2) + straight(3), setup)
    assert (folded.status, folded.scores) == ("ended", {"red": 3, "blue": 0})


def served(ops: list[EventOp]) -> str | None:
    game = tennis(ops).game
    return game.server_id if game is not None else None


def test_serving_takes_turns() -> None:
    first = event("1.", "period_start", 1, order="0", detail={"serverId": "blue"})
    assert served([first]) == "blue"
    assert served([first, *points("rr")]) == "blue"
    assert served([first, *games("r")]) == "red"
    assert served([first, *games("rr")]) == "blue"
    assert served(games("r")) is None


def test_in_a_tie_break_they_serve_once_and_then_twice_each() -> None:
    first = event("1.", "period_start", 1, order="0", detail={"serverId": "red"})
    six_all = [first, *games("rb" * 6)]
    turns = [served([*six_all, *points("rbrbr"[:n], start=100)]) for n in range(6)]
    assert turns == ["red", "blue", "blue", "red", "red", "blue"]
    # Whoever received first in the tie-break serves first in the next set.
    second_set = event("2.", "period_start", 2, order="0")
    assert served([*six_all, *points("r" * 7, start=100), second_set]) == "blue"


def test_the_server_is_known_from_any_point_that_tells() -> None:
    told = event("1.0004", "point", 1, "red", detail={"serverId": "blue"})
    assert served([*games("r"), told]) == "blue"
    assert served([*games("r"), told, *points("rrr", start=5)]) == "red"


def test_a_retirement_and_a_walkover() -> None:
    ops = [*games("rrb"), event("1.9", "retirement", 1, "red")]
    folded = tennis(ops)
    assert folded.outcome is not None
    assert (folded.status, folded.outcome.by, folded.outcome.winner_id) == ("ended", "retirement", "blue")
    assert folded.outcome.text == "Blues beat Reds 1-2 ret."
    nothing = tennis([event("0", "walkover", 1, "blue")])
    assert nothing.outcome is not None
    assert nothing.outcome.text == "Reds beat Blues w/o"
    assert nothing.displays == {"red": "0", "blue": "0"}


def score(period: int, red: int, blue: int, order: str = "5", **detail: Any) -> EventOp:
    scores = {"red": red, "blue": blue}
    return event(f"{period}.{order}", "score", period, detail={"scores": scores} | detail)


def test_a_feed_of_scores_only() -> None:
    ops = [score(1, 6, 4), score(2, 6, 7, tieBreak={"red": 3, "blue": 7}), score(3, 5, 4, points={"red": "40"})]
    folded = tennis(ops)
    assert folded.status_detail == "6-4 6-7(3) 5-4, 40-0"
    assert folded.scores == {"red": 1, "blue": 1}
    ended = tennis([*ops, score(3, 6, 4, "6")])
    assert ended.outcome is not None
    assert ended.outcome.text == "Reds beat Blues 6-4 6-7(3) 6-4"


def test_a_stated_score_goes_on_point_by_point() -> None:
    ops = [score(1, 5, 5, "0", points={"red": "40", "blue": "Ad"}), *points("b bbbb")]
    assert tennis(ops).displays == {"red": "5", "blue": "7"}
    in_tie_break = [score(1, 6, 6, "0", tieBreak={"red": 6, "blue": 5}), *points("r")]
    assert tennis(in_tie_break).displays == {"red": "7", "blue": "6(5)"}


def test_a_match_tie_break_as_a_score() -> None:
    ops = [score(1, 6, 0), score(2, 0, 6), score(3, 10, 7)]
    folded = tennis(ops, setup_with(finalSet="match_tie_break"))
    assert folded.outcome is not None
    assert folded.outcome.text == "Reds beat Blues 6-0 0-6 [10-7]"


def test_a_match_that_ends_undecided() -> None:
    ops = [*games("r"), event("9", "match_end", 1)]
    folded = tennis(ops)
    assert folded.outcome is not None
    assert (folded.outcome.text, folded.outcome.winner_id) == ("No result 1-0", None)


def test_a_correction_of_a_point_gives_the_game_to_the_other() -> None:
    ops = points("rrrbbbrr")
    changed = msgspec.structs.replace(ops[6], revision=1, op="update", competitor_id="blue")
    assert tennis(ops).status_detail == "1-0"
    assert tennis([*ops, changed]).status_detail == "0-0, 40-40"


@pytest.mark.parametrize(
    "bad",
    [
        event("x", "point", 1),
        event("x", "point", 4, "red"),
        event("x", "point", 0, "red"),
        event("x", "point", 1, "red", detail={"serverId": "green"}),
        event("x", "score", 1, detail={"scores": {"green": 1}}),
        event("x", "score", 1, detail={"scores": {}, "points": {"green": "15"}}),
        event("x", "score", 1, detail={"scores": {}, "points": {"red": "20"}}),
        event("x", "retirement", 1),
    ],
)
def test_what_cannot_be_scored_is_refused(bad: EventOp) -> None:
    with pytest.raises(InvalidPayload):
        RULE.check(SETUP, bad)


def test_an_unknown_configuration_is_refused() -> None:
    with pytest.raises(InvalidPayload):
        RULE.check_setup(setup_with(bestOf=4))


# A second scorer, written down as one would keep score on paper, for whole matches from the first point.


def naive(winners: list[str], best_of: int, advantage: bool, final: str) -> tuple[list[tuple[int, int]], list[str]]:
    """Sets as (red, blue), and the set of each point as it was played."""
    sets: list[tuple[int, int]] = []
    where: list[str] = []
    feed = iter(winners)
    won = {"red": 0, "blue": 0}
    try:
        while max(won.values()) < best_of // 2 + 1:
            deciding = len(sets) + 1 == best_of
            tally = [0, 0]
            if deciding and final == "match_tie_break":
                play_points(feed, where, len(sets) + 1, tally, 10, 2)
                sets.append((tally[0], tally[1]))
            else:
                while True:
                    if tally == [6, 6] and not (deciding and final == "advantage"):
                        inner = [0, 0]
                        play_points(
                            feed, where, len(sets) + 1, inner, 10 if deciding and final == "tie_break_10" else 7, 2
                        )
                        tally[inner[1] > inner[0]] += 1
                        break
                    if max(tally) >= 6 and abs(tally[0] - tally[1]) > 1:
                        break
                    inner = [0, 0]
                    play_points(feed, where, len(sets) + 1, inner, 4, 2 if advantage else 1)
                    tally[inner[1] > inner[0]] += 1
                sets.append((tally[0], tally[1]))
            won["red" if sets[-1][0] > sets[-1][1] else "blue"] += 1
    except StopIteration:
        pass
    return sets, where


def play_points(feed: Any, where: list[str], number: int, tally: list[int], to: int, lead: int) -> None:
    while max(tally) < to or abs(tally[0] - tally[1]) < lead:
        winner = next(feed)
        where.append(f"{number} {winner}")
        tally[winner == "blue"] += 1


@st.composite
def played(draw: st.DrawFn) -> tuple[list[str], int, bool, str]:
    chance = draw(st.sampled_from([0.2, 0.45, 0.5, 0.55, 0.8]))
    rng = random.Random(draw(st.integers(0, 2**32)))  # noqa: S311 - replayable
    length = draw(st.integers(0, 500))
    return (
        ["red" if rng.random() < chance else "blue" for _ in range(length)],
        draw(st.sampled_from([3, 5])),
        draw(st.booleans()),
        draw(st.sampled_from(["tie_break", "tie_break_10", "match_tie_break", "advantage"])),
    )


@given(match=played(), data=st.data())
@settings(max_examples=60, deadline=None)
def test_another_scorer_agrees_in_whatever_order_the_points_arrive(
    match: tuple[list[str], int, bool, str], data: st.DataObject
) -> None:
    winners, best_of, advantage, final = match
    sets, where = naive(winners, best_of, advantage, final)
    setup = setup_with(bestOf=best_of, advantage=advantage, finalSet=final)
    ops = []
    for n, text in enumerate(where):
        number, _, side = text.partition(" ")
        ops.append(event(f"{n:04d}", "point", int(number), side))
    ended = sum(a > b for a, b in sets), sum(b > a for a, b in sets)
    whole = tennis(ops, setup)
    assert [(p.scores["red"], p.scores["blue"]) for p in whole.periods][: len(sets)] == sets
    assert (whole.scores["red"], whole.scores["blue"]) == ended
    assert (whole.status == "ended") == (max(ended) == best_of // 2 + 1)

    # The same operations, some twice, some first told wrongly, in any order and in any batches.
    rng = random.Random(data.draw(st.integers(0, 2**32)))  # noqa: S311 - replayable
    arriving = list(ops)
    for op in rng.sample(ops, min(5, len(ops))):
        wrong = {"competitor_id": OTHER[op.competitor_id or ""]}
        arriving += [msgspec.structs.replace(op, **wrong, revision=1), msgspec.structs.replace(op, revision=2)]
    arriving += rng.sample(arriving, min(10, len(arriving)))
    rng.shuffle(arriving)
    current: dict[EventKey, EventOp] = {}
    known: set[tuple[EventKey, int]] = set()
    seq = 0
    while arriving:
        size = data.draw(st.integers(1, 200))
        batch, arriving = arriving[:size], arriving[size:]
        intake = MatchChange(RULE, setup, current=current, known=known, seq=seq)
        for op in batch:
            intake.take(op)
        current = current | {key_of(applied.op): applied.op for applied in intake.applied}
        known |= {(key_of(op), op.revision) for op in batch}
        seq = intake.seq
    assert fold(RULE, setup, current.values()).state == whole
    assert fold(RULE, setup, newest(current.values()).values()).state == whole
