"""`touchline bench`: the door to the benchmarks in `bench/`, which come with the source tree alone."""

from __future__ import annotations

import asyncio
import importlib
import signal
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any, TypeVar

import click

_ROOT = Path(__file__).parents[3]
_PEERS = ("floor", "stock", "node", "nchan")

F = TypeVar("F", bound=Callable[..., Any])


def _output(command: F) -> F:
    command = click.option("--json", "json_file", metavar="FILE", help="Write the figures; - is standard output.")(
        command
    )
    return click.option("--chart", metavar="FILE.svg", type=click.Path(dir_okay=False, path_type=Path))(command)


def _server(workers: int = 1) -> Callable[[F], F]:
    def add(command: F) -> F:
        command = click.option(
            "--pin/--no-pin", default=True, help="One worker gets a processor of its own, the load the others."
        )(command)
        command = click.option(
            "--tree", type=click.Path(exists=True, file_okay=False, path_type=Path),
            help="Measure the server of another source tree, to see before and after.",
        )(command)  # fmt: skip
        return click.option("--workers", default=workers, show_default=True, type=click.IntRange(1, 64))(command)

    return add


def _beside(command: F) -> F:
    command = click.option(
        "--nginx-root", default="/", type=click.Path(file_okay=False, path_type=Path),
        help="Where nginx with libnginx-mod-nchan is unpacked, if it is not installed.",
    )(command)  # fmt: skip
    return click.option(
        "--peers", default="all", show_default=True, metavar="LIST",
        help=f"Whom to compare with: all, none, or some of {','.join(_PEERS)}.",
    )(command)  # fmt: skip


def _connections(default: int) -> Callable[[F], F]:
    return click.option("--connections", default=default, show_default=True, type=click.IntRange(1, 1_000_000))


def _database(command: F) -> F:
    return click.option(
        "--database", envvar="TOUCHLINE_DATABASE_URL", show_envvar=True, metavar="URL",
        help="A PostgreSQL server, on which databases are made and dropped; else SQLite.",
    )(command)  # fmt: skip


def _repeat(default: int | None) -> Callable[[F], F]:
    return click.option(
        "--repeat", default=default, type=click.IntRange(1, 50), show_default=default is not None,
        help="Rounds; the figures are their medians." + ("" if default else " By default 3 with peers, else 1."),
    )  # fmt: skip


@click.group()
def bench() -> None:
    """Measure the gateway. Each command starts its own server on free ports with private data, and stops it."""


@bench.command()
@_connections(15_000)
@click.option("--messages", default=5, show_default=True, type=click.IntRange(1, 1000))
@click.option("--interval", default=2.0, show_default=True, type=click.FloatRange(0), help="Seconds between messages.")
@click.option(
    "--room",
    default="channel",
    show_default=True,
    type=click.Choice(["channel", "match"]),
    help="What the listeners are in: the owner writes to a channel, a feed posts events of a match.",
)
@_repeat(None)
@_server()
@_beside
@_output
def fanout(
    json_file: str | None, chart: Path | None, peers: str, nginx_root: Path, repeat: int | None, **options: object
) -> None:  # fmt: skip
    """One update to everybody: CPU per delivery, latency, what was lost or came twice."""
    wanted = _peers(peers)
    repeat = repeat or (3 if wanted else 1)
    _measure("fanout", json_file, chart, peers=wanted, nginx_root=nginx_root, repeat=repeat, **options)


@bench.command()
@_connections(15_000)
@_repeat(3)
@_server()
@_output
def connect(json_file: str | None, chart: Path | None, **options: object) -> None:
    """Connect, authenticate and join: how many a second, and how fast all leave."""
    _measure("connect", json_file, chart, **options)


@bench.command()
@_connections(15_000)
@_repeat(1)
@_server()
@_beside
@_output
def memory(json_file: str | None, chart: Path | None, peers: str, **options: object) -> None:
    """Resident memory of an idle, authenticated, joined connection."""
    _measure("memory", json_file, chart, peers=_peers(peers), **options)


@bench.command()
@click.option("--readers", default=50, show_default=True, type=click.IntRange(1, 10_000))
@click.option(
    "--stalled", default=1, show_default=True, type=click.IntRange(1, 1000), help="Listeners that never read."
)
@click.option("--megabytes", default=24, show_default=True, type=click.IntRange(1, 60), help="Sent to each listener.")
@_server()
@_output
def slow(json_file: str | None, chart: Path | None, **options: object) -> None:
    """A listener that never reads: the server's memory, and the latency of the others."""
    _measure("slow", json_file, chart, **options)


@bench.command()
@click.option("--clients", default=20, show_default=True, type=click.IntRange(1, 1000))
@click.option("--events", default=1000, show_default=True, type=click.IntRange(1, 3900))
@click.option(
    "--seconds", default=10.0, show_default=True, type=click.FloatRange(0, 120), help="How long they are cut off."
)
@_server()
@_output
def recover(json_file: str | None, chart: Path | None, **options: object) -> None:
    """Listeners that were cut off during 1,000 events: do they have all of them, in order, once?"""
    _measure("recover", json_file, chart, **options)


@bench.command()
@click.option(
    "--file", type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="A match file, all of it; else a match is invented.",
)  # fmt: skip
@click.option(
    "--events", default=1_462, show_default=True, type=click.IntRange(100, 4_900),
    help="Of the invented match; by default as many as Wyscout's open data have of the World Cup final of 2018.",
)  # fmt: skip
@_database
@_repeat(3)
@click.option("--readers", default=16, show_default=True, type=click.IntRange(1, 1000), help="Who read at once.")
@click.option("--seconds", default=5.0, show_default=True, type=click.FloatRange(0.1, 600), help="Of reading, a round.")
@click.option("--matches", default=200, show_default=True, type=click.IntRange(1, 500), help="Whose memory is taken.")
@_server()
@_output
def ingest(json_file: str | None, chart: Path | None, **options: object) -> None:
    """A match taken in by batch and one by one, its snapshot read, and the memory of matches that are followed."""
    _measure("ingest", json_file, chart, **options)


@bench.command()
@click.option("--matches", default=500, show_default=True, type=click.IntRange(1, 5000), help="Live at any moment.")
@click.option("--seconds", default=600.0, show_default=True, type=click.FloatRange(1, 86_400))
@click.option("--followed", default=100, show_default=True, type=click.IntRange(0, 5000), help="Of them, by sockets.")
@click.option("--sockets", default=3, show_default=True, type=click.IntRange(0, 100), help="Of each that is followed.")
@_database
@_server()
@_output
def season(json_file: str | None, chart: Path | None, **options: object) -> None:
    """Many live matches, each with an event a second from its feed: does the server keep pace, and its memory flat?"""
    _measure("season", json_file, chart, **options)


@bench.command()
@click.option("--seed", default=1, show_default=True, type=int, help="Decides on everything that chance decides.")
@click.option("--seconds", default=60.0, show_default=True, type=click.FloatRange(1, 86_400), help="Of faults, about.")
@click.option("--clients", default=300, show_default=True, type=click.IntRange(10, 5000))
@click.option("--faults", default="", metavar="LIST", help="Only these kinds; by default all.")
@click.option("--database", default="sqlite", show_default=True, type=click.Choice(["sqlite", "postgresql"]))
@click.option(
    "--redis", default="own", show_default=True, type=click.Choice(["own", "private"]),
    help="One of the run's own, or the one that the gateway starts for itself.",
)  # fmt: skip
@click.option(
    "--keep", type=click.Path(file_okay=False, path_type=Path), help="Leave the logs of the gateway and Redis here."
)
@click.option(
    "--tree", type=click.Path(exists=True, file_okay=False, path_type=Path), help="The server of another tree."
)
@click.option("--workers", default=3, show_default=True, type=click.IntRange(1, 16))
@_output
def stress(json_file: str | None, chart: Path | None, faults: str, **options: object) -> None:
    """Break everything under hundreds of listeners, and check that every promise is kept."""
    kinds = [kind.strip() for kind in faults.split(",") if kind.strip()]
    _measure("stress", json_file, chart, faults=kinds, **options)


def _peers(given: str) -> list[str]:
    names = {"all": list(_PEERS), "none": []}.get(given)
    names = [name.strip() for name in given.split(",") if name.strip()] if names is None else names
    if unknown := [name for name in names if name not in _PEERS]:
        raise click.UsageError(f"There is no peer {unknown[0]}; there are {', '.join(_PEERS)}.")
    return names


def _measure(name: str, json_file: str | None, chart: Path | None, **options: object) -> None:
    if sys.platform != "linux":
        raise click.ClickException("The benchmarks read /proc: they run on Linux.")
    if not any((_ROOT / "bench" / path).exists() for path in (f"{name}.py", name)):
        raise click.ClickException("The benchmarks are in the source tree, and this is an installation without it.")
    sys.path.insert(0, str(_ROOT))
    work = getattr(importlib.import_module(f"bench.{name}"), name)
    procs, report = importlib.import_module("bench.procs"), importlib.import_module("bench.report")

    async def run() -> Any:  # noqa: ANN401 - the benchmarks are not part of the installed packages
        task = asyncio.current_task()
        if task is not None:
            asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
        return await work(**options)

    try:
        outcome = asyncio.run(run())
    except procs.CannotMeasure as error:
        raise click.ClickException(str(error)) from None
    except (KeyboardInterrupt, asyncio.CancelledError):
        raise click.ClickException("stopped; everything that was started has ended.") from None
    click.echo(outcome.text, err=json_file == "-")
    if json_file:
        report.write_json(json_file, outcome.content)
    if chart:
        chart.write_text(outcome.chart)
    if not outcome.good:
        raise click.ClickException("A promise was not kept: see above.")
