"""A match of cricket that lasts for days is followed on each of them, over midnight in the US and in UTC."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest

from feeds.outbound import new_client
from feeds.providers.espn import Espn
from kit.contracts import Instant
from kit.db import Database
from tests.integration.feeds.test_runner import GUARD, Rig
from tests.support.feed_fixtures import START, target
from tests.support.standin import Asked, Reply, StandIn, ok

BOARD = "/cricket/8048/scoreboard"


@pytest.fixture
async def rig(database: Database) -> AsyncIterator[Rig]:
    async with StandIn().serving() as server, new_client(GUARD) as http:
        yield Rig(database, server, http)


def board(runs: int | None) -> dict[str, Any]:
    """A day's scoreboard; without runs the match is not on it."""
    if runs is None:
        return {"events": [{"id": "1", "competitions": []}]}
    line = {"period": 1, "runs": runs, "wickets": 2, "overs": 30.0, "isBatting": True}
    sides = [
        {"id": team, "homeAway": side, "score": score, "linescores": lines, "team": {"id": team}}
        for team, side, score, lines in (("1", "home", str(runs), [line]), ("2", "away", "", []))
    ]
    status = {"period": 1, "type": {"id": "2", "name": "STATUS_IN_PROGRESS", "state": "in", "completed": False}}
    return {"events": [{"id": "77", "status": status, "competitions": [{"id": "77", "competitors": sides}]}]}


def boards(found: Callable[[str], int | None]) -> Callable[[Asked], Reply]:
    """Answers with the scoreboard of the day that is asked for."""
    return lambda asked: ok(board(found(asked.query.removeprefix("dates="))))


async def follow(rig: Rig) -> Callable[[str], Any]:
    await rig.prepare("espn", sport="cricket", options={"league": "8048"})
    runner = rig.runner(Espn(target("cricket", league="8048"), rig.out()))
    await runner.load()

    async def at(moment: str) -> str:
        rig.time.ms = Instant.parse(moment).ms
        await runner.step()
        state = await rig.state()
        assert (state.last_error, state.failures) == (None, 0)
        return (await rig.score())[0]

    return at


@pytest.mark.parametrize("kept", [True, False], ids=["earlier days keep it", "only its own day has it"])
async def test_a_match_of_five_days_is_followed_on_each(rig: Rig, kept: bool) -> None:
    now = {"day": "20261121", "runs": 50}
    told: dict[str, int] = {}

    def runs(day: str) -> int | None:
        if day == now["day"]:
            told[day] = int(now["runs"])
        return told.get(day) if kept or day == now["day"] else None

    rig.server.scripts[BOARD] = boards(runs)
    at = await follow(rig)
    assert await at("2026-11-21T18:40:00Z") == "50/2"
    for number, day in enumerate(("21", "22", "25")):
        now |= {"day": f"202611{day}", "runs": 100 + number}
        assert await at(f"2026-11-{day}T15:00:00Z") == f"{100 + number}/2"
        now["runs"] = 200 + number
        assert await at(f"2026-11-{day}T23:59:50Z") == f"{200 + number}/2"
        after = int(day) + 1
        now["runs"] = 300 + number
        assert await at(f"2026-11-{after}T00:00:10Z") == f"{300 + number}/2", "the next day in UTC alone"
        assert await at(f"2026-11-{after}T04:59:50Z") == f"{300 + number}/2"
    assert rig.server.count(BOARD) < 60


async def test_a_scoreboard_by_the_day_at_the_ground_is_found_as_well(rig: Rig) -> None:
    rig.server.scripts[BOARD] = boards({"20261122": 70, "20261123": 140}.get)
    at = await follow(rig)
    assert await at("2026-11-21T23:30:00Z") == "70/2"
    assert await at("2026-11-22T20:00:00Z") == "70/2"
    assert await at("2026-11-22T23:30:00Z") == "70/2", "by UTC and in the US it is still the day before"
    assert await at("2026-11-23T00:05:00Z") == "140/2"


async def test_a_day_that_the_provider_does_not_have_keeps_nobody_from_the_one_before(rig: Rig) -> None:
    def answer(asked: Asked) -> Reply:
        return ok(board(80)) if asked.query == "dates=20261121" else Reply(status=404)

    rig.server.scripts[BOARD] = answer
    at = await follow(rig)
    assert await at("2026-11-21T19:00:00Z") == "80/2"
    assert await at("2026-11-22T15:00:00Z") == "80/2"


async def test_a_match_that_no_day_has_is_told_and_asked_for_a_few_times_only(rig: Rig) -> None:
    rig.server.scripts[BOARD] = boards(lambda _day: None)
    await rig.prepare("espn", sport="cricket", options={"league": "8048"})
    runner = rig.runner(Espn(target("cricket", league="8048"), rig.out()))
    await runner.load()
    rig.time.ms = START.ms + 3 * 86_400_000
    await runner.step()
    assert "not on the scoreboard" in str((await rig.state()).last_error)
    assert rig.server.count(BOARD) <= 5
