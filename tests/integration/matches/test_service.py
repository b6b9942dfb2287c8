"""Making and scoring matches, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from sqlalchemy import select

from kit.db import Database, OutboxRow
from kit.errors import InvalidPayload, NotFound
from matches.contracts import (
    CorrectEvent,
)
from matches.service import MatchService
from scoring.change import MAX_EVENTS, MAX_OP_BYTES
from scoring.hand import HAND_REVISION
from scoring.model import MAX_BATCH
from tests.support.matches_world import (
    a_match,
    goal,
    names,
    published,
    results,
    scores,
)
from tests.support.samples import new_match, real_matches, state_of


async def test_a_new_match_is_scheduled(matches: MatchService) -> None:
    match, new = await matches.create(new_match(venue="Park"))
    assert new
    assert (match.status, match.seq, match.version, match.venue) == ("scheduled", 0, 0, "Park")
    assert await matches.get(match.id) == match


async def test_a_match_that_a_provider_knows_is_made_once(matches: MatchService) -> None:
    first, _ = await matches.create(new_match(external_ids={"espn": "1", "wyscout": "2"}))
    again, new = await matches.create(new_match(external_ids={"wyscout": "2"}))
    assert (again.id, new) == (first.id, False)
    _, new = await matches.create(new_match(external_ids={"wyscout": "3"}))
    assert new


async def test_two_workers_create_the_same_match_once(matches: MatchService) -> None:
    made = await asyncio.gather(*(matches.create(new_match(external_ids={"espn": "1"})) for _ in range(5)))
    assert len({match.id for match, _ in made}) == 1
    assert sum(new for _, new in made) == 1


async def test_bad_matches_are_refused(matches: MatchService) -> None:
    twins = new_match()
    with pytest.raises(InvalidPayload):
        await matches.create(msgspec.structs.replace(twins, competitors=[twins.competitors[0]] * 2))
    with pytest.raises(InvalidPayload):
        await matches.create(new_match(config={"overs": 20}))


async def test_events_change_the_score_and_are_announced_in_order(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    result = await matches.ingest(match_id, [goal("a"), goal("b", "blue"), goal("c")])
    assert [(item.result, item.seq) for item in result.items] == [("applied", 1), ("applied", 2), ("applied", 3)]
    assert (result.seq, result.version) == (3, 1)
    assert await scores(matches, match_id) == ["2", "1"]
    told = await published(database)
    assert [name for name, _ in told] == ["match:event"] * 3 + ["match:updated"]
    assert [payload["seq"] for _, payload in told] == [1, 2, 3, 3]
    assert [payload.get("scoreAfter") for _, payload in told[:3]] == [
        {"red": "1", "blue": "0"}, {"red": "1", "blue": "1"}, {"red": "2", "blue": "1"},
    ]  # fmt: skip


async def test_what_is_announced_goes_to_the_room_of_the_match(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a")])
    async with database.read() as tx:
        assert set(await tx.session.scalars(select(OutboxRow.room))) == {f"match:{match_id}"}


async def test_sent_again_an_operation_changes_nothing(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    assert await results(matches, match_id, goal("a"), goal("a")) == ["applied", "duplicate"]
    before, told = await matches.get(match_id), await published(database)
    assert await results(matches, match_id, goal("a")) == ["duplicate"]
    assert await matches.get(match_id) == before
    assert await published(database) == told


async def test_an_old_revision_is_kept_and_changes_nothing(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    assert await results(matches, match_id, goal("a", revision=2), goal("a", "blue", revision=1)) == [
        "applied",
        "stale",
    ]
    assert await results(matches, match_id, goal("a", "blue", revision=0)) == ["stale"]
    assert await results(matches, match_id, goal("a", "blue", revision=0)) == ["duplicate"]
    assert await scores(matches, match_id) == ["1", "0"]
    assert (await names(database)).count("match:event") == 1


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"a": found}
    return found


async def test_one_bad_operation_does_not_stop_the_others(matches: MatchService) -> None:
    match_id = await a_match(matches)
    good = {
        "provider": "p", "eventId": "good", "type": "goal", "period": 1, "orderKey": "1",
        "occurredAt": "2026-11-21T18:30:00Z", "competitorId": "red",
    }  # fmt: skip
    bad = [
        {"eventId": "bad"},
        {**good, "eventId": "typo", "compettitorId": "red"},
        {**good, "eventId": "who", "competitorId": "green"},
        {**good, "eventId": "when", "occurredAt": "yesterday"},
        {**good, "eventId": "large", "detail": {"text": "x" * MAX_OP_BYTES}},
        {**good, "eventId": "hand", "revision": HAND_REVISION},
        {**good, "eventId": "null\0"},
        {**good, "eventId": "null", "orderKey": "\0"},
        {**good, "eventId": "deep", "detail": nested(3_000)},
        {**good, "eventId": "clock", "clock": {"display": "x", "playedS": -1}},
        {"revision": "x"},
    ]
    result = await matches.ingest(match_id, [*bad, good])
    assert [item.result for item in result.items] == ["rejected"] * len(bad) + ["applied"]
    assert all(item.error for item in result.items[:-1])
    assert [item.event_id for item in result.items] == [
        "bad", "typo", "who", "when", "large", "hand", "null\0", "null", "deep", "clock", "", "good",
    ]  # fmt: skip
    assert await scores(matches, match_id) == ["1", "0"]
    # What was rejected was not stored: corrected, it may come under the same revision.
    assert await results(matches, match_id, {**good, "eventId": "who"}) == ["applied"]


async def test_a_batch_has_a_bound(matches: MatchService) -> None:
    match_id = await a_match(matches)
    with pytest.raises(InvalidPayload):
        await matches.ingest(match_id, [goal(str(number)) for number in range(MAX_BATCH + 1)])
    assert (await matches.ingest(match_id, [goal(str(number)) for number in range(MAX_BATCH)])).seq == MAX_BATCH


async def test_a_match_has_a_bound(matches: MatchService, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_EVENTS >= 3_000
    monkeypatch.setattr("scoring.change.MAX_EVENTS", 2)
    match_id = await a_match(matches)
    assert await results(matches, match_id, goal("a"), goal("b"), goal("c")) == ["applied", "applied", "rejected"]
    assert await results(matches, match_id, goal("a", "blue", revision=1)) == ["applied"]


async def test_an_event_has_a_bound(matches: MatchService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.change.MAX_REVISIONS", 3)
    match_id = await a_match(matches)
    ops = [goal("a", "blue", revision=n) for n in (2, 1, 0, 3)]
    assert await results(matches, match_id, *ops) == ["applied", "stale", "stale", "rejected"]
    assert await results(matches, match_id, ops[0], ops[3], goal("b")) == ["duplicate", "rejected", "applied"]
    await matches.withdraw(match_id, "a", None, "by hand it goes all the same")
    assert await scores(matches, match_id) == ["1", "0"]


async def test_an_unknown_match_is_not_found(matches: MatchService) -> None:
    for call in (
        matches.get("nothing"),
        matches.ingest("nothing", [goal("a")]),
        matches.events("nothing", before=None, limit=5),
        matches.snapshot("nothing"),
        matches.join("c", "nothing"),
        matches.correct("nothing", "a", None, CorrectEvent(reason="x")),
    ):
        with pytest.raises(NotFound):
            await call


@pytest.mark.parametrize(
    "file", ["cricket/cricsheet_1144530*", "football/wyscout_2058017*", "basketball/lakers_2008-10*"]
)
async def test_a_real_match_through_the_service(matches: MatchService, file: str) -> None:
    (real,) = real_matches(file)
    match, _ = await matches.create(real.create)
    for start in range(0, len(real.ops), 200):
        await matches.ingest(match.id, real.ops[start : start + 200])
    final = await matches.get(match.id)
    folded = state_of(real)
    assert {side.id: side.score_display for side in final.competitors} == folded.displays
    assert (final.outcome, final.periods, final.clock) == (folded.outcome, folded.periods, folded.clock)
    assert (final.seq, final.status) == (len(real.ops), "ended")
