"""A match as a joiner first sees it: read once for each version, whoever asks, on whichever worker.

A page that follows the socket gets its snapshot from `kit.snapshots`, which knows from the room's events when it is
outdated. Whoever asks over HTTP may be the first here to ask for that match, so the match's row is looked at each
time, and an `LruCache` has what this worker read at that version. What this worker does not have, another may have
put into Redis (`kit.shared_cache`): the row's version says what is wanted, and a copy is of that version or of none.
The offset is taken before that look, so what is published after it is never missing from the answer.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable, Sequence
from functools import partial

import msgspec

from kit.contracts import encode_event, encode_rest
from kit.db import Database, Transaction
from kit.errors import InvalidPayload, NotFound
from kit.lru import LruCache
from kit.paging import read_slice
from kit.rooms import match_room
from kit.snapshots import EncodedSnapshot, Snapshots
from kit.waiting import with_others
from matches.contracts import MatchSnapshot
from matches.ports import SharedCache
from matches.storage.models import MatchEventRow, MatchRow
from matches.storage.repository import MatchRepository
from matches.storage.views import event_of, match_of
from scoring.model import EventPage

SNAPSHOT_EVENTS = 50
"""The commentary that a joiner starts with; older pages follow on demand."""

_MAX_KEPT = 256  # of some 30 KB each
_GAP = b"\0"  # where the offset belongs; JSON has no such byte


class Versions:
    """The versions of matches as they are stored: read once for all who come while an earlier reading goes on.

    Whoever asks gets what is read after he asked.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._asked: dict[str, asyncio.Future[int | None]] = {}  # bounded by the requests that are under way
        self._reading: asyncio.Task[None] | None = None

    async def of(self, match_id: str) -> int | None:
        """The version of a match; None if there is none."""
        answer = self._asked.get(match_id)
        if answer is None:
            answer = self._asked[match_id] = asyncio.get_running_loop().create_future()
        if self._reading is None:
            self._reading = asyncio.create_task(self._read(), name="versions")
        return await with_others(asyncio.shield(answer), self._database.patience)

    async def _read(self) -> None:
        try:
            while self._asked:
                asked, self._asked = self._asked, {}
                try:
                    async with self._database.read() as tx:
                        found = await MatchRepository(tx).versions(asked)
                except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
                    for answer in asked.values():
                        answer.set_exception(error)
                        answer.exception()  # seen, even if whoever asked is gone
                except BaseException:
                    for answer in asked.values():
                        answer.cancel()
                    raise
                else:
                    for match_id, answer in asked.items():
                        answer.set_result(found.get(match_id))
        finally:
            self._reading = None


class MatchSnapshots:
    """The snapshots of matches, for HTTP and for sockets."""

    def __init__(self, *, database: Database, snapshots: Snapshots, shared_cache: SharedCache) -> None:
        self._database = database
        self._snapshots = snapshots
        self._shared_cache = shared_cache
        self._cache: LruCache[EncodedSnapshot] = LruCache(_MAX_KEPT)
        self._matches: LruCache[tuple[bytes, int]] = LruCache(_MAX_KEPT)
        self._versions = Versions(database)
        self._stand_in = secrets.token_hex(16)  # for the offset; nobody can have written it into a text

    async def read(self, match_id: str, offset: str) -> MatchSnapshot:
        """A snapshot read now; raises `NotFound`."""
        async with self._database.read() as tx:
            row = await match_row(tx, match_id)
            page = await event_page(tx, match_id, before=None, limit=SNAPSHOT_EVENTS)
            return MatchSnapshot(match=match_of(row), events=page.items, seq=row.seq, offset=offset)

    async def match(self, match_id: str) -> tuple[bytes, int]:
        """A match as REST shows it, encoded, and its version; raises `NotFound`."""
        version, kept = await self._version(match_id), self._matches.get(match_id)
        if kept is None or kept[1] != version:
            async with self._database.read() as tx:
                row = await match_row(tx, match_id)
                kept = encode_rest(match_of(row)), row.version
            self._matches.put(match_id, kept)
        return kept

    async def for_rest(self, match_id: str, offset: str) -> tuple[bytes, int]:
        """A snapshot as REST shows it, encoded, and the match's version; raises `NotFound`."""
        version = await self._version(match_id)
        encoded = self._cache.get(match_id)
        if encoded is None or encoded.version != version:
            encoded = await self._at_least(match_id, version, "rest", encode_rest)
            self._cache.put(match_id, encoded)
        return encoded.at(offset), encoded.version

    async def for_joiner(self, match_id: str, offset: str) -> msgspec.Raw:
        """A snapshot as events carry it, for who has entered the room at this offset; raises `NotFound`."""
        return await self._snapshots.get(match_room(match_id), offset, partial(self._load, match_id))

    async def _load(self, match_id: str, offset: str) -> msgspec.Raw:
        encoded = await self._at_least(match_id, await self._version(match_id), "event", encode_event)
        return msgspec.Raw(encoded.at(offset))

    async def _version(self, match_id: str) -> int:
        version = await self._versions.of(match_id)
        if version is None:
            raise NotFound("There is no such match.")
        return version

    async def _at_least(
        self, match_id: str, version: int, form: str, encode: Callable[[object], bytes]
    ) -> EncodedSnapshot:
        """A snapshot of this version or a later one: another worker's, or one that is read now and left for all."""
        name = f"match:{match_id}:{form}"
        copy = await self._shared_cache.get(name, version)
        if copy is not None:
            return EncodedSnapshot.split(version, copy, _GAP)
        snapshot = await self.read(match_id, self._stand_in)
        encoded = EncodedSnapshot.split(snapshot.match.version, encode(snapshot), self._stand_in.encode())
        await self._shared_cache.put(name, encoded.version, encoded.before + _GAP + encoded.after)
        return encoded


async def match_row(tx: Transaction, match_id: str, *, shared: bool = False) -> MatchRow:
    """A stored match.

    Args:
        tx: The transaction.
        match_id: The match.
        shared: It stays as it is until the transaction ends.

    Raises:
        NotFound: There is no such match.
    """
    row = await (MatchRepository(tx).lock(match_id, shared=True) if shared else MatchRepository(tx).get(match_id))
    if row is None:
        raise NotFound("There is no such match.")
    return row


async def event_page(tx: Transaction, match_id: str, *, before: str | None, limit: int) -> EventPage:
    """Commentary, latest in the match first.

    Args:
        tx: The transaction.
        match_id: The match.
        before: The cursor of the page; None for the first.
        limit: Events of a page.

    Raises:
        InvalidPayload: `before` is not a cursor of this match.
    """

    async def read(bound: int) -> Sequence[MatchEventRow]:
        rows = await MatchRepository(tx).event_page(match_id, before=before, limit=bound)
        if rows is None:
            raise InvalidPayload("`before` is not a cursor of this match.")
        return rows

    found = await read_slice(read, limit)
    return EventPage(items=[event_of(row) for row in found.rows], next=found.next)
