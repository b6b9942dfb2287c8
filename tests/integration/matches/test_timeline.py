"""What charts are drawn from: all that counts and nothing else, read once for a crowd."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import msgspec
import pytest

from feeds.files.recording import FileMatch
from kit.errors import NotFound
from matches.contracts import MatchTimeline
from matches.service import MatchService
from matches.storage.models import MatchEventRow
from matches.storage.repository import MatchRepository
from scoring.model import MAX_BATCH, TimelineEvent
from tests.support.samples import event, new_match, real_matches


async def timeline(matches: MatchService, match_id: str) -> MatchTimeline:
    body, version = await matches.timeline_json(match_id)
    assert version == (await matches.get(match_id)).version
    raw = msgspec.json.decode(body)
    return MatchTimeline(
        match_id=raw["matchId"], seq=raw["seq"], events=msgspec.convert(raw["events"], list[TimelineEvent])
    )


async def loaded(matches: MatchService, file: FileMatch) -> MatchTimeline:
    match, _ = await matches.create(file.create)
    for first in range(0, len(file.ops), MAX_BATCH):
        await matches.ingest(match.id, file.ops[first : first + MAX_BATCH])
    return await timeline(matches, match.id)


async def test_the_goals_cards_and_changes_of_a_real_final(matches: MatchService) -> None:
    (file,) = real_matches("football/wyscout_2058017*")
    found = await loaded(matches, file)
    by_type = {kind: [one for one in found.events if one.type == kind] for kind in ("goal", "card", "substitution")}
    assert {kind: len(some) for kind, some in by_type.items()} == {"goal": 6, "card": 3, "substitution": 5}
    assert [one.clock.display for one in by_type["goal"] if one.clock] == ["18'", "28'", "38'", "59'", "65'", "69'"]
    own, penalty = by_type["goal"][0], by_type["goal"][2]
    assert (own.detail, [player.role for player in own.players]) == ({"ownGoal": True}, ["own_goal"])
    assert penalty.detail == {"penalty": True}
    assert by_type["goal"][-1].score_after == {"4418": "4", "9598": "2"}
    assert found.seq == len(file.ops)


@pytest.mark.parametrize(
    ("file", "types"),
    [("cricket/cricsheet_1278673*", {"ball": 231}), ("basketball/lakers_2008-10-28*", {"shot": 66, "free_throw": 23})],
)
async def test_every_ball_and_every_basket_is_there(matches: MatchService, file: str, types: dict[str, int]) -> None:
    found = await loaded(matches, real_matches(file)[0])
    assert {kind: sum(one.type == kind for one in found.events) for kind in types} == types
    assert len(found.events) == sum(types.values())
    assert all(one.players == [] for one in found.events if not one.detail.get("wickets"))


async def test_what_was_withdrawn_is_not_drawn(matches: MatchService) -> None:
    match, _ = await matches.create(new_match())
    goals = [event(name, "goal", 1, "red", detail={"provider": "noise"}) for name in ("a", "b", "c")]
    await matches.ingest(match.id, [*goals, event("z", "foul", 1, "red")])
    assert [(one.event_id, one.detail) for one in (await timeline(matches, match.id)).events] == [
        ("a", {}), ("b", {}), ("c", {}),
    ]  # fmt: skip
    await matches.withdraw(match.id, "a", None, "Offside")
    await matches.ingest(match.id, [event("b", "goal", 1, "red", op="update", revision=1, confirmation="cancelled")])
    found = await timeline(matches, match.id)
    assert [(one.event_id, one.score_after) for one in found.events] == [("c", {"red": "1", "blue": "0"})]
    with pytest.raises(NotFound):
        await matches.timeline_json("nothing")


async def test_a_crowd_lets_one_read_it_for_each_version(
    matches: MatchService, monkeypatch: pytest.MonkeyPatch
) -> None:
    match, _ = await matches.create(new_match())
    reads = 0
    read = MatchRepository.standing_events

    async def counting(self: MatchRepository, match_id: str) -> Sequence[MatchEventRow]:
        nonlocal reads
        reads += 1
        await asyncio.sleep(0)
        return await read(self, match_id)

    monkeypatch.setattr(MatchRepository, "standing_events", counting)
    for version in (1, 2):
        await matches.ingest(match.id, [event(f"{version}", "goal", 1, "red")])
        answers = await asyncio.gather(*(matches.timeline_json(match.id) for _ in range(20)))
        assert len(set(answers)) == 1
        assert reads == version
