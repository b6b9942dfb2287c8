"""Who is where, in Redis, under the lease of the worker that holds the connection.

A group (a channel, a user) has connections, each of one member. The number of connections is kept by node, the
number of members by reference counts, so that both are read at once; what a dead node held is taken out by whoever
finds its lease expired.

`enter` and `leave` note what is held from now on, here and at once. Redis is told in batches, one after another: each
writes the state that is held when it is sent, so the last one written is always the one held, and a batch that may or
may not have run is simply written again. A Redis that is away delays the numbers and nothing else.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection, Sequence
from itertools import islice
from typing import NamedTuple

import structlog
from redis.asyncio.client import Pipeline
from redis.exceptions import RedisError

from kit.lua import Script
from kit.redis import RedisStore, as_text

log = structlog.get_logger(__name__)

_BATCH = 500  # connections; about a millisecond of Redis' time
_PAUSE_SECONDS = 0.05  # between batches, so that one round trip serves many; numbers are shown once a second
_RETRY_SECONDS = 0.5  # while Redis is away
_REAP_BATCH = 500

_WRITE = Script("streaming", "presence_write")
_REAP = Script("streaming", "presence_reap")


def _traces(node_id: str) -> str:
    return f"presence:node:{{{node_id}}}"


class Count(NamedTuple):
    """Connections of a group, and the different members behind them."""

    connections: int
    members: int


def _nothing(_pipe: Pipeline, _groups: Collection[str] = ()) -> None:
    pass


class Presence:
    """The groups of this worker's connections, and the counts over all workers.

    Args:
        enlist: Adds to each batch the commands by which others find what this node holds, should it die.
        settled: Adds to each batch the commands that shall follow it, in the same round trip; called with the groups
            whose numbers it may change.
    """

    def __init__(
        self,
        store: RedisStore,
        node_id: str,
        *,
        enlist: Callable[[Pipeline], None] = _nothing,
        settled: Callable[[Pipeline, Collection[str]], None] = _nothing,
    ) -> None:
        self._redis = store.client
        self._node = node_id
        self._enlist = enlist
        self._settled = settled
        self._reap = store.client.register_script(_REAP.text)
        # What this worker holds, to be written again should its lease run out; bounded by its connections.
        self._held: dict[str, dict[str, str]] = {}
        self._groups: dict[str, tuple[str, ...]] = {}
        # (group, connection) -> whether Redis may know of it. Who comes and goes while Redis is away leaves nothing
        # here, so it is bounded by the connections that are held and those that Redis was told of.
        self._unwritten: dict[tuple[str, str], bool] = {}
        self._writing: set[tuple[str, str]] = set()
        self._writer: asyncio.Task[None] | None = None
        self._rest = asyncio.Event()
        self._rest.set()
        self._closed = False

    def enter(self, group: str, connection_id: str, member: str) -> None:
        """Hold a connection in a group from now on; the counts follow with the next batch.

        Args:
            group: A channel or a user, by its key.
            connection_id: What is held.
            member: The person behind it: several connections of one member are one in the group's numbers.
        """
        held = self._held.setdefault(group, {})
        before = held.get(connection_id)
        if before == member:
            return
        held[connection_id] = member
        if before is None:
            self._groups[connection_id] = (*self._groups.get(connection_id, ()), group)
        self._note(group, connection_id, told=before is not None)

    def leave(self, group: str, connection_id: str) -> None:
        """Hold it no longer; nothing happens if it is not held."""
        held = self._held.get(group, {})
        if held.pop(connection_id, None) is None:
            return
        if not held:
            self._held.pop(group, None)
        groups = tuple(one for one in self._groups[connection_id] if one != group)
        if groups:
            self._groups[connection_id] = groups
        else:
            del self._groups[connection_id]
        key = (group, connection_id)
        if self._unwritten.get(key) is False:
            del self._unwritten[key]  # it came and went between two batches
        else:
            self._note(group, connection_id, told=True)

    async def flush(self) -> None:
        """Wait until all that is held by now has been written; while Redis is away, that is until it is back."""
        while self._unwritten or self._writing:
            self._start()
            self._rest.clear()
            await self._rest.wait()

    async def close(self) -> None:
        """Stop writing: what is not written by now is not."""
        self._closed = True
        if self._writer is not None:
            self._writer.cancel()
            await asyncio.gather(self._writer, return_exceptions=True)
        self._unwritten.clear()
        self._writing.clear()
        self._rest.set()

    async def count(self, group: str) -> Count:
        """The present numbers of a group."""
        return (await self.counts([group]))[0]

    async def counts(self, groups: Sequence[str]) -> list[Count]:
        """The present numbers of some groups."""
        pipe = self._redis.pipeline(transaction=False)
        for group in groups:
            pipe.hvals(f"presence:{{{group}}}:nodes")
            pipe.hlen(f"presence:{{{group}}}:members")
        found = await pipe.execute()
        return [
            Count(sum(int(n) for n in by_node), int(members))
            for by_node, members in zip(found[::2], found[1::2], strict=True)
        ]

    async def member_of(self, group: str, connection_id: str) -> str | None:
        """The member behind a connection of a group, whichever worker holds it; None if none does."""
        if (member := self._held.get(group, {}).get(connection_id)) is not None:
            return member
        nodes = await self._redis.hkeys(f"presence:{{{group}}}:nodes")
        pipe = self._redis.pipeline(transaction=False)
        for node in nodes:
            pipe.hget(f"presence:{{{group}}}:connections:{as_text(node)}", connection_id)
        return next((as_text(found) for found in await pipe.execute() if found), None)

    async def reassert(self) -> list[str]:
        """Write again all that this worker holds; returns the groups."""
        groups = list(self._held)
        for group in groups:
            for connection_id in self._held[group]:
                self._note(group, connection_id, told=True)
        await self.flush()
        return groups

    async def clean_up(self, node_id: str) -> list[str]:
        """Take out everything that a dead node held; returns the groups it was in."""
        key = _traces(node_id)
        groups = sorted(as_text(g) for g in await self._redis.smembers(key))
        for group in groups:
            while await self._reap(keys=self._keys(group, node_id), args=[node_id, _REAP_BATCH]):
                pass
        await self._redis.delete(key)
        return groups

    async def has_traces(self, node_id: str) -> bool:
        """Whether a node may hold something: it may have written again while it was cleaned up."""
        return bool(await self._redis.exists(_traces(node_id)))

    def groups_of(self, connection_id: str) -> list[str]:
        """All groups in which this worker holds the connection."""
        return sorted(self._groups.get(connection_id, ()))

    # Writing

    def _note(self, group: str, connection_id: str, *, told: bool) -> None:
        key = (group, connection_id)
        self._unwritten[key] = told or key in self._writing or self._unwritten.get(key, False)
        self._start()

    def _start(self) -> None:
        if self._writer is None and not self._closed:
            self._writer = asyncio.create_task(self._write(), name="presence")

    async def _write(self) -> None:
        try:
            while self._unwritten and not self._closed:
                written = await self._try_batch()
                if not self._unwritten:
                    self._rest.set()
                if not written:
                    await asyncio.sleep(_RETRY_SECONDS)
                elif len(self._unwritten) < _BATCH:
                    await asyncio.sleep(_PAUSE_SECONDS)
        finally:
            self._writer = None

    async def _try_batch(self) -> bool:
        self._writing = set(islice(self._unwritten, _BATCH))
        for key in self._writing:
            del self._unwritten[key]
        try:
            await self._write_batch()
            self._writing = set()
        except (RedisError, OSError) as error:
            log.debug("presence waits for redis", error=type(error).__name__, connections=len(self._unwritten))
            return False
        else:
            return True
        finally:  # what may or may not have been written is written again
            self._unwritten.update(dict.fromkeys(self._writing, True))
            self._writing = set()

    async def _write_batch(self) -> None:
        batch: dict[str, list[str]] = {}
        for group, connection_id in self._writing:
            member = self._held.get(group, {}).get(connection_id, "")
            batch.setdefault(group, []).extend((connection_id, member))
        pipe = self._redis.pipeline(transaction=False)
        # The node's list of groups is written first: a crash in between leaves a name too many, never one too few.
        pipe.sadd(_traces(self._node), *batch)
        self._enlist(pipe)
        for group, pairs in batch.items():
            pipe.eval(_WRITE.text, 3, *self._keys(group, self._node), self._node, *pairs)
        self._settled(pipe, batch)
        await pipe.execute()

    @staticmethod
    def _keys(group: str, node: str) -> list[str]:
        tag = f"presence:{{{group}}}"
        return [f"{tag}:connections:{node}", f"{tag}:members", f"{tag}:nodes"]
