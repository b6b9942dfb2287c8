"""A feed from the provider's door to the stored match: real HTTP, both databases, and everything that goes wrong."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest

from feeds.adapter import Adapter
from feeds.contracts import ConfigureFeed, CreateFeed
from feeds.files.recording import QUALIFIERS
from feeds.live.breaker import THRESHOLD, Breaker
from feeds.live.fed_matches import FedMatches
from feeds.live.runner import Runner, Superseded
from feeds.outbound import Outbound, new_client
from feeds.providers.espn import Espn
from feeds.providers.sportradar import Sportradar
from feeds.service import FeedService
from kit.contracts import Instant
from kit.db import Database
from kit.ids import UlidGenerator
from kit.outbound import Guard
from kit.session import Role
from kit.snapshots import Snapshots
from matches.alerts.service import AlertService
from matches.feed_port import FeedPort
from matches.service import MatchService
from monitoring.service import AuditLog
from scoring.model import (
    CreateMatch,
    IngestResult,
    Match,
    NewCompetition,
    NewCompetitor,
    Sport,
)
from tests.harness import eventually
from tests.support.doubles import caller
from tests.support.feed_fixtures import (
    SR,
    START,
    espn_key_event,
    espn_sides,
    espn_status,
    espn_summary,
    sr_event,
    sr_status,
    sr_timeline,
    target,
)
from tests.support.samples import NoSharedCache
from tests.support.standin import Reply, StandIn, ok

LIVE = espn_status("STATUS_FIRST_HALF", "in", 1)
SUMMARY = "/soccer/eng.1/summary"
TIMELINE = f"/soccer/trial/v4/en/sport_events/{SR}/timeline.json"
DELTA = "/soccer/trial/v4/en/schedules/live/timelines_delta.json"
SUBSCRIBE = "/soccer/trial/stream/events/subscribe"


class Time:
    """A clock that is moved by hand; waiting gives way to others and moves nothing."""

    def __init__(self) -> None:
        self.ms = START.ms + 600_000

    def now_ms(self) -> int:
        return self.ms

    async def wait(self, seconds: float) -> None:  # noqa: ARG002 - Pacer
        await asyncio.sleep(0.01)


class NoRooms:
    offset = "0"

    async def join(self, connection_id: str, room: str) -> str:  # noqa: ARG002 - Rooms
        return self.offset

    async def leave(self, connection_id: str, room: str) -> None:
        """Nobody is there."""


GUARD = Guard(allow_private=True)
KEYS = {"FEED_KEY": "key", "FEED_KEY_HOSTS": "127.0.0.1"}


class Rig:
    """One match, its feed, and the provider's stand-in."""

    def __init__(self, database: Database, server: StandIn, http: httpx.AsyncClient) -> None:
        self.database, self.server, self.http = database, server, http
        self.time = Time()
        self.ids = UlidGenerator(self.time)
        snapshots = Snapshots(lambda _room: "0")
        self.service = MatchService(
            database=database,
            rooms=NoRooms(),
            snapshots=snapshots,
            shared_cache=NoSharedCache(),
            clock=self.time,
            ids=self.ids,
        )
        self.port = FeedPort(self.service, database=database, clock=self.time, ids=self.ids)
        self.matches = FedMatches(self.port, database)
        audit = AuditLog(clock=self.time, ids=self.ids)
        self.feeds = FeedService(
            database=database, matches=self.port, audit=audit, clock=self.time, ids=self.ids, guard=GUARD, environ=KEYS
        )
        self.breaker = Breaker(self.time)
        self.match_id = self.feed_id = ""

    async def prepare(self, provider: str, sport: Sport = "football", **feed: Any) -> None:
        sides = [
            NewCompetitor(id=name, name=name.title(), abbreviation=name[:3], qualifier=qualifier)
            for name, qualifier in zip(("red", "blue"), QUALIFIERS, strict=True)
        ]
        match, _ = await self.service.create(
            CreateMatch(
                sport=sport,
                competition=NewCompetition(id="l", name="League"),
                scheduled_at=START,
                competitors=sides,
                external_ids={"espn": "77", "sportradar": SR},
            )
        )
        new = CreateFeed(match_id=match.id, provider=provider, base_url=self.server.url, **feed)
        self.match_id, self.feed_id = match.id, (await self.feeds.create(new, actor=caller(Role.ADMIN))).id

    def runner(self, adapter: Adapter, matches: FedMatches | None = None) -> Runner:
        return Runner(
            feed_id=self.feed_id, match_id=self.match_id, interval_s=5, adapter=adapter, breaker=self.breaker,
            database=self.database, matches=matches or self.matches, pacer=self.time, ids=self.ids,
            chance=lambda: 1.0,
        )  # fmt: skip

    def out(self) -> Outbound:
        return Outbound(self.http, GUARD, self.server.url, clock=self.time)

    async def espn(self) -> Runner:
        await self.prepare("espn", options={"league": "eng.1"})
        runner = self.runner(Espn(target(league="eng.1"), self.out()))
        await runner.load()
        return runner

    def sportradar(self, **options: str) -> Runner:
        adapter = Sportradar(target(external_id=SR, **options), self.out(), "key")
        adapter.heartbeat_s = 1.5  # a busy machine says nothing for a while, too
        return self.runner(adapter)

    async def match(self) -> Match:
        return await self.service.get(self.match_id)

    async def score(self) -> tuple[str, str]:
        red, blue = (await self.match()).competitors
        return red.score_display, blue.score_display

    async def state(self) -> Any:
        return (await self.feeds.get(self.feed_id)).state


@pytest.fixture
async def rig(database: Database) -> AsyncIterator[Rig]:
    async with StandIn().serving() as server, new_client(GUARD) as http:
        yield Rig(database, server, http)


def espn_goals(*ids: str, score: str | None = None) -> Reply:
    events = [espn_key_event(event_id, "goal", 1, 60 * int(event_id)) for event_id in ids]
    return ok(espn_summary(LIVE, espn_sides(score or str(len(ids)), "0"), keyEvents=events))


async def test_espn_through_all_that_goes_wrong(rig: Rig) -> None:
    whole = espn_goals("1", "2")
    rig.server.scripts[SUMMARY] = [
        espn_goals("1"),
        espn_goals("2", "1"),  # disorder
        whole,  # the same again
        Reply(whole.body[:-20]),  # truncated JSON
        Reply(whole.body, cut=50),  # a broken connection
        Reply(status=500),
        espn_goals("1"),  # an event is missing once
        whole,
        espn_goals("1"),  # twice running
        espn_goals("1"),
        espn_goals("1", "3"),
    ]
    runner = await rig.espn()
    scores = []
    for _ in range(11):
        await runner.step()
        rig.time.ms += 5000
        scores.append((await rig.score())[0])
    assert scores == ["1", "2", "2", "2", "2", "2", "2", "2", "2", "1", "2"]
    state = await rig.state()
    assert (state.errors, state.failures, state.rejected, state.differs) == (3, 0, 0, False)
    events = (await rig.service.events(rig.match_id, before=None, limit=50)).items
    assert {event.event_id: event.op for event in events if event.type == "goal"} == {
        "1": "add", "2": "delete", "3": "add",
    }  # fmt: skip
    raw = (await rig.feeds.raw(rig.feed_id, before=None)).items
    assert json.loads(raw[0].body)["header"]["id"] == "77"
    assert any(message.body.encode() == whole.body[:-20] for message in raw), "what could not be read is kept"


async def test_a_crash_between_storing_and_handing_in_loses_and_doubles_nothing(rig: Rig) -> None:
    class Crash(Exception):
        pass

    class Dying(FedMatches):
        async def ingest(self, match_id: str, ops: Any) -> IngestResult:  # noqa: ARG002 - it dies
            raise Crash

    rig.server.scripts[SUMMARY] = [espn_goals("1")]
    first = await rig.espn()
    adapter = Espn(target(league="eng.1"), rig.out())
    dying = rig.runner(adapter, Dying(rig.port, rig.database))
    await dying.load()
    with pytest.raises(Crash):
        await dying.step()
    assert await rig.score() == ("0", "0")
    rig.server.scripts[SUMMARY] = [espn_goals("1", "2")]
    await first.load()
    await first.step()
    assert await rig.score() == ("2", "0")
    seq = (await rig.match()).seq
    again = rig.runner(adapter)
    await again.load()
    await again.step()
    assert (await rig.match()).seq == seq, "after a restart the same message changes nothing"


async def test_a_worker_that_lost_its_lead_writes_nothing(rig: Rig) -> None:
    rig.server.scripts[SUMMARY] = [espn_goals("1")]
    old = await rig.espn()
    new = rig.runner(Espn(target(league="eng.1"), rig.out()))
    await new.load()
    await new.step()
    rig.server.scripts[SUMMARY] = [espn_goals("1", "2")]
    with pytest.raises(Superseded):
        await old.step()
    assert await rig.score() == ("1", "0")


async def test_a_pause_that_is_asked_for_is_kept_and_a_silent_feed_is_stale(rig: Rig) -> None:
    rig.server.scripts[SUMMARY] = [espn_goals("1"), Reply(status=429, headers={"Retry-After": "90"}), espn_goals("1")]
    runner = await rig.espn()
    await runner.step()
    feed = (await rig.match()).feed
    assert feed is not None
    assert (feed.provider, feed.stale, feed.updated_at) == ("espn", False, Instant(rig.time.ms))
    await runner.step()
    asked = rig.server.count(SUMMARY)
    rig.time.ms += 60_000
    assert await runner.step() == 30
    assert rig.server.count(SUMMARY) == asked
    feed = (await rig.match()).feed
    assert feed is not None
    assert feed.stale
    assert (await rig.state()).breaker == "open"
    rig.time.ms += 30_000
    await runner.step()
    feed = (await rig.match()).feed
    assert feed is not None
    assert not feed.stale
    assert (await rig.state()).breaker == "closed"


async def test_the_breaker_spares_a_provider_that_is_down(rig: Rig) -> None:
    rig.server.scripts[SUMMARY] = [Reply(status=503)]
    runner = await rig.espn()
    for _ in range(THRESHOLD + 5):
        await runner.step()
    assert rig.server.count(SUMMARY) == THRESHOLD
    state = await rig.state()
    assert (state.breaker, state.errors, state.last_error) == ("open", THRESHOLD, "The provider answered 503.")


async def test_a_score_that_stays_apart_is_an_alert_until_it_agrees(rig: Rig) -> None:
    alerts = AlertService(rig.database)
    runner = await rig.espn()

    async def after(reply: Reply) -> list[tuple[int, int, int]]:
        rig.server.scripts[SUMMARY] = [reply]
        rig.time.ms += 5000
        await runner.step()
        found = (await alerts.page(before=None, limit=10)).items
        return [(one.stated["red"], one.folded["red"], one.opened_at.ms) for one in found]

    assert await after(espn_goals("1", score="2")) == []
    assert await after(espn_goals("1", "2")) == [(2, 1, rig.time.ms)], "it was still apart when asked again"
    assert await after(espn_goals("1", "2", score="1")) == [], "the goal came late"
    assert await after(espn_goals("1", "2", score="4")) == [(1, 2, rig.time.ms)]
    opened = rig.time.ms
    assert await after(espn_goals("1", "2", score="4")) == [(4, 2, opened)], "one alert, whatever the difference"
    off = ConfigureFeed(provider="espn", options={"league": "eng.1"}, base_url=rig.server.url, enabled=False)
    await rig.feeds.configure(rig.feed_id, off)
    assert await alerts.count() == 0
    assert (await rig.match()).feed is None
    await runner.check()
    assert await after(espn_goals("1", "2", score="7")) == [], "a runner that does not know yet says nothing"
    assert (await rig.match()).feed is None


def sr_goal(event_id: int, minute: int, **more: Any) -> dict[str, Any]:
    return sr_event(event_id, "score_change", f"{minute}:00", competitor="home", period=1, **more)


async def test_sportradar_asks_for_deltas_and_for_changed_timelines_only(rig: Rig) -> None:
    await rig.prepare("sportradar", api_key_env="FEED_KEY")
    status = sr_status("1st_half", 1, 0, [(1, 0)])
    rig.server.scripts[TIMELINE] = lambda asked: (
        Reply(status=304)
        if asked.headers.get("if-none-match") == '"a"'
        else ok(sr_timeline(status, sr_goal(100, 5)), ETag='"a"')
    )
    rig.server.scripts[DELTA] = [
        ok({"sport_event_timelines": [{"id": SR, "timeline": [sr_goal(101, 9), sr_goal(100, 5)]}]})
    ]
    runner = rig.sportradar()
    await runner.load()
    for pause in (5, 5, 60):
        await runner.step()
        rig.time.ms += pause * 1000
    assert await rig.score() == ("2", "0")
    assert (rig.server.count(TIMELINE), rig.server.count(DELTA)) == (1, 2)
    await runner.step()
    assert rig.server.count(TIMELINE) == 2, "a gap longer than the window needs the whole timeline"
    assert await rig.score() == ("2", "0"), "not modified is no miss"
    assert {asked.headers["x-api-key"] for asked in rig.server.asked} == {"key"}
    assert not any("key" in asked.query for asked in rig.server.asked)


async def test_an_older_answer_does_not_undo_a_newer_one(rig: Rig) -> None:
    await rig.prepare("sportradar", api_key_env="FEED_KEY")
    newer = sr_timeline(sr_status("1st_half", 1, 0, [(1, 0)]), sr_goal(100, 5), at="18:40:10")
    older = sr_timeline(sr_status("halftime", 0, 0, [(0, 0)]), at="18:40:00")
    rig.server.scripts[TIMELINE] = [ok(newer), ok(older)]
    runner = rig.sportradar()
    await runner.load()
    for _ in range(3):
        await runner.step()
        rig.time.ms += 61_000
    assert (await rig.score(), (await rig.match()).status) == (("1", "0"), "live")
    assert (await rig.state()).skipped["older answer"] == 2


def push(event: dict[str, Any]) -> bytes:
    return json.dumps({"payload": {"event": event}, "metadata": {"sport_event_id": SR}}).encode() + b"\n"


BEAT = b'{"heartbeat":{"from":1,"to":6,"interval":5}}\n'


@pytest.mark.parametrize("ending", ["silence", "end"])
async def test_sportradar_push_reconnects_and_catches_up(rig: Rig, ending: str) -> None:
    await rig.prepare("sportradar", api_key_env="FEED_KEY", options={"push": "yes"})
    goals = [sr_goal(100, 5), sr_goal(101, 9), sr_goal(102, 12)]
    rig.server.scripts[SUBSCRIBE] = [Reply(status=302, headers={"Location": "/pushed?t=1"})]
    rest = [b""] if ending == "end" else []
    rig.server.scripts["/pushed"] = [
        Reply(lines=[BEAT, push(goals[0]), push(goals[0])[:30], push(goals[0])[30:], b"rubbish\n", BEAT, *rest]),
        Reply(lines=[BEAT, push(goals[2]), push(goals[0]), *[BEAT] * 3]),
    ]

    # The second goal fell while the stream was down: only the timeline has it, and only from then on.
    def timeline(_asked: object) -> Reply:
        known = goals[:2] if rig.server.count("/pushed") > 1 else []
        return ok(sr_timeline(sr_status("1st_half", len(known), 0, [(len(known), 0)]), *known))

    rig.server.scripts[TIMELINE] = timeline
    rig.server.scripts[DELTA] = [ok({"sport_event_timelines": []})]
    task = asyncio.create_task(rig.sportradar(push="yes").run())

    async def three() -> bool:
        return (await rig.score()) == ("3", "0")

    try:
        await eventually(lambda: task.done() or three())
        assert not task.done(), task
        assert rig.server.count("/pushed") >= 2
        events = (await rig.service.events(rig.match_id, before=None, limit=50)).items
        assert sorted(event.event_id for event in events if event.type == "goal") == ["100", "101", "102"]
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
