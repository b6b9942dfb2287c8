"""Who waits to be taken in: requests with operations, which those that come together share transactions for.

A transaction costs much the same for one match as for many. So operations that come in while one is at work wait, and
go into the next one together, those of one match one after another. Each request is judged by itself all the same; if
what is shared fails, each gets a transaction of its own. `matches.service` asks; `matches.ingest.batch` does the work.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Mapping, Sequence
from typing import Any

from kit.contracts import convert
from kit.db import Database
from kit.errors import InvalidPayload
from kit.waiting import with_others
from matches.ingest.batch import IngestBatch, IngestRequest, rejected
from matches.writer import Permit
from scoring.change import check_keys
from scoring.hand import HAND, HAND_REVISION
from scoring.model import MAX_BATCH, Author, EventOp, IngestItem, IngestResult

TOGETHER = 100
"""Requests in one transaction: at a millisecond each, others wait a tenth of a second for it."""


class IngestQueue:
    """Requests that wait for a transaction, in the order in which they came."""

    def __init__(self, batches: IngestBatch, database: Database) -> None:
        self._batches = batches
        self._database = database
        self._waiting: deque[IngestRequest] = deque()  # bounded by the requests that the server has open
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
        """Take in operations of one match, once their turn comes.

        Args:
            match_id: The match.
            ops: At most `MAX_BATCH`, as wire types or as plain data.
            by_hand: Only new events of the provider `HAND` are good.
            permit: Who may.
            author: The person who enters them.

        Raises:
            InvalidPayload: There are too many operations.
            DomainError: What `permit` raises, and `NotFound` for an unknown match.
        """
        if len(ops) > MAX_BATCH:
            raise InvalidPayload(f"At most {MAX_BATCH} events at once.")
        read = [_read(op, by_hand=by_hand) for op in ops]
        request = IngestRequest(match_id, read, permit, author, asyncio.get_running_loop().create_future())
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

    def _next(self) -> list[IngestRequest]:
        """Those at the head of the queue: one for each match, so that each finds what the one before it stored."""
        chosen: dict[str, IngestRequest] = {}
        later: list[IngestRequest] = []
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

    async def _take(self, requests: list[IngestRequest]) -> None:
        try:
            outcomes = await self._batches.take(requests)
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


def _read(op: EventOp | Mapping[str, Any], *, by_hand: bool) -> EventOp | IngestItem:
    if isinstance(op, EventOp):
        return op
    try:
        read = convert(op, EventOp)
        check_keys(read)
    except InvalidPayload as error:
        return rejected(op.get("eventId"), op.get("revision"), error.message)
    if read.revision >= HAND_REVISION:
        return rejected(read.event_id, read.revision, "Revisions from 2^30 on are for corrections by hand.")
    if by_hand and (read.provider, read.op, read.revision) != (HAND, "add", 0):
        why = f"An event by hand is an `add` of the provider `{HAND}` in revision 0; PATCH and DELETE change it."
        return rejected(read.event_id, read.revision, why)
    return read
