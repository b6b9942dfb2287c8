"""What a change of the past means for what was told: whether the score that people saw was another one.

`scoring.change` asks after each batch; what comes out becomes `match:corrected` (`matches.ingest.store`).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from scoring.model import EventOp
from scoring.projection import EventKey, Fold, fold
from scoring.sports.shared.rules import SportRules
from scoring.sports.shared.setup import Setup

Effect = Literal["add", "update", "delete"]


@dataclass(frozen=True, slots=True)
class Applied:
    """An operation that is now the newest word on its event.

    `effect` is what it did here, whatever the feed called it. `replaces`: clients knew the event before this batch.
    """

    op: EventOp
    seq: int
    effect: Effect
    replaces: bool


@dataclass(frozen=True, slots=True)
class Correction:
    """The displays by competitor id before and after, and the operation that did it (the last of several)."""

    before: dict[str, str]
    after: dict[str, str]
    cause: Applied


def correction_of(
    rules: SportRules,
    setup: Setup,
    current: Mapping[EventKey, EventOp],
    before: Mapping[EventKey, EventOp],
    applied: Sequence[Applied],
    after: Fold,
) -> Correction | None:
    """What the events that were replaced did to the score, apart from what was new.

    Args:
        rules: The sport.
        setup: The match.
        current: The newest revision of each event after the batch.
        before: The same before it.
        applied: What the batch did.
        after: What `current` comes to.

    Returns:
        The score without the replacements and with them, or None where they left it as it was.
    """
    replacing = [one for one in applied if one.replaces]
    if not replacing:
        return None
    shown = {**current, **before}
    displays = fold(rules, setup, shown.values()).state.displays
    if displays == after.state.displays:
        return None
    return Correction(displays, after.state.displays, replacing[-1])
