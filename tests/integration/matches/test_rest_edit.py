"""Changing and deleting matches, and changes that meet, on both databases."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest
from sqlalchemy import func, select

from kit.contracts import Instant
from kit.db import Database
from kit.errors import Conflict, InvalidPayload, NotFound, Outdated
from kit.ids import UlidGenerator
from matches.contracts import CorrectEvent, EditMatch, ListMatches
from matches.service import MatchService
from matches.storage.models import ExternalIdRow, MatchEventRow, MatchRow, WordRow
from scoring.model import NewLineupPlayer
from tests.support.matches_world import NOW, Hands, NoRooms, published
from tests.support.samples import event, new_match, new_service

pytestmark = pytest.mark.usefixtures("equivalent")

PLAYER = NewLineupPlayer(id="p1", name="Ann", number=9, starter=True)


@pytest.fixture
def clock() -> Hands:
    return Hands()


def service(database: Database, clock: Hands) -> MatchService:
    return new_service(database, NoRooms(), clock, UlidGenerator(clock))


@pytest.fixture
def matches(database: Database, clock: Hands) -> MatchService:
    return service(database, clock)


async def a_match(matches: MatchService, **more: Any) -> str:
    return (await matches.create(new_match(**more)))[0].id


async def test_what_is_given_changes_and_is_announced(matches: MatchService, database: Database, clock: Hands) -> None:
    match_id = await a_match(matches, venue="Old", external_ids={"espn": "1", "wyscout": "2"})
    clock.ms += 5
    changed = await matches.edit(
        match_id,
        EditMatch(
            scheduled_at=Instant(NOW), venue="New", lineups={"blue": [PLAYER]},
            external_ids={"espn": None, "wyscout": "3", "sportradar": "4"},
        ),
    )  # fmt: skip
    assert (changed.scheduled_at, changed.venue, changed.updated_at) == (Instant(NOW), "New", Instant(NOW + 5))
    assert changed.external_ids == {"wyscout": "3", "sportradar": "4"}
    red, blue = changed.competitors
    assert red.lineup is None
    assert blue.lineup is not None
    assert [(one.name, one.number) for one in blue.lineup] == [("Ann", 9)]
    assert (changed.seq, changed.version) == (0, 1)
    assert await matches.get(match_id) == changed
    ((name, told),) = await published(database)
    assert (name, told["version"], told["venue"]) == ("match:updated", 1, "New")
    again, new = await matches.create(new_match(external_ids={"sportradar": "4"}))
    assert (again.id, new) == (match_id, False)
    assert (await matches.create(new_match(external_ids={"espn": "1"})))[1]
    kept = await matches.edit(match_id, EditMatch(venue=""))
    assert (kept.venue, kept.external_ids) == (None, changed.external_ids)


async def test_a_match_that_has_not_begun_is_postponed_and_then_played(
    matches: MatchService, database: Database, clock: Hands
) -> None:
    match_id = await a_match(matches)
    for status in ("delayed", "postponed", "cancelled", "scheduled", "postponed"):
        clock.ms += 1
        changed = await matches.edit(match_id, EditMatch(status=status, status_detail=f"is {status}"))
        assert (changed.status, changed.status_detail) == (status, f"is {status}")
    assert (changed.seq, changed.version) == (5, 5)
    assert [name for name, _ in await published(database)] == ["match:event", "match:updated"] * 5
    assert [m.id for m in (await matches.page(ListMatches(status=["postponed"]))).items] == [match_id]
    await matches.ingest(match_id, [event("a", "period_start", 1)])
    assert (await matches.get(match_id)).status == "live"
    with pytest.raises(Conflict, match="begun"):
        await matches.edit(match_id, EditMatch(status="cancelled"))
    # The line-ups may still come late.
    assert (await matches.edit(match_id, EditMatch(lineups={"red": [PLAYER]}))).status == "live"


async def test_changes_that_cannot_be_made_change_nothing(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches, external_ids={"espn": "1"})
    other = await a_match(matches, external_ids={"espn": "2"})
    before = await matches.get(match_id)
    full = {f"p{n}": "1" for n in range(20)}
    for edit, error in (
        (EditMatch(venue="X", external_ids={"espn": "2"}), Conflict),
        (EditMatch(venue="X", external_ids=full), InvalidPayload),
        (EditMatch(venue="X", lineups={"green": []}), InvalidPayload),
    ):
        with pytest.raises(error):
            await matches.edit(match_id, edit)
    assert await matches.get(match_id) == before
    assert await published(database) == []
    with pytest.raises(NotFound):
        await matches.edit("nothing", EditMatch())
    assert (await matches.get(other)).external_ids == {"espn": "2"}


async def count(database: Database, *tables: type) -> list[int]:
    async with database.read() as tx:
        return [int(await tx.session.scalar(select(func.count()).select_from(table)) or 0) for table in tables]


async def test_a_deleted_match_leaves_nothing_but_the_news(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches, external_ids={"espn": "1"})
    await matches.ingest(match_id, [event("a", "goal", 1, "red")])
    with pytest.raises(Conflict, match="force"):
        await matches.delete(match_id, forced=False)
    assert (await matches.get(match_id)).seq == 1
    await matches.delete(match_id, forced=True)
    with pytest.raises(NotFound):
        await matches.get(match_id)
    with pytest.raises(NotFound):
        await matches.delete(match_id, forced=True)
    assert await count(database, MatchRow, MatchEventRow, ExternalIdRow, WordRow) == [0, 0, 0, 0]
    assert (await published(database))[-1] == ("match:deleted", {"matchId": match_id, "at": NOW})
    assert (await matches.create(new_match(external_ids={"espn": "1"})))[1]


async def test_a_match_that_nothing_was_said_of_is_deleted_without_force(matches: MatchService) -> None:
    match_id = await a_match(matches)
    with pytest.raises(Outdated):
        await matches.delete(match_id, forced=False, versions={1})
    await matches.delete(match_id, forced=False, versions={0})
    assert (await matches.page(ListMatches())).items == []


async def test_an_outdated_change_is_refused_with_the_present_version(matches: MatchService) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [event("a", "goal", 1, "red")])
    before = await matches.get(match_id)
    for call in (
        matches.edit(match_id, EditMatch(venue="X"), {0}),
        matches.edit(match_id, EditMatch(venue="X"), frozenset()),
        matches.correct(match_id, "a", None, CorrectEvent(reason="x", competitor_id="blue"), {0, 2}),
        matches.withdraw(match_id, "a", None, "x", {2}),
        matches.delete(match_id, forced=True, versions={0}),
    ):
        with pytest.raises(Outdated, match="version 1") as refused:
            await call
        assert refused.value.version == 1
    assert await matches.get(match_id) == before
    await matches.correct(match_id, "a", None, CorrectEvent(reason="x", competitor_id="blue"), {1})
    assert (await matches.edit(match_id, EditMatch(venue="X"), {7, 2})).version == 3


async def test_of_many_who_change_one_version_one_wins(database: Database, database_url: str, clock: Hands) -> None:
    others = [Database(database_url, clock=clock, ids=UlidGenerator(clock), pool_size=3) for _ in range(2)]
    workers = [service(one, clock) for one in (database, *others)]
    match_id = await a_match(workers[0])
    try:
        for version in range(4):
            answers = await asyncio.gather(
                *(worker.edit(match_id, EditMatch(venue=f"V{n}"), {version}) for n, worker in enumerate(workers)),
                *(worker.edit(match_id, EditMatch(venue=f"W{n}"), {version}) for n, worker in enumerate(workers)),
                return_exceptions=True,
            )
            won = [answer for answer in answers if not isinstance(answer, BaseException)]
            lost = [answer for answer in answers if isinstance(answer, BaseException)]
            assert [match.version for match in won] == [version + 1]
            assert [getattr(error, "version", error) for error in lost] == [version + 1] * 5
            assert (await workers[1].get(match_id)).venue == won[0].venue
    finally:
        for one in others:
            await one.close()


async def test_two_workers_take_batches_of_one_match_at_once(
    database: Database, database_url: str, clock: Hands
) -> None:
    other = Database(database_url, clock=clock, ids=UlidGenerator(clock), pool_size=3)
    workers = [service(database, clock), service(other, clock)]
    match_id = await a_match(workers[0])
    try:
        # The same feed twice, as after a time-out that was none: each event counts once.
        batches = [[event(f"{n}-{m}", "goal", 1, "red") for m in range(5)] for n in range(6)]
        results = await asyncio.gather(*(worker.ingest(match_id, batch) for batch in batches for worker in workers))
        kinds = [item.result for result in results for item in result.items]
        assert (kinds.count("applied"), kinds.count("duplicate")) == (30, 30)
        match = await workers[1].get(match_id)
        assert (match.seq, match.version, match.competitors[0].score) == (30, 6, 30)
        told = [payload["seq"] for name, payload in await published(database) if name == "match:event"]
        assert told == list(range(1, 31))
    finally:
        await other.close()
