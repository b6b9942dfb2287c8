"""A Redis of the run's own, which can be frozen, restarted, crashed and emptied."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from pathlib import Path

from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff
from redis.exceptions import RedisError

from bench.procs import CannotMeasure, Process, free_port, limit_files
from kit.redis import EmbeddedRedis, find_redis_server

_START_SECONDS = 30.0


class RedisServer:
    """Kept on disk (append-only file, written every second), as the gateway's embedded one."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory / "redis"
        self.port = free_port()
        self._process: Process | None = None
        self._debug: tuple[str, ...] = ("--enable-debug-command", "local")
        self.client = Redis(
            host="127.0.0.1", port=self.port, socket_timeout=30, retry=Retry(NoBackoff(), 0), decode_responses=True
        )

    @property
    def pid(self) -> int:
        """The process."""
        if self._process is None:
            raise RuntimeError("not started")
        return self._process.pid

    async def start(self) -> None:
        """Start it on what is on disk; returns when it has loaded that."""
        binary = find_redis_server()
        if binary is None:
            raise CannotMeasure("No Redis here: install it (`apt install redis-server`).")
        self._directory.mkdir(exist_ok=True)
        log = self._directory / "redis.log"
        while True:
            # A write beyond the limit on a file's size shall be an error, as on a full disk, and no signal that kills.
            self._process = await Process.start(
                "/bin/sh", "-c", 'trap "" XFSZ; exec "$@"', "sh",
                binary, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._directory),
                "--appendonly", "yes", "--appendfsync", "everysec", "--save", "", "--daemonize", "no", *self._debug,
                log=log,
            )  # fmt: skip
            if await self._answers():
                return
            if not self._debug:
                raise CannotMeasure(f"Redis did not start. {self._process.said()}")
            await self._process.end()
            self._debug = ()  # before version 7 there is no such option, and DEBUG is open

    async def _answers(self) -> bool:
        deadline = time.monotonic() + _START_SECONDS
        while self._process is not None and self._process.running and time.monotonic() < deadline:
            with contextlib.suppress(RedisError, OSError):
                if await self.client.ping():
                    return True
            await asyncio.sleep(0.05)
        return False

    def freeze(self) -> None:
        """It accepts connections and does nothing."""
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        """It goes on."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGCONT)

    async def configure(self, name: str, value: str) -> None:
        """Change a setting while it runs."""
        await self.client.config_set(name, value)

    def limit_files(self, limit: int) -> None:
        """No file may grow beyond this many bytes any more: for the process that is a full disk."""
        limit_files(self.pid, limit)

    async def end(self, *, crash: bool) -> None:
        """In order, or not."""
        await self.client.connection_pool.disconnect()
        if self._process is None:
            return
        if crash:
            os.kill(self.pid, signal.SIGKILL)
            await self._process.wait()
        else:
            await self._process.end()

    async def stop(self) -> None:
        """End it for good."""
        if self._process is not None:
            self.thaw()
            await self._process.end()
        await self.client.aclose()


class PrivateRedis:
    """The Redis that the gateway under stress has started for itself, and keeps alive."""

    port = 0

    def __init__(self, directory: Path) -> None:
        self.client = Redis(
            unix_socket_path=str(EmbeddedRedis(directory).socket), socket_timeout=30, retry=Retry(NoBackoff(), 0),
            decode_responses=True,
        )  # fmt: skip

    async def signal(self, number: signal.Signals) -> int:
        """Send a signal to it; returns its process."""
        pid = int((await self.client.info("server"))["process_id"])
        os.kill(pid, number)
        return pid

    def resume(self, pid: int) -> None:
        """Let a process that was stopped go on."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGCONT)

    async def stop(self) -> None:
        """Let go of it; the gateway ends it."""
        await self.client.aclose()


async def lives(client: Redis) -> dict[str, int]:
    """All keys with their remaining life in milliseconds; -1 for those without an end."""
    found = {}
    async for key in client.scan_iter(count=1000):
        found[key] = int(await client.pttl(key))
    return {key: life for key, life in found.items() if life != -2}
