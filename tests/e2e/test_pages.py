"""What holds on every page: nothing for axe to find, no complaint on the console under the strict policy."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable
from typing import Any

import httpx
import pytest_asyncio
from playwright.async_api import Page, expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.e2e.test_matches import MATCH, goal
from tests.harness import ROOT, free_port, missing
from tests.live import Account, Gateway

Open = Callable[..., Any]
Json = dict[str, Any]
AXE = ROOT / "web/node_modules/axe-core/axe.min.js"


@pytest_asyncio.fixture(loop_scope="session")
async def people(site: Gateway) -> tuple[Account, Account, str]:
    """An owner on air with a match and a chat, an admin, and the match's id: pages with something on them."""
    owner, admin = await site.account(Role.OWNER), await site.account(Role.ADMIN)
    await site.channel(owner, "axe-fm", description="Sharp sound")
    await site.channel(await site.account(Role.OWNER), "quiet-fm", description="Back on Monday")
    async with httpx.AsyncClient(base_url=site.url, headers=admin.bearer) as rest:
        match = (await rest.post("/api/matches", json={**MATCH, "externalIds": {"axe": "1"}})).json()["id"]
        for event in (goal("a", "red", "First"), goal("b", "blue", "Second")):
            await rest.post(f"/api/matches/{match}/events", json=event)
        await rest.delete(f"/api/matches/{match}/events/a", params={"reason": "Offside"})
        await rest.put("/api/channels/axe-fm/match", json={"matchId": match})
    async with httpx.AsyncClient(base_url=site.url, headers=owner.bearer) as rest:
        show = {"showTitle": "Evening", "hostName": "Bo", "showType": "talk"}
        await rest.post("/api/channels/axe-fm/streams", json=show)
        await rest.put("/api/channels/axe-fm/metadata", json={"trackName": "Blade", "artistName": "The Smiths' Son"})
    return owner, admin, match


async def violations(page: Page) -> list[str]:
    """What axe finds, as `rule: element`."""
    result = await page.evaluate("axe.run()")
    return [f"{rule['id']}: {node['html'][:200]}" for rule in result["violations"] for node in rule["nodes"]]


async def test_axe_finds_nothing_anywhere(visitor: Open, people: tuple[Account, Account, str]) -> None:
    if not AXE.exists():
        missing("axe-core", "make setup")
    owner, admin, match = people
    places: list[tuple[str, Account | None, str]] = [
        ("/", None, "Evening"),
        ("/c/axe-fm", None, "Withdrawn"),
        ("/c/quiet-fm", None, "is off air"),
        (f"/m/{match}", None, "Withdrawn"),
        ("/matches", None, "League"),
        ("/station", None, "Your station"),
        ("/station", owner, "Sound is arriving|Waiting for sound"),
        ("/admin", admin, "Up to date"),
    ]
    found = {}
    for path, account, text in places:
        one: Visitor = await visitor(path)
        if account is not None:
            await one.sign_in(account)
        await expect(one.page.get_by_role("main")).to_contain_text(re.compile(text))
        await one.page.evaluate(AXE.read_text())
        assert await one.internal_names() == [], path
        for width, scheme in itertools.product((390, 1440), ("light", "dark")):
            await one.page.set_viewport_size({"width": width, "height": 900})
            await one.page.emulate_media(color_scheme=scheme)
            if broken := await violations(one.page):
                found[f"{path} {width} {scheme}"] = broken
            assert await one.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    assert found == {}


UNDER_WAY: list[tuple[str, Json, Json]] = [
    ("football", {}, {}),
    ("cricket", {"overs": 20}, {"battingId": "red"}),
    ("basketball", {}, {}),
    ("tennis", {}, {}),
]


async def test_axe_finds_nothing_at_work(site: Gateway, visitor: Open) -> None:
    """The pages of those who work here: an admin's, and every sport's scorer."""
    if not AXE.exists():
        missing("axe-core", "make setup")
    admin = await site.account(Role.ADMIN)
    places = [
        ("/station/matches", "League"),
        ("/admin/alerts", "All scores agree"),
        ("/admin/audit", "by own wish"),
    ]
    async with httpx.AsyncClient(base_url=site.url, headers=admin.bearer) as rest:
        somebody = await site.account(Role.LISTENER)
        gone = {"disabled": True, "reason": "by own wish"}
        assert (await rest.patch(f"/api/admin/people/{somebody.id}", json=gone)).status_code == 200
        for sport, config, detail in UNDER_WAY:
            new = {**MATCH, "sport": sport, "config": config, "externalIds": {"espn": sport}}
            match = (await rest.post("/api/matches", json=new)).json()["id"]
            begun = {**goal("a", "red", "Play"), "type": "period_start", "detail": detail}
            del begun["competitorId"]
            answer = await rest.post(f"/api/matches/{match}/events", json=begun)
            assert answer.json()["items"][0]["result"] == "applied", answer.text
            places.append((f"/station/matches/{match}", "Reds v Blues"))
        first = places[3][0].rsplit("/", 1)[1]
        feed = {"matchId": first, "provider": "espn", "baseUrl": f"http://127.0.0.1:{free_port()}", "intervalS": 60}
        answer = await rest.post("/api/admin/feeds", json={**feed, "options": {"league": "eng.1"}})
        assert answer.status_code == 201, answer.text
        places += [("/admin/feeds", "Reds v Blues"), (f"/admin/feeds/{answer.json()['id']}", "Settings")]
    one: Visitor = await visitor("/station/matches")
    await one.sign_in(admin)
    await expect(one.page.get_by_role("button", name="New match")).to_be_visible()
    found = {}
    for path, text in [*places, ("new match", "First leg")]:
        if path.startswith("/"):
            await one.open(path)
        else:
            await one.open("/station/matches")
            await one.page.get_by_role("button", name="New match").click()
        await expect(one.page.get_by_role("main")).to_contain_text(text)
        await expect(one.page.locator("[data-loading]")).to_have_count(0)
        await one.page.evaluate(AXE.read_text())
        if names := await one.internal_names():
            found[f"{path} names"] = names
        for width, scheme in ((390, "dark"), (1440, "light")):
            await one.page.set_viewport_size({"width": width, "height": 900})
            await one.page.emulate_media(color_scheme=scheme)
            if broken := await violations(one.page):
                found[f"{path} {width} {scheme}"] = broken
            assert await one.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (path, width)
    assert found == {}


async def test_pages_come_with_a_strict_policy(site: Gateway) -> None:
    async with httpx.AsyncClient(base_url=site.url) as http:
        for path in ("/", "/matches", "/c/any", "/m/any", "/station", "/admin", "/admin/feeds/any"):
            answer = await http.get(path)
            policy = answer.headers["content-security-policy"]
            assert "script-src 'self'" in policy
            assert "unsafe" not in policy
            head = await http.head(path)
            assert (head.status_code, head.content) == (answer.status_code, b"")
            assert head.headers["content-length"] == answer.headers["content-length"]
            assert (await http.post(path)).status_code == 405
