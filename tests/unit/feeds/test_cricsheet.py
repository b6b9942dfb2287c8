"""Files that Cricsheet could have: matches of invented teams, with what seldom happens in cricket."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from feeds.files import read_file
from feeds.files.recording import FileMatch
from feeds.lenient import Skipped
from kit.contracts import decode, encode_rest
from kit.errors import InvalidPayload
from matches.storage.views import setup_of
from scoring.model import EventOp, StatGroup
from scoring.projection import newest, statistics
from scoring.sports import RULES
from scoring.sports.shared.state import Folded
from tests.support.samples import state_of

REDS, BLUES = "Red Rovers", "Blue Bay"
RED, BLUE = "red-rovers", "blue-bay"
SIDES = {REDS: [f"R{n} Red{n}" for n in range(1, 13)], BLUES: [f"B{n} Blue{n}" for n in range(1, 13)]}


def ball(what: str, team: str, batter: int = 1, bowler: int = 11, other: int = 2, **more: Any) -> dict[str, Any]:
    """One delivery: `.`, `4`, `w` a wide, `n` a no ball, `b2` byes, `l1` leg byes, `p5` penalty runs, `X` bowled."""
    batting, bowling = SIDES[team], SIDES[BLUES if team == REDS else REDS]
    kinds = {"w": "wides", "n": "noballs", "b": "byes", "l": "legbyes", "p": "penalty"}
    extras = {kinds[what[0]]: int(what[1:] or 1)} if what[0] in kinds else {}
    runs = int(what) if what.isdigit() else 0
    found: dict[str, Any] = {
        "batter": batting[batter - 1], "bowler": bowling[bowler - 1], "non_striker": batting[other - 1],
        "runs": {"batter": runs, "extras": sum(extras.values()), "total": runs + sum(extras.values())},
    }  # fmt: skip
    if extras:
        found["extras"] = extras
    if what == "X":
        found["wickets"] = [{"player_out": batting[batter - 1], "kind": "bowled"}]
    return {**found, **more}


def innings(team: str, *overs: str | list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    """An innings; an over is a text of deliveries, or those themselves."""
    balls = [[ball(what, team) for what in one.split()] if isinstance(one, str) else one for one in overs]
    numbered = [{"over": number, "deliveries": some} for number, some in enumerate(balls)]
    return {"team": team, "overs": numbered, **more}


def file(*some: dict[str, Any], outcome: dict[str, Any] | None = None, **info: Any) -> dict[str, Any]:
    return {
        "meta": {"data_version": "1.1.0", "created": "2026-11-22", "revision": 1},
        "info": {
            "balls_per_over": 6, "city": "Port Anselm", "dates": ["2026-11-21"], "gender": "female",
            "event": {"name": "Harvest Cup", "match_number": 7, "group": "B"}, "match_type": "T20", "overs": 20,
            "officials": {"umpires": ["U One", "U Two"]}, "player_of_match": ["R1 Red1"], "season": "2026/27",
            "outcome": outcome if outcome is not None else {"result": "no result"}, "players": SIDES,
            "registry": {"people": {name: f"id-{name.split()[0].lower()}" for side in SIDES.values() for name in side}},
            "team_type": "club", "teams": [REDS, BLUES], "toss": {"winner": REDS, "decision": "bat"},
            "venue": "Harbour Ground", **info,
        },
        "innings": list(some),
    }  # fmt: skip


def read(raw: dict[str, Any]) -> tuple[FileMatch, Folded]:
    """The file's match, which passes the door, and what it comes to."""
    (match,) = read_file(raw)
    assert decode(encode_rest(match.ops), list[EventOp]) == match.ops
    ordered = sorted(match.ops, key=lambda op: (op.period, op.order_key))
    assert [op.event_id for op in ordered] == [op.event_id for op in match.ops]
    return match, state_of(match)


def tables(match: FileMatch) -> dict[str, StatGroup]:
    setup = setup_of(match.create.competitors, match.create.config)
    return {group.key: group for group in statistics(RULES["cricket"], setup, newest(match.ops).values())}


def line(group: StatGroup, name: str) -> dict[str, Any]:
    (found,) = [row.values for row in group.rows if row.name == name]
    return found


def result(folded: Folded) -> tuple[str, str | None, str | None]:
    assert folded.outcome is not None
    return folded.outcome.text, folded.outcome.winner_id, folded.outcome.by


LEVEL = (innings(REDS, "4 4 . . . ."), innings(BLUES, "4 4 . . . .", target={"runs": 9, "overs": 20}))


def test_two_super_overs() -> None:
    overs = [
        innings(BLUES, "1 1 1 1 1 1", super_over=True),
        innings(REDS, "6 . . . . .", super_over=True, target={"runs": 7, "overs": 1}),
        innings(REDS, "X . X", super_over=True),
        innings(BLUES, "1", super_over=True, target={"runs": 1, "overs": 1}),
    ]
    match, folded = read(file(*LEVEL, *overs, outcome={"result": "tie", "eliminator": BLUES}))
    assert [period.type for period in folded.periods] == ["innings"] * 2 + ["super_over"] * 4
    assert [period.detail.target for period in folded.periods if period.detail] == [None, 9, None, 7, None, 1]
    assert folded.displays == {RED: "8/0 (6/0, 0)", BLUE: "8/0 (6/0, 1/0)"}
    assert result(folded) == ("Match tied (Blue Bay won the Super Over)", BLUE, "super over")
    assert tables(match)["batting.5"].totals[-1].values == {"runs": 0, "dismissal": "all out, 0.3 overs"}


@pytest.mark.parametrize(
    ("outcome", "expected"),
    [
        ({"result": "tie"}, ("Match tied", None, "tie")),
        ({"result": "tie", "bowl_out": REDS}, ("Match tied (Red Rovers won the bowl-out)", RED, None)),
        ({"result": "no result"}, ("No result", None, None)),
        ({"result": "tie", "method": "D/L"}, ("Match tied (D/L)", None, "tie")),
        (
            {"winner": BLUES, "by": {"wickets": 3}, "method": "VJD"},
            ("Blue Bay won by 3 wickets (VJD)", BLUE, "3 wickets"),
        ),
        ({"winner": REDS, "method": "Awarded"}, ("Red Rovers won (Awarded)", RED, None)),
    ],
)
def test_what_the_score_does_not_say(outcome: dict[str, Any], expected: tuple[str, str | None, str | None]) -> None:
    assert result(read(file(*LEVEL, outcome=outcome))[1]) == expected


def test_rain_in_the_first_innings_is_no_result_though_one_side_has_runs() -> None:
    _, folded = read(file(innings(REDS, "4 4 4 . . ."), outcome={"result": "no result"}))
    assert (result(folded), folded.displays) == (("No result", None, None), {RED: "12/0", BLUE: "-"})
    _, washed_out = read(file(outcome={"result": "no result"}))
    assert (washed_out.status, result(washed_out)[0]) == ("ended", "No result")


def test_a_target_after_rain_in_overs_and_balls() -> None:
    chase = innings(BLUES, "4 4 . . . .", target={"runs": 60, "overs": 9.2})
    raw = file(innings(REDS, "6 6 6 6 6 6"), chase)
    raw["info"]["outcome"] = {}
    _, folded = read(raw)
    assert folded.status == "break"
    (match,) = read_file(raw)
    going = FileMatch(match.create, [op for op in match.ops if op.event_id != "2.end"])
    assert state_of(going).status_detail == "Blue Bay need 52 runs from 50 balls"


def wickets(team: str, count: int, per_over: int = 6) -> list[list[dict[str, Any]]]:
    balls = [ball("X", team, batter=number + 1, other=number + 2) for number in range(count)]
    return [balls[start : start + per_over] for start in range(0, count, per_over)]


TEST = {"match_type": "Test", "match_type_number": 9001, "overs": None, "dates": ["2026-11-21", "2026-11-25"]}


def test_a_test_match_with_a_follow_on() -> None:
    raw = file(
        innings(REDS, *["6 6 6 6 6 6"] * 4, declared=True),
        innings(BLUES, "6 6 6 6 . .", *wickets(BLUES, 10)),
        innings(BLUES, "6 6 6 . . .", *wickets(BLUES, 10)),
        outcome={"winner": REDS, "by": {"innings": 1, "runs": 102}},
        **TEST,
    )
    del raw["info"]["overs"]
    match, folded = read(raw)
    assert folded.displays == {RED: "144/0d", BLUE: "24 & 18"}
    assert result(folded) == ("Red Rovers won by an innings and 102 runs", RED, "an innings and 102 runs")
    assert [group.title for group in tables(match).values() if "batting" in group.key] == [
        "Red Rovers, first innings: batting", "Blue Bay, first innings: batting", "Blue Bay, second innings: batting",
    ]  # fmt: skip
    trailing = FileMatch(match.create, [op for op in match.ops if op.period < 3 and op.event_id != "2.end"])
    assert state_of(trailing).status_detail == "Blue Bay trail by 120 runs"


def test_a_drawn_test_and_one_with_a_batter_absent_hurt() -> None:
    three = (innings(REDS, "6 6"), innings(BLUES, "4 4"), innings(REDS, "6 6", declared=True))
    chase = innings(BLUES, "1 1", *wickets(BLUES, 9), target={"runs": 17}, absent_hurt=["B11 Blue11"])
    drawn = file(*three, chase, outcome={"result": "draw"}, **TEST)
    assert result(read(drawn)[1]) == ("Match drawn", None, None)
    won = file(*three, chase, outcome={"winner": REDS, "by": {"runs": 14}}, **TEST)
    _, folded = read(won)
    assert folded.displays[BLUE] == "8/0 & 2/9"
    assert result(folded) == ("Red Rovers won by 14 runs", RED, "14 runs")


def test_forfeited_innings_make_a_chase_of_the_first() -> None:
    raw = file(
        innings(REDS, "6 6 6 6 6 6", declared=True),
        {"team": BLUES, "forfeited": True},
        {"team": REDS, "forfeited": True},
        innings(BLUES, "6 6 6 6 6 6", "1", target={"runs": 37}),
        outcome={"winner": BLUES, "by": {"wickets": 10}},
        **TEST,
    )
    match, folded = read(raw)
    assert [p.detail.target for p in folded.periods if p.detail] == [None, None, None, 37]
    assert result(folded) == ("Blue Bay won by 10 wickets", BLUE, "10 wickets")
    assert "Blue Bay forfeit their innings" in [op.commentary[0].text for op in match.ops]


def test_penalty_runs_before_and_after_an_innings_count_and_raise_the_target() -> None:
    first = innings(REDS, "1 p5 . . . .", penalty_runs={"pre": 5, "post": 10})
    match, folded = read(file(first, innings(BLUES, "1"), outcome={"winner": REDS, "by": {"runs": 20}}))
    assert folded.displays == {RED: "21/0", BLUE: "1/0"}
    assert folded.periods[1].detail is not None
    assert folded.periods[1].detail.target == 22
    extras, total = tables(match)["batting.1"].totals
    assert (extras.values, total.values["runs"]) == ({"runs": 20, "dismissal": "pen 20"}, 21)


@pytest.mark.parametrize(("per_over", "overs"), [(5, "2.1"), (8, "2.1"), (6, "2.1")])
def test_overs_of_five_and_eight_balls(per_over: int, overs: str) -> None:
    over = " ".join(["."] * per_over)
    match, folded = read(file(innings(REDS, over, over, "1"), balls_per_over=per_over, overs=20))
    assert folded.periods[0].detail is not None
    assert folded.periods[0].detail.overs == overs
    assert line(tables(match)["bowling.1"], "B11 Blue11") | {"dots": 0} == {
        "overs": overs, "maidens": 2, "runs": 1, "wickets": 0, "dots": 0, "wides": 0, "noballs": 0,
        "economy": round(per_over / (2 * per_over + 1), 2),
    }  # fmt: skip


def test_miscounted_overs_are_overs() -> None:
    miscounted = {"0": {"balls": 5, "umpire": "U One"}, "1": {"balls": 7, "umpire": "U Two"}}
    raw = file(innings(REDS, ". . . . .", ". . . . . . .", "1 1 1 1 1 1", miscounted_overs=miscounted))
    match, folded = read(raw)
    assert folded.periods[0].detail is not None
    assert folded.periods[0].detail.overs == "3"
    bowler = line(tables(match)["bowling.1"], "B11 Blue11")
    assert (bowler["overs"], bowler["maidens"], bowler["runs"]) == ("3", 2, 6)
    assert bowler["economy"] == 2.0  # by balls: 18


def test_an_over_that_two_bowlers_share_is_a_part_of_one_for_each() -> None:
    shared = [ball(".", REDS, bowler=9), ball(".", REDS, bowler=9), *(ball(".", REDS, bowler=10) for _ in range(4))]
    bowling = tables(read(file(innings(REDS, shared, "1 1 1 1 1 1")))[0])["bowling.1"]
    assert [(row.values["overs"], row.values["maidens"]) for row in bowling.rows] == [("0.2", 0), ("0.4", 0), ("1", 0)]


def test_two_wickets_on_one_ball_and_a_non_striker_run_out() -> None:
    reds = SIDES[REDS]
    both = [
        {"player_out": reds[0], "kind": "caught", "fielders": [{"name": "B3 Blue3"}]},
        {"player_out": reds[1], "kind": "retired out"},
    ]
    backing_up = [{"player_out": reds[3], "kind": "run out", "fielders": [{"name": "B11 Blue11"}]}]
    stumped = [{"player_out": reds[4], "kind": "stumped", "fielders": [{"name": "B5 Blue5"}]}]
    substitute = [{"player_out": reds[2], "kind": "caught", "fielders": [{"substitute": True}]}]
    over = [
        ball("4", REDS),
        ball(".", REDS, wickets=both),
        ball(".", REDS, 3, 11, 4, wickets=backing_up),
        ball("w1", REDS, 3, 11, 5, wickets=stumped),
        ball(".", REDS, 3, 11, 6, wickets=substitute),
    ]
    match, folded = read(file(innings(REDS, over)))
    assert folded.displays[RED] == "5/5"
    found = tables(match)
    assert {row.name.split()[0]: row.values["dismissal"] for row in found["batting.1"].rows} == {
        "R1": "c B3 Blue3 b B11 Blue11", "R2": "retired out", "R3": "c sub b B11 Blue11",
        "R4": "run out (B11 Blue11)", "R5": "st B5 Blue5 b B11 Blue11", "R6": "not out",
    }  # fmt: skip
    assert [list(row.values.values()) for row in found["wickets.1"].rows] == [
        [1, 4, "0.2", 4], [2, 4, "0.2", 0], [3, 4, "0.3", 0], [4, 5, "0.4", 1], [5, 5, "0.4", 0],
    ]  # fmt: skip
    assert line(found["bowling.1"], "B11 Blue11")["wickets"] == 3


def test_who_retires_hurt_may_come_back_without_facing_a_ball() -> None:
    hurt = ball(".", REDS, 1, wickets=[{"player_out": SIDES[REDS][0], "kind": "retired hurt"}])
    gone = tables(read(file(innings(REDS, [hurt, ball("1", REDS, 2, other=3)])))[0])
    assert line(gone["batting.1"], "R1 Red1")["dismissal"] == "retired hurt"
    assert "wickets.1" not in gone
    match, folded = read(file(innings(REDS, [hurt, ball("1", REDS, 2, other=3), ball(".", REDS, 3, other=1)])))
    assert folded.displays[RED] == "1/0"
    assert line(tables(match)["batting.1"], "R1 Red1")["dismissal"] == "not out"


def test_substitutes_and_reviews_are_told() -> None:
    reds = SIDES[REDS]
    concussion = {"match": [{"in": reds[11], "out": reds[0], "team": REDS, "reason": "concussion_substitute"}]}
    role = {"role": [{"in": "B9 Blue9", "out": "B11 Blue11", "reason": "injury", "role": "bowler"}]}
    review = {"by": BLUES, "umpire": "U One", "batter": reds[0], "decision": "struck down", "umpires_call": True}
    nobody = {"umpire": "U One", "batter": reds[0], "decision": "upheld", "type": "wicket"}
    over = [
        ball("1", REDS, review=review),
        ball("1", REDS, 12, replacements=concussion),
        ball("1", REDS, 12, replacements=role, review=nobody),
    ]
    powerplays = [{"from": 0.1, "to": 5.6, "type": "mandatory"}]
    match, folded = read(file(innings(REDS, over, powerplays=powerplays)))
    told = [op.commentary[0].text for op in match.ops if op.type in ("review", "substitution")]
    assert told == [
        "Review by Blue Bay: struck down, umpire's call",
        "Red Rovers bring in R12 Red12 for R1 Red1 (concussion substitute)",
        "Review: upheld",
    ]
    assert folded.scores[RED] == 3
    lineup = match.create.competitors[0].lineup
    assert lineup is not None
    assert [player.starter for player in lineup] == [True] * 11 + [False]


def test_clubs_men_and_women_of_one_day_are_two_matches() -> None:
    women, men = (read(file(gender=gender))[0].create for gender in ("female", "male"))
    assert women.external_ids != men.external_ids
    assert (women.competition.season, women.competition.round) == ("2026/27", "Match 7")


@pytest.mark.parametrize(
    "wrong",
    [{"teams": [REDS]}, {"teams": [REDS, REDS]}, {"dates": []}, {"dates": ["21/11/2026"]},
     {"teams": ["Green", BLUES]}],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(InvalidPayload):
        read_file(file(*LEVEL, **wrong))


@pytest.mark.parametrize(
    "wrong",
    [{"outcome": "tie"}, {"balls_per_over": "six"}, {"match_type": None}, {"match_type": 5}, {"venue": {}},
     {"season": None}, {"event": []}, {"toss": "Reds"}, {"registry": {"people": 1}}, {"overs": "fifty"}],
)  # fmt: skip
def test_what_is_wrong_and_not_needed_is_left_out_and_told(wrong: dict[str, Any]) -> None:
    skipped = Skipped()
    (match,) = read_file(file(*LEVEL, **wrong), skipped)
    assert (state_of(match).scores, skipped.count) == (state_of(read(file(*LEVEL))[0]).scores, 1)
    assert next(iter(wrong)) in (skipped.told() or "")


def test_a_file_without_its_match_type_is_read() -> None:
    raw, skipped = file(*LEVEL), Skipped()
    del raw["info"]["match_type"]
    (match,) = read_file(raw, skipped)
    assert (match.ops, skipped.told()) == (read(file(*LEVEL))[0].ops, None)


@pytest.mark.parametrize("bad", [None, 7, {}, {"batter": None}, {"runs": "two"}, []])
def test_a_bad_ball_costs_its_neighbours_nothing(bad: Any) -> None:
    raw, skipped = copy.deepcopy(file(*LEVEL)), Skipped()
    whole = read_file(copy.deepcopy(raw))[0].ops
    raw["innings"][0]["overs"][0]["deliveries"].append(bad)
    (match,) = read_file(raw, skipped)
    assert (match.ops, skipped.count) == (whole, 1)
    assert "innings 1, over 1, ball" in (skipped.told() or "")
