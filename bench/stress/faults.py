"""What is broken on purpose. Each fault ends by itself and touches only what this run has started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

from redis.exceptions import RedisError

from bench.stress.gateway import Gateway
from bench.stress.listener import Listener
from bench.stress.plan import Fault
from bench.stress.proxy import Connection, Proxy
from bench.stress.reader import Reader
from bench.stress.redis import RedisServer
from bench.stress.rubbish import KINDS

_HALF = 0.5  # the share of connections that a fault of connections falls on
_VANDALS = 40
_STOP_SECONDS = 30.0  # in which a worker that was asked to must have ended: its grace is 8 s


class StillRunning(Exception):
    """A worker did not end when it was told to."""


@dataclass(frozen=True, slots=True)
class World:
    """All that can be broken."""

    gateway: Gateway
    redis: RedisServer
    redis_proxy: Proxy
    client_proxy: Proxy
    crowd: Sequence[Listener | Reader]


class Faults:
    """Carries faults out, one after another."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._kinds: dict[str, Callable[[Fault, random.Random], Awaitable[None]]] = {
            "worker-killed": self._kill_worker,
            "worker-stopped": self._stop_worker,
            "worker-frozen": self._freeze_worker,
            "redis-frozen": self._freeze_redis,
            "redis-sleeps": self._sleep_redis,
            "redis-restarted": self._restart_redis,
            "redis-crashed": self._restart_redis,
            "redis-emptied": self._empty_redis,
            "redis-kills-subscriptions": self._kill_subscriptions,
            "redis-kills-clients": self._kill_subscriptions,
            "redis-reset": self._reset_redis,
            "redis-refused": self._refuse_redis,
            "redis-stalled": self._stall_redis,
            "redis-lost-by-one-worker": self._lose_redis_in_one_worker,
            "redis-drops-bytes": self._drop_redis_bytes,
            "clients-reset": self._reset_clients,
            "clients-stalled": self._stall_clients,
            "clients-half-open": self._half_open_clients,
            "clients-leave-at-once": self._leave_at_once,
            "rubbish-from-all-sides": self._rubbish,
        }

    async def carry_out(self, number: int, fault: Fault) -> None:
        """Break it, and mend it; raises `StillRunning`."""
        await self._kinds[fault.kind](fault, random.Random(f"{self._seed} fault {number}"))  # noqa: S311 - repeated

    # Workers

    def _worker(self, fault: Fault) -> int:
        pids = sorted(self._world.gateway.pids())
        return pids[int(fault.pick * len(pids))]

    async def _kill_worker(self, fault: Fault, _: random.Random) -> None:
        self._world.gateway.signal_worker(self._worker(fault), signal.SIGKILL)

    async def _stop_worker(self, fault: Fault, _: random.Random) -> None:
        gateway, pid = self._world.gateway, self._worker(fault)
        gateway.signal_worker(pid, signal.SIGTERM)
        for _tick in range(int(_STOP_SECONDS * 10)):
            if pid not in gateway.pids():
                return
            await asyncio.sleep(0.1)
        gateway.signal_worker(pid, signal.SIGKILL)
        raise StillRunning(f"worker {pid} had not ended {_STOP_SECONDS:.0f} s after SIGTERM")

    async def _freeze_worker(self, fault: Fault, _: random.Random) -> None:
        gateway, pid = self._world.gateway, self._worker(fault)
        gateway.signal_worker(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

    # Redis itself

    async def _freeze_redis(self, fault: Fault, _: random.Random) -> None:
        self._world.redis.freeze()
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            self._world.redis.thaw()

    async def _sleep_redis(self, fault: Fault, _: random.Random) -> None:
        await self._world.redis.client.execute_command("DEBUG", "SLEEP", str(fault.seconds))  # type: ignore[no-untyped-call]

    async def _restart_redis(self, fault: Fault, _: random.Random) -> None:
        await self._world.redis.end(crash=fault.kind == "redis-crashed")
        await asyncio.sleep(fault.seconds)
        await self._world.redis.start()

    async def _empty_redis(self, _fault: Fault, _: random.Random) -> None:
        await self._world.redis.client.flushall()

    async def _kill_subscriptions(self, fault: Fault, _: random.Random) -> None:
        kind = "pubsub" if fault.kind == "redis-kills-subscriptions" else "normal"
        with contextlib.suppress(RedisError):  # our own connection may be among them
            await self._world.redis.client.execute_command("CLIENT", "KILL", "TYPE", kind)  # type: ignore[no-untyped-call]

    # The way to Redis

    async def _reset_redis(self, _fault: Fault, _: random.Random) -> None:
        for connection in list(self._world.redis_proxy.connections):
            connection.close(reset=True)

    async def _refuse_redis(self, fault: Fault, chance: random.Random) -> None:
        proxy = self._world.redis_proxy
        proxy.refusing = True
        try:
            await self._reset_redis(fault, chance)
            await asyncio.sleep(fault.seconds)
        finally:
            proxy.refusing = False

    async def _stall_redis(self, fault: Fault, _: random.Random) -> None:
        await self._stall(self._world.redis_proxy, fault.seconds, lambda _connection: True)

    async def _lose_redis_in_one_worker(self, fault: Fault, _: random.Random) -> None:
        """The others go on publishing meanwhile: what it misses must not be missing in the end."""
        gateway, proxy, victim = self._world.gateway, self._world.redis_proxy, self._worker(fault)

        def belongs(connection: Connection) -> bool:
            return gateway.owner_of(connection.ports[0], proxy.port) == victim

        await self._stall(proxy, fault.seconds, belongs)

    async def _stall(self, proxy: Proxy, seconds: float, which: Callable[[Connection], bool]) -> None:
        stalled = [connection for connection in proxy.connections if which(connection)]
        for connection in stalled:
            connection.stalled = True
        proxy.stalling = which
        try:
            await asyncio.sleep(seconds)
        finally:
            proxy.stalling = lambda _: False
            for connection in list(proxy.connections):
                if connection.stalled:
                    connection.release()

    async def _drop_redis_bytes(self, fault: Fault, chance: random.Random) -> None:
        """What was sent is lost, and nobody is told: the connections are of no use afterwards."""
        connections = list(self._world.redis_proxy.connections)
        dropped = chance.sample(connections, max(1, int(len(connections) * _HALF))) if connections else []
        for connection in dropped:
            connection.dropping = True
        await asyncio.sleep(fault.seconds)
        for connection in dropped:
            connection.close(reset=True)

    # The way of the clients

    def _some_clients(self, chance: random.Random) -> list[Connection]:
        connections = sorted(self._world.client_proxy.connections, key=lambda connection: connection.ports)
        return chance.sample(connections, int(len(connections) * _HALF))

    async def _reset_clients(self, _fault: Fault, chance: random.Random) -> None:
        for connection in self._some_clients(chance):
            connection.close(reset=True)

    async def _stall_clients(self, fault: Fault, chance: random.Random) -> None:
        stalled = self._some_clients(chance)
        for connection in stalled:
            connection.stalled = True
        await asyncio.sleep(fault.seconds)
        for connection in stalled:
            connection.release()

    async def _half_open_clients(self, fault: Fault, chance: random.Random) -> None:
        """Clients that are gone for the gateway alone, or the other way round."""
        broken = self._some_clients(chance)
        for connection in broken:
            connection.half_open = connection.dropping = True
            (connection.near if chance.random() < _HALF else connection.far).end(reset=True)
        await asyncio.sleep(fault.seconds)
        for connection in broken:
            connection.close(reset=True)

    async def _leave_at_once(self, fault: Fault, chance: random.Random) -> None:
        crowd = sorted(self._world.crowd, key=lambda one: one.name)
        for one in chance.sample(crowd, int(len(crowd) * 0.7)):
            one.reset(away=fault.seconds)

    async def _rubbish(self, fault: Fault, chance: random.Random) -> None:
        """Connections that are no clients at all, and every kind of rubbish from those that are."""
        listeners = [one for one in self._world.crowd if isinstance(one, Listener) and one.transport == "websocket"]
        for kind, one in zip(sorted(KINDS), chance.sample(listeners, min(len(KINDS), len(listeners))), strict=False):
            one.send_rubbish(kind)
        await asyncio.gather(*(self._vandal(chance, fault.seconds) for _ in range(_VANDALS)))

    async def _vandal(self, chance: random.Random, seconds: float) -> None:
        beginnings = [
            b"", b"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: x\r\n", b"\x16\x03\x01\x02\x00",
            b"POST /socket.io/?EIO=4&transport=polling HTTP/1.1\r\nContent-Length: 99999999\r\n\r\n",
            chance.randbytes(2000), b"GET /socket.io/?EIO=4&transport=polling&sid=nobody HTTP/1.1\r\nHost: x\r\n\r\n",
        ]  # fmt: skip
        with contextlib.suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", self._world.gateway.port)
            try:
                writer.write(chance.choice(beginnings))
                await asyncio.sleep(seconds)
            finally:
                writer.transport.abort()
