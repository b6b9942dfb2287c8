"""Events that were entered before it was noted by whom: they stay as they were, and are nobody's."""

from __future__ import annotations

from typing import Any

from sqlalchemy import insert, table
from sqlalchemy.sql import column

from kit.contracts import encode_event
from kit.db import Database
from kit.ids import UlidGenerator
from kit.rate_limits import RateLimiter
from kit.redis import RedisStore
from matches.api.authorization import MatchAuthorization
from tests.integration.matches.test_same_entry import ANNA, BEN, enter, entry, results
from tests.support.doubles import ListAudit
from tests.support.matches_world import NOW, Hands, NoRooms
from tests.support.samples import event, new_match, new_service
from touchline.migrate import migrate


async def test_they_stay_and_nobody_is_asked_about_them(tmp_path: Any, postgres: Any, redis: RedisStore) -> None:
    for url in (f"sqlite:///{tmp_path / 'old.db'}", postgres.new_database()):
        clock = Hands()
        await migrate(url, "0009")
        database = Database(url, clock=clock, ids=UlidGenerator(clock))
        matches = new_service(database, NoRooms(), clock, UlidGenerator(clock))
        desk = MatchAuthorization(matches, rate_limiter=RateLimiter(redis.client), audit=ListAudit())
        match_id = (await desk.create(ANNA, new_match()))[0].id
        goal = event("old", "goal", 1, "red", provider="hand")
        row = {
            "id": "0" * 26, "match_id": match_id, "provider": "hand", "event_id": "old", "revision": 0, "current": True,
            "op": "add", "seq": 1, "period": 1, "order_key": goal.order_key, "payload": encode_event(goal),
            "at_ms": NOW, "received_ms": NOW,
        }  # fmt: skip
        async with database.transaction() as tx:
            events = table("match_events", *(column(name) for name in row))
            await tx.session.execute(insert(events), [row])
            await tx.session.execute(table("matches", column("id"), column("seq")).update().values(seq=1))
        await database.close()
        await migrate(url)
        database = Database(url, clock=clock, ids=UlidGenerator(clock))
        matches = new_service(database, NoRooms(), clock, UlidGenerator(clock))
        desk = MatchAuthorization(matches, rate_limiter=RateLimiter(redis.client), audit=ListAudit())
        assert results(await enter(desk, BEN, match_id, entry("new", goal.occurred_at.ms - NOW))) == ["applied"]
        assert [one.event_id for one in (await matches.events(match_id, before=None, limit=9)).items] == ["old", "new"]
        assert [one.event_id for one in (await desk.authored(ANNA, match_id, 0)).items] == ["new"]
        await database.close()
