"""What is done to matches: made, edited, scored, corrected, deleted; with what is asked of them (`matches.queries`).

Whoever calls may do everything, unless a permit is handed in: people and feeds' accounts come by
`matches.api.authorization`. Rows change through `matches.writer` alone, and what events come to is `scoring`'s.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any

import msgspec

from kit.clock import Clock
from kit.contracts import Instant
from kit.db import Database, Transaction
from kit.errors import Conflict, InvalidPayload, NotFound
from kit.ids import UlidGenerator
from kit.snapshots import Snapshots
from matches.contracts import CorrectEvent, EditMatch
from matches.ingest.batch import IngestBatch
from matches.ingest.queue import IngestQueue
from matches.ingest.store import IngestStore, events_of
from matches.ports import Rooms, SharedCache, Shows
from matches.queries import MatchQueries
from matches.storage.finding import UPCOMING
from matches.storage.models import MatchRow
from matches.storage.repository import MatchRepository
from matches.storage.views import match_of, setup_of_row
from matches.writer import MatchWriter, Permit, new_row
from scoring.change import MatchChange
from scoring.hand import HAND_REVISION
from scoring.model import Author, CreateMatch, EventOp, IngestResult, Match, MatchEvent
from scoring.projection import EventKey
from scoring.sports import RULES

BEFORE_PLAY = UPCOMING | {"postponed", "cancelled"}
"""What a match can be whose play has not begun; a status that is stated by hand is one of these."""

_STATUS_KEY = EventKey("touchline", "status")
"""The one event that states by hand how a match stands."""


class MatchService(MatchQueries):
    """Reads and changes matches for whoever calls, who may do everything unless a permit is handed in."""

    def __init__(
        self, *, database: Database, rooms: Rooms, snapshots: Snapshots, shared_cache: SharedCache, clock: Clock,
        ids: UlidGenerator,
        shows: Shows | None = None,
    ) -> None:  # fmt: skip
        """Serve matches; `shows` is what shows them elsewhere, where there is such a thing."""
        super().__init__(database=database, rooms=rooms, snapshots=snapshots, shared_cache=shared_cache)
        self._shows = shows
        self._clock = clock
        self._ids = ids
        self._store = IngestStore(clock=clock, ids=ids)
        batches = IngestBatch(database=database, store=self._store, clock=clock)
        self._queue = IngestQueue(batches, database)

    async def create(
        self, new: CreateMatch, *, made_by: str | None = None, permit: Callable[[], Awaitable[None]] | None = None
    ) -> tuple[Match, bool]:
        """Make a match, and whether it is new: one that has an external id of `new` is returned as it stands.

        Args:
            new: The match.
            made_by: The user who makes it.
            permit: Asked once the match is known to be good; what it raises goes on.

        Raises:
            InvalidPayload: The competitors are not two, or the sport does not know the configuration.
        """
        row = new_row(new, match_id=self._ids.new(), made_by=made_by, now_ms=self._clock.now_ms())
        if permit is not None:
            await permit()
        try:
            async with self._database.transaction() as tx:
                known = await MatchRepository(tx).by_external(new.external_ids)
                if known is None:
                    await MatchWriter(tx, self._clock).add(row, new)
                return match_of(known or row), known is None
        except Conflict:
            # Another worker was faster by a moment.
            async with self._database.read() as tx:
                known = await MatchRepository(tx).by_external(new.external_ids)
            if known is None:
                raise
            return match_of(known), False

    async def edit(
        self,
        match_id: str,
        edit: EditMatch,
        versions: Collection[int] | None = None,
        *,
        permit: Permit | None = None,
    ) -> Match:
        """Change what is known of a match, but not its score.

        Args:
            match_id: The match.
            edit: What is known better.
            versions: The versions at which the change may be made; None for any.
            permit: Who may.

        Raises:
            NotFound: There is no such match.
            Outdated: It is at another version.
            Conflict: A status is given for a match that has begun, or an external id is another match's.
            InvalidPayload: There is no such competitor, or there are too many external ids.
        """
        async with self._database.transaction() as tx:
            writer = MatchWriter(tx, self._clock)
            row = await writer.lock(match_id, permit=permit, versions=versions)
            await writer.edit(row, edit)
            if edit.status is None:
                return writer.touch(row)
            await self._state_status(tx, row, edit.status, edit.status_detail)
            return match_of(row)

    async def _state_status(self, tx: Transaction, row: MatchRow, status: str, text: str | None) -> None:
        """Say as an event how a match stands that has not begun: what its feed says of play counts after it."""
        if row.status not in BEFORE_PLAY:
            raise Conflict("The match has begun: its events say how it stands.")
        current = await MatchRepository(tx).current_events(row.id)
        present = current.get(_STATUS_KEY)
        now = Instant(self._clock.now_ms())
        op = EventOp(
            provider=_STATUS_KEY.provider,
            event_id=_STATUS_KEY.event_id,
            type="status",
            period=0,
            order_key="0",
            occurred_at=now,
            op="add" if present is None else "update",
            revision=HAND_REVISION if present is None else present.revision + 1,
            provider_updated_at=now,
            detail={"status": status, **({"text": text} if text else {})},
        )
        change = MatchChange(RULES[row.sport], setup_of_row(row), current=current, known=set(), seq=row.seq)
        item = change.take(op)
        if item.result != "applied":
            raise InvalidPayload(item.error or "A newer status has just come in.")
        await self._store.store(tx, [self._store.draft(tx, row, change)])

    async def delete(
        self,
        match_id: str,
        *,
        forced: bool,
        versions: Collection[int] | None = None,
        permit: Permit | None = None,
    ) -> None:
        """Take a match away with all that was said of it; those who follow it, or see it beside a sound, are told.

        Args:
            match_id: The match.
            forced: Also one that has events.
            versions: The versions at which it may be taken away; None for any.
            permit: Who may.

        Raises:
            NotFound: There is no such match.
            Outdated: It is at another version than one of `versions`.
            Conflict: It has events, and this is not forced.
        """
        async with self._database.transaction() as tx:
            writer = MatchWriter(tx, self._clock)
            row = await writer.lock(match_id, permit=permit, versions=versions)
            if row.seq and not forced:
                raise Conflict("The match has events. Cancel it, or say that they shall be deleted with it (force).")
            if self._shows is not None:
                await self._shows.unlink(tx, match_id, self._clock.now_ms())
            await writer.delete(row)
        if self._shows is not None:
            await self._shows.unlinked()

    async def ingest(
        self,
        match_id: str,
        ops: Sequence[EventOp | Mapping[str, Any]],
        *,
        by_hand: bool = False,
        permit: Permit | None = None,
        author: Author | None = None,
    ) -> IngestResult:
        """Take in a feed's operations, in one transaction; one that is no good does not stop the others.

        Args:
            match_id: The match.
            ops: At most `MAX_BATCH`, as wire types or as plain data.
            by_hand: Only new events of the provider `HAND` are good.
            permit: Who may.
            author: The person who enters them, who is asked where somebody else has just entered the same.

        Returns:
            What became of each, in the same order.

        Raises:
            NotFound: There is no such match.
            InvalidPayload: There are too many operations.
        """
        return await self._queue.ingest(match_id, ops, by_hand=by_hand, permit=permit, author=author)

    async def correct(
        self,
        match_id: str,
        event_id: str,
        provider: str | None,
        correction: CorrectEvent,
        versions: Collection[int] | None = None,
        *,
        permit: Permit | None = None,
    ) -> MatchEvent:
        """Change an event by hand; it stands until its feed says something newer with a time of its own.

        Args:
            match_id: The match.
            event_id: The event.
            provider: Whose event, where several have one of this id.
            correction: What replaces what was told, and why.
            versions: The versions of the match at which it may be done; None for any.
            permit: Who may.

        Raises:
            NotFound: There is no such match or event.
            Outdated: The match is at another version than one of `versions`.
            Conflict: Several providers have an event of this id, and none was named.
            InvalidPayload: The event could not be scored with this change.
        """
        given = {
            name: getattr(correction, name)
            for name in correction.__struct_fields__
            if name not in ("reason", "version") and getattr(correction, name) is not None
        }
        changes = {"op": "update", "reason": correction.reason, **given}
        return await self._by_hand(match_id, event_id, provider, changes, versions, permit)

    async def withdraw(
        self,
        match_id: str,
        event_id: str,
        provider: str | None,
        reason: str,
        versions: Collection[int] | None = None,
        *,
        permit: Permit | None = None,
    ) -> MatchEvent:
        """Delete an event by hand: it stays as a tombstone.

        Args:
            match_id: The match.
            event_id: The event.
            provider: Whose event, where several have one of this id.
            reason: What people are told.
            versions: The versions of the match at which it may be done; None for any.
            permit: Who may.

        Raises:
            DomainError: What `correct` raises.
        """
        return await self._by_hand(match_id, event_id, provider, {"op": "delete", "reason": reason}, versions, permit)

    async def _by_hand(
        self,
        match_id: str,
        event_id: str,
        provider: str | None,
        changes: Mapping[str, Any],
        versions: Collection[int] | None,
        permit: Permit | None,
    ) -> MatchEvent:
        async with self._database.transaction() as tx:
            row = await MatchWriter(tx, self._clock).lock(match_id, permit=permit, versions=versions)
            current = await MatchRepository(tx).current_events(match_id)
            event = _named(current, event_id, provider)
            op = msgspec.structs.replace(
                event,
                revision=max(event.revision + 1, HAND_REVISION),
                provider_updated_at=Instant(self._clock.now_ms()),
                **changes,
            )
            change = MatchChange(RULES[row.sport], setup_of_row(row), current=current, known=set(), seq=row.seq)
            item = change.take(op)
            if item.result != "applied":
                raise InvalidPayload(item.error or "A newer revision of this event has just come in.")
            for why in change.impossible().values():
                raise InvalidPayload(why)
            draft = self._store.draft(tx, row, change)
            await self._store.store(tx, [draft])
            return events_of(draft)[0]


def _named(current: Mapping[EventKey, EventOp], event_id: str, provider: str | None) -> EventOp:
    found = [op for key, op in current.items() if key.event_id == event_id and provider in (None, key.provider)]
    if not found:
        raise NotFound("There is no such event.")
    if len(found) > 1:
        raise Conflict("Several providers have an event of this id: name one with `provider`.")
    return found[0]
