"""The monitor: it sees what is on air, and steps in."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.async_api import expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.live import Gateway

Open = Callable[..., Any]


async def test_an_admin_sees_a_stream_and_stops_it_for_a_reason(site: Gateway, visitor: Open) -> None:
    admin = await site.account(Role.ADMIN, "Ava Admin")
    owner = await site.account(Role.OWNER, "Otto Owner")
    await site.channel(owner, "pirate-fm", name="Pirate FM")
    show = {"showTitle": "Late Shift", "hostName": "Otto", "showType": "talk"}
    async with httpx.AsyncClient(base_url=site.url, headers=owner.bearer) as rest:
        assert (await rest.post("/api/channels/pirate-fm/streams", json=show)).status_code == 201
    listener: Visitor = await visitor("/c/pirate-fm")
    await listener.shows("Late Shift")
    await listener.mark()

    monitor: Visitor = await visitor("/admin")
    await monitor.sign_in(admin)
    page = monitor.page
    await monitor.shows("Up to date")
    tiles = page.get_by_role("main").locator("dl > div")
    await expect(tiles.filter(has_text="Connections").locator("dd").first).to_have_text(re.compile(r"^[2-9]"))
    row = page.get_by_role("region", name="Table of active streams").get_by_role("row").filter(has_text="Pirate FM")
    await expect(row).to_contain_text("Late Shift · Otto")
    await expect(row).to_contain_text("No source")
    await expect(row.get_by_role("cell").nth(0)).to_have_text("01 watching")
    another: Visitor = await visitor("/c/pirate-fm")
    await another.shows("Late Shift")
    await expect(row.get_by_role("cell").nth(0)).to_have_text("02 watching")

    await row.get_by_role("button", name="Stop Pirate FM").click()
    dialog = page.get_by_role("dialog", name="Stop Pirate FM?")
    await expect(dialog.get_by_role("button", name="Stop stream")).to_be_disabled()
    await dialog.get_by_label("Reason").fill("No rights for this match.")
    await dialog.get_by_role("button", name="Stop stream").click()
    await expect(row).to_have_count(0)
    await listener.shows("The show has ended")
    await listener.shows(re.compile("No rights for this match."))
    await listener.is_the_same_page()
    entry = page.get_by_role("listitem").filter(has_text="pirate-fm")
    await expect(entry).to_contain_text("Ava Admin")
    await expect(entry).to_contain_text("No rights for this match.")
