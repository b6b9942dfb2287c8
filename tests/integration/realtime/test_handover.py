"""Polling clients against a gateway with several workers: each request may land on any of them."""

from __future__ import annotations

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from kit.session import Role
from tests.harness import eventually
from tests.live import Gateway
from tests.support.crowd import crowd

WORKERS = 3
PATH = "/socket.io/?EIO=4&transport=polling"


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
