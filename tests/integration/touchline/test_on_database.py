"""Commands for accounts and channels work on the station's own database, name it, and never make another."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from bench.postgres import PostgresServer
from tests.support import warm

USER = ("create-user", "--email", "o@example.org", "--role", "owner", "--password-stdin")
CHANNEL = ("create-channel", "--slug", "radio", "--name", "Radio", "--owner", "o@example.org")
PASSWORD = "correct horse battery\n"


def command(directory: Path, *arguments: str, **more: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_")}
    env |= {"TOUCHLINE_DATA_DIR": str(directory)} | more
    return warm.run(arguments, env=env, stdin=PASSWORD)


def refused(directory: Path, *arguments: str, **more: str) -> str:
    """What the command says that ends without having done anything."""
    done = command(directory, *arguments, **more)
    assert (done.returncode, done.stdout) == (1, ""), done.stderr
    named, said = done.stderr.strip().splitlines()
    assert named.startswith("database ")
    assert said.startswith("touchline: ")
    assert "Set TOUCHLINE_DATA_DIR or TOUCHLINE_" in said
    return said


@pytest.mark.parametrize("arguments", [USER, CHANNEL], ids=["create-user", "create-channel"])
def test_without_a_database_nothing_is_made(tmp_path: Path, arguments: tuple[str, ...]) -> None:
    unknown, bare, empty = tmp_path / "mistyped", tmp_path / "bare", tmp_path / "empty"
    assert f"There is no data directory {unknown}." in refused(unknown, *arguments)
    bare.mkdir()
    assert f"There is no database {bare / 'touchline.db'}." in refused(bare, *arguments)
    assert "`touchline serve` or `touchline migrate`" in refused(bare, *arguments)
    empty.mkdir()
    (empty / "touchline.db").touch()
    assert f"The database {empty / 'touchline.db'} is empty." in refused(empty, *arguments)
    elsewhere = f"sqlite:///{tmp_path / 'other.db'}"
    assert f"{tmp_path / 'other.db'}" in refused(bare, *arguments, TOUCHLINE_DATABASE_URL=elsewhere)
    made = sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*"))
    assert made == ["bare", "empty", "empty/touchline.db"]
    assert (empty / "touchline.db").stat().st_size == 0


def test_the_database_that_is_used_is_named(tmp_path: Path) -> None:
    command(tmp_path, "migrate").check_returncode()
    for arguments, said in ((USER, "owner o@example.org "), (CHANNEL, "channel radio ")):
        done = command(tmp_path, *arguments)
        assert done.returncode == 0, done.stderr
        assert done.stdout.startswith(said)
        assert f"database {tmp_path / 'touchline.db'}\n" in done.stderr


def test_the_same_on_postgresql(tmp_path: Path, postgres: PostgresServer) -> None:
    url = postgres.new_database()
    at = {"TOUCHLINE_DATABASE_URL": url, "TOUCHLINE_SECRET_KEY": "a long enough secret for the tests 8f3c"}
    assert "is empty." in refused(tmp_path, *USER, **at)
    assert "cannot be opened" in refused(tmp_path, *USER, **at | {"TOUCHLINE_DATABASE_URL": f"{url}_mistyped"})
    keyless = {"TOUCHLINE_DATABASE_URL": url}
    assert "where the secret key would be" in refused(tmp_path / "mistyped", *USER, **keyless)
    command(tmp_path, "migrate", **at).check_returncode()
    done = command(tmp_path, *USER, **at)
    assert done.returncode == 0, done.stderr
    assert "database postgresql://" in done.stderr
    assert list(tmp_path.iterdir()) == []
