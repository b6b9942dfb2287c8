"""The bounds of what an owner may do, on both databases."""

from __future__ import annotations

import pytest
from sqlalchemy import update

from kit.contracts import Instant
from kit.db import Database
from kit.errors import Conflict, Forbidden, InvalidPayload, RateLimited
from kit.ids import UlidGenerator
from kit.rate_limits import Rate, RateLimiter
from kit.redis import RedisStore
from kit.session import Role
from matches.api import authorization as desks
from matches.api.authorization import MatchAuthorization
from matches.contracts import EditMatch, ListMatches
from matches.storage.models import MatchRow
from tests.support.doubles import ListAudit, caller
from tests.support.matches_world import Hands, NoRooms
from tests.support.samples import new_match, new_service

pytestmark = pytest.mark.usefixtures("equivalent")

OLGA, OTTO = caller(Role.OWNER, "olga"), caller(Role.OWNER, "otto")
ADMIN, FEED = caller(Role.ADMIN, "ada"), caller(Role.FEED, "fred")


@pytest.fixture
def audit() -> ListAudit:
    return ListAudit()


@pytest.fixture
def desk(database: Database, redis: RedisStore, audit: ListAudit) -> MatchAuthorization:
    clock = Hands()
    matches = new_service(database, NoRooms(), clock, UlidGenerator(clock))
    return MatchAuthorization(matches, rate_limiter=RateLimiter(redis.client), audit=audit)


def entry(event_id: str) -> dict[str, object]:
    return {
        "provider": "hand", "eventId": event_id, "type": "goal", "period": 1, "orderKey": event_id,
        "occurredAt": 0, "competitorId": "red",
    }  # fmt: skip


async def test_open_matches_have_a_bound(desk: MatchAuthorization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "MAX_OPEN", 2)
    first, _ = await desk.create(OLGA, new_match())
    await desk.create(OLGA, new_match())
    with pytest.raises(Conflict, match="not over"):
        await desk.create(OLGA, new_match())
    for other in (OTTO, ADMIN, FEED):
        await desk.create(other, new_match())
    await desk.edit(OLGA, first.id, EditMatch(status="cancelled"))
    await desk.create(OLGA, new_match())
    assert len((await desk.mine(OLGA, ListMatches())).items) == 3


async def test_what_is_no_match_does_not_count(desk: MatchAuthorization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "PER_DAY", Rate(1, per=60))
    with pytest.raises(InvalidPayload):
        await desk.create(OLGA, new_match(config={"overs": 20}))
    await desk.create(OLGA, new_match())
    with pytest.raises(RateLimited) as refused:
        await desk.create(OLGA, new_match())
    assert (refused.value.retry_after or 0) > 50


async def test_changes_have_a_bound_and_a_rate(desk: MatchAuthorization, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desks, "MAX_CHANGES", 2)
    match, _ = await desk.create(OLGA, new_match())
    await desk.ingest(OLGA, match.id, [entry("a")])
    await desk.withdraw(OLGA, match.id, "a", None, "x")
    with pytest.raises(Conflict, match="2 changes"):
        await desk.ingest(OLGA, match.id, [entry("b")])
    assert (await desk.ingest(ADMIN, match.id, [entry("b")])).items[0].result == "applied"
    monkeypatch.setattr(desks, "ENTRIES", Rate(2, per=60))
    other, _ = await desk.create(OTTO, new_match())
    for venue in ("x", "y"):
        await desk.edit(OTTO, other.id, EditMatch(venue=venue))
    with pytest.raises(RateLimited):
        await desk.ingest(OTTO, other.id, [entry("c")])
    for who in (FEED, ADMIN, FEED):
        await desk.edit(who, other.id, EditMatch(venue="z"))


async def test_a_match_of_nobody_is_no_owners(desk: MatchAuthorization, database: Database, audit: ListAudit) -> None:
    match, _ = await desk.create(FEED, new_match())
    async with database.transaction() as tx:
        await tx.session.execute(update(MatchRow).values(created_by=None))
    for call in (
        desk.edit(OLGA, match.id, EditMatch(scheduled_at=Instant(5))),
        desk.ingest(OLGA, match.id, [entry("a")]),
        desk.delete(OLGA, match.id, forced=True),
        desk.delete(FEED, match.id, forced=True),
    ):
        with pytest.raises(Forbidden):
            await call
    assert (await desk.setup(OLGA, match.id)).may_score is False
    assert audit.entries == []
    await desk.delete(ADMIN, match.id, forced=False)
    assert audit.entries == [("ada", "match.delete", match.id, None)]
