"""Feeds by file and by hand, and the supervisor that runs them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from kit.errors import Conflict, InvalidPayload, NotFound
from matches.feeds.configuration import FeedsFile, read_feeds_file
from matches.feeds.contracts import ConfigureFeed
from matches.feeds.supervisor import Supervisor
from tests.harness import eventually
from tests.integration.matches.feeds import test_runner
from tests.integration.matches.feeds.test_runner import SUMMARY, Rig, espn_goals

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
    file = FeedsFile(path, database=rig.database, feeds=rig.feeds)

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
        ConfigureFeed(provider="espn", options={"league": "eng.1"}, base_url="http://10.0.0.1"),
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
        database=rig.database, matches=rig.matches, pacer=rig.time, ids=rig.ids, leads=lambda: leads[0], environ={}
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
