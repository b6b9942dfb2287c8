"""Taken and restored in this process, on both databases: what is there afterwards is what was there before."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import text

from kit.db import Database
from kit.generations import GenerationRepository
from kit.ids import UlidGenerator
from tests.support.doubles import ManualClock
from touchline.backup.manifest import BackupError
from touchline.backup.restore import restore
from touchline.backup.take import take
from touchline.migrate import migrate
from touchline.settings import Settings


def settings_of(database_url: str, tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", database_url=database_url, secret_key="x" * 40)


async def say(url: str, clock: ManualClock, *statements: str) -> None:
    database = Database(url, clock=clock, ids=UlidGenerator(clock))
    async with database.transaction() as tx:
        for statement in statements:
            await tx.session.execute(text(statement))
    await database.close()


async def state(url: str, clock: ManualClock) -> tuple[list[str], str, int]:
    """What the outbox holds, the generation, and the number that the outbox gave out last."""
    database = Database(url, clock=clock, ids=UlidGenerator(clock))
    async with database.read() as tx:
        rooms = [room for (room,) in await tx.session.execute(text("SELECT room FROM outbox ORDER BY id"))]
    here = await GenerationRepository(database).advance()
    await database.close()
    return rooms, here.name, here.outbox


def row(room: str) -> str:
    return (
        "INSERT INTO outbox (key, room, event, policy, payload, created_ms) "  # noqa: S608 - a test's own words
        f"VALUES ('k', '{room}', 'said', 'recoverable', '', 1)"
    )


async def test_what_was_there_is_there_again_in_another_generation(
    database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    settings = settings_of(database_url, tmp_path)
    await say(database_url, clock, row("a"), row("b"), "DELETE FROM outbox WHERE room = 'b'")
    _, generation, number = await state(database_url, clock)
    manifest = await take(settings, tmp_path / "backup", with_secret=False, clock=clock)
    assert manifest.tables["outbox"].rows == 1
    await say(database_url, clock, row("c"), "DELETE FROM outbox WHERE room = 'a'")
    with pytest.raises(BackupError, match="--force"):
        await restore(settings, tmp_path / "backup", ask=lambda _: False, clock=clock)
    assert (await state(database_url, clock))[0] == ["c"], "who says no keeps what is there"
    again, _ = await restore(settings, tmp_path / "backup", ask=lambda _: True, clock=clock)
    assert again == manifest
    rooms, new_generation, same_number = await state(database_url, clock)
    assert rooms == ["a"]
    assert same_number == number == 2, "numbers that were given out are not given out again"
    assert new_generation != generation
    # A backup of what was restored has the same rows, but for the generation.
    second = await take(settings, tmp_path / "second", with_secret=False, clock=clock)
    differing = {name for name in manifest.tables if manifest.tables[name] != second.tables[name]}
    assert differing == {"store_state"}


async def test_a_table_of_a_later_schema_is_gone_after_the_restore_of_an_older_one(
    database_url: str, clock: ManualClock, tmp_path: Path
) -> None:
    if database_url.startswith("sqlite"):
        old = f"sqlite:///{tmp_path / 'old.db'}"
        await migrate(old, "0004")
    else:
        old = database_url
        await say(old, clock, "DROP SCHEMA public CASCADE", "CREATE SCHEMA public")
        await migrate(old, "0004")
    settings = settings_of(old, tmp_path)
    manifest = await take(settings, tmp_path / "backup", with_secret=False, clock=clock)
    assert manifest.revision == "0004"
    await migrate(old)
    await restore(settings, tmp_path / "backup", ask=lambda _: True, clock=clock)
    assert (await state(old, clock))[0] == []
