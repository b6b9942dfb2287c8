"""What CONTRIBUTING says under *Add a provider*, done: a parish's own results service feeds a match."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any, Literal

import pytest

from feeds.adapter import Adapter, Batch, Raw, Skips, parse_time, read_items, read_shape
from feeds.contracts import CreateFeed
from feeds.lenient import Shape
from feeds.live.supervisor import Supervisor
from feeds.providers import registry
from feeds.providers.provider import Provider
from feeds.service import FeedService
from kit.db import Database
from kit.ids import UlidGenerator
from kit.outbound import Guard
from kit.session import Role
from matches.feed_port import FeedPort
from monitoring.service import AuditLog
from scoring.model import EventOp
from tests.harness import eventually
from tests.support.doubles import ManualClock, caller
from tests.support.feed_fixtures import START
from tests.support.kafka_world import NoRooms
from tests.support.samples import new_match, new_service
from tests.support.standin import StandIn, ok

# src/feeds/providers/parish.py


class Told(Shape, frozen=True, kw_only=True):
    """A match as the service tells it: all that was reported, in any order."""

    reports: list[Any]


class Report(Shape, frozen=True, kw_only=True):
    """One line; `what` may be anything, of which we know goals and the end."""

    number: int
    what: str
    half: int = 0
    minute: int = 0
    side: Literal["home", "away"] | None = None
    at: str | None = None


class Parish(Adapter):
    """Reads one match of the parish."""

    provider = "parish"

    async def fetch_snapshot(self) -> Raw | None:
        """All of the match."""
        answer = await self.outbound.get(f"/matches/{self.target.external_id}.json")
        return Raw(kind="snapshot", body=answer.body, etag=answer.etag) if answer is not None else None

    def normalise(self, raw: Raw, known: Mapping[str, EventOp]) -> Batch:  # noqa: ARG002 - nothing depends on it
        """The reports in our words."""
        skips = Skips()
        told = read_shape(raw.body, Told, skips)
        reports = read_items(told.reports, Report, "report", skips)
        return Batch(ops=[op for one in reports if (op := self._op(one, skips))], complete=True, skipped=skips.counts)

    def _op(self, report: Report, skips: Skips) -> EventOp | None:
        kind = {"GOAL": "goal", "FINAL": "match_end"}.get(report.what)
        if kind is None:
            skips.note("report", report.what)
            return None
        return EventOp(
            provider=self.provider,
            event_id=str(report.number),
            type=kind,
            period=report.half or 2,
            order_key=f"{report.minute:04}",
            occurred_at=parse_time(report.at) or self.target.scheduled,
            competitor_id=self.target.side(report.side) if kind == "goal" else None,
        )


PROVIDER = Provider(
    name="parish",
    make=lambda target, access: Parish(target, access.outbound),
    base_url="https://results.parish.example",
    interval_s=20,
    sports=frozenset({"football"}),
)


class Pacer(ManualClock):
    """A clock that stands; waiting gives way to others."""

    async def wait(self, seconds: float) -> None:  # noqa: ARG002 - Pacer
        await asyncio.sleep(0.01)


async def test_a_new_provider_feeds_a_match(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    # Its line in src/feeds/providers/registry.py
    monkeypatch.setattr(registry, "PROVIDERS", {**registry.PROVIDERS, PROVIDER.name: PROVIDER})
    clock, guard = Pacer(START.ms + 600_000), Guard(allow_private=True)
    ids = UlidGenerator(clock)
    service = new_service(database, NoRooms(), clock, ids)
    matches = FeedPort(service, database=database, clock=clock, ids=ids)
    audit = AuditLog(clock=clock, ids=ids)
    feeds = FeedService(database=database, matches=matches, audit=audit, clock=clock, ids=ids, guard=guard, environ={})
    supervisor = Supervisor(
        database=database, matches=matches, pacer=clock, ids=ids, leads=lambda: True, environ={}, guard=guard
    )
    goal = {"number": 1, "what": "GOAL", "half": 1, "minute": 9, "side": "away", "at": "2026-11-21T18:39:00Z"}
    async with StandIn().serving() as parish, supervisor.running():
        parish.scripts["/matches/7.json"] = [ok({"reports": [goal, {"number": 2, "what": "RAIN"}, "rubbish"]})]
        match, _ = await service.create(new_match(external_ids={"parish": "7"}))
        feed = await feeds.create(
            CreateFeed(match_id=match.id, provider="parish", base_url=parish.url), actor=caller(Role.ADMIN)
        )
        await supervisor.tick()

        async def scored() -> bool:
            return {one.id: one.score for one in (await service.get(match.id)).competitors} == {"red": 0, "blue": 1}

        await eventually(scored)
        parish.scripts["/matches/7.json"] = [ok({"reports": [goal, {"number": 3, "what": "FINAL", "minute": 90}]})]

        async def ended() -> bool:
            return (await service.get(match.id)).status == "ended"

        await eventually(ended)

        async def counted() -> bool:
            clock.forward(10)  # what weighs little is written now and then
            await supervisor.tick()
            return set((await feeds.get(feed.id)).state.skipped) == {"report:RAIN", "unreadable report"}

        await eventually(counted)
    [commentary] = [one for one in (await service.events(match.id, before=None, limit=10)).items if one.type == "goal"]
    assert (commentary.provider, commentary.score_after) == ("parish", {"red": "0", "blue": "1"})
