"""Take pictures of the listener's pages with real data in them, from a server of its own with the demo.

All of them go to build/screenshots; the README's own is copied to docs/img/channel-page.png.
Usage: .venv/bin/python scripts/screenshots.py
"""

from __future__ import annotations

import itertools
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

OUT = Path("build/screenshots")
README_PICTURE = Path("docs/img/channel-page.png")
WIDTHS = {"phone": (390, 844), "desk": (1440, 900)}
START_SECONDS = 60
WARM_UP_MS = 12_000  # by then the demo's match has events and its listeners have spoken


def free_port() -> int:
    """A TCP port of 127.0.0.1 that nobody uses at this moment."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def chromium() -> str:
    """The path of the system's Chromium or Chrome; ends with a sentence if there is none."""
    for name in ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable"):
        if path := shutil.which(name):
            return path
    sys.exit("Install Chromium or Chrome to take pictures.")


@contextmanager
def demo() -> Iterator[str]:
    """A server with the demo in a folder of its own; gives its address once a channel is on air."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="touchline-screenshots-") as data:
        env = {**os.environ, "TOUCHLINE_DATA_DIR": data, "TOUCHLINE_SOURCE_PORT": str(free_port())}
        command = [str(Path(sys.executable).parent / "touchline"), "serve", "--demo", "--port", str(port)]
        server = subprocess.Popen(command, env=env, stdout=subprocess.DEVNULL)
        try:
            yield f"http://127.0.0.1:{port}"
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


def slug_on_air(base: str) -> str:
    """The slug of the first channel on air; ends with a sentence if none gets there in time."""
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{base}/api/streams/active", timeout=5) as answer:  # noqa: S310 - our own
                items = json.load(answer)["items"]
        except OSError:
            items = []
        if items:
            return str(items[0]["slug"])
        time.sleep(0.5)
    sys.exit("The demo did not get on air.")


def shoot(page: Page, name: str) -> None:
    """Save what the page shows."""
    page.screenshot(path=OUT / f"{name}.png")
    print(OUT / f"{name}.png")


def main() -> None:
    """Go through the pages, sizes and colour schemes."""
    OUT.mkdir(parents=True, exist_ok=True)
    with demo() as base, sync_playwright() as playwright:
        slug = slug_on_air(base)
        browser = playwright.chromium.launch(executable_path=chromium(), args=["--no-sandbox"])
        waited = False
        for (size, (width, height)), scheme in itertools.product(WIDTHS.items(), ("light", "dark")):
            context = browser.new_context(
                viewport={"width": width, "height": height},
                color_scheme="dark" if scheme == "dark" else "light",
                device_scale_factor=2 if size == "phone" else 1,
            )
            page = context.new_page()
            for name, path in {"home": "/", "channel": f"/c/{slug}"}.items():
                page.goto(f"{base}{path}")
                page.wait_for_timeout(2_000 if waited else WARM_UP_MS)
                waited = True
                shoot(page, f"{name}-{size}-{scheme}")
            context.close()
        browser.close()
    README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(OUT / "channel-desk-light.png", README_PICTURE)


if __name__ == "__main__":
    main()
