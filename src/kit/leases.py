"""Which workers are alive, and which one does the work that only one may do."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from kit.errors import Unavailable
from kit.lua import Script
from kit.redis import RedisStore, as_text

log = structlog.get_logger(__name__)

LEASE_MS = 8_000  # a killed worker's listeners are gone within this and one reaping round
RENEW_SECONDS = 2.0

_NODES = "nodes"
_LEADER = "leader"
_EXPIRED = 0

_RENEW = Script("kit", "lease_renew")
_EXPIRED_LEASES = Script("kit", "lease_expired")
_CLAIM = Script("kit", "leader_claim")
_RELEASE = Script("kit", "leader_release")


class Nodes:
    """The lease of this worker, the list of dead ones, and the leader among the living."""

    def __init__(self, store: RedisStore, node_id: str) -> None:
        self.node_id = node_id
        self._store = store
        self._renew = store.client.register_script(_RENEW.text)
        self._dead = store.client.register_script(_EXPIRED_LEASES.text)
        self._lead = store.client.register_script(_CLAIM.text)
        self._release = store.client.register_script(_RELEASE.text)
        self.leader = False

    async def renew(self) -> bool:
        """Hold the lease on; True when it had run out meanwhile, so that others may have cleaned up after us."""
        return bool(await self._renew(keys=[_NODES], args=[self.node_id, LEASE_MS]))

    async def living(self) -> list[str]:
        """The ids of all nodes whose lease holds."""
        dead = set(await self.dead())
        members = await self._store.client.zrange(_NODES, 0, -1)
        return [node for node in map(as_text, members) if node not in dead]

    async def dead(self) -> list[str]:
        """Nodes whose lease has run out, and whose traces are not cleaned up yet."""
        return [n.decode() for n in await self._dead(keys=[_NODES])]

    async def forget(self, node_id: str) -> None:
        """A node's traces are gone."""
        await self._store.client.zrem(_NODES, node_id)

    async def recall(self, node_id: str) -> None:
        """It has left traces again since; unless it renews its lease, it counts as dead once more."""
        await self._store.client.zadd(_NODES, {node_id: _EXPIRED}, nx=True)

    def enlist(self, pipe: Pipeline) -> None:
        """Add to traces that are written: they are found should this worker die before it has renewed its lease.

        Others may have forgotten it after a long halt, or Redis may have lost it.
        """
        pipe.zadd(_NODES, {self.node_id: _EXPIRED}, nx=True)

    async def claim_leadership(self) -> bool:
        """Become or stay the leader if nobody else is."""
        leads = False  # also when Redis does not answer: meanwhile another may lead
        try:
            leads = bool(await self._lead(keys=[_LEADER], args=[self.node_id, LEASE_MS // 2]))
        finally:
            self.leader = leads
        return leads

    async def resign(self) -> None:
        """Let another lead at once."""
        await self._release(keys=[_LEADER], args=[self.node_id])
        self.leader = False


class Jobs:
    """Work that recurs while the server runs, on every worker or on the leader alone.

    A job that fails is logged and tried again in its next round: a Redis that is away for a while ends nothing.
    """

    def __init__(self, nodes: Nodes) -> None:
        self._nodes = nodes
        self._jobs: list[tuple[str, float, bool, Callable[[], Awaitable[object]]]] = []
        # Before Python 3.12 `asyncio.wait_for`, which redis-py uses, may swallow a cancellation that meets a result.
        self._stopping = False

    def every(self, seconds: float, name: str, job: Callable[[], Awaitable[object]], *, leader_only: bool) -> None:
        """Run a job again and again, with this pause between two rounds."""
        self._jobs.append((name, seconds, leader_only, job))

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """All jobs run until the end."""
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
