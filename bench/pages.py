"""How a phone's page fares in a busy chat: the worst interaction while messages come in.

Starts a gateway of its own with a channel on air, lets people write into it at a steady rate, and taps and types on
the page of the channel in the system's Chromium with its processor slowed down. Interactions are what the browser
itself measures (Event Timing, as for Interaction to Next Paint). The figures are of this machine: compare runs.

Usage: .venv/bin/python -m bench.pages [--rate 20] [--seconds 20] [--slower 4] [--runs 3]
"""

from __future__ import annotations

import argparse
import asyncio
import json
import shutil
import statistics
import sys
import tempfile
from pathlib import Path

import httpx
import socketio
from playwright.async_api import Page, async_playwright

from kit.session import Role
from tests.live import Account, Gateway

FLAGS = [
    "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
PHONE = {"width": 390, "height": 844}
WATCH = """
window.interactions = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries()) if (entry.interactionId > 0) interactions.push(entry.duration);
}).observe({ type: "event", buffered: true, durationThreshold: 16 });
"""


async def write(url: str, accounts: list[Account], channel: str, rate: float, stop: asyncio.Event) -> int:
    """Send messages at `rate` a second, in turn from all accounts, until told to stop; returns how many."""
    clients = []
    for account in accounts:
        client = socketio.AsyncClient(reconnection=False)
        await client.connect(url, namespaces=["/streaming"], auth={"token": account.access, "recovery": False})
        clients.append(client)
    loop = asyncio.get_running_loop()
    begun, sent = loop.time(), 0
    while not stop.is_set():
        payload = {"channelId": channel, "text": f"Message {sent}: what a match this is!", "clientId": f"bench-{sent}"}
        await clients[sent % len(clients)].emit("chat:send", payload, namespace="/streaming")
        sent += 1
        await asyncio.sleep(max(0.0, begun + sent / rate - loop.time()))
    for client in clients:
        await client.disconnect()
    return sent


async def use(page: Page, seconds: float) -> list[float]:
    """Type, tap and switch views for some time; the durations (ms) of all interactions, each rounded to 8 ms."""
    loop = asyncio.get_running_loop()
    end = loop.time() + seconds
    box = page.get_by_label("Message")
    while loop.time() < end:
        await box.press_sequentially("hello ", delay=60)
        await page.get_by_role("button", name="Like").first.click()
        await box.fill("")
    found: list[float] = await page.evaluate("interactions")
    return found


async def measure(gateway: Gateway, args: argparse.Namespace, run: int) -> dict[str, float]:
    """One run with a channel of its own."""
    owner, reader = await gateway.account(Role.OWNER), await gateway.account(Role.LISTENER)
    writers = [await gateway.account(Role.LISTENER) for _ in range(max(4, int(args.rate)))]
    channel = await gateway.channel(owner, f"bench-{run}")
    async with httpx.AsyncClient(base_url=gateway.url, headers=owner.bearer) as rest:
        show = {"showTitle": "Busy evening", "hostName": "Bo", "showType": "talk"}
        await rest.post(f"/api/channels/bench-{run}/streams", json=show)
    async with async_playwright() as playwright:
        path = shutil.which("chromium") or shutil.which("google-chrome") or sys.exit("Install Chromium.")
        browser = await playwright.chromium.launch(executable_path=path, args=FLAGS)
        context = await browser.new_context(viewport=PHONE, locale="en-GB", has_touch=True, is_mobile=True)
        user = {"id": reader.id, "email": reader.email, "role": reader.role, "displayName": "Reader"}
        session = {"user": user, "accessToken": reader.access, "refreshToken": reader.refresh, "expiresAt": 4e12}
        await context.add_init_script(
            f"localStorage['touchline.session'] ??= {json.dumps(json.dumps(session))};{WATCH}"
        )
        page = await context.new_page()
        await page.goto(f"{gateway.url}/c/bench-{run}")
        await page.get_by_label("Message").wait_for()
        devtools = await context.new_cdp_session(page)
        await devtools.send("Emulation.setCPUThrottlingRate", {"rate": args.slower})
        stop = asyncio.Event()
        crowd = asyncio.create_task(write(gateway.url, writers, channel["id"], args.rate, stop))
        try:
            durations = sorted(await use(page, args.seconds))
        finally:
            stop.set()
            sent = await crowd
        nodes = await page.get_by_role("log").get_by_role("listitem").count()
        await browser.close()
    if not durations:
        sys.exit("The browser measured no interaction.")
    return {
        "sent": sent,
        "interactions": len(durations),
        "median": statistics.median(durations),
        "worst": durations[-1],
        "rows": nodes,
    }


async def main() -> None:
    """Run it several times and print each, and the median of the worst."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rate", type=float, default=20.0, help="messages a second")
    parser.add_argument("--seconds", type=float, default=20.0)
    parser.add_argument("--slower", type=float, default=4.0, help="how many times the processor is slowed down")
    parser.add_argument("--runs", type=int, default=3)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="touchline-bench-pages-") as directory:
        gateway = Gateway(Path(directory))
        gateway.start()
        try:
            runs = [await measure(gateway, args, run) for run in range(args.runs)]
        finally:
            gateway.stop()
    for found in runs:
        print("  ".join(f"{name} {value:g}" for name, value in found.items()))
    print(f"worst interaction, median of {args.runs} runs: {statistics.median(r['worst'] for r in runs):g} ms")


if __name__ == "__main__":
    asyncio.run(main())
