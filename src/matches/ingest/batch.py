"""One transaction: what the requests of some matches come to, each judged by itself.

`matches.ingest.queue` hands in at most one request for each match. Each match goes on from where it was last read
(`scoring.change.Checkpoint`) where it can, and is read from its first event where it cannot. What is stored and told
of it is `matches.ingest.store`'s.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import NamedTuple

import msgspec

from kit.clock import Clock
from kit.db import Database, Transaction
from kit.errors import DomainError, NotFound
from kit.lru import LruCache
from matches.ingest.store import Draft, IngestStore
from matches.same_entry import ask_about
from matches.storage.finding import DONE
from matches.storage.models import MatchRow
from matches.storage.repository import MatchRepository
from matches.storage.views import setup_of_row
from matches.writer import MatchWriter, Permit
from scoring.change import Checkpoint, MatchChange
from scoring.hand import is_by_hand
from scoring.model import Author, EventOp, IngestItem, IngestResult, Match
from scoring.projection import EventKey, key_of
from scoring.sports import RULES

ATTEMPTS = 3
"""Readings of a request by hand of which something cannot be. Then all of it is refused: each takes some time."""

KEPT_PROGRESS = 2_000
"""Matches that can go on from their last event, a few kB each; another one is read from its first event once more."""


@dataclass(frozen=True, slots=True)
class IngestRequest:
    """Operations of one match that wait; those that could not be read are items already. `author`: who enters them."""

    match_id: str
    read: list[EventOp | IngestItem]
    permit: Permit | None
    author: Author | None
    result: asyncio.Future[IngestResult]

    @property
    def ops(self) -> list[EventOp]:
        """The operations that could be read."""
        return [op for op in self.read if isinstance(op, EventOp)]


class _Held(NamedTuple):
    """How far a match is read, how it was last announced, and a digest of what both were made of (`_source_of`)."""

    progress: Checkpoint
    told: Match | None
    source: bytes


class IngestBatch:
    """Takes operations into matches, one transaction at a time."""

    def __init__(self, *, database: Database, store: IngestStore, clock: Clock) -> None:
        self._database = database
        self._store = store
        self._clock = clock
        self._held: LruCache[_Held] = LruCache(KEPT_PROGRESS)

    async def take(self, requests: list[IngestRequest]) -> list[IngestResult | Exception]:
        """Take in requests, each of another match, in one transaction; returns what became of each, in their order.

        Raises what the database raises: then nothing of any of them is stored.
        """
        outcomes: dict[str, IngestResult | Exception] = {}
        drafts: list[Draft] = []
        sources: dict[str, bytes] = {}
        async with self._database.transaction() as tx:
            rows = await MatchWriter(tx, self._clock).lock_all({request.match_id for request in requests})
            for request in requests:
                try:
                    row = rows.get(request.match_id)
                    if row is None:
                        raise NotFound("There is no such match.")
                    if request.permit is not None:
                        request.permit(tx, row)
                    if request.author is not None:
                        read = await ask_about(tx, row.id, row.sport, request.read, request.author)
                        request = replace(request, read=read)  # noqa: PLW2901 - the same, with its questions
                    held, source = self._held.take(row.id), _source_of(row)
                    if held is not None and held.source != source:
                        held = None
                    change, items = await self._taken(tx, row, request, held.progress if held is not None else None)
                    draft = self._store.draft(tx, row, change, held.told if held is not None else None, request.author)
                    drafts.append(draft)
                    sources[row.id] = source
                    outcomes[row.id] = IngestResult(
                        items=items, seq=row.seq, version=row.version, score_alert=draft.alert
                    )
                except DomainError as error:
                    outcomes[request.match_id] = error
            await self._store.store(tx, drafts)
        for draft in drafts:
            self._hold(draft, sources[draft.row.id])
        return [outcomes[request.match_id] for request in requests]

    async def _taken(
        self, tx: Transaction, row: MatchRow, request: IngestRequest, progress: Checkpoint | None
    ) -> tuple[MatchChange, list[IngestItem]]:
        """Take a request in; what people entered and cannot be after what came before is refused."""
        refused: dict[EventKey, str] = {}
        for attempt in range(ATTEMPTS + 1):
            change = await self._begin(tx, row, request.ops, progress)
            items = [_item(change, op, refused) for op in request.read]
            found = change.impossible()
            if not found:
                break
            if attempt == ATTEMPTS - 1:
                found = {key_of(op): next(iter(found.values())) for op in request.ops if is_by_hand(op)}
            refused |= found
            progress = None  # what was read holds what is refused
        return change, items

    def _hold(self, draft: Draft, source: bytes) -> None:
        """Go on from here next time: only after the commit, since what failed was never read.

        What comes for a match that is over corrects it, and so reads it from its first event anyway.
        """
        progress = draft.change.progress()
        if progress is not None and draft.row.status not in DONE:
            self._held.put(draft.row.id, _Held(progress, draft.told, source))

    async def _begin(
        self, tx: Transaction, row: MatchRow, ops: list[EventOp], progress: Checkpoint | None
    ) -> MatchChange:
        setup = setup_of_row(row) if progress is None else progress.reading.setup
        if progress is not None and not progress.stands(setup, row.seq):
            progress = None
        keys = {key_of(op) for op in ops}
        stored = keys if progress is None else {key for key in keys if key in progress.seen}
        known = await MatchRepository(tx).revisions(row.id, stored) if stored else set()
        if progress is not None and not progress.goes_on(ops, known):
            progress = None
        current = await MatchRepository(tx).current_events(row.id) if progress is None else {}
        return MatchChange(RULES[row.sport], setup, current=current, known=known, seq=row.seq, progress=progress)


def _source_of(row: MatchRow) -> bytes:
    """A digest of what only people change of a match; comparing it costs less than setting the match up anew."""
    made_of = (row.competition, row.competitors, row.config)
    return blake2b(msgspec.json.encode(made_of), digest_size=16).digest()


def _item(change: MatchChange, op: EventOp | IngestItem, refused: Mapping[EventKey, str]) -> IngestItem:
    if isinstance(op, IngestItem):
        return op
    why = refused.get(key_of(op))
    return change.take(op) if why is None else rejected(op.event_id, op.revision, why)


def rejected(event_id: object, revision: object, why: str) -> IngestItem:
    """The item of an operation that was not taken in.

    Args:
        event_id: As it came, which may be anything.
        revision: Likewise.
        why: A sentence.
    """
    return IngestItem(
        event_id=event_id[:100] if isinstance(event_id, str) else "",
        revision=revision if isinstance(revision, int) else 0,
        result="rejected",
        error=why,
    )
