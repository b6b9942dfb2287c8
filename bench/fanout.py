"""`touchline bench fanout`: what one update to everybody costs, how long it takes, and whether it came to all."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.procs import CannotMeasure, Pinning, raise_limits, scratch
from bench.report import Progress, bar_chart, document, table
from bench.rounds import Plan, Round, play, possible
from bench.server import TouchlineServer
from bench.targets import available


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a benchmark says: text for people, JSON for programs, a chart, and whether it kept its promise."""

    text: str
    content: dict[str, Any]
    chart: str
    good: bool


async def fanout(
    *,
    connections: int,
    messages: int,
    repeat: int,
    workers: int,
    interval: float,
    peers: Sequence[str],
    pin: bool,
    nginx_root: Path,
    tree: Path | None,
    room: str,
) -> Outcome:
    """Run all rounds, the servers in turn so that what else the machine does falls on all of them."""
    sizes = raise_limits()
    sizes.require(connections, workers)
    present, missing = available(peers, nginx_root)
    for name in list(present):
        if connections > sizes.per_worker:
            missing[name] = f"one process holds {sizes.per_worker} connections here"
            present.remove(name)
    progress = Progress()
    plan = Plan(
        connections,
        messages,
        interval,
        workers,
        sizes,
        Pinning.choose(workers=workers, wanted=pin),
        nginx_root,
        tree,
        progress,
        room,
    )
    rounds: dict[str, list[Round]] = {}
    frame_bytes = 0
    async with scratch() as directory:
        for repetition in range(repeat):
            for name in (TouchlineServer.name, *present):
                try:
                    one = await play(name, directory / f"{name}-{repetition}", plan, frame_bytes)
                except CannotMeasure as error:
                    if name == TouchlineServer.name:
                        raise
                    missing[name] = str(error)
                    continue
                frame_bytes = frame_bytes or one.arrivals.frame_bytes
                rounds.setdefault(name, []).append(one)
    progress.done()
    parameters: dict[str, object] = {
        "connections": connections,
        "messages": messages,
        "repeat": repeat,
        "workers": workers,
        "interval": interval,
        "room": room,
        "peers": list(peers),
        "pinned": plan.pinning.server is not None,
    }
    return _outcome(rounds, parameters, missing, possible(connections), tree)


def middle(rounds: Sequence[Round], value: Callable[[Round], float | None]) -> float | None:
    """The median over the repetitions."""
    values = [found for one in rounds if (found := value(one)) is not None]
    return statistics.median(values) if values else None


def _figures(rounds: Sequence[Round]) -> dict[str, Any]:
    first = rounds[0]
    expected = sum(one.joined.connections * len(one.cpu) for one in rounds)
    return {
        "held": min(one.joined.connections for one in rounds),
        "expected": expected,
        "delivered": sum(sum(one.deliveries) for one in rounds),
        "lost": sum(one.arrivals.lost for one in rounds),
        "doubled": sum(one.arrivals.doubled for one in rounds),
        "dropped": sum(one.arrivals.dropped for one in rounds),
        "refused": sum(one.joined.refused for one in rounds),
        "late_messages": sum(one.late for one in rounds),
        "frame_bytes": first.arrivals.frame_bytes,
        "cpu_us_per_delivery": middle(rounds, lambda one: one.cpu_per_delivery),
        "cpu_us_per_delivery_each": [one.cpu_per_delivery for one in rounds],
        "load_cpu_us_per_delivery": middle(rounds, lambda one: one.load_cpu_per_delivery),
        "cpu_ms_per_publication_unheard": middle(rounds, lambda one: one.publish_cpu and one.publish_cpu * 1e3),
        "p50_ms": middle(rounds, lambda one: one.latency(0.50)),
        "p99_ms": middle(rounds, lambda one: one.latency(0.99)),
        "max_ms": max((one.slowest or 0.0 for one in rounds), default=None),
        "rss_per_connection_bytes": middle(rounds, lambda one: one.rss_per_connection),
        "rss_bytes": middle(rounds, lambda one: float(one.rss_after)),
        "connects_per_second": middle(rounds, lambda one: one.joined.per_second),
        "cpu_us_per_connect": middle(rounds, lambda one: one.cpu_connecting * 1e6 / one.joined.connections),
        "joined_in_seconds": middle(rounds, lambda one: one.joined.seconds),
    }


def _outcome(
    rounds: dict[str, list[Round]],
    parameters: dict[str, object],
    missing: dict[str, str],
    warning: str,
    tree: Path | None,
) -> Outcome:
    figures = {name: _figures(found) for name, found in rounds.items()}
    ours = figures[TouchlineServer.name]
    ratios = {
        name: ours["cpu_us_per_delivery"] / other["cpu_us_per_delivery"]
        for name, other in figures.items()
        if name != TouchlineServer.name and other["cpu_us_per_delivery"] and ours["cpu_us_per_delivery"]
    }
    rows = [
        (
            name,
            one["held"],
            one["cpu_us_per_delivery"],
            ratios.get(name),
            one["p50_ms"],
            one["p99_ms"],
            one["max_ms"],
            one["lost"],
            one["doubled"],
            one["rss_per_connection_bytes"] / 1000,
            one["connects_per_second"],
        )
        for name, one in figures.items()
    ]
    head = (
        "server", "held", "CPU µs/delivery", "touchline ÷ it", "p50 ms", "p99 ms", "max ms", "lost", "doubled",
        "KB/connection", "connects/s",
    )  # fmt: skip
    lines = [table(head, rows), ""]
    lines.append(
        f"Touchline: {ours['held']:,} connections held on {parameters['workers']} worker(s), joined in "
        f"{ours['joined_in_seconds']:.1f} s; {ours['delivered']:,} of {ours['expected']:,} deliveries arrived; "
        f"{ours['frame_bytes']} bytes a frame; {ours['rss_bytes'] / 1e6:,.0f} MB with Redis."
    )
    if ours["dropped"]:
        lines.append(f"{ours['dropped']} connections were closed by the server meanwhile.")
    lines += [f"{name} was not measured: {why}" for name, why in missing.items()]
    lines += [warning] if warning else []
    content = document(
        "fanout",
        parameters,
        {
            "servers": figures,
            "touchline_to": ratios,
            "ratio_to_c_floor": ratios.get("floor"),
            "rss_per_connection_bytes": ours["rss_per_connection_bytes"],
            "not_measured": missing,
        },
        tree,
    )
    chart = bar_chart(
        f"Server CPU per delivery, {ours['held']:,} connections",
        "µs",
        [(name, one["cpu_us_per_delivery"] or 0.0) for name, one in figures.items()],
        f"One {ours['frame_bytes']}-byte event to all; median of {parameters['repeat']} rounds.",
    )
    good = not (ours["lost"] or ours["doubled"] or ours["dropped"])
    return Outcome("\n".join(lines), content, chart, good)
