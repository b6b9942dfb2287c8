"""Transactions: all or nothing, announced only when stored, one writer, consistent readers. On both databases."""

from __future__ import annotations

import asyncio
import contextlib
from typing import Any

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import SQLAlchemyError

from kit.contracts import Policy, Publication, Reply
from kit.db import Database, OutboxRow, Transaction, normalise_url
from kit.errors import InvalidPayload
from kit.ids import UlidGenerator
from streaming.models import ChannelRow
from streaming.repository import ChannelRepository
from tests.support.doubles import ManualClock


class Note(Reply, frozen=True, kw_only=True):
    text: str


def note(text: str, room: str = "room") -> Publication:
    return Publication(room, "note:made", Note(text=text), Policy.RECOVERABLE)


def channel(slug: str, **more: Any) -> ChannelRow:
    fields = {"id": f"id-{slug}", "name": slug, "owner_id": "owner", "created_ms": 1, "description": "", **more}
    return ChannelRow(slug=slug, **fields)


async def slugs(database: Database) -> list[str]:
    async with database.read() as tx:
        return sorted(await tx.session.scalars(select(ChannelRow.slug)))


async def waiting(database: Database) -> int:
    async with database.read() as tx:
        return int(await tx.session.scalar(select(func.count()).select_from(OutboxRow)) or 0)


class LookingRelay:
    """A relay that looks, from outside, at what is stored when it is called."""

    def __init__(self, database: Database) -> None:
        self.database = database
        self.calls: list[tuple[list[str], list[str], int]] = []

    async def flush(self, rooms: list[str]) -> None:
        self.calls.append((rooms, await slugs(self.database), await waiting(self.database)))


async def test_an_error_undoes_everything_and_announces_nothing(database: Database) -> None:
    relay = LookingRelay(database)
    database.publish_through(relay)

    async def fail() -> None:
        async with database.transaction() as tx:
            await ChannelRepository(tx).add(channel("one"))
            tx.announce(note("one"))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await fail()
    assert (await slugs(database), await waiting(database), relay.calls) == ([], 0, [])
    async with database.transaction() as tx:  # and the lock is free again
        await ChannelRepository(tx).add(channel("two"))
    assert await slugs(database) == ["two"]


async def test_what_is_ephemeral_is_not_announced(database: Database) -> None:
    async with database.transaction() as tx:
        await ChannelRepository(tx).add(channel("one"))
        with pytest.raises(ValueError, match="is ephemeral"):
            tx.announce(note("one")._replace(policy=Policy.EPHEMERAL))
    assert (await slugs(database), await waiting(database)) == (["one"], 0)


async def test_announcements_are_published_after_the_commit_room_by_room(database: Database) -> None:
    relay = LookingRelay(database)
    database.publish_through(relay)
    async with database.transaction() as tx:
        await ChannelRepository(tx).add(channel("one"))
        for room in ("b", "a", "b"):
            tx.announce(note("x", room))
        assert relay.calls == []
    assert relay.calls == [(["b", "a"], ["one"], 3)]
    async with database.transaction() as tx:
        await ChannelRepository(tx).add(channel("quiet"))
    assert len(relay.calls) == 1


async def test_without_a_relay_announcements_wait(database: Database) -> None:
    async with database.transaction() as tx:
        tx.announce(note("ä"))
    async with database.read() as tx:
        row = (await tx.session.scalars(select(OutboxRow))).one()
    assert (row.room, row.event, row.policy, row.payload) == (
        "room",
        "note:made",
        "recoverable",
        b'{"text":"\xc3\xa4"}',
    )
    assert len(row.key) == 26


async def test_outbox_numbers_rise_and_are_never_used_again(database: Database) -> None:
    seen: list[int] = []
    for _ in range(3):
        async with database.transaction() as tx:
            tx.announce(note("1"))
            tx.announce(note("2"))
        async with database.transaction() as tx:
            rows = list(await tx.session.scalars(select(OutboxRow).order_by(OutboxRow.id)))
            seen += [row.id for row in rows]
            for row in rows:
                await tx.session.delete(row)
    assert seen == sorted(set(seen))
    assert len(seen) == 6


async def test_writers_do_not_lose_each_others_changes(database: Database) -> None:
    async with database.transaction() as tx:
        await ChannelRepository(tx).add(channel("one", source_generation=0))

    async def raise_generation() -> None:
        async with database.transaction() as tx:
            row = await ChannelRepository(tx).get("id-one", lock=True)
            assert row is not None
            before = row.source_generation
            await asyncio.sleep(0)
            row.source_generation = before + 1

    await asyncio.gather(*(raise_generation() for _ in range(25)))
    async with database.read() as tx:
        row = await ChannelRepository(tx).get("id-one")
    assert row is not None
    assert row.source_generation == 25


async def test_a_reader_sees_one_state_while_others_write(database: Database) -> None:
    async with database.transaction() as tx:
        await ChannelRepository(tx).add(channel("one"))
    async with database.read() as reader:
        assert await _count(reader) == 1
        async with database.transaction() as writer:
            await ChannelRepository(writer).add(channel("two"))
            assert await _count(reader) == 1
        assert await _count(reader) == 1
    assert await slugs(database) == ["one", "two"]


async def _count(tx: Transaction) -> int:
    return int(await tx.session.scalar(select(func.count()).select_from(ChannelRow)) or 0)


async def test_nothing_is_written_by_reading(database: Database) -> None:
    with contextlib.suppress(SQLAlchemyError):
        async with database.read() as tx:
            await ChannelRepository(tx).add(channel("one"))
    assert await slugs(database) == []


async def test_a_cancelled_transaction_leaves_the_door_open(database: Database) -> None:
    inside = asyncio.Event()

    async def hang() -> None:
        async with database.transaction() as tx:
            await ChannelRepository(tx).add(channel("half"))
            inside.set()
            await asyncio.Event().wait()

    task = asyncio.create_task(hang())
    await inside.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    async with database.transaction() as tx:
        await ChannelRepository(tx).add(channel("whole"))
    assert await slugs(database) == ["whole"]


async def test_text_with_a_null_character_is_refused_on_both(database: Database) -> None:
    with pytest.raises(InvalidPayload):
        async with database.transaction() as tx:
            await ChannelRepository(tx).add(channel("one", description="before\0after"))
    with pytest.raises(InvalidPayload):
        async with database.read() as tx:
            await ChannelRepository(tx).by_slug("one\0")
    assert await slugs(database) == []


async def test_a_deleted_channel_takes_its_streams_with_it(database: Database) -> None:
    async with database.transaction() as tx:
        await ChannelRepository(tx).add(channel("one"))
    async with database.transaction() as tx:
        await ChannelRepository(tx).remove("id-one")
    assert await slugs(database) == []
    assert await database.latency_ms() > 0


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("postgresql://u:p%40ss@h/n", "postgresql+asyncpg://u:p%40ss@h/n"),
        ("postgres://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("postgresql+asyncpg://u@h/n", "postgresql+asyncpg://u@h/n"),
        ("sqlite:////var/x.db", "sqlite+aiosqlite:////var/x.db"),
        ("sqlite+aiosqlite:///x.db", "sqlite+aiosqlite:///x.db"),
    ],
)
async def test_urls_get_the_driver_that_is_installed(given: str, used: str) -> None:
    clock = ManualClock()
    assert normalise_url(given) == used
    database = Database(given, clock=clock, ids=UlidGenerator(clock))
    assert (database.url, database.dialect) == (used, used.partition("+")[0])
    await database.close()
