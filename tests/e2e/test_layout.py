"""Where things stand: pages do not jump while they load, and nothing is cut off at 320 px (400 % zoom at 1280)."""

from __future__ import annotations

import itertools
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

import httpx
import pytest
import pytest_asyncio
from playwright.async_api import Browser, Page, expect

from kit.session import Role
from tests.e2e.conftest import PATIENCE_MS
from tests.e2e.test_match_pages import ball, create, event, lineup, post
from tests.e2e.test_matches import goal
from tests.harness import free_port
from tests.live import Account, Gateway

WIDTHS = (390, 1440)
NARROWEST = 320
WORST = 0.05
"""Half of what counts as good in Core Web Vitals."""
NUMBERS = itertools.count()
LATENCY_MS, BYTES_PER_S = 150, 200_000

WATCH = """
window.shifts = [];
new PerformanceObserver((list) => {
  for (const entry of list.getEntries())
    if (!entry.hadRecentInput)
      shifts.push({
        value: entry.value, at: entry.startTime,
        what: entry.sources.map(({ node }) => node?.outerHTML?.slice(0, 120) ?? node?.textContent ?? "gone"),
      });
}).observe({ type: "layout-shift", buffered: true });
"""

# https://web.dev/articles/cls: the largest sum of shifts less than 1 s apart and within 5 s.
SCORE = """
(() => {
  let worst = 0, sum = 0, first = -Infinity, last = -Infinity;
  for (const { value, at } of shifts) {
    if (at - last > 1000 || at - first > 5000) { sum = 0; first = at; }
    sum += value;
    last = at;
    worst = Math.max(worst, sum);
  }
  return worst;
})()
"""

# Text that is partly outside of a box that cuts it off, or of the window. What can be scrolled to is not cut off.
CUT_OFF = """
(() => {
  const cut = [];
  const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  const spoken = (element) => getComputedStyle(element).clipPath.startsWith("inset(50%");
  for (let node = texts.nextNode(); node !== null; node = texts.nextNode()) {
    const parent = node.parentElement;
    if (node.data.trim() === "" || parent.closest("svg, option, script, noscript") !== null) continue;
    if (!parent.checkVisibility({ visibilityProperty: true, opacityProperty: true })) continue;
    const range = document.createRange();
    range.selectNodeContents(node);
    for (const text of range.getClientRects()) {
      let box = parent;
      let within = { left: 0, right: innerWidth, top: -Infinity, bottom: Infinity };
      for (; box !== null && box !== document.body; box = box.parentElement) {
        const { overflowX, overflowY, position } = getComputedStyle(box);
        if (spoken(box) || [overflowX, overflowY].some((way) => way === "auto" || way === "scroll")) break;
        if (overflowX === "visible") { if (position === "fixed") break; continue; }
        within = box.getBoundingClientRect();
        break;
      }
      if (box !== null && box !== document.body && within.left === 0 && within.right === innerWidth) break;
      const out = text.right <= within.left || text.left >= within.right
        || text.bottom <= within.top || text.top >= within.bottom;
      const whole = text.left >= within.left - 1 && text.right <= within.right + 1
        && text.top >= within.top - 4 && text.bottom <= within.bottom + 4;
      const side = within.right === innerWidth && (text.left >= innerWidth || text.right <= 0);
      if ((out || whole) && !side) continue;
      cut.push(`${node.data.trim().slice(0, 60)} in ${parent.outerHTML.slice(0, 90)}`);
      break;
    }
  }
  return cut;
})()
"""


@dataclass
class World:
    """A station with a cricket match, another with a football match, one that is off air, and who works there."""

    owner: Account
    admin: Account
    places: dict[str, str]
    """What the addresses of its pages are made of."""


@pytest_asyncio.fixture(loop_scope="session")
async def world(site: Gateway) -> World:
    owner, admin = await site.account(Role.OWNER), await site.account(Role.ADMIN)
    async with httpx.AsyncClient(base_url=site.url, headers=admin.bearer) as rest:
        cricket = await create(rest, "cricket", config={"overs": 2}, venue="Saltmarsh Memorial Recreation Ground")
        await post(
            rest, cricket, event("0", "period_start", detail={"battingId": "red"}),
            *(event(f"{n:03d}", "ball", "red", detail={"over": n // 6, "batterRuns": 2}) for n in range(12)),
            event("9", "period_end"), event("0s", "period_start", "blue", 2, detail={"battingId": "blue"}),
            ball(0, "ann", 4), ball(1, "ann", 1), ball(2, "bea", 0),
        )  # fmt: skip
        sides = [
            {"id": "red", "name": "Wolverhampton Rovers", "abbreviation": "WOL", "qualifier": "home"},
            {"id": "blue", "name": "Borussia Schwarzenbruck", "abbreviation": "BSS", "qualifier": "away"},
        ]
        teams = [{**side, "lineup": lineup(str(side["id"]))} for side in sides]
        football = await create(rest, competitors=teams)
        long = "The cross comes in from the left and Red Nine heads it down into the far corner."
        await post(rest, football, event("0", "period_start"))
        for one in (goal("a", "red", long), goal("b", "blue", "Tapped in by Blue Ten")):
            await rest.post(f"/api/matches/{football}/events", json=one)
        fed = await create(rest, externalIds={"espn": "771"})
        source = {"provider": "espn", "baseUrl": f"http://127.0.0.1:{free_port()}", "options": {"league": "eng.1"}}
        feed = (await rest.post("/api/admin/feeds", json={"matchId": fed, **source})).json()["id"]
        one, two, off = (f"layout-{next(NUMBERS)}" for _ in range(3))
        for slug, match in ((one, cricket), (two, football), (off, None)):
            await site.channel(owner, slug, description="All home matches, and the away days that matter, in full.")
            if match is not None:
                await rest.put(f"/api/channels/{slug}/match", json={"matchId": match})
    async with httpx.AsyncClient(base_url=site.url, headers=owner.bearer) as rest:
        for slug in (one, two):
            show = {"showTitle": "Saturday Match Day Live", "hostName": "Robin Vale", "showType": "live"}
            await rest.post(f"/api/channels/{slug}/streams", json=show)
            await rest.put(
                f"/api/channels/{slug}/metadata", json={"trackName": "Floodlights", "artistName": "Away End"}
            )
    places = {"cricket": cricket, "football": football, "feed": feed}
    return World(owner, admin, {"one": one, "two": two, "off": off, **places})


def session_of(account: Account) -> str:
    """What the pages keep of somebody who has signed in."""
    user = {"id": account.id, "email": account.email, "role": account.role, "displayName": "Robin Vale"}
    tokens = {"accessToken": account.access, "refreshToken": account.refresh, "expiresAt": 4e12}
    return json.dumps({"user": user, **tokens})


@asynccontextmanager
async def opened(
    browser: Browser, site: Gateway, path: str, width: int, account: Account | None = None
) -> AsyncIterator[Page]:
    """A page on a slow network, in the width of a phone or a desk; it has all that it shows."""
    context = await browser.new_context(viewport={"width": width, "height": 844}, locale="en-GB")
    await context.add_init_script(WATCH)
    if account is not None:
        await context.add_init_script(f"localStorage['touchline.session'] ??= {json.dumps(session_of(account))}")
    page = await context.new_page()
    page.set_default_timeout(PATIENCE_MS)
    devtools = await context.new_cdp_session(page)
    slow = {"latency": LATENCY_MS, "downloadThroughput": BYTES_PER_S, "uploadThroughput": BYTES_PER_S}
    await devtools.send("Network.enable")
    await devtools.send("Network.emulateNetworkConditions", {"offline": False, **slow})
    await page.goto(f"{site.url}{path}")
    await expect(page.locator("main").locator("h1, h2").first).to_be_attached()
    await expect(page.get_by_role("status", name="Connection")).to_have_attribute("data-state", "online")
    await expect(page.locator("[data-loading]")).to_have_count(0)
    await page.wait_for_load_state("networkidle")
    await expect(page.locator("[data-loading]")).to_have_count(0)
    yield page
    await context.close()


VIEWS = ("", "?view=statistics", "?view=chart", "?view=lineups")
PLACES = {
    "a listener": (None, ["/", "/matches", "/c/{one}", "/c/{two}", "/c/{off}"]),
    "a reader": (None, [f"/m/{{{match}}}{view}" for match in ("cricket", "football") for view in VIEWS]),
    "a station": (Role.OWNER, ["/station", "/station/matches"]),
    "a scorer": (Role.ADMIN, ["/station/matches/{cricket}", "/station/matches/{football}"]),
    "an admin": (Role.ADMIN, ["/admin", "/admin/feeds", "/admin/feeds/{feed}", "/admin/alerts", "/admin/audit"]),
    "a stranger": (None, ["/station", "/admin", "/nope", "/c/nope", "/m/nope"]),
}


@pytest.mark.parametrize("who", PLACES)
async def test_nothing_jumps_and_nothing_is_cut_off(site: Gateway, browser: Browser, world: World, who: str) -> None:
    role, paths = PLACES[who]
    account = {Role.OWNER: world.owner, Role.ADMIN: world.admin}.get(role) if role is not None else None
    jumps: dict[str, Any] = {}
    cut: dict[str, Any] = {}
    for path in [path.format(**world.places) for path in paths]:
        for width in WIDTHS:
            async with opened(browser, site, path, width, account) as page:
                if await page.evaluate(SCORE) >= WORST:
                    jumps[f"{path} {width}"] = await page.evaluate("shifts")
                for narrow in (width, NARROWEST):
                    await page.set_viewport_size({"width": narrow, "height": 844})
                    if await page.evaluate("document.documentElement.scrollWidth > innerWidth"):
                        cut[f"{path} {narrow}"] = [await page.evaluate("document.documentElement.scrollWidth")]
                    if found := await page.evaluate(CUT_OFF):
                        cut[f"{path} {narrow} text"] = found
    assert jumps == {}
    assert cut == {}
