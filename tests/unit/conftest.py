"""Fixtures of the quick tests: databases copied from one that is migrated once, and a clock to move."""

from __future__ import annotations

import asyncio
import secrets
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

from kit.clock import SystemClock
from kit.db import Database
from kit.ids import Ids
from tests.unit.doubles import ManualClock
from touchline.migrate import migrate

# Two busy cores: an example takes as long as it takes, and a function-scoped Redis is emptied by the test itself.
settings.register_profile("unit", deadline=None, suppress_health_check=list(HealthCheck), max_examples=60)
settings.load_profile("unit")


@pytest.fixture
def clock() -> ManualClock:
    """A clock that stands until it is moved."""
    return ManualClock()


@pytest.fixture(scope="session")
def sqlite_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A migrated SQLite file to copy."""
    path = tmp_path_factory.mktemp("template") / "template.db"
    asyncio.run(migrate(f"sqlite:///{path}"))
    return path


@pytest.fixture(scope="session")
def postgres_template(postgres: Any) -> str:
    """The name of a migrated PostgreSQL database to copy."""
    url: str = postgres.new_database()
    asyncio.run(migrate(url))
    return url.rpartition("/")[2]


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """The URL of a migrated database of each kind."""
    if request.param == "sqlite":
        copy = tmp_path / "test.db"
        shutil.copyfile(request.getfixturevalue("sqlite_template"), copy)
        return f"sqlite:///{copy}"
    template = request.getfixturevalue("postgres_template")
    server = request.getfixturevalue("postgres")
    name = f"t{secrets.token_hex(6)}"
    subprocess.run(
        [str(server._binaries / "createdb"), "-h", "127.0.0.1", "-p", str(server.port), "-U", "touchline",
         "-T", template, "--strategy", "file_copy", name],
        check=True, cwd="/",
    )  # fmt: skip
    return f"postgresql://touchline@127.0.0.1:{server.port}/{name}"


@pytest.fixture
async def database(database_url: str) -> Any:
    """A migrated database of each kind."""
    clock = SystemClock()
    database = Database(database_url, clock=clock, ids=Ids(clock), pool_size=10)
    yield database
    await database.close()
