"""What is asked of matches: one, lists of them, their events, statistics and timelines, and who follows which.

Controllers and the gateway ask here (as `MatchService`, which adds the changes). Nothing here changes a row.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TypeVar

import msgspec

from kit.contracts import encode_rest
from kit.db import Database, Transaction
from kit.lru import LruCache
from kit.rooms import match_room
from kit.snapshots import Snapshots
from matches.contracts import (
    Authored,
    AuthoredPage,
    ListMatches,
    MatchPage,
    MatchSetup,
    MatchSnapshot,
    MatchStatistics,
    MatchTimeline,
)
from matches.listing import cursor_of, search_of
from matches.ports import Rooms, SharedCache
from matches.snapshots import MatchSnapshots, event_page, match_row
from matches.storage.models import MatchRow
from matches.storage.repository import MatchRepository
from matches.storage.views import event_of, match_of, setup_of_row
from matches.writer import Permit
from scoring.model import MAX_BATCH, EventPage, Match
from scoring.projection import statistics
from scoring.sports import RULES
from scoring.sports.shared.charts import chosen
from scoring.sports.shared.tables import only

T = TypeVar("T")

KEPT_STATISTICS = 50
"""Matches whose statistics are kept for the next who asks, some 20 kB each; without, each one reads all events."""

KEPT_TIMELINES = 50
"""Matches whose timeline is kept for the next who asks: 60 kB for a T20, 650 kB for five days of cricket."""


class MatchQueries:
    """Reads matches for everybody who may listen, which is everybody."""

    def __init__(self, *, database: Database, rooms: Rooms, snapshots: Snapshots, shared_cache: SharedCache) -> None:
        self._database = database
        self._snapshots = snapshots
        self._encoded = MatchSnapshots(database=database, snapshots=snapshots, shared_cache=shared_cache)
        self._rooms = rooms
        self._statistics: LruCache[tuple[int, MatchStatistics]] = LruCache(KEPT_STATISTICS)
        self._timelines: LruCache[tuple[int, bytes]] = LruCache(KEPT_TIMELINES)
        self._counting = asyncio.Lock()

    async def get(self, match_id: str) -> Match:
        """A match; raises `NotFound`."""
        async with self._database.read() as tx:
            return match_of(await match_row(tx, match_id))

    async def kept(self, tx: Transaction, match_id: str) -> Match:
        """A match that nobody takes away until this transaction ends; raises `NotFound`."""
        return match_of(await match_row(tx, match_id, shared=True))

    async def match_json(self, match_id: str) -> tuple[bytes, int]:
        """A match as REST shows it, encoded, and its version; raises `NotFound`."""
        return await self._encoded.match(match_id)

    async def open_of(self, user_id: str) -> int:
        """How many matches this user has made that are not over."""
        async with self._database.read() as tx:
            return await MatchRepository(tx).open_of(user_id)

    async def setup(self, match_id: str, user_id: str | None, may_score: Callable[[MatchRow], bool]) -> MatchSetup:
        """How a match was set up, and what this user may do with it.

        Args:
            match_id: The match.
            user_id: Who asks; None for a guest.
            may_score: Whether that user may score it.

        Raises:
            NotFound: There is no such match.
        """
        async with self._database.read() as tx:
            row = await match_row(tx, match_id)
        mine = user_id is not None and row.created_by == user_id
        return MatchSetup(match_id=row.id, config=row.config, mine=mine, may_score=may_score(row))

    async def page(self, query: ListMatches, made_by: str | None = None) -> MatchPage:
        """Matches as asked for, if given only those that this user made.

        Raises:
            InvalidPayload: The cursor is of another order, or the date is none.
        """
        search = search_of(query, made_by)
        async with self._database.read() as tx:
            rows = await MatchRepository(tx).page(search, query.limit + 1)
        shown = rows[: query.limit]
        following = None
        if len(rows) > query.limit:
            last = shown[-1]
            following = cursor_of(query.order, last.place if query.order == "live" else last.scheduled_ms, last.id)
        return MatchPage(items=[match_of(row) for row in shown], next=following)

    async def events(self, match_id: str, *, before: str | None, limit: int) -> EventPage:
        """Commentary: the newest revision of each event, deleted ones too, latest in the match first.

        Args:
            match_id: The match.
            before: The cursor of the page; None for the first.
            limit: Events of a page.

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
        self, kept: LruCache[tuple[int, T]], match_id: str, count: Callable[[Transaction, MatchRow], Awaitable[T]]
    ) -> tuple[int, T]:
        """What follows from all events of a match, and its version: one of those who ask at a time reads them."""
        async with self._database.read() as tx:
            version = await MatchRepository(tx).version(match_id)
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
        return await self._encoded.read(match_id, self._rooms.offset)

    async def snapshot_json(self, match_id: str) -> tuple[bytes, int]:
        """The same as REST shows it, encoded, and the match's version; raises `NotFound`."""
        return await self._encoded.for_rest(match_id, self._rooms.offset)

    async def join(self, connection_id: str, match_id: str) -> msgspec.Raw:
        """Follow a match: a `MatchSnapshot`, and everything after it comes as events; raises `NotFound`."""
        room = match_room(match_id)
        await self._snapshots.admit(room, lambda: self.get(match_id))
        offset = await self._rooms.join(connection_id, room)
        return await self._encoded.for_joiner(match_id, offset)

    async def leave(self, connection_id: str, match_id: str) -> None:
        """Follow a match no longer."""
        await self._rooms.leave(connection_id, match_room(match_id))

    async def authored(self, match_id: str, after: int, permit: Permit) -> AuthoredPage:
        """Who entered what by hand.

        Args:
            match_id: The match.
            after: The `seq` behind which the page begins.
            permit: Who may see it; what it raises goes on.

        Raises:
            NotFound: There is no such match.
        """
        async with self._database.read() as tx:
            permit(tx, await match_row(tx, match_id))
            found = await MatchRepository(tx).authored(match_id, after=after, limit=MAX_BATCH)
        items = [Authored(event_id=one.event_id, seq=one.seq, entered_by=one.author) for one in found]
        return AuthoredPage(items=items, next=items[-1].seq if len(items) == MAX_BATCH else None)


async def _statistics(tx: Transaction, row: MatchRow) -> MatchStatistics:
    current = await MatchRepository(tx).current_events(row.id)
    groups = statistics(RULES[row.sport], setup_of_row(row), current.values())
    return MatchStatistics(match_id=row.id, seq=row.seq, groups=groups)


async def _timeline(tx: Transaction, row: MatchRow) -> bytes:
    events = [event_of(one) for one in await MatchRepository(tx).standing_events(row.id)]
    return encode_rest(MatchTimeline(match_id=row.id, seq=row.seq, events=chosen(RULES[row.sport].charted, events)))
