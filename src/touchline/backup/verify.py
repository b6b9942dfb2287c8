"""Verify a backup: boot a copy of it where nothing else is, and compare it with what the manifest says."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import shutil
import socket
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import httpx

from touchline.backup import postgres, repository
from touchline.backup.manifest import BackupError, Manifest, TableDigest
from touchline.backup.restore import usable
from touchline.backup.take import database_kind
from touchline.migrate import migrate
from touchline.settings import Settings

_START_SECONDS = 180.0  # on a busy machine
_STOP_SECONDS = 30.0
_SAID = 2000  # characters of the copy's log that an error shows


async def verify(settings: Settings, directory: Path, *, on: str, echo: Callable[[str], None]) -> None:
    """Verify a backup; raises `BackupError` with what is wrong about it.

    Args:
        settings: Where nothing is said by `on`, a copy of PostgreSQL is made beside the database that they name.
        directory: The backup. It is read only.
        on: The URL of a PostgreSQL server on which a database may be made and dropped again.
        echo: Told each step that went well.
    """
    manifest = usable(directory)
    echo(f"The files are whole: {', '.join(sorted(manifest.files))}.")
    with tempfile.TemporaryDirectory(prefix="touchline-verify-", ignore_cleanup_errors=True) as name:
        scratch = Path(name)
        async with _copied(settings, directory, manifest, scratch, on) as url:
            found = await _digests(url, scratch)
            _compare(found, manifest)
            echo(f"{len(found)} tables have their {manifest.rows} rows, and the digests are right.")
            await migrate(url)
            echo(f"The schema, {manifest.revision}, can be brought up to date.")
            async with repository.writing(url) as connection:
                await repository.forget_feeds(connection)
                match_id = await repository.one_match(connection)
            await _serves(scratch, url, match_id)
            echo("A server starts on the copy, and " + ("reads a match." if match_id else "has no match to read."))


@asynccontextmanager
async def _copied(
    settings: Settings, directory: Path, manifest: Manifest, scratch: Path, on: str
) -> AsyncIterator[str]:
    """The URL of a copy that nobody else uses."""
    source = directory / manifest.database_file
    if manifest.database == "sqlite":
        copy = scratch / "touchline.db"
        try:
            shutil.copyfile(source, copy)
        except OSError as error:
            raise BackupError(f"The copy to verify could not be written to {copy}: {error.strerror}.") from None
        repository.check_sqlite(copy)
        yield f"sqlite:///{copy}"
        return
    server = on or (settings.database_url if database_kind(settings) == "postgresql" else "")
    if not server:
        raise BackupError("Name a PostgreSQL server to verify this backup on: --on postgresql://…")
    async with repository.postgres(server) as connection:
        tools = postgres.find_tools(await repository.server_version(connection))
    async with repository.scratch_database(server, f"touchline_verify_{secrets.token_hex(6)}") as url:
        postgres.restore(tools, url, source)
        yield url


async def _digests(url: str, scratch: Path) -> dict[str, TableDigest]:
    if url.startswith("sqlite"):
        return repository.digest_sqlite(scratch / "touchline.db")
    async with repository.postgres(url) as connection:
        return await repository.digest_postgres(connection)


def _compare(found: dict[str, TableDigest], manifest: Manifest) -> None:
    for name in sorted({*found, *manifest.tables}):
        expected, actual = manifest.tables.get(name), found.get(name)
        if actual is None or expected is None:
            there, not_there = ("manifest", "copy") if actual is None else ("copy", "manifest")
            raise BackupError(f"The table {name} is in the {there} and not in the {not_there}.")
        if actual.rows != expected.rows:
            raise BackupError(f"The table {name} has {actual.rows} rows instead of {expected.rows}.")
        if actual != expected:
            raise BackupError(f"The table {name} does not hold what was backed up: its digest is another one.")


async def _serves(scratch: Path, url: str, match_id: str | None) -> None:
    """Start a server on the copy, with a Redis of its own and on loopback alone, and read from it as a page does."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    env = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_")} | {
        "TOUCHLINE_DATA_DIR": str(scratch / "data"),
        "TOUCHLINE_DATABASE_URL": url,
        "TOUCHLINE_SECRET_KEY": secrets.token_urlsafe(48),
        "TOUCHLINE_SOURCE_PORT": "0",
    }
    log = scratch / "server.log"
    with log.open("wb") as out:
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "touchline", "serve", "--host", "127.0.0.1", "--port", str(port),
            env=env, stdin=asyncio.subprocess.DEVNULL, stdout=out, stderr=out, start_new_session=True,
        )  # fmt: skip
    try:
        async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=10, trust_env=False) as http:
            await _until_ready(http, server, log)
            answer = await http.get(f"/api/matches/{match_id}" if match_id else "/api/matches")
            if answer.status_code != 200 or (match_id and answer.json()["id"] != match_id):
                raise BackupError(f"The server on the copy could not read a match: {answer.text[:_SAID]}")
    except httpx.HTTPError as error:
        raise BackupError(f"The server on the copy did not answer: {type(error).__name__}.") from None
    finally:
        await _end(server)


async def _until_ready(http: httpx.AsyncClient, server: asyncio.subprocess.Process, log: Path) -> None:
    deadline = time.monotonic() + _START_SECONDS
    while True:
        with contextlib.suppress(httpx.TransportError):
            if (await http.get("/health/ready")).status_code == 200:
                return
        if server.returncode is not None or time.monotonic() > deadline:
            said = await asyncio.to_thread(log.read_text, errors="replace")
            raise BackupError(f"The server did not start on the copy:\n{said[-_SAID:]}")
        await asyncio.sleep(0.1)


async def _end(server: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError):
        server.terminate()
    try:
        async with asyncio.timeout(_STOP_SECONDS):
            await server.wait()
    except TimeoutError:
        server.kill()
        await server.wait()
