"""PostgreSQL's own programs: `pg_dump` writes a copy, `pg_restore` and `psql` bring it back in one transaction."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from sqlalchemy.engine import make_url

from touchline.backup.manifest import BackupError

_CONNECT_SECONDS = 15
_LOCK_MS = 60_000  # a migration that runs just now ends, or the backup says that it could not begin
_BLOCK = 1024 * 1024
_SAID = 2000  # characters of what a program complained about


@dataclass(frozen=True, slots=True)
class Tools:
    """PostgreSQL's client programs of one version."""

    directory: Path

    def path(self, program: str) -> str:
        """The path of one of the programs."""
        return str(self.directory / program)


def find_tools(server: int, environ: Mapping[str, str] | None = None) -> Tools:
    """Those that are not older than the server (major version); raises `BackupError` with what to install.

    The first `pg_dump` on PATH, else the newest of those that Debian keeps beside each other.
    """
    path = (os.environ if environ is None else environ).get("PATH", "")
    first = shutil.which("pg_dump", path=path)
    beside = sorted(Path("/usr/lib/postgresql").glob("*/bin/pg_dump"), key=_number, reverse=True) if path else []
    found = {}
    for candidate in [*([Path(first)] if first else []), *beside]:
        version = _version(candidate)
        if version >= server:
            return Tools(candidate.parent)
        found[version] = candidate
    install = f"`apt install postgresql-client-{server}`"
    if not found:
        raise BackupError(f"pg_dump is missing, which copies PostgreSQL: {install}, or another package that has it.")
    newest = max(found)
    raise BackupError(
        f"{found[newest]} is too old: it is of PostgreSQL {newest}, and the server is {server}. {install} or newer."
    )


def _number(path: Path) -> int:
    name = path.parent.parent.name
    return int(name) if name.isdigit() else 0


def _version(program: Path) -> int:
    """Its major version; 0 for what does not tell."""
    try:
        said = subprocess.run(  # noqa: S603 - found on this machine
            [str(program), "--version"], capture_output=True, text=True, check=False, timeout=30
        ).stdout
    except (OSError, subprocess.TimeoutExpired):
        return 0
    number = re.search(r"\) (\d+)", said)
    return int(number[1]) if number else 0


def environment(url: str) -> dict[str, str]:
    """How these programs reach a database: by variables, so that no password is in the list of processes."""
    parsed = make_url(url)
    query = {key: value if isinstance(value, str) else value[0] for key, value in parsed.query.items()}
    wanted = {
        "PGHOST": parsed.host or query.get("host"),
        "PGPORT": str(parsed.port) if parsed.port else query.get("port"),
        "PGUSER": parsed.username,
        "PGPASSWORD": str(parsed.password) if parsed.password is not None else None,
        "PGDATABASE": parsed.database,
        "PGSSLMODE": query.get("sslmode") or query.get("ssl"),
        "PGCONNECT_TIMEOUT": str(_CONNECT_SECONDS),
    }
    return {**os.environ, **{name: value for name, value in wanted.items() if value}}


def dump(tools: Tools, url: str, snapshot: str, tables: Iterable[tuple[str, str]], target: Path) -> None:
    """Write these tables as they are in a snapshot that somebody holds open.

    Args:
        tools: PostgreSQL's programs.
        url: The database.
        snapshot: Exported by a transaction that stays open until this returns.
        tables: Schema and name of each.
        target: The file, in `pg_dump`'s custom format.

    Raises:
        BackupError: `pg_dump` failed.
    """
    chosen = [f'--table="{schema}"."{name}"' for schema, name in tables]
    _run(
        [tools.path("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", f"--snapshot={snapshot}",
         f"--lock-wait-timeout={_LOCK_MS}", f"--file={target}", *chosen],
        environment(url), "pg_dump",
    )  # fmt: skip


def restore(tools: Tools, url: str, source: Path, *, before: str = "") -> None:
    """Bring a dump back in one transaction: all of it, or nothing.

    Args:
        tools: PostgreSQL's programs.
        url: The database.
        source: A file of `dump`.
        before: SQL that the transaction begins with.

    Raises:
        BackupError: It failed, and nothing has changed.
    """
    with tempfile.TemporaryFile() as said, subprocess.Popen(  # noqa: S603 - found on this machine
        [tools.path("pg_restore"), "--no-owner", "--no-privileges", "--file=-", str(source)],
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=said,
    ) as reader, subprocess.Popen(  # noqa: S603 - found on this machine
        [tools.path("psql"), "--no-psqlrc", "--quiet", "--single-transaction", "--set=ON_ERROR_STOP=1", "--file=-"],
        env=environment(url), stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=said,
    ) as writer:  # fmt: skip
        try:
            whole = _pour(reader, writer, before.encode())
        except BaseException:
            writer.kill()  # without the end of its input it has not committed
            reader.kill()
            raise
        if not whole:
            writer.kill()
        elif writer.stdin is not None:
            writer.stdin.close()
        if writer.wait() != 0 or not whole:
            raise BackupError(f"The backup could not be restored, and nothing was changed: {_complaint(said)}")


def _pour(reader: subprocess.Popen[bytes], writer: subprocess.Popen[bytes], before: bytes) -> bool:
    """From one to the other; whether all of it was read. The writer commits when its input is closed."""
    if reader.stdout is None or writer.stdin is None:
        raise RuntimeError("started without pipes")
    try:
        writer.stdin.write(before)
        while block := reader.stdout.read(_BLOCK):
            writer.stdin.write(block)
        writer.stdin.flush()
    except BrokenPipeError:  # it has said why
        reader.kill()
        return False
    return reader.wait() == 0


def _run(command: list[str], env: dict[str, str], name: str) -> None:
    with tempfile.TemporaryFile() as said:
        done = subprocess.run(  # noqa: S603 - found on this machine
            command, env=env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=said, check=False
        )
        if done.returncode != 0:
            raise BackupError(f"{name} failed: {_complaint(said)}")


def _complaint(said: IO[bytes]) -> str:
    said.seek(0)
    lines = [line.strip() for line in said.read(_SAID).decode(errors="replace").splitlines() if line.strip()]
    return " ".join(lines) or "it did not say why."
