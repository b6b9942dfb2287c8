"""What a batch of operations does to a match. Pure: the service loads what it needs and stores what comes out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from kit.contracts import encode_event
from kit.errors import InvalidPayload
from matches.contracts import EventOp, IngestItem
from matches.fold import EventKey, Fold, fold, key_of, newness
from matches.sports.scoring import Setup, SportRules

MAX_OP_BYTES = 16_384
"""One operation with all its details; the largest of the real ones in our tests has 0.8 kB."""

MAX_EVENTS = 5_000
"""Events of one match: each ingest folds them all (some 7 ms a thousand); the longest real match has some 3,000."""

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


class Intake:
    """Takes operations one after another, then says what became of the match."""

    def __init__(
        self,
        rules: SportRules,
        setup: Setup,
        *,
        current: dict[EventKey, EventOp],
        known: set[tuple[EventKey, int]],
        seq: int,
    ) -> None:
        """Start from a stored match.

        Args:
            rules: The sport.
            setup: The match.
            current: The newest revision of each event.
            known: The revisions that are stored, at least of the events that will be taken in.
            seq: The number of the newest applied operation.
        """
        self._rules = rules
        self._setup = setup
        self._before = current
        self._current = dict(current)
        self._known = set(known)
        self.seq = seq
        self.applied: list[Applied] = []
        self.stale: list[EventOp] = []

    def take(self, op: EventOp) -> IngestItem:
        """One operation; a rejected one changes nothing and does not stop the others."""
        key = key_of(op)
        if (key, op.revision) in self._known:
            return IngestItem(event_id=op.event_id, revision=op.revision, result="duplicate")
        try:
            self._check(key, op)
        except InvalidPayload as error:
            return IngestItem(event_id=op.event_id, revision=op.revision, result="rejected", error=error.message)
        self._known.add((key, op.revision))
        present = self._current.get(key)
        if present is not None and newness(op) <= newness(present):
            self.stale.append(op)
            return IngestItem(event_id=op.event_id, revision=op.revision, result="stale")
        self.seq += 1
        effect: Effect = "add" if present is None or present.op == "delete" else "update"
        self._current[key] = op
        self.applied.append(Applied(op, self.seq, "delete" if op.op == "delete" else effect, key in self._before))
        return IngestItem(event_id=op.event_id, revision=op.revision, result="applied", seq=self.seq)

    def _check(self, key: EventKey, op: EventOp) -> None:
        if op.op != "delete":
            self._rules.check(self._setup, op)
        if len(encode_event(op)) > MAX_OP_BYTES:
            raise InvalidPayload(f"One event has at most {MAX_OP_BYTES} bytes.")
        if key not in self._current and len(self._current) >= MAX_EVENTS:
            raise InvalidPayload(f"One match has at most {MAX_EVENTS} events.")

    def fold(self) -> Fold:
        """The match after the batch."""
        return fold(self._rules, self._setup, self._current.values())

    def correction(self, after: Fold) -> Correction | None:
        """What the replaced events did to the score, apart from what was new; None when they left it as it was."""
        replacing = [applied for applied in self.applied if applied.replaces]
        if not replacing:
            return None
        shown = self._current | self._before
        before = fold(self._rules, self._setup, shown.values()).state.displays
        if before == after.state.displays:
            return None
        return Correction(before, after.state.displays, replacing[-1])
