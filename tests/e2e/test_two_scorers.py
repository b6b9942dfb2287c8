"""Two people score one match: who enters what the other has just entered is asked, and the rows say who it was."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import httpx
from playwright.async_api import expect

from kit.session import Role
from tests.e2e.conftest import UNREACHABLE, Visitor
from tests.e2e.test_pages import AXE, violations
from tests.e2e.test_scoring import log, make, press, score
from tests.live import Gateway


async def test_the_second_who_presses_is_asked(site: Gateway, visitor: Callable[..., Any]) -> None:
    owner, admin = await site.account(Role.OWNER, "Anna Adler"), await site.account(Role.ADMIN, "Ben Brook")
    anna: Visitor = await visitor("/station/matches", allowed=UNREACHABLE)
    await anna.sign_in(owner)
    await anna.shows("No matches yet")
    match_id = await make(anna.page, "Football", "North Pier", "South Quay")
    listener: Visitor = await visitor(f"/m/{match_id}")
    await press(anna.page, "n")
    await expect(log(anna.page)).to_contain_text(["Kick-off"])

    ben: Visitor = await visitor("/station/matches", allowed=UNREACHABLE)
    await ben.sign_in(admin)
    await ben.shows("No matches yet")
    await ben.open(f"/station/matches/{match_id}")
    await expect(log(ben.page).first).to_contain_text("Entered by Anna Adler")

    # Both saw it. Ben has no network for the moment, so that Anna is first; he has pressed twice.
    await ben.page.context.set_offline(True)
    moment = datetime.now(UTC)  # three presses may take longer than the 20 s that are asked about
    for page in (ben.page, anna.page):
        await page.clock.set_fixed_time(moment)
    for page in (ben.page, ben.page, anna.page):
        await press(page, "g", "?who scored", "Enter", "?assisted", "Enter")
    await score(anna.page, "1", "0")
    await ben.page.context.set_offline(False)
    questions = log(ben.page).get_by_role("alert")
    await expect(questions).to_have_count(2)
    await expect(questions.first).to_contain_text("Anna Adler entered a goal for North Pier")
    await expect(questions.first).to_contain_text("Is it the same?")
    await ben.page.evaluate(AXE.read_text())
    assert await violations(ben.page) == []
    await ben.page.reload()
    await questions.last.get_by_role("button", name="Same goal, leave it").click()
    await expect(questions).to_have_count(1)
    await score(ben.page, "1", "0")
    await questions.get_by_role("button", name="Another goal").click()
    for who in (anna, ben, listener):
        await score(who.page, "2", "0")
    await expect(log(anna.page).filter(has_text="Entered by Ben Brook")).to_have_count(1)
    await expect(log(ben.page).filter(has_text="Entered by you")).to_have_count(1)
    async with httpx.AsyncClient(base_url=site.url) as nobody:
        assert "Brook" not in (await nobody.get(f"/api/matches/{match_id}/events")).text
