"""A database that is away, silent, full, locked or read-only: `Unavailable`, soon, and one line in the log."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text, update
from sqlalchemy.engine import make_url
from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from structlog.testing import capture_logs

from kit.clock import SystemClock
from kit.db import Database
from kit.errors import Unavailable
from kit.ids import UlidGenerator
from streaming.models import ChannelRow
from tests.harness import PATIENCE, eventually, free_port
from tests.proxy import Proxy
from tests.support.doubles import ManualClock

SHORT = 0.3
"""Seconds in place of four."""


def row(name: str) -> ChannelRow:
    return ChannelRow(slug=name, id=name, name=name, owner_id="owner", created_ms=1, description="")


async def write(database: Database, name: str) -> None:
    async with database.transaction() as tx:
        tx.session.add(row(name))


async def stored(database: Database) -> set[str]:
    async with database.read() as tx:
        return set(await tx.session.scalars(select(ChannelRow.slug)))


def through(proxy: Proxy, url: str) -> str:
    return make_url(url).set(port=proxy.port).render_as_string(hide_password=False)


def opened(url: str, **options: Any) -> Database:
    clock = options.pop("clock", SystemClock())
    return Database(url, clock=clock, ids=UlidGenerator(clock), **{"timeout": SHORT, **options})


@pytest.fixture
def sqlite_url(sqlite_template: Path, tmp_path: Path) -> str:
    (tmp_path / "one.db").write_bytes(sqlite_template.read_bytes())
    return f"sqlite:///{tmp_path / 'one.db'}"


@pytest.fixture
def postgres_url(postgres: Any, postgres_template: str) -> str:
    return str(postgres.new_database(postgres_template))


async def test_a_silent_server_is_told_in_time_to_all_and_used_again_when_it_is_back(postgres_url: str) -> None:
    async with Proxy(make_url(postgres_url).port or 0) as proxy:
        database = opened(through(proxy, postgres_url), pool_size=2)
        await asyncio.gather(*(write(database, f"before{number}") for number in range(2)))
        proxy.freeze()
        callers = [write(database, f"silent{number}") for number in range(6)] + [stored(database) for _ in range(6)]
        async with asyncio.timeout(PATIENCE):
            results = await asyncio.gather(*callers, return_exceptions=True)
        assert {type(result) for result in results} == {Unavailable}
        assert all(result.retry_after for result in results if isinstance(result, Unavailable))
        proxy.cut()
        proxy.mend()

        async def works() -> bool:
            try:
                await write(database, "after")
            except Unavailable:
                return False
            return True

        await eventually(works)
        assert await stored(database) >= {"before0", "before1", "after"}
        await database.close()


async def test_a_connection_that_was_lost_while_it_rested_is_replaced_unnoticed(
    postgres_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("kit.db_engines._IDLE_SECONDS", 0.0)
    async with Proxy(make_url(postgres_url).port or 0) as proxy:
        database = opened(through(proxy, postgres_url), pool_size=1, timeout=PATIENCE)
        await write(database, "before")
        proxy.cut()
        proxy.mend()
        await write(database, "after")
        assert await stored(database) == {"before", "after"}
        await database.close()


async def test_a_row_that_somebody_holds_stops_others_for_a_bounded_time(postgres_url: str) -> None:
    holder, other = opened(postgres_url, timeout=PATIENCE), opened(postgres_url)
    await write(holder, "held")
    change = update(ChannelRow).values(name="changed")
    async with holder.transaction() as tx:
        await tx.session.execute(change)
        with pytest.raises(Unavailable):
            async with other.transaction() as second:
                await second.session.execute(change)
    async with other.transaction() as second:
        await second.session.execute(change)
    for database in (holder, other):
        await database.close()


async def test_a_transaction_of_a_client_that_is_gone_lets_go_of_its_rows(postgres_url: str) -> None:
    change = update(ChannelRow).values(name="changed")
    async with Proxy(make_url(postgres_url).port or 0) as proxy:
        gone, other = opened(through(proxy, postgres_url)), opened(postgres_url)
        await write(other, "held")

        async def lets_go() -> bool:
            try:
                async with other.transaction() as tx:
                    await tx.session.execute(change)
            except Unavailable:
                return False
            return True

        async def holds() -> None:
            async with gone.transaction() as tx:
                await tx.session.execute(change)
                proxy.freeze()
                await eventually(lets_go)
                with pytest.raises(Unavailable):
                    await tx.session.execute(text("SELECT 1"))

        with pytest.raises(Unavailable):  # the whole fails, also if its part's failure was not minded
            await holds()
        for database in (gone, other):
            await database.close()


async def test_a_query_that_takes_too_long_is_ended_by_the_server(postgres_url: str) -> None:
    database = opened(postgres_url)
    with pytest.raises(Unavailable):
        async with database.read() as tx:
            await tx.session.execute(text("SELECT pg_sleep(:seconds)"), {"seconds": 2 * PATIENCE})
    assert await stored(database) == set()
    await database.close()


async def test_more_callers_than_connections_wait_for_a_bounded_time(database_url: str) -> None:
    database = opened(database_url, pool_size=1)
    async with database.read():
        with pytest.raises(Unavailable):
            await stored(database)
    assert await stored(database) == set()
    await database.close()


@pytest.mark.parametrize("url", ["postgresql://nobody@127.0.0.1:{port}/none", "sqlite:////nonexistent/directory/x.db"])
async def test_a_database_that_cannot_be_reached(url: str) -> None:
    before = set(threading.enumerate())
    database = opened(url.format(port=free_port()))
    with pytest.raises(Unavailable):
        await stored(database)
    await database.close()
    # The driver's thread for a file that cannot be opened ends a moment later, and tells this loop so.
    await eventually(lambda: not set(threading.enumerate()) - before)


async def test_a_server_that_shuts_down_or_refuses(postgres_url: str) -> None:
    database = opened(postgres_url, pool_size=1, timeout=PATIENCE)
    other = opened(postgres_url, timeout=PATIENCE)

    async def interrupted() -> None:
        async with database.transaction() as tx:
            pid = await tx.session.scalar(text("SELECT pg_backend_pid()"))
            async with other.read() as second:
                await second.session.execute(text("SELECT pg_terminate_backend(:pid, 10000)"), {"pid": pid})
            await tx.session.execute(text("SELECT 1"))

    with pytest.raises(Unavailable):
        await interrupted()
    await write(database, "after")
    missing = opened(make_url(postgres_url).set(database="none").render_as_string(hide_password=False))
    with pytest.raises(Unavailable):
        await stored(missing)
    for one in (database, other, missing):
        await one.close()


async def test_sqlite_that_another_program_keeps_locked(sqlite_url: str) -> None:
    database = opened(sqlite_url)
    assert await stored(database) == set()
    stranger = sqlite3.connect(make_url(sqlite_url).database or "")
    stranger.execute("BEGIN IMMEDIATE")
    with pytest.raises(Unavailable):
        await write(database, "locked")
    assert await stored(database) == set()
    stranger.rollback()
    stranger.close()
    await write(database, "free")
    assert await stored(database) == {"free"}
    await database.close()


async def test_sqlite_whose_disk_is_full(sqlite_url: str) -> None:
    database = opened(sqlite_url, pool_size=1)
    async with database.read() as tx:
        pages = await tx.session.scalar(text("PRAGMA page_count"))
        await tx.session.execute(text(f"PRAGMA max_page_count={pages}"))
    with capture_logs() as lines, pytest.raises(Unavailable):
        async with database.transaction() as tx:
            tx.session.add_all([row(f"{number:05}" + "x" * 900) for number in range(500)])
    assert [line["reason"] for line in lines] == ["its disk is full"]
    assert await stored(database) == set()
    await database.close()


async def test_sqlite_that_may_not_be_written(sqlite_url: str) -> None:
    database = opened(sqlite_url, pool_size=1)
    async with database.read() as tx:
        await tx.session.execute(text("PRAGMA query_only=ON"))
    with capture_logs() as lines, pytest.raises(Unavailable):
        await write(database, "x")
    assert [line["reason"] for line in lines] == ["it is read-only"]
    await database.close()


async def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    (tmp_path / "no.db").write_bytes(b"no database at all" * 1000)
    database = opened(f"sqlite:///{tmp_path / 'no.db'}")
    with pytest.raises(Unavailable):
        await stored(database)
    await database.close()


async def test_a_mistake_of_ours_is_no_outage(database_url: str) -> None:
    database = opened(database_url, timeout=PATIENCE)
    with capture_logs() as lines:
        for wrong in ("SELECT nothing FROM nowhere", "SELEKT 1"):
            with pytest.raises(SQLAlchemyError):
                async with database.read() as tx:
                    await tx.session.execute(text(wrong))
        await write(database, "one")
        with pytest.raises(IntegrityError):
            await write(database, "one")
        with pytest.raises(TimeoutError):
            async with database.transaction():
                raise TimeoutError
    assert lines == []
    assert database.outage.reason is None
    await database.close()


async def test_an_outage_is_two_lines_in_the_log_however_many_meet_it(sqlite_url: str) -> None:
    clock = ManualClock()
    database = opened(sqlite_url, clock=clock, timeout=0.01)
    await stored(database)
    stranger = sqlite3.connect(make_url(sqlite_url).database or "")
    stranger.execute("BEGIN IMMEDIATE")
    with capture_logs() as lines:
        for _ in range(5):
            with pytest.raises(Unavailable):
                await write(database, "locked")
            await stored(database)  # readers are served meanwhile, and end nothing
            clock.forward(1)
        assert database.outage.reason == "another program keeps it locked"
        stranger.rollback()
        clock.forward(10)
        for number in range(3):
            await write(database, f"free{number}")
    stranger.close()
    assert [(line["event"], line["store"]) for line in lines] == [
        ("store away", "the database"),
        ("store back", "the database"),
    ]
    assert lines[0]["reason"] == "another program keeps it locked"
    assert (lines[0]["since"], lines[1]["seconds"]) == (lines[1]["since"], 4.0)
    assert database.outage.reason is None
    await database.close()
