"""A busy chat: the page stays as small as it was, however much is said and however far somebody reads back."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from playwright.async_api import WebSocketRoute, expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.harness import eventually
from tests.live import Gateway

Open = Callable[..., Any]

SHOWN = 80
"""Messages on the page of somebody who reads along."""
KEPT = 200
"""Messages that a page keeps, all of which somebody may have scrolled back to."""
NODES = "document.querySelector('[role=log]').getElementsByTagName('*').length"


async def test_the_page_of_a_busy_chat_stays_small(site: Gateway, visitor: Open) -> None:
    channel = (await site.channel(await site.account(Role.OWNER), "busy-fm"))["id"]
    reader: Visitor = await visitor(width=390)
    page = reader.page
    sockets: list[WebSocketRoute] = []

    def join(socket: WebSocketRoute) -> None:
        server = socket.connect_to_server()

        def pass_on(packet: str | bytes) -> None:
            server.send(packet)
            if packet == "5":  # the upgrade: only now the page reads what comes this way
                sockets.append(socket)

        socket.on_message(pass_on)

    def crowd_says(first: int, last: int) -> None:
        """As the server tells it: one person could not say so much so soon."""
        for n in range(first, last + 1):
            fan = {"id": f"fan-{n % 7}", "displayName": f"Fan {n % 7}", "role": "listener"}
            message = {
                "id": f"{n:026d}", "channelId": channel, "clientId": f"crowd-{n}", "user": fan,
                "text": f"Message {n}: what a match!", "at": 1_790_000_000_000 + n,
            }  # fmt: skip
            sockets[-1].send(f"42/streaming,{json.dumps(['chat:message', message])}")

    await page.route_web_socket(re.compile("/socket.io/"), join)
    await reader.open("/c/busy-fm")
    await reader.shows("Busy-Fm is off air")  # it has joined the room
    await eventually(lambda: sockets)
    log = page.get_by_role("log")
    rows = log.get_by_role("listitem")

    crowd_says(1, 300)
    await expect(rows.last).to_contain_text("Message 300:")
    await expect(rows).to_have_count(SHOWN)
    small = await page.evaluate(NODES)
    crowd_says(301, 600)
    await expect(rows.last).to_contain_text("Message 600:")
    await expect(rows).to_have_count(SHOWN)
    assert await page.evaluate(NODES) == small

    # Back to the oldest that is kept, while more is said; then along again.
    for last in (600, 700):
        oldest = f"Message {last - KEPT + 1}:"

        async def reads_the_oldest(oldest: str = oldest) -> bool:
            await log.press("Home")
            return oldest in await rows.first.inner_text()

        await eventually(reads_the_oldest)
        await expect(rows).to_have_count(KEPT)
        crowd_says(last + 1, last + 100)
        await expect(rows.last).to_contain_text(f"Message {last + 100}:")
        await expect(rows).to_have_count(KEPT)
        assert await page.evaluate(NODES) <= small * KEPT / SHOWN + 1
        await page.get_by_role("button", name="Newest messages").click()
        await expect(rows).to_have_count(SHOWN)
        assert await page.evaluate(NODES) == small
