"""A file that Wyscout could have: an invented cup tie with extra time and a shoot-out."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from feeds.files import read_file
from feeds.files.recording import FileMatch
from feeds.lenient import Skipped
from kit.contracts import decode, encode_rest
from kit.errors import InvalidPayload
from scoring.model import EventOp
from scoring.sports.shared.state import Folded
from tests.support.samples import state_of

RED, BLUE = 11, 22
GOAL, OWN, ASSIST, LEFT, HEAD, YELLOW, SECOND, ACCURATE, MISSED = 101, 102, 301, 401, 403, 1702, 1703, 1801, 1802
_id = 900


def happened(period: str, second: float, name: str, sub: str, team: int, player: int, *tags: int) -> dict[str, Any]:
    """One event; its ids are unique and in no order, as the real ones."""
    global _id  # noqa: PLW0603 - a running number
    _id += 7 if _id % 2 else -4
    return {
        "eventId": 10, "subEventName": sub, "tags": [{"id": tag} for tag in tags], "playerId": player,
        "positions": [{"y": 41, "x": 94}, {"y": 0, "x": 0}], "matchId": 5001, "eventName": name, "teamId": team,
        "matchPeriod": period, "eventSec": second, "subEventId": 100, "id": _id,
    }  # fmt: skip


def shot(period: str, second: float, team: int, player: int, *tags: int) -> list[dict[str, Any]]:
    """A goal as it is told: on the shot, and once more on the keeper."""
    other, keeper = (BLUE, 2201) if team == RED else (RED, 1101)
    return [
        happened(period, second + 1, "Save attempt", "Reflexes", other, keeper, *tags, MISSED),
        happened(period, second, "Shot", "Shot", team, player, *tags, ACCURATE),
    ]


def kick(second: float, team: int, player: int, *, scored: bool) -> list[dict[str, Any]]:
    other, keeper = (BLUE, 2201) if team == RED else (RED, 1101)
    tags = (GOAL, ACCURATE) if scored else (MISSED,)
    return [
        happened("P", second, "Free Kick", "Penalty", team, player, *tags),
        happened("P", second + 1, "Save attempt", "Save attempt", other, keeper, *tags),
    ]


EVENTS = [
    happened("1H", 1.5, "Pass", "Simple pass", RED, 1109, ACCURATE),
    happened("1H", 600, "Pass", "Cross", RED, 1107, ASSIST, ACCURATE),
    *shot("1H", 603, RED, 1109, GOAL, HEAD),
    happened("1H", 2760.2, "Foul", "Foul", BLUE, 2204, YELLOW),
    happened("2H", 1200, "Others on the ball", "Clearance", RED, 1104, OWN),
    happened("2H", 1800, "Foul", "Hand foul", BLUE, 2204, SECOND),
    happened("2H", 2700, "Free Kick", "Penalty", RED, 1109, MISSED),
    happened("2H", 2880, "Offside", "", BLUE, 2209),
    happened("E1", 300, "Free Kick", "Corner", BLUE, 2207, GOAL, ACCURATE),
    happened("E2", 840, "Shot", "Shot", RED, 0, GOAL, LEFT, ACCURATE),
    *kick(10, RED, 1109, scored=True),
    *kick(60, BLUE, 2209, scored=True),
    *kick(110, RED, 1107, scored=False),
    *kick(160, BLUE, 2207, scored=True),
]


def squad(team: int, substitutions: Any) -> dict[str, Any]:
    players = [{"playerId": team * 100 + n, "assists": "0", "goals": "null", "ownGoals": "0"} for n in range(1, 14)]
    return {"lineup": players[:11], "bench": players[11:], "substitutions": substitutions}


FILE: dict[str, Any] = {
    "match": {
        "status": "Played", "roundId": 1, "gameweek": 0, "seasonId": 3, "dateutc": "2026-11-21 18:30:00",
        "winner": BLUE, "venue": "Caf\\u00e9 Park", "wyId": 5001, "label": "Reds - Blues, 2 - 2 (P)",
        "groupName": "", "referees": [],
        "duration": "Penalties", "competitionId": 28,
        "teamsData": {
            str(team): {
                "scoreET": 2, "scoreP": kicks, "score": 1, "scoreHT": ht, "coachId": 0, "side": side, "teamId": team,
                "hasFormation": 1, "formation": squad(team, subs),
            }
            for team, side, ht, kicks, subs in (
                (BLUE, "away", 0, 2, "null"),
                (RED, "home", 1, 1, [{"playerIn": 1112, "playerOut": 1111, "minute": 104, "assists": "0"}]),
            )
        },
    },
    "events": EVENTS,
    "teams": {
        str(team): {"team": {"name": name, "wyId": team, "city": "", "type": "club"}, "coach": None}
        for team, name in ((RED, "FC R\\u00e9d"), (BLUE, "Blue Bay"))
    },
    "players": {
        str(team): [
            {"playerId": team * 100 + n, "player": {"wyId": team * 100 + n, "shortName": f"P. {team}-{n}",
             "role": {"code2": "MD", "code3": "MID", "name": "Midfielder"}, "foot": None}}
            for n in range(1, 13)
        ] + [{"playerId": team * 100 + 13, "player": None}]
        for team in (RED, BLUE)
    },
}  # fmt: skip


def read(raw: dict[str, Any]) -> tuple[FileMatch, Folded]:
    (match,) = read_file(raw)
    assert decode(encode_rest(match.ops), list[EventOp]) == match.ops
    ordered = sorted(match.ops, key=lambda op: (op.period, op.order_key))
    times = [op.occurred_at.ms for op in ordered]
    assert times == sorted(times)
    return match, state_of(match)


def test_extra_time_and_a_shoot_out() -> None:
    match, folded = read(FILE)
    assert [(p.type, p.scores["11"], p.scores["22"]) for p in folded.periods] == [
        ("regular", 1, 0), ("regular", 0, 1), ("overtime", 0, 1), ("overtime", 1, 0), ("penalties", 1, 2),
    ]  # fmt: skip
    assert folded.displays == {"11": "2 (1)", "22": "2 (2)"}
    assert folded.outcome is not None
    assert folded.outcome.text == "Blue Bay beat FC Réd 2-1 on penalties after a 2-2 draw"
    assert (folded.status, folded.status_detail, folded.outcome.winner_id) == ("ended", "After penalties", "22")
    told = [op.commentary[0].text for op in match.ops]
    for text in (
        "11' Goal! P. 11-9 (head), set up by P. 11-7. FC Réd 1-0 Blue Bay",
        "45+2' Yellow card for P. 22-4 (Blue Bay)",
        "66' Own goal by P. 11-4 (FC Réd). FC Réd 1-1 Blue Bay",
        "76' Second yellow card: off goes P. 22-4 (Blue Bay)",
        "90+1' P. 11-9 (FC Réd) misses the penalty",
        "96' Goal! P. 22-7. FC Réd 1-2 Blue Bay",
        "104' FC Réd bring on P. 11-12 for P. 11-11",
        "120' Goal! Unknown player (left foot). FC Réd 2-2 Blue Bay",
        "P. 11-7 (FC Réd) does not score in the shoot-out",
        "Full time: FC Réd 2-2 Blue Bay (1-2 on penalties)",
    ):
        assert text in told
    assert match.create.venue == "Café Park"
    assert match.ops[-1].stated == {"11": 2, "22": 2}, "after extra time"


def test_the_files_own_score_stands_beside_the_events() -> None:
    raw = copy.deepcopy(FILE)
    raw["events"] = [event for event in EVENTS if event["matchPeriod"] in ("1H", "2H")]
    raw["match"]["duration"] = "Regular"
    raw["match"]["teamsData"]["11"]["score"] = 2
    _, folded = read(raw)
    assert folded.stated is not None
    assert (folded.stated.stated, folded.stated.folded) == ({"11": 2, "22": 1}, {"11": 1, "22": 1})


def test_a_substitution_after_the_last_event_belongs_to_its_period() -> None:
    raw = copy.deepcopy(FILE)
    raw["events"] = [event for event in EVENTS if event["matchPeriod"] == "1H"]
    match, _ = read(raw)
    (change,) = (op for op in match.ops if op.type == "substitution")
    assert (change.period, change.clock.display if change.clock else None) == (1, "45+59'")


def test_a_match_without_line_ups_or_that_is_not_over() -> None:
    raw = copy.deepcopy(FILE)
    for side in raw["match"]["teamsData"].values():
        side["formation"] = {"lineup": "null", "bench": "null", "substitutions": "null"}
    raw["match"]["teamsData"]["22"]["formation"] = None
    raw["match"]["status"] = "Suspended"
    match, folded = read(raw)
    assert folded.status == "break"
    assert all(not competitor.lineup for competitor in match.create.competitors)


@pytest.mark.parametrize(
    ("field", "value", "why"),
    [("match", None, "match"), ("events", [happened("H1", 1, "Pass", "", RED, 1)], "matchPeriod 'H1'"),
     ("events", [happened("1H", 1, "Pass", "", 33, 1)], "team 33"), ("teams", {}, "no entry 11"),
     ("events", [happened("1H", -5, "Pass", "", RED, 1)], "eventSec")],
)  # fmt: skip
def test_what_is_wrong_is_named(field: str, value: Any, why: str) -> None:
    with pytest.raises(InvalidPayload, match=why):
        read_file({**FILE, field: value})
    with pytest.raises(InvalidPayload, match="`match`"):
        read_file({name: part for name, part in FILE.items() if name != "match"})


def regular(events: list[dict[str, Any]]) -> dict[str, Any]:
    """A match of two halves that ended 2-1, 1-0 at half-time."""
    raw = copy.deepcopy({**FILE, "events": events})
    raw["match"]["duration"] = "Regular"
    for team, score in ((RED, 2), (BLUE, 1)):
        raw["match"]["teamsData"][str(team)] |= {"score": score, "scoreET": 0, "scoreP": 0}
    return raw


def test_a_goal_that_is_tagged_on_the_keeper_alone_is_in_the_stated_score() -> None:
    first = shot("1H", 603, RED, 1109, GOAL, HEAD)
    keeper_alone = shot("2H", 100, BLUE, 2209, GOAL)[:1]
    match, folded = read(regular([*first, *keeper_alone, *shot("2H", 900, RED, 1109, GOAL)]))
    assert (list(folded.displays.values()), folded.score_stated) == (["2", "1"], True)
    assert [list(period.scores.values()) for period in folded.periods] == [[1, 0], [1, 1]]
    assert match.ops[-1].commentary[0].text == "Full time: FC Réd 2-1 Blue Bay"
    assert folded.outcome is not None
    assert folded.outcome.winner_id == str(RED)


@pytest.mark.parametrize("bad", [None, 5, {}, {"id": 1}, {"eventSec": -1}, {"matchPeriod": "3H"}, {"teamId": 99}])
def test_a_bad_event_and_null_players_cost_the_others_nothing(bad: Any) -> None:
    good = shot("1H", 603, RED, 1109, GOAL, HEAD)
    entry = {**good[1], **bad} if isinstance(bad, dict) and len(bad) == 1 and "id" not in bad else bad
    raw, skipped = regular([*good, entry]), Skipped()
    raw["players"][str(RED)] += [None, {"player": None}, {"player": {}}, 7]
    raw["players"]["x"] = None
    (match,) = read_file(raw, skipped)
    assert match.ops == read(regular(good))[0].ops
    assert skipped.count >= 3
