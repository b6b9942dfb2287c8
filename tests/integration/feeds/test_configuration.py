"""Feeds by file and by hand, and the supervisor that runs them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from feeds.configuration import FeedsFile, read_feeds_file
from feeds.contracts import ConfigureFeed
from feeds.live.supervisor import Supervisor
from feeds.service import FeedService
from kit.errors import Conflict, InvalidPayload, NotFound
from kit.outbound import Guard
from kit.session import Role
from monitoring.service import AuditLog
from tests.harness import eventually
from tests.integration.feeds import test_runner
from tests.integration.feeds.test_runner import GUARD, SUMMARY, Rig, espn_goals
from tests.support.doubles import caller

rig = test_runner.rig


def entry(server: str, match: str = "espn:77", interval: int = 5) -> str:
    return f"""
[[feed]]
match = "{match}"
provider = "espn"
baseUrl = "{server}"
intervalS = {interval}
options = {{ league = "eng.1" }}
"""


async def test_a_file_is_followed(rig: Rig, tmp_path: Path) -> None:
    await rig.prepare("sportradar", api_key_env="FEED_KEY")
    path = tmp_path / "feeds.toml"
    file = FeedsFile(path, database=rig.database, matches=rig.port, feeds=rig.feeds)

    moments: list[int] = []

    async def after(text: str) -> dict[str, float]:
        path.write_text(text)
        moments.append(len(moments) * 10**9)
        os.utime(path, ns=(moments[-1], moments[-1]))
        await file.apply()
        items = (await rig.feeds.page(match_id=None, before=None, limit=50)).items
        return {feed.provider: feed.interval_s for feed in items}

    assert await after("") == {"sportradar": 5}
    assert await after(entry(rig.server.url)) == {"sportradar": 5, "espn": 5}
    assert await after(entry(rig.server.url, interval=7)) == {"sportradar": 5, "espn": 7}
    assert await after(entry(rig.server.url, interval=9) + entry(rig.server.url, "espn:none")) == {
        "sportradar": 5, "espn": 9,
    }  # fmt: skip
    assert await after("not TOML") == {"sportradar": 5, "espn": 9}, "what cannot be read changes nothing"
    assert await after("# none\n") == {"sportradar": 5}, "what REST configured stays"


@pytest.mark.parametrize(
    "text", ["feed = 5", "[[feed]]\nprovider = 'espn'", "[[feed]]\nmatch = 'a'\nprovider = 'x'", "[x]", "\0"]
)
def test_a_file_that_is_no_good(tmp_path: Path, text: str) -> None:
    path = tmp_path / "feeds.toml"
    path.write_text(text)
    with pytest.raises(InvalidPayload):
        read_feeds_file(path)


async def test_what_would_not_work_is_refused(rig: Rig) -> None:
    await rig.prepare("espn", options={"league": "eng.1"})
    wrong = [
        ConfigureFeed(provider="espn"),
        ConfigureFeed(provider="espn", options={"league": "eng.1", "color": "red"}),
        ConfigureFeed(provider="espn", options={"league": "eng.1"}, base_url="http://169.254.169.254"),
    ]
    for feed in wrong:
        with pytest.raises(InvalidPayload):
            await rig.feeds.configure(rig.feed_id, feed)
    with pytest.raises(Conflict):
        await rig.feeds.configure(rig.feed_id, ConfigureFeed(provider="sportradar", api_key_env="FEED_X"))
    await rig.feeds.remove(rig.feed_id)
    with pytest.raises(NotFound):
        await rig.feeds.get(rig.feed_id)


async def test_the_leader_runs_what_is_configured(rig: Rig) -> None:
    await rig.prepare("espn", options={"league": "eng.1"})
    rig.server.scripts[SUMMARY] = [espn_goals("1")]
    leads = [False]
    supervisor = Supervisor(
        database=rig.database,
        matches=rig.port,
        pacer=rig.time,
        ids=rig.ids,
        leads=lambda: leads[0],
        environ={},
        guard=GUARD,
    )

    async def one() -> bool:
        return (await rig.score()) == ("1", "0")

    async with supervisor.running():
        await supervisor.tick()
        assert not rig.server.asked, "only the leader asks"
        leads[0] = True
        await supervisor.tick()
        await eventually(one)
        await rig.feeds.configure(
            rig.feed_id,
            ConfigureFeed(provider="espn", options={"league": "eng.1"}, base_url=rig.server.url, enabled=False),
        )
        await supervisor.tick()
        asked = len(rig.server.asked)
        await supervisor.tick()
        assert len(rig.server.asked) == asked


def service(rig: Rig, answers: dict[str, list[str]], environ: dict[str, str] | None = None) -> FeedService:
    """The configuration of a server that asks the public internet alone, with these names in it."""

    async def resolve(host: str, _port: int) -> list[str]:
        if host not in answers:
            raise OSError("Name or service not known")
        return answers[host]

    return FeedService(
        database=rig.database, matches=rig.port, audit=AuditLog(clock=rig.time, ids=rig.ids), clock=rig.time,
        ids=rig.ids, guard=Guard(resolve=resolve), environ=environ or {},
    )  # fmt: skip


async def test_an_admin_cannot_point_a_feed_into_the_network(rig: Rig) -> None:
    await rig.prepare("espn", options={"league": "eng.1"})
    admin = caller(Role.ADMIN)
    names = {
        "169.254.169.254.nip.example": ["169.254.169.254"], "redis": ["172.18.0.2"],
        "split.example": ["8.8.8.8", "::1"], "provider.example": ["8.8.8.8"], "push.example": ["2606:4700:4700::1111"],
    }  # fmt: skip
    feeds = service(rig, names)

    def at(base_url: str | None, *redirects: str) -> ConfigureFeed:
        options = {"league": "eng.1"}
        return ConfigureFeed(provider="espn", options=options, base_url=base_url, redirect_hosts=list(redirects))

    for new, words in [
        (at("https://169.254.169.254.nip.example"), "leads to 169.254.169.254"), (at("https://redis"), "172.18.0.2"),
        (at("https://redis:6379"), "Port 6379"), (at("https://[64:ff9b::a9fe:a9fe]"), "private"),
        (at("https://split.example"), "::1"), (at("https://nowhere.example"), "no address of nowhere"),
        (at("https://provider.example", "redis"), "Redirect hosts.*172.18"),
        (at("https://provider.example", "2852039166"), "Redirect hosts.*number"),
    ]:  # fmt: skip
        with pytest.raises(InvalidPayload, match=words):
            await feeds.configure(rig.feed_id, new, actor=admin)
    assert (await feeds.get(rig.feed_id)).base_url == rig.server.url, "what was refused changed nothing"
    kept = await feeds.configure(rig.feed_id, at("https://Provider.example./x/", "push.example"), actor=admin)
    assert (kept.base_url, kept.redirect_hosts) == ("https://provider.example/x", ["push.example"])
    # The name server is away: what is stored already may be told again, and the provider's own address too.
    feeds = service(rig, {})
    assert (await feeds.configure(rig.feed_id, at("https://provider.example/x", "push.example"), actor=admin)).enabled
    assert (await feeds.configure(rig.feed_id, at(None), actor=admin)).base_url.startswith("https://site.api.espn.com")


async def test_a_key_goes_only_to_whom_it_was_made_for(rig: Rig) -> None:
    await rig.prepare("sportradar", api_key_env="FEED_KEY")
    names = {"mirror.example": ["8.8.8.8"], "thief.example": ["8.8.4.4"]}
    feeds = service(rig, names, {"FEED_KEY": "k", "FEED_KEY_HOSTS": "other.example, Mirror.example"})

    def at(base_url: str | None) -> ConfigureFeed:
        return ConfigureFeed(provider="sportradar", api_key_env="FEED_KEY", base_url=base_url)

    with pytest.raises(InvalidPayload, match=r"FEED_KEY_HOSTS=thief\.example"):
        await feeds.configure(rig.feed_id, at("https://thief.example"), actor=caller(Role.ADMIN))
    for allowed in (None, "https://mirror.example/sr"):
        assert (await feeds.configure(rig.feed_id, at(allowed), actor=caller(Role.ADMIN))).api_key_env == "FEED_KEY"
    # What was stored before the rule, or by a file that changed, is not asked either.
    await feeds.configure(rig.feed_id, at("https://mirror.example/sr"))
    supervisor = Supervisor(
        database=rig.database, matches=rig.port, pacer=rig.time, ids=rig.ids, leads=lambda: True,
        environ={"FEED_KEY": "k"}, guard=GUARD,
    )  # fmt: skip
    async with supervisor.running():
        await supervisor.tick()
        state = (await feeds.get(rig.feed_id)).state
        assert state.stale
        assert "FEED_KEY_HOSTS" in (state.last_error or "")
