"""Which workers are alive, and which one does the work that only one may do.

Every worker has one `Nodes`. Streaming renews its lease and cleans up after dead ones; `kit.scheduler` asks it who
leads. Nothing may be written into Redis under a worker's id before `enlist`, or nobody finds it when that worker dies.
"""

from __future__ import annotations

from redis.asyncio.client import Pipeline

from kit.lua import Script
from kit.redis import RedisStore, as_text

LEASE_MS = 8_000  # a killed worker's listeners are gone within this and one reaping round

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
        """Take a node off the list: its traces are cleaned up."""
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
        """Give up the lead, so that another takes it at once."""
        await self._release(keys=[_LEADER], args=[self.node_id])
        self.leader = False
