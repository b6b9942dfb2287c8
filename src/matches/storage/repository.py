"""The SQL of matches and their events, and all of it.

`matches.writer`, `ingest`, `queries` and `snapshots` use it, each within its own transaction. It decides nothing, and
never commits.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from typing import NamedTuple, TypeVar

from sqlalchemy import Select, delete, func, insert, select, tuple_, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from kit.contracts import decode
from kit.db import Base, Transaction
from kit.errors import Conflict
from matches.storage.finding import DONE, Search
from matches.storage.models import ExternalIdRow, MatchEventRow, MatchRow, NewEvent, WordRow
from scoring.hand import HAND
from scoring.model import Author, EventOp
from scoring.projection import EventKey, newest

T = TypeVar("T")

_EVENTS = Base.metadata.tables[MatchEventRow.__tablename__]

_IN_BOUND = 200
"""Values in one IN list: SQLite takes 32,766 in a statement, and a batch has up to 500 events."""

_LAST_CHARACTER = "\U0010ffff"


class Entered(NamedTuple):
    """An event by hand, the `seq` of its entry, and who entered it."""

    event_id: str
    seq: int
    author: Author


class MatchRepository:
    """Matches and events, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def get(self, match_id: str) -> MatchRow | None:
        """The match of this id, if there is one."""
        return await self._session.get(MatchRow, match_id)

    async def named(self, match_ids: Iterable[str]) -> list[MatchRow]:
        """The matches of these ids, as far as there are any, in no order."""
        found: list[MatchRow] = []
        for some in _slices(match_ids):
            found += await self._session.scalars(select(MatchRow).where(MatchRow.id.in_(some)))
        return found

    async def version(self, match_id: str) -> int | None:
        """The version of a match, and nothing else of it."""
        return (await self.versions([match_id])).get(match_id)

    async def versions(self, match_ids: Iterable[str]) -> dict[str, int]:
        """The versions of those of these matches that there are, and nothing else of them."""
        found: dict[str, int] = {}
        for some in _slices(match_ids):
            query = select(MatchRow.id, MatchRow.version).where(MatchRow.id.in_(some))
            found |= {row[0]: row[1] for row in await self._session.execute(query)}
        return found

    async def lock(self, match_id: str, *, shared: bool = False) -> MatchRow | None:
        """A match that nobody else changes until the end of this transaction; `shared`: nor does this one."""
        found: MatchRow | None = await self._session.scalar(
            select(MatchRow).where(MatchRow.id == match_id).with_for_update(read=shared)
        )
        return found

    async def lock_all(self, match_ids: Iterable[str]) -> dict[str, MatchRow]:
        """The same of many; always in one order, so that nobody waits for somebody who waits for him."""
        query = select(MatchRow).where(MatchRow.id.in_(match_ids)).order_by(MatchRow.id).with_for_update()
        return {row.id: row for row in await self._session.scalars(query)}

    async def by_external(self, ids: Mapping[str, str]) -> MatchRow | None:
        """The match that a provider knows by one of these ids."""
        if not ids:
            return None
        known = tuple_(ExternalIdRow.provider, ExternalIdRow.external_id).in_(list(ids.items()))
        found: MatchRow | None = await self._session.scalar(
            select(MatchRow).join(ExternalIdRow, ExternalIdRow.match_id == MatchRow.id).where(known).limit(1)
        )
        return found

    async def add(self, match: MatchRow, words: Iterable[str]) -> None:
        """Store a match and what it is found by; raises `Conflict` if one of its external ids is taken."""
        self._session.add(match)
        await self._session.flush()
        self._session.add_all(WordRow(word=word, match_id=match.id) for word in words)
        await self._add_external(match)

    async def replace_external(self, match: MatchRow) -> None:
        """Store the external ids that a match has now; raises `Conflict` if one is taken."""
        await self._session.execute(delete(ExternalIdRow).where(ExternalIdRow.match_id == match.id))
        await self._add_external(match)

    async def _add_external(self, match: MatchRow) -> None:
        self._session.add_all(
            ExternalIdRow(provider=provider, external_id=external, match_id=match.id)
            for provider, external in match.external_ids.items()
        )
        try:
            await self._session.flush()
        except IntegrityError:
            raise Conflict("There is a match with this external id already.") from None

    async def replace_words(self, match_id: str, words: Iterable[str]) -> None:
        """Replace the words that a match is found by."""
        await self._session.execute(delete(WordRow).where(WordRow.match_id == match_id))
        self._session.add_all(WordRow(word=word, match_id=match_id) for word in words)
        await self._session.flush()

    async def delete(self, match_id: str) -> None:
        """Take a match away, and all that belongs to it."""
        await self._session.execute(delete(MatchRow).where(MatchRow.id == match_id))

    async def open_of(self, user_id: str) -> int:
        """How many matches this user has made that are not over."""
        query = select(func.count()).where(MatchRow.created_by == user_id, MatchRow.status.not_in(DONE))
        return int(await self._session.scalar(query) or 0)

    async def page(self, search: Search, limit: int) -> Sequence[MatchRow]:
        """Matches that are as asked for, in the order that is asked for."""
        return (await self._session.scalars(self.page_query(search).limit(limit))).all()

    @staticmethod
    def page_query(search: Search) -> Select[MatchRow]:
        """The question of a page; every filter and order has an index."""
        key = MatchRow.place if search.order == "live" else MatchRow.scheduled_ms
        query = select(MatchRow)
        if search.made_by is not None:
            query = query.where(MatchRow.created_by == search.made_by)
        if search.sport is not None:
            query = query.where(MatchRow.sport == search.sport)
        if search.statuses:
            query = query.where(MatchRow.status.in_(search.statuses))
        if search.competition is not None:
            query = query.where(MatchRow.competition_id == search.competition)
        if search.from_ms is not None:
            query = query.where(MatchRow.scheduled_ms >= search.from_ms)
        if search.to_ms is not None:
            query = query.where(MatchRow.scheduled_ms < search.to_ms)
        for word in search.words:
            found = select(WordRow.match_id).where(WordRow.word >= word, WordRow.word < word + _LAST_CHARACTER)
            query = query.where(MatchRow.id.in_(found))
        if search.after is not None:
            place = tuple_(key, MatchRow.id)
            after = tuple_(search.after.value, search.after.match_id)
            query = query.where(place < after if search.order == "latest" else place > after)
        if search.order == "latest":
            return query.order_by(key.desc(), MatchRow.id.desc())
        return query.order_by(key, MatchRow.id)

    async def current_payloads(self, match_id: str) -> list[bytes]:
        """The newest revision of every event of a match, as JSON, in no order."""
        query = select(MatchEventRow.payload).where(MatchEventRow.match_id == match_id, MatchEventRow.current)
        return list(await self._session.scalars(query))

    async def current_events(self, match_id: str) -> dict[EventKey, EventOp]:
        """The newest revision of every event of a match, tombstones too, in no order."""
        return newest(decode(payload, EventOp) for payload in await self.current_payloads(match_id))

    async def standing_events(self, match_id: str) -> Sequence[MatchEventRow]:
        """The newest revision of every event of a match that is not deleted, in the order of play."""
        query = select(MatchEventRow).where(
            MatchEventRow.match_id == match_id, MatchEventRow.current, MatchEventRow.op != "delete"
        )
        ordered = query.order_by(
            MatchEventRow.period, MatchEventRow.order_key, MatchEventRow.provider, MatchEventRow.event_id
        )
        return (await self._session.scalars(ordered)).all()

    async def revisions(self, match_id: str, keys: Iterable[EventKey]) -> set[tuple[EventKey, int]]:
        """The stored revisions of these events."""
        found: set[tuple[EventKey, int]] = set()
        for some in _slices(keys):
            # Not by tuples, for which SQLite would read all events of all matches.
            query = select(MatchEventRow.provider, MatchEventRow.event_id, MatchEventRow.revision).where(
                MatchEventRow.match_id == match_id,
                MatchEventRow.provider.in_({key.provider for key in some}),
                MatchEventRow.event_id.in_({key.event_id for key in some}),
            )
            found |= {(EventKey(row[0], row[1]), row[2]) for row in await self._session.execute(query)}
        return found

    async def entered_by_others(
        self, match_id: str, user_id: str, periods: Collection[int], limit: int
    ) -> list[tuple[bytes, Author]]:
        """What others entered by hand and stands, latest entry first.

        Args:
            match_id: The match.
            user_id: Whose entries are left out.
            periods: In which periods.
            limit: The most that are returned.

        Returns:
            The newest revision as JSON, and who entered the event.
        """
        entry, now = aliased(MatchEventRow), aliased(MatchEventRow)
        query = (
            select(now.payload, entry.entered_by, entry.entered_name)
            .join(entry, (entry.match_id == now.match_id) & (entry.event_id == now.event_id))
            .where(now.match_id == match_id, now.current, now.period.in_(periods), now.provider == HAND)
            .where(now.op != "delete", entry.provider == HAND, entry.entered_by != user_id)
            .order_by(entry.seq.desc())
            .limit(limit)
        )
        return [
            (row.payload, Author(id=row.entered_by, display_name=row.entered_name or ""))
            for row in await self._session.execute(query)
        ]

    async def authored(self, match_id: str, *, after: int, limit: int) -> list[Entered]:
        """Events by hand in the order of entry, as far as it is known who entered them.

        Args:
            match_id: The match.
            after: The `seq` behind which they begin.
            limit: The most that are returned.
        """
        query = (
            select(MatchEventRow.event_id, MatchEventRow.seq, MatchEventRow.entered_by, MatchEventRow.entered_name)
            .where(MatchEventRow.match_id == match_id, MatchEventRow.seq > after, MatchEventRow.entered_by.is_not(None))
            .order_by(MatchEventRow.seq)
            .limit(limit)
        )
        return [
            Entered(row.event_id, row.seq, Author(id=row.entered_by, display_name=row.entered_name or ""))
            for row in await self._session.execute(query)
        ]

    async def retire(self, match_id: str, keys: Iterable[EventKey]) -> None:
        """Mark that no stored revision of these events is the newest any more."""
        for some in _slices(keys):
            await self._session.execute(
                update(MatchEventRow)
                .where(
                    MatchEventRow.match_id == match_id,
                    MatchEventRow.current,
                    tuple_(MatchEventRow.provider, MatchEventRow.event_id).in_(some),
                )
                .values(current=False)
                .execution_options(synchronize_session=False)
            )

    async def add_events(self, events: Sequence[NewEvent]) -> None:
        """Store revisions of events."""
        if events:
            await self._session.execute(insert(_EVENTS), [one._asdict() for one in events])

    async def rescore(self, match_id: str, score_after: Mapping[EventKey, dict[str, str]]) -> list[EventKey]:
        """Store the score after each current event where another one is stored; returns whose, latest in play first."""
        query = select(
            MatchEventRow.id, MatchEventRow.provider, MatchEventRow.event_id, MatchEventRow.score_after
        ).where(MatchEventRow.match_id == match_id, MatchEventRow.current)
        ordered = query.order_by(
            MatchEventRow.period.desc(),
            MatchEventRow.order_key.desc(),
            MatchEventRow.provider.desc(),
            MatchEventRow.event_id.desc(),
        )
        changed: list[EventKey] = []
        values: list[dict[str, object]] = []
        for row in await self._session.execute(ordered):
            key = EventKey(row.provider, row.event_id)
            if row.score_after != score_after.get(key):
                changed.append(key)
                values.append({"id": row.id, "score_after": score_after.get(key)})
        if values:
            await self._session.execute(update(MatchEventRow), values)
        return changed

    async def event_page(self, match_id: str, *, before: str | None, limit: int) -> Sequence[MatchEventRow] | None:
        """The newest revisions of events, latest in the match first.

        Args:
            match_id: The match.
            before: The id of the row that the page comes after; None for the first page.
            limit: The most that are returned.

        Returns:
            None when `before` is no row of this match.
        """
        place = tuple_(MatchEventRow.period, MatchEventRow.order_key, MatchEventRow.provider, MatchEventRow.event_id)
        query = select(MatchEventRow).where(MatchEventRow.match_id == match_id, MatchEventRow.current)
        if before is not None:
            mark = await self._session.get(MatchEventRow, before)
            if mark is None or mark.match_id != match_id:
                return None
            query = query.where(place < tuple_(mark.period, mark.order_key, mark.provider, mark.event_id))
        ordered = query.order_by(
            MatchEventRow.period.desc(),
            MatchEventRow.order_key.desc(),
            MatchEventRow.provider.desc(),
            MatchEventRow.event_id.desc(),
        )
        return (await self._session.scalars(ordered.limit(limit))).all()


def _slices(values: Iterable[T]) -> Iterator[list[T]]:
    """Lists that go into one statement."""
    found = list(values)
    for start in range(0, len(found), _IN_BOUND):
        yield found[start : start + _IN_BOUND]
