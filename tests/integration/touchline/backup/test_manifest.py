"""Backups that are damaged, incomplete, of something else, or of another time: each gets a sentence."""

from __future__ import annotations

import random
import shutil
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.backup.manifest import (
    BackupError,
    FileDigest,
    Manifest,
    TableDigest,
    digest_of,
    read_manifest,
    write_manifest,
)
from touchline.backup.repository import TableSum
from touchline.backup.restore import usable

VALUES = st.one_of(st.none(), st.integers(-(2**63), 2**63 - 1), st.text(), st.binary(), st.floats(allow_nan=False))
ROWS = st.lists(st.lists(VALUES, min_size=1, max_size=4), max_size=20)


def made(directory: Path, **changed: Any) -> Path:
    """A directory with the manifest of a backup, and files that are as it says."""
    directory.mkdir(mode=0o700)
    (directory / "database.sqlite3").write_bytes(b"a database\n" * 100)
    (directory / "settings.env").write_text("TOUCHLINE_PUBLIC_URL=https://radio.example\n")
    said: dict[str, Any] = {
        "program": "touchline",
        "format": 1,
        "version": "0.1.0",
        "taken_at": "2026-11-28T22:30:00.000Z",
        "database": "sqlite",
        "revision": "0001",
        "files": {path.name: digest_of(path) for path in directory.iterdir()},
        "tables": {"users": TableDigest(1, "00")},
    }
    write_manifest(directory, Manifest(**{**said, **changed}))
    return directory


def sum_of(rows: list[list[Any]]) -> TableDigest:
    total = TableSum()
    for row in rows:
        total.add(row)
    return total.digest


def test_a_whole_one_is_read(tmp_path: Path) -> None:
    manifest = read_manifest(made(tmp_path / "backup"))
    assert manifest.rows == 1
    assert manifest.database_file == "database.sqlite3"
    assert (tmp_path / "backup" / "manifest.json").stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize(
    ("what", "sentence"),
    [
        (shutil.rmtree, "There is no backup"),
        (lambda path: (path / "manifest.json").unlink(), "no manifest.json"),
        (lambda path: (path / "settings.env").unlink(), "settings.env is missing"),
        (lambda path: (path / "database.sqlite3").write_bytes(b""), "0 bytes instead of 1100"),
        (lambda path: (path / "database.sqlite3").write_bytes(b"b database\n" * 100), "SHA-256"),
        (lambda path: (path / "manifest.json").write_bytes(b"{"), "damaged"),
        (lambda path: (path / "manifest.json").write_bytes(b"\xff\xfe"), "damaged"),
        (lambda path: (path / "manifest.json").write_bytes(b"[1]"), "damaged"),
        (lambda path: (path / "manifest.json").write_bytes(b" " * 2_000_000), "too large"),
        (lambda path: (path / "manifest.json").write_bytes(b'{"program": "immich"}'), "not of Touchline"),
        (lambda path: (path / "manifest.json").write_bytes(b'{"name": "web", "version": "1"}'), "not of Touchline"),
        (lambda path: (path / "manifest.json").write_bytes(b'{"program":"touchline","format":1}'), "damaged"),
        (lambda path: (path / "manifest.json").write_bytes(b'{"program":"touchline","format":2}'), "newer Touchline"),
    ],
)
def test_what_is_not_whole_is_said(what: Any, sentence: str, tmp_path: Path) -> None:
    directory = made(tmp_path / "backup")
    what(directory)
    with pytest.raises(BackupError, match=sentence):
        read_manifest(directory)


@pytest.mark.parametrize("name", ["../secret.key", "/etc/passwd", "a/b", "", ".hidden", "A"])
def test_a_manifest_names_no_file_elsewhere(name: str, tmp_path: Path) -> None:
    directory = made(tmp_path / "backup", files={name: FileDigest(1, "00")})
    with pytest.raises(BackupError, match="no backup"):
        read_manifest(directory)


def test_a_file_that_is_a_link_is_refused(tmp_path: Path) -> None:
    directory = made(tmp_path / "backup")
    (tmp_path / "elsewhere").write_bytes((directory / "settings.env").read_bytes())
    (directory / "settings.env").unlink()
    (directory / "settings.env").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(BackupError, match="no backup"):
        read_manifest(directory)


def test_a_backup_without_its_database_is_incomplete(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match=r"names no database\.dump"):
        read_manifest(made(tmp_path / "backup", database="postgresql"))


def test_one_of_a_newer_schema_says_so_and_one_of_an_older_is_usable(tmp_path: Path) -> None:
    with pytest.raises(BackupError, match="made by a newer Touchline"):
        usable(made(tmp_path / "newer", revision="9999", version="7.0"))
    assert usable(made(tmp_path / "older", revision="0001")).revision == "0001"


def test_what_a_newer_program_adds_is_passed_over(tmp_path: Path) -> None:
    directory = made(tmp_path / "backup")
    raw = msgspec.json.decode((directory / "manifest.json").read_bytes())
    (directory / "manifest.json").write_bytes(msgspec.json.encode({**raw, "recordings": "s3://…"}))
    assert read_manifest(directory).revision == "0001"


@given(data=st.data())
def test_any_damage_to_any_file_is_found(data: st.DataObject, tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = made(tmp_path_factory.mktemp("any") / "backup")
    path = data.draw(st.sampled_from(sorted(directory.iterdir())))
    before = path.read_bytes()
    place = data.draw(st.integers(0, len(before) - 1))
    after = data.draw(st.one_of(
        st.just(before[:place]), st.integers(1, 255).map(lambda bit: before[:place] + bytes([before[place] ^ bit])
                                                         + before[place + 1 :])
    ))  # fmt: skip
    path.write_bytes(after)
    try:
        manifest = read_manifest(directory)
    except BackupError:
        return
    assert path.name == "manifest.json", "a file that is not what was backed up must be found"
    assert manifest.files.keys() <= {"database.sqlite3", "settings.env"}


@given(ROWS, st.randoms(use_true_random=False))
def test_the_digest_of_a_table_does_not_depend_on_the_order(rows: list[list[Any]], chance: random.Random) -> None:
    shuffled = list(rows)
    chance.shuffle(shuffled)
    assert sum_of(rows) == sum_of(shuffled)


@given(ROWS, ROWS)
def test_tables_that_differ_have_other_digests(one: list[list[Any]], other: list[list[Any]]) -> None:
    def key(rows: list[list[Any]]) -> list[str]:
        return sorted(repr([(type(value), value) for value in row]) for row in rows)

    assert (sum_of(one) == sum_of(other)) == (key(one) == key(other))
