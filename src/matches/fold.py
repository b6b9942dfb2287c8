"""From everything a feed ever said to the state of the match.

A pure function of the set of operations: the order of arrival, repetitions and the cutting into batches make no
difference. The newest revision of each event counts, deleted and cancelled ones are left out, and the rest is read
in the order of play.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from matches.contracts import EventOp, StatGroup
from matches.sports.scoring import Folded, Setup, SportRules


class EventKey(NamedTuple):
    """One event of one provider, over all its revisions."""

    provider: str
    event_id: str


class Fold(NamedTuple):
    """A state, and the displays by competitor id after each event that changed them."""

    state: Folded
    score_after: dict[EventKey, dict[str, str]]


def key_of(op: EventOp) -> EventKey:
    """Which event an operation is about."""
    return EventKey(op.provider, op.event_id)


def newness(op: EventOp) -> tuple[int, int]:
    """What decides between two revisions of one event: the provider's own time, then the revision's number."""
    return (op.provider_updated_at.ms if op.provider_updated_at else 0, op.revision)


def newest(ops: Iterable[EventOp]) -> dict[EventKey, EventOp]:
    """The newest revision of each event."""
    found: dict[EventKey, EventOp] = {}
    for op in ops:
        key = key_of(op)
        if key not in found or newness(op) > newness(found[key]):
            found[key] = op
    return found


def play_order(op: EventOp) -> tuple[int, str, str, str]:
    """Where an event belongs in the match."""
    return (op.period, op.order_key, op.provider, op.event_id)


def in_play(current: Iterable[EventOp]) -> list[EventOp]:
    """What stands of the newest revisions, in the order of play."""
    return sorted((op for op in current if op.op != "delete" and op.confirmation != "cancelled"), key=play_order)


def statistics(rules: SportRules, setup: Setup, current: Iterable[EventOp]) -> list[StatGroup]:
    """What the players did; from the same events as the score, and read in the same order.

    Args:
        rules: The sport.
        setup: The match.
        current: The newest revision of each event, in any order.
    """
    tally = rules.tally(setup)
    for op in in_play(current):
        tally.apply(op)
    return tally.groups()


def fold(rules: SportRules, setup: Setup, current: Iterable[EventOp]) -> Fold:
    """Read a match.

    Args:
        rules: The sport.
        setup: The match.
        current: The newest revision of each event, in any order.
    """
    scorer = rules.begin(setup)
    score_after: dict[EventKey, dict[str, str]] = {}
    shown = scorer.displays()
    for op in in_play(current):
        scorer.apply(op)
        displays = scorer.displays()
        if displays != shown:
            score_after[key_of(op)] = shown = displays
    return Fold(scorer.folded(), score_after)
