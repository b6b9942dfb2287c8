"""What cannot be: refused with a sentence from a person, taken with an alert from a feed. On both databases."""

from __future__ import annotations

from typing import Any

import pytest

from kit.db import Database
from kit.errors import InvalidPayload
from kit.ids import UlidGenerator
from matches.alerts.service import AlertService
from matches.contracts import CorrectEvent
from matches.service import MatchService
from scoring.hand import HAND
from scoring.model import EventOp
from tests.support.matches_world import Hands, NoRooms
from tests.support.samples import event, new_match, new_service

pytestmark = pytest.mark.usefixtures("equivalent")


@pytest.fixture
def matches(database: Database) -> MatchService:
    clock = Hands()
    return new_service(database, NoRooms(), clock, UlidGenerator(clock))


async def cricket(matches: MatchService) -> str:
    return (await matches.create(new_match("cricket", config={"overs": 20})))[0].id


def wicket(number: int, provider: str, kind: str = "bowled", **more: Any) -> EventOp:
    detail = {"wickets": [{"kind": kind, "playerOut": f"p{number}"}], **more}
    return event(f"b{number:02d}", "ball", 1, "red", detail=detail, provider=provider)


async def test_by_hand_it_is_refused_and_nothing_else_is_lost(matches: MatchService) -> None:
    match_id = await cricket(matches)
    catch = wicket(1, HAND, "caught", extras={"noballs": 1})
    result = await matches.ingest(match_id, [wicket(0, HAND), catch, wicket(2, HAND)], by_hand=True)
    assert [item.result for item in result.items] == ["applied", "rejected", "applied"]
    assert result.items[1].error == "Nobody is caught off a no-ball (MCC Law 21.18)."
    match = await matches.get(match_id)
    assert match.competitors[0].score_display == "0/2"


@pytest.mark.parametrize("at_once", [1, 50])
async def test_after_the_tenth_wicket_no_other_is_taken_by_hand(matches: MatchService, at_once: int) -> None:
    match_id = await cricket(matches)
    ops = [wicket(number, HAND) for number in range(12)]
    items = []
    for start in range(0, len(ops), at_once):
        items += (await matches.ingest(match_id, ops[start : start + at_once], by_hand=True)).items
    assert [item.result for item in items] == ["applied"] * 10 + ["rejected"] * 2
    assert {item.error for item in items[10:]} == {"The side is all out: after 10 wickets no other can fall."}
    run = event("b20", "ball", 1, "red", detail={"batterRuns": 1}, provider=HAND)
    assert (await matches.ingest(match_id, [run], by_hand=True)).items[0].result == "applied"
    assert (await matches.get(match_id)).competitors[0].score == 1


async def test_a_correction_by_hand_may_not_make_it_so(matches: MatchService) -> None:
    match_id = await cricket(matches)
    await matches.ingest(match_id, [wicket(number, HAND) for number in range(2)], by_hand=True)
    again = {"wickets": [{"kind": "bowled", "playerOut": "p0"}]}
    with pytest.raises(InvalidPayload, match="p0 is out already"):
        await matches.correct(match_id, "b01", None, CorrectEvent(reason="typing", detail=again))
    with pytest.raises(InvalidPayload, match="off a wide"):
        await matches.correct(
            match_id, "b01", None, CorrectEvent(reason="typing", detail={**again, "extras": {"wides": 1}})
        )
    await matches.withdraw(match_id, "b00", None, "not out")
    assert (await matches.correct(match_id, "b01", None, CorrectEvent(reason="typing", detail=again))).revision


async def test_from_a_feed_it_is_taken_with_an_alert_until_it_is_put_right(
    matches: MatchService, database: Database
) -> None:
    match_id, alerts = await cricket(matches), AlertService(database)
    ops = [wicket(number, "feed") for number in range(11)]
    result = await matches.ingest(match_id, [*ops, wicket(12, "feed", "caught", extras={"noballs": 1})])
    assert {item.result for item in result.items} == {"applied"}
    (alert,) = (await alerts.page(before=None, limit=10)).items
    assert (alert.match.id, alert.provider, alert.event_id, alert.stated) == (match_id, "feed", "b10", {})
    assert alert.reasons == [
        "The side is all out: after 10 wickets no other can fall.", "Nobody is caught off a no-ball (MCC Law 21.18).",
    ]  # fmt: skip
    stated = event("b30", "ball", 1, "red", detail={}, provider="feed", stated={"red": 5, "blue": 0})
    await matches.ingest(match_id, [stated])
    assert await alerts.count() == 2
    text = CorrectEvent(reason="a comment", commentary=[])
    assert await matches.correct(match_id, "b12", None, text), "what a person changes of it may be something else"
    await matches.withdraw(match_id, "b12", None, "wrong")
    await matches.withdraw(match_id, "b10", None, "wrong")
    (left,) = (await alerts.page(before=None, limit=10)).items
    assert (left.reasons, left.stated) == (None, {"red": 5, "blue": 0})


async def test_a_persons_entry_is_not_held_up_by_what_a_feed_told(matches: MatchService) -> None:
    match_id = (await matches.create(new_match()))[0].id
    await matches.ingest(match_id, [event("f", "goal", 0, "red", provider="feed")])
    goal = event("g", "goal", 1, "blue", provider=HAND)
    assert (await matches.ingest(match_id, [goal], by_hand=True)).items[0].result == "applied"
    purple = event("c", "card", 1, "red", detail={"card": "purple"}, provider=HAND)
    (item,) = (await matches.ingest(match_id, [purple], by_hand=True)).items
    assert item.error == "There is no card 'purple': it is yellow, second_yellow or red."
