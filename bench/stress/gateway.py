"""The gateway under stress: its processes, who of them holds which connection, and what each says of itself."""

from __future__ import annotations

import asyncio
import contextlib
import os
import re
import secrets
import signal
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx

from bench.procs import CannotMeasure, Process, descendants, free_port, listening, rss_bytes
from bench.stress.wire import Address, Http, Refused
from kit.session import Role
from touchline.app import Application
from touchline.offline import with_app
from touchline.settings import Settings

START_SECONDS = 120.0
_SIGN_IN_AGAIN = 600.0  # access tokens are good for 15 minutes
_ESTABLISHED = "01"
_LOOPBACK = "0100007F:"  # as the kernel writes it; clients with addresses of their own may share its ports
_ERROR_LINE = re.compile(r"\[error +\] (.{30})")
_TRIES = 40  # connections for each worker until one has come to it; the kernel spreads them by chance


class NotServing(CannotMeasure):
    """The gateway has ended, or not all of its workers become ready."""


@dataclass(frozen=True, slots=True)
class Vital:
    """What one worker takes up.

    Attributes:
        descriptors: Open files, but for those of pools, which keep what was needed at once.
        redis_connections: Of the pool and the backplane.
        database_files: Of the database's pool; each connection has two.
        files: What they are, without numbers.
        metrics: All it says of itself, by name.
    """

    pid: int
    rss: int
    descriptors: int
    redis_connections: int
    database_files: int
    files: dict[str, int]
    metrics: dict[str, float]


class Gateway:
    """One `touchline serve` with its workers, and the accounts of those who publish."""

    def __init__(
        self, directory: Path, *, workers: int, redis_port: int, database_url: str, database_port: int,
        tree: Path | None,
    ) -> None:  # fmt: skip
        """Prepare it.

        Args:
            directory: For its data and its log.
            workers: How many processes serve.
            redis_port: Where Redis is, or the way to it; 0 for a private one of its own.
            database_url: Where PostgreSQL is, or the way to it; empty for SQLite in its data directory.
            database_port: The port in that URL.
            tree: Another source tree whose server it is.
        """
        self.workers = workers
        self._redis_port = redis_port
        self._database_port = database_port
        self.port = free_port()
        self.log = directory / "gateway.log"
        self._settings = Settings(
            data_dir=directory / "data", secret_key=secrets.token_hex(32), database_url=database_url
        )
        self._password = secrets.token_urlsafe(16)
        self._env = {name: value for name, value in os.environ.items() if not name.startswith("TOUCHLINE_")} | {
            "TOUCHLINE_DATA_DIR": str(directory / "data"),
            "TOUCHLINE_REDIS_URL": f"redis://127.0.0.1:{redis_port}/0" if redis_port else "",
            "TOUCHLINE_DATABASE_URL": database_url,
            "TOUCHLINE_SECRET_KEY": self._settings.secret_key,
            "TOUCHLINE_SOURCE_PORT": "0",
            "TOUCHLINE_LOG_LEVEL": "info",
        }
        self._env = {name: value for name, value in self._env.items() if value}
        if tree is not None:
            self._env["PYTHONPATH"] = str(tree.resolve() / "src")
        self._process: Process | None = None
        self._tokens: dict[str, tuple[str, float]] = {}
        self.http = httpx.AsyncClient(
            base_url=f"http://127.0.0.1:{self.port}", timeout=30, trust_env=False,
            limits=httpx.Limits(max_keepalive_connections=0),  # each request on whichever worker it comes to
        )  # fmt: skip

    async def start(self, accounts: dict[str, Role]) -> None:
        """Make the accounts (email -> role), and serve."""

        async def make(app: Application) -> None:
            for email, role in accounts.items():
                await app.identity.create_user(
                    email=email, password=self._password, role=role, display_name=email.partition("@")[0]
                )

        await with_app(self._settings, make)
        await self._serve()
        await self.complete()

    async def _serve(self) -> None:
        self._process = await Process.start(
            sys.executable, "-m", "touchline", "serve", "--port", str(self.port), "--workers", str(self.workers),
            env=self._env, log=self.log,
        )  # fmt: skip

    @property
    def redis_directory(self) -> Path:
        """Where its private Redis keeps its data, if it has one."""
        return self._settings.redis_dir

    @property
    def database_file(self) -> Path:
        """Its SQLite database, if it has one."""
        return self._settings.data_dir / "touchline.db"

    async def crash(self, away: float) -> None:
        """Kill the supervisor, which takes the workers with it, and start the server again after some seconds."""
        if self._process is None:
            raise RuntimeError("not started")
        orphans = self.pids()
        os.kill(self._process.pid, signal.SIGKILL)
        await self._process.wait()
        deadline = time.monotonic() + START_SECONDS
        while (left := [pid for pid in orphans if b"touchline\0serve" in _command(pid)]) or listening(self.port):
            if time.monotonic() > deadline:
                raise NotServing(f"Workers {left} outlive their supervisor. {self.tail()}")
            await asyncio.sleep(0.1)
        await asyncio.sleep(away)
        await self._serve()

    async def stop(self) -> None:
        """End it."""
        await self.http.aclose()
        if self._process is not None:
            await self._process.end()

    async def complete(self, seconds: float = START_SECONDS) -> None:
        """Wait until all workers listen and say that they are ready; raises `NotServing` if they never do."""
        deadline = time.monotonic() + seconds
        ready: set[int] = set()
        while True:
            if self._process is None or not self._process.running:
                raise NotServing(f"The gateway has ended. {self.tail()}")
            pids = self.pids()
            if len(pids) == self.workers and listening(self.port) == self.workers:
                with contextlib.suppress(OSError, TimeoutError):
                    ready = set(await self._ask_each(pids, "/health/ready"))
                    if len(ready) == self.workers:
                        return
            if time.monotonic() > deadline:
                unready = sorted(set(self.pids()) - ready)
                raise NotServing(f"Workers {unready} were not ready in {seconds:.0f} s. {self.tail()}")
            await asyncio.sleep(0.2)

    def tail(self, length: int = 4000) -> str:
        """The end of its log."""
        return self.log.read_text(errors="replace")[-length:] if self.log.exists() else ""

    def errors(self) -> dict[str, int]:
        """What its log has of errors: message -> how often."""
        lines = self.log.read_text(errors="replace").splitlines() if self.log.exists() else []
        found = (_ERROR_LINE.search(line) for line in lines)
        return dict(Counter(match[1].strip() for match in found if match))

    # Workers

    def pids(self) -> list[int]:
        """The processes that serve."""
        if self._process is None:
            raise RuntimeError("not started")
        # Forked from the supervisor, a worker has its command line.
        return [pid for pid in descendants(self._process.pid)[1:] if b"touchline\0serve" in _command(pid)]

    def pick(self, share: float) -> int:
        """One of them, by a number in [0, 1)."""
        pids = sorted(self.pids())
        return pids[int(share * len(pids))]

    def signal_worker(self, pid: int, number: signal.Signals) -> None:
        """Send a signal to a worker, which is one of ours by then."""
        if pid in self.pids():
            os.kill(pid, number)

    def holders(self) -> dict[int, int]:
        """Which worker holds which connection from 127.0.0.1: the client's port -> pid."""
        sockets = {}
        for pid in self.pids():
            for inode in _sockets(pid):
                sockets[inode] = pid
        return {theirs: sockets[inode] for mine, theirs, inode in _connections()
                if mine == self.port and inode in sockets}  # fmt: skip

    def owner_of(self, port: int, remote: int) -> int:
        """The worker that has a connection from this port of its own to a remote one; 0 if none has."""
        inode = next((inode for mine, theirs, inode in _connections() if (mine, theirs) == (port, remote)), "")
        return next((pid for pid in self.pids() if inode in _sockets(pid)), 0) if inode else 0

    async def _ask_each(self, pids: list[int], path: str) -> dict[int, str]:
        """What each worker answers; those that refuse are left out."""
        answers: dict[int, str] = {}
        for _ in range(_TRIES * len(pids)):
            if len(answers) == len(pids):
                break
            http = Http(Address(self.port))
            try:
                await http.open()
                holder = self.holders().get(http.port, 0)
                if holder and holder not in answers:
                    answers[holder] = await http.ask("GET", path, seconds=10)
            except Refused:
                pass
            finally:
                http.abort()
        return answers

    async def vitals(self) -> dict[int, Vital]:
        """Of all workers."""
        answers = await self._ask_each(self.pids(), "/metrics")
        connections = _connections(established=False)
        to_redis = {inode for _, theirs, inode in connections if self._redis_port and theirs == self._redis_port}
        to_redis |= _local_sockets() if not self._redis_port else set()
        to_database = {inode for _, theirs, inode in connections if theirs == self._database_port}
        found = {}
        for pid, text in answers.items():
            sockets = _sockets(pid)
            pooled = len(sockets & to_redis)
            files = _files(pid)
            database = sum(number for name, number in files.items() if name.startswith("touchline.db"))
            database += len(sockets & to_database)
            descriptors = sum(files.values()) - pooled - database
            found[pid] = Vital(pid, rss_bytes([pid]), descriptors, pooled, database, files, _read_metrics(text))
        return found

    # Accounts

    async def token(self, email: str) -> str:
        """An access token that is good for a while; raises httpx.HTTPError."""
        token, until = self._tokens.get(email, ("", 0.0))
        if time.monotonic() >= until:
            answer = await self.http.post("/api/auth/login", json={"email": email, "password": self._password})
            answer.raise_for_status()
            token = str(answer.json()["accessToken"])
            self._tokens[email] = (token, time.monotonic() + _SIGN_IN_AGAIN)
        return token

    async def ask(self, method: str, path: str, email: str, json: Any = None) -> httpx.Response:  # noqa: ANN401 - JSON
        """One request of an account; raises httpx.HTTPError when there is no answer."""
        return await self.http.request(
            method, path, json=json, headers={"authorization": f"Bearer {await self.token(email)}"}
        )


def _command(pid: int) -> bytes:
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _sockets(pid: int) -> set[str]:
    found = set()
    with contextlib.suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                target = os.readlink(entry.path)  # noqa: PTH115 - thousands of them
                if target.startswith("socket:["):
                    found.add(target[8:-1])
    return found


def _local_sockets() -> set[str]:
    """The inodes of all unix sockets: what a worker has of them leads to its private Redis, but for a few."""
    return {row.split()[6] for row in Path("/proc/net/unix").read_text().splitlines()[1:]}


def _files(pid: int) -> dict[str, int]:
    """What a process has open: kinds of sockets and pipes, and the names of files."""
    found: Counter[str] = Counter()
    with contextlib.suppress(OSError):
        for entry in os.scandir(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                found[os.readlink(entry.path).partition("[")[0].rpartition("/")[2]] += 1  # noqa: PTH115 - as above
    return dict(found)


def _connections(*, established: bool = True) -> list[tuple[int, int, str]]:
    """Local port, remote port and inode of connections from or to 127.0.0.1, which alone we look for.

    A pool keeps what its server has closed until it wants to use it: that is not established any more.
    """
    rows = (row.split() for row in Path("/proc/net/tcp").read_text().splitlines()[1:])
    return [
        (int(row[1].rpartition(":")[2], 16), int(row[2].rpartition(":")[2], 16), row[9])
        for row in rows
        if (row[3] == _ESTABLISHED or not established) and row[2].startswith(_LOOPBACK)
    ]


def _read_metrics(text: str) -> dict[str, float]:
    found = {}
    for line in text.splitlines():
        if line and not line.startswith("#"):
            name, _, value = line.rpartition(" ")
            found[name] = float(value)
    return found
