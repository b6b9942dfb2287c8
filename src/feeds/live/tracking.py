"""Revisions for providers that have none: what was said of each event before, and what a new message changes.

Pure; the runner stores what comes out before it hands it on, so that a crash between the two loses nothing.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import replace

import msgspec

from feeds.adapter import Batch
from feeds.models import Tracked
from kit.contracts import encode_event
from scoring.model import EventOp

__all__ = ["Tracked", "digest_of", "pending", "plan", "standing"]

MISSES = 2
"""Complete snapshots in a row that an event must be absent from before it counts as deleted."""


def digest_of(op: EventOp) -> str:
    """What tells two contents of an event apart (SHA-256): all but the revision, the time of the change and the verb.

    A provider that touches its time alone has changed nothing.
    """
    verb = "delete" if op.op == "delete" else "add"
    plain = msgspec.structs.replace(op, revision=0, provider_updated_at=None, op=verb)
    return hashlib.sha256(encode_event(plain)).hexdigest()


def plan(known: Mapping[str, Tracked], batch: Batch) -> dict[str, Tracked]:
    """The entries that a message changes, by event id; those with `delivered` unset are to be handed in."""
    changed: dict[str, Tracked] = {}
    seen: set[str] = set()
    for op in batch.ops:
        seen.add(op.event_id)
        present = changed.get(op.event_id) or known.get(op.event_id)
        entry = _next(present, op)
        if entry is not None:
            changed[op.event_id] = entry
    if batch.complete:
        for event_id, entry in known.items():
            if event_id not in seen and entry.op.op != "delete":
                changed[event_id] = _missed(entry)
    return changed


def _next(present: Tracked | None, op: EventOp) -> Tracked | None:
    digest = digest_of(op)
    if present is None:
        if op.op == "delete":
            return None  # never seen here: there is nothing to withdraw
        return Tracked(op=msgspec.structs.replace(op, op="add", revision=1), digest=digest)
    before = present.op.provider_updated_at
    if op.provider_updated_at is not None and before is not None and op.provider_updated_at < before:
        return None  # overtaken on the way
    if present.digest == digest:
        return replace(present, missed=0) if present.missed else None
    # Of two revisions the one with the later time counts: a change without a time keeps that of its predecessor.
    stated = op.provider_updated_at or before
    revised = msgspec.structs.replace(
        op,
        op="delete" if op.op == "delete" else "update",
        revision=present.op.revision + 1,
        provider_updated_at=stated,
        type=present.op.type if op.op == "delete" else op.type,
    )
    return Tracked(op=revised, digest=digest)


def _missed(entry: Tracked) -> Tracked:
    if entry.missed + 1 < MISSES:
        return replace(entry, missed=entry.missed + 1)
    op = msgspec.structs.replace(entry.op, op="delete", revision=entry.op.revision + 1, reason="withdrawn by the feed")
    return Tracked(op=op, digest=digest_of(op), missed=entry.missed + 1)


def pending(entries: Iterable[Tracked]) -> list[EventOp]:
    """What the match has not taken in yet, in the order in which things happened."""
    waiting = [entry.op for entry in entries if not entry.delivered]
    return sorted(waiting, key=lambda op: (op.period, op.order_key, op.event_id))


def standing(known: Mapping[str, Tracked]) -> dict[str, EventOp]:
    """What was said and is not withdrawn, by event id."""
    return {event_id: entry.op for event_id, entry in known.items() if entry.op.op != "delete"}
