"""Take a backup while the server runs: a directory is there as a whole, or not at all."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields
from pathlib import Path

from sqlalchemy.engine import make_url

from kit.clock import Clock, to_rfc3339
from kit.db import normalise_url
from touchline.app import VERSION
from touchline.backup import postgres, repository
from touchline.backup.manifest import (
    DATABASES,
    FORMAT,
    KEY_FILE,
    SETTINGS,
    BackupError,
    Manifest,
    TableDigest,
    digest_of,
    sync,
    write_manifest,
)
from touchline.settings import Settings

_PASSWORD = re.compile(r"(://[^:/@]*):.*@")  # up to the last @: a password may hold one
_SECRET_OPTION = re.compile(r"([?&][^=&]*(?:pass|secret|key|token)[^=&]*=)[^&]*", re.IGNORECASE)


async def take(settings: Settings, directory: Path, *, with_secret: bool, clock: Clock) -> Manifest:
    """Write a backup into a directory that is empty or not there yet.

    Args:
        settings: Where the database is.
        directory: Made by this; whole, or not there.
        with_secret: Whether the secret key is added.
        clock: Says when it was taken.

    Returns:
        What the backup is.

    Raises:
        BackupError: The database cannot be copied, or the directory has something in it.
    """
    with _new_directory(directory) as making:
        kind = database_kind(settings)
        copy = making / DATABASES[kind]
        if kind == "sqlite":
            revision, tables = _take_sqlite(sqlite_path(settings), copy)
        else:
            revision, tables = await _take_postgres(settings.effective_database_url, copy)
        _write(making / SETTINGS, settings_without_secrets(settings))
        if with_secret:
            _write(making / KEY_FILE, secret_of(settings) + "\n")
        for path in making.iterdir():
            path.chmod(0o600)
            sync(path)
        manifest = Manifest(
            program="touchline",
            format=FORMAT,
            version=VERSION,
            taken_at=to_rfc3339(clock.now_ms()),
            database="sqlite" if kind == "sqlite" else "postgresql",
            revision=revision,
            files={path.name: digest_of(path) for path in sorted(making.iterdir())},
            tables=tables,
        )
        write_manifest(making, manifest)
    return manifest


def database_kind(settings: Settings) -> str:
    """`sqlite` or `postgresql`."""
    return make_url(normalise_url(settings.effective_database_url)).get_backend_name()


def sqlite_path(settings: Settings) -> Path:
    """Where the SQLite database is, or would be."""
    name = make_url(normalise_url(settings.effective_database_url)).database
    if not name or name == ":memory:" or name.startswith("file:"):
        raise BackupError("TOUCHLINE_DATABASE_URL names no file: sqlite:///PATH is expected.")
    return Path(name)


def _take_sqlite(source: Path, target: Path) -> tuple[str, dict[str, TableDigest]]:
    if not source.is_file():
        raise BackupError(f"There is no database {source}; TOUCHLINE_DATA_DIR says where it is.")
    repository.sqlite_revision(source)
    repository.copy_sqlite(source, target)
    return repository.sqlite_revision(target), repository.digest_sqlite(target)


async def _take_postgres(url: str, target: Path) -> tuple[str, dict[str, TableDigest]]:
    async with repository.postgres(url) as connection:
        snapshot = await repository.export_snapshot(connection)
        tools = postgres.find_tools(await repository.server_version(connection))
        revision = await repository.postgres_revision(connection)
        if revision is None:
            raise BackupError("This PostgreSQL database is none of Touchline: it has no schema yet.")
        postgres.dump(tools, url, snapshot, await repository.postgres_tables(connection), target)
        return revision, await repository.digest_postgres(connection)


@contextmanager
def _new_directory(directory: Path) -> Iterator[Path]:
    """A directory under another name, which takes its own once it is complete."""
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise BackupError(f"{directory} is no directory.")
    if directory.is_dir() and any(directory.iterdir()):
        raise BackupError(f"{directory} is not empty; each backup gets a directory of its own.")
    directory = directory.resolve()
    making = directory.with_name(f".{directory.name}.{os.getpid()}.partial")
    try:
        directory.parent.mkdir(parents=True, exist_ok=True)
        making.mkdir(mode=0o700)
        try:
            yield making
            sync(making)
            making.rename(directory)
            sync(directory.parent)
        except BaseException:
            shutil.rmtree(making, ignore_errors=True)
            raise
    except OSError as error:
        raise BackupError(f"{directory} could not be written: {error.strerror or error}.") from None


def _write(path: Path, content: str) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(content)


def secret_of(settings: Settings) -> str:
    """The key that signs tokens and makes source passwords; raises `BackupError` if there is none."""
    if settings.secret_key:
        return settings.secret_key
    try:
        return (settings.data_dir / "secret.key").read_text().strip()
    except OSError as error:
        raise BackupError(f"The secret key cannot be read: {error.strerror}.") from None


def settings_without_secrets(settings: Settings) -> str:
    """The settings that are not the default, as lines `NAME=value`; what is secret is masked."""
    lines = [
        "# The settings of this backup that were not the default. *** stands for what is secret and not in a backup.",
    ]
    for field in fields(Settings):
        value = getattr(settings, field.name)
        if field.name == "secret_key":
            value = "***" if value else ""
        elif value == field.default:
            continue
        text = ",".join(value) if isinstance(value, tuple) else "" if value is None else f"{value}"
        text = _SECRET_OPTION.sub(r"\1***", _PASSWORD.sub(r"\1:***@", text))
        if text:
            lines.append(f"TOUCHLINE_{field.name.upper()}={text}")
    return "\n".join(lines) + "\n"
