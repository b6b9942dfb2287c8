"""Listeners and watchers as clients see them, over two workers with real sound."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import httpx

from kit.session import Role
from tests.harness import eventually
from tests.live import Gateway
from tests.support.radio import ffmpeg

Connect = Callable[..., Any]


@asynccontextmanager
async def hearing(http: httpx.AsyncClient, **request: Any) -> AsyncIterator[None]:
    """A player that reads on."""
    begun = asyncio.Event()

    async def read() -> None:
        async with http.stream("GET", "/listen/radio", **request) as answer:
            async for _ in answer.aiter_raw():
                begun.set()

    task = asyncio.create_task(read())
    try:
        await asyncio.wait_for(begun.wait(), 30)
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def test_state_and_events_agree_about_who_listens_and_who_watches(
    gateway_factory: Callable[..., Gateway], connect: Connect
) -> None:
    gateway = gateway_factory(workers=2)
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    channel = await gateway.channel(owner)
    cid = channel["id"]
    studio, page, watcher = (
        await connect(gateway, owner),
        await connect(gateway, fan),
        await connect(gateway, device="d"),
    )
    await studio.ok("stream:join", {"channelId": cid, "studio": True})
    for client in (page, watcher):
        await client.ok("stream:join", {"channelId": cid, "studio": True})  # says so, and is not believed

    async def agreed(count: int, unique: int, watching: int) -> None:
        expected = {"channelId": cid, "count": count, "unique": unique, "watching": watching}
        for client in (studio, page, watcher):
            await eventually(lambda client=client: client.all("stream:listeners")[-1:] == [expected])
        fresh = await connect(gateway, owner)
        joined = await fresh.ok("stream:join", {"channelId": cid, "studio": True})
        if joined["listeners"] != expected:  # its worker has not heard the news yet, so it comes after the snapshot
            await fresh.hears("stream:listeners", lambda data: data == expected)
        await fresh.close()

        async def read() -> bool:  # from whichever worker answers, which may hear it last
            answer = await http.get("/api/channels/radio/now-playing")
            return bool(answer.json()["listeners"] == expected)

        await eventually(read)

    async with (
        httpx.AsyncClient(base_url=gateway.url, timeout=30) as http,
        ffmpeg(gateway.source_port, password=channel["source"]["password"]),
    ):
        await studio.hears("stream:live", lambda data: data["sourceConnected"])
        await agreed(0, 0, 2)
        async with hearing(http, params={"session": page.socket.get_sid("/streaming")}):
            await agreed(1, 1, 1)
            async with hearing(http, headers={"User-Agent": "VLC"}):
                await agreed(2, 2, 1)
            async with hearing(http, params={"session": "invented"}):
                await agreed(2, 2, 1)
            active: Any = (await http.get("/api/streams/active")).json()["items"]
            assert [item["channelId"] for item in active] == [cid]
        await agreed(0, 0, 2)
        async with http.stream("GET", "/listen/radio", headers={"Range": "bytes=0-1"}) as probe:
            assert (probe.status_code, len(await probe.aread())) == (206, 2)
        await agreed(0, 0, 2)


async def test_a_refused_source_is_shown_to_the_owner_alone(gateway: Gateway, connect: Connect) -> None:
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    cid = (await gateway.channel(owner))["id"]
    studio, page = await connect(gateway, owner), await connect(gateway, fan)
    for client in (studio, page):
        await client.ok("stream:join", {"channelId": cid, "studio": True})
    async with ffmpeg(gateway.source_port, password="wrong") as source:
        await source.wait()
    told = await studio.hears("source:refused")
    assert (told["code"], told["reason"], told["address"]) == ("password", "The password was wrong", "127.0.0.1")
    assert told["client"].startswith("Lavf/")
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        path = f"/api/channels/{cid}/source/refusals"
        items = (await http.get(path, headers=owner.bearer)).json()["items"]
        assert [(item["code"], item["reason"]) for item in items] == [("password", "The password was wrong")]
        assert [(await http.get(path, headers=headers)).status_code for headers in ({}, fan.bearer)] == [401, 403]
    await page.ok("heartbeat", {})
    assert page.all("source:refused") == []
