"""Scores that a match's own events do not give: of a tie's first leg, and as a provider states them."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.async_api import expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.e2e.test_match_pages import create, event, post
from tests.e2e.test_matches import board
from tests.e2e.test_scoring import press, score, sharp
from tests.live import Gateway

Open = Callable[..., Any]


async def test_the_second_leg_of_a_tie_is_made_with_the_first(site: Gateway, visitor: Open) -> None:
    owner = await site.account(Role.OWNER)
    desk: Visitor = await visitor("/station/matches")
    page = desk.page
    await desk.sign_in(owner)
    await page.get_by_role("button", name="New match").click()
    await page.get_by_label("Home", exact=True).fill("Harbour Athletic")
    await page.get_by_label("Away", exact=True).fill("Castle Vale")
    leg = page.get_by_role("group", name="First leg")
    await expect(leg).to_contain_text("Only if this is the second leg")
    await leg.get_by_label("Goals of Harbour Athletic").fill("1")
    await page.get_by_role("button", name="Create and score").click()
    # One side alone says nothing: the other is asked for, and nothing was sent.
    await expect(leg.get_by_label("Goals of Castle Vale")).to_be_focused()
    await leg.get_by_label("Goals of Castle Vale").fill("3")
    await sharp(page)
    await page.get_by_role("button", name="Cricket", exact=True).click()
    await expect(leg).to_have_count(0)
    await page.get_by_role("button", name="Football", exact=True).click()
    await page.get_by_role("button", name="Create and score").click()
    await expect(page.get_by_role("heading", name="Harbour Athletic v Castle Vale", level=1)).to_be_visible()
    reader: Visitor = await visitor(f"/m/{page.url.rsplit('/', 1)[1]}")
    await press(page, "n", "g", "?who scored", "Enter", "?assisted", "Enter")
    await score(page, "1", "0")
    await expect(board(reader.page)).to_contain_text("Aggregate 2-3")


async def test_lists_say_that_a_score_is_only_stated(site: Gateway, visitor: Open) -> None:
    feed, owner = await site.account(Role.FEED), await site.account(Role.OWNER)
    async with httpx.AsyncClient(base_url=site.url, headers=feed.bearer) as rest:
        told = await create(rest, venue="Told Park")
        await post(rest, told, event("1", "period_start"), event("9", "match_end", stated={"red": 0, "blue": 0}))
        stated = await create(rest, venue="Stated Park")
        end = event("9", "match_end", stated={"red": 2, "blue": 1}) | {"provider": "espn"}
        await post(rest, stated, event("1", "period_start"), end)
    mark = "Score as stated by ESPN"
    reader: Visitor = await visitor("/matches", width=390)
    row = reader.page.get_by_role("main").locator(f"a[href='/m/{stated}']")
    await expect(row).to_contain_text(re.compile(rf"Rovers\s*2\s*Wanderers\s*1[\s\S]*{mark}"))
    await expect(reader.page.get_by_role("main").get_by_text(mark)).to_have_count(1)
    desk: Visitor = await visitor("/station/matches")
    await desk.sign_in(owner)
    await expect(desk.page.get_by_role("main")).to_contain_text("No matches yet")
    async with httpx.AsyncClient(base_url=site.url, headers=owner.bearer) as rest:
        own = await create(rest)
    async with httpx.AsyncClient(base_url=site.url, headers=feed.bearer) as rest:
        await post(rest, own, event("1", "period_start"), end)
    await desk.page.reload()
    row = desk.page.get_by_role("main").locator(f"a[href='/station/matches/{own}']")
    await expect(row).to_contain_text(mark)


async def test_the_cards_of_stations_on_air_say_that_a_score_is_only_stated(site: Gateway, visitor: Open) -> None:
    feed = await site.account(Role.FEED)
    end = event("9", "match_end", stated={"red": 2, "blue": 1}) | {"provider": "espn"}
    for slug in ("stated-fm", "second-fm"):
        owner = await site.account(Role.OWNER)
        await site.channel(owner, slug)
        async with httpx.AsyncClient(base_url=site.url, headers=owner.bearer) as rest:
            match = await create(rest)
            (await rest.put(f"/api/channels/{slug}/match", json={"matchId": match})).raise_for_status()
            show = {"showTitle": slug, "hostName": "Bo", "showType": "talk"}
            (await rest.post(f"/api/channels/{slug}/streams", json=show)).raise_for_status()
        async with httpx.AsyncClient(base_url=site.url, headers=feed.bearer) as rest:
            await post(rest, match, event("1", "period_start"), end)
    reader: Visitor = await visitor("/", width=390)
    cards = reader.page.get_by_role("region", name="On air now").locator("a[href^='/m/']")
    await expect(cards).to_have_count(2)
    for card in await cards.all():
        await expect(card).to_contain_text(re.compile(r"Rovers\s*2\s*Wanderers\s*1[\s\S]*Score as stated by ESPN"))
