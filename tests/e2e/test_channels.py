"""A station's channels: edited, deleted, and opened where the show is."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.async_api import expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.e2e.test_pages import AXE, violations
from tests.live import Gateway

Open = Callable[..., Any]
SHOW = {"showTitle": "Evening", "hostName": "Bo", "showType": "talk"}


async def test_a_channel_is_edited_and_deleted(site: Gateway, visitor: Open) -> None:
    owner = await site.account(Role.OWNER)
    await site.channel(owner, "first-fm")
    await site.channel(owner, "second-fm", name="Second FM", description="Old words")
    async with httpx.AsyncClient(base_url=site.url, headers=owner.bearer) as rest:
        assert (await rest.post("/api/channels/second-fm/streams", json=SHOW)).status_code == 201
        desk: Visitor = await visitor("/station", allowed="400|404|409")
        page = desk.page
        await desk.sign_in(owner)
        # The studio opens where the show is, not at the first channel.
        await expect(page.get_by_role("heading", name="Second FM", level=1)).to_be_visible()

        await page.get_by_role("button", name="Edit channel").click()
        dialog = page.get_by_role("dialog")
        await page.evaluate(AXE.read_text())
        assert await violations(page) == []
        await dialog.get_by_label("Station name").fill("Second Radio")
        await dialog.get_by_label("Description").fill("New words\nin two lines")
        await dialog.get_by_label("Language").select_option("de")
        await dialog.get_by_label("Picture").fill("https://example.org/a b.jpg?x=<>")
        await dialog.get_by_role("button", name="Save").click()
        if await dialog.count() > 0:  # the address was refused: it is said beside its field
            await expect(dialog.get_by_label("Picture")).to_have_attribute("aria-invalid", "true")
            await expect(dialog).not_to_contain_text(re.compile(r"artworkUrl|`|\$"))
            await dialog.get_by_label("Picture").fill("")
            await dialog.get_by_role("button", name="Save").click()
        await expect(dialog).to_have_count(0)
        await expect(page.get_by_role("heading", name="Second Radio", level=1)).to_be_visible()
        kept = (await rest.get("/api/channels/second-fm")).json()
        assert (kept["name"], kept["description"], kept["language"]) == (
            "Second Radio",
            "New words\nin two lines",
            "de",
        )

        # Not while it is on air; by its name alone; for good.
        await page.get_by_role("button", name="Edit channel").click()
        await dialog.get_by_role("button", name="Delete…").click()
        await expect(dialog).to_contain_text("It is on air. End the show first")
        await expect(dialog.get_by_role("button", name="Delete channel")).to_be_disabled()
        await page.keyboard.press("Escape")
        stream = (await rest.get("/api/channels/second-fm/streams")).json()["items"][0]["id"]
        assert (await rest.post(f"/api/channels/second-fm/streams/{stream}/stop", json={})).status_code == 200
        await page.get_by_role("button", name="Edit channel").click()
        await dialog.get_by_role("button", name="Delete…").click()
        await dialog.get_by_label("Type second-fm to confirm").fill("first-fm")
        await page.keyboard.press("Enter")
        await expect(dialog).to_contain_text("That is not its address.")
        assert await violations(page) == []
        await dialog.get_by_label("Type second-fm to confirm").fill("second-fm")
        await page.keyboard.press("Enter")
        await expect(dialog).to_have_count(0)
        await expect(page.get_by_role("heading", name="First-Fm", level=1)).to_be_visible()
        assert (await rest.get("/api/channels/second-fm")).status_code == 404


async def test_stop_and_loss_of_sound_are_said_in_words(site: Gateway, visitor: Open) -> None:
    owner, admin = await site.account(Role.OWNER), await site.account(Role.ADMIN)
    channel = await site.channel(owner, "stopped-fm", name="Stopped FM")
    listener: Visitor = await visitor("/c/stopped-fm")
    desk: Visitor = await visitor("/station")
    await desk.sign_in(owner)
    for reason, said in (
        ("No rights to this match", "An administrator stopped it because: No rights to this match."),
        ("Enough!", "An administrator stopped it because: Enough!"),
    ):
        async with httpx.AsyncClient(base_url=site.url, headers=owner.bearer) as rest:
            stream = (await rest.post("/api/channels/stopped-fm/streams", json=SHOW)).json()["streamId"]
        await expect(listener.page.get_by_role("region", name="Station")).to_contain_text("On air")
        await expect(listener.page.get_by_text("No sound")).to_be_visible()
        await expect(desk.page.get_by_text("Waiting for sound").first).to_be_visible()
        async with httpx.AsyncClient(base_url=site.url, headers=admin.bearer) as rest:
            stop = f"/api/channels/{channel['id']}/streams/{stream}/stop"
            assert (await rest.post(stop, json={"reason": reason})).status_code == 200
        for one in (listener, desk):
            await expect(one.page.get_by_role("main")).to_contain_text(said)
            assert "because: because" not in await one.page.content()


async def test_no_internal_name_is_read(site: Gateway, visitor: Open) -> None:
    """What a hurried or careless person meets: limits and refusals, in words."""
    owner = await site.account(Role.OWNER)
    await site.channel(owner, "words-fm")
    person: Visitor = await visitor("/c/words-fm", allowed="4[0-9][0-9]")
    page = person.page
    await page.get_by_role("banner").get_by_role("button", name="Sign in").click()
    await person.sign_in(await site.account(Role.LISTENER))
    await expect(page.get_by_role("dialog")).to_have_count(0)
    box = page.get_by_label("Message")
    for n in range(40):
        await box.fill(f"Hurry {n} https://example.org/{n}")
        await box.press("Enter")
    failed = page.get_by_role("log").get_by_role("alert").first
    await expect(failed).to_contain_text(re.compile(r"too often|slow", re.IGNORECASE))
    link = page.get_by_role("log").get_by_role("link", name="https://example.org/").first
    await expect(link).to_have_attribute("href", re.compile("^https://example.org/[0-9]+$"))
    await expect(link).to_have_attribute("rel", re.compile("noopener.*nofollow.*ugc"))
    assert await person.internal_names() == []
