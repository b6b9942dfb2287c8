"""A show from both sides of the microphone, as the people see it."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

import httpx
from playwright.async_api import Page, expect

from kit.session import Role
from tests.e2e.conftest import REFUSED_LOGIN, UNREACHABLE, Visitor
from tests.live import Gateway
from tests.proxy import Proxy
from tests.support.radio import ffmpeg

Open = Callable[..., Any]

REFRESH_TOKEN = "JSON.parse(localStorage['touchline.session']).refreshToken"
SPOIL = """(more) => {
    const kept = JSON.parse(localStorage['touchline.session']);
    localStorage['touchline.session'] = JSON.stringify({...kept, accessToken: 'x.y.z', expiresAt: 0, ...more});
}"""


def region(page: Page, name: str) -> Any:
    return page.get_by_role("region", name=name)


async def go_live(desk: Visitor, title: str) -> None:
    await desk.page.get_by_label("Show title").fill(title)
    await desk.page.get_by_role("textbox", name="Host").fill("Ada Host")
    await desk.page.get_by_role("button", name="Go live").click()
    await expect(region(desk.page, "On air")).to_be_visible()


async def say(who: Visitor, text: str) -> None:
    await who.page.get_by_label("Message").fill(text)
    await who.page.get_by_role("button", name="Send").click()


async def test_a_show_from_the_first_sign_in_to_the_end(site: Gateway, visitor: Open) -> None:
    owner, fan = await site.account(Role.OWNER, "Olga Owner"), await site.account(Role.LISTENER, "Finn Fan")
    home: Visitor = await visitor("/")
    await expect(home.page.get_by_role("heading", name="On air now")).to_be_visible()
    card = home.page.get_by_role("article").filter(has_text="Saturday Match Day")
    await expect(card).to_have_count(0)
    await home.mark()

    desk: Visitor = await visitor("/station")
    await desk.sign_in(owner)
    await desk.page.get_by_label("Station name").fill("Café São Paulo")
    await expect(desk.page.get_by_label("Address")).to_have_value("cafe-sao-paulo")
    await desk.page.get_by_role("button", name="Create channel").click()
    await expect(desk.page.get_by_role("heading", name="Café São Paulo")).to_be_visible()

    listener: Visitor = await visitor("/c/cafe-sao-paulo")
    await listener.shows("Café São Paulo is off air")
    await listener.mark()
    await go_live(desk, "Saturday Match Day")

    await expect(card.get_by_text("Café São Paulo · with Ada Host")).to_be_visible()
    await home.is_the_same_page()
    await expect(listener.page.get_by_role("heading", name="Saturday Match Day")).to_be_visible()
    station = region(listener.page, "Station")
    await expect(station.get_by_text("No sound")).to_be_visible()  # told by the event itself
    await expect(station).to_contain_text(re.compile(r"0\s*listeners"))  # this page has no sound
    await expect(region(desk.page, "On air")).to_contain_text(re.compile(r"Listeners\s*0.*Watching\s*1"))

    await desk.page.get_by_role("textbox", name="Track").fill("Anthem <i>live</i>")
    await desk.page.get_by_role("textbox", name="Artist").fill("The Band")
    await desk.page.get_by_role("button", name="Update").click()
    await expect(listener.page.get_by_text("Anthem <i>live</i> · The Band")).to_be_visible()
    await expect(card.get_by_text("Anthem <i>live</i> · The Band")).to_be_visible()

    await listener.page.get_by_role("banner").get_by_role("button", name="Sign in").click()
    await listener.sign_in(fan)
    await expect(listener.page.get_by_text("Finn Fan")).to_be_visible()
    markup = "<b>Hello</b> <img src=x onerror=\"document.title='owned'\"> 👋"
    await say(listener, markup)
    said = desk.page.get_by_role("log").get_by_role("listitem").filter(has_text="Finn Fan")
    await expect(said.get_by_text(markup)).to_be_visible()
    await expect(said.locator("b", has_text="Hello")).to_have_count(0)
    await say(desk, "Welcome, Finn")
    answer = listener.page.get_by_role("log").get_by_role("listitem").filter(has_text="Welcome, Finn")
    await expect(answer).to_contain_text("Olga Owner")
    await expect(answer).to_contain_text("Host")
    await expect(listener.page.get_by_role("log").get_by_text(markup)).to_have_count(1)
    assert await desk.page.title() != "owned"

    guest: Visitor = await visitor("/c/cafe-sao-paulo", width=390)
    await listener.page.get_by_role("button", name=re.compile("^Like,")).click()
    for page in (listener.page, guest.page):
        await expect(page.get_by_role("button", name="Like, 1 so far")).to_be_visible()
    await guest.page.get_by_role("button", name="Like, 1 so far").click()
    await expect(guest.page.get_by_role("dialog", name="Sign in")).to_be_visible()

    await desk.page.get_by_role("button", name="Stop").click()
    await desk.page.get_by_role("dialog").get_by_role("button", name="Keep going").click()
    await expect(region(desk.page, "On air")).to_be_visible()
    await desk.page.get_by_role("button", name="Stop").click()
    await desk.page.get_by_role("dialog").get_by_role("button", name="End the show").click()
    await expect(desk.page.get_by_role("heading", name="Go live")).to_be_visible()
    await listener.shows("The show has ended")
    await expect(station.get_by_text("Off air")).to_be_visible()
    await expect(card).to_have_count(0)
    for one in (home, listener):
        await one.is_the_same_page()


async def test_sound_from_a_source_to_the_ear(site: Gateway, visitor: Open) -> None:
    owner = await site.account(Role.OWNER)
    channel = await site.channel(owner, "tone-fm")
    desk: Visitor = await visitor("/station")
    await desk.sign_in(owner)
    light = desk.page.get_by_role("status").filter(has_text=re.compile("Waiting for sound|Connected"))
    await expect(light).to_have_text("Waiting for sound")
    listener: Visitor = await visitor(width=390)
    # The player makes its element by itself and never puts it on the page: keep hold of it.
    await listener.page.add_init_script(
        "const Made = window.Audio; window.Audio = function () { return (window.heard = new Made()); };"
    )
    await listener.open("/c/tone-fm")
    path, password = "/tone-fm", channel["source"]["password"]
    async with ffmpeg(site.source_port, path=path, password=password):
        await expect(light).to_have_text("Connected")
        await expect(region(desk.page, "On air").get_by_text("Sound is arriving")).to_be_visible()
        await listener.page.get_by_role("button", name="Listen live").click()
        await expect(region(listener.page, "Player").get_by_text("Live", exact=True)).to_be_visible()
        for _ in range(2):
            position = await listener.page.evaluate("window.heard.currentTime")
            await listener.page.wait_for_function("then => window.heard.currentTime > then + 0.5", arg=position)
        # Page and sound of one person are one listener; the desk is none.
        await expect(region(listener.page, "Station")).to_contain_text(re.compile(r"1\s*listener(?!s)"))
        await expect(region(desk.page, "On air")).to_contain_text(re.compile(r"Listeners\s*1.*Watching\s*0"))
    await expect(light).to_have_text("Waiting for sound")
    await expect(region(listener.page, "Station").get_by_text("No sound")).to_be_visible()
    async with ffmpeg(site.source_port, path=path, password=password):
        await expect(light).to_have_text("Connected")
        # The player comes back by itself.
        await expect(region(listener.page, "Player").get_by_text("Live", exact=True)).to_be_visible()
        position = await listener.page.evaluate("window.heard.currentTime")
        await listener.page.wait_for_function("then => window.heard.currentTime > then + 0.5", arg=position)
        await listener.page.get_by_role("button", name="Close player").click()
        await expect(region(listener.page, "Player")).to_have_count(0)


async def test_pages_outlive_a_killed_server(site: Gateway, visitor: Open) -> None:
    owner, fan = await site.account(Role.OWNER), await site.account(Role.LISTENER, "Rita")
    await site.channel(owner, "phoenix")
    desk: Visitor = await visitor("/station", allowed=UNREACHABLE)
    await desk.sign_in(owner)
    await go_live(desk, "Unbroken")
    listener: Visitor = await visitor("/c/phoenix", allowed=UNREACHABLE)
    await listener.page.get_by_role("banner").get_by_role("button", name="Sign in").click()
    await listener.sign_in(fan)
    await say(listener, "before")
    await expect(desk.page.get_by_role("log").get_by_text("before")).to_be_visible()
    for one in (desk, listener):
        await one.mark()

    site.kill()
    for one in (desk, listener):
        await expect(one.page.get_by_role("status", name="Connection")).to_contain_text("Reconnecting")
    await expect(listener.page.get_by_role("button", name="Send")).to_be_disabled()
    site.start()
    for one in (desk, listener):
        await expect(one.page.get_by_role("status", name="Connection")).to_have_text("")
    await expect(listener.page.get_by_role("heading", name="Unbroken")).to_be_visible()
    await say(listener, "after")
    for one in (desk, listener):
        log = one.page.get_by_role("log")
        await expect(log.get_by_text("before")).to_have_count(1)
        await expect(log.get_by_text("after")).to_have_count(1)
    await desk.page.get_by_role("textbox", name="Track").fill("Ashes")
    await desk.page.get_by_role("button", name="Update").click()
    await expect(region(listener.page, "Station").get_by_text("Ashes")).to_be_visible()
    for one in (desk, listener):
        await one.is_the_same_page()


async def test_a_page_whose_network_fails_misses_nothing(site: Gateway, visitor: Open) -> None:
    owner = await site.account(Role.OWNER)
    await site.channel(owner, "tunnel")
    desk: Visitor = await visitor("/station")
    await desk.sign_in(owner)
    await go_live(desk, "Underground")
    async with Proxy(site.port) as proxy:
        listener: Visitor = await visitor("/c/tunnel", base=proxy.url, allowed=UNREACHABLE)
        log = listener.page.get_by_role("log")
        await say(desk, "first")
        await expect(log.get_by_text("first")).to_be_visible()
        await listener.mark()
        proxy.cut()
        await expect(listener.page.get_by_role("status", name="Connection")).to_contain_text("Reconnecting")
        for text in ("second", "third"):
            await say(desk, text)
            await expect(desk.page.get_by_role("log").get_by_text(text)).to_be_visible()
        resumed = await _resumed(site)
        proxy.mend()
        await expect(listener.page.get_by_role("status", name="Connection")).to_have_text("")
        for text in ("first", "second", "third"):
            await expect(log.get_by_text(text)).to_have_count(1)
        assert await _resumed(site) == resumed + 1
        await listener.is_the_same_page()


async def _resumed(site: Gateway) -> int:
    async with httpx.AsyncClient() as http:
        text = (await http.get(f"{site.url}/metrics")).text
    found = re.search(r'touchline_recoveries_total\{outcome="resumed"\} (\d+)', text)
    return int(found[1]) if found else 0


async def test_who_cannot_sign_in_is_told_why(site: Gateway, visitor: Open) -> None:
    owner, fan = await site.account(Role.OWNER, "Olaf Owner"), await site.account(Role.LISTENER, "Liv Listener")
    guest: Visitor = await visitor("/station", allowed=REFUSED_LOGIN)
    await guest.sign_in(owner, "not the password")
    await expect(guest.page.get_by_role("alert")).to_have_text(re.compile("password", re.IGNORECASE))
    await guest.sign_in(fan)
    await expect(guest.page.get_by_role("alert")).to_contain_text("Only station owners can broadcast")
    await guest.page.get_by_role("button", name="Sign in as somebody else").click()
    await guest.sign_in(owner)
    await expect(guest.page.get_by_role("heading", name="Name your station")).to_be_visible()


async def test_a_stored_session_that_is_no_good_any_more(site: Gateway, visitor: Open) -> None:
    fan = await site.account(Role.LISTENER, "Vera")
    await site.channel(await site.account(Role.OWNER), "memory")
    signed_in: Visitor = await visitor("/c/memory")
    await signed_in.page.get_by_role("banner").get_by_role("button", name="Sign in").click()
    await signed_in.sign_in(fan)
    await expect(signed_in.page.get_by_text("Vera")).to_be_visible()
    # An access token that ended while the device slept is renewed before anybody notices.
    kept_token = await signed_in.page.evaluate(REFRESH_TOKEN)
    await signed_in.page.evaluate(SPOIL, {})
    await signed_in.page.reload()
    await say(signed_in, "still me")
    await expect(signed_in.page.get_by_role("log").get_by_text("still me")).to_be_visible()
    await expect(signed_in.page.get_by_text("Vera").first).to_be_visible()
    assert await signed_in.page.evaluate(REFRESH_TOKEN) != kept_token
    # What nobody accepts any more makes a guest of the page, which works and says so: what is no token, and the token
    # of a login that was ended elsewhere.
    signed_in.allowed = REFUSED_LOGIN
    for spoilt in ({"refreshToken": "no token"}, {}):
        kept_token = await signed_in.page.evaluate(REFRESH_TOKEN)
        if not spoilt:
            async with httpx.AsyncClient(base_url=site.url) as rest:
                assert (await rest.post("/api/auth/logout", json={"refreshToken": kept_token})).status_code == 204
        await signed_in.page.evaluate(SPOIL, spoilt)
        await signed_in.page.reload()
        await expect(signed_in.page.get_by_role("log").get_by_text("still me")).to_be_visible()
        await signed_in.page.get_by_role("banner").get_by_role("button", name="Sign in").click()
        dialog = signed_in.page.get_by_role("dialog")
        await expect(dialog.get_by_role("alert")).to_have_text("Your session ended. Please sign in again.")
        await signed_in.sign_in(fan)
        await expect(signed_in.page.get_by_label("Message")).to_be_visible()
        await expect(signed_in.page.get_by_role("status", name="Connection")).to_have_text("")
