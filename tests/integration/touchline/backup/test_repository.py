"""Copies of a SQLite database that is written meanwhile."""

from __future__ import annotations

import shutil
import sqlite3
import threading
from pathlib import Path

import pytest

from touchline.backup.manifest import BackupError
from touchline.backup.repository import check_sqlite, copy_sqlite, digest_sqlite, rest_in_one_file, sqlite_revision


def opened(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None, timeout=60, check_same_thread=False)
    connection.execute("PRAGMA journal_mode=WAL")
    return connection


@pytest.fixture
def source(tmp_path: Path) -> Path:
    """A database of one table whose rows are in the write-ahead log."""
    path = tmp_path / "source.db"
    connection = opened(path)
    connection.execute("CREATE TABLE pairs (id INTEGER PRIMARY KEY AUTOINCREMENT, twin INTEGER)")
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.execute("PRAGMA wal_autocheckpoint=0")
    connection.execute("BEGIN")
    connection.executemany("INSERT INTO pairs (twin) VALUES (?)", [(n,) for n in range(1000)])
    connection.execute("COMMIT")
    copied = tmp_path / "copies"
    copied.mkdir()
    for suffix in ("", "-wal"):  # as a process leaves them that is killed
        shutil.copyfile(f"{path}{suffix}", copied / f"source.db{suffix}")
    connection.close()
    return copied / "source.db"


def test_what_is_in_the_log_alone_is_copied(source: Path, tmp_path: Path) -> None:
    """The file by itself, which is what `cp` takes, has none of it."""
    shutil.copyfile(source, tmp_path / "cp.db")
    assert digest_sqlite(tmp_path / "cp.db")["pairs"].rows == 0
    copy_sqlite(source, tmp_path / "copy.db")
    assert digest_sqlite(tmp_path / "copy.db")["pairs"].rows == 1000
    check_sqlite(tmp_path / "copy.db")
    wal = source.with_name("source.db-wal")
    assert not wal.exists() or wal.stat().st_size == 0, "it is emptied afterwards"


def test_it_is_one_moment_and_nobody_waits(source: Path, tmp_path: Path) -> None:
    """Each transaction writes two rows; a copy has both or none. The writer is never refused."""
    writer, stop, failed = opened(source), threading.Event(), []
    written = threading.Event()

    def write() -> None:
        number = 1000
        while not stop.is_set():
            try:
                writer.execute("BEGIN IMMEDIATE")
                writer.executemany("INSERT INTO pairs (twin) VALUES (?)", [(number,), (number,)])
                writer.execute("COMMIT")
            except sqlite3.Error as error:
                failed.append(error)
                return
            number += 1
            written.set()

    thread = threading.Thread(target=write)
    thread.start()
    try:
        for number in range(5):
            written.clear()
            assert written.wait(60)
            copy = tmp_path / f"copy{number}.db"
            copy_sqlite(source, copy)
            with sqlite3.connect(copy) as found:
                odd = found.execute(
                    "SELECT count(*) FROM "
                    "(SELECT twin FROM pairs WHERE twin >= 1000 GROUP BY twin HAVING count(*) <> 2)"
                ).fetchone()
                assert odd == (0,)
                highest = found.execute("SELECT max(twin) FROM pairs").fetchone()[0]
                assert highest >= 1000 + number
            found.close()
    finally:
        stop.set()
        thread.join()
        writer.close()
    assert failed == []


def test_a_log_that_grows_too_far_ends_the_copy(source: Path, tmp_path: Path) -> None:
    holder = opened(source)
    holder.execute("BEGIN")
    holder.executemany("INSERT INTO pairs (twin) VALUES (?)", [(n,) for n in range(20_000)])
    holder.execute("COMMIT")
    with pytest.raises(BackupError, match="written faster than it can be copied"):
        copy_sqlite(source, tmp_path / "copy.db", log_bytes=1000)
    holder.close()


@pytest.mark.parametrize("content", [b"no database at all\n" * 100, b"", b"SQLite format 3\0" + b"\xff" * 5000])
def test_what_is_no_database_is_said(content: bytes, tmp_path: Path) -> None:
    path = tmp_path / "x.db"
    path.write_bytes(content)
    with pytest.raises(BackupError, match=r"x\.db"):
        sqlite_revision(path)


def test_one_that_is_damaged_within_is_said(source: Path, tmp_path: Path) -> None:
    copy = tmp_path / "copy.db"
    copy_sqlite(source, copy)
    raw = bytearray(copy.read_bytes())
    raw[4096:] = bytes(len(raw) - 4096)
    copy.write_bytes(raw)
    with pytest.raises(BackupError, match="damaged"):
        check_sqlite(copy)


def test_one_that_somebody_uses_is_not_put_into_one_file(source: Path) -> None:
    user = opened(source)
    user.execute("BEGIN")
    user.execute("SELECT count(*) FROM pairs").fetchall()
    with pytest.raises(BackupError, match=r"source\.db"):
        rest_in_one_file(source)
    user.close()
    rest_in_one_file(source)
    assert [path.name for path in source.parent.iterdir()] == ["source.db"]
