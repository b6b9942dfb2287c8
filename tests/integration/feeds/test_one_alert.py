"""One alert of a match and kind, whoever states a score and however often; it closes when all agree."""

from __future__ import annotations

from collections.abc import AsyncIterator
from functools import partial
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from feeds.outbound import new_client
from feeds.providers.espn import Espn
from kit.db import Database
from matches.alerts.contracts import ScoreAlert
from matches.alerts.repository import AlertRepository
from matches.alerts.service import AlertService
from scoring.model import Difference
from tests.integration.feeds.test_runner import GUARD, LIVE, SUMMARY, Rig
from tests.support.feed_fixtures import espn_key_event, espn_sides, espn_status, espn_summary, target
from tests.support.samples import event, new_match
from tests.support.standin import Reply, StandIn, ok

ENDED = espn_status("STATUS_FULL_TIME", "post", 2, completed=True)


@pytest.fixture
async def rig(database: Database) -> AsyncIterator[Rig]:
    async with StandIn().serving() as server, new_client(GUARD) as http:
        yield Rig(database, server, http)


def says(status: Any, score: int, *goals: str) -> Reply:
    events = [espn_key_event(event_id, "goal", 1, 60 * int(event_id)) for event_id in goals]
    return ok(espn_summary(status, espn_sides(str(score), "0"), keyEvents=events))


async def open_alerts(rig: Rig) -> list[ScoreAlert]:
    alerts = AlertService(rig.database)
    found = (await alerts.page(before=None, limit=10)).items
    assert await alerts.count() == len(found)
    return found


async def test_a_final_score_that_is_stated_corrected_and_stated_again_after_a_restart_is_one_alert(rig: Rig) -> None:
    runner = await rig.espn()

    async def after(reply: Reply) -> list[ScoreAlert]:
        rig.server.scripts[SUMMARY] = [reply]
        for _ in range(3):
            await runner.step()
            rig.time.ms += 5_000
        return await open_alerts(rig)

    (first,) = await after(says(LIVE, 2, "1"))
    (final,) = await after(says(ENDED, 2, "1"))
    (corrected,) = await after(says(ENDED, 3, "1"))
    runner = rig.runner(Espn(target(league="eng.1"), rig.out()))
    await runner.load()
    (again,) = await after(says(ENDED, 3, "1"))
    assert {one.id for one in (first, final, corrected, again)} == {first.id}
    assert {one.opened_at for one in (first, final, corrected, again)} == {first.opened_at}
    assert [one.stated["red"] for one in (first, final, corrected, again)] == [2, 2, 3, 3]
    assert await after(says(ENDED, 1, "1")) == [], "they agree"
    assert len(await after(says(ENDED, 2, "1"))) == 1


async def test_a_feed_and_an_event_that_differ_are_one_alert_until_both_agree(rig: Rig) -> None:
    rig.server.scripts[SUMMARY] = [says(LIVE, 2, "1")]
    runner = await rig.espn()

    async def alerts() -> list[ScoreAlert]:
        for _ in range(2):
            await runner.step()
            rig.time.ms += 5_000
        return await open_alerts(rig)

    (opened,) = await alerts()
    assert opened.feed_id == rig.feed_id
    corner = event("x", "corner", 1, "red", order="9", at=rig.time.ms, provider="other", stated={"red": 4, "blue": 0})
    await rig.service.ingest(rig.match_id, [corner])
    (both,) = await alerts()
    assert (both.id, both.opened_at, both.event_id) == (opened.id, opened.opened_at, "x")
    rig.server.scripts[SUMMARY] = [says(LIVE, 1, "1")]
    (left,) = await alerts()
    assert (left.id, left.opened_at, left.event_id, left.feed_id) == (opened.id, opened.opened_at, "x", None)
    agreed = event(
        "x", "corner", 1, "red", order="9", at=rig.time.ms, provider="other", stated={"red": 1, "blue": 0}, revision=1,
        op="update",
    )  # fmt: skip
    await rig.service.ingest(rig.match_id, [agreed])
    assert await alerts() == []


async def test_a_feed_that_is_removed_leaves_the_alert_of_the_others_open(rig: Rig) -> None:
    rig.server.scripts[SUMMARY] = [says(LIVE, 2, "1")]
    runner = await rig.espn()
    for _ in range(2):
        await runner.step()
    corner = event("x", "corner", 1, "red", order="9", at=rig.time.ms, provider="other", stated={"red": 4, "blue": 0})
    await rig.service.ingest(rig.match_id, [corner])
    (before,) = await open_alerts(rig)
    await rig.feeds.remove(rig.feed_id)
    (after,) = await open_alerts(rig)
    assert (after.id, after.opened_at, after.event_id) == (before.id, before.opened_at, "x")


async def test_alerts_of_many_matches_come_by_pages(rig: Rig) -> None:
    await rig.prepare("espn", options={"league": "eng.1"})
    others = [(await rig.service.create(new_match()))[0].id for _ in range(2)]
    sources: list[tuple[str, str | None]] = [(one, None) for one in (rig.match_id, *others)]
    differs, cannot = Difference("p", {"red": 2, "blue": 0}, {"red": 1, "blue": 0}), Difference("p", {}, {}, "e")
    async with rig.database.transaction() as tx:
        for match_id, feed_id in [*sources, (rig.match_id, rig.feed_id)]:
            settle = partial(AlertRepository(tx).settle, match_id, ids=rig.ids, now_ms=rig.time.ms)
            await settle(differs, feed_id=feed_id)
            await settle(cannot, reasons=["It cannot be."])
    alerts, before, seen = AlertService(rig.database), None, []
    while True:
        page = await alerts.page(before=before, limit=2)
        seen += page.items
        before = page.next
        if before is None:
            break
    assert len({one.id for one in seen}) == len(seen) == await alerts.count() == 6
    assert [one.id for one in seen] == sorted((one.id for one in seen), reverse=True)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(st.tuples(st.integers(0, 1), st.booleans()), max_size=12))
async def test_an_alert_is_open_while_any_source_differs(rig: Rig, acts: list[tuple[int, bool]]) -> None:
    if not rig.feed_id:
        await rig.prepare("espn", options={"league": "eng.1"})
    opened: tuple[str, int] | None = None
    differs = {0: False, 1: False}
    for source, differ in [*acts, (0, False), (1, False)]:
        rig.time.ms += 1_000
        differs[source] = differ
        found = Difference("p", {"red": 2, "blue": 0}, {"red": 1, "blue": 0}) if differ else None
        async with rig.database.transaction() as tx:
            await AlertRepository(tx).settle(
                rig.match_id, found, ids=rig.ids, now_ms=rig.time.ms, feed_id=rig.feed_id if source else None
            )
        alerts = await open_alerts(rig)
        assert len(alerts) == any(differs.values())
        if alerts:
            known = (alerts[0].id, alerts[0].opened_at.ms)
            assert opened in (None, known), "it stays the same one"
        opened = known if alerts else None
