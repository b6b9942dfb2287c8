"""`touchline bench memory`: what an idle, authenticated, joined connection keeps resident in the server."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from bench.fanout import Outcome, middle
from bench.procs import CannotMeasure, Pinning, raise_limits, scratch
from bench.report import Progress, bar_chart, document, table
from bench.rounds import Plan, Round, play
from bench.server import TouchlineServer
from bench.targets import available


async def memory(
    *, connections: int, repeat: int, workers: int, peers: Sequence[str], pin: bool, nginx_root: Path, tree: Path | None
) -> Outcome:
    """Resident memory with and without the connections."""
    sizes = raise_limits()
    sizes.require(connections, workers)
    # The floor keeps a number a connection: there is nothing to learn from it.
    present, missing = available([name for name in peers if name != "floor"], nginx_root)
    progress = Progress()
    plan = Plan(
        connections, 0, 0.0, workers, sizes, Pinning.choose(workers=workers, wanted=pin), nginx_root, tree, progress
    )  # fmt: skip
    rounds: dict[str, list[Round]] = {}
    async with scratch() as directory:
        for repetition in range(repeat):
            for name in (TouchlineServer.name, *present):
                try:
                    one = await play(name, directory / f"{name}-{repetition}", plan, 0)
                except CannotMeasure as error:
                    if name == TouchlineServer.name:
                        raise
                    missing[name] = str(error)
                    continue
                rounds.setdefault(name, []).append(one)
    progress.done()
    figures = {
        name: {
            "held": min(one.joined.connections for one in found),
            "rss_before_bytes": middle(found, lambda one: float(one.rss_before)),
            "rss_after_bytes": middle(found, lambda one: float(one.rss_after)),
            "rss_per_connection_bytes": middle(found, lambda one: one.rss_per_connection),
            "programs_after_bytes": found[-1].rss_programs,
        }
        for name, found in rounds.items()
    }
    rows = [
        (
            name,
            one["held"],
            _number(one["rss_before_bytes"]) / 1e6,
            _number(one["rss_after_bytes"]) / 1e6,
            _number(one["rss_per_connection_bytes"]) / 1e3,
        )
        for name, one in figures.items()
    ]
    lines = [table(("server", "held", "MB before", "MB after", "KB/connection"), rows), ""]
    lines.append(f"Touchline: {workers} worker(s) and Redis together.")
    lines += [f"{name} was not measured: {why}" for name, why in missing.items()]
    parameters: dict[str, object] = {"connections": connections, "repeat": repeat, "workers": workers}
    content = document(
        "memory",
        parameters,
        {
            "servers": figures,
            "rss_per_connection_bytes": figures[TouchlineServer.name]["rss_per_connection_bytes"],
            "not_measured": missing,
        },
        tree,
    )
    chart = bar_chart(
        f"Resident memory per joined connection, {connections:,} connections", "KB", [(row[0], row[4]) for row in rows]
    )
    return Outcome("\n".join(lines), content, chart, good=True)


def _number(value: object) -> float:
    return float(value) if isinstance(value, int | float) else 0.0
