"""The benchmarks themselves: that they run, count rightly and leave nothing behind. Never how fast."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from bench.client import Connection, Load, Orders

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
    figures = bench("fanout", "--connections", "200", "--messages", "3", "--peers", "none", "--chart", os.devnull)
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
    figures = bench("ingest", "--repeat", "1", "--seconds", "0.2", "--readers", "2", "--matches", "3")
    assert figures["parameters"]["events"] > 100
    for way in ("batch", "one by one"):
        rates = figures["ingest"][way]
        assert rates["of_bare"] == pytest.approx(rates["events_per_second"] / rates["bare_inserts_per_second"])
    assert figures["reads"]["bytes"] > 10_000, "fifty events"
    assert figures["reads"]["snapshots_per_second"] > 0
    assert figures["reads"]["static_per_second"] > 0
    assert isinstance(figures["rss_per_match_bytes"], float)
