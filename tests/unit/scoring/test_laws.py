"""What cannot be, by the laws of each sport: by one event, and after those before it."""

from __future__ import annotations

import re
from typing import Any

import pytest

from kit.errors import InvalidPayload
from scoring.change import MatchChange
from scoring.hand import HAND
from scoring.model import EventOp, NewEventClock, NewEventPlayer, Sport
from scoring.projection import MAX_DOUBTS, fold, newest, statistics
from scoring.sports import RULES
from scoring.sports.cricket.dismissals import KINDS
from scoring.sports.shared.setup import Setup
from tests.support.samples import SETUP, event, real_matches, setup_of, setup_with

TWENTY = setup_with(overs=20)


def told(sport: Sport, ops: list[EventOp], setup: Setup = SETUP) -> list[str]:
    """Why events of a feed cannot be; they count all the same."""
    for op in ops:
        RULES[sport].check_readable(setup, op)
    return [one.why for one in fold(RULES[sport], setup, newest(ops).values()).state.doubts or []]


def entered(sport: Sport, ops: list[EventOp], setup: Setup = SETUP) -> dict[str, str]:
    """What a person is told of events that are entered one by one, by event id; those that are taken are left out."""
    taken: list[EventOp] = []
    refused = {}
    for op in ops:
        intake = MatchChange(RULES[sport], setup, current=newest(taken), known=set(), seq=len(taken))
        item = intake.take(op)
        why = item.error or next(iter(intake.impossible().values()), None)
        if why is None:
            taken.append(op)
        else:
            refused[op.event_id] = why
    return refused


def by_hand(op: EventOp) -> EventOp:
    return event(
        op.event_id, op.type, op.period, op.competitor_id, clock=op.clock, detail=op.detail, players=op.players,
        provider=HAND,
    )  # fmt: skip


def ball(number: int = 1, **detail: Any) -> EventOp:
    return event(f"b{number:03d}", "ball", 1, "red", detail=detail)


def out(kind: str, number: int = 1, who: str | None = None, **extras: int) -> EventOp:
    wickets = [{"kind": kind, "playerOut": who or f"p{number}"}]
    return ball(number, wickets=wickets, **({"extras": extras} if extras else {}))


def goal(period: int, **more: Any) -> EventOp:
    return event("x", "goal", period, "red", **more)


def ends(**outcome: str) -> EventOp:
    return event("x", "match_end", 2, detail={"outcome": outcome})


def at(seconds: float) -> NewEventClock:
    return NewEventClock(display="x", played_s=seconds)


CANNOT: list[tuple[Sport, EventOp, str]] = [
    *(("cricket", out(kind, noballs=1), "off a no-ball") for kind in
      ("caught", "bowled", "lbw", "stumped", "hit wicket", "caught and bowled")),
    *(("cricket", out(kind, wides=1), "off a wide") for kind in
      ("caught", "bowled", "lbw", "Caught And Bowled", "hit the ball twice")),
    ("cricket", out("abducted"), "out 'abducted'"),
    ("cricket", ball(extras={"wides": 1, "noballs": 1}), "not both"),
    ("cricket", ball(batterRuns=40), "Nobody scores 40"),
    ("cricket", ball(wickets=[{"kind": "bowled"}, {"kind": "lbw"}]), "one wicket"),
    ("cricket", event("x", "wicket", 1, "red", detail={"wickets": [{"kind": "bowled"}]}), "without a ball"),
    ("cricket", event("x", "ball", 0, "red"), "no period 0"),
    ("cricket", event("x", "ball", 40, "red"), "no period 40"),
    ("cricket", event("x", "score", 1, detail={"scores": {"red": 9}, "battingId": "red", "wickets": 12}), "10 wickets"),
    ("cricket", event("x", "score", 1, detail={"scores": {"red": 9}, "battingId": "red", "overs": 4.8}), "6 balls"),
    ("cricket", event("x", "score", 1, detail={"scores": {"red": 5000}}), "5000"),
    ("cricket", ends(method="penalties", winnerId="red"), "penalties"),
    ("football", event("x", "card", 1, "red", detail={"card": "purple"}), "'purple'"),
    ("football", event("x", "card", 1, "red"), "yellow, second_yellow or red"),
    ("football", goal(0), "no period 0"),
    ("football", goal(6), "no period 6"),
    ("football", goal(5), "shootout_kick"),
    ("football", event("x", "shootout_kick", 2, "red", detail={"scored": True}), "period 5"),
    ("football", event("x", "score", 1, detail={"scores": {"red": 400}}), "400"),
    ("football", event("x", "period_start", 9), "no period 9"),
    ("football", ends(method="dls", winnerId="red"), "dls"),
    ("football", ends(method="draw", winnerId="red"), "cannot have won"),
    ("basketball", event("x", "shot", 1, "red", detail={"made": True, "points": 4}), "2 or 3"),
    ("basketball", event("x", "shot", 1, "red", detail={"made": True, "points": 1}), "2 or 3"),
    ("basketball", event("x", "free_throw", 1, "red", detail={"made": True, "points": 3}), "1 point"),
    ("basketball", event("x", "shot", 0, "red", detail={"made": True}), "no period 0"),
    ("tennis", event("x", "point", 6, "red"), "the number of the set"),
    ("tennis", event("x", "score", 1, detail={"scores": {"red": 9, "blue": 7}}), "9-7"),
    ("tennis", event("x", "score", 1, detail={"scores": {"red": 7, "blue": 3}}), "7-3"),
]  # fmt: skip


@pytest.mark.parametrize(("sport", "op", "why"), CANNOT)
def test_what_cannot_be_is_refused_by_hand_and_taken_with_an_alert_from_a_feed(
    sport: Sport, op: EventOp, why: str
) -> None:
    (sentence,) = told(sport, [op])
    assert why in sentence
    assert re.fullmatch(r"[A-Z].*\.", sentence)
    assert entered(sport, [by_hand(op)]) == {op.event_id: sentence}
    with pytest.raises(InvalidPayload) as error:
        RULES[sport].check(SETUP, op)
    assert error.value.message == sentence


@pytest.mark.parametrize(
    ("sport", "op"),
    [
        *(("cricket", out(kind, noballs=1)) for kind in ("Run Out", "obstructing the field", "retired hurt")),
        *(("cricket", out(kind, wides=1)) for kind in ("stumped", "hit wicket", "run out", "runOut")),
        *(("cricket", out(kind)) for kind in KINDS),
        ("cricket", ball(batterRuns=4, extras={"noballs": 1})),
        ("cricket", ball(extras={"noballs": 1, "byes": 4, "penalty": 5})),
        ("cricket", ball(wickets=[{"kind": "bowled"}, {"kind": "retired hurt"}])),
        ("cricket", event("x", "wicket", 1, "red", detail={"wickets": [{"kind": "Timed Out"}]})),
        ("cricket", event("x", "toss", 0)),
        *(("football", event("x", "card", 1, "red", detail={"card": card}))
          for card in ("yellow", "Red", "second_yellow", "second-yellow", "secondYellow", "Yellow-Red")),
        ("football", goal(4)),
        ("football", goal(2, clock=at(100 * 60))),
        ("football", event("x", "card", 5, "red", detail={"card": "yellow"})),
        ("football", event("x", "match_end", 0, detail={"outcome": {"method": "walkover", "winnerId": "red"}})),
        ("basketball", event("x", "shot", 10, "red", detail={"made": True, "points": 3})),
        ("tennis", event("x", "score", 1, detail={"scores": {"red": 7, "blue": 6}})),
        ("tennis", event("x", "score", 2, detail={"scores": {"red": 7}})),
    ],
)  # fmt: skip
def test_what_is_rare_can_be(sport: Sport, op: EventOp) -> None:
    assert told(sport, [op]) == []
    assert entered(sport, [by_hand(op)]) == {}


@pytest.mark.parametrize(
    ("detail", "why"),
    [({"batterRuns": 1, "extras": {"wides": 1}}, "All runs off a wide"),
     ({"extras": {"wides": 1, "byes": 1}}, "All runs off a wide"),
     ({"extras": {"byes": 1, "legbyes": 1}}, "not both"), ({"batterRuns": 2, "extras": {"legbyes": 1}}, "not both")],
)  # fmt: skip
def test_runs_of_two_kinds(detail: dict[str, Any], why: str) -> None:
    (sentence,) = told("cricket", [ball(**detail)])
    assert why in sentence
    assert entered("cricket", [by_hand(ball(**detail))]) == {"b001": sentence}


def test_times_beyond_reason() -> None:
    late = goal(1, clock=at(3 * 3600))
    assert told("football", [late]) == ["The clock says x, and a half has 45 minutes."]
    assert entered("football", [by_hand(late)]) == {"x": "The clock says x, and a half has 45 minutes."}
    early = event("x", "rebound", 1, "red", clock=NewEventClock(display="x", remaining_s=900))
    assert told("basketball", [early]) == ["The clock says x, and a period has 12 minutes."]


def test_wickets_after_the_last_one() -> None:
    ops = [out("bowled", number) for number in range(12)]
    assert told("cricket", ops, TWENTY) == ["The side is all out: after 10 wickets no other can fall."] * 2
    assert set(entered("cricket", [by_hand(op) for op in ops], TWENTY)) == {"b010", "b011"}


def test_a_batter_who_is_out_twice() -> None:
    ops = [out("bowled", 1, "Kim"), out("run out", 2, "Lee"), out("caught", 3, "Kim")]
    assert told("cricket", ops) == ["Kim is out already."]
    hurt = [out("retired hurt", 1, "Kim"), out("caught", 2, "Kim")]
    assert told("cricket", hurt) == []
    named = [
        event("1", "ball", 1, "red", players=[NewEventPlayer(id="k", role="player_out")],
              detail={"wickets": [{"kind": "bowled"}]}),
        event("2", "wicket", 1, "red", players=[NewEventPlayer(id="k", role="player_out")],
              detail={"wickets": [{"kind": "retired out"}]}),
    ]  # fmt: skip
    assert told("cricket", named) == ["k is out already."]
    assert told("cricket", ops, setup_with(wickets=20)) == []


def test_umpires_may_miscount_an_over() -> None:
    def over(balls: int) -> list[EventOp]:
        return [ball(number, over=0) for number in range(balls)]

    assert told("cricket", over(8)) == []
    assert told("cricket", over(9)) == ["An over has 6 balls: over 1 has had 8 already."]
    wides = [*over(8), ball(9, over=0, extras={"wides": 1})]
    assert told("cricket", wides) == []


def test_a_ball_of_the_side_that_does_not_bat() -> None:
    start = event("a", "period_start", 1, "blue", detail={"battingId": "blue"})
    assert told("cricket", [start, ball()]) == ["Reds do not bat in innings 1: Blues do."]


def test_a_winner_whom_the_kicks_do_not_say() -> None:
    kick = event("k", "shootout_kick", 5, "red", detail={"scored": True})
    end = event("z", "match_end", 5, detail={"outcome": {"winnerId": "blue"}})
    assert told("football", [kick, end]) == ["Reds won 1-0 on penalties, so Blues did not win."]
    awarded = event("z", "match_end", 5, detail={"outcome": {"winnerId": "blue", "method": "awarded"}})
    assert told("football", [kick, awarded]) == []


def test_doubts_are_bounded() -> None:
    ops = [event(str(n), "goal", 0, "red") for n in range(100)]
    assert len(told("football", ops)) == MAX_DOUBTS


@pytest.mark.parametrize(
    ("cards", "dismissals"),
    [(["yellow", "second_yellow", "red"], 1), (["yellow", "yellow", "red"], 1), (["red"], 1),
     (["yellow", "red", "second_yellow"], 1), (["second_yellow"], 1), (["Second Yellow", "Red"], 1), (["yellow"], 0)],
)  # fmt: skip
@pytest.mark.parametrize("named", [True, False])
def test_a_second_yellow_and_its_red_are_one_dismissal(cards: list[str], dismissals: int, named: bool) -> None:
    if not named and cards[1:2] == ["red"]:
        return  # without a name, a red before a second yellow is somebody else's
    players = [NewEventPlayer(id="p", role="player")] if named else []
    ops = [
        event(str(n), "card", 1, "red", detail={"card": card}, players=players) for n, card in enumerate(cards)
    ]  # fmt: skip
    groups = statistics(RULES["football"], SETUP, ops)
    sides = next(group for group in groups if group.key == "sides")
    assert next(one.values.get("redCards", 0) for one in sides.totals if one.competitor_id == "red") == dismissals


@pytest.mark.parametrize(
    "file",
    ["cricket/cricsheet_1144530*", "cricket/cricsheet_1278673*", "football/wyscout_2058017*",
     "football/wyscout_2058003*", "football/openfootball_worldcup_2018*", "football/openfootball_worldcup_2022*",
     "football/openfootball_worldcup_2026*", "basketball/lakers_2008-10-28*", "basketball/lakers_2008-12-25*"],
)  # fmt: skip
def test_nothing_in_real_matches_cannot_be(file: str) -> None:
    for match in real_matches(file):
        setup = setup_of(match.create.competitors, match.create.config)
        assert told(match.create.sport, match.ops, setup) == []
