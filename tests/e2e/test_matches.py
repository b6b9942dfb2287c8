"""A match beside the sound, as it is seen."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
from playwright.async_api import Locator, Page, expect

from feeds.replay import replay
from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.harness import eventually
from tests.live import PASSWORD, Gateway

Open = Callable[..., Any]

MATCH = {
    "sport": "football",
    "competition": {"id": "league", "name": "League"},
    "scheduledAt": "2026-11-21T18:30:00Z",
    "competitors": [
        {"id": "red", "name": "Reds", "abbreviation": "RED", "qualifier": "home"},
        {"id": "blue", "name": "Blues", "abbreviation": "BLU", "qualifier": "away"},
    ],
}


def goal(event_id: str, side: str, text: str) -> dict[str, Any]:
    return {
        "provider": "p", "eventId": event_id, "type": "goal", "period": 1, "orderKey": event_id,
        "occurredAt": "2026-11-21T18:40:00Z", "competitorId": side, "commentary": [{"lang": "en", "text": text}],
    }  # fmt: skip


def board(page: Page) -> Locator:
    return page.get_by_role("region", name=re.compile("^Score, "))


def line(page: Page, text: str) -> Locator:
    return page.get_by_role("region", name="Commentary").get_by_role("listitem").filter(has_text=text)


async def test_a_match_is_linked_before_the_show_and_corrected(site: Gateway, visitor: Open) -> None:
    owner, feed = await site.account(Role.OWNER), await site.account(Role.FEED)
    await site.channel(owner, "touchline-fm")
    async with httpx.AsyncClient(base_url=site.url, headers=feed.bearer) as rest:
        match = (await rest.post("/api/matches", json=MATCH)).json()
        events = f"/api/matches/{match['id']}/events"
        listener: Visitor = await visitor("/c/touchline-fm")
        await listener.shows("Touchline-Fm is off air")
        await expect(board(listener.page)).to_have_count(0)
        await listener.mark()

        desk: Visitor = await visitor("/station")
        await desk.sign_in(owner)
        await desk.page.get_by_role("button", name="Choose a match").click()
        await desk.page.get_by_role("dialog").get_by_role("button", name="Reds v Blues Sat 21").click()
        await expect(desk.page.get_by_role("dialog")).to_have_count(0)
        await expect(desk.page.get_by_role("link").filter(has_text="Reds").filter(has_text="Blues")).to_be_visible()
        await expect(board(listener.page)).to_contain_text("League")

        await rest.post(events, json=goal("a", "red", "A header by Red Nine"))
        await expect(board(listener.page)).to_contain_text(re.compile(r"Reds.*1\D*0.*Blues"))
        await expect(line(listener.page, "A header by Red Nine")).to_contain_text("Goal · Reds")
        await rest.post(events, json=goal("b", "blue", "Tapped in by Blue Ten"))
        await expect(board(listener.page)).to_contain_text(re.compile(r"Reds.*1\D*1.*Blues"))

        changed = {"competitorId": "red", "reason": "Own goal after all"}
        assert (await rest.patch(f"{events}/b", json=changed)).status_code == 200
        await expect(board(listener.page)).to_contain_text("Score corrected: 1-1 → 2-0 (Own goal after all)")
        await expect(line(listener.page, "Tapped in by Blue Ten")).to_contain_text("Goal · Reds")
        await rest.delete(f"{events}/a", params={"reason": "Offside"})
        await expect(board(listener.page)).to_contain_text("Score corrected: 2-0 → 1-0 (Offside)")
        await expect(line(listener.page, "A header by Red Nine")).to_contain_text("Withdrawn")
        await expect(board(listener.page)).to_contain_text(re.compile(r"Reds.*1\D*0.*Blues"))

        # Going live and stopping leave the match where it is.
        await desk.page.get_by_label("Show title").fill("The Derby")
        await desk.page.get_by_role("button", name="Go live").click()
        await listener.shows("The Derby")
        await expect(board(listener.page)).to_be_visible()
        await desk.page.get_by_role("button", name="Unlink").click()
        await expect(board(listener.page)).to_have_count(0)
        await listener.is_the_same_page()


async def test_a_real_match_to_its_real_end(site: Gateway, visitor: Open, data: Callable[[str], Path]) -> None:
    file = data("cricket/cricsheet_1278673*")
    admin = await site.account(Role.ADMIN)
    await site.channel(await site.account(Role.OWNER), "eden-gardens")
    listener: Visitor = await visitor("/c/eden-gardens")
    await listener.shows("is off air")
    await listener.mark()
    final = await replay(
        file, server=site.url, email=admin.email, password=PASSWORD, speed=0, channel="eden-gardens",
        echo=lambda _: None,
    )  # fmt: skip
    assert final.outcome is not None
    for text in ("India", "184/7", "New Zealand", "111", final.outcome.text):
        await expect(board(listener.page)).to_contain_text(text)
    await listener.is_the_same_page()

    await board(listener.page).get_by_role("link", name="Match page").click()
    await expect(listener.page).to_have_url(f"{site.url}/m/{final.id}")
    for text in ("184/7", "111", final.outcome.text):
        await expect(board(listener.page)).to_contain_text(text)

    # Who comes after the end begins with the newest part, and reads back to the start by scrolling.
    oldest = await first_words(site, final.id)
    late: Visitor = await visitor(f"/m/{final.id}", width=390)
    lines = late.page.get_by_role("region", name="Commentary").get_by_role("listitem")
    await expect(lines.first).to_be_visible()
    await expect(lines.filter(has_text=oldest)).to_have_count(0)

    async def scrolled_to_the_start() -> bool:
        await late.page.evaluate("scrollTo(0, document.documentElement.scrollHeight)")
        return await lines.filter(has_text=oldest).count() > 0

    await eventually(scrolled_to_the_start)
    await expect(lines.last).to_contain_text(oldest)
    await expect(late.page.get_by_role("button", name="Load earlier")).to_have_count(0)


async def first_words(site: Gateway, match_id: str) -> str:
    """The first line of commentary there was."""
    said, before = "", None
    async with httpx.AsyncClient(base_url=site.url) as rest:
        while True:
            page = await rest.get(f"/api/matches/{match_id}/events", params={"before": before} if before else {})
            body = page.json()
            for event in body["items"]:
                said = event["commentary"][0]["text"] if event["commentary"] else said
            before = body.get("next")
            if before is None:
                return said
