"""The transport of a running gateway: its end in order, and peers that mean no good."""

from __future__ import annotations

import asyncio
import json
import signal
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket
from websockets.exceptions import ConnectionClosed, InvalidStatus

from kit.session import Role
from tests.harness import PATIENCE, eventually
from tests.live import Gateway

PATH = "/socket.io/?EIO=4&transport="


async def guest(gateway: Gateway, auth: str = "") -> ClientConnection:
    connection = await websocket(
        gateway.url.replace("http", "ws") + PATH + "websocket", close_timeout=1, ping_interval=None, proxy=None
    )
    await connection.send(f"40/streaming,{auth}")
    await until(connection, "40/streaming,")
    return connection


async def until(connection: ClientConnection, start: str) -> str:
    while True:
        message = str(await asyncio.wait_for(connection.recv(), PATIENCE))
        if message.startswith(start):
            return message


async def last_words(connection: ClientConnection) -> tuple[dict[str, Any], int | None]:
    closing = json.loads((await until(connection, '42/streaming,["session:closing"')).partition(",")[2])[1]
    with pytest.raises(ConnectionClosed):
        await until(connection, "never")
    return closing, connection.close_code


async def test_at_sigterm_everybody_is_sent_away_to_come_back(gateway: Gateway) -> None:
    connections = await asyncio.gather(*(guest(gateway) for _ in range(60)))
    async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:
        sid = json.loads((await http.get(PATH + "polling")).text[1:])["sid"]
        polling = f"{PATH}polling&sid={sid}"
        assert (await http.post(polling, content="40/streaming,")).text == "ok"
        heard = ""
        while "streams:active" not in heard:
            heard += (await http.get(polling)).text
        poll = asyncio.create_task(http.get(polling))
        process = gateway.process
        assert process is not None
        process.send_signal(signal.SIGTERM)
        ends = await asyncio.gather(*(last_words(connection) for connection in connections))
        text = (await poll).text
        assert '42/streaming,["session:closing"' in text
        assert text.endswith("\x1e1")
    waits = [closing.pop("retryAfterMs") for closing, _ in ends]
    assert all(end == ({"code": "draining", "reconnect": True}, 1001) for end in ends)
    assert len(set(waits)) > 30, "they must not all come back at the same moment"
    assert await asyncio.to_thread(process.wait, PATIENCE) == 0
    assert "[error" not in gateway.log()


async def test_rubbish_hurts_nobody_else(gateway: Gateway) -> None:
    good = await guest(gateway)
    for rubbish in (
        b"\xff" * 70_000,
        b"\x00" * 100,
        b"\x81\xfe\xff\xff" + b"x" * 70_000,
        b"GET / HTTP/1.1\r\n\r\n" * 99,
    ):
        bad = await guest(gateway)
        bad.transport.write(rubbish)
        with pytest.raises(ConnectionClosed):
            await until(bad, "never")
    reader, writer = await asyncio.open_connection("127.0.0.1", gateway.port)
    writer.write(b"\x16\x03\x01 not HTTP at all \r\n\r\n" * 100)
    await reader.read()
    writer.close()
    await good.send('42/streaming,7["heartbeat",{}]')
    assert '"ok":true' in await until(good, "43/streaming,7")
    await good.close()

    async def forgotten() -> bool:
        async with httpx.AsyncClient(base_url=gateway.url) as http:
            return "touchline_connections 0.0" in (await http.get("/metrics")).text

    await eventually(forgotten)
    assert "[error" not in gateway.log()


async def test_a_handshake_that_is_none_is_told_why(gateway: Gateway) -> None:
    for headers, query, status in [
        ({"origin": "https://evil.example"}, "EIO=4", 403),
        ({}, "EIO=3", 400),
        ({}, "EIO=4&sid=unknown", 400),
    ]:
        uri = gateway.url.replace("http", "ws") + f"/socket.io/?{query}&transport=websocket"
        with pytest.raises(InvalidStatus) as refused:
            await websocket(uri, additional_headers=headers, proxy=None)
        assert refused.value.response.status_code == status
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        upgrade = {"connection": "Upgrade", "upgrade": "websocket", "sec-websocket-key": "x" * 22 + "=="}
        answer = await http.get(PATH + "websocket", headers={**upgrade, "sec-websocket-version": "8"})
    assert (answer.status_code, answer.headers["sec-websocket-version"]) == (426, "13")


async def test_a_full_server_says_so_and_serves_those_it_has(gateway_factory: Callable[..., Gateway]) -> None:
    gateway = gateway_factory(descriptors=256)
    owner = await gateway.account(Role.OWNER)
    channel = await gateway.channel(owner)
    station = await guest(gateway, json.dumps({"token": owner.access}))
    listener = await guest(gateway)
    others: list[ClientConnection] = []
    refused = None
    while refused is None and len(others) < 256:
        try:
            others.append(await guest(gateway))
        except InvalidStatus as error:
            refused = error.response
    assert len(others) > 100
    assert refused is not None
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "10")

    async def status(path: str) -> int:
        async with httpx.AsyncClient(base_url=gateway.url, timeout=PATIENCE) as http:
            answer = await http.get(path)
        assert ("retry-after" in answer.headers) == (answer.status_code == 503)
        return answer.status_code

    assert await status("/") == await status("/api/streams") == await status(PATH + "polling") == 503
    assert (await status("/health/live"), await status("/health/ready")) == (200, 503)

    silent = [await asyncio.open_connection("127.0.0.1", gateway.port) for _ in range(300)]  # more than there are
    await eventually(lambda: "accepting pauses" in gateway.log())
    for connection in (listener, others[-1]):
        await connection.send("42/streaming,6" + json.dumps(["stream:join", {"channelId": channel["id"]}]))
        assert '"ok":true' in await until(connection, "43/streaming,6")
    start = {"channelId": channel["id"], "showTitle": "Full house", "hostName": "Ada", "showType": "sports"}
    await station.send("42/streaming,5" + json.dumps(["stream:start", start]))
    assert '"ok":true' in await until(station, "43/streaming,5")
    for connection in (listener, others[-1]):
        assert "Full house" in await until(connection, '42/streaming,["stream:live"')
    for _, writer in silent:
        writer.close()
    await eventually(lambda: "accepting goes on" in gateway.log())
    assert await status("/health/live") == 200

    await asyncio.gather(*(connection.close() for connection in others))

    async def welcome() -> bool:
        return await status("/health/ready") == 200

    await eventually(welcome)
    late = await guest(gateway)
    assert "Full house" in await until(late, '42/streaming,["streams:active"')
    await asyncio.gather(*(connection.close() for connection in (late, listener, station)))
    assert "[error" not in gateway.log()
