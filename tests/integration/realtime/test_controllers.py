"""Server-sent events from a running gateway, as `EventSource` and `curl` read them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import httpx

from kit.session import Role
from tests.live import Account, Client, Gateway
from tests.support.event_streams import reading


async def chatting(gateway: Gateway, connect: Callable[..., Any]) -> tuple[str, Client, Account]:
    owner = await gateway.account(Role.OWNER)
    channel = await gateway.channel(owner)
    client = await connect(gateway, owner)
    await client.ok("stream:join", {"channelId": channel["id"]})
    return channel["id"], client, owner


async def say(client: Client, channel: str, text: str) -> None:
    await client.ok("chat:send", {"channelId": channel, "text": text, "clientId": text.replace(" ", "-")})


async def test_a_reader_that_is_cut_resumes_without_a_gap_on_two_workers(
    gateway_factory: Callable[..., Gateway], connect: Callable[..., Any]
) -> None:
    gateway = gateway_factory(workers=2)
    channel, client, _ = await chatting(gateway, connect)
    another = await connect(gateway, await gateway.account(Role.LISTENER))  # the rate of chat is a person's
    place = None
    texts: list[str] = []
    for turn in range(4):  # new connections, spread over both workers
        async with reading(gateway, "channel=radio", place) as events:
            headers = events.answer.headers
            assert headers["content-type"].startswith("text/event-stream")
            assert (headers["cache-control"], headers["x-accel-buffering"]) == ("no-cache, no-transform", "no")
            assert "content-encoding" not in headers
            assert (await events.next())[0] == "hello"
            if turn:
                texts.append((await events.until("chat:message"))["text"])
            await say(client, channel, f"heard {turn}")
            texts.append((await events.until("chat:message"))["text"])
            place = events.last_id
        await say(another, channel, f"missed {turn}")
    expected = [text for turn in range(4) for text in (f"heard {turn}", f"missed {turn}")]
    assert texts == expected[:-1]


async def test_a_restarted_gateway_resumes_its_readers(
    gateway_factory: Callable[..., Gateway], connect: Callable[..., Any]
) -> None:
    gateway = gateway_factory()
    channel, client, owner = await chatting(gateway, connect)
    async with reading(gateway, "channel=radio") as events:
        await say(client, channel, "heard")
        await events.until("chat:message")
        await say(client, channel, "missed")
        place = events.last_id
        await asyncio.to_thread(gateway.stop)  # and its Redis with it
    await asyncio.to_thread(gateway.start)
    again = await connect(gateway, owner)
    await say(again, channel, "after")
    async with reading(gateway, "channel=radio", place) as events:
        assert [(await events.until("chat:message"))["text"] for _ in range(2)] == ["missed", "after"]


async def test_what_cannot_be_read(gateway: Gateway) -> None:
    async with httpx.AsyncClient(base_url=gateway.url) as http:
        unknown = await http.get("/api/events?channel=nobody")
        many = await http.get("/api/events?" + "&".join(f"match=m{n}" for n in range(21)))
        refused = await http.get("/api/events", headers={"authorization": "Bearer rubbish"})
    assert [answer.status_code for answer in (unknown, many, refused)] == [404, 400, 401]
    async with reading(gateway, "", "another-1") as events:
        assert [(await events.next())[0] for _ in range(2)] == ["hello", "resync"]
