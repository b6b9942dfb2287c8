"""Play-by-play in the shape of the Lakers' data: games of invented teams that take longer than four quarters."""

from __future__ import annotations

from typing import Any

import pytest

from feeds.files import read_file
from feeds.files.recording import FileMatch
from kit.contracts import decode, encode_rest
from kit.errors import InvalidPayload
from matches.storage.views import setup_of
from scoring.model import EventOp
from scoring.projection import newest, statistics
from scoring.sports import RULES
from tests.support.samples import state_of


def play(period: int, time: str, etype: str, team: str = "RED", **more: Any) -> dict[str, Any]:
    return {"period": period, "time": time, "etype": etype, "team": team, "player": f"Player {team}", **more}


def made(period: int, time: str, team: str, points: int, kind: str = "jump") -> dict[str, Any]:
    return play(period, time, "shot", team, result="made", points=points, type="3pt" if points == 3 else kind)


def game(*plays: dict[str, Any], **more: Any) -> dict[str, Any]:
    numbered = [{"n": n, **one} for n, one in enumerate(plays, 1)]
    return {"date": "2026-11-21", "lakers": "RED", "opponent": "BLU", "league": "NBA", "plays": numbered, **more}


def read(raw: dict[str, Any]) -> FileMatch:
    (match,) = read_file(raw)
    assert decode(encode_rest(match.ops), list[EventOp]) == match.ops
    return match


AND_ONE = [
    made(1, "11:00", "RED", 2, "layup"),
    play(1, "11:00", "foul", "BLU", type="shooting"),
    play(1, "11:00", "free throw", "RED", result="made", points=1),
]
TECHNICAL = [
    play(2, "06:00", "foul", "RED", type="technical"),
    play(2, "06:00", "free throw", "BLU", result="missed", type="technical"),
    play(2, "05:00", "free throw", "BLU", result="made", points=1),
    made(3, "00:30", "BLU", 2),
]


@pytest.mark.parametrize(("overtimes", "name"), [(1, "OT"), (2, "2OT")])
def test_overtimes_and_ones_and_technicals(overtimes: int, name: str) -> None:
    level = [made(4 + n, "02:00", side, 2) for n in range(1, overtimes) for side in ("RED", "BLU")]
    last = 4 + overtimes
    shots = [made(last, "03:10", "RED", 3), play(last, "00:01", "shot", "BLU", result="missed", type="3pt")]
    off = [play(last, "00:00", "timeout", "OFF", player=None, type="official")]
    match = read(game(*AND_ONE, *TECHNICAL, play(4, "00:10", "ejection", "BLU"), *level, *shots, *off))
    folded = state_of(match)
    both = 2 * (overtimes - 1)
    assert folded.displays == {"RED": str(6 + both), "BLU": str(3 + both)}
    assert [period.type for period in folded.periods] == ["regular"] * 4 + ["overtime"] * overtimes
    assert folded.outcome is not None
    assert folded.outcome.text == f"RED beat BLU {6 + both}-{3 + both} after overtime"
    assert (folded.status_detail, folded.clock.display if folded.clock else "") == (
        "Final, after overtime", f"{name} 00:00",
    )  # fmt: skip
    setup = setup_of(match.create.competitors, match.create.config)
    red, blue = statistics(RULES["basketball"], setup, newest(match.ops).values())
    assert red.totals[0].values["points"] == 6 + both
    assert (red.totals[0].values["fouls"], blue.totals[0].values["freeThrows"]) == (0, "1-2")
    assert "OT 00:01 Player BLU (BLU) misses a three-pointer" in [
        op.commentary[0].text.removeprefix("2") for op in match.ops
    ]


def test_an_away_game_and_plays_out_of_order() -> None:
    raw = game(*AND_ONE, *TECHNICAL, game_type="away")
    raw["plays"].reverse()
    match = read(raw)
    assert [side.id for side in match.create.competitors] == ["BLU", "RED"]
    assert state_of(match).displays == {"RED": "3", "BLU": "3"}


@pytest.mark.parametrize(
    ("wrong", "why"),
    [({"opponent": "RED"}, "two teams"), ({"date": "yesterday"}, "not a date"), ({"plays": [{"n": 1}]}, "period"),
     ({"plays": [{"n": 1, **play(0, "1:00", "foul")}]}, "from 1"),
     ({"plays": [{"n": 1, **play(1, "12", "foul")}]}, "game clock")],
)  # fmt: skip
def test_a_file_that_contradicts_itself_is_refused(wrong: dict[str, Any], why: str) -> None:
    with pytest.raises(InvalidPayload, match=why):
        read_file(game(*AND_ONE, **wrong) if "plays" not in wrong else {**game(), **wrong})


def test_nothing_played_is_a_fixture() -> None:
    match = read(game())
    assert (match.ops, state_of(match).status) == ([], "scheduled")
