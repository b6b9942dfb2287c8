"""A match is scored by hand, with keys alone, and listeners see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.async_api import Page, expect

from kit.session import Role
from tests.e2e.conftest import UNREACHABLE, Visitor
from tests.e2e.test_pages import AXE, violations
from tests.harness import missing
from tests.live import Account, Gateway

Open = Callable[..., Any]

REDS = ["1 Ada Abbot", "9 Ivo Ilford", "7 Gus Garrod", "", "12 Leo Lomax"]
BLUES = ["1 Nils Norcott", "5 Rafe Ridley", "11 Yara Yarrow"]


async def make(page: Page, sport: str, home: str, away: str) -> str:
    """Make a match with line-ups and open its scorer; returns its id."""
    await page.get_by_role("button", name="New match").click()
    await page.get_by_role("button", name=sport, exact=True).click()
    await page.get_by_label("Home", exact=True).fill(home)
    await page.get_by_label("Away", exact=True).fill(away)
    await page.get_by_label("Competition").fill("Coastal League")
    await page.get_by_text("Line-ups (optional").click()
    await page.get_by_label(f"Players of {home}").fill("\n".join(REDS))
    await page.get_by_label(f"Players of {away}").fill("\n".join(BLUES))
    if sport == "Football":
        await sharp(page)
    await page.get_by_role("button", name="Create and score").click()
    await expect(page.get_by_role("heading", name=f"{home} v {away}", level=1)).to_be_visible()
    return page.url.rsplit("/", 1)[1]


async def press(page: Page, *keys: str) -> None:
    """Press keys one after another; what begins with `>` is typed, and each dialog is waited for by what it asks."""
    for key in keys:
        if key.startswith("?") and key != "?":
            await expect(page.get_by_role("dialog")).to_contain_text(key[1:])
        elif key.startswith(">"):
            await page.keyboard.type(key[1:])
        else:
            await page.keyboard.press(key)


def score(page: Page, *sides: str) -> Any:
    return expect(page.get_by_role("region", name=re.compile("^Score")).first).to_contain_text(
        re.compile(r"[\s\S]*".join(map(re.escape, sides)))
    )


def log(page: Page) -> Any:
    return page.get_by_role("region", name="Log").get_by_role("listitem")


async def sharp(page: Page) -> None:
    """Axe finds nothing, in both themes, wide and narrow, and nothing is wider than the screen."""
    if not AXE.exists():
        missing("axe-core", "make setup")
    await page.evaluate(AXE.read_text())
    for width, scheme in ((1440, "light"), (390, "dark")):
        await page.set_viewport_size({"width": width, "height": 900})
        await page.emulate_media(color_scheme=scheme)
        assert await violations(page) == [], (page.url, width, scheme)
        assert await page.evaluate("document.documentElement.scrollWidth <= innerWidth"), (page.url, width)
    await page.set_viewport_size({"width": 1280, "height": 900})


async def stored(site: Gateway, account: Account, match_id: str) -> list[tuple[str, str]]:
    """All events of a match, first to last, as type and what became of them."""
    async with httpx.AsyncClient(base_url=site.url, headers=account.bearer) as rest:
        items = (await rest.get(f"/api/matches/{match_id}/events", params={"limit": 100})).json()["items"]
    return [(event["type"], event["op"]) for event in reversed(items)]


async def test_football_by_keys_with_an_undo_and_an_outage(site: Gateway, visitor: Open) -> None:
    owner = await site.account(Role.OWNER)
    await site.channel(owner, "scored-by-hand")
    desk: Visitor = await visitor("/station/matches", allowed=UNREACHABLE)
    page = desk.page
    await desk.sign_in(owner)
    await desk.shows("No matches yet")
    match_id = await make(page, "Football", "Harbour Athletic", "Castle Vale")
    listener: Visitor = await visitor(f"/m/{match_id}")
    await listener.shows("Not started yet")
    await listener.mark()

    await press(page, "n")
    await expect(log(page)).to_contain_text(["Kick-off"])
    await press(page, "g", "?who scored")
    assert await violations(page) == []
    await press(page, ">9", "Enter", "?assisted", ">gus", "Enter")
    await score(page, "1", "0")
    await press(page, "?")
    await expect(page.get_by_role("dialog", name="Keys")).to_contain_text("Undo, as a correction")
    assert await violations(page) == []
    await press(page, "Escape")
    await press(page, "Shift+Y", "?Card for Castle Vale", "y", "?whom", ">New Face", "Enter")
    for who in (page, listener.page):
        await expect(who.get_by_text("Goal! Ivo Ilford (HAR), assisted by Gus Garrod").first).to_be_visible()
        await expect(who.get_by_text("Yellow card, New Face").first).to_be_visible()
    await press(page, "g", "?who scored", "Enter", "?assisted", "Enter")
    await score(listener.page, "2", "0")
    await press(page, "Control+z")
    await score(listener.page, "1", "0")
    await expect(listener.page.get_by_text("Score corrected:")).to_be_visible()
    await expect(listener.page.get_by_text("Entered by mistake")).to_be_visible()
    await expect(log(page).first).to_contain_text("Withdrawn")

    # An earlier event is put right, and one that another window changed meanwhile is looked at once more.
    await page.get_by_role("button", name=re.compile("^Correct: Yellow card")).click()
    dialog = page.get_by_role("dialog")
    assert await violations(page) == []
    await dialog.get_by_label("Card").select_option("red")
    await dialog.get_by_label("Reason").fill("The referee's report")
    async with httpx.AsyncClient(base_url=site.url, headers=owner.bearer) as rest:
        assert (await rest.patch(f"/api/matches/{match_id}", json={"venue": "Park"})).status_code == 200
    desk.allowed = f"{UNREACHABLE}|409"
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog.get_by_role("alert")).to_contain_text("Somebody else has changed the match")
    await dialog.get_by_role("button", name="Save").click()
    await expect(dialog).to_have_count(0)
    await expect(log(page).filter(has_text="Yellow card, New Face").get_by_text("Red card")).to_be_attached()
    await listener.is_the_same_page()

    # Without a network: entries wait, outlive a reload, and are stored once each, in their order.
    await page.context.set_offline(True)
    await press(page, "Shift+G", "?who scored", "Enter", "?assisted", "Enter", "c", "?Corner", "Enter")
    await press(page, "/", ">Rain sets in", "Enter")
    await expect(page.get_by_text("3 entries wait")).to_be_visible()
    await expect(log(page).get_by_text("Waiting")).to_have_count(3)
    await press(page, "Control+z")  # The words were never sent, so nobody has to be told.
    await expect(page.get_by_text("2 entries wait")).to_be_visible()
    # The reload comes while the server is away still: its pages are there, its API is not.
    await page.route("**/api/matches/*/events", lambda route: route.abort())
    await page.context.set_offline(False)
    await page.reload()
    await expect(page.get_by_text("2 entries wait")).to_be_visible()
    await page.unroute("**/api/matches/*/events")
    await expect(page.get_by_text("entries wait")).to_have_count(0)
    await score(listener.page, "1", "1")
    await press(page, "Space")
    await expect(page.get_by_role("region", name="Clock").get_by_role("button", name="Start")).to_be_visible()
    await press(page, "n")
    await expect(page.get_by_role("button", name="Second half")).to_be_visible()
    await expect(log(page).get_by_text("Waiting")).to_have_count(0)
    await sharp(page)
    told = await stored(site, owner, match_id)
    assert told == [
        ("period_start", "add"), ("goal", "add"), ("card", "update"), ("goal", "delete"), ("goal", "add"),
        ("corner", "add"), ("period_end", "add"),
    ]  # fmt: skip

    # From the desk: found by its name, shown to listeners, and one step from being scored.
    on_air: Visitor = await visitor("/c/scored-by-hand")
    await page.goto(f"{site.url}/station")
    await page.get_by_role("button", name="Choose a match").click()
    await page.get_by_role("dialog").get_by_label("Search").fill("harb coast")
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("Harbour Athletic v Castle Vale")).click()
    await score(on_air.page, "1", "1")
    async with httpx.AsyncClient(base_url=site.url, headers=owner.bearer) as rest:
        show = {"showTitle": "Evening", "hostName": "Bo", "showType": "talk"}
        assert (await rest.post("/api/channels/scored-by-hand/streams", json=show)).status_code == 201
    await expect(page.get_by_role("region", name="On air")).to_be_visible()
    await page.get_by_role("button", name="Unlink").click()
    await expect(on_air.page.get_by_role("region", name=re.compile("^Score"))).to_have_count(0)
    await page.get_by_role("button", name="Choose a match").click()
    await page.get_by_role("dialog").get_by_role("button", name=re.compile("Harbour Athletic v Castle Vale")).click()
    await score(on_air.page, "1", "1")
    await page.get_by_role("link", name="Score this match").click()
    await expect(page.get_by_role("button", name="Second half")).to_be_visible()


async def test_an_over_of_cricket_by_keys(site: Gateway, visitor: Open) -> None:
    owner, other = await site.account(Role.OWNER), await site.account(Role.OWNER)
    desk: Visitor = await visitor("/station/matches")
    page = desk.page
    await desk.sign_in(owner)
    await desk.shows("No matches yet")
    match_id = await make(page, "Cricket", "Saltmarsh Herons", "Redwater Kings")
    listener: Visitor = await visitor(f"/m/{match_id}", width=390)
    await press(page, "t", "?toss", "1", "?chose", "b")
    await expect(log(page)).to_contain_text(["Saltmarsh Herons won the toss and chose to bat"])
    await press(page, "n", "?bats", "1", "?first ball", ">ada", "Enter", "?other end", ">9", "Enter", "?bowls", ">11")
    await press(page, "Enter")
    middle = page.get_by_role("region", name="In the middle")
    await expect(middle).to_contain_text(re.compile(r"Striker[\s\S]*Ada Abbot[\s\S]*Ivo Ilford[\s\S]*Yara Yarrow"))
    await press(page, "4", "1", "d", "?Wide", "0", "0", "w", "?How", "c", "?fielder", ">5", "Enter", "?comes in", ">7")
    await press(page, "Enter")
    await expect(middle).to_contain_text(re.compile(r"6/1[\s\S]*Gus Garrod[\s\S]*Ada Abbot"))
    await press(page, "2", "1", "?Who bowls", ">1", "Enter")
    await expect(middle).to_contain_text(
        re.compile(r"9/1[\s\S]*1 ov[\s\S]*Gus Garrod[\s\S]*3 \(2\)[\s\S]*Nils Norcott")
    )
    for one in (page, listener.page):
        await score(one, "9/1")
    await expect(listener.page.get_by_text("OUT! Ivo Ilford caught by Rafe Ridley").first).to_be_visible()
    await expect(log(page).get_by_text("Waiting")).to_have_count(0)
    await sharp(page)
    async with httpx.AsyncClient(base_url=site.url) as rest:
        match = (await rest.get(f"/api/matches/{match_id}")).json()
        groups = (await rest.get(f"/api/matches/{match_id}/statistics")).json()["groups"]
    innings = match["periods"][0]["detail"]
    assert (innings["runs"], innings["wickets"], innings["overs"]) == (9, 1, "1")
    assert (innings["battingId"], innings["declared"]) == ("saltmarsh-herons", False)
    batting = {row["name"]: (row["values"]["runs"], row["values"]["balls"]) for row in groups[0]["rows"]}
    assert batting == {"Ada Abbot": (5, 2), "Ivo Ilford": (0, 2), "Gus Garrod": (3, 2)}

    stranger: Visitor = await visitor(f"/station/matches/{match_id}")
    await stranger.sign_in(other)
    await stranger.shows("This is not your match")
