"""The private Redis that hangs: found within a bound, ended, started again, and said in two lines."""

from __future__ import annotations

import asyncio
import os
import select
import signal
from collections.abc import AsyncIterator, MutableMapping
from pathlib import Path
from typing import Any

import pytest
from redis import Redis
from structlog.testing import capture_logs

from kit.redis import EmbeddedRedis
from kit.redis_pulse import Pulse
from tests.harness import PATIENCE, eventually
from tests.live import Gateway
from touchline.private_redis import PrivateRedis
from touchline.watch import LOOK_SECONDS

BOUND = 12.0
"""Seconds of the supervisor's clock within which it is found: 10 of silence, and looks."""


class Watched:
    """A real server, and a supervisor whose clock moves half a second with each look."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.private = PrivateRedis(directory)
        self.now = 1000.0

    def look(self, seconds: float = LOOK_SECONDS) -> bool:
        self.now += seconds
        self.private.tend(self.now)
        return True

    def look_at_one_that_answers(self, times: int) -> None:
        """The clock moves on only when the answer of the last look is there."""
        for _ in range(times):
            self.look()
            asked = self.private._redis._pulse._socket
            assert asked is not None
            assert select.select([asked], [], [], PATIENCE)[0]

    async def look_until(self, told: str, lines: list[MutableMapping[str, Any]], seconds: float) -> float:
        """Look until the log says it, each time after `seconds`; returns how many have passed."""
        before = self.now
        await eventually(lambda: self.look(seconds) and any(line["event"] == told for line in lines))
        return self.now - before

    @property
    def client(self) -> Redis:
        return Redis.from_url(self.private.url)

    def pid(self) -> int:
        with self.client as client:
            return int(client.info("server")["process_id"])


@pytest.fixture
async def watched(tmp_path: Path) -> AsyncIterator[Watched]:
    watched = Watched(tmp_path / "redis")
    await asyncio.to_thread(watched.private.start)
    yield watched
    await asyncio.to_thread(watched.private.stop)


@pytest.mark.parametrize("taken_over", [False, True])
async def test_one_that_hangs_is_ended_and_started_again_on_its_data(watched: Watched, taken_over: bool) -> None:
    with watched.client as client:
        client.set("kept", "1")
        client.config_set("appendfsync", "always")
        client.set("kept", "2")
    if taken_over:  # by the next gateway on the same data, whose child it is not
        started_by, watched.private = watched.private, PrivateRedis(watched.directory)
        await asyncio.to_thread(watched.private.start)
    hangs = watched.pid()
    with capture_logs() as lines:
        watched.look_at_one_that_answers(100)  # nothing is said, and nobody is ended
        assert lines == []
        os.kill(hangs, signal.SIGSTOP)
        assert await watched.look_until("redis hangs and is started again", lines, LOOK_SECONDS) <= BOUND
        if taken_over:  # its parent is still there, and has to see it off
            process = started_by._redis._process
            assert process is not None
            await asyncio.to_thread(process.wait)
        await watched.look_until("redis is back", lines, 0.0)
        assert watched.pid() != hangs
        with watched.client as client:
            assert client.get("kept") == b"2"
        watched.look_at_one_that_answers(100)
    assert [line["event"] for line in lines] == ["redis hangs and is started again", "redis is back"]
    assert lines[0]["pid"] == hangs


async def test_one_that_dies_is_told_in_two_lines_too(watched: Watched) -> None:
    with capture_logs() as lines:
        watched.look_at_one_that_answers(1)
        os.kill(watched.pid(), signal.SIGKILL)
        await watched.look_until("redis is back", lines, 0.0)
    assert [line["event"] for line in lines] == ["redis died and is started again", "redis is back"]


async def test_a_machine_that_was_suspended_ends_nobody(watched: Watched) -> None:
    hangs = watched.pid()
    with capture_logs() as lines:
        watched.look_at_one_that_answers(1)
        os.kill(hangs, signal.SIGSTOP)
        for _ in range(10):
            watched.look(3600.0)  # nobody ran meanwhile
        os.kill(hangs, signal.SIGCONT)
        await eventually(lambda: watched.pid() == hangs)
    assert lines == []


async def test_a_pulse_asks_once_and_hears_every_answer(watched: Watched, tmp_path: Path) -> None:
    pulse = Pulse(EmbeddedRedis(watched.directory).socket)
    assert not pulse.beats()  # it has just asked
    await eventually(pulse.beats)
    assert pulse.pid == watched.pid()
    with watched.client as client:
        client.config_set("requirepass", "x")
        client.config_set("maxclients", "1")
        client.client_kill_filter(_type="normal", skipme=True)
        await eventually(pulse.beats)  # a refusal is an answer as well
        client.config_set("maxclients", "100")
        client.config_set("requirepass", "")
    pulse.close()
    nobody = Pulse(tmp_path / "nobody.sock")
    assert not nobody.beats()
    assert nobody.pid is None


async def test_a_server_of_one_worker_goes_on_after_its_redis_hung(gateway: Gateway) -> None:
    hangs = gateway.redis_pid()
    os.kill(hangs, signal.SIGSTOP)
    await eventually(lambda: "redis is back" in gateway.log())
    assert gateway.redis_pid() != hangs
    gateway.wait_until_ready()


async def test_one_that_hangs_before_the_first_look_is_found_in_the_same_time(watched: Watched) -> None:
    with capture_logs() as lines:
        os.kill(watched.pid(), signal.SIGSTOP)
        assert await watched.look_until("redis hangs and is started again", lines, LOOK_SECONDS) <= BOUND
        await watched.look_until("redis is back", lines, 0.0)
