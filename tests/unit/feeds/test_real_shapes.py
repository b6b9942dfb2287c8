"""Whole answers as the providers send them, of invented teams: mostly what we do not read, and nulls in the rest."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from feeds.adapter import Batch
from feeds.providers.espn import Espn
from feeds.providers.sportradar import Sportradar
from feeds.providers.thesportsdb import TheSportsDb
from scoring.model import Sport
from scoring.sports.shared.state import Folded
from tests.support.feed_fixtures import SR, sr_event, target
from tests.unit.feeds.test_adapters import nowhere, read, shown

HOME, AWAY = "9001", "9002"


def links(what: str) -> list[dict[str, Any]]:
    return [
        {
            "rel": [what, "desktop", "event"],
            "href": f"https://www.example.com/{what}",
            "text": what,
            "isExternal": False,
        }
    ]


def team(team_id: str, **more: Any) -> dict[str, Any]:
    return {
        "id": team_id, "uid": f"s:600~t:{team_id}", "location": "Port Anselm", "name": "Rovers", "abbreviation": "PAR",
        "displayName": f"Rovers {team_id}", "shortDisplayName": "Rovers", "color": "00ff00", "alternateColor": None,
        "isActive": True, "logo": f"https://img.example.com/{team_id}.png", "links": links("clubhouse"),
        "venue": {"id": "3"}, **more,
    }  # fmt: skip


def side(team_id: str, score: object, **more: Any) -> dict[str, Any]:
    home = team_id == HOME
    return {
        "id": team_id, "uid": f"s:600~t:{team_id}", "type": "team", "order": 1 - home,
        "homeAway": "home" if home else "away", "winner": None, "form": "WWDLW", "score": score, "linescores": None,
        "statistics": [{"name": "appearances", "abbreviation": "APP", "displayValue": "0"}],
        "records": [{"name": "All Splits", "type": "total", "summary": "8-2-1", "abbreviation": "Total"}],
        "leaders": None, "team": team(team_id), **more,
    }  # fmt: skip


def status(name: str, state: str, period: object, **more: Any) -> dict[str, Any]:
    return {
        "clock": 5400.0, "displayClock": "90'+4'", "period": period, "addedClock": 4.0,
        "type": {"id": "28", "name": name, "state": state, "completed": state == "post", "description": "Full Time",
                 "detail": "FT", "shortDetail": "FT", **more},
    }  # fmt: skip


def board(event_status: object, *sides: dict[str, Any], sport: str = "soccer") -> dict[str, Any]:
    """A scoreboard with the match among others."""
    competition = {
        "id": "77", "uid": f"s:600~e:77~c:77~{sport}", "date": "2026-11-21T18:30Z", "startDate": "2026-11-21T18:30Z",
        "attendance": 0, "timeValid": True, "recent": True, "neutralSite": False, "conferenceCompetition": None,
        "status": event_status, "venue": {"id": "5", "fullName": "Park", "address": {"city": "Anselm", "state": None}},
        "format": {"regulation": {"periods": 2}}, "notes": [], "geoBroadcasts": [], "broadcasts": None, "odds": [None],
        "competitors": list(sides), "headlines": None,
        "details": [
            {"type": {"id": "70", "text": "Goal"}, "clock": {"value": 2880.0, "displayValue": "45'+3'"},
             "team": {"id": HOME}, "scoreValue": 1, "scoringPlay": True, "redCard": False, "yellowCard": False,
             "penaltyKick": False, "ownGoal": False, "shootout": False, "athletesInvolved": None},
        ],
    }  # fmt: skip
    others = [
        {"id": str(n), "name": "Others", "competitions": [{**competition, "id": str(n)}], "status": event_status}
        for n in range(30)
    ]
    return {
        "leagues": [{"id": "700", "name": "Coastal", "slug": "coa.1", "calendar": ["2026-08"]}],
        "season": {"type": 1, "year": 2026}, "day": {"date": "2026-11-21"}, "provider": None,
        "events": [
            *others, {"id": 77, "uid": "s:600~e:77", "date": None, "name": "B at A", "shortName": "B @ A",
                      "competitions": [competition], "status": event_status, "links": links("x")},
        ],
    }  # fmt: skip


def espn(message: object, sport: Sport = "football", *, scores: bool = False) -> tuple[Folded, Batch]:
    adapter = Espn(target(sport, league="coa.1", coverage="score" if scores else "events"), nowhere())
    return read(adapter, message)


def test_a_soccer_scoreboard_after_a_shoot_out() -> None:
    lines = [{"displayValue": "0", "value": 0.0}, {"value": 1.0}, {"value": 1}, {"value": 0.0}, {"value": 4.0}]
    sides = (side(HOME, "2", shootoutScore=4, winner=True, linescores=lines), side(AWAY, "2", shootoutScore=2))
    state, batch = espn(board(status("STATUS_FINAL_PEN", "post", 5), *sides), scores=True)
    assert shown(state) == ("ended", "2 (4)", "2 (2)")
    assert state.outcome is not None
    assert (state.outcome.winner_id, state.outcome.by) == ("red", "penalties")
    assert [period.scores["red"] for period in state.periods] == [0, 1, 1, 0, 4]
    assert batch.stated == {"red": 2, "blue": 2}


@pytest.mark.parametrize("score", ["3", 3, 3.0, {"value": 3.0, "displayValue": "3"}, {"displayValue": "3"}])
def test_a_score_in_every_form(score: object) -> None:
    for lines in (None, [], "rubbish", [{"value": 1.0}], [None, {"value": 2}], [{"period": 2, "value": 3}]):
        sides = (side(HOME, score, linescores=lines), side(AWAY, "0"))
        state, _ = espn(board(status("STATUS_SECOND_HALF", "in", "2"), *sides), scores=True)
        assert shown(state) == ("live", "3", "0")


def test_a_line_that_cannot_be_read_moves_no_other() -> None:
    lines = [{"value": 30.0}, {"value": "thirty"}, {"value": 25.0}, {"value": 20.0}]
    other = [{"value": 20.0, "period": n} for n in (1, 2, 3, 4)]
    sides = (side(HOME, "100", linescores=lines), side(AWAY, "80", linescores=other))
    state, batch = espn(board(status("STATUS_FINAL", "post", 4), *sides), "basketball", scores=True)
    assert shown(state) == ("ended", "100", "80")
    assert [period.scores["red"] for period in state.periods] == [30, 0, 25, 45]
    assert batch.skipped == {"unreadable line score": 1}


def cricket_line(period: int, runs: int, wickets: int, overs: object, **more: Any) -> dict[str, Any]:
    return {
        "period": period, "wickets": wickets, "runs": runs, "overs": overs, "isBatting": runs > 0 or overs != 0,
        "fours": 3, "sixes": None, "description": "complete", "target": 0, "followOn": 0, **more,
    }  # fmt: skip


FIRST = cricket_line(1, 184, 7, 20.0)


@pytest.mark.parametrize(
    ("lines", "in_play", "expected", "detail"),
    [
        (([FIRST], [cricket_line(1, 0, 0, 0)]), 1, ("live", "184/7", "-"), None),
        (([FIRST, cricket_line(2, 0, 0, 0)], [cricket_line(1, 0, 0, 0), cricket_line(2, 60, 3, "7.4", target=185)]), 2,
         ("live", "184/7", "60/3"), "Blues need 125 runs from 74 balls"),
        (([{**FIRST, "period": "1"}, None], [{"period": 2, "runs": "60", "wickets": "3", "overs": "7.4"}, "rain"]), 2,
         ("live", "184/7", "60/3"), "Blues need 125 runs from 74 balls"),
        ((None, None), 1, ("live", "184", "60"), None),
    ],
)  # fmt: skip
def test_a_cricket_scoreboard(
    lines: tuple[Any, Any], in_play: int, expected: tuple[str, str, str], detail: str | None
) -> None:
    home = side(HOME, 184 if lines[0] is None else "184/7 (20 ov)", linescores=lines[0])
    away = side(AWAY, 60 if lines[1] is None else "60/3 (7.4/20 ov, target 185)", linescores=lines[1])
    message = board(status("STATUS_IN_PROGRESS", "in", in_play), home, away, sport="cricket")
    adapter = Espn(replace(target("cricket", league="8048"), config={"overs": 20}), nowhere())
    state, _ = read(adapter, message, config={"overs": 20})
    assert shown(state) == expected
    assert state.status_detail == detail


def test_a_cricket_scoreboard_at_the_end_after_rain() -> None:
    second = cricket_line(2, 111, 6, 14.0, target=120)
    ended = {**status("STATUS_FINAL", "post", 2), "summary": "Reds won by 8 runs (DLS method)"}
    home = side(HOME, "184/7", linescores=[FIRST], winner="true")
    message = board(ended, home, side(AWAY, "111/6", linescores=[second], winner="false"), sport="cricket")
    state, _ = read(Espn(target("cricket", league="8048"), nowhere()), message, config={"overs": 20})
    assert shown(state) == ("ended", "184/7", "111/6")
    assert state.outcome is not None
    assert (state.outcome.text, state.outcome.winner_id) == ("Reds won by 8 runs (DLS method)", "red")
    assert state.periods[1].detail is not None
    assert (state.periods[1].detail.target, state.periods[1].detail.overs) == (120, "14")


def test_a_tennis_match_within_its_tournament() -> None:
    def player(who: str, *sets: Any) -> dict[str, Any]:
        return {**side(who, None, linescores=list(sets)), "athlete": {"displayName": "A. Player"}, "team": None}

    def won(games: float, tie_break: object = None) -> dict[str, Any]:
        return {"value": games, "tiebreak": tie_break, "winner": games > 5}

    home, away = player(HOME, won(6), won(6.0, 4), won(3)), player(AWAY, won(4), won(7, "7"), won(5))
    match = {"id": "77", "status": status("STATUS_IN_PROGRESS", "in", 3), "competitors": [home, away], "round": None}
    groups = [
        None,
        {"grouping": {"id": "1"}, "competitions": None},
        {"competitions": [{**match, "id": 76}, None, match]},
    ]
    message = {"events": [{"id": "411", "name": "Coastal Open", "groupings": groups}, {"id": "412", "groupings": None}]}
    state, batch = espn(message, "tennis")
    assert shown(state) == ("live", "6 6(4) 3", "4 7 5")
    assert batch.skipped == {"unreadable grouping": 1, "unreadable competition": 1}
    over = {**match, "status": status("STATUS_FINAL", "post", 3), "competitors": [
        player(HOME, won(6), won(6.0, 4), won(3)), player(AWAY, won(4), won(7, "7"), won(6)),
    ]}  # fmt: skip
    state, _ = espn({"events": [{"id": "411", "groupings": [{"competitions": [over]}]}]}, "tennis")
    assert state.status == "ended"
    assert state.outcome is not None
    assert state.outcome.winner_id == "blue"


def summary(match_status: object, *sides: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "boxscore": {"teams": [{"team": team(HOME), "statistics": [{"name": "fouls", "displayValue": "9"}]}]},
        "format": {"regulation": {"periods": 2}}, "gameInfo": {"venue": None, "attendance": 4000},
        "headToHeadGames": [], "leaders": [], "broadcasts": None, "pickcenter": [{"provider": {"id": "41"}}],
        "rosters": [{"homeAway": "home", "roster": [{"active": True, "athlete": {"id": "1"}, "stats": None}]}],
        "news": {"articles": []}, "videos": [], "standings": {"groups": []},
        "header": {
            "id": "77", "uid": "s:600~e:77", "season": {"year": 2026}, "timeValid": True, "links": links("x"),
            "competitions": [
                {"id": "77", "date": "2026-11-21T18:30Z", "neutralSite": None, "boxscoreAvailable": True,
                 "competitors": list(sides), "status": match_status, "broadcasts": []},
                None,
            ],
        },
        **more,
    }  # fmt: skip


def key_event(number: int, kind: str, text: str, period: int, seconds: float, team_id: str | None, **more: Any) -> Any:
    return {
        "id": str(4_000 + number), "type": {"id": "70", "text": text, "type": kind}, "text": f"{text}. Rovers 1.",
        "shortText": f"A. Player {text}", "period": {"number": period}, "source": {"id": "1", "description": "feed"},
        "clock": {"value": seconds, "displayValue": f"{int(seconds // 60) + 1}'"}, "scoringPlay": "Goal" in text,
        "wallclock": None, "shootout": False,
        "team": None if team_id is None else {"id": int(team_id), "displayName": "R"},
        "participants": [{"athlete": {"id": 31, "displayName": "A. Player"}}, {"athlete": None}, None], **more,
    }  # fmt: skip


KEY_EVENTS = [
    key_event(1, "kickoff", "Kickoff", 1, 0, None),
    key_event(2, "goal", "Goal", 1, 120, HOME),
    key_event(3, "goal---free-kick", "Goal - Free-kick", 1, 900, AWAY),
    key_event(4, "goal-kick", "Goal Kick", 1, 1_000, AWAY),
    key_event(5, "var---goal-cancelled", "VAR - Goal Cancelled", 1, 1_200, HOME),
    key_event(6, "disallowed-goal", "Disallowed Goal", 1, 1_300, HOME),
    key_event(7, "yellow-card", "Yellow Card", 1, 1_400, HOME, participants=None),
    key_event(8, "halftime", "Halftime", 1, 2_700, None),
    key_event(9, "own-goal", "Own Goal", 2, 3_000, HOME, ownGoal=True),
    key_event(10, "penalty---missed", "Penalty - Missed", 2, 4_000, AWAY),
    key_event(11, "substitution", "Substitution", 2, 4_100, AWAY, clock=None),
    {"id": "4100", "type": None, "period": None},
    None,
]


@pytest.mark.parametrize(("home", "away"), [("2", "1"), ("1", "2")])
def test_a_soccer_summary_whichever_side_an_own_goal_is_put_down_to(home: str, away: str) -> None:
    message = summary(status("STATUS_SECOND_HALF", "in", 2), side(HOME, home), side(AWAY, away), keyEvents=KEY_EVENTS)
    state, batch = espn(message)
    assert shown(state) == ("live", home, away)
    assert sum(op.type == "goal" for op in batch.ops) == 3
    assert batch.skipped["type:goal-kick"] == batch.skipped["type:disallowed-goal"] == 1
    assert next(op for op in batch.ops if op.type == "card").detail == {"card": "yellow"}
    assert batch.complete


def test_a_soccer_shoot_out_kick_by_kick() -> None:
    kicks = [
        key_event(50 + n, "penalty---scored" if hit else "penalty---saved", "Penalty", 5, 7_200, who, shootout=True,
                  scoringPlay=hit)
        for n, (who, hit) in enumerate([(HOME, True), (AWAY, True), (HOME, True), (AWAY, False)])
    ]  # fmt: skip
    sides = (side(HOME, "2", shootoutScore=2), side(AWAY, "1", shootoutScore=1))
    state, _ = espn(summary(status("STATUS_FINAL_PEN", "post", 5), *sides, keyEvents=[*KEY_EVENTS, *kicks]))
    assert shown(state) == ("ended", "2 (2)", "1 (1)")


@pytest.mark.parametrize("broken", [None, "over", [], {"type": "STATUS_FINAL"}, {"period": "second"}])
def test_a_status_that_cannot_be_read_takes_nothing_back(broken: object) -> None:
    whole = summary(status("STATUS_FULL_TIME", "post", 2), side(HOME, "2"), side(AWAY, "1"), keyEvents=KEY_EVENTS)
    odd = summary(broken, side(HOME, "2"), side(AWAY, "1"), keyEvents=KEY_EVENTS)
    adapter = Espn(target(league="coa.1"), nowhere())
    state, batch = read(adapter, whole, odd, odd, odd)
    assert shown(state) == ("ended", "2", "1")
    assert not batch.complete


def test_a_whole_game_of_the_nba() -> None:
    plays, score = [], {HOME: 0, AWAY: 0}
    kinds = [
        ("Jump Shot", 2, True),
        ("Layup Shot", 2, True),
        ("3pt Jump Shot", 3, True),
        ("Defensive Rebound", 0, False),
    ]
    for period in (1, 2, 3, 4, 5):
        for n in range(90 if period < 5 else 30):
            text, value, shooting = kinds[n % 4]
            who, made = (HOME, AWAY)[n % 2 == period % 2], shooting and n % 3 > 0
            score[who] += value if made else 0
            plays.append({
                "id": f"77{period}{n:03d}", "sequenceNumber": n + period * 100, "type": {"id": "92", "text": text},
                "text": f"Player {text}", "awayScore": score[AWAY], "homeScore": score[HOME],
                "period": {"number": str(period), "displayValue": "Quarter"},
                "clock": {"displayValue": f"{11 - n // 9}:{n % 60:02d}" if n < 80 else f"{n % 60}.{n % 10}"},
                "scoringPlay": made, "scoreValue": value if made else 0, "team": {"id": who}, "wallclock": None,
                "participants": [{"athlete": {"id": "31"}}], "shootingPlay": shooting, "coordinate": {"x": -214748340},
            })  # fmt: skip
    sides = (side(HOME, str(score[HOME])), side(AWAY, str(score[AWAY])))
    state, batch = espn(summary(status("STATUS_FINAL", "post", 5), *sides, plays=plays), "basketball")
    assert shown(state) == ("ended", str(score[HOME]), str(score[AWAY]))
    assert batch.stated == {"red": score[HOME], "blue": score[AWAY]}
    assert [period.type for period in state.periods] == ["regular"] * 4 + ["overtime"]
    assert (batch.complete, batch.skipped) == (True, {})


@pytest.mark.parametrize("rubbish", [None, "later", {}, {"0": {}}, 5])
def test_plays_that_are_no_list_are_counted_and_take_nothing_back(rubbish: Any) -> None:
    whole = summary(status("STATUS_SECOND_HALF", "in", 2), side(HOME, "2"), side(AWAY, "1"), keyEvents=KEY_EVENTS)
    adapter = Espn(target(league="coa.1"), nowhere())
    state, batch = read(adapter, whole, {**whole, "keyEvents": rubbish}, {**whole, "keyEvents": rubbish})
    assert (shown(state), batch.complete) == (("live", "2", "1"), False)


def test_a_sportradar_timeline_with_nulls_and_texts_for_numbers() -> None:
    goal = sr_event(
        100, "score_change", "20:12", competitor="home", period="1", period_type="regular_period", method=None,
        home_score="1", away_score="0", x=93, y=None, stoppage_time=None, updated=None, commentaries=None,
        players=[{"id": "sr:player:1", "name": "One, A.", "type": "scorer"}, {"id": None, "name": "Two"}, None],
    )  # fmt: skip
    message = {
        "generated_at": "2026-11-21T18:40:00+00:00",
        "sport_event": {"id": SR, "start_time": None, "competitors": [{"id": "sr:competitor:1", "qualifier": "home"}],
                        "sport_event_context": {"season": {"id": "sr:season:1", "name": "26/27"}, "stage": None}},
        "sport_event_status": {
            "status": "live", "match_status": "1st_half", "home_score": "1", "away_score": 0, "winner_id": None,
            "period_scores": [{"home_score": "1", "away_score": "0", "type": "regular_period", "number": "1"}, None],
            "clock": {"played": "20:12", "stoppage_time_played": None}, "ball_locations": None,
        },
        "timeline": [sr_event(1, "match_started"), goal, None, "rubbish", {"id": 5}],
        "statistics": {"totals": {"competitors": None}},
    }  # fmt: skip
    adapter = Sportradar(target(external_id=SR), nowhere(), "key")
    state, batch = read(adapter, message)
    assert shown(state) == ("live", "1", "0")
    assert (batch.stated, batch.complete) == ({"red": 1, "blue": 0}, True)
    assert batch.skipped["unreadable event"] == 3
    for timeline in (None, {}, "x", []):
        state, batch = read(adapter, message, {**message, "timeline": timeline}, {**message, "timeline": timeline})
        assert (shown(state), batch.complete) == (("live", "1", "0"), False)


def test_thesportsdb_in_both_versions() -> None:
    event = {
        "idEvent": 77, "idSoccerXML": None, "idAPIfootball": "990", "strEvent": "Reds vs Blues", "strSport": "Soccer",
        "idLeague": "4328", "strSeason": "2026-2027", "strHomeTeam": "Reds", "intHomeScore": 2, "intRound": "12",
        "intAwayScore": "1", "intSpectators": None, "strStatus": "FT", "strProgress": None, "strPostponed": None,
        "strTimestamp": "2026-11-21T18:30:00", "strThumb": "", "strVideo": None, "updated": None,
    }  # fmt: skip
    for name in ("events", "lookup", "livescore"):
        adapter = TheSportsDb(target(), nowhere(), "key")
        others = [{**event, "idEvent": "76"}, None, {"strEvent": "nobody"}]
        state, batch = read(adapter, {"events": None, "Message": None, name: [*others, event]})
        assert shown(state) == ("ended", "2", "1")
        assert batch.skipped == {"unreadable event": 2}
