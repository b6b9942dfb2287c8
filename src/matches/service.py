"""The rules of matches: how one comes to be, what an operation of a feed does to it, what clients are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import structlog

from kit.clock import Clock
from kit.contracts import Instant, encode_rest
from kit.db import Database, Transaction
from kit.errors import Conflict, InvalidPayload, NotFound, Outdated
from kit.ids import Ids
from kit.rooms import match_room
from kit.snapshots import Snapshots
from matches.authorship import Author, AuthoredPage
from matches.contracts import (
    MATCH_DELETED,
    MATCH_UPDATED,
    CorrectEvent,
    CreateMatch,
    EditMatch,
    EventOp,
    EventPage,
    IngestResult,
    ListMatches,
    Match,
    MatchDeleted,
    MatchEvent,
    MatchPage,
    MatchSetup,
    MatchSnapshot,
    MatchStatistics,
    MatchTimeline,
)
from matches.edits import merged, with_lineups
from matches.fold import EventKey, fold, statistics
from matches.ingest import HAND_REVISION, MAX_BATCH, Ingest, Permit, current_events, events_of
from matches.intake import Intake
from matches.listing import UPCOMING, cursor_of, place_of, search_of, words_of_match, words_of_new
from matches.models import MatchRow
from matches.pictures import Pictures, event_page, match_row
from matches.ports import Copies, Rooms, Shows
from matches.recent import Recent
from matches.repository import Matches
from matches.sports import RULES
from matches.sports.tables import only
from matches.timeline import charted
from matches.views import event_of, match_of, parties_of, setup_of, setup_of_row

log = structlog.get_logger()

T = TypeVar("T")

BEFORE_PLAY = UPCOMING | {"postponed", "cancelled"}
"""What a match can be whose play has not begun; a status that is stated by hand is one of these."""

_STATUS_KEY = EventKey("touchline", "status")
"""The one event that states by hand how a match stands."""

KEPT_STATISTICS = 50
"""Matches whose statistics are kept for the next who asks, some 20 kB each; without, each one reads all events."""

KEPT_TIMELINES = 50
"""Matches whose timeline is kept for the next who asks: 60 kB for a T20, 650 kB for five days of cricket."""


class MatchService:
    """Matches, their events and what is told of them.

    Whoever calls may do everything, unless a permit is handed in: people and feeds' accounts come by `matches.desk`.
    """

    def __init__(
        self, *, database: Database, rooms: Rooms, snapshots: Snapshots, copies: Copies, clock: Clock, ids: Ids,
        shows: Shows | None = None,
    ) -> None:  # fmt: skip
        """Serve matches; `shows` is what shows them elsewhere, where there is such a thing."""
        self._shows = shows
        self._database = database
        self._snapshots = snapshots
        self._pictures = Pictures(database=database, snapshots=snapshots, copies=copies)
        self._rooms = rooms
        self._clock = clock
        self._ids = ids
        self._ingest = Ingest(database=database, clock=clock, ids=ids)
        self._statistics: Recent[tuple[int, MatchStatistics]] = Recent(KEPT_STATISTICS)
        self._timelines: Recent[tuple[int, bytes]] = Recent(KEPT_TIMELINES)
        self._counting = asyncio.Lock()

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
        row = self._new_row(new, made_by)
        if permit is not None:
            await permit()
        try:
            async with self._database.transaction() as tx:
                known = await Matches(tx).by_external(new.external_ids)
                if known is None:
                    await Matches(tx).add(row, words_of_new(new))
                return match_of(known or row), known is None
        except Conflict:
            # Another worker was faster by a moment.
            async with self._database.read() as tx:
                known = await Matches(tx).by_external(new.external_ids)
            if known is None:
                raise
            return match_of(known), False

    def _new_row(self, new: CreateMatch, made_by: str | None) -> MatchRow:
        if len({competitor.id for competitor in new.competitors}) != len(new.competitors):
            raise InvalidPayload("The two competitors need different ids.")
        rules, setup, now = RULES[new.sport], setup_of(new.competitors, new.config), self._clock.now_ms()
        rules.check_setup(setup)
        state = fold(rules, setup, ()).state
        return MatchRow(
            id=self._ids.new(),
            sport=new.sport,
            competition=msgspec.to_builtins(new.competition),
            competition_id=new.competition.id,
            scheduled_ms=new.scheduled_at.ms,
            venue=new.venue,
            competitors=msgspec.to_builtins(new.competitors),
            config=dict(new.config),
            external_ids=dict(new.external_ids),
            status=state.status,
            place=place_of(state.status, new.scheduled_at.ms),
            state=msgspec.to_builtins(state),
            seq=0,
            version=0,
            at_ms=None,
            created_by=made_by,
            created_ms=now,
            updated_ms=now,
        )

    async def get(self, match_id: str) -> Match:
        """A match; raises `NotFound`."""
        async with self._database.read() as tx:
            return match_of(await match_row(tx, match_id))

    async def kept(self, tx: Transaction, match_id: str) -> Match:
        """A match that is there until this transaction ends; raises `NotFound`."""
        return match_of(await match_row(tx, match_id, shared=True))

    async def match_json(self, match_id: str) -> tuple[bytes, int]:
        """As REST shows it, and its version; raises `NotFound`."""
        return await self._pictures.match(match_id)

    async def open_of(self, user_id: str) -> int:
        """How many matches this user has made that are not over."""
        async with self._database.read() as tx:
            return await Matches(tx).open_of(user_id)

    async def setup(self, match_id: str, user_id: str | None, may_score: Callable[[MatchRow], bool]) -> MatchSetup:
        """How a match was set up, and what `may_score` and its maker have to do with this user; raises `NotFound`."""
        async with self._database.read() as tx:
            row = await match_row(tx, match_id)
        mine = user_id is not None and row.created_by == user_id
        return MatchSetup(match_id=row.id, config=row.config, mine=mine, may_score=may_score(row))

    async def match_for_channel(self, match_id: str) -> Match | None:
        """A match that a channel shows, or None when it is gone."""
        async with self._database.read() as tx:
            row = await Matches(tx).get(match_id)
        return match_of(row) if row is not None else None

    async def page(self, query: ListMatches, made_by: str | None = None) -> MatchPage:
        """Matches as asked for, if given only those that this user made.

        Raises:
            InvalidPayload: The cursor is of another order, or the date is none.
        """
        search = search_of(query, made_by)
        async with self._database.read() as tx:
            rows = await Matches(tx).page(search, query.limit + 1)
        shown = rows[: query.limit]
        following = None
        if len(rows) > query.limit:
            last = shown[-1]
            following = cursor_of(query.order, last.place if query.order == "live" else last.scheduled_ms, last.id)
        return MatchPage(items=[match_of(row) for row in shown], next=following)

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
            row = await _locked(tx, match_id, permit)
            _check_version(row, versions)
            if edit.scheduled_at is not None:
                row.scheduled_ms = edit.scheduled_at.ms
            if edit.lineups is not None:
                row.competitors = with_lineups(row, edit.lineups)
            if edit.venue is not None:
                row.venue = edit.venue or None
                competition, competitors = parties_of(row)
                await Matches(tx).replace_words(row.id, words_of_match(competition, competitors, row.venue))
            if edit.external_ids is not None:
                row.external_ids = merged(row.external_ids, edit.external_ids)
                await Matches(tx).replace_external(row)
            if edit.status is not None:
                await self._state_status(tx, row, edit.status, edit.status_detail)
            else:
                row.version, row.updated_ms = row.version + 1, self._clock.now_ms()
                row.place = place_of(row.status, row.scheduled_ms)
                tx.announce(MATCH_UPDATED.to(match_room(row.id), match_of(row)))
            return match_of(row)

    async def _state_status(self, tx: Transaction, row: MatchRow, status: str, text: str | None) -> None:
        """Say as an event how a match stands that has not begun: what its feed says of play counts after it."""
        if row.status not in BEFORE_PLAY:
            raise Conflict("The match has begun: its events say how it stands.")
        current = await current_events(tx, row.id)
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
        intake = Intake(RULES[row.sport], setup_of_row(row), current=current, known=set(), seq=row.seq)
        item = intake.take(op)
        if item.result != "applied":
            raise InvalidPayload(item.error or "A newer status has just come in.")
        await self._ingest.store(tx, [self._ingest.draft(row, intake)])

    async def delete(
        self,
        match_id: str,
        *,
        forced: bool,
        versions: Collection[int] | None = None,
        permit: Permit | None = None,
    ) -> None:
        """Take a match away with all that was said of it; those who follow it, or see it beside a sound, are told.

        Raises:
            NotFound: There is no such match.
            Outdated: It is at another version than one of `versions`.
            Conflict: It has events, and this is not forced.
        """
        async with self._database.transaction() as tx:
            row = await _locked(tx, match_id, permit)
            _check_version(row, versions)
            if row.seq and not forced:
                raise Conflict("The match has events. Cancel it, or say that they shall be deleted with it (force).")
            now = self._clock.now_ms()
            if self._shows is not None:
                await self._shows.unlink(tx, match_id, now)
            await Matches(tx).delete(match_id)
            gone = MatchDeleted(match_id=match_id, at=Instant(now))
            tx.announce(MATCH_DELETED.to(match_room(match_id), gone))
        if self._shows is not None:
            await self._shows.unlinked()

    async def events(self, match_id: str, *, before: str | None, limit: int) -> EventPage:
        """Commentary: the newest revision of each event, deleted ones too, latest in the match first.

        Raises:
            NotFound: There is no such match.
            InvalidPayload: `before` is not a cursor of this match.
        """
        async with self._database.read() as tx:
            await match_row(tx, match_id)
            return await event_page(tx, match_id, before=before, limit=limit)

    async def statistics(self, match_id: str, player_id: str | None = None) -> MatchStatistics:
        """What the players did, or one of them alone; raises `NotFound` for an unknown match."""
        _, found = await self._counted(self._statistics, match_id, _statistics)
        if player_id is None:
            return found
        return msgspec.structs.replace(found, groups=only(found.groups, player_id))

    async def timeline_json(self, match_id: str) -> tuple[bytes, int]:
        """A `MatchTimeline` as REST shows it, encoded, and the match's version; raises `NotFound`."""
        version, body = await self._counted(self._timelines, match_id, _timeline)
        return body, version

    async def _counted(
        self, kept: Recent[tuple[int, T]], match_id: str, count: Callable[[Transaction, MatchRow], Awaitable[T]]
    ) -> tuple[int, T]:
        """What follows from all events of a match, and its version: one of those who ask at a time reads them."""
        async with self._database.read() as tx:
            version = await Matches(tx).version(match_id)
        known = kept.get(match_id)
        if known is not None and known[0] == version:
            return known
        async with self._counting, self._database.read() as tx:
            row = await match_row(tx, match_id)
            known = kept.get(match_id)
            if known is None or known[0] != row.version:
                known = (row.version, await count(tx, row))
                kept.put(match_id, known)
        return known

    async def snapshot(self, match_id: str) -> MatchSnapshot:
        """The match and its newest commentary; raises `NotFound`."""
        return await self._pictures.read(match_id, self._rooms.offset)

    async def snapshot_json(self, match_id: str) -> tuple[bytes, int]:
        """The same as REST shows it, encoded, and the match's version; raises `NotFound`."""
        return await self._pictures.for_rest(match_id, self._rooms.offset)

    async def join(self, connection_id: str, match_id: str) -> msgspec.Raw:
        """Follow a match: a `MatchSnapshot`, and everything after it comes as events; raises `NotFound`."""
        room = match_room(match_id)
        await self._snapshots.admit(room, lambda: self.get(match_id))
        offset = await self._rooms.join(connection_id, room)
        return await self._pictures.for_joiner(match_id, offset)

    async def leave(self, connection_id: str, match_id: str) -> None:
        """Follow it no longer."""
        await self._rooms.leave(connection_id, match_room(match_id))

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
        return await self._ingest.ingest(match_id, ops, by_hand=by_hand, permit=permit, author=author)

    async def authored(self, match_id: str, after: int, permit: Permit) -> AuthoredPage:
        """Who entered what by hand from behind this `seq`; raises `NotFound`, and what `permit` raises."""
        async with self._database.read() as tx:
            permit(tx, await match_row(tx, match_id))
            items = await Matches(tx).authored(match_id, after=after, limit=MAX_BATCH)
        return AuthoredPage(items=items, next=items[-1].seq if len(items) == MAX_BATCH else None)

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
        """Delete an event by hand: it stays as a tombstone. Raises what `correct` raises."""
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
            row = await _locked(tx, match_id, permit)
            _check_version(row, versions)
            current = await current_events(tx, match_id)
            event = _named(current, event_id, provider)
            op = msgspec.structs.replace(
                event,
                revision=max(event.revision + 1, HAND_REVISION),
                provider_updated_at=Instant(self._clock.now_ms()),
                **changes,
            )
            intake = Intake(RULES[row.sport], setup_of_row(row), current=current, known=set(), seq=row.seq)
            item = intake.take(op)
            if item.result != "applied":
                raise InvalidPayload(item.error or "A newer revision of this event has just come in.")
            for why in intake.impossible().values():
                raise InvalidPayload(why)
            draft = self._ingest.draft(row, intake)
            await self._ingest.store(tx, [draft])
            return events_of(draft)[0]


async def _locked(tx: Transaction, match_id: str, permit: Permit | None) -> MatchRow:
    row = await Matches(tx).lock(match_id)
    if row is None:
        raise NotFound("There is no such match.")
    if permit is not None:
        permit(tx, row)
    return row


def _check_version(row: MatchRow, versions: Collection[int] | None) -> None:
    if versions is not None and row.version not in versions:
        raise Outdated(
            f"The match has changed: it is at version {row.version}. Read it, and decide again.", version=row.version
        )


async def _statistics(tx: Transaction, row: MatchRow) -> MatchStatistics:
    current = await current_events(tx, row.id)
    groups = statistics(RULES[row.sport], setup_of_row(row), current.values())
    return MatchStatistics(match_id=row.id, seq=row.seq, groups=groups)


async def _timeline(tx: Transaction, row: MatchRow) -> bytes:
    events = [event_of(one) for one in await Matches(tx).standing_events(row.id)]
    return encode_rest(MatchTimeline(match_id=row.id, seq=row.seq, events=charted(row.sport, events)))


def _named(current: Mapping[EventKey, EventOp], event_id: str, provider: str | None) -> EventOp:
    found = [op for key, op in current.items() if key.event_id == event_id and provider in (None, key.provider)]
    if not found:
        raise NotFound("There is no such event.")
    if len(found) > 1:
        raise Conflict("Several providers have an event of this id: name one with `provider`.")
    return found[0]
