"""The question that a scorer is asked when somebody else has just entered the same.

`matches.ingest.batch` asks it for what people enter, within the transaction that holds the match. It only asks: what is
the same is decided by whoever entered it, and nothing that is stored is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from kit.contracts import decode
from kit.db import Transaction
from matches.storage.repository import MatchRepository
from scoring.hand import HAND
from scoring.model import Author, EventOp, IngestItem, SameAs, Sport
from scoring.projection import key_of
from scoring.sports import RULES

SAME_WITHIN_MS = 20_000
"""Entries of two people this close are asked about. Who sees a goal presses within some seconds, and then looks for the
scorer's number; two balls of cricket are some 30 s apart, and no side scores two goals in 20 s."""

CANDIDATES = 200
"""The newest entries of others that are compared: more than a busy period of basketball has. One reads in 5 µs."""


@dataclass(frozen=True, slots=True)
class _Entry:
    """What somebody entered, as it stands now; `said`: the operation of its newest revision."""

    said: EventOp
    by: Author


async def ask_about(
    tx: Transaction, match_id: str, sport: Sport, read: Sequence[EventOp | IngestItem], author: Author
) -> list[EventOp | IngestItem]:
    """Put the question in the place of each operation that somebody else may have entered already.

    What is compared is when it was pressed, not when it came: a phone without a network may tell of it much later.

    Args:
        tx: The transaction that holds the match.
        match_id: The match.
        sport: Its sport.
        read: Operations, and items of those that could not be read.
        author: Who enters them.

    Returns:
        The same, in the same order; what is asked about as an item `rejected` with its `sameAs`.
    """
    asked = RULES[sport].scoring | RULES[sport].asked_again
    suspects = [op for op in read if isinstance(op, EventOp) and _may_be_asked(op, asked)]
    if not suspects:
        return list(read)
    others = [
        _Entry(decode(payload, EventOp), by)
        for payload, by in await MatchRepository(tx).entered_by_others(
            match_id, author.id, {op.period for op in suspects}, CANDIDATES
        )
    ]
    if not others:
        return list(read)
    known = await MatchRepository(tx).revisions(match_id, {key_of(op) for op in suspects})
    stored = {key for key, _ in known}  # it was answered, or was never asked about: sent again, it is a duplicate
    questions = {
        key_of(op): question
        for op in suspects
        if key_of(op) not in stored and (question := _question(op, others)) is not None
    }
    return [questions.get(key_of(op), op) if isinstance(op, EventOp) else op for op in read]


def _may_be_asked(op: EventOp, asked: frozenset[str]) -> bool:
    return op.provider == HAND and op.op == "add" and op.type in asked and not op.another


def _question(op: EventOp, others: Sequence[_Entry]) -> IngestItem | None:
    close = [one for one in others if _alike(op, one.said) and _apart_ms(op, one.said) <= SAME_WITHIN_MS]
    if not close:
        return None
    nearest = min(close, key=lambda one: _apart_ms(op, one.said))
    return IngestItem(
        event_id=op.event_id,
        revision=op.revision,
        result="rejected",
        error=f"{nearest.by.display_name} has just entered the same: if this is another one, say so (`another`).",
        same_as=SameAs(
            event_id=nearest.said.event_id, entered_by=nearest.by, occurred_at=nearest.said.occurred_at
        ),
    )  # fmt: skip


def _alike(op: EventOp, other: EventOp) -> bool:
    return (op.type, op.period, op.competitor_id) == (other.type, other.period, other.competitor_id)


def _apart_ms(op: EventOp, other: EventOp) -> int:
    return abs(op.occurred_at.ms - other.occurred_at.ms)
