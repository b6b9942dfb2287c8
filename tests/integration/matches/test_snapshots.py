"""Snapshots of a match: read once for each version, by whichever worker is asked first, and never an outdated one."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import Any

import pytest

from kit.contracts import decode
from kit.db import Database
from kit.errors import NotFound
from kit.ids import UlidGenerator
from kit.redis import RedisStore
from kit.shared_cache import SharedCache
from kit.snapshots import Snapshots
from matches.contracts import EditMatch, MatchSnapshot
from matches.service import MatchService
from matches.snapshots import MatchSnapshots
from matches.storage.repository import MatchRepository
from tests.harness import eventually
from tests.support.matches_world import Hands, NoRooms
from tests.support.samples import event, new_match

pytestmark = pytest.mark.usefixtures("equivalent")

FIRST, SECOND = 0, 1


@pytest.fixture
def workers(database: Database, redis: RedisStore) -> list[MatchService]:
    """Two of them, on one database and one Redis."""
    return [
        MatchService(
            database=database,
            rooms=NoRooms(),
            snapshots=Snapshots(lambda _: None),  # nothing is kept for a room: every joiner asks
            shared_cache=SharedCache(redis),
            clock=(clock := Hands()),
            ids=UlidGenerator(clock),
        )
        for _ in range(2)
    ]


@pytest.fixture
def reads(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The matches that were read from the database for a snapshot, one after another."""
    found: list[str] = []
    read = MatchSnapshots.read

    async def noted(self: MatchSnapshots, match_id: str, offset: str) -> MatchSnapshot:
        found.append(match_id)
        return await read(self, match_id, offset)

    monkeypatch.setattr(MatchSnapshots, "read", noted)
    return found


async def a_match(worker: MatchService) -> str:
    match, _ = await worker.create(new_match())
    await worker.ingest(match.id, [event("a", "goal", 1, "red")])
    return match.id


async def seen_over_rest(worker: MatchService, match_id: str) -> MatchSnapshot:
    body, version = await worker.snapshot_json(match_id)
    snapshot = decode(body, MatchSnapshot)
    assert (snapshot.offset, snapshot.match.version) == ("7", version)
    return snapshot


async def seen_on_joining(worker: MatchService, match_id: str) -> MatchSnapshot:
    snapshot = decode(bytes(await worker.join("c1", match_id)), MatchSnapshot)
    assert snapshot.offset == "8"
    return snapshot


@pytest.mark.parametrize("seen", [seen_over_rest, seen_on_joining])
async def test_two_workers_read_a_version_once(workers: list[MatchService], reads: list[str], seen: Any) -> None:
    match_id = await a_match(workers[FIRST])
    for changes in (1, 2, 3):
        for worker in workers:
            snapshot = await seen(worker, match_id)
            assert (snapshot.seq, len(snapshot.events)) == (changes, changes)
            assert snapshot.match == await worker.get(match_id)
            assert snapshot == await seen(worker, match_id)
        assert len(reads) == changes
        await workers[SECOND].ingest(match_id, [event(f"n{changes}", "goal", 1, "red")])
    with pytest.raises(NotFound):
        await seen(workers[FIRST], "nothing")


async def test_a_crowd_that_joins_on_two_workers_costs_one_reading(
    workers: list[MatchService], reads: list[str]
) -> None:
    match_id = await a_match(workers[FIRST])
    for worker in workers:
        for _ in range(20):
            await seen_on_joining(worker, match_id)
    assert reads == [match_id]


async def test_a_change_by_another_worker_is_seen_at_once(workers: list[MatchService]) -> None:
    match_id = await a_match(workers[FIRST])
    for venue in ("Here", "There"):
        await workers[FIRST].edit(match_id, EditMatch(venue=venue))
        for worker in (workers[SECOND], workers[FIRST]):
            assert (await seen_over_rest(worker, match_id)).match.venue == venue


async def test_what_was_deleted_is_gone_although_there_are_copies(workers: list[MatchService]) -> None:
    match_id = await a_match(workers[FIRST])
    for worker in workers:
        await seen_over_rest(worker, match_id)
    await workers[FIRST].delete(match_id, forced=True)
    for worker in workers:
        with pytest.raises(NotFound):
            await worker.snapshot_json(match_id)


async def test_who_asks_at_once_shares_a_look_and_who_asks_later_sees_what_is_new(
    workers: list[MatchService], monkeypatch: pytest.MonkeyPatch
) -> None:
    looks = 0
    gate = asyncio.Event()
    gate.set()
    look = MatchRepository.versions

    async def counted(self: MatchRepository, match_ids: Iterable[str]) -> dict[str, int]:
        nonlocal looks
        looks += 1
        found = await look(self, match_ids)
        await gate.wait()
        return found

    monkeypatch.setattr(MatchRepository, "versions", counted)
    ids = [await a_match(workers[FIRST]) for _ in range(2)]
    found = await asyncio.gather(
        *(workers[FIRST].snapshot_json(one) for one in [*ids, "nothing"] for _ in range(20)), return_exceptions=True
    )
    assert looks <= 3
    assert [isinstance(one, NotFound) for one in found] == [False] * 40 + [True] * 20

    looks = 0
    gate.clear()
    early = asyncio.create_task(workers[FIRST].snapshot_json(ids[0]))
    await eventually(lambda: looks == 1)
    await workers[SECOND].ingest(ids[0], [event("b", "goal", 1, "red")])
    late = asyncio.create_task(workers[FIRST].snapshot_json(ids[0]))
    gate.set()
    before, after = (await early)[1], (await late)[1]
    assert after == (await workers[SECOND].get(ids[0])).version > before
