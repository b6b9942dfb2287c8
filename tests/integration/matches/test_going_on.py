"""Reading on from where a match was read comes to what reading it all comes to; what was stored is put right."""

from __future__ import annotations

import random
from functools import cache
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from structlog.testing import capture_logs

from feeds.simulator import simulate
from kit.contracts import Instant
from kit.db import Database
from matches.contracts import MatchRescored
from matches.ingest.store import RESCORED_EVENTS
from matches.service import MatchService
from matches.storage.repository import MatchRepository
from matches.storage.views import setup_of
from scoring.model import EventOp, Sport, StatedScore
from scoring.projection import fold
from scoring.sports import RULES
from scoring.sports.shared.setup import Setup
from tests.support.equivalence import ReadMatch
from tests.support.matches_world import NOW, Hands, NoRooms, goal, published
from tests.support.samples import SETUP, event, new_match, new_service

SIMULATED: list[Sport] = ["cricket", "football", "basketball"]


def rallies(seed: int) -> tuple[Setup, list[EventOp]]:
    rng = random.Random(seed)  # noqa: S311 - replayable
    ops = [event(f"{n:04d}", "point", 1 + n // 70, rng.choice(["red", "blue"])) for n in range(200)]
    return SETUP, ops


def a_match(sport: Sport, seed: int) -> tuple[Setup, list[EventOp]]:
    if sport == "tennis":
        return rallies(seed)
    setup, ops = simulated(sport, seed % 5)
    return setup, list(ops)


@cache
def simulated(sport: Sport, seed: int) -> tuple[Setup, tuple[EventOp, ...]]:
    """Made once: what differs between examples is what is done to it."""
    match = simulate(sport, seed=seed, start=Instant(NOW))
    return setup_of(match.create.competitors, match.create.config), tuple(match.ops)


@given(sport=st.sampled_from([*SIMULATED, "tennis"]), seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=20, deadline=None)
def test_going_on_comes_to_what_reading_it_all_comes_to(sport: Sport, seed: int, data: st.DataObject) -> None:
    setup, ops = a_match(sport, seed)
    rng = random.Random(seed)  # noqa: S311 - replayable
    for _ in range(data.draw(st.integers(0, 4))):
        at = rng.randrange(len(ops))
        late = msgspec.structs.replace(rng.choice(ops), revision=4, op=rng.choice(["delete", "update"]))
        ops.insert(at, rng.choice([late, ops[rng.randrange(len(ops))]]))
    read, size = ReadMatch(RULES[sport], setup), 0
    while ops:
        size = data.draw(st.integers(1, 150))
        batch, ops = ops[:size], ops[size:]
        read.take(batch)
        read.check()
    assert read.went_on or size > 20 or read.seq < 200


class Loads:
    """Counts how often all events of a match are read from the database."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.count = 0
        real = MatchRepository.current_payloads

        async def counted(this: MatchRepository, match_id: str) -> list[bytes]:
            self.count += 1
            return await real(this, match_id)

        monkeypatch.setattr(MatchRepository, "current_payloads", counted)


async def test_an_event_at_the_end_of_play_reads_no_other(
    matches: MatchService, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated = simulate("cricket", seed=1, start=Instant(NOW))
    match, _ = await matches.create(simulated.create)
    loads = Loads(monkeypatch)
    for op in simulated.ops[:60]:
        await matches.ingest(match.id, [op])
        await matches.ingest(match.id, [op])
    assert loads.count == 1
    withdrawn = msgspec.structs.replace(simulated.ops[20], revision=1, op="delete")
    await matches.ingest(match.id, [withdrawn])
    assert loads.count == 2
    await matches.ingest(match.id, simulated.ops[60:])
    assert loads.count == 2
    setup = setup_of(simulated.create.competitors, simulated.create.config)
    truth = fold(RULES["cricket"], setup, [op for op in simulated.ops if op is not simulated.ops[20]]).state
    found = await matches.get(match.id)
    assert {side.id: side.score_display for side in found.competitors} == truth.displays
    assert found.periods == truth.periods


async def test_two_workers_take_turns(matches: MatchService, database: Database, clock: Hands, rooms: NoRooms) -> None:
    other = new_service(database, rooms, clock, matches._ids)
    match, _ = await matches.create(new_match())
    for n in range(6):
        await (matches, other)[n // 2 % 2].ingest(match.id, [goal(f"{n}", "red" if n % 2 else "blue")])
    assert [side.score for side in (await matches.get(match.id)).competitors] == [3, 3]
    events = (await other.events(match.id, before=None, limit=10)).items
    assert events[0].score_after == {"red": "3", "blue": "3"}


async def test_what_was_not_committed_was_never_read(matches: MatchService, monkeypatch: pytest.MonkeyPatch) -> None:
    match, _ = await matches.create(new_match())
    await matches.ingest(match.id, [goal("1")])
    with monkeypatch.context() as broken:

        def fail(*_: object) -> None:
            raise RuntimeError("the disk is full")

        broken.setattr(MatchRepository, "add_events", fail)
        with pytest.raises(RuntimeError):
            await matches.ingest(match.id, [goal("2")])
    await matches.ingest(match.id, [goal("3")])
    assert [side.score for side in (await matches.get(match.id)).competitors] == [2, 0]


async def test_a_line_up_that_changes_is_read_anew(matches: MatchService, monkeypatch: pytest.MonkeyPatch) -> None:
    match, _ = await matches.create(new_match())
    await matches.ingest(match.id, [goal("1")])
    loads = Loads(monkeypatch)
    await matches.ingest(match.id, [goal("2")])
    assert loads.count == 0
    assert (await matches.statistics(match.id)).groups[0].totals[0].values["goals"] == 2
    await matches.ingest(match.id, [goal("3", "blue")])
    assert [(await matches.statistics(match.id)).groups[n].totals[0].values["goals"] for n in (0, 1)] == [2, 1]


async def after(matches: MatchService, match_id: str) -> list[tuple[str, str | None]]:
    """Each event in the order of play, and the home score after it."""
    items = (await matches.events(match_id, before=None, limit=100)).items
    return [(item.event_id, item.score_after["red"] if item.score_after else None) for item in reversed(items)]


async def told(database: Database) -> list[MatchRescored]:
    return [
        msgspec.convert(payload, MatchRescored, dec_hook=lambda _, value: Instant(value))
        for name, payload in await published(database)
        if name == "match:rescored"
    ]


async def test_the_score_after_later_events_follows_a_correction(matches: MatchService, database: Database) -> None:
    match, _ = await matches.create(new_match())
    for n in (1, 2, 3):
        await matches.ingest(match.id, [goal(str(n))])
    assert await told(database) == []
    await matches.ingest(match.id, [goal("2", revision=1, op="delete")])
    assert await after(matches, match.id) == [("1", "1"), ("2", None), ("3", "2")]
    (rescored,) = await told(database)
    assert [(item.event_id, item.score_after) for item in rescored.events] == [("3", {"red": "2", "blue": "0"})]
    assert (rescored.seq, rescored.more) == (4, False)
    names = [name for name, _ in await published(database)]
    assert names[-4:] == ["match:event", "match:corrected", "match:rescored", "match:updated"]


async def test_an_event_that_comes_late_moves_the_later_ones(matches: MatchService, database: Database) -> None:
    match, _ = await matches.create(new_match())
    await matches.ingest(match.id, [goal("2"), goal("3", "blue")])
    await matches.ingest(match.id, [goal("1")])
    assert await after(matches, match.id) == [("1", "1"), ("2", "2"), ("3", "2")]
    (rescored,) = await told(database)
    assert [item.event_id for item in rescored.events] == ["3", "2"]
    assert "match:corrected" not in [name for name, _ in await published(database)]


async def test_a_correction_by_hand_moves_the_later_ones_too(matches: MatchService) -> None:
    match, _ = await matches.create(new_match())
    await matches.ingest(match.id, [goal("1"), goal("2")])
    await matches.withdraw(match.id, "1", None, "offside")
    assert await after(matches, match.id) == [("1", None), ("2", "1")]


async def test_only_the_latest_lines_are_told_anew(matches: MatchService, database: Database) -> None:
    match, _ = await matches.create(new_match())
    count = RESCORED_EVENTS + 20
    await matches.ingest(match.id, [goal(f"{n:04d}") for n in range(count)])
    await matches.ingest(match.id, [goal("0000", revision=1, op="delete")])
    (rescored,) = await told(database)
    assert (len(rescored.events), rescored.more) == (RESCORED_EVENTS, True)
    assert rescored.events[0].event_id == f"{count - 1:04d}"
    assert (await after(matches, match.id))[0] == ("0020", "20")  # the earlier ones are stored all the same


def says(event_id: str, red: int, blue: int, side: str = "red", **more: Any) -> EventOp:
    return goal(event_id, side, stated={"red": red, "blue": blue}, **more)


async def test_a_stated_score_is_kept_beside_and_a_difference_is_an_alert(matches: MatchService) -> None:
    match, _ = await matches.create(new_match())
    with capture_logs() as logs:
        assert (await matches.ingest(match.id, [says("1", 1, 0)])).score_alert is None
        differs = await matches.ingest(match.id, [says("2", 3, 0)])
        again = await matches.ingest(match.id, [event("3", "corner", 1, "red", at=NOW)])
    expected = StatedScore(provider="test", event_id="2", stated={"red": 3, "blue": 0}, folded={"red": 2, "blue": 0})
    assert differs.score_alert == again.score_alert == expected
    assert [entry["event"] for entry in logs] == ["match_score_differs"]
    assert [side.score for side in (await matches.get(match.id)).competitors] == [2, 0]
    # The goal that the events lacked comes in, in its place.
    with capture_logs() as logs:
        assert (await matches.ingest(match.id, [goal("15")])).score_alert is None
    assert [entry["event"] for entry in logs] == ["match_score_agrees"]
    assert [side.score for side in (await matches.get(match.id)).competitors] == [3, 0]


async def test_a_score_that_is_stated_of_nobody_is_refused(matches: MatchService) -> None:
    match, _ = await matches.create(new_match())
    item = (await matches.ingest(match.id, [goal("1", stated={"green": 1})])).items[0]
    assert item.result == "rejected"
    assert item.error is not None
    assert "stated" in item.error
