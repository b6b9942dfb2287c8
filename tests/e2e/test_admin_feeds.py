"""Match feeds as admins see them and step in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.async_api import Page, expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.e2e.test_matches import MATCH
from tests.e2e.test_pages import AXE, violations
from tests.live import Gateway
from tests.support.feed_fixtures import espn_key_event, espn_sides, espn_status, espn_summary
from tests.support.standin import Reply, StandIn, ok

Open = Callable[..., Any]
LIVE = espn_status("STATUS_FIRST_HALF", "in", 1)
SUMMARY = "/soccer/eng.1/summary"


def summary(score: str) -> Reply:
    events = [espn_key_event("1", "goal", 1, 60), espn_key_event("2", "celebration", 1, 61)]
    return ok(espn_summary(LIVE, espn_sides(score, "0"), keyEvents=events))


async def axe_finds_nothing(page: Page) -> None:
    await page.evaluate(AXE.read_text())
    for width, scheme in ((390, "dark"), (1280, "light")):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == [], (page.url, width, scheme)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)


async def test_an_admin_adds_a_feed_watches_it_fail_and_deletes_it(site: Gateway, visitor: Open) -> None:
    admin = await site.account(Role.ADMIN, "Ava Admin")
    teams = [{**side, "name": name} for side, name in zip(MATCH["competitors"], ("Lynx", "Otters"), strict=True)]
    body = {**MATCH, "competitors": teams, "externalIds": {"espn": "e2e-77"}}
    async with StandIn().serving() as provider, httpx.AsyncClient(base_url=site.url, headers=admin.bearer) as rest:
        match = (await rest.post("/api/matches", json=body)).json()["id"]
        provider.scripts[SUMMARY] = [summary("2")]
        one: Visitor = await visitor("/admin/feeds")
        await one.sign_in(admin)
        page = one.page
        await one.shows("No provider feeds a match yet")
        await one.mark()

        # Found by a word, its id at the provider is known; what the server refuses is said.
        await page.get_by_role("button", name="Add a feed").first.click()
        dialog = page.get_by_role("dialog", name="Add a feed")
        await dialog.get_by_label("Which match").fill("otter")
        await dialog.get_by_role("button", name="Lynx v Otters").click()
        await expect(dialog.get_by_label("The match's id at ESPN")).to_have_value("e2e-77")
        await dialog.get_by_label("League").fill("eng.1")
        await dialog.get_by_text("More settings").click()
        await dialog.get_by_label("Seconds between two questions").fill("1")
        await dialog.get_by_label("Base address").fill("https://169.254.169.254")
        one.allowed = r"Failed to load resource: .* 400"
        await dialog.get_by_role("button", name="Add feed").click()
        await expect(dialog.get_by_role("alert")).to_contain_text("private or reserved address")
        await axe_finds_nothing(page)
        await dialog.get_by_label("Base address").fill(provider.url)
        await dialog.get_by_role("button", name="Add feed").click()

        # The page follows by itself: the first answers, a score that differs, what was not understood.
        await expect(page.get_by_role("heading", name="Lynx v Otters")).to_be_visible()
        main = page.get_by_role("main")
        await expect(main.get_by_text("OK", exact=True)).to_be_visible()
        scores = page.get_by_role("region", name="Score").get_by_role("row").filter(has_text="Lynx")
        await expect(scores).to_contain_text(re.compile(r"Lynx\s*2\s*1"))
        await expect(page.get_by_role("region", name="Skipped")).to_contain_text("type:celebration")
        messages = page.get_by_role("region", name="Messages")
        await messages.get_by_role("button", name="Show").click()
        await messages.locator("summary").first.click()
        await expect(messages.get_by_label("The message")).to_contain_text('"competitions": [')
        await axe_finds_nothing(page)
        bar = page.get_by_role("navigation", name="Admin")
        await expect(bar.get_by_role("link", name=re.compile("Scores.*1 open"))).to_be_visible()
        await bar.get_by_role("link", name="Scores").click()
        await expect(page.get_by_role("listitem").filter(has_text="Lynx v Otters")).to_contain_text(
            "ESPN · differs for"
        )
        await axe_finds_nothing(page)
        provider.scripts[SUMMARY] = [summary("1")]
        await one.shows("All scores agree")

        # It fails: the list says so, and why.
        provider.scripts[SUMMARY] = [Reply(status=503)]
        await bar.get_by_role("link", name="Feeds").click()
        row = page.get_by_role("main").get_by_role("listitem").filter(has_text="Lynx v Otters")
        await expect(row).to_contain_text("Failing")
        await expect(row).to_contain_text("The provider answered 503.")
        await page.get_by_role("button", name=re.compile("In trouble 1")).click()
        await expect(row).to_contain_text("Failing")
        await axe_finds_nothing(page)
        await row.get_by_role("link", name="Lynx v Otters").click()

        await page.get_by_role("button", name="Disable").click()
        await expect(main.get_by_text("Disabled", exact=True)).to_be_visible()
        assert "feed" not in (await rest.get(f"/api/matches/{match}")).json()
        await page.get_by_role("button", name="Change").click()
        change = page.get_by_role("dialog", name="Change the feed")
        await expect(change.get_by_label("League")).to_have_value("eng.1")
        await change.get_by_label("League").fill("eng.2")
        await change.get_by_role("button", name="Save").click()
        await expect(page.get_by_role("region", name="Settings")).to_contain_text("eng.2")
        await expect(main.get_by_text("Disabled", exact=True)).to_be_visible()

        await page.get_by_role("button", name="Delete").click()
        gone = page.get_by_role("dialog", name="Delete the feed?")
        await expect(gone.get_by_role("button", name="Delete feed")).to_be_disabled()
        await gone.get_by_label("Reason").fill("Another provider has it.")
        await gone.get_by_role("button", name="Delete feed").click()
        await expect(row).to_have_count(0)
        await bar.get_by_role("link", name="Audit log").click()
        entry = page.get_by_role("listitem").filter(has_text="deleted the feed")
        await expect(entry).to_contain_text("Ava Admin")
        await expect(entry).to_contain_text("Another provider has it.")
        await axe_finds_nothing(page)
        await one.is_the_same_page()
        await one.open("/admin/feeds/none")
        one.allowed = r"Failed to load resource: .* 40[04]"
        await one.shows("Page not found")
        assert (await rest.get(f"/api/matches/{match}/events")).json()["items"], "the match keeps its events"
