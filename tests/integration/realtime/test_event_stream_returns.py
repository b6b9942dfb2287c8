"""Readers of events come back where that helps: browsers do so after a 200 that ends, and after nothing else."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from pathlib import Path

import httpx
import pytest

from kit.session import Role
from tests.conftest import RedisServer
from tests.harness import PATIENCE, eventually, free_port, missing
from tests.live import Gateway


async def ask(gateway: Gateway, query: str = "channel=radio", **headers: str) -> httpx.Response:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:
        return await http.get(f"/api/events?{query}", headers=sent)


def comes_back(answer: httpx.Response) -> None:
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"].startswith("text/event-stream")
    assert "no-transform" in answer.headers["cache-control"]
    assert "\nretry: " in answer.text
    assert "data:" not in answer.text
    assert answer.text.endswith("\n\n")


async def test_a_reader_comes_back_after_an_outage(
    gateway_factory: Callable[..., Gateway], own_redis: RedisServer
) -> None:
    gateway = gateway_factory(redis_url=own_redis.url)
    await gateway.channel(await gateway.account(Role.OWNER))
    own_redis.stop()
    comes_back(await ask(gateway))
    comes_back(await ask(gateway, last_event_id="e-1"))
    own_redis.start()

    async def reads() -> bool:
        async with (
            httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http,
            http.stream("GET", "/api/events?channel=radio") as answer,
        ):
            async for line in answer.aiter_lines():
                if line == "event: hello":
                    return True
        return False

    await eventually(reads)


async def test_what_will_not_change_is_an_error(gateway: Gateway) -> None:
    await gateway.channel(await gateway.account(Role.OWNER))
    statuses = [
        (await ask(gateway, "channel=nobody")).status_code,
        (await ask(gateway, "match=nobody")).status_code,
        (await ask(gateway, "&".join(f"match=m{n}" for n in range(21)))).status_code,
        (await ask(gateway, authorization="Bearer rubbish")).status_code,
    ]
    assert statuses == [404, 404, 400, 401]


@pytest.mark.parametrize("place", ["x" * 3000, "e-1", "\u00e9", "-", "e-99999999999999999999", "%00"])
async def test_an_id_that_was_never_given_out_is_a_resync(gateway: Gateway, place: str) -> None:
    owner = await gateway.account(Role.OWNER)
    await gateway.channel(owner)
    for headers in ({}, owner.bearer):
        async with (
            httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http,
            http.stream(
                "GET",
                "/api/events?channel=radio",
                headers={**headers, "last-event-id": place.encode("latin-1")},  # type: ignore[dict-item]
            ) as answer,
        ):
            assert answer.status_code == 200
            kept = "no-store, no-transform" if headers else "no-cache, no-transform"
            assert answer.headers["cache-control"] == kept
            names = []
            async for line in answer.aiter_lines():
                if line.startswith("event: "):
                    names.append(line[7:])
                if len(names) == 2:
                    break
            assert names == ["hello", "resync"]


NGINX = """
{user}
daemon off;
pid {directory}/nginx.pid;
error_log {directory}/error.log;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {directory}/body;
    proxy_temp_path {directory}/proxy;
    fastcgi_temp_path {directory}/fastcgi;
    uwsgi_temp_path {directory}/uwsgi;
    scgi_temp_path {directory}/scgi;
    gzip on;
    gzip_types *;
    gzip_min_length 0;
    gzip_proxied any;
    server {{
        listen 127.0.0.1:{port};
        location / {{ proxy_pass http://127.0.0.1:{target}; proxy_http_version 1.1; }}
    }}
}}
"""


async def test_events_pass_at_once_through_a_proxy_that_compresses(gateway: Gateway, short_tmp: Path) -> None:
    nginx = shutil.which("nginx", path="/usr/sbin:/usr/local/sbin:/usr/bin:/usr/local/bin:/opt/homebrew/bin")
    if nginx is None or shutil.which("curl") is None:
        missing("nginx or curl", "apt install nginx curl")
    owner = await gateway.account(Role.OWNER)
    channel = await gateway.channel(owner)
    port = free_port()
    text = NGINX.format(directory=short_tmp, port=port, target=gateway.port, user="user root;")
    (short_tmp / "nginx.conf").write_text(text)
    server = await asyncio.create_subprocess_exec(
        nginx or "", "-p", str(short_tmp), "-c", str(short_tmp / "nginx.conf")
    )
    reader = None
    try:
        await eventually((short_tmp / "nginx.pid").exists)
        reader = await asyncio.create_subprocess_exec(
            "curl", "-sN", "--compressed", f"http://127.0.0.1:{port}/api/events?channel=radio",
            stdout=asyncio.subprocess.PIPE,
        )  # fmt: skip
        assert reader.stdout is not None

        async def until(line: bytes) -> None:
            assert reader is not None
            assert reader.stdout is not None
            async with asyncio.timeout(PATIENCE):
                while await reader.stdout.readline() != line:
                    pass

        await until(b"event: hello\n")
        async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE, headers=owner.bearer) as http:
            start = {"showTitle": "Through", "hostName": "Ada", "showType": "sports"}
            assert (await http.post(f"/api/channels/{channel['id']}/streams", json=start)).status_code in {200, 201}
        await until(b"event: stream:live\n")
    finally:
        if reader is not None and reader.returncode is None:
            reader.kill()
            await reader.wait()
        server.terminate()
        await asyncio.wait_for(server.wait(), PATIENCE)
