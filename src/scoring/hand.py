"""What marks the events that people enter, apart from those of feeds.

`scoring.change`, `scoring.projection` and `matches.ingest` ask here. Who the person is, and whether they may, is not
for these marks to say: `matches.api.authorization` does.
"""

from __future__ import annotations

from scoring.model import EventOp

HAND = "hand"
"""The provider of what is scored by hand."""

HAND_REVISION = 2**30
"""Corrections by hand are numbered from here, so that they never meet the revisions of a feed."""


def is_by_hand(op: EventOp) -> bool:
    """Whether a person entered this operation, as a new event or as a correction."""
    return op.provider == HAND or corrected_by_hand(op)


def corrected_by_hand(op: EventOp) -> bool:
    """Whether a person changed or withdrew this event after it was told."""
    return op.revision >= HAND_REVISION
