"""What a backup is: a directory with a database, and a manifest that says what must be in it."""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import msgspec

FORMAT = 1
MANIFEST = "manifest.json"
SETTINGS = "settings.env"
KEY_FILE = "secret.key"
DATABASES = {"sqlite": "database.sqlite3", "postgresql": "database.dump"}
"""What the database's copy is called: a SQLite file, or a dump of `pg_dump` in its own format."""

_MAX_MANIFEST = 1024 * 1024  # bytes; some tables and files are named in it, nothing else
_BLOCK = 1024 * 1024


class BackupError(Exception):
    """It cannot be done; the message is a sentence for whoever typed the command."""


class FileDigest(msgspec.Struct, frozen=True):
    """What a file must be: bytes, and SHA-256 in hexadecimal."""

    size: int
    sha256: str


class TableDigest(msgspec.Struct, frozen=True):
    """What a table must hold.

    Attributes:
        rows: How many.
        digest: The SHA-256 of each row, added up modulo 2^256, in hexadecimal: the same in any order of the rows.
    """

    rows: int
    digest: str


class Manifest(msgspec.Struct, frozen=True):
    """`manifest.json`. What a newer program adds is passed over as long as `format` is the same."""

    program: Literal["touchline"]
    format: int
    version: str
    taken_at: str
    database: Literal["sqlite", "postgresql"]
    revision: str
    files: dict[str, FileDigest]
    tables: dict[str, TableDigest]

    @property
    def database_file(self) -> str:
        """The name of the database's copy."""
        return DATABASES[self.database]

    @property
    def rows(self) -> int:
        """The rows of all tables together."""
        return sum(table.rows for table in self.tables.values())


class _Head(msgspec.Struct, frozen=True):
    program: str = ""
    format: int = 0


def digest_of(path: Path) -> FileDigest:
    """The digest of a file, read in blocks."""
    found, size = hashlib.sha256(), 0
    for block in blocks(path):
        found.update(block)
        size += len(block)
    return FileDigest(size, found.hexdigest())


def blocks(path: Path) -> Iterator[bytes]:
    """A file's content, a mebibyte at a time."""
    with path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield block


def write_manifest(directory: Path, manifest: Manifest) -> None:
    """Write it, for people to read as well."""
    path = directory / MANIFEST
    path.write_bytes(msgspec.json.format(msgspec.json.encode(manifest), indent=2) + b"\n")
    path.chmod(0o600)
    sync(path)


def read_manifest(directory: Path) -> Manifest:
    """Read it, and see that the files are what it says; raises `BackupError` with what is wrong."""
    manifest = _parsed(directory)
    for name, expected in manifest.files.items():
        path = directory / name
        if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name) or path.is_symlink():
            raise BackupError(f"{directory} is no backup: its manifest names {name!r}.")
        if not path.is_file():
            raise BackupError(f"The backup {directory} is incomplete: {name} is missing.")
        size = path.stat().st_size
        if size != expected.size:
            raise BackupError(f"{path} is damaged: it has {size} bytes instead of {expected.size}.")
        if digest_of(path) != expected:
            raise BackupError(f"{path} is damaged: its SHA-256 is not that of the manifest.")
    if manifest.database_file not in manifest.files:
        raise BackupError(f"The backup {directory} is incomplete: its manifest names no {manifest.database_file}.")
    return manifest


def _parsed(directory: Path) -> Manifest:
    if not directory.is_dir():
        raise BackupError(f"There is no backup {directory}: a directory made by `touchline backup` is expected.")
    path = directory / MANIFEST
    if not path.is_file():
        raise BackupError(f"{directory} is no backup of Touchline, or an incomplete one: it has no {MANIFEST}.")
    if path.stat().st_size > _MAX_MANIFEST:
        raise BackupError(f"{path} is no manifest of a backup: it is too large.")
    raw = path.read_bytes()
    try:
        head = msgspec.json.decode(raw, type=_Head)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupError(f"{path} is damaged: {error}.") from None
    if head.program != "touchline":
        raise BackupError(f"{path} is not of Touchline.")
    if head.format > FORMAT:
        raise BackupError(f"The backup {directory} was made by a newer Touchline; update this one first.")
    try:
        return msgspec.json.decode(raw, type=Manifest)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise BackupError(f"{path} is damaged: {error}.") from None


def sync(path: Path) -> None:
    """See that a file, or the names in a directory, outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
