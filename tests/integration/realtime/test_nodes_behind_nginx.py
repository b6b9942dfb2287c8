"""Two machines behind nginx, configured as `deploy/nginx/touchline.conf` has it."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from kit.session import Role
from tests.conftest import RedisServer
from tests.harness import PATIENCE, ROOT, eventually, free_port, missing
from tests.integration.realtime.test_polling_workers import crowd
from tests.live import Gateway

MAIN = """
{user}
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 1024; }}
http {{
    log_format who "$remote_addr $upstream_addr $status";
    access_log {directory}/access.log who;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    include {directory}/touchline.conf;
}}
"""


class Nginx:
    """nginx in front of gateways, on a port of this machine and without TLS."""

    def __init__(self, directory: Path, gateways: list[Gateway]) -> None:
        found = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
        if found is None:
            missing("nginx", "apt install nginx")
        self.port = free_port()
        self._directory = directory
        self._command = [found or "", "-p", str(directory), "-c", str(directory / "nginx.conf")]
        text = (ROOT / "deploy/nginx/touchline.conf").read_text()
        for change, to in [
            ("10.0.0.11:8000", f"127.0.0.1:{gateways[0].port}"),
            ("10.0.0.12:8000", f"127.0.0.1:{gateways[1].port}"),
            ("listen 443 ssl http2", f"listen 127.0.0.1:{self.port}"),
            ("ssl_certificate ", "# "),
            ("ssl_certificate_key ", "# "),
        ]:
            assert text.count(change) == 1
            text = text.replace(change, to)
        (directory / "touchline.conf").write_text(text)
        user = "user root;" if os.getuid() == 0 else ""  # else its workers cannot read the test's directory
        (directory / "nginx.conf").write_text(MAIN.format(directory=directory, user=user))
        tried = subprocess.run([*self._command, "-t"], check=False, capture_output=True, text=True)
        assert tried.returncode == 0, tried.stderr
        self._process = subprocess.Popen(self._command)

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def asked(self, gateway: Gateway) -> int:
        """How many different addresses a gateway has served."""
        lines = (line.split() for line in (self._directory / "access.log").read_text().splitlines())
        return len({line[0] for line in lines if len(line) > 1 and line[1] == f"127.0.0.1:{gateway.port}"})

    def stop(self) -> None:
        self._process.terminate()
        self._process.wait(PATIENCE)


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
