"""Faults of the stores: Redis, PostgreSQL and SQLite that are slow, full, read-only, gone, or back with less."""

from __future__ import annotations

import asyncio
import contextlib
import random
import resource
import signal
import sqlite3
from collections.abc import Awaitable, Callable

from redis.exceptions import RedisError

from bench.postgres import PostgresServer
from bench.procs import limit_files
from bench.stress.plan import Fault
from bench.stress.proxy import Connection, Proxy
from bench.stress.redis import PrivateRedis, RedisServer
from bench.stress.world import World, refuse, reset, stall

Carry = Callable[[Fault, random.Random], Awaitable[None]]
_HALF = 0.5  # the share of connections that a fault of connections falls on
_TIGHT_BYTES = 1  # of memory: less than anything needs


class RedisFaults:
    """What can be done to a Redis of the run's own, and to the way to it."""

    def __init__(self, world: World, redis: RedisServer, proxy: Proxy) -> None:
        self._world = world
        self._redis = redis
        self._proxy = proxy
        self.kinds: dict[str, Carry] = {
            "redis-frozen": self._freeze,
            "redis-sleeps": self._sleep,
            "redis-restarted": self._restart,
            "redis-crashed": self._restart,
            "redis-emptied": self._empty,
            "redis-kills-subscriptions": self._kill_connections,
            "redis-kills-clients": self._kill_connections,
            "redis-reset": self._reset,
            "redis-refused": lambda fault, _: refuse(proxy, fault.seconds),
            "redis-stalled": lambda fault, _: stall(proxy, fault.seconds),
            "redis-lost-by-one-worker": self._lose_in_one_worker,
            "redis-drops-bytes": self._drop_bytes,
            "redis-out-of-memory": lambda fault, _: self._configured("maxmemory", str(_TIGHT_BYTES), "0", fault),
            "redis-read-only": lambda fault, _: self._configured("min-replicas-to-write", "1", "0", fault),
            "redis-disk-full": self._fill_disk,
        }

    async def _freeze(self, fault: Fault, _: random.Random) -> None:
        self._redis.freeze()
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            self._redis.thaw()

    async def _sleep(self, fault: Fault, _: random.Random) -> None:
        await self._redis.client.execute_command("DEBUG", "SLEEP", str(fault.seconds))  # type: ignore[no-untyped-call]

    async def _restart(self, fault: Fault, _: random.Random) -> None:
        await self._redis.end(crash=fault.kind == "redis-crashed")
        await asyncio.sleep(fault.seconds)
        await self._redis.start()

    async def _empty(self, _fault: Fault, _: random.Random) -> None:
        await self._redis.client.flushall()

    async def _kill_connections(self, fault: Fault, _: random.Random) -> None:
        kind = "pubsub" if fault.kind == "redis-kills-subscriptions" else "normal"
        with contextlib.suppress(RedisError):  # our own connection may be among them
            await self._redis.client.execute_command("CLIENT", "KILL", "TYPE", kind)  # type: ignore[no-untyped-call]

    async def _configured(self, name: str, value: str, usual: str, fault: Fault) -> None:
        """It answers, and refuses what would write."""
        await self._redis.configure(name, value)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            await self._redis.configure(name, usual)

    async def _fill_disk(self, fault: Fault, _: random.Random) -> None:
        self._redis.limit_files(0)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            self._redis.limit_files(resource.RLIM_INFINITY)

    async def _reset(self, _fault: Fault, _: random.Random) -> None:
        reset(self._proxy)

    async def _lose_in_one_worker(self, fault: Fault, _: random.Random) -> None:
        """The others go on publishing meanwhile: what it misses must not be missing in the end."""
        gateway, proxy = self._world.gateway, self._proxy
        victim = gateway.pick(fault.pick)

        def belongs(connection: Connection) -> bool:
            return gateway.owner_of(connection.ports[0], proxy.port) == victim

        await stall(proxy, fault.seconds, belongs)

    async def _drop_bytes(self, fault: Fault, chance: random.Random) -> None:
        """What was sent is lost, and nobody is told: the connections are of no use afterwards."""
        connections = list(self._proxy.connections)
        dropped = chance.sample(connections, max(1, int(len(connections) * _HALF))) if connections else []
        for connection in dropped:
            connection.dropping = True
        await asyncio.sleep(fault.seconds)
        for connection in dropped:
            connection.close(reset=True)


class PrivateRedisFaults:
    """What can befall the Redis that the gateway has started for itself: nobody but the gateway mends it."""

    def __init__(self, redis: PrivateRedis) -> None:
        self._redis = redis
        self.kinds: dict[str, Carry] = {"private-redis-killed": self._kill, "private-redis-frozen": self._freeze}

    async def _kill(self, _fault: Fault, _: random.Random) -> None:
        await self._redis.signal(signal.SIGKILL)

    async def _freeze(self, fault: Fault, _: random.Random) -> None:
        pid = await self._redis.signal(signal.SIGSTOP)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            self._redis.resume(pid)


class SqliteFaults:
    """What can befall a database that is a file."""

    def __init__(self, world: World) -> None:
        self._world = world
        self.kinds: dict[str, Carry] = {"sqlite-locked": self._lock, "sqlite-disk-full": self._fill_disk}

    async def _lock(self, fault: Fault, _: random.Random) -> None:
        """Another program writes, and takes its time."""
        with contextlib.closing(sqlite3.connect(self._world.gateway.database_file, timeout=30)) as connection:
            connection.isolation_level = None
            connection.execute("BEGIN IMMEDIATE")
            await asyncio.sleep(fault.seconds)
            connection.execute("ROLLBACK")

    async def _fill_disk(self, fault: Fault, _: random.Random) -> None:
        """No worker can make any file larger, the log included."""
        limited = self._world.gateway.pids()
        for pid in limited:
            limit_files(pid, 0)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            for pid in limited:
                limit_files(pid, resource.RLIM_INFINITY)


class PostgresFaults:
    """What can befall a PostgreSQL server, and the way to it."""

    def __init__(self, postgres: PostgresServer, proxy: Proxy) -> None:
        self._postgres = postgres
        self._proxy = proxy
        self.kinds: dict[str, Carry] = {
            "postgresql-restarted": self._restart,
            "postgresql-crashed": self._restart,
            "postgresql-frozen": self._freeze,
            "postgresql-reset": self._reset,
            "postgresql-refused": lambda fault, _: refuse(proxy, fault.seconds),
            "postgresql-stalled": lambda fault, _: stall(proxy, fault.seconds),
        }

    async def _restart(self, fault: Fault, _: random.Random) -> None:
        mode = "immediate" if fault.kind == "postgresql-crashed" else "fast"
        await asyncio.to_thread(self._postgres.stop, mode)
        await asyncio.sleep(fault.seconds)
        await asyncio.to_thread(self._postgres.start)

    async def _freeze(self, fault: Fault, _: random.Random) -> None:
        self._postgres.pause()
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            self._postgres.resume()

    async def _reset(self, _fault: Fault, _: random.Random) -> None:
        reset(self._proxy)


def of(world: World) -> dict[str, Carry]:
    """The faults of the stores that this world has."""
    kinds: dict[str, Carry] = {}
    if isinstance(world.redis, PrivateRedis):
        kinds |= PrivateRedisFaults(world.redis).kinds
    elif world.redis_proxy is not None:
        kinds |= RedisFaults(world, world.redis, world.redis_proxy).kinds
    if world.postgres is not None and world.postgres_proxy is not None:
        kinds |= PostgresFaults(world.postgres, world.postgres_proxy).kinds
    else:
        kinds |= SqliteFaults(world).kinds
    return kinds
