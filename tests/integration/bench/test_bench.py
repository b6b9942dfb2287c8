"""The benchmarks themselves: that they run, count rightly and leave nothing behind. Never how fast."""

from __future__ import annotations

import asyncio
import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import asyncpg
import pytest

from bench.client import Connection, Load, Orders
from bench.databases import new_database
from bench.follower import Follower
from bench.material import material
from bench.postgres import PostgresServer
from bench.procs import CannotMeasure
from scoring.projection import play_order
from tests.support.samples import real_file
from touchline.migrate import migrate

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the benchmarks read /proc")


@pytest.fixture
def bench(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    """Runs `touchline bench` and gives its JSON."""

    def run(*arguments: str) -> dict[str, Any]:
        target = tmp_path / "figures.json"
        done = subprocess.run(
            [sys.executable, "-m", "touchline", "bench", *arguments, "--json", str(target)],
            env={**os.environ, "TMPDIR": str(tmp_path)},
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        figures: dict[str, Any] = json.loads(target.read_text())
        left = [path for path in tmp_path.iterdir() if path.name.startswith("touchline-bench-")]
        assert not left, "it left files"
        assert not [one for one in environments() if f"TMPDIR={tmp_path}\0" in one], "it left processes"
        return figures

    return run


ALONE = ("--peers", "none", "--repeat", "1")


def environments() -> list[str]:
    """Of all processes that may be looked at; what the benchmark starts inherits its TMPDIR."""
    found = []
    for path in Path("/proc").glob("[0-9]*/environ"):
        try:
            found.append(path.read_text(errors="replace"))
        except OSError:  # it ended meanwhile, or is somebody else's
            continue
    return found


def test_every_listener_hears_each_message_once(bench: Callable[..., dict[str, Any]]) -> None:
    figures = bench(
        "fanout", "--connections", "200", "--messages", "3", "--interval", "0.3", *ALONE, "--chart", os.devnull
    )
    ours = figures["servers"]["touchline"]
    assert ours["held"] == 200
    assert ours["expected"] == ours["delivered"] == 600
    assert (ours["lost"], ours["doubled"], ours["dropped"]) == (0, 0, 0)
    assert ours["cpu_us_per_delivery"] > 0
    assert figures["rss_per_connection_bytes"] == ours["rss_per_connection_bytes"]


def test_a_server_that_loses_and_doubles_is_found_out() -> None:
    orders = Orders(
        host="", port=0, path="", connections=1, first=0, raw=True, namespace="/streaming", join="",
        event="chat:message", in_flight=1, output="", seconds=0,
    )  # fmt: skip
    load = Load(orders)
    connection = Connection(load, 0, 1, 0.0)
    load.connections.append(connection)
    load.ready(connection)

    def frame(number: int) -> bytes:
        packet = b'42/streaming,["chat:message",{"text":"bench:%d:1:"}]' % number
        return bytes((0x81, len(packet))) + packet

    connection.data_received(frame(1) + frame(2)[:20])
    connection.data_received(frame(2)[20:] + frame(2))
    connection.data_received(frame(5))
    assert (load.lost, load.doubled) == (2, 1)
    assert {number: len(samples) for number, samples in load.samples.items()} == {1: 1, 2: 1, 5: 1}


def test_more_than_a_process_may_open_is_refused_with_what_would_do(tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", 'ulimit -n 1000 && exec "$0" -m touchline bench fanout --connections 5000', sys.executable],
        env={**os.environ, "TMPDIR": str(tmp_path)},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert "--workers 11" in done.stderr


def test_a_match_is_taken_in_read_and_followed(bench: Callable[..., dict[str, Any]]) -> None:
    figures = bench(
        "ingest", "--events", "150", "--repeat", "1", "--seconds", "0.2", "--readers", "2", "--matches", "3"
    )
    assert figures["parameters"]["events"] == 150
    assert figures["parameters"]["database"] == "SQLite"
    for way in ("batch", "one by one"):
        rates = figures["ingest"][way]
        assert rates["of_bare"] == pytest.approx(rates["events_per_second"] / rates["bare_inserts_per_second"])
    assert figures["reads"]["bytes"] > 10_000, "fifty events"
    assert figures["reads"]["snapshots_per_second"] > 0
    assert figures["reads"]["unchanged_per_second"] > 0
    assert figures["reads"]["static_per_second"] > 0
    assert isinstance(figures["rss_per_match_bytes"], float)
    assert isinstance(figures["rss_per_unfollowed_match_bytes"], float)


def test_an_event_of_a_match_comes_to_all_who_follow_it(bench: Callable[..., dict[str, Any]]) -> None:
    figures = bench("fanout", "--room", "match", "--connections", "100", "--messages", "2", "--interval", "0.3", *ALONE)
    ours = figures["servers"]["touchline"]
    assert figures["parameters"]["room"] == "match"
    assert (ours["held"], ours["delivered"], ours["lost"], ours["doubled"]) == (100, 200, 0, 0)
    assert 0 < ours["p50_ms"] <= ours["p99_ms"]


def test_a_season_is_played_and_heard(bench: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    chart = tmp_path / "season.svg"
    figures = bench(
        "season", "--matches", "12", "--seconds", "4", "--followed", "3", "--sockets", "2", "--chart", str(chart)
    )
    assert figures["events_due"] == 48
    assert figures["events"] + figures["late"] >= 48, "all, or it says which were not handed in"
    assert figures["refused"] == figures["wrong"] == 0
    assert figures["heard"] == figures["owed"] > 0
    assert figures["flat"] is None, "nobody can tell after four seconds"
    assert len(figures["workers_mb"]) == len(figures["redis_mb"]) == len(figures["backlog"]) >= 2
    assert chart.read_text().count("<polyline") == 2


async def test_a_follower_knows_what_is_missing_or_came_twice() -> None:
    stream = asyncio.StreamReader()
    follower = Follower(stream, writer=None)  # type: ignore[arg-type] - it says nothing here
    for seq in (1, 2, 2, 4, 5):
        follower._take(b'42/streaming,["match:event",{"matchId":"m","eventId":"e","seq":%d}]' % seq)
    assert (follower.heard, follower.wrong) == (5, 2)


async def test_postgresql_has_a_database_of_its_own_for_a_while(postgres: PostgresServer, tmp_path: Path) -> None:
    given = postgres.new_database()

    async def names() -> set[str]:
        connection = await asyncpg.connect(given)
        found = {row[0] for row in await connection.fetch("SELECT datname FROM pg_database")}
        await connection.close()
        return found

    before = await names()
    async with new_database(given, tmp_path / "unused.db") as url:
        await migrate(url)
        assert len(await names() - before) == 1
    assert await names() == before
    with pytest.raises(CannotMeasure):
        async with new_database("postgresql://touchline@127.0.0.1:1/nothing", tmp_path / "unused.db"):
            pytest.fail("nobody is there")


@pytest.mark.parametrize("pattern", ["football/wyscout_2058017*", None])
def test_a_whole_match_is_taken_in_in_the_order_of_play(pattern: str | None) -> None:
    match = material(real_file(pattern) if pattern else None, 1_462)
    assert len(match.ops) >= 1_462
    assert len({op.event_id for op in match.ops}) == len(match.ops)
    places = [play_order(op) for op in match.ops]
    assert places == sorted(places)
