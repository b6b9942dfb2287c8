"""Staying signed in: several tabs, with and without Web Locks, a lost answer; and being sent away."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from playwright.async_api import BrowserContext, Page, Request, Route, expect

from kit.session import Role
from tests.e2e.conftest import Visitor
from tests.harness import eventually
from tests.live import Account, Gateway

Open = Callable[..., Any]

NO_LOCKS = "Object.defineProperty(Navigator.prototype, 'locks', { get: () => undefined })"
EXPIRE = """() => {
  const session = JSON.parse(localStorage.getItem('touchline.session'));
  localStorage.setItem('touchline.session', JSON.stringify({ ...session, expiresAt: 0 }));
  return session.refreshToken;
}"""
STORED = "() => JSON.parse(localStorage.getItem('touchline.session'))?.refreshToken ?? null"
REFRESH = "**/api/auth/refresh"


async def signed_in(visitor: Open, account: Account, *, locks: bool = True) -> Visitor:
    """A visitor on the station's pages, where only who is signed in sees anything."""
    ann: Visitor = await visitor(allowed=r"Failed to load resource|net::ERR")
    if not locks:
        await ann.page.context.add_init_script(NO_LOCKS)
    await ann.open("/station")
    await ann.sign_in(account)
    await stores_other_than(ann.page, None)
    return ann


async def stores_other_than(page: Page, *tokens: str | None) -> None:
    """Wait until the page has stored a refresh token that is none of these."""

    async def other() -> bool:
        return await page.evaluate(STORED) not in tokens

    await eventually(other)


async def signed_out(page: Page) -> bool:
    return await page.evaluate(STORED) is None


async def more_tabs(context: BrowserContext, base: str, count: int) -> list[Page]:
    pages = [await context.new_page() for _ in range(count)]
    await asyncio.gather(*(page.goto(f"{base}/station") for page in pages))
    return pages


@dataclass
class Refreshes:
    """What the tabs ask for from now on: tokens as they are sent, how many at once, and how many got no answer."""

    sent: list[str] = field(default_factory=list)
    under_way: set[Request] = field(default_factory=set)
    at_once: int = 0
    broken_off: int = 0

    def watch(self, context: BrowserContext) -> Refreshes:
        context.on("request", self._asked)
        context.on("requestfinished", self._answered)
        context.on("requestfailed", self._failed)
        return self

    def _asked(self, request: Request) -> None:
        if request.url.endswith("/api/auth/refresh"):
            self.sent.append(request.post_data_json["refreshToken"])
            self.under_way.add(request)
            self.at_once = max(self.at_once, len(self.under_way))

    def _answered(self, request: Request) -> None:
        self.under_way.discard(request)

    def _failed(self, request: Request) -> None:
        if request in self.under_way:
            self.under_way.discard(request)
            self.broken_off += 1


@pytest.mark.parametrize("locks", [True, False], ids=["web locks", "without"])
async def test_tabs_that_wake_up_together_refresh_once(visitor: Open, site: Gateway, *, locks: bool) -> None:
    account = await site.account(Role.OWNER)
    ann = await signed_in(visitor, account, locks=locks)
    assert await ann.page.evaluate("navigator.locks === undefined") is not locks
    pages = [ann.page, *await more_tabs(ann.page.context, site.url, 3)]
    refreshes = Refreshes().watch(ann.page.context)
    old = await ann.page.evaluate(EXPIRE)
    await asyncio.gather(*(page.reload() for page in pages))
    for page in pages:
        await stores_other_than(page, None, old)
        await expect(page.get_by_role("button", name="Create channel")).to_be_visible()
    assert set(refreshes.sent) == {old}
    if locks:
        # A tab that was just asking when it was loaded anew heard no answer, and another asks in its place.
        assert (len(refreshes.sent) - refreshes.broken_off, refreshes.at_once) == (1, 1)


@pytest.mark.parametrize("locks", [True, False], ids=["web locks", "without"])
async def test_a_lost_answer_is_asked_for_again(visitor: Open, site: Gateway, *, locks: bool) -> None:
    account = await site.account(Role.OWNER)
    ann = await signed_in(visitor, account, locks=locks)
    lost: list[str] = []

    async def lose(route: Route) -> None:
        if lost:
            await route.continue_()
            return
        answer = await route.fetch()  # the server trades the token
        lost.append((await answer.json())["refreshToken"])
        await route.abort()

    await ann.page.route(REFRESH, lose)
    old = await ann.page.evaluate(EXPIRE)
    await ann.page.reload()
    await stores_other_than(ann.page, old)
    assert await ann.page.evaluate(STORED) == lost[0], "the same successor"
    await ann.page.evaluate(EXPIRE)
    await ann.page.reload()
    await stores_other_than(ann.page, None, old, lost[0])
    await expect(ann.page.get_by_role("button", name="Create channel")).to_be_visible()


async def test_a_disabled_account_is_sent_away_from_all_its_tabs(visitor: Open, site: Gateway) -> None:
    account, admin = await site.account(Role.OWNER), await site.account(Role.ADMIN)
    ann = await signed_in(visitor, account)
    pages = [ann.page, *await more_tabs(ann.page.context, site.url, 1)]
    async with httpx.AsyncClient(base_url=site.url, headers=admin.bearer) as rest:
        found = (await rest.get("/api/admin/people", params={"text": account.email})).json()["items"]
        answer = await rest.patch(f"/api/admin/people/{found[0]['id']}", json={"disabled": True, "reason": "Rude"})
        assert answer.status_code == 200
    for page in pages:
        await eventually(lambda page=page: signed_out(page))
