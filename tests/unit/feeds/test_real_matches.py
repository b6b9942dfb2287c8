"""Real matches come to their real scores; damaged files are refused in one sentence."""

from __future__ import annotations

import json

import pytest

from feeds.files import detect, read_file
from feeds.files.cricsheet import surname
from feeds.files.openfootball import RawGoal, kick_off, when
from feeds.files.recording import FileMatch, abbreviate, slug
from feeds.lenient import Skipped
from kit.contracts import decode, encode_rest
from kit.errors import InvalidPayload
from scoring.model import CreateMatch, EventOp
from tests.harness import ROOT
from tests.support.samples import changed, real_file, real_matches, state_of

ALL = [
    "cricket/cricsheet_1144530*", "cricket/cricsheet_1278673*", "football/wyscout_2058003*",
    "football/wyscout_2058017*", "football/openfootball_worldcup_2018*", "football/openfootball_worldcup_2022*",
    "football/openfootball_worldcup_2026*", "basketball/lakers_2008-10-28*", "basketball/lakers_2008-12-25*",
]  # fmt: skip
CONTRADICTIONS = {
    ("2018-06-28", "Japan"), ("2018-06-28", "Senegal"), ("2022-12-01", "Japan"), ("2022-12-02", "Serbia"),
    ("2022-12-09", "Netherlands"), ("2026-06-30", "Mexico"),
}  # fmt: skip
"""Matches whose half-time score in the file is none that the minutes of its goals allow."""

SEASONS = [name for name in ALL if "openfootball" in name]


def texts(match: FileMatch) -> list[str]:
    return [line.text for op in match.ops for line in op.commentary]


def test_the_world_cup_final_of_2019() -> None:
    (match,) = real_matches("cricket/cricsheet_1144530*")
    folded = state_of(match)
    innings = [
        (p.type, p.detail.batting_id, p.detail.runs, p.detail.wickets, p.detail.overs)
        for p in folded.periods
        if p.detail
    ]
    assert innings == [
        ("innings", "new-zealand", 241, 8, "50"),
        ("innings", "england", 241, 10, "50"),
        ("super_over", "england", 15, 0, "1"),
        ("super_over", "new-zealand", 15, 1, "1"),
    ]
    assert folded.displays == {"england": "241 (15/0)", "new-zealand": "241/8 (15/1)"}
    assert folded.periods[1].detail is not None
    assert folded.periods[1].detail.target == 242
    assert folded.status == "ended"
    assert folded.outcome is not None
    assert folded.outcome.text == "Match tied (England won the Super Over on boundary count)"
    assert sum(op.type == "ball" for op in match.ops) == 635
    assert sum(op.type == "review" for op in match.ops) == 6
    assert sum(len(op.detail.get("wickets", [])) for op in match.ops) == 19
    assert "6.2 Woakes to Guptill, OUT! Guptill lbw b Woakes 19 (18)" in texts(match)


def test_the_winner_of_a_tied_super_over_is_only_known_from_the_feed() -> None:
    (match,) = real_matches("cricket/cricsheet_1144530*")
    unsaid = [
        op if op.type != "match_end" else EventOp(**{f: getattr(op, f) for f in op.__struct_fields__ if f != "detail"})
        for op in match.ops
    ]
    outcome = state_of(FileMatch(match.create, unsaid)).outcome
    assert outcome is not None
    assert (outcome.text, outcome.winner_id) == ("Match tied", None)


def test_a_twenty20_in_kolkata() -> None:
    (match,) = real_matches("cricket/cricsheet_1278673*")
    folded = state_of(match)
    assert folded.displays == {"india": "184/7", "new-zealand": "111"}
    assert folded.periods[1].detail is not None
    assert folded.periods[1].detail.overs == "17.2"
    assert folded.outcome is not None
    assert (folded.outcome.text, folded.outcome.winner_id) == ("India won by 73 runs", "india")
    assert [side.abbreviation for side in match.create.competitors] == ["IND", "NZ"]


@pytest.mark.parametrize(
    ("file", "score", "halves"),
    [
        ("football/wyscout_2058017*", {"France": "4", "Croatia": "2"}, [[2, 1], [2, 1]]),
        ("football/wyscout_2058003*", {"France": "4", "Argentina": "3"}, [[1, 1], [3, 2]]),
    ],
)
def test_wyscout_counts_each_goal_once(file: str, score: dict[str, str], halves: list[list[int]]) -> None:
    (match,) = real_matches(file)
    folded = state_of(match)
    assert {side.name: folded.displays[side.id] for side in match.create.competitors} == score
    sides = [side.id for side in match.create.competitors]
    assert [[period.scores[side] for side in sides] for period in folded.periods] == halves
    assert sum(op.type == "goal" for op in match.ops) == sum(int(goals) for goals in score.values())


def test_wyscout_tells_the_final_of_2018() -> None:
    (match,) = real_matches("football/wyscout_2058017*")
    lines = texts(match)
    assert "18' Own goal by M. Mandžukić (Croatia). France 1-0 Croatia" in lines
    assert "38' Goal! A. Griezmann (penalty). France 2-1 Croatia" in lines
    assert "65' Goal! K. Mbappé (right foot). France 4-1 Croatia" in lines
    assert "27' Yellow card for N. Kanté (France)" in lines
    assert "55' France bring on S. N'Zonzi for N. Kanté" in lines
    assert {op.type for op in match.ops} == {
        "period_start", "period_end", "match_end", "goal", "shot", "save", "corner", "offside", "foul", "card",
        "substitution",
    }  # fmt: skip


@pytest.mark.parametrize("file", SEASONS)
def test_every_match_of_a_season_comes_to_its_stated_scores(file: str) -> None:
    raw = json.loads(real_file(file).read_bytes())
    found = read_file(raw)
    assert len(found) == len(raw["matches"])
    for stated, match in zip(raw["matches"], found, strict=True):
        folded = state_of(match)
        home, away = (side.id for side in match.create.competitors)
        periods = {period.number: [period.scores[home], period.scores[away]] for period in folded.periods}

        def upto(last: int, periods: dict[int, list[int]] = periods) -> list[int]:
            return [sum(score[side] for number, score in periods.items() if number <= last) for side in (0, 1)]

        score = dict(stated["score"])
        if (stated["date"], stated["team1"]) in CONTRADICTIONS:
            assert upto(1) != score.pop("ht")
        came_to = {"ht": upto(1), "ft": upto(2), "et": upto(4), "p": periods.get(5)}
        assert {name: came_to[name] for name in score} == score, stated
        assert [folded.scores[home], folded.scores[away]] == score.get("et", score["ft"])
        assert folded.status == "ended"


def test_the_final_of_2022_goes_to_penalties() -> None:
    final = real_matches("football/openfootball_worldcup_2022*")[-1]
    folded = state_of(final)
    assert folded.outcome is not None
    assert folded.outcome.text == "Argentina beat France 4-2 on penalties after a 3-3 draw"
    goals = [text for text in texts(final) if "Goal!" in text]
    assert goals[0] == "23' Goal! Lionel Messi (penalty). Argentina 1-0 France"
    assert goals[-1] == "118' Goal! Kylian Mbappé (penalty). Argentina 3-3 France"


@pytest.mark.parametrize(
    ("file", "score", "quarters"),
    [
        ("basketball/lakers_2008-10-28*", {"LAL": "96", "POR": "76"}, [[24, 14], [25, 20], [23, 19], [24, 23]]),
        ("basketball/lakers_2008-12-25*", {"LAL": "92", "BOS": "83"}, [[23, 24], [28, 21], [20, 22], [21, 16]]),
    ],
)
def test_the_lakers_at_home(file: str, score: dict[str, str], quarters: list[list[int]]) -> None:
    (match,) = real_matches(file)
    folded = state_of(match)
    assert folded.displays == score
    assert [list(period.scores.values()) for period in folded.periods] == quarters
    assert folded.clock is not None
    assert folded.clock.display == "Q4 00:00"


@pytest.mark.parametrize("file", ALL)
def test_what_an_adapter_writes_is_what_the_door_accepts(file: str) -> None:
    for match in real_matches(file):
        assert decode(encode_rest(match.create), CreateMatch) == match.create
        assert decode(encode_rest(match.ops), list[EventOp]) == match.ops
        assert len({op.event_id for op in match.ops}) == len(match.ops)
        times = [op.occurred_at.ms for op in match.ops]
        assert times == sorted(times)
        if match.ops:
            assert 1.0 < (times[-1] - times[0]) / 3_600_000 < 10.0
        for op in match.ops:
            assert all("  " not in line.text and "None" not in line.text for line in op.commentary)


@pytest.mark.parametrize("file", ALL)
def test_the_display_order_is_the_order_of_play(file: str) -> None:
    for match in real_matches(file):
        ordered = sorted(match.ops, key=lambda op: (op.period, op.order_key))
        times = [op.occurred_at.ms for op in ordered]
        assert times == sorted(times)


def test_the_time_zone_of_a_fixture() -> None:
    assert kick_off("2018-06-14", "18:00 UTC+3").rfc3339() == "2018-06-14T15:00:00.000Z"
    assert kick_off("2026-06-11", "13:00 UTC-6").rfc3339() == "2026-06-11T19:00:00.000Z"
    assert kick_off("2022-11-20", "19:00").rfc3339() == "2022-11-20T19:00:00.000Z"


@pytest.mark.parametrize(
    ("goal", "expected"),
    [
        (RawGoal(name="x", minute=45, offset=2), (1, 46 * 60 + 30, "45+2'")),
        (RawGoal(name="x", minute="90+3"), (2, 47 * 60 + 30, "90+3'")),
        (RawGoal(name="x", minute="46"), (2, 30, "46'")),
        (RawGoal(name="x", minute=105, offset=1), (3, 15 * 60 + 30, "105+1'")),
        (RawGoal(name="x", minute="92"), (3, 60 + 30, "92'")),
        (RawGoal(name="x", minute="120+5"), (4, 19 * 60 + 30, "120+5'")),
    ],
)
def test_the_minute_of_a_goal(goal: RawGoal, expected: tuple[int, float, str]) -> None:
    assert when(goal) == expected


def test_without_extra_time_minute_92_is_in_the_second_half() -> None:
    assert when(RawGoal(name="x", minute="92"), last=2) == (2, 46 * 60 + 30, "92'")


def test_names() -> None:
    assert [surname(name) for name in ("JC Archer", "C de Grandhomme", "Ishan Kishan")] == [
        "Archer", "de Grandhomme", "Ishan Kishan",
    ]  # fmt: skip
    for row in json.loads((ROOT / "tests/support/short_names.json").read_text()):  # the pages' tests read it too
        assert abbreviate(row["name"]) == row["short"]
        assert abbreviate(row["name"], initials=True) == row["initials"]
    assert [slug(name) for name in ("São Tomé & Príncipe", "日本")] == ["sao-tome-principe", "日本"]


@pytest.mark.parametrize("raw", [None, [], {}, {"name": "x"}, {"foo": 1}, "text"])
def test_an_unknown_file_is_refused(raw: object) -> None:
    with pytest.raises(InvalidPayload, match="not a match file"):
        detect(raw)


def paths(value: object, depth: int = 3, at: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """Where something stands in a file, down to a depth; of a list its first element."""
    found = [at] if at else []
    if depth and isinstance(value, dict):
        for key in list(value)[:12]:
            found += paths(value[key], depth - 1, (*at, key))
    elif depth and isinstance(value, list) and value:
        found += paths(value[0], depth - 1, (*at, 0))
    return found


@pytest.mark.parametrize("file", ALL)
def test_a_damaged_file_is_refused_or_read_but_never_crashes(file: str) -> None:
    raw = json.loads(real_file(file).read_bytes())
    for events in ("events", "plays"):
        if events in raw:
            raw[events] = raw[events][:5]
    for team, squad in raw["players"].items() if "players" in raw else ():
        raw["players"][team] = squad[:3]
    for over in raw.get("innings", []):
        over["overs"] = over["overs"][:1]
    raw["matches"] = raw["matches"][:2] if "matches" in raw else raw.pop("matches", None)
    if raw["matches"] is None:
        del raw["matches"]
    refused = told = 0
    for path in paths(raw, 5):
        for wrong in (None, "wrong", 1.5, [], {}):
            skipped = Skipped()
            try:
                for match in read_file(changed(raw, path, wrong), skipped):
                    state_of(match)
            except InvalidPayload:
                refused += 1
            told += skipped.told() is not None
    assert refused > 5
    assert told > 20
