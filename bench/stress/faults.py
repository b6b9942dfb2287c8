"""What is broken on purpose. Each fault ends by itself and touches only what this run has started."""

from __future__ import annotations

import asyncio
import contextlib
import os
import random
import signal
from collections.abc import Awaitable, Callable

from bench.stress import store_faults
from bench.stress.listener import Listener
from bench.stress.plan import Fault
from bench.stress.proxy import Connection
from bench.stress.rubbish import KINDS
from bench.stress.world import World

_HALF = 0.5  # the share of connections that a fault of connections falls on
_VANDALS = 40
_HUNG_SECONDS = 90.0  # in which a worker that hangs must have been replaced: it is noticed after 20 s of silence
_STOP_SECONDS = 30.0  # in which a worker that was asked to must have ended: its grace is 8 s


class StillRunning(Exception):
    """A worker did not end when it was told to."""


class Faults:
    """Carries faults out, one after another."""

    def __init__(self, world: World, seed: int) -> None:
        self._world = world
        self._seed = seed
        self._kinds: dict[str, Callable[[Fault, random.Random], Awaitable[None]]] = {
            "worker-killed": self._kill_worker,
            "worker-stopped": self._stop_worker,
            "worker-frozen": self._freeze_worker,
            "worker-hung": self._hang_worker,
            "server-killed": lambda fault, _: world.gateway.crash(fault.seconds),
            "clients-reset": self._reset_clients,
            "clients-stalled": self._stall_clients,
            "clients-half-open": self._half_open_clients,
            "clients-leave-at-once": self._leave_at_once,
            "rubbish-from-all-sides": self._rubbish,
        } | store_faults.of(world)

    async def carry_out(self, number: int, fault: Fault) -> None:
        """Break it, and mend it; raises `StillRunning`."""
        await self._kinds[fault.kind](fault, random.Random(f"{self._seed} fault {number}"))  # noqa: S311 - repeated

    # Workers

    async def _kill_worker(self, fault: Fault, _: random.Random) -> None:
        self._world.gateway.signal_worker(self._world.gateway.pick(fault.pick), signal.SIGKILL)

    async def _stop_worker(self, fault: Fault, _: random.Random) -> None:
        await self._ends(fault, signal.SIGTERM, _STOP_SECONDS)

    async def _hang_worker(self, fault: Fault, _: random.Random) -> None:
        """It never goes on by itself: the supervisor has to notice."""
        await self._ends(fault, signal.SIGSTOP, _HUNG_SECONDS)

    async def _ends(self, fault: Fault, number: signal.Signals, seconds: float) -> None:
        gateway, pid = self._world.gateway, self._world.gateway.pick(fault.pick)
        gateway.signal_worker(pid, number)
        for _tick in range(int(seconds * 10)):
            if pid not in gateway.pids():
                return
            await asyncio.sleep(0.1)
        gateway.signal_worker(pid, signal.SIGKILL)
        raise StillRunning(f"worker {pid} had not ended {seconds:.0f} s after {number.name}")

    async def _freeze_worker(self, fault: Fault, _: random.Random) -> None:
        gateway, pid = self._world.gateway, self._world.gateway.pick(fault.pick)
        gateway.signal_worker(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(fault.seconds)
        finally:
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)

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
