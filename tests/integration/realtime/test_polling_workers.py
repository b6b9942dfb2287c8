"""Polling clients against a gateway with several workers: each request may land on any of them."""

from __future__ import annotations

import asyncio
import json
import os
import shutil
import signal
import subprocess
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import httpx
import pytest

from kit.session import Role
from tests.harness import PATIENCE, ROOT, eventually, missing
from tests.live import Gateway

WORKERS = 3
PATH = "/socket.io/?EIO=4&transport=polling"


@asynccontextmanager
async def crowd(url: str, channel_id: str, fan: str, **more: Any) -> AsyncIterator[None]:
    """Official JavaScript clients, all of which have joined and heard something; at the end they hear more."""
    node = shutil.which("node")
    if node is None or not (ROOT / "web/node_modules/socket.io-client").exists():
        missing("socket.io-client", "make setup")
        return
    story = {"url": url, "channelId": channel_id, "fan": fan, **more}
    process = await asyncio.to_thread(
        subprocess.Popen,
        [node, str(ROOT / "tests/integration/js/crowd.mjs")],
        env={"PATH": os.environ["PATH"], "STORY": json.dumps(story), "NODE_PROJECT": str(ROOT / "web/package.json")},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert process.stdin is not None
    try:
        await says(process, "joined")
        yield
        process.stdin.write("\n")
        process.stdin.flush()
        await says(process, "held")
    finally:
        process.kill()
        process.communicate()


async def says(process: subprocess.Popen[str], word: str) -> None:
    assert process.stdout is not None
    assert process.stderr is not None
    line = await asyncio.wait_for(asyncio.to_thread(process.stdout.readline), 3 * PATIENCE)
    if line.strip() != word:
        process.kill()
        pytest.fail(f"{line!r} instead of {word}: {process.stderr.read()}")


async def handed_over(gateway: Gateway) -> bool:
    """Whether the worker that happens to answer has given a connection away."""
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        text = (await http.get("/metrics")).text
    return any(line.startswith('touchline_handovers_total{outcome="given"}') for line in text.splitlines())


async def test_a_long_path_of_the_data_directory_changes_nothing(tmp_path: Path) -> None:
    directory = tmp_path / ("long" * 30)
    directory.mkdir()
    gateway = Gateway(directory, workers=2)
    gateway.start()
    try:
        async with httpx.AsyncClient(base_url=gateway.url) as http:
            sid = json.loads((await http.get(PATH)).text[1:])["sid"]

        async def acknowledged() -> str:
            async with httpx.AsyncClient(base_url=gateway.url) as http:  # each may reach either worker
                return (await http.post(f"{PATH}&sid={sid}", content="3")).text

        assert {await acknowledged() for _ in range(20)} == {"ok"}
    finally:
        gateway.stop()


@pytest.mark.parametrize("transports", [None, ["polling"]], ids=["polling first", "polling only"])
async def test_the_official_client_polls_whichever_worker_it_reaches(
    gateway_factory: Callable[..., Gateway], transports: list[str] | None
) -> None:
    gateway = gateway_factory(workers=WORKERS)
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    channel = await gateway.channel(owner)
    async with crowd(gateway.url, channel["id"], fan.access, transports=transports, clients=60):
        pass
    await eventually(lambda: handed_over(gateway))
    assert "[error" not in gateway.log()


async def test_a_worker_that_dies_takes_only_its_own_clients_along(gateway_factory: Callable[..., Gateway]) -> None:
    gateway = gateway_factory(workers=WORKERS)
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    channel = await gateway.channel(owner)
    story = {"transports": ["polling"], "clients": 30, "survivors": True}
    async with crowd(gateway.url, channel["id"], fan.access, **story):
        os.kill(gateway.workers_pids()[0], signal.SIGKILL)
        await eventually(lambda: len(gateway.workers_pids()) == WORKERS)
