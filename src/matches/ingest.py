"""Taking operations in: inbox, fold and announcement in one transaction, which those share who come together.

A transaction costs much the same for one match as for many. So operations that come in while one is at work wait, and
go into the next one together, those of one match one after another. Each request is judged by itself all the same; if
what is shared fails, each gets a transaction of its own.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from typing import Any, NamedTuple

import msgspec
import structlog

from kit.clock import Clock
from kit.contracts import Instant, convert, decode, encode_event
from kit.db import Database, Transaction
from kit.errors import DomainError, InvalidPayload, NotFound
from kit.ids import Ids
from kit.rooms import match_room
from kit.waiting import with_others
from matches.alerts.repository import Alerts, Difference
from matches.authors import ask
from matches.authorship import Author
from matches.contracts import (
    MATCH_CORRECTED,
    MATCH_EVENT,
    MATCH_RESCORED,
    MATCH_UPDATED,
    Doubt,
    EventOp,
    IngestItem,
    IngestResult,
    Match,
    MatchEvent,
    MatchRescored,
    RescoredEvent,
    ScoreChange,
    StatedScore,
)
from matches.fold import EventKey, key_of, newest
from matches.hand import HAND, HAND_REVISION, is_by_hand
from matches.intake import Applied, Correction, Effect, Intake, Progress, check_keys
from matches.listing import DONE, place_of
from matches.models import MatchRow, NewEvent
from matches.recent import Recent
from matches.repository import Matches
from matches.sports import RULES
from matches.sports.scoring import Folded
from matches.views import alert_in, event_of, match_of, setup_of_row

__all__ = [
    "HAND", "HAND_REVISION", "MAX_BATCH", "RESCORED_EVENTS", "Draft", "Ingest", "Permit", "current_events", "events_of",
]  # fmt: skip

log = structlog.get_logger()

MAX_BATCH = 500
"""Operations in one request, and in one transaction, which others wait for."""

TOGETHER = 100
"""Requests in one transaction: at a millisecond each, others wait a tenth of a second for it."""

TRUSTED_LAG_MS = 600_000
"""A feed that is live tells of an event within ten minutes; what is older belongs to the moment of receipt."""

ATTEMPTS = 3
"""Readings of a request by hand of which something cannot be. Then all of it is refused: each takes some time."""

KEPT_PROGRESS = 2_000
"""Matches that can go on from their last event, a few kB each; another one is read from its first event once more."""

RESCORED_EVENTS = 100
"""Lines that are told anew after a correction, some 15 kB: a page holds 50 at first, and reads earlier ones again."""

Permit = Callable[[Transaction, MatchRow], None]
"""Looks at a locked match before it changes: raises `Forbidden`, or notes the act (`matches.desk`)."""


@dataclass(frozen=True, slots=True)
class _Request:
    """Operations of one match that wait; those that could not be read are items already. `author`: who enters them."""

    match_id: str
    read: list[EventOp | IngestItem]
    permit: Permit | None
    author: Author | None
    result: asyncio.Future[IngestResult]

    @property
    def ops(self) -> list[EventOp]:
        return [op for op in self.read if isinstance(op, EventOp)]


class _Held(NamedTuple):
    """How far a match is read, how it was last told, and the mark of what both were made of."""

    progress: Progress
    told: Match | None
    source: bytes


@dataclass(frozen=True, slots=True)
class Draft:
    """What a match comes to by what was taken in, before anything of it is stored.

    `before` and `doubted`: its alert and its doubts until then. `told`: the match as its followers will see it.
    """

    row: MatchRow
    intake: Intake
    state: Folded
    applied: list[NewEvent]
    stale: list[NewEvent]
    score_after: dict[EventKey, dict[str, str]]
    correction: Correction | None
    before: StatedScore | None
    doubted: list[Doubt]
    told: Match | None

    @property
    def alert(self) -> StatedScore | None:
        """What its provider says of the score, where the events come to something else."""
        return alert_in(self.state)


class Ingest:
    """Takes operations into matches."""

    def __init__(self, *, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids
        self._held: Recent[_Held] = Recent(KEPT_PROGRESS)
        self._waiting: deque[_Request] = deque()  # bounded by the requests that the server has open
        self._worker: asyncio.Task[None] | None = None

    async def ingest(
        self,
        match_id: str,
        ops: Sequence[EventOp | Mapping[str, Any]],
        *,
        by_hand: bool,
        permit: Permit | None,
        author: Author | None = None,
    ) -> IngestResult:
        """Take in operations of one match; see `MatchService.ingest`."""
        if len(ops) > MAX_BATCH:
            raise InvalidPayload(f"At most {MAX_BATCH} events at once.")
        read = [_read(op, by_hand=by_hand) for op in ops]
        request = _Request(match_id, read, permit, author, asyncio.get_running_loop().create_future())
        self._waiting.append(request)
        if self._worker is None:
            self._worker = asyncio.create_task(self._work(), name="ingest")
        return await with_others(request.result, self._database.patience)

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._take(self._next())
        finally:
            self._worker = None

    def _next(self) -> list[_Request]:
        """Those at the head of the queue: one for each match, so that each finds what the one before it stored."""
        chosen: dict[str, _Request] = {}
        later: list[_Request] = []
        events = 0
        while self._waiting and len(chosen) < TOGETHER:
            request = self._waiting.popleft()
            events += len(request.read)
            if chosen and events > MAX_BATCH:
                later.append(request)
                break
            if request.match_id in chosen:
                later.append(request)
            else:
                chosen[request.match_id] = request
        self._waiting.extendleft(reversed(later))
        return list(chosen.values())

    async def _take(self, requests: list[_Request]) -> None:
        try:
            outcomes = await self._together(requests)
        except Exception as error:  # noqa: BLE001 - whoever asked is told, whatever it is
            if len(requests) > 1:
                for request in requests:
                    await self._take([request])
                return
            outcomes = [error]
        except BaseException:
            for request in requests:
                request.result.cancel()
            raise
        for request, outcome in zip(requests, outcomes, strict=True):
            if request.result.done():  # whoever asked is gone
                continue
            if isinstance(outcome, IngestResult):
                request.result.set_result(outcome)
            else:
                request.result.set_exception(outcome)

    async def _together(self, requests: list[_Request]) -> list[IngestResult | Exception]:
        outcomes: dict[str, IngestResult | Exception] = {}
        drafts: list[Draft] = []
        sources: dict[str, bytes] = {}
        async with self._database.transaction() as tx:
            rows = await Matches(tx).lock_all({request.match_id for request in requests})
            for request in requests:
                try:
                    row = rows.get(request.match_id)
                    if row is None:
                        raise NotFound("There is no such match.")
                    if request.permit is not None:
                        request.permit(tx, row)
                    if request.author is not None:
                        read = await ask(tx, row.id, row.sport, request.read, request.author)
                        request = replace(request, read=read)  # noqa: PLW2901 - the same, with its questions
                    held, source = self._held.take(row.id), _source_of(row)
                    if held is not None and held.source != source:
                        held = None
                    intake, items = await self._taken(tx, row, request, held.progress if held is not None else None)
                    draft = self.draft(row, intake, held.told if held is not None else None, request.author)
                    drafts.append(draft)
                    sources[row.id] = source
                    outcomes[row.id] = IngestResult(
                        items=items, seq=row.seq, version=row.version, score_alert=draft.alert
                    )
                except DomainError as error:
                    outcomes[request.match_id] = error
            await self.store(tx, drafts)
        for draft in drafts:
            self._hold(draft, sources[draft.row.id])
        return [outcomes[request.match_id] for request in requests]

    async def _taken(
        self, tx: Transaction, row: MatchRow, request: _Request, progress: Progress | None
    ) -> tuple[Intake, list[IngestItem]]:
        """Take a request in; what people entered and cannot be after what came before is refused."""
        refused: dict[EventKey, str] = {}
        for attempt in range(ATTEMPTS + 1):
            intake = await self._intake(tx, row, request.ops, progress)
            items = [_item(intake, op, refused) for op in request.read]
            found = intake.impossible()
            if not found:
                break
            if attempt == ATTEMPTS - 1:
                found = {key_of(op): next(iter(found.values())) for op in request.ops if is_by_hand(op)}
            refused |= found
            progress = None  # what was read holds what is refused
        return intake, items

    def _hold(self, draft: Draft, source: bytes) -> None:
        """Go on from here next time: only after the commit, since what failed was never read.

        What comes for a match that is over corrects it, and so reads it from its first event anyway.
        """
        progress = draft.intake.progress()
        if progress is not None and draft.row.status not in DONE:
            self._held.put(draft.row.id, _Held(progress, draft.told, source))

    async def _intake(self, tx: Transaction, row: MatchRow, ops: list[EventOp], progress: Progress | None) -> Intake:
        setup = setup_of_row(row) if progress is None else progress.reading.setup
        if progress is not None and not progress.stands(setup, row.seq):
            progress = None
        keys = {key_of(op) for op in ops}
        stored = keys if progress is None else {key for key in keys if key in progress.seen}
        known = await Matches(tx).revisions(row.id, stored) if stored else set()
        if progress is not None and not progress.goes_on(ops, known):
            progress = None
        current = await current_events(tx, row.id) if progress is None else {}
        return Intake(RULES[row.sport], setup, current=current, known=known, seq=row.seq, progress=progress)

    # Storing

    def draft(self, row: MatchRow, intake: Intake, told: Match | None = None, author: Author | None = None) -> Draft:
        """Put the match into the state that it comes to, and make the rows of what was taken in.

        `told`: the same match as it was last told, which spares reading again what has not changed. `author`: who
        entered what of it is new and by hand.
        """
        now, before, after = self._clock.now_ms(), convert(row.state, Folded), intake.fold()
        applied = [self._applied_row(row.id, one, after.score_after, now) for one in intake.applied]
        if author is not None:
            applied = [_signed(one, author) for one in applied]
        newest_of = {EventKey(one.provider, one.event_id): number for number, one in enumerate(applied)}
        for number in newest_of.values():
            applied[number] = applied[number]._replace(current=True)
        stale = [self._row(row.id, op, op_name=op.op, at_ms=now, now=now) for op in intake.stale]
        correction = intake.correction(after)
        if applied:
            row.state, row.status = msgspec.to_builtins(after.state), after.state.status
            row.place = place_of(row.status, row.scheduled_ms)
            row.seq, row.version, row.updated_ms = intake.seq, row.version + 1, now
            row.at_ms = max(row.at_ms or 0, *(one.at_ms for one in applied))
            told = match_of(row, after.state, told)
        return Draft(
            row=row, intake=intake, state=after.state, applied=applied, stale=stale, score_after=after.score_after,
            correction=correction, before=alert_in(before), doubted=before.doubts or [], told=told,
        )  # fmt: skip

    async def store(self, tx: Transaction, drafts: Collection[Draft]) -> None:
        """Write what was taken in, and announce it."""
        repository = Matches(tx)
        for draft in drafts:
            keys = {EventKey(one.provider, one.event_id) for one in draft.applied}
            await repository.retire(draft.row.id, {key for key in keys if draft.intake.has_stored(key)})
        await repository.add_events([row for draft in drafts for row in (*draft.applied, *draft.stale)])
        for draft in drafts:
            if draft.applied:
                await self._announce(tx, draft)

    async def _announce(self, tx: Transaction, draft: Draft) -> None:
        row, room = draft.row, match_room(draft.row.id)
        for event in events_of(draft):
            tx.announce(MATCH_EVENT.to(room, event))
        if draft.correction is not None:
            tx.announce(MATCH_CORRECTED.to(room, _change(row, draft.correction)))
        if not draft.intake.extends:
            await self._rescore(tx, row, draft.score_after)
        alert = draft.alert
        _log_alert(row, alert, draft.before)
        if alert is not None or draft.before is not None:
            found = Difference(alert.provider, alert.stated, alert.folded, alert.event_id) if alert else None
            await Alerts(tx).settle(row.id, found, ids=self._ids, now_ms=row.updated_ms)
        await self._doubt(tx, draft)
        if draft.told is not None:
            tx.announce(MATCH_UPDATED.to(room, draft.told))

    async def _doubt(self, tx: Transaction, draft: Draft) -> None:
        """Keep that there are events which cannot be, or that there are none any more."""
        doubts, row = draft.state.doubts or [], draft.row
        if doubts == draft.doubted:
            return
        for doubt in doubts:
            if doubt not in draft.doubted:
                log.warning("match_event_cannot_be", match=row.id, **msgspec.structs.asdict(doubt))
        found = Difference(doubts[0].provider, {}, {}, doubts[0].event_id) if doubts else None
        await Alerts(tx).settle(
            row.id, found, ids=self._ids, now_ms=row.updated_ms, reasons=[doubt.why for doubt in doubts]
        )

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

    def _applied_row(
        self, match_id: str, applied: Applied, score_after: Mapping[EventKey, dict[str, str]], now: int
    ) -> NewEvent:
        op = applied.op
        return self._row(
            match_id,
            op,
            op_name=applied.effect,
            at_ms=moment(op, applied.effect, now),
            now=now,
            seq=applied.seq,
            score_after=score_after.get(EventKey(op.provider, op.event_id)),
        )

    def _row(
        self,
        match_id: str,
        op: EventOp,
        *,
        op_name: Effect,
        at_ms: int,
        now: int,
        seq: int | None = None,
        score_after: dict[str, str] | None = None,
    ) -> NewEvent:
        return NewEvent(
            id=self._ids.new(),
            match_id=match_id,
            provider=op.provider,
            event_id=op.event_id,
            revision=op.revision,
            current=False,
            op=op_name,
            seq=seq,
            period=op.period,
            order_key=op.order_key,
            payload=encode_event(op),
            score_after=score_after,
            at_ms=at_ms,
            received_ms=now,
        )


def _signed(row: NewEvent, author: Author) -> NewEvent:
    if row.provider != HAND or row.revision != 0:
        return row
    return row._replace(entered_by=author.id, entered_name=author.display_name)


def _source_of(row: MatchRow) -> bytes:
    """A mark of what only people change of a match: to compare it costs less than to set the match up anew."""
    made_of = (row.competition, row.competitors, row.config)
    return blake2b(msgspec.json.encode(made_of), digest_size=16).digest()


def events_of(draft: Draft) -> list[MatchEvent]:
    """What clients get of a draft."""
    return [event_of(row, one.op) for row, one in zip(draft.applied, draft.intake.applied, strict=True)]


def moment(op: EventOp, effect: Effect, received_ms: int) -> int:
    """The place of an operation on the listeners' timeline, Unix ms.

    An event belongs to when it occurred, a change of one to when it was changed; where that is not live or not
    known, to when we heard of it. Never later than that: a feed's clock may be ahead.
    """
    stated = op.occurred_at if effect == "add" else op.provider_updated_at
    if stated is None or not 0 <= received_ms - stated.ms <= TRUSTED_LAG_MS:
        return received_ms
    return stated.ms


async def current_events(tx: Transaction, match_id: str) -> dict[EventKey, EventOp]:
    """The newest revision of each event of a match."""
    return newest(decode(payload, EventOp) for payload in await Matches(tx).current_payloads(match_id))


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


def _item(intake: Intake, op: EventOp | IngestItem, refused: Mapping[EventKey, str]) -> IngestItem:
    if isinstance(op, IngestItem):
        return op
    why = refused.get(key_of(op))
    return intake.take(op) if why is None else _rejected(op.event_id, op.revision, why)


def _rejected(event_id: object, revision: object, why: str) -> IngestItem:
    return IngestItem(
        event_id=event_id[:100] if isinstance(event_id, str) else "",
        revision=revision if isinstance(revision, int) else 0,
        result="rejected",
        error=why,
    )


def _log_alert(row: MatchRow, alert: StatedScore | None, before: StatedScore | None) -> None:
    """Say once that the provider's score and its events part, and once that they agree again."""
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
