"""Whatever comes, in whatever order, cut and repeated: it comes to the same match, and nothing breaks."""

from __future__ import annotations

from random import Random
from typing import Any, get_args

import msgspec
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st

from kit.contracts import convert, encode_event, encode_rest
from kit.errors import InvalidPayload
from matches.service import MatchService
from scoring.model import MAX_BATCH, CreateMatch, EventOp, MatchEvent, Sport
from scoring.projection import fold, key_of, newest, statistics
from scoring.sports import RULES
from scoring.sports.shared.setup import Setup
from tests.integration.matches.test_going_on import a_match as believable
from tests.support.equivalence import SIZES, ReadMatch
from tests.support.rubbish import CONFIGS, a_setup, event_of
from tests.support.samples import event, new_match

SPORTS: list[Sport] = list(get_args(Sport))


def readable(raw: dict[str, Any]) -> EventOp | None:
    try:
        return convert(raw, EventOp)
    except InvalidPayload:
        return None


def a_stream(sport: Sport, rng: Random, *, rubbish: bool) -> tuple[Setup, list[EventOp]]:
    """A match, and operations of which no two have the same event and revision."""
    if rubbish:
        setup = a_setup(rng, sport)
        ops = [op for _ in range(rng.randrange(150)) if (op := readable(event_of(rng, sport))) is not None]
    else:
        setup, ops = believable(sport, rng.randrange(20))
        for op in rng.sample(ops, 12):
            change: dict[str, Any] = rng.choice([{"op": "delete"}, {"op": "update", "confirmation": "cancelled"}])
            ops.append(msgspec.structs.replace(op, revision=5, **change))
            if rng.random() < 0.5:
                ops.append(msgspec.structs.replace(op, revision=6))
    return setup, list({(key_of(op), op.revision): op for op in ops}.values())


def take_in(sport: Sport, setup: Setup, ops: list[EventOp], rng: Random) -> ReadMatch:
    """Hand operations in as the service does, some at once."""
    read = ReadMatch(RULES[sport], setup)
    while ops:
        size = rng.choice(SIZES)
        batch, ops = ops[:size], ops[size:]
        read.take(batch)
    return read


def test_the_streams_know_all_sports() -> None:
    assert set(CONFIGS) == set(RULES)


@given(sport=st.sampled_from(SPORTS), seed=st.integers(0, 2**32), rubbish=st.booleans())
@example(sport="football", seed=236064, rubbish=True)
@settings(max_examples=60, deadline=None)
def test_any_order_repetition_and_cutting_comes_to_the_same(sport: Sport, seed: int, rubbish: bool) -> None:
    rng = Random(seed)  # noqa: S311 - replayable
    setup, ops = a_stream(sport, rng, rubbish=rubbish)
    found = []
    for _ in range(2):
        arrived = ops + rng.sample(ops, len(ops) // 4)
        rng.shuffle(arrived)
        read = take_in(sport, setup, arrived, rng)
        read.check()
        assert 0 <= read.seq <= len(ops)
        encode_event(read.fold().state)
        found.append((read.current, read.fold()))
    (current, after), (others, again) = found
    truth = fold(RULES[sport], setup, current.values())
    # A tombstone has the type of what it withdraws, which is unknown where it comes first and calls it something else.
    assume(all(op.type == others[key].type for key, op in current.items() if op.op == "delete"))
    assert after == again
    tables = statistics(RULES[sport], setup, current.values())
    assert tables == statistics(RULES[sport], setup, found[1][0].values())
    encode_rest(tables)

    last = max((op.revision for op in ops), default=0)
    there = list(current.values())
    gone = [msgspec.structs.replace(op, op="delete", revision=last + 1) for op in there]
    late = [msgspec.structs.replace(op, revision=last + 2) for op in there]
    assert fold(RULES[sport], setup, newest(there + gone).values()) == fold(RULES[sport], setup, ())
    assert fold(RULES[sport], setup, newest([*late, *there, *gone]).values()) == truth


def without_times(item: MatchEvent) -> MatchEvent:
    unseen: dict[str, Any] = {"seq": 0, "at": item.occurred_at, "received_at": item.occurred_at, "op": "add"}
    return msgspec.structs.replace(item, **unseen)


async def everything(matches: MatchService, match_id: str) -> tuple[Any, ...]:
    """All that is told of a match, apart from when we heard of it."""
    match = await matches.get(match_id)
    lines: list[tuple[MatchEvent, bool]] = []
    before = None
    while True:
        page = await matches.events(match_id, before=before, limit=100)
        lines += [(without_times(one), one.op == "delete") for one in page.items]
        if (before := page.next) is None:
            break
    lines = [(msgspec.structs.replace(one, match_id=""), gone) for one, gone in lines]
    groups = (await matches.statistics(match_id)).groups
    return match.competitors, match.status, match.periods, match.clock, match.outcome, match.game, groups, lines


@pytest.mark.parametrize("sport", SPORTS)
async def test_any_order_comes_to_the_same_in_the_database(matches: MatchService, sport: Sport) -> None:
    rng = Random(f"order {sport}")  # noqa: S311 - replayable
    raw = [event_of(rng, sport, ids=40, bad=0) for _ in range(160)]
    raw = list({(one["provider"], one["eventId"], one["revision"]): one for one in raw}.values())
    types = {(one["provider"], one["eventId"]): one["type"] for one in raw}
    for one in raw:
        one["type"] = types[one["provider"], one["eventId"]]
        one["detail"] |= {"made": True, "scored": True, "runs": 1, "battingId": "red", "scores": {}, "status": "live"}
        if one["type"] == "score":
            one["detail"].pop("wickets", None)  # a number here, and a list of a ball
    new: CreateMatch = msgspec.structs.replace(new_match(sport), config=rng.choice(CONFIGS[sport]))
    found = []
    for size in (len(raw), 7, 40):
        match, _ = await matches.create(new)
        arrived = raw + rng.sample(raw, 20)
        if found:
            rng.shuffle(arrived)
        for start in range(0, len(arrived), size):
            result = await matches.ingest(match.id, arrived[start : start + min(size, MAX_BATCH)])
            assert all(item.result != "rejected" for item in result.items), {i.error for i in result.items}
        found.append(await everything(matches, match.id))
    assert found[0] == found[1] == found[2]


async def test_rubbish_by_the_thousand_leaves_the_good_ones(matches: MatchService) -> None:
    rng = Random(7)  # noqa: S311 - replayable
    match, _ = await matches.create(new_match())
    good = [event(f"good-{n}", "goal", 1, "red", order=f"{n:04d}", provider="sane") for n in range(12)]
    rejected = 0
    for op in good:
        batch: list[Any] = [event_of(rng, "football", ids=10**6, bad=2) for _ in range(MAX_BATCH - 1)]
        batch.insert(rng.randrange(len(batch)), op)
        result = await matches.ingest(match.id, batch)
        assert len(result.items) == MAX_BATCH
        for item, sent in zip(result.items, batch, strict=True):
            if item.result == "rejected":
                assert item.error
                rejected += 1
            assert sent is not op or item.result == "applied"
        encode_rest(result)
    page = await matches.events(match.id, before=None, limit=100)
    assert page.items
    kept = await everything(matches, match.id)
    assert sum(line.provider == "sane" for line, _ in kept[-1]) == len(good)
    assert rejected > 2_000
