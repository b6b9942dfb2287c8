"""What a batch of operations does to a match: which of them count, and what the match comes to with them.

`matches.ingest.batch` loads what it needs and `matches.ingest.store` stores what comes out; here is no database and no
clock.
"""

from __future__ import annotations

from array import array
from bisect import bisect_left, insort
from collections import Counter
from collections.abc import Collection, Iterable
from typing import NamedTuple

import msgspec

from kit.contracts import encode_event
from kit.errors import InvalidPayload
from scoring.corrections import Applied, Correction, Effect, correction_of
from scoring.hand import is_by_hand
from scoring.model import EventOp, IngestItem
from scoring.projection import EventKey, Fold, MatchProjection, fold, key_of, newness
from scoring.sports.shared.rules import SportRules
from scoring.sports.shared.setup import Setup

MAX_OP_BYTES = 16_384
"""One operation with all its details; the largest of the real ones in our tests has 0.8 kB."""

MAX_EVENTS = 5_000
"""Events of one match: a correction folds them all (some 7 ms a thousand); the longest real match has some 3,000."""

MAX_REVISIONS = 5_000
"""Revisions of one event, which are all kept: a score that changes with every ball of a long innings has some 1,000."""


def check_keys(op: EventOp) -> None:
    """Raise `InvalidPayload` where a key holds U+0000, for which the database would refuse the whole batch."""
    if "\0" in f"{op.provider}{op.event_id}{op.order_key}":
        raise InvalidPayload("A key must not hold the character U+0000.")


def _doubts(folded: Fold) -> dict[EventKey, str]:
    """The impossible events of a state, and why each cannot be."""
    return {EventKey(one.provider, one.event_id): one.why for one in folded.state.doubts or ()}


class KnownEvents:
    """A set of event keys in eight bytes each, by their hashes.

    It never misses an event that is there; two keys with one hash make it take one for the other, which costs only a
    look into the database.
    """

    __slots__ = ("_hashes",)

    def __init__(self, keys: Iterable[EventKey]) -> None:
        self._hashes = array("q", sorted(map(hash, keys)))

    def __len__(self) -> int:
        """The number of events."""
        return len(self._hashes)

    def __contains__(self, key: EventKey) -> bool:
        """Whether the event may be there; False is certain."""
        wanted = hash(key)
        at = bisect_left(self._hashes, wanted)
        return at < len(self._hashes) and self._hashes[at] == wanted

    def plus(self, keys: Iterable[EventKey]) -> KnownEvents:
        """A copy to which these events are added."""
        more = KnownEvents(())
        more._hashes = self._hashes[:]
        for key in keys:
            insort(more._hashes, hash(key))
        return more


class Checkpoint(NamedTuple):
    """A match read up to its operation `seq`, and the keys of its events, tombstones included."""

    reading: MatchProjection
    seq: int
    seen: KnownEvents

    def stands(self, setup: Setup, seq: int) -> bool:
        """Whether this was read of the same set-up, and no operation has been applied since."""
        return self.seq == seq and self.reading.setup == setup

    def goes_on(self, ops: Iterable[EventOp], known: Collection[tuple[EventKey, int]]) -> bool:
        """Whether reading can go on from here: what of `ops` is not stored is of new events, later in play.

        Args:
            ops: What has come.
            known: The stored revisions, at least of the events of `ops`.
        """
        keys = {key for key, _ in known}
        fresh = [op for op in ops if (key_of(op), op.revision) not in known]
        return not any(key_of(op) in keys for op in fresh) and self.reading.precedes(fresh)


class MatchChange:
    """One batch of one match: takes operations one after another, then says what became of the match."""

    def __init__(
        self,
        rules: SportRules,
        setup: Setup,
        *,
        current: dict[EventKey, EventOp],
        known: set[tuple[EventKey, int]],
        seq: int,
        progress: Checkpoint | None = None,
    ) -> None:
        """Start from a stored match.

        Args:
            rules: The sport.
            setup: The match.
            current: The newest revision of each event.
            known: The revisions that are stored, at least of the events that will be taken in.
            seq: The number of the newest applied operation.
            progress: The match as far as it is read: then `current` is empty, and all that will be taken in is of
                new events, later in play (`Checkpoint.goes_on`).
        """
        self._rules = rules
        self._setup = setup
        self._before = current
        self._current = dict(current)
        self._known = set(known)
        self._stored = {key for key, _ in known}
        self._revisions = Counter(key for key, _ in known)
        self._seen = progress.seen if progress is not None else KnownEvents(())
        self._reading = progress.reading if progress is not None else None
        self.extends = progress is not None
        self._folded: Fold | None = None
        self.seq = seq
        self.applied: list[Applied] = []
        self.stale: list[EventOp] = []

    def take(self, op: EventOp) -> IngestItem:
        """Take in one operation and say what became of it; a rejected one changes nothing, and does not stop others."""
        key = key_of(op)
        if (key, op.revision) in self._known:
            return IngestItem(event_id=op.event_id, revision=op.revision, result="duplicate")
        try:
            self._check(key, op)
        except InvalidPayload as error:
            return IngestItem(event_id=op.event_id, revision=op.revision, result="rejected", error=error.message)
        self._known.add((key, op.revision))
        self._revisions[key] += 1
        present = self._current.get(key)
        if present is not None and newness(op) <= newness(present):
            self.stale.append(op)
            return IngestItem(event_id=op.event_id, revision=op.revision, result="stale")
        if op.op == "delete" and present is not None:
            op = msgspec.structs.replace(op, type=present.type)  # a tombstone keeps it, whatever the feed calls it
        self.seq += 1
        effect: Effect = "add" if present is None or present.op == "delete" else "update"
        self._current[key] = op
        self.applied.append(Applied(op, self.seq, "delete" if op.op == "delete" else effect, key in self._before))
        return IngestItem(event_id=op.event_id, revision=op.revision, result="applied", seq=self.seq)

    def has_stored(self, key: EventKey) -> bool:
        """Whether a revision of this event was stored before."""
        return key in self._stored or key in self._before

    def _check(self, key: EventKey, op: EventOp) -> None:
        if op.op != "delete":
            self._rules.check_readable(self._setup, op)
            if is_by_hand(op):
                self._check_possible(key, op)
        try:
            size = len(encode_event(op))
        except RecursionError:
            raise InvalidPayload("The event is nested too deeply.") from None
        if size > MAX_OP_BYTES:
            raise InvalidPayload(f"One event has at most {MAX_OP_BYTES} bytes.")
        if self._revisions[key] >= MAX_REVISIONS:
            raise InvalidPayload(f"One event has at most {MAX_REVISIONS} revisions.")
        if key not in self._current and len(self._seen) + len(self._current) >= MAX_EVENTS:
            raise InvalidPayload(f"One match has at most {MAX_EVENTS} events.")

    def _check_possible(self, key: EventKey, op: EventOp) -> None:
        """A person may not enter what cannot be, but may correct something else of what a feed told."""
        before = self._current.get(key)
        try:
            self._rules.check(self._setup, op)
        except InvalidPayload as error:
            if before is None or self._rules.objection(self._setup, before) != error.message:
                raise

    def impossible(self) -> dict[EventKey, str]:
        """The events of this batch that people entered and that cannot follow those before them, and why.

        It reads the match, so nothing may be taken in afterwards.
        """
        entered = {key_of(one.op) for one in self.applied if is_by_hand(one.op) and one.effect != "delete"}
        if not entered:
            return {}
        found = _doubts(self.fold())
        if not entered & found.keys():
            return {}
        before = _doubts(fold(self._rules, self._setup, self._before.values()))
        return {key: found[key] for key in entered & found.keys() if before.get(key) != found[key]}

    def fold(self) -> Fold:
        """The state after the batch, and the displays after its events; after all events where all had to be read."""
        if self._folded is None:
            if self._reading is None:
                self._reading = MatchProjection(self._rules, self._setup)
            score_after = self._reading.read(self._current.values())
            self._folded = Fold(self._reading.state(), score_after)
        return self._folded

    def progress(self) -> Checkpoint | None:
        """Where the next batch can go on; None before `fold`."""
        if self._reading is None:
            return None
        return Checkpoint(self._reading, self.seq, self._seen.plus(self._current))

    def correction(self, after: Fold) -> Correction | None:
        """The change of the score by events that clients knew already; None where they left it as it was."""
        return correction_of(self._rules, self._setup, self._current, self._before, self.applied, after)
