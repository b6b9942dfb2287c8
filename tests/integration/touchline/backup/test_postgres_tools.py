"""Which `pg_dump` is taken, and what is said where none will do."""

from __future__ import annotations

from pathlib import Path

import pytest

from touchline.backup.manifest import BackupError
from touchline.backup.postgres import environment, find_tools


def pg_dump(directory: Path, version: str) -> str:
    """A program that says that it is one."""
    directory.mkdir(exist_ok=True)
    path = directory / "pg_dump"
    path.write_text(f"#!/bin/sh\necho 'pg_dump (PostgreSQL) {version} (Debian)'\n")
    path.chmod(0o755)
    return str(directory)


def test_one_that_is_as_new_as_the_server_is_taken(tmp_path: Path) -> None:
    path = {"PATH": pg_dump(tmp_path, "99.1")}
    assert find_tools(99, path).path("psql") == str(tmp_path / "psql")
    assert find_tools(98, path).directory == tmp_path


def test_one_that_is_older_than_the_server_is_refused(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"too old: it is of PostgreSQL 98\b.*the server is 99.*postgresql-client-99"):
        find_tools(99, {"PATH": pg_dump(tmp_path, "98.7")})


@pytest.mark.parametrize("path", ["", "/nowhere"])
def test_where_there_is_none_it_says_what_to_install(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Path, "glob", lambda *_: iter(()))
    with pytest.raises(BackupError, match=r"pg_dump is missing.*postgresql-client-16"):
        find_tools(16, {"PATH": path})


def test_a_password_goes_by_the_environment() -> None:
    env = environment("postgresql+asyncpg://ann:p%40ss@db.example:6543/radio?ssl=require")
    assert {name: env[name] for name in ("PGHOST", "PGPORT", "PGUSER", "PGPASSWORD", "PGDATABASE", "PGSSLMODE")} == {
        "PGHOST": "db.example", "PGPORT": "6543", "PGUSER": "ann", "PGPASSWORD": "p@ss", "PGDATABASE": "radio",
        "PGSSLMODE": "require",
    }  # fmt: skip
