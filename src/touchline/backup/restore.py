"""Restore a backup: the former database is replaced at once and as a whole, or stays."""

from __future__ import annotations

import os
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from kit.clock import Clock, SystemClock
from kit.db import Database
from kit.generations import renew_generation
from kit.ids import UlidGenerator
from touchline.backup import postgres, repository
from touchline.backup.manifest import KEY_FILE, BackupError, Manifest, blocks, digest_of, read_manifest, sync
from touchline.backup.take import database_kind, sqlite_path
from touchline.migrate import metadata, migrate, revisions
from touchline.serve import data_directory
from touchline.settings import Settings

Ask = Callable[[str], bool]
"""Asks a question; no is the answer where nobody can be asked."""


async def restore(settings: Settings, directory: Path, *, ask: Ask, clock: Clock) -> tuple[Manifest, list[str]]:
    """Restore a backup, and bring it up to date.

    Args:
        settings: What names the database and the data directory.
        directory: The backup.
        ask: Asked before anything is replaced.
        clock: Names what is kept of the former database.

    Returns:
        Its manifest, and sentences about what else is to be known.

    Raises:
        BackupError: Nothing was changed.
        CannotServe: A server serves from that data directory.
    """
    manifest = usable(directory)
    kind = database_kind(settings)
    if kind != manifest.database:
        raise BackupError(
            f"This backup is of {_NAMES[manifest.database]}, and TOUCHLINE_DATABASE_URL names {_NAMES[kind]}."
        )
    with data_directory(settings.data_dir):
        copy = directory / manifest.database_file
        if kind == "sqlite":
            told = await _restore_sqlite(copy, sqlite_path(settings), manifest, ask, f"{clock.now_ms()}")
        else:
            told = await _restore_postgres(copy, settings.effective_database_url, manifest, ask)
        return manifest, told + _restore_secret(settings, directory, manifest, ask)


def usable(directory: Path) -> Manifest:
    """The manifest of a backup that is whole and that this program can read; raises `BackupError`."""
    manifest = read_manifest(directory)
    if manifest.revision not in revisions():
        raise BackupError(
            f"The backup {directory} was made by a newer Touchline ({manifest.version}, schema {manifest.revision}); "
            "update this one first."
        )
    return manifest


async def _restore_sqlite(copy: Path, target: Path, manifest: Manifest, ask: Ask, stamp: str) -> list[str]:
    existing = _may_be_replaced(target, ask)
    fresh = target.with_name(f"{target.name}.restoring")
    try:
        _copy(copy, fresh)
        if digest_of(fresh) != manifest.files[copy.name]:
            raise BackupError(f"{copy} changed while it was read.")
        repository.check_sqlite(fresh)
        await _made_current(f"sqlite:///{fresh.resolve()}")
        repository.rest_in_one_file(fresh)
        sync(fresh)
        kept = _kept(target, stamp) if existing else None
        fresh.replace(target)
        sync(target.parent)
    except OSError as error:
        raise BackupError(f"{target} could not be written: {error.strerror or error}.") from None
    finally:
        for path in target.parent.glob(f"{fresh.name}*"):
            path.unlink()
    return [f"The former database is kept as {kept}; delete it when you do not need it."] if kept else []


def _may_be_replaced(target: Path, ask: Ask) -> bool:
    """Whether there is a database; raises `BackupError` if there is and it is to stay."""
    if not target.exists():
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        return False
    if not ask(f"Replace the database {target}? It is kept beside the new one."):
        raise BackupError(f"{target} is there already, and stays; --force replaces it.")
    return True


def _kept(target: Path, stamp: str) -> Path:
    """Give the former database a second name, whole and in one file; its own name is then replaced in one step."""
    with suppress(BackupError):  # one that is damaged is kept as it is, with its log
        repository.rest_in_one_file(target)
    kept = target.with_name(f"{target.name}.replaced-{stamp}")
    os.link(target, kept)
    for suffix in ("-wal", "-shm"):  # they belong to the former one, and would be read into the new one
        with suppress(FileNotFoundError):
            target.with_name(target.name + suffix).rename(kept.with_name(kept.name + suffix))
    return kept


async def _restore_postgres(copy: Path, url: str, manifest: Manifest, ask: Ask) -> list[str]:
    async with repository.postgres(url) as connection:
        tools = postgres.find_tools(await repository.server_version(connection))
        if others := await repository.others_connected(connection):
            raise BackupError(
                f"{others} other connections are open to this database; stop every server that uses it first."
            )
        ours = {*manifest.tables, *metadata().tables, "alembic_version"}
        present = [table for table in await repository.postgres_tables(connection) if table[1] in ours]
    if present and not ask(f"Replace the {len(present)} tables of this PostgreSQL database? They are gone then."):
        raise BackupError("This database has tables already, and they stay; --force replaces them.")
    postgres.restore(tools, url, copy, before=repository.drop_tables(present))
    await _made_current(url)
    return []


async def _made_current(url: str) -> None:
    """Bring the schema up to date, and say that this database is not what it was: followers take fresh snapshots."""
    await migrate(url)
    clock = SystemClock()
    database = Database(url, clock=clock, ids=UlidGenerator(clock))
    try:
        await renew_generation(database)
    finally:
        await database.close()


def _restore_secret(settings: Settings, directory: Path, manifest: Manifest, ask: Ask) -> list[str]:
    path = settings.data_dir / "secret.key"
    if KEY_FILE not in manifest.files:
        if settings.secret_key or path.exists():
            return []
        return [_NO_KEY]
    key = (directory / KEY_FILE).read_text().strip()
    if settings.secret_key:
        same = settings.secret_key == key
        return [] if same else ["TOUCHLINE_SECRET_KEY is another key than the backup's: source passwords change."]
    if path.exists():
        if path.read_text().strip() == key:
            return []
        if not ask(f"Replace the secret key {path} by the backup's?"):
            return [f"{path} was left as it is: source passwords are not those of the backup."]
    fresh = path.with_name(f"{path.name}.restoring")
    with os.fdopen(os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(key)
    sync(fresh)
    fresh.replace(path)
    return []


def _copy(source: Path, target: Path) -> None:
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        for block in blocks(source):
            file.write(block)


_NO_KEY = (
    "The backup has no secret key, and neither has this data directory: source passwords will be other ones, and "
    "everybody signs in anew."
)
_NAMES = {"sqlite": "SQLite", "postgresql": "PostgreSQL"}
