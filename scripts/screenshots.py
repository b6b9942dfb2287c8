"""Take pictures of all pages with real data in them, from a server of its own with the demo.

All of them go to build/screenshots; the README's own is copied to docs/img/channel-page.png.
Usage: .venv/bin/python scripts/screenshots.py
"""

from __future__ import annotations

import itertools
import json
import os
import re
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
from dataclasses import dataclass
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

OUT = Path("build/screenshots")
README_PICTURE = Path("docs/img/channel-page.png")
WIDTHS = {"phone": (390, 844), "desk": (1440, 900)}
START_SECONDS = 60
LIVELY_SECONDS = 120  # by then the demo's match has goals or much commentary, and its listeners have spoken
SETTLE_MS = 2_500  # charts have two points, pictures and numbers are there
MESSAGES = 4
LINES = 15
FLAGS = ["--headless=new", "--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
_ACCOUNT = re.compile(r"^\s+(owner|admin)\s+(\S+@\S+)\s+(\S+)$", re.MULTILINE)


@dataclass(frozen=True)
class Demo:
    """A running demo: its address, and e-mail and password by role."""

    base: str
    accounts: dict[str, tuple[str, str]]


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
def demo() -> Iterator[Demo]:
    """A server with the demo in a folder of its own; gives its address once a channel is on air."""
    port = free_port()
    with tempfile.TemporaryDirectory(prefix="touchline-screenshots-") as data:
        env = {**os.environ, "TOUCHLINE_DATA_DIR": data, "TOUCHLINE_SOURCE_PORT": str(free_port())}
        command = [str(Path(sys.executable).parent / "touchline"), "serve", "--demo", "--port", str(port)]
        printed = Path(data) / "printed.txt"
        with printed.open("wb") as out:
            server = subprocess.Popen(command, env=env, stdout=out, stderr=subprocess.STDOUT)
        try:
            base = f"http://127.0.0.1:{port}"
            wait_until_on_air(base)
            accounts = {role: (email, password) for role, email, password in _ACCOUNT.findall(printed.read_text())}
            yield Demo(base, accounts)
        finally:
            server.send_signal(signal.SIGTERM)
            server.wait(timeout=30)


def read(url: str) -> list[dict[str, str]]:
    """The items of a list; none while the server does not answer."""
    try:
        with urllib.request.urlopen(url, timeout=5) as answer:  # noqa: S310 - our own
            items: list[dict[str, str]] = json.load(answer)["items"]
            return items
    except OSError:
        return []


def wait_until_on_air(base: str) -> None:
    """Wait for the demo's match and sound; ends with a sentence if they do not come in time."""
    deadline = time.monotonic() + START_SECONDS
    while not any("matchId" in stream for stream in read(f"{base}/api/streams/active")):
        if time.monotonic() > deadline:
            sys.exit("The demo did not get on air.")
        time.sleep(0.5)


def wait_until_lively(page: Page) -> None:
    """Wait until the channel's page has something to look at: a goal or much commentary, and a conversation."""
    lines = page.get_by_role("region", name="Commentary").get_by_role("listitem")
    messages = page.get_by_role("log").get_by_role("listitem")
    deadline = time.monotonic() + LIVELY_SECONDS
    while time.monotonic() < deadline:
        goals = lines.filter(has_text=re.compile(r"(Goal|Wicket) · ")).count()
        if messages.count() >= MESSAGES and (goals or lines.count() >= LINES):
            return
        page.wait_for_timeout(500)
    print("The demo stayed quiet; the pictures show it as it is.", file=sys.stderr)


def sign_in(page: Page, email: str, password: str) -> None:
    """Fill in the form on the page."""
    page.get_by_label("Email").fill(email)
    page.get_by_label("Password", exact=True).fill(password)
    page.locator("form").get_by_role("button", name="Sign in").click()


def shoot_all(browser: Browser, demo: Demo, size: str, scheme: str) -> None:
    """All pages in one size and colour scheme; the signed-in ones are of the demo's owner and admin."""
    width, height = WIDTHS[size]
    stream = read(f"{demo.base}/api/streams/active")[0]
    pages = {
        "home": ("/", None, "On air now"),
        "channel": (f"/c/{stream['slug']}", None, "Commentary"),
        "matches": ("/matches", None, "Matches"),
        "match": (f"/m/{stream['matchId']}", None, "Commentary"),
        "station": ("/station", "owner", "Now playing"),
        "scorer": (f"/station/matches/{stream['matchId']}", "admin", "Log"),
        "admin": ("/admin", "admin", "Active streams"),
        "feeds": ("/admin/feeds", "admin", "Feeds"),
    }
    for name, (path, role, heading) in pages.items():
        context = browser.new_context(
            viewport={"width": width, "height": height},
            color_scheme="dark" if scheme == "dark" else "light",
            device_scale_factor=2 if size == "phone" else 1,
            locale="en-GB",
        )
        page = context.new_page()
        page.goto(f"{demo.base}{path}")
        if role is not None:
            sign_in(page, *demo.accounts[role])
        page.get_by_role("heading", name=heading).wait_for()
        if name == "channel" and size == "desk" and scheme == "light":
            wait_until_lively(page)
        page.wait_for_timeout(SETTLE_MS)
        picture = OUT / f"{name}-{size}-{scheme}.png"
        page.screenshot(path=picture)
        print(picture)
        context.close()


def main() -> None:
    """Go through the sizes and colour schemes, the README's picture last, when most has happened."""
    OUT.mkdir(parents=True, exist_ok=True)
    with demo() as running, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium(), args=FLAGS)
        for size, scheme in itertools.product(WIDTHS, ("dark", "light")):
            shoot_all(browser, running, size, scheme)
        browser.close()
    README_PICTURE.parent.mkdir(parents=True, exist_ok=True)
    shutil.copy(OUT / "channel-desk-light.png", README_PICTURE)


if __name__ == "__main__":
    main()
