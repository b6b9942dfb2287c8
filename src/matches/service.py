"""The rules of matches: how one comes to be, what an operation of a feed does to it, what clients are told."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from typing import Any, TypeVar

import msgspec
import structlog

from kit.clock import Clock
from kit.contracts import Instant, convert, decode, encode_event, encode_rest
from kit.db import Database, Transaction
from kit.errors import Conflict, InvalidPayload, NotFound, Outdated
from kit.ids import Ids
from kit.rooms import match_room
from kit.snapshots import Snapshots
from matches.alerts.repository import Alerts, Difference
from matches.contracts import (
    MATCH_CORRECTED,
    MATCH_DELETED,
    MATCH_EVENT,
    MATCH_RESCORED,
    MATCH_UPDATED,
    CorrectEvent,
    CreateMatch,
    EditMatch,
    EventOp,
    EventPage,
    IngestItem,
    IngestResult,
    ListMatches,
    Match,
    MatchDeleted,
    MatchEvent,
    MatchPage,
    MatchRescored,
    MatchSetup,
    MatchSnapshot,
    MatchStatistics,
    MatchTimeline,
    NewLineupPlayer,
    RescoredEvent,
    ScoreChange,
    StatedScore,
)
from matches.fold import EventKey, fold, newest, statistics
from matches.intake import Applied, Correction, Effect, Intake, Progress, check_keys
from matches.listing import UPCOMING, cursor_of, place_of, search_of, words_of_match, words_of_new
from matches.models import MatchEventRow, MatchRow
from matches.pictures import Pictures, event_page
from matches.ports import Copies, Rooms
from matches.recent import Recent
from matches.repository import Matches
from matches.sports import RULES
from matches.sports.tables import only
from matches.timeline import charted
from matches.views import alert_of, event_of, match_of, parties_of, setup_of, setup_of_row

log = structlog.get_logger()

T = TypeVar("T")

MAX_BATCH = 500
"""Operations in one request: they are one transaction, which others wait for."""

TRUSTED_LAG_MS = 600_000
"""A feed that is live tells of an event within ten minutes; what is older belongs to the moment of receipt."""

HAND_REVISION = 2**30
"""Corrections by hand are numbered from here, so that they never meet the revisions of a feed."""

HAND = "hand"
"""The provider of what is scored by hand."""

BEFORE_PLAY = UPCOMING | {"postponed", "cancelled"}
"""What a match can be whose play has not begun; a status that is stated by hand is one of these."""

_STATUS_KEY = EventKey("touchline", "status")
"""The one event that states by hand how a match stands."""

_MAX_EXTERNAL_IDS = 20
"""Providers that know one match; as many as a new one may name."""

KEPT_STATISTICS = 50
"""Matches whose statistics are kept for the next who asks, some 20 kB each; without, each one reads all events."""

KEPT_TIMELINES = 50
"""Matches whose timeline is kept for the next who asks: 80 kB for a T20, 600 kB for five days of cricket."""

KEPT_PROGRESS = 200
"""Matches that can go on from their last event, a few kB each; another one is read from its first event once more."""

RESCORED_EVENTS = 100
"""Lines that are told anew after a correction, some 15 kB: a page holds 50 at first, and reads earlier ones again."""

Permit = Callable[[Transaction, MatchRow], None]
"""Looks at a locked match before it changes: raises `Forbidden`, or notes the act (`matches.desk`)."""


class MatchService:
    """Matches, their events and what is told of them.

    Whoever calls may do everything, unless a permit is handed in: people and feeds' accounts come by `matches.desk`.
    """

    def __init__(
        self, *, database: Database, rooms: Rooms, snapshots: Snapshots, copies: Copies, clock: Clock, ids: Ids
    ) -> None:
        self._database = database
        self._snapshots = snapshots
        self._pictures = Pictures(database=database, snapshots=snapshots, copies=copies)
        self._rooms = rooms
        self._clock = clock
        self._ids = ids
        self._progress: Recent[Progress] = Recent(KEPT_PROGRESS)
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
            return match_of(await _found(tx, match_id))

    async def open_of(self, user_id: str) -> int:
        """How many matches this user has made that are not over."""
        async with self._database.read() as tx:
            return await Matches(tx).open_of(user_id)

    async def setup(self, match_id: str, user_id: str | None, may_score: Callable[[MatchRow], bool]) -> MatchSetup:
        """How a match was set up, and what `may_score` and its maker have to do with this user; raises `NotFound`."""
        async with self._database.read() as tx:
            row = await _found(tx, match_id)
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
                row.competitors = _with_lineups(row, edit.lineups)
            if edit.venue is not None:
                row.venue = edit.venue or None
                competition, competitors = parties_of(row)
                await Matches(tx).replace_words(row.id, words_of_match(competition, competitors, row.venue))
            if edit.external_ids is not None:
                row.external_ids = _merged(row.external_ids, edit.external_ids)
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
        current = await _current(tx, row.id)
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
        await self._store(tx, row, intake)

    async def delete(
        self,
        match_id: str,
        *,
        forced: bool,
        versions: Collection[int] | None = None,
        permit: Permit | None = None,
    ) -> None:
        """Take a match away with all that was said of it; those who follow it are told.

        Raises:
            NotFound: There is no such match.
            Outdated: It is at another version than one of `versions`.
            Conflict: It has events, and this is not forced.
        """
        async with self._database.transaction() as tx:
            row = await _locked(tx, match_id, permit)
            _check_version(row, versions)
            if row.seq and not forced:
                raise Conflict("The match has events. Cancel it, or delete it with them by `force`.")
            await Matches(tx).delete(match_id)
            gone = MatchDeleted(match_id=match_id, at=Instant(self._clock.now_ms()))
            tx.announce(MATCH_DELETED.to(match_room(match_id), gone))

    async def events(self, match_id: str, *, before: str | None, limit: int) -> EventPage:
        """Commentary: the newest revision of each event, deleted ones too, latest in the match first.

        Raises:
            NotFound: There is no such match.
            InvalidPayload: `before` is not a cursor of this match.
        """
        async with self._database.read() as tx:
            await _found(tx, match_id)
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
            row = await _found(tx, match_id)
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
    ) -> IngestResult:
        """Take in a feed's operations, in one transaction; one that is no good does not stop the others.

        Args:
            match_id: The match.
            ops: At most `MAX_BATCH`, as wire types or as plain data.
            by_hand: Only new events of the provider `HAND` are good.
            permit: Who may.

        Returns:
            What became of each, in the same order.

        Raises:
            NotFound: There is no such match.
            InvalidPayload: There are too many operations.
        """
        if len(ops) > MAX_BATCH:
            raise InvalidPayload(f"At most {MAX_BATCH} events at once.")
        read = [_read(op, by_hand=by_hand) for op in ops]
        async with self._database.transaction() as tx:
            row = await _locked(tx, match_id, permit)
            intake = await self._intake(tx, row, [op for op in read if isinstance(op, EventOp)])
            items = [intake.take(op) if isinstance(op, EventOp) else op for op in read]
            await self._store(tx, row, intake)
            result = IngestResult(items=items, seq=row.seq, version=row.version, score_alert=alert_of(row))
        self._keep_progress(match_id, intake)
        return result

    def _keep_progress(self, match_id: str, intake: Intake) -> None:
        """Go on from here next time: only after the commit, since what failed was never read."""
        progress = intake.progress()
        if progress is not None:
            self._progress.put(match_id, progress)

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
            current = await _current(tx, match_id)
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
            return (await self._store(tx, row, intake))[0]

    async def _intake(self, tx: Transaction, row: MatchRow, ops: list[EventOp]) -> Intake:
        setup, progress = setup_of_row(row), self._progress.take(row.id)
        known = await Matches(tx).revisions(row.id, {op.event_id for op in ops})
        if progress is not None and not progress.fits(setup, row.seq, ops, known):
            progress = None
        current = await _current(tx, row.id) if progress is None else {}
        return Intake(RULES[row.sport], setup, current=current, known=known, seq=row.seq, progress=progress)

    async def _store(self, tx: Transaction, row: MatchRow, intake: Intake) -> list[MatchEvent]:
        """Write what a batch did and announce it; returns the events that clients get."""
        now, repository = self._clock.now_ms(), Matches(tx)
        alert, after = alert_of(row), intake.fold()
        rows = [self._event_row(row.id, one, after.score_after, now) for one in intake.applied]
        newest_rows = {EventKey(one.provider, one.event_id): one for one in rows}
        for one in newest_rows.values():
            one.current = True
        await repository.retire(row.id, newest_rows)
        await repository.add_events(rows + [self._stale_row(row.id, op, now) for op in intake.stale])
        if not rows:
            return []
        correction = intake.correction(after)
        row.state, row.status = msgspec.to_builtins(after.state), after.state.status
        row.place = place_of(row.status, row.scheduled_ms)
        row.seq, row.version, row.updated_ms = intake.seq, row.version + 1, now
        row.at_ms = max(row.at_ms or 0, *(one.at_ms for one in rows))
        events = [event_of(one) for one in rows]
        room = match_room(row.id)
        for event in events:
            tx.announce(MATCH_EVENT.to(room, event))
        if correction is not None:
            tx.announce(MATCH_CORRECTED.to(room, _change(row, correction)))
        if not intake.extends:
            await self._rescore(tx, row, after.score_after)
        _log_alert(row, alert)
        await self._settle(tx, row, alert)
        tx.announce(MATCH_UPDATED.to(room, match_of(row)))
        return events

    async def _settle(self, tx: Transaction, row: MatchRow, before: StatedScore | None) -> None:
        """Keep for admins that the provider's score and its events part, until they agree again."""
        alert = alert_of(row)
        if alert is None and before is None:
            return
        found = Difference(alert.provider, alert.stated, alert.folded, alert.event_id) if alert is not None else None
        await Alerts(tx).settle(row.id, found, ids=self._ids, now_ms=row.updated_ms)

    async def _rescore(self, tx: Transaction, row: MatchRow, score_after: Mapping[EventKey, dict[str, str]]) -> None:
        """Put the score right after events that were stored before; those who see them are told."""
        changed = await Matches(tx).rescore(row.id, score_after)
        if not changed:
            return
        told = [
            RescoredEvent(provider=key.provider, event_id=key.event_id, score_after=score_after.get(key))
            for key in changed[:RESCORED_EVENTS]
        ]
        rescored = MatchRescored(
            match_id=row.id,
            events=told,
            more=len(changed) > RESCORED_EVENTS,
            seq=row.seq,
            at=Instant(row.at_ms or row.updated_ms),
        )
        tx.announce(MATCH_RESCORED.to(match_room(row.id), rescored))

    def _event_row(
        self, match_id: str, applied: Applied, score_after: Mapping[EventKey, dict[str, str]], now: int
    ) -> MatchEventRow:
        op = applied.op
        at = moment(op, applied.effect, now)
        row = self._row(match_id, op, op_name=applied.effect, at_ms=at, now=now)
        row.seq = applied.seq
        row.score_after = score_after.get(EventKey(op.provider, op.event_id))
        return row

    def _stale_row(self, match_id: str, op: EventOp, now: int) -> MatchEventRow:
        return self._row(match_id, op, op_name=op.op, at_ms=now, now=now)

    def _row(self, match_id: str, op: EventOp, *, op_name: Effect, at_ms: int, now: int) -> MatchEventRow:
        return MatchEventRow(
            id=self._ids.new(),
            match_id=match_id,
            provider=op.provider,
            event_id=op.event_id,
            revision=op.revision,
            current=False,
            op=op_name,
            seq=None,
            period=op.period,
            order_key=op.order_key,
            payload=encode_event(op),
            score_after=None,
            at_ms=at_ms,
            received_ms=now,
        )


def moment(op: EventOp, effect: Effect, received_ms: int) -> int:
    """The place of an operation on the listeners' timeline, Unix ms.

    An event belongs to when it occurred, a change of one to when it was changed; where that is not live or not
    known, to when we heard of it. Never later than that: a feed's clock may be ahead.
    """
    stated = op.occurred_at if effect == "add" else op.provider_updated_at
    if stated is None or not 0 <= received_ms - stated.ms <= TRUSTED_LAG_MS:
        return received_ms
    return stated.ms


def _read(op: EventOp | Mapping[str, Any], *, by_hand: bool) -> EventOp | IngestItem:
    if isinstance(op, EventOp):
        return op
    try:
        read = convert(op, EventOp)
        check_keys(read)
    except InvalidPayload as error:
        return _rejected(op.get("eventId"), op.get("revision"), error.message)
    if read.revision >= HAND_REVISION:
        return _rejected(read.event_id, read.revision, "Revisions from 2^30 on are for corrections by hand.")
    if by_hand and (read.provider, read.op, read.revision) != (HAND, "add", 0):
        why = f"An event by hand is an `add` of the provider `{HAND}` in revision 0; PATCH and DELETE change it."
        return _rejected(read.event_id, read.revision, why)
    return read


def _rejected(event_id: object, revision: object, why: str) -> IngestItem:
    return IngestItem(
        event_id=event_id[:100] if isinstance(event_id, str) else "",
        revision=revision if isinstance(revision, int) else 0,
        result="rejected",
        error=why,
    )


async def _found(tx: Transaction, match_id: str) -> MatchRow:
    row = await Matches(tx).get(match_id)
    if row is None:
        raise NotFound("There is no such match.")
    return row


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


def _with_lineups(row: MatchRow, lineups: Mapping[str, list[NewLineupPlayer]]) -> list[dict[str, Any]]:
    if unknown := lineups.keys() - {one["id"] for one in row.competitors}:
        raise InvalidPayload(f"There is no competitor {min(unknown)!r} in this match.")
    return [
        {**one, "lineup": msgspec.to_builtins(lineups[one["id"]])} if one["id"] in lineups else one
        for one in row.competitors
    ]


def _merged(present: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    merged = {provider: known for provider, known in {**present, **changes}.items() if known is not None}
    if len(merged) > _MAX_EXTERNAL_IDS:
        raise InvalidPayload(f"A match has at most {_MAX_EXTERNAL_IDS} external ids.")
    return merged


async def _current(tx: Transaction, match_id: str) -> dict[EventKey, EventOp]:
    return newest(decode(payload, EventOp) for payload in await Matches(tx).current_payloads(match_id))


async def _statistics(tx: Transaction, row: MatchRow) -> MatchStatistics:
    current = await _current(tx, row.id)
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


def _log_alert(row: MatchRow, before: StatedScore | None) -> None:
    """Say once that the provider's score and its events part, and once that they agree again."""
    alert = alert_of(row)
    if alert is not None and (before is None or (alert.stated, alert.folded) != (before.stated, before.folded)):
        log.warning("match_score_differs", match=row.id, **msgspec.structs.asdict(alert))
    elif alert is None and before is not None:
        log.info("match_score_agrees", match=row.id)


def _change(row: MatchRow, correction: Correction) -> ScoreChange:
    cause = correction.cause
    return ScoreChange(
        match_id=row.id,
        event_id=cause.op.event_id,
        from_=correction.before,
        to=correction.after,
        reason=cause.op.reason or ("withdrawn by the feed" if cause.effect == "delete" else "changed by the feed"),
        seq=cause.seq,
        at=Instant(row.at_ms or row.updated_ms),
    )
