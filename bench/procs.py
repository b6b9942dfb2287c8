"""Processes of a benchmark: started so that they cannot outlive it, measured through /proc, ended with certainty."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import resource
import shutil
import signal
import socket
import tempfile
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]
GRACE_SECONDS = 20.0  # a server with 15,000 connections needs some of it to let them go
MAX_CLIENT_DESCRIPTORS = 18_000
_PR_SET_PDEATHSIG = 1
_PAGE = resource.getpagesize()
_TICK = os.sysconf("SC_CLK_TCK")
_SPARE_DESCRIPTORS = 500  # of a server process: its libraries, database, Redis and listening sockets


class CannotMeasure(Exception):
    """The machine, or a peer, does not allow the measurement; the message says what would."""


@dataclass(frozen=True, slots=True)
class Sizes:
    """How many connections one process may hold, by RLIMIT_NOFILE."""

    descriptors: int

    @property
    def per_worker(self) -> int:
        """Connections of one server process."""
        return self.descriptors - _SPARE_DESCRIPTORS

    @property
    def per_client(self) -> int:
        """Connections of one load client."""
        return min(15_000, MAX_CLIENT_DESCRIPTORS - 100, self.descriptors - 100)

    def require(self, connections: int, workers: int) -> None:
        """Raise `CannotMeasure` when the server cannot hold that many."""
        # SO_REUSEPORT spreads by a hash: the fullest of some workers holds a few per cent more than its share.
        share = connections / workers * (1.0 if workers == 1 else 1.05)
        if share <= self.per_worker:
            return
        needed = next(n for n in range(1, 1000) if connections / n * (1.0 if n == 1 else 1.05) <= self.per_worker)
        raise CannotMeasure(
            f"A process may open {self.descriptors} files here (RLIMIT_NOFILE), so {connections} connections need "
            f"--workers {needed}; {workers} can hold {int(self.per_worker * workers / (1 if workers == 1 else 1.05))}."
        )


def raise_limits() -> Sizes:
    """Lift this process's limit of open files to what is allowed; children inherit it."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    return Sizes(min(hard, 1_000_000) if hard != resource.RLIM_INFINITY else 1_000_000)


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


def cache_directory() -> Path:
    """Where peers are installed once for all runs: private to this user."""
    path = Path(tempfile.gettempdir()) / f"touchline-bench-{os.getuid()}"
    path.mkdir(mode=0o700, exist_ok=True)
    if path.stat().st_uid != os.getuid() or path.is_symlink():
        raise CannotMeasure(f"{path} belongs to somebody else.")
    return path


@asynccontextmanager
async def scratch() -> AsyncIterator[Path]:
    """A directory that is gone afterwards."""
    path = Path(tempfile.mkdtemp(prefix="touchline-bench-"))
    try:
        yield path
    finally:
        await asyncio.to_thread(shutil.rmtree, path, ignore_errors=True)


def _prepare(cpus: Sequence[int] | None) -> Callable[[], None]:
    libc = ctypes.CDLL(None, use_errno=True)

    def prepare() -> None:
        libc.prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
        if cpus:
            os.sched_setaffinity(0, cpus)

    return prepare


class Process:
    """A program that ends with the benchmark, however that ends."""

    def __init__(self, process: asyncio.subprocess.Process, log: Path) -> None:
        self._process = process
        self._log = log
        self._known: dict[int, str] = {}

    @classmethod
    async def start(
        cls,
        *arguments: str,
        log: Path,
        cpus: Sequence[int] | None = None,
        env: Mapping[str, str] | None = None,
        talks: bool = False,
    ) -> Process:
        """Start it; with `talks` its standard input and output are ours, else its output goes to the log."""
        with log.open("ab") as out:
            process = await asyncio.create_subprocess_exec(
                *arguments,
                cwd=ROOT,
                env=env,
                stdin=asyncio.subprocess.PIPE if talks else asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE if talks else out,
                stderr=out,
                start_new_session=True,  # Ctrl-C is ours to handle
                preexec_fn=_prepare(cpus),
                limit=1 << 20,
            )
        return cls(process, log)

    @property
    def pid(self) -> int:
        """Its number."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """Whether it has not ended."""
        return self._process.returncode is None

    def tree(self) -> list[int]:
        """It and everything that it started and that still runs."""
        found = descendants(self.pid)
        for pid in found:
            self._known.setdefault(pid, _started(pid))
        return found

    def said(self, length: int = 2000) -> str:
        """The end of its log."""
        return self._log.read_text(errors="replace")[-length:] if self._log.exists() else ""

    def tell(self, line: str) -> None:
        """Write a line to it."""
        if self._process.stdin is None:
            raise RuntimeError("it was started without `talks`")
        self._process.stdin.write(line.encode() + b"\n")

    async def hear(self, seconds: float | None = None) -> bytes:
        """Its next line; empty when it has ended."""
        if self._process.stdout is None:
            raise RuntimeError("it was started without `talks`")
        async with asyncio.timeout(seconds):
            return await self._process.stdout.readline()

    async def wait(self) -> int:
        """Its return code, once it has ended."""
        return await self._process.wait()

    async def end(self) -> None:
        """Ask it to end, insist after a while, and leave nothing of what it had started."""
        if self.running:
            self.tree()
        with contextlib.suppress(ProcessLookupError):
            self._process.terminate()
        try:
            async with asyncio.timeout(GRACE_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()
        for pid, started in self._known.items():
            if started and _started(pid) == started:
                with contextlib.suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def limit_files(pid: int, limit: int) -> None:
    """No file that a process writes may grow beyond this many bytes; `resource.RLIM_INFINITY` lifts it again."""
    with contextlib.suppress(ProcessLookupError):
        _, hard = resource.prlimit(pid, resource.RLIMIT_FSIZE)
        resource.prlimit(pid, resource.RLIMIT_FSIZE, (limit, hard))


def _fields(pid: int) -> list[str]:
    # The second field, the name, is in parentheses and may hold anything.
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()


def _started(pid: int) -> str:
    with contextlib.suppress(OSError):
        return _fields(pid)[19]
    return ""


def descendants(pid: int) -> list[int]:
    """A process and all below it."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):
                children.setdefault(int(_fields(int(entry.name))[1]), []).append(int(entry.name))
    found = [pid]
    for one in found:
        found.extend(children.get(one, []))
    return found


def name_of(pid: int) -> str:
    """The program's name."""
    with contextlib.suppress(OSError):
        return Path(f"/proc/{pid}/comm").read_text().strip()
    return ""


def cpu_seconds(pids: Iterable[int]) -> float:
    """CPU time of processes with all their threads: from schedstat (nanoseconds), else from stat (clock ticks)."""
    return sum(map(_cpu_of, pids))


def _cpu_of(pid: int) -> float:
    try:
        tasks = [Path(f"/proc/{pid}/task/{task}/schedstat") for task in os.listdir(f"/proc/{pid}/task")]  # noqa: PTH208 - names only
        nanoseconds = sum(int(task.read_text().split()[0]) for task in tasks)
        if nanoseconds:
            return nanoseconds / 1e9
    except OSError:
        pass
    with contextlib.suppress(OSError):
        fields = _fields(pid)
        return (int(fields[11]) + int(fields[12])) / _TICK
    return 0.0


def rss_bytes(pids: Iterable[int]) -> int:
    """Resident memory of processes."""
    total = 0
    for pid in pids:
        with contextlib.suppress(OSError):
            total += int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * _PAGE
    return total


def available_bytes() -> int:
    """Memory that is free or can be freed."""
    for line in Path("/proc/meminfo").read_text().splitlines():
        if line.startswith("MemAvailable:"):
            return int(line.split()[1]) * 1024
    return 0


def listening(port: int) -> int:
    """How many sockets listen on a port of this machine (IPv4)."""
    wanted = f":{port:04X}"
    rows = Path("/proc/net/tcp").read_text().splitlines()[1:]
    return sum(1 for row in rows if (fields := row.split())[1].endswith(wanted) and fields[3] == "0A")


@dataclass(frozen=True, slots=True)
class Pinning:
    """Which processors the server and the load have; None is all of them."""

    server: tuple[int, ...] | None = None
    load: tuple[int, ...] | None = None

    @classmethod
    def choose(cls, *, workers: int, wanted: bool = True) -> Pinning:
        """One worker has a processor of its own, with the load on the others; several workers share all."""
        cpus = sorted(os.sched_getaffinity(0))
        if not wanted or workers > 1 or len(cpus) < 2:
            return cls()
        return cls((cpus[0],), tuple(cpus[1:]))
