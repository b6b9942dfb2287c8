"""`touchline bench connect`: how fast listeners get in (connect, authenticate, join), and out again."""

from __future__ import annotations

import asyncio
import statistics
import time
from dataclasses import dataclass
from pathlib import Path

from bench.fanout import Outcome
from bench.load import Joined
from bench.procs import Pinning, raise_limits, scratch
from bench.report import Progress, bar_chart, document, table
from bench.rounds import Plan, new_load, quiet, started, warm
from bench.server import TouchlineServer

LEAVE_SECONDS = 120.0  # longer than anybody should take; the stock server's cost grows with the square


@dataclass(frozen=True, slots=True)
class Wave:
    """One crowd. `left` is None where the server's count cannot be read, or did not come down."""

    joined: Joined
    cpu: float
    left: float | None


async def connect(*, connections: int, repeat: int, workers: int, pin: bool, tree: Path | None) -> Outcome:
    """Crowds that come and go, on one server."""
    sizes = raise_limits()
    sizes.require(connections, workers)
    progress = Progress()
    pinning = Pinning.choose(workers=workers, wanted=pin)
    plan = Plan(connections, 0, 0.0, workers, sizes, pinning, Path("/"), tree, progress)
    waves: list[Wave] = []
    async with scratch() as directory:
        server = TouchlineServer(directory, workers=workers, cpus=pinning.server, tree=tree)
        progress("starting")
        async with started(server):
            await warm(server, directory, plan)
            for number in range(repeat):
                waves.append(await _wave(server, directory, plan, number))
                await quiet(server.cpu)
    progress.done()
    return _outcome(waves, connections, workers, pinned=pinning.server is not None, tree=tree)


async def _wave(server: TouchlineServer, directory: Path, plan: Plan, number: int) -> Wave:
    cpu = server.cpu()
    async with new_load(server, directory, plan, plan.connections) as load:
        joined = await load.joined(lambda n: plan.progress(f"crowd {number + 1}: {n:,} joined"))
        cpu = server.cpu() - cpu
        await quiet(server.cpu)
        plan.progress(f"crowd {number + 1}: all leave")
        began = await load.close()
        return Wave(joined, cpu, await _gone(server, began))


async def _gone(server: TouchlineServer, began: float) -> float | None:
    deadline = began + LEAVE_SECONDS
    while time.monotonic() < deadline:
        count = await server.connections()
        if count is None:
            return None
        if count <= 1:  # the publisher's own
            return time.monotonic() - began
        await asyncio.sleep(0.01)
    return None


def _outcome(waves: list[Wave], connections: int, workers: int, *, pinned: bool, tree: Path | None) -> Outcome:
    rows = [
        (
            number,
            wave.joined.connections,
            wave.joined.per_second,
            wave.joined.p50 * 1e3,
            wave.joined.p99 * 1e3,
            wave.cpu * 1e6 / wave.joined.connections,
            wave.joined.refused,
            wave.left,
        )
        for number, wave in enumerate(waves, 1)
    ]
    head = ("crowd", "joined", "connects/s", "p50 ms", "p99 ms", "CPU µs each", "refused", "all gone in s")
    left = [wave.left for wave in waves if wave.left is not None]
    results = {
        "connects_per_second": statistics.median(wave.joined.per_second for wave in waves),
        "cpu_us_per_connect": statistics.median(wave.cpu * 1e6 / wave.joined.connections for wave in waves),
        "p99_ms": statistics.median(wave.joined.p99 * 1e3 for wave in waves),
        "all_gone_in_seconds": statistics.median(left) if left else None,
        "crowds": [dict(zip(head, row, strict=True)) for row in rows],
    }
    parameters: dict[str, object] = {
        "connections": connections, "repeat": len(waves), "workers": workers, "pinned": pinned,
    }  # fmt: skip
    text = table(head, rows) + f"\n\nMedian: {results['connects_per_second']:,.0f} connections a second, joined."
    chart = bar_chart(
        f"Connect, authenticate and join: crowds of {connections:,}",
        "/s",
        [(f"touchline {row[0]}", float(row[2])) for row in rows],
    )
    return Outcome(text, document("connect", parameters, results, tree), chart, good=True)
