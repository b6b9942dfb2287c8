"""One round: a server is started, filled with listeners, made to send, and stopped."""

from __future__ import annotations

import asyncio
import statistics
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from bench.load import Arrivals, Joined, Load
from bench.procs import Pinning, Sizes, available_bytes, cpu_seconds
from bench.report import Progress
from bench.server import MatchServer, TouchlineServer
from bench.targets import Setting, Target, peer

WARM = 20  # connections that come and go first, so that what is loaded once is not counted as theirs
QUIET_SHARE = 0.10  # of one processor: a server that uses less has nothing left to do but to answer pings
QUIET_SECONDS = 30.0
AFTERGLOW = 0.05  # seconds after the last delivery that still count as its cost
_NEED_PER_CONNECTION = 30_000  # bytes: both ends in the kernel, the client's object, and a light server's


@dataclass(frozen=True, slots=True)
class Plan:
    """What all rounds of a run have in common. `room`: where Touchline's listeners are, `channel` or `match`."""

    connections: int
    messages: int
    interval: float
    workers: int
    sizes: Sizes
    pinning: Pinning
    nginx_root: Path
    tree: Path | None
    progress: Progress
    room: str = "channel"

    @property
    def bound(self) -> float:
        """Seconds after which a load client ends by itself."""
        return 300 + self.connections / 200 + self.messages * (self.interval + self.patience)

    @property
    def patience(self) -> float:
        """Seconds that one message may take to everybody."""
        return 15 + self.connections / 2000


@dataclass(slots=True)
class Round:
    """What one round gave. Per message: CPU seconds, deliveries, and latencies in nanoseconds."""

    name: str
    joined: Joined
    rss_before: int
    rss_after: int
    cpu_connecting: float
    publish_cpu: float | None = None
    rss_programs: dict[str, int] = field(default_factory=dict)
    cpu: list[float] = field(default_factory=list)
    load_cpu: list[float] = field(default_factory=list)
    deliveries: list[int] = field(default_factory=list)
    late: int = 0
    arrivals: Arrivals = field(default_factory=Arrivals)

    @property
    def rss_per_connection(self) -> float:
        """Bytes."""
        return (self.rss_after - self.rss_before) / self.joined.connections

    @property
    def cpu_per_delivery(self) -> float | None:
        """Microseconds, the median over the messages."""
        return self._each_delivery(self.cpu)

    @property
    def load_cpu_per_delivery(self) -> float | None:
        """The same, of the load: what it takes is missing to the server where they share processors."""
        return self._each_delivery(self.load_cpu)

    def _each_delivery(self, cpu: Sequence[float]) -> float | None:
        each = [seconds * 1e6 / count for seconds, count in zip(cpu, self.deliveries, strict=True) if count]
        return statistics.median(each) if each else None

    def latency(self, share: float) -> float | None:
        """Milliseconds: a quantile of each message's latencies, the median over the messages."""
        each = [quantile(samples, share) / 1e6 for samples in self.arrivals.latencies.values() if samples]
        return statistics.median(each) if each else None

    @property
    def slowest(self) -> float | None:
        """Milliseconds: the slowest delivery of all."""
        return max((samples[-1] / 1e6 for samples in self.arrivals.latencies.values()), default=None)


def quantile(ordered: Sequence[float], share: float) -> float:
    """Of values in order."""
    return ordered[min(int(len(ordered) * share), len(ordered) - 1)]


def possible(connections: int) -> str:
    """A warning where memory may not suffice; else empty."""
    need, have = connections * _NEED_PER_CONNECTION, available_bytes()
    if need < have:
        return ""
    return f"{connections} connections may need {need / 1e9:.1f} GB, and {have / 1e9:.1f} GB are free."


def target(name: str, directory: Path, plan: Plan, frame_bytes: int) -> Target:
    """A server that is not started yet."""
    if name == TouchlineServer.name:
        kind = MatchServer if plan.room == "match" else TouchlineServer
        return kind(directory, workers=plan.workers, cpus=plan.pinning.server, tree=plan.tree)
    return peer(name, Setting(directory, plan.connections + WARM, plan.pinning.server, frame_bytes, plan.nginx_root))


async def quiet(cpu: Callable[[], float], most: float = QUIET_SECONDS) -> None:
    """Wait until a server is at rest, or has been busy for too long to wait for."""
    deadline = time.monotonic() + most
    calm = 0
    while calm < 2 and time.monotonic() < deadline:
        before = cpu()
        await asyncio.sleep(0.5)
        calm = calm + 1 if cpu() - before < QUIET_SHARE * 0.5 else 0


@asynccontextmanager
async def started(server: Target) -> AsyncIterator[None]:
    """A server that runs, and is stopped whatever happens."""
    try:
        await server.start()
        yield
    finally:
        await asyncio.shield(server.stop())


def new_load(server: Target, directory: Path, plan: Plan, connections: int) -> Load:
    """Listeners of that server."""
    return Load(
        server.endpoint,
        connections=connections,
        sizes=plan.sizes,
        directory=directory,
        cpus=plan.pinning.load,
        seconds=plan.bound,
    )


async def warm(server: Target, directory: Path, plan: Plan) -> None:
    """Some connections come and go."""
    async with new_load(server, directory, plan, WARM) as load:
        await load.joined(lambda _: None)
    await quiet(server.cpu)


async def play(name: str, directory: Path, plan: Plan, frame_bytes: int) -> Round:
    """One round from start to end; `directory` is this round's own."""
    directory.mkdir()  # noqa: ASYNC240 - once a round
    plan.progress(f"{name}: starting")
    server = target(name, directory, plan, frame_bytes)
    async with started(server):
        await warm(server, directory, plan)
        publish_cpu = await server.publish_cost() if isinstance(server, TouchlineServer) and plan.messages else None
        rss, cpu = server.rss(), server.cpu()
        async with new_load(server, directory, plan, plan.connections) as load:
            joined = await load.joined(lambda n: plan.progress(f"{name}: {n:,} of {plan.connections:,} joined"))
            connecting = server.cpu() - cpu
            plan.progress(f"{name}: {joined.connections:,} joined in {joined.seconds:.1f} s; waiting for quiet")
            await quiet(server.cpu)
            found = Round(name, joined, rss, server.rss(), connecting, publish_cpu)
            if isinstance(server, TouchlineServer):
                found.rss_programs = server.rss_by_program()
            for number in range(1, plan.messages + 1):
                plan.progress(f"{name}: message {number} of {plan.messages} to {joined.connections:,}")
                await _message(server, load, number, plan, found)
            found.arrivals = await load.report(plan.messages)
            found.deliveries = [len(found.arrivals.latencies.get(n, ())) for n in range(1, plan.messages + 1)]
    return found


async def _message(server: Target, load: Load, number: int, plan: Plan, found: Round) -> None:
    cpu, load_cpu, began = server.cpu(), cpu_seconds(load.pids), time.monotonic()
    _, everywhere = await asyncio.gather(server.publish(number), load.arrived(number, plan.patience))
    await asyncio.sleep(AFTERGLOW)
    found.cpu.append(server.cpu() - cpu)
    found.load_cpu.append(cpu_seconds(load.pids) - load_cpu)
    found.late += not everywhere
    await asyncio.sleep(max(0.0, plan.interval - (time.monotonic() - began)))
