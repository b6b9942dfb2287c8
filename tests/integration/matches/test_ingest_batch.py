"""What comes at once is stored together, numbered without gaps, and judged apart."""

from __future__ import annotations

import asyncio
from typing import Any

import msgspec
import pytest
from sqlalchemy.event import listen, remove

from kit.contracts import encode_event
from kit.db import Database
from kit.errors import Forbidden, NotFound
from matches.service import MatchService
from scoring.model import EventOp, EventPage
from tests.support.matches_world import (
    a_match,
    goal,
    names,
    published,
    results,
    scores,
)
from tests.support.samples import event


async def test_the_numbers_have_no_gaps_though_feeds_write_at_once(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await asyncio.gather(
        *(
            matches.ingest(match_id, [goal(f"{feed}-{n}", revision=1), goal(f"{feed}-{n}")])
            for feed in "xyz"
            for n in range(8)
        )
    )
    told = [payload["seq"] for name, payload in await published(database) if name == "match:event"]
    assert told == list(range(1, 25))
    assert await scores(matches, match_id) == ["24", "0"]
    versions = [payload["version"] for name, payload in await published(database) if name == "match:updated"]
    assert versions == list(range(1, 25))


async def test_a_failed_transaction_leaves_nothing(
    matches: MatchService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    match_id = await a_match(matches)

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("matches.writer.match_of", broken)
        with pytest.raises(RuntimeError):
            await matches.ingest(match_id, [goal("a")])
    assert await published(database) == []
    assert (await matches.events(match_id, before=None, limit=5)) == EventPage(items=[])
    assert await results(matches, match_id, goal("a")) == ["applied"]
    assert (await matches.get(match_id)).seq == 1


async def test_what_comes_together_is_stored_together_and_judged_apart(
    matches: MatchService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await a_match(matches) for _ in range(5)]
    transactions = 0
    begin = database.transaction

    def counted() -> Any:
        nonlocal transactions
        transactions += 1
        return begin()

    def forbid(*_: object) -> None:
        raise Forbidden("not yours")

    monkeypatch.setattr(database, "transaction", counted)
    first, twice, bad, none, denied, *others = await asyncio.gather(
        matches.ingest(ids[0], [goal("a")]),
        matches.ingest(ids[0], [goal("b")]),
        matches.ingest(ids[1], [goal("a", side="nobody"), goal("c")]),
        matches.ingest("nothing", [goal("a")]),
        matches.ingest(ids[2], [goal("a")], permit=forbid),
        *(matches.ingest(match_id, [goal("a")]) for match_id in ids[3:]),
        return_exceptions=True,
    )
    assert transactions <= 3, "the first one, those that waited for it, and a second one of the same match"
    assert (first.seq, twice.seq) == (1, 2)
    assert [item.result for item in bad.items] == ["rejected", "applied"]
    assert isinstance(none, NotFound)
    assert isinstance(denied, Forbidden)
    assert [one.seq for one in others] == [1, 1]
    assert [await scores(matches, match_id) for match_id in ids] == [
        ["2", "0"], ["1", "0"], ["0", "0"], ["1", "0"], ["1", "0"],
    ]  # fmt: skip


async def test_taking_in_looks_at_the_events_of_its_own_matches_alone(
    matches: MatchService, database: Database
) -> None:
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL plans by how much there is")
    ids = [await a_match(matches) for _ in range(3)]
    asked: dict[str, Any] = {}

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked[statement] = parameters[0] if isinstance(parameters, list) else parameters

    engine = database._engine.sync_engine
    listen(engine, "before_cursor_execute", note)
    for minutes in ((1,), (2, 3), (1, 2), (4,)):  # new, together, known already, and new once more
        ops = [event(f"e{n}", "commentary") for n in minutes]
        again = msgspec.structs.replace(ops[0], revision=len(asked))
        await asyncio.gather(*(matches.ingest(one, [*ops, again]) for one in ids))
    remove(engine, "before_cursor_execute", note)
    plans = []
    async with database.read() as tx:
        connection = await tx.session.connection()
        for statement, parameters in asked.items():
            if "match_events" in statement and not statement.startswith("INSERT"):
                found = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans += [str(row[3]) for row in found]
    assert any("SEARCH match_events" in plan for plan in plans)
    assert not [plan for plan in plans if plan.startswith("SCAN match_events")], "all events of all matches"


async def test_what_spoils_a_shared_transaction_spoils_its_own_alone(
    matches: MatchService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await a_match(matches) for _ in range(4)]
    encode = encode_event

    def broken(value: object) -> bytes:
        if isinstance(value, EventOp) and value.event_id == "poison":
            raise ZeroDivisionError
        return encode(value)

    monkeypatch.setattr("matches.ingest.store.encode_event", broken)
    outcomes = await asyncio.gather(
        *(matches.ingest(match_id, [goal("poison" if n == 2 else "a")]) for n, match_id in enumerate(ids)),
        return_exceptions=True,
    )
    assert [isinstance(one, ZeroDivisionError) for one in outcomes] == [False, False, True, False]
    assert [(await matches.get(match_id)).seq for match_id in ids] == [1, 1, 0, 1]
    assert sorted(await names(database)) == sorted(["match:event", "match:updated"] * 3)
