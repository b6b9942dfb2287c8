"""Commentary in pages, and the snapshot that a follower starts from."""

from __future__ import annotations

import msgspec
import pytest

from feeds.simulator import simulate
from kit.contracts import Instant, decode
from kit.db import Database
from kit.errors import InvalidPayload, NotFound
from matches.contracts import (
    MatchSnapshot,
)
from matches.service import MatchService
from scoring.model import MatchEvent
from tests.support.equivalence import followed
from tests.support.matches_world import (
    NOW,
    NoRooms,
    a_match,
    goal,
    published,
)
from tests.support.samples import event


async def test_joining_nothing_enters_no_room(matches: MatchService, rooms: NoRooms) -> None:
    with pytest.raises(NotFound):
        await matches.join("c", "nothing")
    assert rooms.calls == []


async def test_commentary_comes_latest_first_in_pages(matches: MatchService) -> None:
    match_id = await a_match(matches)
    ops = [event(f"{period}-{n}", "shot", period, "red", order=f"{n:02d}") for period in (1, 2) for n in range(10)]
    for start in range(0, 20, 7):
        await matches.ingest(match_id, list(reversed(ops))[start : start + 7])
    seen: list[MatchEvent] = []
    before = None
    while True:
        page = await matches.events(match_id, before=before, limit=6)
        seen += page.items
        before = page.next
        if before is None:
            break
    assert [item.event_id for item in seen] == [op.event_id for op in reversed(ops)]


async def test_a_page_goes_on_where_it_was_though_its_mark_was_changed(matches: MatchService) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [event(f"{n}", "shot", 1, "red") for n in range(6)])
    first = await matches.events(match_id, before=None, limit=3)
    await matches.ingest(match_id, [event("3", "corner", 1, "red", revision=1), event("9", "shot", 1, "red")])
    second = await matches.events(match_id, before=first.next, limit=3)
    assert [item.event_id for item in second.items] == ["2", "1", "0"]
    assert second.next is None


async def test_a_cursor_of_another_match_is_refused(matches: MatchService) -> None:
    one, other = await a_match(matches), await a_match(matches)
    await matches.ingest(one, [goal("a"), goal("b")])
    mark = (await matches.events(one, before=None, limit=1)).next
    for cursor in (mark, "nonsense"):
        with pytest.raises(InvalidPayload):
            await matches.events(other, before=cursor, limit=1)


async def test_a_joiner_enters_the_room_before_the_snapshot_is_taken(matches: MatchService, rooms: NoRooms) -> None:
    match_id = await a_match(matches)

    async def meanwhile() -> None:
        await matches.ingest(match_id, [goal("a")])

    rooms.on_join = meanwhile
    snapshot = decode(bytes(await matches.join("c1", match_id)), MatchSnapshot)
    assert rooms.calls == [("join", "c1", f"match:{match_id}")]
    assert (snapshot.seq, snapshot.offset, len(snapshot.events)) == (1, "8", 1)
    await matches.leave("c1", match_id)
    assert rooms.calls[-1] == ("leave", "c1", f"match:{match_id}")
    assert (await matches.snapshot(match_id)).offset == "7"


def _telling(seed: int) -> bool:
    kinds = [op.op for op in simulate("football", seed=seed, start=Instant(NOW)).ops if op.type == "goal"]
    return kinds.count("add") >= 4 and "delete" in kinds


TELLING = next(seed for seed in range(1000) if _telling(seed))


@pytest.mark.parametrize("cut", [0, 1, 7, 20])
async def test_a_snapshot_and_the_events_after_it_are_a_fresh_snapshot(
    matches: MatchService, database: Database, cut: int
) -> None:
    simulated = simulate("football", seed=TELLING, start=Instant(NOW))
    match, _ = await matches.create(simulated.create)
    ops = [op for op in simulated.ops if op.type in ("period_start", "goal", "card", "period_end", "match_end")]
    ops += [msgspec.structs.replace(ops[1], revision=3, op="delete"), msgspec.structs.replace(ops[2], revision=3)]
    for op in ops[:cut]:
        await matches.ingest(match.id, [op])
    skipped = len(await published(database))
    snapshot = await matches.snapshot(match.id)
    for start in range(cut, len(ops), 3):
        await matches.ingest(match.id, ops[start : start + 3])
    fresh = await matches.snapshot(match.id)
    assert len(fresh.events) > 10
    assert any(item.op == "delete" for item in fresh.events)
    told = (await published(database))[skipped:]
    assert followed(told, snapshot.match, snapshot.events) == (fresh.match, fresh.events)
