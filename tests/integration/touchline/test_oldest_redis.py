"""A gateway on Redis 6.2, the oldest that is supported by URL: every script of ours runs there."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import httpx

from kit.session import Role
from tests.harness import eventually
from tests.live import Gateway


async def test_a_show_with_listeners_chat_and_reactions(
    gateway_factory: Callable[..., Gateway], connect: Callable[..., Any], oldest_redis: Any
) -> None:
    gateway = gateway_factory(redis_url=oldest_redis.url, workers=2)
    owner, fan = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    channel_id = (await gateway.channel(owner))["id"]
    station = await connect(gateway, owner)
    listeners = [await connect(gateway, fan) for _ in range(4)]
    for client in (station, *listeners):
        await client.ok("stream:join", {"channelId": channel_id})
    await station.ok(
        "stream:start", {"channelId": channel_id, "showTitle": "Old", "hostName": "Ada", "showType": "talk"}
    )
    await listeners[0].ok("chat:send", {"channelId": channel_id, "text": "hello", "clientId": "1"})
    for client in (station, *listeners):
        await client.hears("stream:live")
        await client.hears("chat:message", lambda data: data["text"] == "hello")
    await listeners[1].socket.disconnect()
    async with httpx.AsyncClient(base_url=gateway.url) as http:

        async def counted() -> bool:
            listening = (await http.get("/api/channels/radio/now-playing")).json()["listeners"]
            return bool(listening["watching"] == 4)

        await eventually(counted)
    assert "error" not in gateway.log()
