"""Dialogs and forms at 320 px (400 % zoom at 1280): nothing is cut off."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playwright.async_api import expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.e2e.test_layout import CUT_OFF, NARROWEST
from tests.live import Gateway

Open = Callable[..., Any]

# Boxes whose content is wider than they are: text may still be whole, but a button or a field is not.
TOO_WIDE = """
[...document.querySelectorAll("dialog[open], body > * header, form, fieldset, [role=group], [role=alert]")]
  .filter((box) => box.checkVisibility() && box.clientWidth > 1 && box.scrollWidth > box.clientWidth + 1)
  .map((box) => `${box.scrollWidth} in ${box.clientWidth}: ${box.outerHTML.slice(0, 120)}`)
"""


async def is_whole(visitor: Visitor) -> None:
    for test in (CUT_OFF, TOO_WIDE, "document.documentElement.scrollWidth > innerWidth ? [innerWidth] : []"):
        assert await visitor.page.evaluate(test) == []


async def test_forms_and_dialogs_are_whole_on_the_narrowest_screen(site: Gateway, visitor: Open) -> None:
    owner = await site.account(Role.OWNER)
    await site.channel(owner, "harbour-radio", name="Harbour Radio of Wolverhampton")
    desk: Visitor = await visitor("/station", width=NARROWEST)
    page = desk.page
    await desk.sign_in(owner)
    dialog = page.get_by_role("dialog")
    await page.get_by_role("button", name="Edit channel").click()
    await is_whole(desk)
    await dialog.get_by_role("button", name="Delete…").click()
    await dialog.get_by_label("Type harbour-radio").fill("nope")
    await page.keyboard.press("Enter")
    await expect(dialog).to_contain_text("That is not its address.")
    await is_whole(desk)
    await page.keyboard.press("Escape")
    await page.get_by_role("button", name="Renew password").click()
    await is_whole(desk)

    await desk.open("/station/matches")
    await page.get_by_role("button", name="New match").click()
    for sport in ("Cricket", "Basketball", "Tennis", "Football"):
        await page.get_by_role("button", name=sport, exact=True).click()
        await is_whole(desk)
    await page.get_by_label("Home", exact=True).fill("Wolverhampton Rovers")
    await page.get_by_label("Away", exact=True).fill("Borussia Schwarzenbruck")
    await is_whole(desk)
    await page.get_by_role("button", name="Create and score").click()
    await expect(page.get_by_role("region", name="Log")).to_be_visible()
    await page.keyboard.press("n")
    await expect(page.get_by_role("region", name="Log").get_by_role("listitem")).to_have_count(1)
    await page.keyboard.press("g")
    await expect(dialog).to_contain_text("who scored")
    await page.keyboard.type("77")
    await expect(dialog).to_contain_text("not in the line-up")
    await is_whole(desk)
    await page.keyboard.press("Escape")
    await is_whole(desk)
