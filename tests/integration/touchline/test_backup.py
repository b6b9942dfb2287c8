"""Backups that are taken, verified and restored around a server, on both databases."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
from sqlalchemy.engine import make_url

from kit.session import Role
from tests.live import SECRET, Gateway
from tests.support.operator import Writer, done, modes, names, refused

Gateways = Callable[..., Gateway]


@pytest.fixture(params=["sqlite", "postgresql"])
def gateway(request: pytest.FixtureRequest, gateway_factory: Gateways) -> Gateway:
    """One on each database, with a private Redis."""
    url = request.getfixturevalue("postgres").new_database() if request.param == "postgresql" else ""
    return gateway_factory(database_url=url)


async def test_a_backup_is_verified_and_what_is_wrong_with_it_is_said(gateway: Gateway, tmp_path: Path) -> None:
    feed = await gateway.account(Role.FEED)
    writer = Writer(gateway, feed)
    await writer.begin()
    async with writer.http() as http:
        await writer.goal(http, "a")
    backup = tmp_path / "backup"
    await done(gateway, "backup", str(backup))
    said = await done(gateway, "backup", "verify", str(backup))
    assert "digests are right" in said
    assert "reads a match" in said
    assert "is good" in said

    # A row that is not what was backed up, in a file that is whole.
    manifest = (backup / "manifest.json").read_text()
    digest = manifest.partition('"matches": {')[2].partition('"digest": "')[2][:64]
    (backup / "manifest.json").write_text(manifest.replace(digest, digest[::-1]))
    assert "The table matches does not hold what was backed up" in await refused(
        gateway, "backup", "verify", str(backup)
    )
    (backup / "manifest.json").unlink()
    assert "no manifest.json" in await refused(gateway, "backup", "verify", str(backup))


async def test_a_running_server_is_not_restored_under(gateway: Gateway, tmp_path: Path) -> None:
    await gateway.account(Role.OWNER)
    await done(gateway, "backup", str(tmp_path / "backup"))
    await gateway.account(Role.LISTENER)
    assert "serves from" in await refused(gateway, "restore", "--force", str(tmp_path / "backup"))
    if gateway.database_url:  # one on another machine, which has another data directory
        elsewhere = {"TOUCHLINE_DATA_DIR": str(tmp_path / "data")}
        said = await refused(gateway, "restore", "--force", str(tmp_path / "backup"), **elsewhere)
        assert "connections are open to this database" in said
    gateway.stop()
    assert "--force" in await refused(gateway, "restore", str(tmp_path / "backup"))
    gateway.start()
    await gateway.login("listener2@example.org")


async def test_a_restore_that_fails_changes_nothing(gateway: Gateway, tmp_path: Path) -> None:
    owner = await gateway.account(Role.OWNER)
    backup = tmp_path / "backup"
    await done(gateway, "backup", str(backup))
    gateway.stop()
    copy = next(backup.glob("database.*"))
    whole = copy.read_bytes()
    copy.write_bytes(whole[: len(whole) // 2])
    assert "damaged" in await refused(gateway, "restore", "--force", str(backup))
    gateway.start()
    await gateway.login(owner.email)


async def test_an_empty_machine_gets_everything_back_with_the_secret(gateway_factory: Gateways, tmp_path: Path) -> None:
    gateway = gateway_factory(environment={"TOUCHLINE_PUBLIC_URL": "https://radio.example"})
    owner = await gateway.account(Role.OWNER)
    channel = await gateway.channel(owner)
    keep = {"TOUCHLINE_PUBLIC_URL": "https://radio.example", "TOUCHLINE_REDIS_URL": "redis://:hunter2@127.0.0.1:1/0"}
    assert "No backup was taken" in await refused(gateway, "backup", "--with-secret", str(tmp_path / "b"), **keep)
    await done(gateway, "backup", "--with-secret", "--yes", str(tmp_path / "b"), **keep)
    assert (tmp_path / "b" / "secret.key").read_text().strip() == SECRET
    settings = (tmp_path / "b" / "settings.env").read_text()
    assert "TOUCHLINE_PUBLIC_URL=https://radio.example\n" in settings
    assert "TOUCHLINE_REDIS_URL=redis://:***@127.0.0.1:1/0\n" in settings
    assert SECRET not in settings
    assert modes(tmp_path / "b") == {"0o600"}
    gateway.stop()

    other = Gateway(tmp_path / "other")
    await done(other, "restore", str(tmp_path / "b"), TOUCHLINE_SECRET_KEY="")
    assert (tmp_path / "other" / "data" / "secret.key").read_text() == SECRET
    assert modes(tmp_path / "other" / "data") == {"0o600"}
    other.start()
    try:
        again = await other.login(owner.email)
        async with httpx.AsyncClient(base_url=other.url, headers=again.bearer) as http:
            found = (await http.get(f"/api/channels/{channel['id']}")).json()
        assert found["source"]["password"] == channel["source"]["password"]
    finally:
        other.stop()


async def test_the_former_database_is_kept(gateway_factory: Gateways, tmp_path: Path) -> None:
    gateway = gateway_factory()
    await gateway.account(Role.OWNER)
    await done(gateway, "backup", str(tmp_path / "backup"))
    await gateway.account(Role.LISTENER)
    gateway.kill()  # so that its last word is in the write-ahead log
    assert "is kept as" in await done(gateway, "restore", "--force", str(tmp_path / "backup"))
    data = gateway.directory / "data"
    (kept,) = data.glob("touchline.db.replaced-*")
    for path, users in ((kept, 2), (data / "touchline.db", 1)):
        with sqlite3.connect(path) as connection:
            assert connection.execute("SELECT count(*) FROM users").fetchone() == (users,)
        connection.close()


async def test_what_does_not_fit_is_said(gateway_factory: Gateways, postgres: Any, tmp_path: Path) -> None:
    gateway = gateway_factory()
    await done(gateway, "backup", str(tmp_path / "backup"))
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").write_text("")
    (tmp_path / "file").write_text("")
    assert "is not empty" in await refused(gateway, "backup", str(tmp_path / "full"))
    assert "is no directory" in await refused(gateway, "backup", str(tmp_path / "file"))
    assert "could not be written" in await refused(gateway, "backup", str(tmp_path / "file" / "below"))
    assert "There is no backup" in await refused(gateway, "restore", str(tmp_path / "nowhere"))
    empty = postgres.new_database()
    assert "none of Touchline" in await refused(gateway, "backup", str(tmp_path / "b"), TOUCHLINE_DATABASE_URL=empty)
    assert not (tmp_path / "b").exists()
    assert "is of SQLite" in await refused(
        gateway, "restore", str(tmp_path / "backup"), TOUCHLINE_DATABASE_URL=empty,
        TOUCHLINE_DATA_DIR=str(tmp_path / "data"),
    )  # fmt: skip
    nobody = make_url(empty).set(port=1).render_as_string(hide_password=False)
    assert "does not answer" in await refused(gateway, "backup", str(tmp_path / "b"), TOUCHLINE_DATABASE_URL=nobody)
    assert not [name for name in names(tmp_path) if name.startswith(".")], "nothing half done is left"
