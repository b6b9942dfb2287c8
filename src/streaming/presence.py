"""Who is where, in Redis, under the lease of the worker that holds the connection.

A group (a channel, a user) has connections, each of one member. The number of connections is kept by node, the
number of members by reference counts, so that both are read at once; what a dead node held is taken out by whoever
finds its lease expired.
"""

from __future__ import annotations

from typing import NamedTuple

from kit.redis import RedisStore, as_text

_REAP_BATCH = 500

# KEYS: the node's connections, members, nodes. ARGV: connection, member, node.
_ENTER = """
local old = redis.call('HGET', KEYS[1], ARGV[1])
if old == ARGV[2] then return 0 end
if old then
  if redis.call('HINCRBY', KEYS[2], old, -1) <= 0 then redis.call('HDEL', KEYS[2], old) end
else
  redis.call('HINCRBY', KEYS[3], ARGV[3], 1)
end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
redis.call('HINCRBY', KEYS[2], ARGV[2], 1)
return 1
"""

_LEAVE = """
local old = redis.call('HGET', KEYS[1], ARGV[1])
if not old then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
if redis.call('HINCRBY', KEYS[2], old, -1) <= 0 then redis.call('HDEL', KEYS[2], old) end
if redis.call('HINCRBY', KEYS[3], ARGV[2], -1) <= 0 then redis.call('HDEL', KEYS[3], ARGV[2]) end
return 1
"""

# Takes out one batch of what a dead node held; returns how many are left. Not HSCAN: from the start of a table that
# is emptied from its start it finds less and less, and in the end nothing.
_REAP = """
local found = redis.call('HRANDFIELD', KEYS[1], ARGV[2], 'WITHVALUES')
for i = 1, #found, 2 do
  if redis.call('HDEL', KEYS[1], found[i]) == 1 then
    local member = found[i + 1]
    if redis.call('HINCRBY', KEYS[2], member, -1) <= 0 then redis.call('HDEL', KEYS[2], member) end
    if redis.call('HINCRBY', KEYS[3], ARGV[1], -1) <= 0 then redis.call('HDEL', KEYS[3], ARGV[1]) end
  end
end
local left = redis.call('HLEN', KEYS[1])
if left == 0 then redis.call('HDEL', KEYS[3], ARGV[1]) end
return left
"""


class Count(NamedTuple):
    """Connections of a group, and the different members behind them."""

    connections: int
    members: int


class Presence:
    """The groups of this worker's connections, and the counts over all workers."""

    def __init__(self, store: RedisStore, node_id: str) -> None:
        self._redis = store.client
        self._node = node_id
        self._enter = store.client.register_script(_ENTER)
        self._leave = store.client.register_script(_LEAVE)
        self._reap = store.client.register_script(_REAP)
        # What this worker holds, to be written again should its lease run out; bounded by its connections.
        self._held: dict[str, dict[str, str]] = {}
        self._groups: dict[str, set[str]] = {}

    async def enter(self, group: str, connection_id: str, member: str) -> bool:
        """Add a connection; False when it was there already."""
        # The node's list of groups is written first: a crash in between leaves a name too many, never one too few.
        self._held.setdefault(group, {})[connection_id] = member
        self._groups.setdefault(connection_id, set()).add(group)
        await self._redis.sadd(f"presence:node:{{{self._node}}}", group)
        return await self._settle(group, connection_id)

    async def leave(self, group: str, connection_id: str) -> bool:
        """Take a connection out; False when it was not there."""
        held = self._held.get(group, {})
        if held.pop(connection_id, None) is None:
            return False
        if not held:
            self._held.pop(group, None)
        groups = self._groups[connection_id]
        groups.discard(group)
        if not groups:
            del self._groups[connection_id]
        return await self._settle(group, connection_id)

    async def _settle(self, group: str, connection_id: str) -> bool:
        """Write what this worker holds; whether that changed anything.

        Commands of the same connection may overtake each other on their way to Redis. Whoever finds, after its own,
        that another state is held by now writes that: so the last one written is always the one held.
        """
        keys = self._keys(group, self._node)
        while True:
            member = self._held.get(group, {}).get(connection_id)
            if member is None:
                changed = bool(await self._leave(keys=keys, args=[connection_id, self._node]))
            else:
                changed = bool(await self._enter(keys=keys, args=[connection_id, member, self._node]))
            if self._held.get(group, {}).get(connection_id) == member:
                return changed

    async def count(self, group: str) -> Count:
        """The present numbers of a group."""
        pipe = self._redis.pipeline(transaction=False)
        pipe.hvals(f"presence:{{{group}}}:nodes")
        pipe.hlen(f"presence:{{{group}}}:members")
        by_node, members = await pipe.execute()
        return Count(sum(int(n) for n in by_node), int(members))

    async def reassert(self) -> list[str]:
        """Write again all that this worker holds; returns the groups."""
        for group, connections in list(self._held.items()):
            for connection_id, member in list(connections.items()):
                if connection_id in self._held.get(group, {}):
                    await self.enter(group, connection_id, member)
        return list(self._held)

    async def clean_up(self, node_id: str) -> list[str]:
        """Take out everything that a dead node held; returns the groups it was in."""
        key = f"presence:node:{{{node_id}}}"
        groups = sorted(as_text(g) for g in await self._redis.smembers(key))
        for group in groups:
            while await self._reap(keys=self._keys(group, node_id), args=[node_id, _REAP_BATCH]):
                pass
        await self._redis.delete(key)
        return groups

    def groups_of(self, connection_id: str) -> list[str]:
        """All groups in which this worker holds the connection."""
        return sorted(self._groups.get(connection_id, ()))

    @staticmethod
    def _keys(group: str, node: str) -> list[str]:
        tag = f"presence:{{{group}}}"
        return [f"{tag}:connections:{node}", f"{tag}:members", f"{tag}:nodes"]
