"""Addresses behind which there is nothing: a page for people, a problem for programs."""

from __future__ import annotations

from html.parser import HTMLParser

import httpx
import pytest

from kit.session import Role
from tests.e2e.test_matches import MATCH
from tests.live import Gateway

BROWSER = {"accept": "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8"}
PAGES = {
    "/nope": "Page not found",
    "/station/nope": "Page not found",
    "/station/matches/nope/deeper": "Page not found",
    "/admin/nope": "Page not found",
    "/admin/feeds/one/two": "Page not found",
    "/matches/nope": "Page not found",
    "/wp-login.php": "Page not found",
    "/c/": "Page not found",
    "/c/a/b/c": "Page not found",
    "/listen/nope": "Page not found",
    "/c/nope": "Station not found",
    "/c/deleted": "Station not found",
    "/m/nope": "Match not found",
    "/station/matches/nope": "Match not found",
}


class Reader(HTMLParser):
    """The tags of a page, and the text in each."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.texts: dict[str, str] = {}
        self.tags: list[str] = []
        self.links: list[str] = []
        self._open = ""
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self._open = tag
        self.tags.append(tag)
        self.links += [value or "" for name, value in attrs if name == "href" and tag == "a"]

    def handle_endtag(self, tag: str) -> None:  # noqa: ARG002 - the signature is the parser's
        self._open = ""

    def handle_data(self, data: str) -> None:
        self.texts[self._open] = self.texts.get(self._open, "") + data


@pytest.fixture
async def site(gateway: Gateway) -> Gateway:
    owner = await gateway.account(Role.OWNER)
    await gateway.channel(owner, "deleted")
    async with httpx.AsyncClient(base_url=gateway.url, headers=owner.bearer) as rest:
        assert (await rest.delete("/api/channels/deleted")).status_code == 204
    return gateway


async def test_people_get_a_page(site: Gateway) -> None:
    async with httpx.AsyncClient(base_url=site.url, headers=BROWSER) as http:
        for address, title in PAGES.items():
            answer = await http.get(address)
            assert (answer.status_code, answer.headers["content-type"]) == (404, "text/html; charset=utf-8"), address
            read = Reader(answer.text)
            assert read.texts["title"] == f"{title} · Touchline", address
            assert read.texts["h1"] == title
            assert read.texts["code"] == address
            assert read.links == ["/"]
            assert "unsafe" not in answer.headers["content-security-policy"]
            head = await http.head(address)
            assert (head.status_code, head.content) == (404, b"")


async def test_what_an_address_holds_is_no_markup(site: Gateway) -> None:
    async with httpx.AsyncClient(base_url=site.url, headers=BROWSER) as http:
        for sent in (
            "/<script>alert(1)</script>\"'&",
            "/%3Cscript%3E%22",
            "/%E2%80%AEevil",
            "/c/%3Cimg%20src=x%3E",
        ):
            answer = await http.get(sent)
            assert answer.status_code == 404, sent
            read = Reader(answer.text)
            assert read.texts["code"].isascii()
            assert read.tags.count("script") == 1  # the app's own
            assert "img" not in read.tags
        long = (await http.get("/" + "a" * 4000)).text
        assert len(Reader(long).texts["code"]) == 120


async def test_programs_get_a_problem(site: Gateway) -> None:
    async with httpx.AsyncClient(base_url=site.url) as http:
        for address in (*PAGES, "/api/nope"):
            answer = await http.get(address, headers={"accept": "application/json"})
            assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json"), address
        for address in ("/api/nope", "/health/nope", "/assets/nope.js"):
            answer = await http.get(address, headers=BROWSER)
            assert answer.headers["content-type"] == "application/problem+json", address
        assert (await http.post("/nope", headers=BROWSER)).headers["content-type"] == "application/problem+json"


async def test_what_is_there_is_found(site: Gateway) -> None:
    admin, owner = await site.account(Role.ADMIN), await site.account(Role.OWNER)
    channel = await site.channel(owner, "here")
    async with httpx.AsyncClient(base_url=site.url, headers={**BROWSER, **admin.bearer}) as http:
        match = (await http.post("/api/matches", json=MATCH)).json()["id"]
        for address in (
            "/", "/matches", "/c/here", f"/c/{channel['id']}", f"/m/{match}", "/station", "/station/matches",
            f"/station/matches/{match}", "/admin", "/admin/feeds", "/admin/feeds/any", "/admin/alerts", "/admin/audit",
        ):  # fmt: skip
            assert (await http.get(address)).status_code == 200, address
