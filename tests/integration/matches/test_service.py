"""Storing, correcting and announcing matches, on both databases."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

import msgspec
import pytest
from sqlalchemy import select
from sqlalchemy.event import listen, remove

from feeds.simulator import simulate
from kit.contracts import Instant, decode, encode_event
from kit.db import Database, OutboxRow
from kit.errors import Conflict, Forbidden, InvalidPayload, NotFound
from kit.ids import UlidGenerator
from matches.contracts import (
    CorrectEvent,
    MatchRescored,
    MatchSnapshot,
    ScoreChange,
)
from matches.service import MatchService
from scoring.change import MAX_EVENTS, MAX_OP_BYTES
from scoring.hand import HAND_REVISION
from scoring.model import MAX_BATCH, EventOp, EventPage, Match, MatchEvent, NewEventPlayer, StatGroup
from tests.support.samples import event, new_match, new_service, real_matches, state_of

NOW = 1_700_000_000_000


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.ms = NOW

    def now_ms(self) -> int:
        return self.ms


class NoRooms:
    """Rooms that note who entered when."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str, str]] = []
        self.offset = "7"
        self.on_join: Callable[[], Any] | None = None

    async def join(self, connection_id: str, room: str) -> str:
        self.calls.append(("join", connection_id, room))
        if self.on_join is not None:
            await self.on_join()
        return "8"

    async def leave(self, connection_id: str, room: str) -> None:
        self.calls.append(("leave", connection_id, room))


@pytest.fixture
def clock() -> Hands:
    return Hands()


@pytest.fixture
def rooms() -> NoRooms:
    return NoRooms()


@pytest.fixture
def matches(database: Database, clock: Hands, rooms: NoRooms) -> MatchService:
    return new_service(database, rooms, clock, UlidGenerator(clock))


async def published(database: Database) -> list[tuple[str, Any]]:
    """What waits in the outbox, in order."""
    async with database.read() as tx:
        rows = await tx.session.scalars(select(OutboxRow).order_by(OutboxRow.id))
        return [(row.event, msgspec.json.decode(row.payload)) for row in rows]


async def names(database: Database) -> list[str]:
    return [name for name, _ in await published(database)]


def goal(event_id: str, side: str = "red", **more: object) -> EventOp:
    return event(event_id, "goal", 1, side, at=NOW, **more)


async def a_match(matches: MatchService, **more: object) -> str:
    match, new = await matches.create(new_match(**more))
    assert new
    return match.id


async def scores(matches: MatchService, match_id: str) -> list[str]:
    return [side.score_display for side in (await matches.get(match_id)).competitors]


async def players(matches: MatchService, match_id: str, side: str) -> StatGroup:
    groups = (await matches.statistics(match_id)).groups
    return next(group for group in groups if group.title == side)


async def results(matches: MatchService, match_id: str, *ops: Any) -> list[str]:
    return [item.result for item in (await matches.ingest(match_id, ops)).items]


async def test_a_new_match_is_scheduled(matches: MatchService) -> None:
    match, new = await matches.create(new_match(venue="Park"))
    assert new
    assert (match.status, match.seq, match.version, match.venue) == ("scheduled", 0, 0, "Park")
    assert await matches.get(match.id) == match


async def test_a_match_that_a_provider_knows_is_made_once(matches: MatchService) -> None:
    first, _ = await matches.create(new_match(external_ids={"espn": "1", "wyscout": "2"}))
    again, new = await matches.create(new_match(external_ids={"wyscout": "2"}))
    assert (again.id, new) == (first.id, False)
    _, new = await matches.create(new_match(external_ids={"wyscout": "3"}))
    assert new


async def test_two_workers_create_the_same_match_once(matches: MatchService) -> None:
    made = await asyncio.gather(*(matches.create(new_match(external_ids={"espn": "1"})) for _ in range(5)))
    assert len({match.id for match, _ in made}) == 1
    assert sum(new for _, new in made) == 1


async def test_bad_matches_are_refused(matches: MatchService) -> None:
    twins = new_match()
    with pytest.raises(InvalidPayload):
        await matches.create(msgspec.structs.replace(twins, competitors=[twins.competitors[0]] * 2))
    with pytest.raises(InvalidPayload):
        await matches.create(new_match(config={"overs": 20}))


async def test_events_change_the_score_and_are_announced_in_order(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    result = await matches.ingest(match_id, [goal("a"), goal("b", "blue"), goal("c")])
    assert [(item.result, item.seq) for item in result.items] == [("applied", 1), ("applied", 2), ("applied", 3)]
    assert (result.seq, result.version) == (3, 1)
    assert await scores(matches, match_id) == ["2", "1"]
    told = await published(database)
    assert [name for name, _ in told] == ["match:event"] * 3 + ["match:updated"]
    assert [payload["seq"] for _, payload in told] == [1, 2, 3, 3]
    assert [payload.get("scoreAfter") for _, payload in told[:3]] == [
        {"red": "1", "blue": "0"}, {"red": "1", "blue": "1"}, {"red": "2", "blue": "1"},
    ]  # fmt: skip


async def test_what_is_announced_goes_to_the_room_of_the_match(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a")])
    async with database.read() as tx:
        assert set(await tx.session.scalars(select(OutboxRow.room))) == {f"match:{match_id}"}


async def test_sent_again_an_operation_changes_nothing(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    assert await results(matches, match_id, goal("a"), goal("a")) == ["applied", "duplicate"]
    before, told = await matches.get(match_id), await published(database)
    assert await results(matches, match_id, goal("a")) == ["duplicate"]
    assert await matches.get(match_id) == before
    assert await published(database) == told


async def test_an_old_revision_is_kept_and_changes_nothing(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    assert await results(matches, match_id, goal("a", revision=2), goal("a", "blue", revision=1)) == [
        "applied",
        "stale",
    ]
    assert await results(matches, match_id, goal("a", "blue", revision=0)) == ["stale"]
    assert await results(matches, match_id, goal("a", "blue", revision=0)) == ["duplicate"]
    assert await scores(matches, match_id) == ["1", "0"]
    assert (await names(database)).count("match:event") == 1


def nested(depth: int) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for _ in range(depth):
        found = {"a": found}
    return found


async def test_one_bad_operation_does_not_stop_the_others(matches: MatchService) -> None:
    match_id = await a_match(matches)
    good = {
        "provider": "p", "eventId": "good", "type": "goal", "period": 1, "orderKey": "1",
        "occurredAt": "2026-11-21T18:30:00Z", "competitorId": "red",
    }  # fmt: skip
    bad = [
        {"eventId": "bad"},
        {**good, "eventId": "typo", "compettitorId": "red"},
        {**good, "eventId": "who", "competitorId": "green"},
        {**good, "eventId": "when", "occurredAt": "yesterday"},
        {**good, "eventId": "large", "detail": {"text": "x" * MAX_OP_BYTES}},
        {**good, "eventId": "hand", "revision": HAND_REVISION},
        {**good, "eventId": "null\0"},
        {**good, "eventId": "null", "orderKey": "\0"},
        {**good, "eventId": "deep", "detail": nested(3_000)},
        {**good, "eventId": "clock", "clock": {"display": "x", "playedS": -1}},
        {"revision": "x"},
    ]
    result = await matches.ingest(match_id, [*bad, good])
    assert [item.result for item in result.items] == ["rejected"] * len(bad) + ["applied"]
    assert all(item.error for item in result.items[:-1])
    assert [item.event_id for item in result.items] == [
        "bad", "typo", "who", "when", "large", "hand", "null\0", "null", "deep", "clock", "", "good",
    ]  # fmt: skip
    assert await scores(matches, match_id) == ["1", "0"]
    # What was rejected was not stored: corrected, it may come under the same revision.
    assert await results(matches, match_id, {**good, "eventId": "who"}) == ["applied"]


async def test_a_batch_has_a_bound(matches: MatchService) -> None:
    match_id = await a_match(matches)
    with pytest.raises(InvalidPayload):
        await matches.ingest(match_id, [goal(str(number)) for number in range(MAX_BATCH + 1)])
    assert (await matches.ingest(match_id, [goal(str(number)) for number in range(MAX_BATCH)])).seq == MAX_BATCH


async def test_a_match_has_a_bound(matches: MatchService, monkeypatch: pytest.MonkeyPatch) -> None:
    assert MAX_EVENTS >= 3_000
    monkeypatch.setattr("scoring.change.MAX_EVENTS", 2)
    match_id = await a_match(matches)
    assert await results(matches, match_id, goal("a"), goal("b"), goal("c")) == ["applied", "applied", "rejected"]
    assert await results(matches, match_id, goal("a", "blue", revision=1)) == ["applied"]


async def test_an_event_has_a_bound(matches: MatchService, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("scoring.change.MAX_REVISIONS", 3)
    match_id = await a_match(matches)
    ops = [goal("a", "blue", revision=n) for n in (2, 1, 0, 3)]
    assert await results(matches, match_id, *ops) == ["applied", "stale", "stale", "rejected"]
    assert await results(matches, match_id, ops[0], ops[3], goal("b")) == ["duplicate", "rejected", "applied"]
    await matches.withdraw(match_id, "a", None, "by hand it goes all the same")
    assert await scores(matches, match_id) == ["1", "0"]


async def test_an_unknown_match_is_not_found(matches: MatchService) -> None:
    for call in (
        matches.get("nothing"),
        matches.ingest("nothing", [goal("a")]),
        matches.events("nothing", before=None, limit=5),
        matches.snapshot("nothing"),
        matches.join("c", "nothing"),
        matches.correct("nothing", "a", None, CorrectEvent(reason="x")),
    ):
        with pytest.raises(NotFound):
            await call


async def test_joining_nothing_enters_no_room(matches: MatchService, rooms: NoRooms) -> None:
    with pytest.raises(NotFound):
        await matches.join("c", "nothing")
    assert rooms.calls == []


# Corrections


async def corrections(database: Database) -> list[dict[str, Any]]:
    return [payload for name, payload in await published(database) if name == "match:corrected"]


async def test_a_feed_that_takes_a_goal_back_corrects_the_score(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a"), goal("b")])
    await matches.ingest(match_id, [goal("a", op="delete", revision=1, reason="offside")])
    assert await scores(matches, match_id) == ["1", "0"]
    (change,) = await corrections(database)
    assert (change["from"], change["to"]) == ({"red": "2", "blue": "0"}, {"red": "1", "blue": "0"})
    assert (change["eventId"], change["reason"], change["seq"], change["matchId"]) == ("a", "offside", 3, match_id)
    told = (await names(database))[-4:]
    assert told == ["match:event", "match:corrected", "match:rescored", "match:updated"]


async def test_a_cancelled_goal_and_a_changed_scorer(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a")])
    await matches.ingest(match_id, [goal("a", op="update", revision=1, detail={"penalty": True})])
    assert await corrections(database) == []
    await matches.ingest(match_id, [goal("a", op="update", revision=2, confirmation="cancelled")])
    assert len(await corrections(database)) == 1
    await matches.ingest(match_id, [goal("a", op="add", revision=3)])
    assert [change["to"]["red"] for change in await corrections(database)] == ["0", "1"]


async def test_a_batch_that_scores_and_corrects_keeps_the_two_apart(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a")])
    await matches.ingest(match_id, [goal("b", "blue"), goal("a", op="delete", revision=1)])
    (change,) = await corrections(database)
    assert (change["from"], change["to"]) == ({"red": "1", "blue": "1"}, {"red": "0", "blue": "1"})


async def test_an_own_goal_is_put_down_to_another_player_and_a_goal_of_var_goes(
    matches: MatchService, database: Database, clock: Hands
) -> None:
    match_id = await a_match(matches)

    def own(player: str, **more: object) -> EventOp:
        return goal("a", players=[NewEventPlayer(id=player, role="own_goal")], detail={"ownGoal": True}, **more)

    await matches.ingest(match_id, [own("x"), goal("b", players=[NewEventPlayer(id="z", role="scorer")])])
    clock.ms += 3_600_000  # an hour later
    later = Instant(clock.ms)
    await matches.ingest(match_id, [own("y", op="update", revision=1, provider_updated_at=later)])
    assert await corrections(database) == []
    blues = await players(matches, match_id, "Blues")
    assert {row.player_id: row.values["ownGoals"] for row in blues.rows} == {"y": 1}
    await matches.ingest(
        match_id, [goal("b", op="update", revision=1, confirmation="cancelled", reason="VAR: offside")]
    )
    (change,) = await corrections(database)
    assert (change["from"]["red"], change["to"]["red"], change["reason"]) == ("2", "1", "VAR: offside")
    reds = await players(matches, match_id, "Reds")
    assert all(row.values["goals"] == 0 for row in reds.rows)
    # What was deleted comes back only by a newer word of its provider.
    await matches.ingest(match_id, [own("y", op="delete", revision=2, provider_updated_at=later)])
    assert await results(matches, match_id, own("x", op="update", revision=9)) == ["stale"]
    newer = Instant(later.ms + 1)
    assert await results(matches, match_id, own("x", op="update", revision=2, provider_updated_at=newer)) == [
        "duplicate"
    ]
    assert await results(matches, match_id, own("x", op="update", revision=3, provider_updated_at=newer)) == ["applied"]
    assert await scores(matches, match_id) == ["1", "0"]


async def test_a_wicket_is_overturned(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches, sport="cricket", config={"overs": 20})
    people = [NewEventPlayer(id="ann", role="batter"), NewEventPlayer(id="zoe", role="bowler")]

    def ball(number: int, runs: int = 0, **more: Any) -> EventOp:
        detail = {"batterRuns": runs, "over": 0, **more.pop("detail", {})}
        return event(f"b{number}", "ball", 1, "red", at=NOW, detail=detail, players=people, **more)

    wicket = {"wickets": [{"kind": "lbw", "playerOut": "ann"}]}
    await matches.ingest(match_id, [ball(1, 4), ball(2, detail=wicket), ball(3, 1)])
    assert await scores(matches, match_id) == ["5/1", "-"]
    await matches.ingest(match_id, [ball(2, op="update", revision=1, reason="not out after review")])
    (change,) = await corrections(database)
    assert (change["from"]["red"], change["to"]["red"]) == ("5/1", "5/0")
    (last, *_) = (await matches.events(match_id, before=None, limit=5)).items
    assert last.score_after == {"red": "5/0", "blue": "-"}
    groups = {group.key: group for group in (await matches.statistics(match_id)).groups}
    assert (groups["batting.1"].rows[0].values["dismissal"], groups["bowling.1"].rows[0].values["wickets"]) == (
        "not out",
        0,
    )
    assert "wickets.1" not in groups


async def test_what_nobody_has_seen_is_not_corrected(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a"), goal("a", op="delete", revision=1)])
    assert await scores(matches, match_id) == ["0", "0"]
    assert await corrections(database) == []


async def test_a_deletion_that_comes_first_wins(matches: MatchService) -> None:
    match_id = await a_match(matches)
    assert await results(matches, match_id, goal("a", op="delete", revision=1)) == ["applied"]
    assert await results(matches, match_id, goal("a")) == ["stale"]
    assert await scores(matches, match_id) == ["0", "0"]


async def test_a_tombstone_keeps_the_type(matches: MatchService) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a"), event("a", "removed", 1, at=NOW, op="delete", revision=1)])
    (tombstone,) = (await matches.events(match_id, before=None, limit=5)).items
    assert (tombstone.op, tombstone.type) == ("delete", "goal")


async def test_an_update_of_an_unknown_event_adds_it(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a", op="update", revision=4)])
    assert (await published(database))[0][1]["op"] == "add"


async def test_a_correction_by_hand(matches: MatchService, database: Database, clock: Hands) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a", revision=3)])
    clock.ms += 1_000
    changed = await matches.correct(match_id, "a", None, CorrectEvent(reason="other side", competitor_id="blue"))
    assert (changed.op, changed.competitor_id, changed.at.ms) == ("update", "blue", NOW + 1_000)
    assert await scores(matches, match_id) == ["0", "1"]
    (change,) = await corrections(database)
    assert change["reason"] == "other side"
    # The feed's next revision has no time of its own: the editor's word stands.
    assert await results(matches, match_id, goal("a", revision=4)) == ["stale"]
    # Until it says something newer.
    newer = goal("a", revision=5, provider_updated_at=Instant(NOW + 2_000))
    assert await results(matches, match_id, newer) == ["applied"]
    assert await scores(matches, match_id) == ["1", "0"]


async def test_withdrawing_by_hand_keeps_a_tombstone(matches: MatchService) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a")])
    gone = await matches.withdraw(match_id, "a", None, "never happened")
    assert (gone.op, gone.type, gone.revision) == ("delete", "goal", HAND_REVISION)
    page = await matches.events(match_id, before=None, limit=10)
    assert [(item.event_id, item.op) for item in page.items] == [("a", "delete")]
    assert await scores(matches, match_id) == ["0", "0"]
    back = await matches.correct(match_id, "a", None, CorrectEvent(reason="it did"))
    assert (back.op, back.revision) == ("add", HAND_REVISION + 1)
    assert await scores(matches, match_id) == ["1", "0"]


async def test_a_correction_that_cannot_be_scored_is_refused(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a")])
    told = await published(database)
    with pytest.raises(InvalidPayload):
        await matches.correct(match_id, "a", None, CorrectEvent(reason="x", competitor_id="green"))
    with pytest.raises(NotFound):
        await matches.correct(match_id, "z", None, CorrectEvent(reason="x"))
    assert await published(database) == told


async def test_an_event_of_two_providers_has_to_be_named(matches: MatchService) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a", provider="one"), goal("a", provider="two")])
    with pytest.raises(Conflict):
        await matches.withdraw(match_id, "a", None, "x")
    assert (await matches.withdraw(match_id, "a", "two", "x")).provider == "two"


# Time


@pytest.mark.parametrize(
    ("occurred", "expected"),
    [(NOW - 5_000, NOW - 5_000), (NOW - 600_000, NOW - 600_000), (NOW - 600_001, NOW), (NOW + 5_000, NOW), (NOW, NOW)],
)
async def test_an_event_belongs_to_when_it_occurred_if_the_feed_is_live(
    matches: MatchService, occurred: int, expected: int
) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [event("a", "goal", 1, "red", at=occurred)])
    (told,) = (await matches.events(match_id, before=None, limit=1)).items
    assert (told.at.ms, told.occurred_at.ms, told.received_at.ms) == (expected, occurred, NOW)
    assert (await matches.get(match_id)).at == Instant(expected)


async def test_a_change_belongs_to_when_it_was_changed(matches: MatchService, clock: Hands) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [goal("a")])
    clock.ms += 60_000
    stated = Instant(NOW + 58_000)
    await matches.ingest(match_id, [goal("a", op="delete", revision=1, provider_updated_at=stated)])
    await matches.ingest(match_id, [goal("b"), goal("b", "blue", revision=1)])
    ats = {(e.event_id, e.at.ms) for e in (await matches.events(match_id, before=None, limit=9)).items}
    assert ats == {("a", stated.ms), ("b", NOW + 60_000)}
    assert (await matches.get(match_id)).at == Instant(NOW + 60_000)


# Reading


async def test_commentary_comes_latest_first_in_pages(matches: MatchService) -> None:
    match_id = await a_match(matches)
    ops = [event(f"{period}-{n}", "shot", period, "red", order=f"{n:02d}") for period in (1, 2) for n in range(10)]
    for start in range(0, 20, 7):
        await matches.ingest(match_id, list(reversed(ops))[start : start + 7])
    seen: list[MatchEvent] = []
    before = None
    while True:
        page = await matches.events(match_id, before=before, limit=6)
        seen += page.items
        before = page.next
        if before is None:
            break
    assert [item.event_id for item in seen] == [op.event_id for op in reversed(ops)]


async def test_a_page_goes_on_where_it_was_though_its_mark_was_changed(matches: MatchService) -> None:
    match_id = await a_match(matches)
    await matches.ingest(match_id, [event(f"{n}", "shot", 1, "red") for n in range(6)])
    first = await matches.events(match_id, before=None, limit=3)
    await matches.ingest(match_id, [event("3", "corner", 1, "red", revision=1), event("9", "shot", 1, "red")])
    second = await matches.events(match_id, before=first.next, limit=3)
    assert [item.event_id for item in second.items] == ["2", "1", "0"]
    assert second.next is None


async def test_a_cursor_of_another_match_is_refused(matches: MatchService) -> None:
    one, other = await a_match(matches), await a_match(matches)
    await matches.ingest(one, [goal("a"), goal("b")])
    mark = (await matches.events(one, before=None, limit=1)).next
    for cursor in (mark, "nonsense"):
        with pytest.raises(InvalidPayload):
            await matches.events(other, before=cursor, limit=1)


async def test_a_joiner_enters_the_room_before_the_snapshot_is_taken(matches: MatchService, rooms: NoRooms) -> None:
    match_id = await a_match(matches)

    async def meanwhile() -> None:
        await matches.ingest(match_id, [goal("a")])

    rooms.on_join = meanwhile
    snapshot = decode(bytes(await matches.join("c1", match_id)), MatchSnapshot)
    assert rooms.calls == [("join", "c1", f"match:{match_id}")]
    assert (snapshot.seq, snapshot.offset, len(snapshot.events)) == (1, "8", 1)
    await matches.leave("c1", match_id)
    assert rooms.calls[-1] == ("leave", "c1", f"match:{match_id}")
    assert (await matches.snapshot(match_id)).offset == "7"


def follow(snapshot: MatchSnapshot, told: list[tuple[str, Any]]) -> tuple[Match, list[MatchEvent]]:
    """What a page makes of a snapshot and the events after it."""
    match = snapshot.match
    events = {(item.provider, item.event_id): item for item in snapshot.events}
    for name, payload in told:
        if name == "match:updated":
            match = msgspec.convert(payload, Match, dec_hook=lambda _, value: Instant(value))
        elif name == "match:event":
            item = msgspec.convert(payload, MatchEvent, dec_hook=lambda _, value: Instant(value))
            events[(item.provider, item.event_id)] = item
        elif name == "match:rescored":
            for line in msgspec.convert(payload, MatchRescored, dec_hook=lambda _, value: Instant(value)).events:
                key = (line.provider, line.event_id)
                if key in events:
                    events[key] = msgspec.structs.replace(events[key], score_after=line.score_after)
        else:
            msgspec.convert(payload, ScoreChange, dec_hook=lambda _, value: Instant(value))
    order = sorted(events.values(), key=lambda e: (e.period, e.order_key, e.provider, e.event_id), reverse=True)
    return match, order


def _telling(seed: int) -> bool:
    kinds = [op.op for op in simulate("football", seed=seed, start=Instant(NOW)).ops if op.type == "goal"]
    return kinds.count("add") >= 4 and "delete" in kinds


TELLING = next(seed for seed in range(1000) if _telling(seed))


@pytest.mark.parametrize("cut", [0, 1, 7, 20])
async def test_a_snapshot_and_the_events_after_it_are_a_fresh_snapshot(
    matches: MatchService, database: Database, cut: int
) -> None:
    simulated = simulate("football", seed=TELLING, start=Instant(NOW))
    match, _ = await matches.create(simulated.create)
    ops = [op for op in simulated.ops if op.type in ("period_start", "goal", "card", "period_end", "match_end")]
    ops += [msgspec.structs.replace(ops[1], revision=3, op="delete"), msgspec.structs.replace(ops[2], revision=3)]
    for op in ops[:cut]:
        await matches.ingest(match.id, [op])
    skipped = len(await published(database))
    snapshot = await matches.snapshot(match.id)
    for start in range(cut, len(ops), 3):
        await matches.ingest(match.id, ops[start : start + 3])
    fresh = await matches.snapshot(match.id)
    assert len(fresh.events) > 10
    assert any(item.op == "delete" for item in fresh.events)
    assert follow(snapshot, (await published(database))[skipped:]) == (fresh.match, fresh.events)


async def test_the_numbers_have_no_gaps_though_feeds_write_at_once(matches: MatchService, database: Database) -> None:
    match_id = await a_match(matches)
    await asyncio.gather(
        *(
            matches.ingest(match_id, [goal(f"{feed}-{n}", revision=1), goal(f"{feed}-{n}")])
            for feed in "xyz"
            for n in range(8)
        )
    )
    told = [payload["seq"] for name, payload in await published(database) if name == "match:event"]
    assert told == list(range(1, 25))
    assert await scores(matches, match_id) == ["24", "0"]
    versions = [payload["version"] for name, payload in await published(database) if name == "match:updated"]
    assert versions == list(range(1, 25))


async def test_a_failed_transaction_leaves_nothing(
    matches: MatchService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    match_id = await a_match(matches)

    def broken(*_: object) -> None:
        raise RuntimeError("the disk is full")

    with monkeypatch.context() as patch:
        patch.setattr("matches.writer.match_of", broken)
        with pytest.raises(RuntimeError):
            await matches.ingest(match_id, [goal("a")])
    assert await published(database) == []
    assert (await matches.events(match_id, before=None, limit=5)) == EventPage(items=[])
    assert await results(matches, match_id, goal("a")) == ["applied"]
    assert (await matches.get(match_id)).seq == 1


async def test_what_comes_together_is_stored_together_and_judged_apart(
    matches: MatchService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await a_match(matches) for _ in range(5)]
    transactions = 0
    begin = database.transaction

    def counted() -> Any:
        nonlocal transactions
        transactions += 1
        return begin()

    def forbid(*_: object) -> None:
        raise Forbidden("not yours")

    monkeypatch.setattr(database, "transaction", counted)
    first, twice, bad, none, denied, *others = await asyncio.gather(
        matches.ingest(ids[0], [goal("a")]),
        matches.ingest(ids[0], [goal("b")]),
        matches.ingest(ids[1], [goal("a", side="nobody"), goal("c")]),
        matches.ingest("nothing", [goal("a")]),
        matches.ingest(ids[2], [goal("a")], permit=forbid),
        *(matches.ingest(match_id, [goal("a")]) for match_id in ids[3:]),
        return_exceptions=True,
    )
    assert transactions <= 3, "the first one, those that waited for it, and a second one of the same match"
    assert (first.seq, twice.seq) == (1, 2)
    assert [item.result for item in bad.items] == ["rejected", "applied"]
    assert isinstance(none, NotFound)
    assert isinstance(denied, Forbidden)
    assert [one.seq for one in others] == [1, 1]
    assert [await scores(matches, match_id) for match_id in ids] == [
        ["2", "0"], ["1", "0"], ["0", "0"], ["1", "0"], ["1", "0"],
    ]  # fmt: skip


async def test_taking_in_looks_at_the_events_of_its_own_matches_alone(
    matches: MatchService, database: Database
) -> None:
    if database.dialect != "sqlite":
        pytest.skip("PostgreSQL plans by how much there is")
    ids = [await a_match(matches) for _ in range(3)]
    asked: dict[str, Any] = {}

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_: object) -> None:
        asked[statement] = parameters[0] if isinstance(parameters, list) else parameters

    engine = database._engine.sync_engine
    listen(engine, "before_cursor_execute", note)
    for minutes in ((1,), (2, 3), (1, 2), (4,)):  # new, together, known already, and new once more
        ops = [event(f"e{n}", "commentary") for n in minutes]
        again = msgspec.structs.replace(ops[0], revision=len(asked))
        await asyncio.gather(*(matches.ingest(one, [*ops, again]) for one in ids))
    remove(engine, "before_cursor_execute", note)
    plans = []
    async with database.read() as tx:
        connection = await tx.session.connection()
        for statement, parameters in asked.items():
            if "match_events" in statement and not statement.startswith("INSERT"):
                found = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
                plans += [str(row[3]) for row in found]
    assert any("SEARCH match_events" in plan for plan in plans)
    assert not [plan for plan in plans if plan.startswith("SCAN match_events")], "all events of all matches"


async def test_what_spoils_a_shared_transaction_spoils_its_own_alone(
    matches: MatchService, database: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [await a_match(matches) for _ in range(4)]
    encode = encode_event

    def broken(value: object) -> bytes:
        if isinstance(value, EventOp) and value.event_id == "poison":
            raise ZeroDivisionError
        return encode(value)

    monkeypatch.setattr("matches.ingest.store.encode_event", broken)
    outcomes = await asyncio.gather(
        *(matches.ingest(match_id, [goal("poison" if n == 2 else "a")]) for n, match_id in enumerate(ids)),
        return_exceptions=True,
    )
    assert [isinstance(one, ZeroDivisionError) for one in outcomes] == [False, False, True, False]
    assert [(await matches.get(match_id)).seq for match_id in ids] == [1, 1, 0, 1]
    assert sorted(await names(database)) == sorted(["match:event", "match:updated"] * 3)


@pytest.mark.parametrize(
    "file", ["cricket/cricsheet_1144530*", "football/wyscout_2058017*", "basketball/lakers_2008-10*"]
)
async def test_a_real_match_through_the_service(matches: MatchService, file: str) -> None:
    (real,) = real_matches(file)
    match, _ = await matches.create(real.create)
    for start in range(0, len(real.ops), 200):
        await matches.ingest(match.id, real.ops[start : start + 200])
    final = await matches.get(match.id)
    folded = state_of(real)
    assert {side.id: side.score_display for side in final.competitors} == folded.displays
    assert (final.outcome, final.periods, final.clock) == (folded.outcome, folded.periods, folded.clock)
    assert (final.seq, final.status) == (len(real.ops), "ended")
