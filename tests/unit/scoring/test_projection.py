"""The fold depends on what was said, not on when it arrived."""

from __future__ import annotations

import random
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from feeds.simulator import simulate
from kit.contracts import Instant
from matches.storage.views import setup_of
from scoring.model import EventOp, Sport
from scoring.projection import EventKey, fold, newest
from scoring.sports import RULES
from tests.support.equivalence import check_arrival
from tests.support.samples import SETUP, event

SPORTS: list[Sport] = ["cricket", "football", "basketball"]
MATCHES = {sport: simulate(sport, seed=4, start=Instant(1_700_000_000_000)) for sport in SPORTS}


@given(sport=st.sampled_from(SPORTS), seed=st.integers(0, 2**32), data=st.data())
@settings(max_examples=40, deadline=None)
def test_order_repetition_and_batches_make_no_difference(sport: Sport, seed: int, data: st.DataObject) -> None:
    match = MATCHES[sport]
    setup = setup_of(match.create.competitors, match.create.config)
    rng = random.Random(seed)  # noqa: S311 - replayable
    ops = list(match.ops)
    # A few events are changed, withdrawn, cancelled and brought back.
    for op in rng.sample(ops, 6):
        how: dict[str, Any] = data.draw(
            st.sampled_from([{"op": "delete"}, {"op": "update"}, {"confirmation": "cancelled"}])
        )
        ops.append(msgspec.structs.replace(op, revision=2, **how))
        if data.draw(st.booleans()):
            ops.append(msgspec.structs.replace(op, revision=3))
    assert check_arrival(RULES[sport], setup, ops, seed=seed) == fold(RULES[sport], setup, newest(ops).values()).state


@pytest.mark.parametrize("sport", SPORTS)
def test_deleting_every_event_and_adding_it_again_comes_to_the_same(sport: Sport) -> None:
    match = MATCHES[sport]
    setup = setup_of(match.create.competitors, match.create.config)
    first = [op for op in match.ops if op.op == "add"]
    gone = [msgspec.structs.replace(op, op="delete", revision=5) for op in first]
    back = [msgspec.structs.replace(op, revision=6) for op in first]
    truth = fold(RULES[sport], setup, newest(first).values())
    assert fold(RULES[sport], setup, newest(first + gone).values()) == fold(RULES[sport], setup, ())
    assert fold(RULES[sport], setup, newest([*first, *gone, *back]).values()) == truth


def test_the_later_word_of_the_provider_counts_whatever_its_number() -> None:
    early = event("g", "goal", 1, "red", revision=9, provider_updated_at=Instant(1_000))
    late = event("g", "goal", 1, "blue", revision=1, provider_updated_at=Instant(2_000))
    for ops in ([early, late], [late, early]):
        assert newest(ops)[EventKey("test", "g")] is late


def test_the_score_is_told_after_the_events_that_changed_it() -> None:
    ops = [event("a", "corner", 1, "red"), event("b", "goal", 1, "red"), event("c", "goal", 1, "blue")]
    after = fold(RULES["football"], SETUP, ops).score_after
    assert after == {
        EventKey("test", "b"): {"red": "1", "blue": "0"},
        EventKey("test", "c"): {"red": "1", "blue": "1"},
    }


def test_an_absolute_score_counts_only_where_nobody_tells_it_event_by_event() -> None:
    def says(number: int, red: int) -> EventOp:
        detail = {"scores": {"red": red, "blue": 0}}
        return event(f"s{number}", "score", number, detail=detail, provider="score", order="1-score")

    stated = [says(1, 2), says(2, 1)]
    first, second = event("a", "goal", 1, "red", order="2"), event("b", "goal", 2, "blue", order="2")
    back = event("b", "goal", 2, "blue", order="2", revision=1, op="delete")

    def shown(*ops: EventOp) -> list[str]:
        return list(fold(RULES["football"], SETUP, newest(ops).values()).state.displays.values())

    assert shown(*stated) == ["3", "0"]
    assert shown(*stated, first, second) == shown(second, *stated, first) == ["1", "1"]
    assert shown(*stated, first, second, back) == ["1", "0"]
    assert shown(*stated, second, back) == ["0", "0"]
    # Of one provider both count: what it cannot tell event by event, it states.
    assert shown(*stated, event("a", "goal", 1, "red", order="2", provider="score")) == ["4", "0"]


def test_the_same_event_id_of_two_providers_are_two_events() -> None:
    ops = [event("a", "goal", 1, "red", provider="one"), event("a", "goal", 1, "red", provider="two")]
    assert fold(RULES["football"], SETUP, newest(ops).values()).state.displays["red"] == "2"
