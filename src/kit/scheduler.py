"""Work that recurs while the server runs, on every worker or on the leader alone.

Modules name their jobs when they are built; `touchline.app` runs them within the lifespan. A job must not count on
running at a moment, or only once: it may be late, and after a change of the leader two may run it for a moment.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from redis.exceptions import RedisError

from kit.errors import Unavailable
from kit.leases import Nodes

log = structlog.get_logger(__name__)


class Scheduler:
    """Work that recurs while the server runs, on every worker or on the leader alone.

    A job that fails is logged and tried again in its next round: a Redis that is away for a while ends nothing.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._jobs: list[tuple[str, float, bool, Callable[[], Awaitable[object]]]] = []
        # Before Python 3.12 `asyncio.wait_for`, which redis-py uses, may swallow a cancellation that meets a result.
        self._stopping = False

    def every(self, seconds: float, name: str, job: Callable[[], Awaitable[object]], *, leader_only: bool) -> None:
        """Run a job again and again while the server runs.

        Args:
            seconds: The pause between two rounds; the first comes after one.
            name: What the log calls it.
            job: One round; what it raises is logged, and the next round comes all the same.
            leader_only: Whether only one worker of all does it.
        """
        self._jobs.append((name, seconds, leader_only, job))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All jobs run until the block is left."""
        tasks = [asyncio.create_task(self._loop(*job), name=job[0]) for job in self._jobs]
        try:
            yield
        finally:
            self._stopping = True
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _loop(
        self, name: str, seconds: float, leader_only: bool, job: Callable[[], Awaitable[object]]
    ) -> None:  # fmt: skip
        while not self._stopping:
            await asyncio.sleep(seconds)
            if leader_only and not self._nodes.leader:
                continue
            try:
                await job()
            except (RedisError, Unavailable, OSError) as error:
                log.debug("job postponed", job=name, error=type(error).__name__)  # the outage has its own line
            except Exception:
                log.exception("job failed", job=name)
