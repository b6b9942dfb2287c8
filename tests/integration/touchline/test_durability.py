"""What survives: kill -9, restarts, several workers, other stores."""

from __future__ import annotations

import asyncio
import json
import os
import signal
import socket
import subprocess
from collections.abc import Callable, Iterator
from typing import Any

import httpx
import pytest
from websockets.asyncio.client import ClientConnection
from websockets.asyncio.client import connect as websocket

from bench.postgres import PostgresServer
from kit.redis import find_redis_server
from kit.session import Role
from tests.harness import eventually, free_port
from tests.live import Account, Gateway

SHOW = {"showTitle": "Marathon", "hostName": "Ada", "showType": "sports"}
Connect = Callable[..., Any]


async def raw_listener(gateway: Gateway, channel_id: str, device: str) -> ClientConnection:
    """A joined guest with as little client as possible, so that there can be many."""
    uri = gateway.url.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket"
    connection = await websocket(uri, open_timeout=60, close_timeout=1)
    await connection.send('40/streaming,{"device":"' + device + '"}')
    await connection.send('42/streaming,1["stream:join",{"channelId":"' + channel_id + '"}]')
    while True:
        message = str(await connection.recv())
        if message.startswith("43/streaming,1"):
            assert json.loads(message.partition("[")[2].removesuffix("]"))["ok"] is True
            return connection
        assert not message.startswith("44"), message


async def count(gateway: Gateway) -> tuple[int, int]:
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        listeners = (await http.get("/api/channels/radio/now-playing")).json()["listeners"]
    return listeners["watching"], listeners["count"]


async def has_counted(gateway: Gateway, expected: tuple[int, int]) -> None:
    async def right() -> bool:
        return await count(gateway) == expected

    await eventually(right)


async def go_live(gateway: Gateway, owner: Account) -> str:
    async with httpx.AsyncClient(base_url=gateway.url, headers=owner.bearer) as http:
        answer = await http.post("/api/channels/radio/streams", json=SHOW)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["streamId"])


@pytest.mark.parametrize("workers", [1, 2])
async def test_kill_9_with_500_listeners(
    gateway_factory: Callable[..., Gateway], connect: Connect, workers: int
) -> None:
    gateway = gateway_factory(workers=workers)
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    channel = await gateway.channel(owner)
    stream_id = await go_live(gateway, owner)
    talker = await connect(gateway, fan)
    sent = await talker.ok("chat:send", {"channelId": channel["id"], "text": "still here?", "clientId": "1"})
    batches = [range(start, start + 50) for start in range(0, 500, 50)]
    joined: list[ClientConnection] = []
    for batch in batches:
        joined += await asyncio.gather(*(raw_listener(gateway, channel["id"], f"device-{n:04}") for n in batch))
    await has_counted(gateway, (500, 0))

    gateway.kill()
    gateway.start()
    await asyncio.gather(*(connection.close() for connection in joined))
    back = await asyncio.gather(*(raw_listener(gateway, channel["id"], f"device-{n:04}") for n in range(3)))
    await has_counted(gateway, (3, 0))  # the dead worker's leases have run out
    again = await connect(gateway, fan)
    snapshot = await again.ok("stream:join", {"channelId": channel["id"]})
    assert snapshot["stream"]["streamId"] == stream_id
    assert snapshot["metadata"]["showTitle"] == "Marathon"
    assert snapshot["chat"]["recent"] == [sent]
    await has_counted(gateway, (4, 0))
    await asyncio.gather(*(connection.close() for connection in back))
    await has_counted(gateway, (1, 0))
    assert '"level": "error"' not in gateway.log()
    assert "[error" not in gateway.log()


async def test_a_killed_worker_is_replaced_and_its_listeners_are_gone(
    gateway_factory: Callable[..., Gateway], connect: Connect
) -> None:
    gateway = gateway_factory(workers=2)
    owner = await gateway.account(Role.OWNER)
    channel = await gateway.channel(owner)
    listeners = await asyncio.gather(*(raw_listener(gateway, channel["id"], f"device-{n:04}") for n in range(40)))
    await has_counted(gateway, (40, 0))
    os.kill(gateway.workers_pids()[0], signal.SIGKILL)

    async def those_of_the_other_are_counted() -> bool:
        left = sum(connection.close_code is None for connection in listeners)  # the others hear of it one by one
        return left < len(listeners) and await count(gateway) == (left, 0)

    await eventually(those_of_the_other_are_counted)
    station = await connect(gateway, owner)
    await station.ok("stream:start", {"channelId": channel["id"], **SHOW})
    await asyncio.gather(*(connection.close() for connection in listeners), return_exceptions=True)
    await has_counted(gateway, (0, 0))


async def test_two_workers_tell_each_other_everything(
    gateway_factory: Callable[..., Gateway], connect: Connect
) -> None:
    gateway = gateway_factory(workers=2)
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    cid = (await gateway.channel(owner))["id"]
    station = await connect(gateway, owner)
    # The kernel spreads connections by chance: of twelve, one worker gets none in one of two thousand runs.
    listeners = [await connect(gateway, fan) for _ in range(12)]
    for client in listeners:
        await client.ok("stream:join", {"channelId": cid})
    await station.ok("stream:join", {"channelId": cid})
    await station.ok("stream:start", {"channelId": cid, **SHOW})
    for number in range(5):
        await station.ok("chat:send", {"channelId": cid, "text": f"message {number}", "clientId": f"c{number}"})
    for client in (station, *listeners):
        await client.hears("stream:live")
        await client.hears("chat:message", lambda data: data["clientId"] == "c4")
        assert [message["clientId"] for message in client.all("chat:message")] == [f"c{n}" for n in range(5)]
        await client.hears("stream:listeners", lambda data: (data["watching"], data["count"]) == (13, 0))


@pytest.fixture
def tcp_redis(short_tmp: Any) -> Iterator[str]:
    """A separate Redis, reached over TCP."""
    port = free_port()
    binary = find_redis_server()
    assert binary is not None
    process = subprocess.Popen(
        [binary, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(short_tmp), "--save", ""],
        stdout=subprocess.DEVNULL,
    )
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            break
        except OSError:
            assert process.poll() is None
    yield f"redis://127.0.0.1:{port}/0"
    process.kill()
    process.wait()


@pytest.mark.parametrize("workers", [1, 2])
async def test_a_show_on_postgresql_and_a_separate_redis(
    gateway_factory: Callable[..., Gateway], connect: Connect, postgres: PostgresServer, tcp_redis: str, workers: int
) -> None:
    gateway = gateway_factory(database_url=postgres.new_database(), redis_url=tcp_redis, workers=workers)
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    cid = (await gateway.channel(owner))["id"]
    station, listener = await connect(gateway, owner), await connect(gateway, fan)
    for client in (station, listener):
        await client.ok("stream:join", {"channelId": cid})
    started = await station.ok("stream:start", {"channelId": cid, **SHOW})
    await listener.hears("stream:live", lambda data: data["streamId"] == started["streamId"])
    await station.refused("stream:start", {"channelId": cid, **SHOW}, "conflict")
    await station.ok("stream:update-metadata", {"channelId": cid, "trackName": "Anthem"})
    await listener.hears("stream:metadata", lambda data: data["trackName"] == "Anthem")
    sent = await listener.ok("chat:send", {"channelId": cid, "text": "hi", "clientId": "1"})
    assert await listener.ok("chat:send", {"channelId": cid, "text": "hi", "clientId": "1"}) == sent
    await station.hears("chat:message")
    await station.hears("stream:listeners", lambda data: (data["watching"], data["count"]) == (2, 0))
    gateway.kill()
    gateway.start()
    back = await connect(gateway, fan)
    snapshot = await back.ok("stream:join", {"channelId": cid})
    assert snapshot["stream"]["streamId"] == started["streamId"]
    assert snapshot["chat"]["recent"] == [sent]
    await has_counted(gateway, (1, 0))
