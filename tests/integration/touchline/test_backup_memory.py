"""A backup takes no more memory for a large database than for a small one."""

from __future__ import annotations

import asyncio
import os
import sqlite3
import subprocess
import sys
from pathlib import Path

from touchline.migrate import migrate

ROWS = 60_000
ROW_BYTES = 2_000
MEASURED = """
import resource
from touchline.cli import main
main(["backup", {target!r}], standalone_mode=False)
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


def backed_up(data: Path, target: Path) -> int:
    """The largest memory of a backup, in bytes."""
    done = subprocess.run(
        [sys.executable, "-c", MEASURED.format(target=str(target))],
        env={"PATH": os.environ["PATH"], "TOUCHLINE_DATA_DIR": str(data)}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return int(done.stdout.splitlines()[-1]) * 1024


def test_memory_does_not_grow_with_the_database(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    asyncio.run(migrate(f"sqlite:///{data / 'touchline.db'}"))
    small = backed_up(data, tmp_path / "small")
    with sqlite3.connect(data / "touchline.db") as connection:
        connection.execute("CREATE TABLE filler (id INTEGER PRIMARY KEY, payload BLOB)")
        connection.execute(
            "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) "
            "INSERT INTO filler SELECT i, randomblob(?) FROM n",
            (ROWS, ROW_BYTES),
        )
    connection.close()
    large = backed_up(data, tmp_path / "large")
    assert (tmp_path / "large" / "database.sqlite3").stat().st_size > ROWS * ROW_BYTES
    assert large - small < ROWS * ROW_BYTES / 4
