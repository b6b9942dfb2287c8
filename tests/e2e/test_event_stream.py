"""A browser's own EventSource: it comes back after an outage, by itself."""

from __future__ import annotations

from collections.abc import Callable

from playwright.async_api import Browser

from kit.session import Role
from tests.conftest import RedisServer
from tests.harness import eventually
from tests.live import Gateway

OPEN = """(channel) => {
    window.hellos = 0;
    window.errors = 0;
    window.messages = 0;
    window.source = new EventSource(`/api/events?channel=${channel}`);
    window.source.addEventListener("hello", () => { window.hellos += 1; });
    window.source.onerror = () => { window.errors += 1; };
    window.source.onmessage = () => { window.messages += 1; };
}"""


async def test_a_browser_comes_back_after_an_outage(
    gateway_factory: Callable[..., Gateway], own_redis: RedisServer, browser: Browser
) -> None:
    gateway = gateway_factory(redis_url=own_redis.url)
    await gateway.channel(await gateway.account(Role.OWNER))
    page = await browser.new_page()
    await page.goto(f"{gateway.url}/health/live")

    async def reads() -> bool:
        return bool(await page.evaluate("window.hellos > 0"))

    async def was_sent_away() -> bool:
        return bool(await page.evaluate("window.errors > 0"))

    own_redis.stop()
    await page.evaluate(OPEN, "radio")
    await eventually(was_sent_away)
    assert await page.evaluate("window.source.readyState") != 2, "it has not given up"
    own_redis.start()
    await eventually(reads)
    await page.evaluate("window.source.close(); " + f"({OPEN})('nobody')")
    await eventually(was_sent_away)
    assert await page.evaluate("window.source.readyState") == 2, "there is no such channel"
    assert await page.evaluate("window.messages") == 0
    await page.close()
