"""What a change of a match becomes: rows of its events, its own new row, and what its followers and admins are told.

Called by `matches.ingest.batch` for feeds and by `matches.service` for corrections, inside their transactions. It never
decides whether an operation counts: `scoring.change` has done that.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass

import msgspec
import structlog

from kit.clock import Clock
from kit.contracts import Instant, convert, encode_event
from kit.db import Transaction
from kit.ids import UlidGenerator
from kit.rooms import match_room
from matches.alerts.repository import AlertRepository
from matches.contracts import MATCH_CORRECTED, MATCH_EVENT, MATCH_RESCORED, MatchRescored, RescoredEvent, ScoreChange
from matches.storage.models import MatchRow, NewEvent
from matches.storage.repository import MatchRepository
from matches.storage.views import alert_in, event_of
from matches.writer import MatchWriter
from scoring.change import MatchChange
from scoring.corrections import Applied, Correction, Effect
from scoring.hand import HAND
from scoring.model import Author, Difference, Doubt, EventOp, Match, MatchEvent, StatedScore
from scoring.projection import EventKey
from scoring.sports.shared.state import Folded

log = structlog.get_logger()

TRUSTED_LAG_MS = 600_000
"""A feed that is live tells of an event within ten minutes; what is older belongs to the moment of receipt."""

RESCORED_EVENTS = 100
"""Lines that are told anew after a correction, some 15 kB: a page holds 50 at first, and reads earlier ones again."""


@dataclass(frozen=True, slots=True)
class Draft:
    """What a match comes to by what was taken in, before anything of it is stored.

    `before` and `doubted`: its alert and its doubts until then. `told`: the match as its followers will see it.
    """

    row: MatchRow
    change: MatchChange
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


class IngestStore:
    """Writes what operations did to matches, and announces it, within the transaction of whoever calls."""

    def __init__(self, *, clock: Clock, ids: UlidGenerator) -> None:
        self._clock = clock
        self._ids = ids

    def draft(
        self, tx: Transaction, row: MatchRow, change: MatchChange, told: Match | None = None,
        author: Author | None = None,
    ) -> Draft:  # fmt: skip
        """Put the match into the state that it comes to, and make the rows of what was taken in.

        Args:
            tx: The transaction that holds the row.
            row: The match, locked.
            change: What was taken in.
            told: The same match as it was last told, which spares reading again what has not changed.
            author: Who entered what of it is new and by hand.
        """
        now, before, after = self._clock.now_ms(), convert(row.state, Folded), change.fold()
        applied = [self._applied_row(row.id, one, after.score_after, now) for one in change.applied]
        if author is not None:
            applied = [_signed(one, author) for one in applied]
        newest_of = {EventKey(one.provider, one.event_id): number for number, one in enumerate(applied)}
        for number in newest_of.values():
            applied[number] = applied[number]._replace(current=True)
        stale = [self._row(row.id, op, op_name=op.op, at_ms=now, now=now) for op in change.stale]
        correction = change.correction(after)
        if applied:
            told = MatchWriter(tx, self._clock).score(
                row, after.state, seq=change.seq, moments=[one.at_ms for one in applied], told=told
            )
        return Draft(
            row=row, change=change, state=after.state, applied=applied, stale=stale, score_after=after.score_after,
            correction=correction, before=alert_in(before), doubted=before.doubts or [], told=told,
        )  # fmt: skip

    async def store(self, tx: Transaction, drafts: Collection[Draft]) -> None:
        """Write what was taken in, and announce it."""
        repository = MatchRepository(tx)
        for draft in drafts:
            keys = {EventKey(one.provider, one.event_id) for one in draft.applied}
            await repository.retire(draft.row.id, {key for key in keys if draft.change.has_stored(key)})
        await repository.add_events([row for draft in drafts for row in (*draft.applied, *draft.stale)])
        for draft in drafts:
            if draft.applied:
                await self._announce(tx, draft)

    async def _announce(self, tx: Transaction, draft: Draft) -> None:
        row, room = draft.row, match_room(draft.row.id)
        for event in events_of(draft):
            tx.announce(MATCH_EVENT.to(room, event))
        if draft.correction is not None:
            tx.announce(MATCH_CORRECTED.to(room, _score_change(row, draft.correction)))
        if not draft.change.extends:
            await self._rescore(tx, row, draft.score_after)
        alert = draft.alert
        _log_alert(row, alert, draft.before)
        if alert is not None or draft.before is not None:
            found = Difference(alert.provider, alert.stated, alert.folded, alert.event_id) if alert else None
            await AlertRepository(tx).settle(row.id, found, ids=self._ids, now_ms=row.updated_ms)
        await self._doubt(tx, draft)
        if draft.told is not None:
            MatchWriter(tx, self._clock).announce(draft.told)

    async def _doubt(self, tx: Transaction, draft: Draft) -> None:
        """Keep that there are events which cannot be, or that there are none any more."""
        doubts, row = draft.state.doubts or [], draft.row
        if doubts == draft.doubted:
            return
        for doubt in doubts:
            if doubt not in draft.doubted:
                log.warning("match_event_cannot_be", match=row.id, **msgspec.structs.asdict(doubt))
        found = Difference(doubts[0].provider, {}, {}, doubts[0].event_id) if doubts else None
        await AlertRepository(tx).settle(
            row.id, found, ids=self._ids, now_ms=row.updated_ms, reasons=[doubt.why for doubt in doubts]
        )

    async def _rescore(self, tx: Transaction, row: MatchRow, score_after: Mapping[EventKey, dict[str, str]]) -> None:
        """Put the score right after events that were stored before; those who see them are told."""
        changed = await MatchRepository(tx).rescore(row.id, score_after)
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


def events_of(draft: Draft) -> list[MatchEvent]:
    """What clients get of a draft."""
    return [event_of(row, one.op) for row, one in zip(draft.applied, draft.change.applied, strict=True)]


def moment(op: EventOp, effect: Effect, received_ms: int) -> int:
    """The place of an operation on the listeners' timeline, Unix ms.

    An event belongs to when it occurred, a change of one to when it was changed; where that is not live or not
    known, to when we heard of it. Never later than that: a feed's clock may be ahead.

    Args:
        op: The operation.
        effect: What it did to the match.
        received_ms: When it came, Unix ms.
    """
    stated = op.occurred_at if effect == "add" else op.provider_updated_at
    if stated is None or not 0 <= received_ms - stated.ms <= TRUSTED_LAG_MS:
        return received_ms
    return stated.ms


def _log_alert(row: MatchRow, alert: StatedScore | None, before: StatedScore | None) -> None:
    """Say once that the provider's score and its events part, and once that they agree again."""
    if alert is not None and (before is None or (alert.stated, alert.folded) != (before.stated, before.folded)):
        log.warning("match_score_differs", match=row.id, **msgspec.structs.asdict(alert))
    elif alert is None and before is not None:
        log.info("match_score_agrees", match=row.id)


def _score_change(row: MatchRow, correction: Correction) -> ScoreChange:
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
