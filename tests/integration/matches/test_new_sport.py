"""A sport that is one module and one line of the registry is scored, corrected, counted and charted like the others."""

from __future__ import annotations

import msgspec
import pytest

from kit.contracts import Instant
from kit.errors import InvalidPayload
from matches.contracts import CorrectEvent
from matches.service import MatchService
from scoring.model import EventOp, NewEventPlayer
from scoring.sports import RULES
from scoring.sports.shared.rules import SportRules
from tests.support.matches_world import NOW
from tests.support.samples import event, new_match
from tests.support.toy_sport import Quoits

QUOITS = Quoits()


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    """The line in the registry."""
    monkeypatch.setitem(RULES, QUOITS.sport, QUOITS)


def throw(event_id: str, end: int, side: str, *, ringer: bool = False) -> EventOp:
    thrower = NewEventPlayer(id=f"{side}-1", role="thrower", name=f"{side.title()} One")
    detail = {"ringer": ringer, "wind": "north"}
    return event(event_id, "throw", end, side, at=NOW, detail=detail, players=[thrower])


PLAYED = [
    event("00", "period_start", 1, at=NOW),
    throw("01", 1, "red", ringer=True),
    throw("02", 1, "blue"),
    event("03", "period_end", 1, at=NOW),
    throw("04", 2, "blue", ringer=True),
    throw("05", 3, "blue", ringer=True),
    event("06", "match_end", 3, at=NOW),
]


async def play(matches: MatchService) -> str:
    match, new = await matches.create(new_match(QUOITS.sport))
    assert new
    for op in PLAYED:
        items = (await matches.ingest(match.id, [op])).items
        assert [item.result for item in items] == ["applied"]
    return match.id


async def test_its_score_clock_and_result_are_kept(matches: MatchService) -> None:
    match = await matches.get(await play(matches))
    assert match.sport == "quoits"
    assert [side.score_display for side in match.competitors] == ["3", "7"]
    assert [period.scores for period in match.periods] == [
        {"red": 3, "blue": 1}, {"red": 0, "blue": 3}, {"red": 0, "blue": 3},
    ]  # fmt: skip
    assert (match.status, match.clock and match.clock.display) == ("ended", "End 3")
    assert match.outcome is not None
    assert (match.outcome.text, match.outcome.winner_id) == ("Blues won", "blue")


async def test_a_correction_changes_score_and_result(matches: MatchService) -> None:
    match_id = await play(matches)
    await matches.withdraw(match_id, "05", None, "It fell over")
    await matches.withdraw(match_id, "04", None, "It fell over too")
    leaner = CorrectEvent(reason="It leaned", detail={"ringer": False})
    await matches.correct(match_id, "01", None, leaner)
    match = await matches.get(match_id)
    assert [side.score for side in match.competitors] == [1, 1]
    assert match.outcome is not None
    assert match.outcome.text == "Level, 1-1"


async def test_its_players_are_counted(matches: MatchService) -> None:
    reds, blues = (await matches.statistics(await play(matches))).groups
    assert [(one.name, one.values) for one in reds.rows] == [("Red One", {"throws": 1, "ringers": 1})]
    assert blues.totals[0].values == {"throws": 3, "ringers": 2}


async def test_its_charts_have_its_events_and_what_they_read_of_them(matches: MatchService) -> None:
    body, _ = await matches.timeline_json(await play(matches))
    events = msgspec.json.decode(body)["events"]
    assert [(one["eventId"], one["detail"], one["players"]) for one in events] == [
        ("01", {"ringer": True}, []), ("02", {"ringer": False}, []), ("04", {"ringer": True}, []),
        ("05", {"ringer": True}, []),
    ]  # fmt: skip


async def test_what_its_rules_do_not_know_is_refused(matches: MatchService) -> None:
    with pytest.raises(InvalidPayload, match="Ends must be"):
        await matches.create(new_match(QUOITS.sport, config={"ends": 0}))
    match, _ = await matches.create(new_match(QUOITS.sport))
    fourth = msgspec.structs.replace(throw("07", 4, "red"), provider="hand", occurred_at=Instant(NOW))
    (item,) = (await matches.ingest(match.id, [fourth])).items
    assert (item.result, item.error) == ("rejected", "There is no period 4: a match has 3 ends.")


def test_a_sport_that_lacks_a_part_is_told_which_at_the_start() -> None:
    class Unfinished(SportRules):
        sport = QUOITS.sport
        config = Quoits.config

    with pytest.raises(TypeError, match=r"abstract .*charted.*scoring.*tally"):
        Unfinished()  # type: ignore[abstract]
