"""Revisions by content, misses, and when a provider is left alone."""

from __future__ import annotations

import msgspec

from feeds.adapter import Batch
from feeds.live.breaker import MAX_BACKOFF_S, OPEN_MS, THRESHOLD, Breaker, backoff_s
from feeds.live.tracking import Tracked, pending, plan, standing
from kit.contracts import Instant
from scoring.model import EventOp
from tests.support.feed_fixtures import START


def op(event_id: str, kind: str = "goal", updated: int | None = None, verb: str = "add") -> EventOp:
    return EventOp(
        provider="espn",
        event_id=event_id,
        type=kind,
        period=1,
        order_key=event_id,
        occurred_at=START,
        op="delete" if verb == "delete" else "add",
        provider_updated_at=Instant(updated) if updated is not None else None,
        competitor_id="red",
    )


def told(known: dict[str, Tracked], *ops: EventOp, complete: bool = False) -> list[tuple[str, str, int]]:
    """Take in a message; returns what would be handed in: id, verb, revision."""
    known |= plan(known, Batch(ops=list(ops), complete=complete))
    waiting = [(one.event_id, one.op, one.revision) for one in pending(known.values())]
    for event_id, entry in known.items():
        known[event_id] = Tracked(op=entry.op, digest=entry.digest, missed=entry.missed, delivered=True)
    return waiting


def test_a_revision_is_a_change_of_content() -> None:
    known: dict[str, Tracked] = {}
    assert told(known, op("a"), op("a")) == [("a", "add", 1)]
    assert told(known, op("a")) == []
    assert told(known, op("a", "shot")) == [("a", "update", 2)]
    assert told(known, op("a")) == [("a", "update", 3)]


def test_an_older_word_is_overtaken_and_a_touched_time_is_no_change() -> None:
    known: dict[str, Tracked] = {}
    assert told(known, op("a", updated=10)) == [("a", "add", 1)]
    assert told(known, op("a", "shot", updated=9)) == []
    assert told(known, op("a", updated=11)) == []
    assert told(known, op("a", "shot")) == [("a", "update", 2)]
    assert known["a"].op.provider_updated_at == Instant(10), "else the match would think it older than the first"


def test_an_event_is_gone_after_two_complete_snapshots_in_a_row() -> None:
    known: dict[str, Tracked] = {}
    told(known, op("a"), op("b"), complete=True)
    assert told(known, op("b"), complete=False) == []
    assert told(known, op("b"), complete=True) == []
    assert told(known, op("a"), op("b"), complete=True) == []
    assert told(known, op("b"), complete=True) == []
    assert told(known, op("b"), complete=False) == []
    assert told(known, op("b"), complete=True) == [("a", "delete", 2)]
    assert told(known, op("b"), complete=True) == []
    assert set(standing(known)) == {"b"}
    assert told(known, op("a"), op("b"), complete=True) == [("a", "update", 3)]


def test_a_withdrawal_keeps_the_type_and_comes_once() -> None:
    known: dict[str, Tracked] = {}
    assert told(known, op("a", "period_end", verb="delete")) == []
    told(known, op("a"))
    assert told(known, op("a", "unknown", verb="delete")) == [("a", "delete", 2)]
    assert known["a"].op.type == "goal"
    assert told(known, op("a", "unknown", verb="delete")) == []


def test_what_was_not_handed_in_waits() -> None:
    known = plan({}, Batch(ops=[op("b"), op("a")]))
    known |= plan(known, Batch(ops=[op("b", "shot")]))
    assert [(one.event_id, one.revision) for one in pending(known.values())] == [("a", 1), ("b", 2)]
    assert msgspec.to_builtins(known["b"].op.type) == "shot"


class Hands:
    def __init__(self) -> None:
        self.ms = 1_000_000

    def now_ms(self) -> int:
        return self.ms


def test_the_breaker_opens_lets_one_try_and_closes() -> None:
    clock = Hands()
    breaker = Breaker(clock)
    for _ in range(THRESHOLD - 1):
        breaker.failed()
    assert (breaker.state, breaker.wait_ms()) == ("closed", 0)
    breaker.failed()
    assert (breaker.state, breaker.wait_ms()) == ("open", OPEN_MS)
    clock.ms += OPEN_MS
    assert breaker.state == "half_open"
    assert breaker.wait_ms() == 0
    assert breaker.wait_ms() > 0, "one trial at a time"
    breaker.failed()
    assert (breaker.state, breaker.wait_ms()) == ("open", 2 * OPEN_MS)
    clock.ms += 2 * OPEN_MS
    assert breaker.wait_ms() == 0
    breaker.succeeded()
    assert (breaker.state, breaker.wait_ms(), breaker.wait_ms()) == ("closed", 0, 0)


def test_a_pause_that_the_provider_names_holds_for_all() -> None:
    clock = Hands()
    breaker = Breaker(clock)
    breaker.failed(retry_after=7)
    assert (breaker.state, breaker.wait_ms()) == ("open", 7000)
    clock.ms += 7000
    assert breaker.wait_ms() == 0


def test_pauses_double_with_chance_up_to_a_bound() -> None:
    assert [backoff_s(n, lambda: 1.0) for n in (1, 2, 3)] == [1, 2, 4]
    assert [backoff_s(n, lambda: 0.0) for n in (1, 2, 3)] == [0.5, 1, 2]
    assert backoff_s(10_000, lambda: 1.0) == MAX_BACKOFF_S
