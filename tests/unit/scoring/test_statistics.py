"""What the players did: against the scorecards of real matches, and case by case."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.files.recording import FileMatch
from feeds.simulator import simulate
from kit.contracts import Instant
from matches.storage.views import setup_of
from scoring.model import (
    EventOp,
    NewEventClock,
    NewEventPlayer,
    Sport,
    StatGroup,
    StatRow,
)
from scoring.projection import fold, newest, statistics
from scoring.sports import RULES
from scoring.sports.shared.setup import Player, Setup, Side
from scoring.sports.shared.tables import only
from tests.support.samples import SETUP, event, real_matches, setup_with, state_of

SIMULATED: list[Sport] = ["cricket", "football", "basketball"]


def tables(sport: Sport, ops: list[EventOp], setup: Setup = SETUP) -> dict[str, StatGroup]:
    return {group.key: group for group in statistics(RULES[sport], setup, newest(ops).values())}


def tables_of(match: FileMatch) -> dict[str, StatGroup]:
    return tables(match.create.sport, match.ops, setup_of(match.create.competitors, match.create.config))


def values(group: StatGroup, player: str) -> dict[str, Any]:
    (found,) = [row for row in group.rows if player in (row.name, row.player_id)]
    return found.values


def added(rows: list[StatRow], key: str) -> float:
    return sum(float(row.values[key]) for row in rows)


def by(*players: tuple[str, str]) -> list[NewEventPlayer]:
    return [NewEventPlayer(id=name.lower(), role=role, name=name) for role, name in players]


# The real ones


@pytest.mark.parametrize("file", ["cricket/cricsheet_1144530*", "cricket/cricsheet_1278673*"])
def test_the_cards_of_real_innings_add_up(file: str) -> None:
    (match,) = real_matches(file)
    found = tables_of(match)
    for period in state_of(match).periods:
        assert period.detail is not None
        batting, bowling = found[f"batting.{period.number}"], found[f"bowling.{period.number}"]
        extras, total = batting.totals
        assert total.values["runs"] == period.detail.runs
        assert added(batting.rows, "runs") + float(extras.values["runs"]) == period.detail.runs
        assert sum(row.values["dismissal"] != "not out" for row in batting.rows) == period.detail.wickets
        run_out = sum(str(row.values["dismissal"]).startswith("run out") for row in batting.rows)
        assert added(bowling.rows, "wickets") + run_out == period.detail.wickets
        balls = [str(row.values["overs"]).partition(".") for row in bowling.rows]
        whole, _, part = period.detail.overs.partition(".")
        assert sum(int(o) * 6 + int(b or 0) for o, _, b in balls) == int(whole) * 6 + int(part or 0)


def test_the_scorecard_of_the_final_of_2019() -> None:
    (match,) = real_matches("cricket/cricsheet_1144530*")
    found = tables_of(match)
    assert values(found["batting.2"], "BA Stokes") == {
        "runs": 84, "balls": 98, "fours": 5, "sixes": 2, "strikeRate": 85.71, "dismissal": "not out",
    }  # fmt: skip
    assert values(found["batting.1"], "TWM Latham")["dismissal"] == "c JM Vince b CR Woakes"
    henry = values(found["bowling.2"], "MJ Henry")
    assert [henry[key] for key in ("overs", "maidens", "runs", "wickets")] == ["10", 2, 40, 1]
    woakes = values(found["bowling.1"], "CR Woakes")
    assert [woakes[key] for key in ("overs", "maidens", "runs", "wickets", "economy")] == ["9", 0, 37, 3, 4.11]
    assert [total.values for total in found["batting.2"].totals] == [
        {"runs": 17, "dismissal": "b 2, lb 3, w 12"},
        {"runs": 241, "dismissal": "all out, 50 overs"},
    ]
    assert [values(found["batting.1"], "KS Williamson")[key] for key in ("runs", "balls")] == [30, 53]
    for bowler, figures in (
        ("JC Archer", ["10", 0, 42, 1]),
        ("LE Plunkett", ["10", 0, 42, 3]),
        ("MA Wood", ["10", 1, 49, 1]),
    ):
        bowled = values(found["bowling.1"], bowler)
        assert [bowled[key] for key in ("overs", "maidens", "runs", "wickets")] == figures
    # As the scorecard prints it: 1-28 (Roy, 5.4 ov), ..., 10-241 (Wood, 49.6 ov).
    assert [f"{row.values['score']} {row.values['over']}" for row in found["wickets.2"].rows] == [
        "28 5.4", "59 16.3", "71 19.3", "86 23.1", "196 44.5", "203 46.1", "220 48.3", "227 48.6", "240 49.5",
        "241 49.6",
    ]  # fmt: skip
    assert values(found["wickets.2"], "JC Buttler")["partnership"] == 110
    assert [row.values["score"] for row in found["wickets.1"].rows] == [29, 103, 118, 141, 173, 219, 232, 240]
    assert found["batting.4"].title == "New Zealand, Super Over: batting"
    assert added(found["bowling.1"].rows, "runs") == 241 - 12  # leg byes are not the bowlers'
    assert added(found["bowling.2"].rows, "runs") == 241 - 2 - 3


def test_the_final_of_2018_by_player() -> None:
    (match,) = real_matches("football/wyscout_2058017*")
    sides = {group.title: group for group in tables_of(match).values()}
    france, croatia = sides["France"], sides["Croatia"]
    scorers = {row.name: row.values["goals"] for group in sides.values() for row in group.rows if row.values["goals"]}
    assert scorers == {"A. Griezmann": 1, "P. Pogba": 1, "K. Mbappé": 1, "I. Perišić": 1, "M. Mandžukić": 1}
    assert values(croatia, "M. Mandžukić")["ownGoals"] == 1
    assert (france.totals[0].values["goals"], croatia.totals[0].values["goals"]) == (4, 2)
    booked = {row.name for group in sides.values() for row in group.rows if row.values["yellowCards"]}
    assert booked == {"N. Kanté", "L. Hernández", "Š. Vrsaljko"}
    assert [values(france, name)["minutes"] for name in ("N. Kanté", "S. N'Zonzi", "H. Lloris")] == [54, 36, 90]
    assert all(added(sides[name].rows, "minutes") == 11 * 90 for name in ("France", "Croatia"))
    home, away = (total.values for total in sides["Teams"].totals)
    assert (home["shots"], away["shots"], home["yellowCards"], away["yellowCards"]) == (8, 14, 2, 1)
    assert (home["corners"], away["corners"], home["offsides"], away["offsides"]) == (2, 6, 1, 1)
    assert "redCards" not in {column.key for column in sides["Teams"].columns}


@pytest.mark.parametrize("file", ["basketball/lakers_2008-10-28*", "basketball/lakers_2008-12-25*"])
def test_the_box_scores_of_real_games_add_up(file: str) -> None:
    (match,) = real_matches(file)
    scores = state_of(match).scores
    for side, points in scores.items():
        group = tables_of(match)[f"players.{side}"]
        assert group.totals[0].values["points"] == points == added(group.rows, "points")
        for key in ("fieldGoals", "threes", "freeThrows"):
            pairs = [str(row.values[key]).split("-") for row in group.rows]
            assert group.totals[0].values[key] == f"{sum(int(a) for a, _ in pairs)}-{sum(int(b) for _, b in pairs)}"


def test_the_box_score_of_a_lakers_night() -> None:
    (match,) = real_matches("basketball/lakers_2008-10-28*")
    bryant = values(tables_of(match)["players.LAL"], "Kobe Bryant")
    assert [bryant[key] for key in ("points", "fieldGoals", "rebounds")] == [23, "9-17", 11]
    assert "assists" not in bryant  # the file does not tell


# Case by case


def ball(order: str, *players: tuple[str, str], **detail: Any) -> EventOp:
    return event(order, "ball", 1, "red", players=by(*players), detail=detail)


BOWLED = (("batter", "Ann"), ("bowler", "Zoe"), ("non_striker", "Bea"))


def test_extras_are_whose_they_are() -> None:
    ops = [
        ball("a", *BOWLED, extras={"wides": 2}),
        ball("b", *BOWLED, batterRuns=4, extras={"noballs": 1}),
        ball("c", *BOWLED, extras={"byes": 4}),
        ball("d", *BOWLED, extras={"legbyes": 1}),
        ball("e", *BOWLED, extras={"penalty": 5}),
        event("f", "penalty_runs", 1, "red", detail={"runs": 5}),
    ]
    found = tables("cricket", ops)
    ann = values(found["batting.1"], "Ann")
    assert (ann["runs"], ann["balls"], ann["fours"]) == (4, 4, 1)
    assert values(found["batting.1"], "Bea") == {"runs": 0, "balls": 0, "fours": 0, "sixes": 0, "dismissal": "not out"}
    zoe = values(found["bowling.1"], "Zoe")
    assert (zoe["overs"], zoe["runs"], zoe["wides"], zoe["noballs"]) == ("0.3", 7, 2, 1)
    assert found["batting.1"].totals[0].values == {"runs": 18, "dismissal": "b 4, lb 1, w 2, nb 1, pen 10"}
    assert found["batting.1"].totals[1].values["runs"] == 22


def test_a_maiden_is_a_whole_over_without_a_run_of_the_bowler() -> None:
    byes = [ball(f"a{n}", *BOWLED, extras={"byes": 1}) for n in range(6)]
    assert values(tables("cricket", byes)["bowling.1"], "Zoe")["maidens"] == 1
    assert values(tables("cricket", byes[:5])["bowling.1"], "Zoe")["maidens"] == 0
    wide = ball("a5b", *BOWLED, extras={"wides": 1})
    assert values(tables("cricket", [*byes, wide])["bowling.1"], "Zoe")["maidens"] == 1  # it is of the next over
    first = ball("a0b", *BOWLED, extras={"wides": 1})
    assert values(tables("cricket", [*byes, first])["bowling.1"], "Zoe")["maidens"] == 0


@pytest.mark.parametrize(
    ("kind", "text", "credited"),
    [
        ("bowled", "b Zoe", 1),
        ("caught", "c Yve b Zoe", 1),
        ("stumped", "st Yve b Zoe", 1),
        ("run out", "run out (Yve)", 0),
        ("retired hurt", "retired hurt", 0),
        ("obstructing the field", "obstructing the field", 0),
    ],
)
def test_how_a_batter_was_out(kind: str, text: str, credited: int) -> None:
    out = ball("a", *BOWLED, ("player_out", "Ann"), ("fielder", "Yve"), wickets=[{"kind": kind}])
    found = tables("cricket", [out])
    assert values(found["batting.1"], "Ann")["dismissal"] == text
    assert values(found["bowling.1"], "Zoe")["wickets"] == credited


def test_who_is_out_may_be_told_in_the_detail_alone() -> None:
    out = ball("a", *BOWLED, wickets=[{"kind": "run out", "playerOut": "Bea"}])
    assert values(tables("cricket", [out])["batting.1"], "Bea")["dismissal"] == "run out"


def test_who_retired_hurt_may_come_back() -> None:
    hurt = ball("a", *BOWLED, ("player_out", "Ann"), wickets=[{"kind": "retired hurt"}])
    back = ball("b", *BOWLED, batterRuns=1)
    assert values(tables("cricket", [hurt, back])["batting.1"], "Ann")["dismissal"] == "not out"


def test_a_red_card_ends_the_minutes() -> None:
    setup = Setup(
        Side("red", "Reds", (Player("ann", "Ann", starter=True), Player("bea", "Bea", starter=False))), SETUP.away
    )
    ops = [
        event("a", "card", 1, "red", players=by(("player", "Ann")), detail={"card": "second_yellow"},
              clock=NewEventClock(display="31'", played_s=1800)),
        event("z", "period_end", 2),
    ]  # fmt: skip
    found = tables("football", ops, setup)["players.red"]
    assert [(row.name, row.values["minutes"], row.values["redCards"]) for row in found.rows] == [("Ann", 30, 1)]


def test_a_cancelled_goal_is_nobodys() -> None:
    goal = event("a", "goal", 1, "red", players=by(("scorer", "Ann"), ("assist", "Bea")))
    assert values(tables("football", [goal])["players.red"], "Ann")["goals"] == 1
    gone = msgspec.structs.replace(goal, revision=1, confirmation="cancelled")
    assert tables("football", [goal, gone])["players.red"].rows == []


def test_basketball_counts_for_both_sides() -> None:
    ops = [
        event("a", "shot", 1, "red", players=by(("shooter", "Ann"), ("assist", "Bea")),
              detail={"made": True, "points": 3}),
        event("b", "shot", 1, "red", players=by(("shooter", "Ann"), ("block", "Zoe")), detail={"made": False}),
        event("c", "turnover", 1, "red", players=by(("player", "Bea"), ("steal", "Zoe"))),
        event("d", "foul", 1, "blue", players=by(("offender", "Zoe")), detail={"kind": "technical"}),
        event("e", "rebound", 1, "red"),
        event("f", "turnover", 1, "red"),
    ]  # fmt: skip
    found = tables("basketball", ops)
    red, zoe = found["players.red"], values(found["players.blue"], "Zoe")
    assert (values(red, "Ann")["points"], values(red, "Ann")["threes"], values(red, "Bea")["assists"]) == (3, "1-1", 1)
    assert (zoe["blocks"], zoe["steals"], zoe["fouls"]) == (1, 1, 0)
    assert (red.totals[0].values["turnovers"], red.totals[0].values["rebounds"]) == (2, 0)


def point(order: str, winner: str, server: str | None = None, result: str | None = None, **more: Any) -> EventOp:
    detail = {key: value for key, value in (("serverId", server), ("result", result)) if value is not None}
    return event(order, "point", 1, winner, detail=detail, **more)


def test_tennis_knows_who_broke() -> None:
    ops = [
        point("a", "red", "blue"),
        point("b", "red"),
        point("c", "blue", result="ace"),
        point("d", "red", result="double_fault"),
        point("e", "red"),
        point("f", "red", result="ace"),
    ]
    found = tables("tennis", ops)["match"]
    red, blue = values(found, "red"), values(found, "blue")
    assert (red["breaks"], red["gamesWon"], red["pointsWon"], red["aces"]) == (1, 1, 5, 1)
    assert (red["servicePoints"], red["servicePointsWon"]) == (1, 1)
    assert (blue["aces"], blue["doubleFaults"], blue["servicePoints"], blue["servicePointsWon"]) == (1, 1, 5, 1)


def test_doubles_name_the_server() -> None:
    ace = point("a", "red", "red", "ace", players=by(("server", "Ann")))
    assert values(tables("tennis", [ace])["players"], "Ann")["aces"] == 1


def test_points_after_the_end_are_not_counted() -> None:
    ops = [event(f"{n:03d}", "point", 1 + n // 24, "red") for n in range(60)]
    assert values(tables("tennis", ops[:48], setup_with(bestOf=3))["match"], "red")["pointsWon"] == 48
    late = [*ops[:48], event("900", "point", 3, "blue")]
    assert values(tables("tennis", late)["match"], "blue")["pointsWon"] == 0


def test_one_player_alone() -> None:
    match = simulate("cricket", seed=3, start=Instant(1_700_000_000_000))
    groups = list(tables_of(match).values())
    someone = groups[1].rows[0].player_id
    found = only(groups, someone)
    assert {row.player_id for group in found for row in group.rows} == {someone}
    assert all(not group.totals for group in found)
    assert only(groups, "nobody") == []


@given(sport=st.sampled_from(SIMULATED), seed=st.integers(0, 50), order=st.integers(0, 2**32))
@settings(max_examples=15, deadline=None)
def test_statistics_and_score_agree_whatever_the_order(sport: Sport, seed: int, order: int) -> None:
    match = simulate(sport, seed=seed, start=Instant(1_700_000_000_000))
    setup = setup_of(match.create.competitors, match.create.config)
    shuffled = match.ops + match.ops[::7]
    random.Random(order).shuffle(shuffled)  # noqa: S311 - replayable
    assert tables(sport, shuffled, setup) == tables(sport, match.ops, setup)
    scores = fold(RULES[sport], setup, newest(match.ops).values()).state.scores
    key = {"football": "goals", "basketball": "points", "cricket": "runs"}[sport]
    sums = dict.fromkeys(setup.ids, 0)
    for group in tables(sport, match.ops, setup).values():
        for total in group.totals[-1:] if group.key != "sides" else []:
            sums[total.competitor_id] += int(total.values[key])
    assert sums == scores
