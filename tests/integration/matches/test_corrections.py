"""What a change of the past does to a match, by feeds and by hand, and what people are told of it."""

from __future__ import annotations

from typing import Any

import pytest

from kit.contracts import Instant
from kit.db import Database
from kit.errors import Conflict, InvalidPayload, NotFound
from matches.contracts import (
    CorrectEvent,
)
from matches.service import MatchService
from scoring.hand import HAND_REVISION
from scoring.model import EventOp, NewEventPlayer
from tests.support.matches_world import (
    NOW,
    Hands,
    a_match,
    corrections,
    goal,
    names,
    players,
    published,
    results,
    scores,
)
from tests.support.samples import event


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
