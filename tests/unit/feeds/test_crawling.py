"""Sites are left their pauses and their `robots.txt`, against a real server."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import httpx
import pytest

from feeds import crawling
from feeds.crawling import MAX_PAUSE_S, PAUSE_S, ROBOTS_S, UNREACHABLE_S, Crawler
from feeds.outbound import Answer, FeedError, Outbound, new_client
from kit.outbound import Guard
from tests.support.doubles import ManualClock
from tests.support.standin import Reply, StandIn

GUARD = Guard(allow_private=True)
ROBOTS = "/robots.txt"


class Waited(ManualClock):
    """A clock on which waiting is all that takes time."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        self.forward(seconds)
        await asyncio.sleep(0)


class Site:
    def __init__(self, server: StandIn, http: httpx.AsyncClient) -> None:
        self.server, self.time = server, Waited()
        self.out = Outbound(http, GUARD, server.url, clock=self.time)
        self.crawler = Crawler(self.time)

    async def get(self, path: str = "a", known: Answer | None = None) -> Answer | None:
        return await self.crawler.get(self.out, path, headers={"Accept": "text/html"}, known=known)

    async def refusal(self, path: str = "a") -> str:
        with pytest.raises(FeedError) as caught:
            await self.get(path)
        return caught.value.message


@pytest.fixture
async def site() -> AsyncIterator[Site]:
    async with StandIn().serving() as server, new_client(GUARD) as http:
        server.scripts["/a"] = server.scripts["/b"] = [Reply(b"<p>1</p>")]
        yield Site(server, http)


RULES = b"""
User-agent: *
Disallow: /

User-agent: Touchline
Disallow: /live
Allow: /live/open
Disallow: /*.php$
Disallow: /x?secret
"""


@pytest.mark.parametrize(
    ("path", "allowed"),
    [
        ("a", True), ("live", False), ("live/closed", False), ("live/open/1", True), ("a.php", False),
        ("a.php?x=1", True), ("x?secret=1", False), ("x?open=1", True), ("%6Cive", False),
    ],
)  # fmt: skip
async def test_the_longest_rule_of_our_own_group_decides(site: Site, path: str, *, allowed: bool) -> None:
    site.server.scripts[ROBOTS] = [Reply(RULES)]
    site.server.scripts["/" + path.partition("?")[0]] = [Reply(b"<p>1</p>")]
    if allowed:
        assert await site.get(path) is not None
    else:
        assert "robots.txt does not allow" in await site.refusal(path)
        assert [asked.path for asked in site.server.asked] == [ROBOTS]
    assert site.server.asked[0].headers["user-agent"].lower() == crawling.PRODUCT_TOKEN


@pytest.mark.parametrize("status", [400, 401, 403, 404, 410])
async def test_a_site_without_rules_is_open(site: Site, status: int) -> None:
    site.server.scripts[ROBOTS] = [Reply(status=status)]
    assert await site.get() is not None


@pytest.mark.parametrize(
    "reply",
    [Reply(status=500), Reply(status=503), Reply(status=429), Reply(b"User-agent: *", cut=3)],
)
async def test_a_site_whose_rules_cannot_be_had_is_closed_for_a_while(site: Site, reply: Reply) -> None:
    site.server.scripts[ROBOTS] = [reply, Reply(b"User-agent: *\nAllow: /")]
    for _ in range(3):
        assert "robots.txt cannot be had" in await site.refusal()
    assert [asked.path for asked in site.server.asked] == [ROBOTS]
    site.time.forward(UNREACHABLE_S)
    assert await site.get() is not None


async def test_rules_are_kept_for_a_day_at_most(site: Site) -> None:
    site.server.scripts[ROBOTS] = [Reply(b"User-agent: *\nAllow: /"), Reply(b"User-agent: *\nDisallow: /")]
    await site.get()
    site.time.forward(ROBOTS_S - PAUSE_S)
    await site.get()
    site.time.forward(PAUSE_S)
    assert "does not allow" in await site.refusal()
    assert site.server.count(ROBOTS) == 2


async def test_rules_of_any_size_and_bytes_are_read_as_far_as_they_count(site: Site) -> None:
    huge = b"\xef\xbb\xbfUser-agent: *\nDisallow: /live\n" + b"# \xff\n" * 200_000 + b"Disallow: /a\n"
    assert len(huge) > crawling.MAX_ROBOTS
    site.server.scripts[ROBOTS] = [Reply(huge)]
    assert await site.get() is not None
    assert "does not allow" in await site.refusal("live")


async def test_a_host_is_asked_once_in_its_pause_however_many_ask(site: Site) -> None:
    site.server.scripts[ROBOTS] = [Reply(status=404)]
    begin = site.time.now_ms()
    site.server.scripts["/b"] = [Reply(status=500), Reply(b"<p>1</p>")]
    results = await asyncio.gather(*(site.get(path) for path in ("a", "b", "c", "b")), return_exceptions=True)
    assert [type(result) for result in results] == [Answer, FeedError, FeedError, Answer]
    assert [asked.path for asked in site.server.asked] == [ROBOTS, "/a", "/b", "/c", "/b"]
    assert site.time.waits == [PAUSE_S] * 3
    assert site.time.now_ms() - begin == 3 * PAUSE_S * 1000


@pytest.mark.parametrize(
    ("delay", "pause"),
    [("90", 90), ("5", PAUSE_S), ("90.5", 90.5), ("1e99", MAX_PAUSE_S), ("nan", PAUSE_S), ("inf", PAUSE_S),
     ("-4", PAUSE_S), ("soon", PAUSE_S)],
)  # fmt: skip
async def test_the_delay_that_a_site_asks_for_is_honoured(site: Site, delay: str, pause: float) -> None:
    site.server.scripts[ROBOTS] = [Reply(f"User-agent: touchline\nCrawl-delay: {delay}".encode())]
    await site.get("a")
    await site.get("b")
    assert site.time.waits == [pause]


async def test_one_page_serves_all_feeds_that_read_it(site: Site) -> None:
    first = await site.get()
    assert await site.get() == first
    assert await site.get(known=first) is None
    assert site.server.count("/a") == 1
    assert not site.time.waits


async def test_a_page_is_asked_for_by_its_tag_and_time(site: Site) -> None:
    stamps = {"ETag": '"1"', "Last-Modified": "Sat, 21 Nov 2026 18:30:00 GMT"}
    site.server.scripts["/a"] = [Reply(b"<p>1</p>", headers=stamps), Reply(status=304), Reply(b"<p>2</p>")]
    first = await site.get()
    site.time.forward(PAUSE_S)
    assert await site.get(known=first) is None
    asked = site.server.asked[-1].headers
    assert (asked["if-none-match"], asked["if-modified-since"]) == (stamps["ETag"], stamps["Last-Modified"])
    assert await site.get() == first  # another feed, which has not had it yet
    site.time.forward(PAUSE_S)
    second = await site.get(known=first)
    assert second is not None
    assert second.body == b"<p>2</p>"
    assert site.server.count("/a") == 3


async def test_redirects_stay_on_the_site_and_within_its_rules(site: Site) -> None:
    site.server.scripts[ROBOTS] = [Reply(b"User-agent: *\nDisallow: /closed")]
    site.server.scripts["/moved"] = [Reply(status=302, headers={"Location": "/a"})]
    site.server.scripts["/trap"] = [Reply(status=302, headers={"Location": "/closed"})]
    assert await site.get("moved") is not None
    assert "does not allow" in await site.refusal("trap")
    assert site.server.count("/closed") == 0


@pytest.mark.parametrize("hosts", [(), ("127.0.0.1",)])
async def test_another_site_is_never_asked(site: Site, hosts: tuple[str, ...]) -> None:
    async with StandIn().serving() as other, new_client(GUARD) as http:
        site.out = Outbound(http, GUARD, site.server.url, clock=site.time, redirect_hosts=hosts)
        site.server.scripts["/away"] = [Reply(status=302, headers={"Location": f"{other.url}/a"})]
        assert "redirects to" in await site.refusal("away")
        site.crawler = Crawler(site.time)
        site.server.scripts[ROBOTS] = [Reply(status=301, headers={"Location": f"{other.url}/robots.txt"})]
        assert "redirects to" in await site.refusal()
        assert not other.asked


async def test_a_page_without_end_is_left(site: Site) -> None:
    site.server.scripts["/a"] = [Reply(lines=[b"<p>x</p>" * 20_000] * 9)]
    assert "bytes" in await site.refusal()


async def test_hosts_are_forgotten_once_their_pause_is_over(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawling, "MAX_SITES", 1)
    await site.get()
    first = site.crawler._host("127.0.0.1")
    site.crawler._host("a.example")
    assert site.crawler._host("127.0.0.1") is first, "its pause is not over"
    site.time.forward(PAUSE_S)
    site.crawler._host("b.example")
    assert set(site.crawler._hosts) == {"b.example"}


async def test_what_is_kept_for_others_is_bounded(site: Site, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(crawling, "SHARED_PAGES", 1)
    monkeypatch.setattr(crawling, "PAUSE_S", 0.0)
    for path in ("a", "b"):
        await site.get(path)
    assert len(site.crawler._pages) == 1
    monkeypatch.setattr(crawling, "SHARED_BYTES", 1)
    await site.get("a")
    assert not site.crawler._pages
