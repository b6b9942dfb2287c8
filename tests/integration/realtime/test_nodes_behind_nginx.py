"""Two machines behind nginx, configured as `deploy/nginx/touchline.conf` has it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from kit.session import Role
from tests.conftest import RedisServer
from tests.harness import PATIENCE, eventually
from tests.live import Gateway
from tests.support.crowd import crowd
from tests.support.nginx import Nginx


@pytest.fixture
def nodes(gateway_factory: Callable[..., Gateway], own_redis: RedisServer, tmp_path: Path) -> list[Gateway]:
    shared = {"redis_url": own_redis.url, "database_url": f"sqlite:///{tmp_path / 'shared.db'}", "workers": 2}
    return [gateway_factory(**shared) for _ in range(2)]


@pytest.fixture
def nginx(nodes: list[Gateway], short_tmp: Path) -> Iterator[Nginx]:
    directory = short_tmp / "nginx"
    directory.mkdir()
    server = Nginx(directory, nodes)
    yield server
    server.stop()


@pytest.mark.parametrize("transports", [["polling"], None], ids=["polling only", "polling first"])
async def test_every_client_stays_with_one_of_two_machines(
    nodes: list[Gateway], nginx: Nginx, transports: list[str] | None
) -> None:
    owner, fan = await nodes[0].account(Role.OWNER), await nodes[0].account(Role.LISTENER)
    channel = await nodes[0].channel(owner)
    story = {"transports": transports, "clients": 24, "addresses": True}
    async with crowd(nginx.url, channel["id"], fan.access, **story):
        pass
    assert min(nginx.asked(node) for node in nodes) > 0, "both had clients"
    assert sum(nginx.asked(node) for node in nodes) == 24, "none had a client of the other"


async def test_clients_of_a_machine_that_dies_go_to_the_other(nodes: list[Gateway], nginx: Nginx) -> None:
    owner, fan = await nodes[0].account(Role.OWNER), await nodes[0].account(Role.LISTENER)
    channel = await nodes[0].channel(owner)
    story = {"transports": ["polling"], "clients": 24, "addresses": True, "survivors": True}
    async with crowd(nginx.url, channel["id"], fan.access, **story):
        await asyncio.to_thread(nodes[1].kill)


async def test_server_sent_events_pass_at_once(nodes: list[Gateway], nginx: Nginx) -> None:
    owner = await nodes[0].account(Role.OWNER)
    channel = await nodes[0].channel(owner)
    async with (
        httpx.AsyncClient(base_url=nginx.url, timeout=PATIENCE) as http,
        http.stream("GET", "/api/events", params={"channel": channel["id"]}) as stream,
    ):
        said = ""

        async def read() -> None:
            nonlocal said
            async for chunk in stream.aiter_text():
                said += chunk

        reading = asyncio.create_task(read())
        await eventually(lambda: "event: hello" in said)
        start = {"showTitle": "Through", "hostName": "Ada", "showType": "sports"}
        answer = await http.post(f"/api/channels/{channel['id']}/streams", json=start, headers=owner.bearer)
        assert answer.status_code in {200, 201}, answer.text
        await eventually(lambda: "event: stream:live" in said)
        reading.cancel()
        await asyncio.gather(reading, return_exceptions=True)
