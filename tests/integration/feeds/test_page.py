"""A page without an API feeds a match: configured by file, and told in words where it fails."""

from __future__ import annotations

from pathlib import Path

from feeds.configuration import FeedsFile
from feeds.crawling import PAUSE_S, Crawler
from feeds.providers.provider import Access
from feeds.providers.registry import provider_named
from tests.integration.feeds import test_runner
from tests.integration.feeds.test_runner import Rig
from tests.support.feed_fixtures import target
from tests.support.standin import Reply

rig = test_runner.rig

ENTRY = """
[[feed]]
match = "espn:77"
provider = "page"
baseUrl = "{url}"

[feed.options]
path = "/live/42?lang=en"
home = "#board > tbody > tr:nth-child(1) > .goals"
away = "#board > tbody > tr:nth-child(2) > .goals"
status = ".state"
statusPattern = "^[^,]+"
statuses = "Kick-off 18:30 = scheduled; 1st half = live 1; Half-time = break 1; Full time = ended"
"""


def page(home: object, away: object, state: str) -> Reply:
    rows = "".join(f"<tr><th>{name}<td class=goals>{goals}" for name, goals in (("Reds", home), ("Blues", away)))
    text = f"<!doctype html><table id=board>{rows}</table><p class=state>{state}</p>"
    return Reply(text.encode(), headers={"Content-Type": "text/html; charset=utf-8"})


async def test_a_page_feeds_a_match(rig: Rig, tmp_path: Path) -> None:
    await rig.prepare("espn", options={"league": "eng.1"}, enabled=False)
    path = tmp_path / "feeds.toml"
    path.write_text(ENTRY.format(url=rig.server.url))
    await FeedsFile(path, database=rig.database, matches=rig.port, feeds=rig.feeds).apply()
    feed = next(one for one in (await rig.feeds.page()).items if one.provider == "page")
    assert (feed.coverage, feed.origin, feed.external_id) == ("score", "file", rig.match_id)

    rig.feed_id = feed.id
    access = Access(outbound=rig.out(), crawler=Crawler(rig.time))
    adapter = provider_named("page").make(target(coverage="score", **feed.options), access)
    runner = rig.runner(adapter)
    await runner.load()
    rig.server.scripts["/robots.txt"] = [Reply(b"User-agent: *\nDisallow: /admin")]
    rig.server.scripts["/live/42"] = [
        page("", "", "Kick-off 18:30"),
        page(1, 0, "1st half, 12'"),
        Reply(page(1, 0, "1st half, 13'").body.replace(b"goals", b"points")),
        Reply(b"<div>" * 30_000),
        page(1, 1, "Half-time"),
        page(2, 1, "Full time"),
    ]
    seen, errors = [], []
    for _ in range(6):
        await runner.step()
        seen.append((await rig.score(), (await rig.match()).status))
        errors.append((await rig.state()).last_error)
        rig.time.ms += round(PAUSE_S * 1000)
    assert seen == [
        (("0", "0"), "scheduled"), (("1", "0"), "live"), (("1", "0"), "live"), (("1", "0"), "live"),
        (("1", "1"), "break"), (("2", "1"), "ended"),
    ]  # fmt: skip
    assert errors[1:4] == [
        None,
        "home: '#board > tbody > tr:nth-child(1) > .goals' finds nothing on the page; it must find one.",
        "The page is nested too deeply to be read.",
    ]
    assert rig.server.count("/robots.txt") == 1
    assert "Full time" in (await rig.feeds.raw(rig.feed_id, before=None)).items[0].body
