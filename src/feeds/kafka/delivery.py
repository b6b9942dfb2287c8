"""From messages to matches: what is good is stored, what never will be is set aside, and nothing is dropped.

The consumer hands it slices of a partition. It must never return before each message is stored or a dead letter.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from random import Random
from typing import Any, Protocol

import msgspec
import structlog

from feeds.client import Pacer
from feeds.kafka.messages import (
    CreateMessage,
    EventsMessage,
    MatchName,
    TopicMessage,
    match_named_in,
    read_message,
)
from feeds.ports import Matches
from kit.contracts import decode
from kit.errors import DomainError, InvalidPayload, NotFound, Unavailable
from scoring.model import MAX_BATCH, IngestResult

log = structlog.get_logger(__name__)

TRIES = 5
"""Tries of a message that could not be stored although the database answers: with the waits, at most 3 s."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.2, 15.0

AT_ONCE = 16
"""Steps at a time: what of them is stored shares transactions, and a look-up of a match's id holds a connection only
for a moment (people's requests share the worker's ten)."""

UNKNOWN_BOUND = 1_000
"""Matches that were not found, kept so that what else comes for them is not tried again and again."""


class Record(Protocol):
    """A message as the broker gives it out."""

    topic: str
    partition: int
    offset: int
    key: bytes | None
    value: bytes | None
    headers: Sequence[tuple[str, bytes]]


@dataclass(frozen=True, slots=True)
class Failure:
    """Why a message is set aside: an error code of the contract, the sentence for people, and after how many tries."""

    code: str
    reason: str
    tries: int


class DeadLetters(Protocol):
    """Where messages go that cannot be stored."""

    async def put(self, record: Record, value: bytes | None, failure: Failure) -> None:
        """Keep a message, or the part of it that was no good; returns once it is safe.

        Args:
            record: As it came.
            value: What is kept of its value.
            failure: Why.
        """
        ...


class Store(Protocol):
    """What is asked of the database itself."""

    async def match_id(self, target: MatchName) -> str:
        """Our id of a match; raises `NotFound`."""
        ...

    async def answers(self) -> bool:
        """Whether the database is there."""
        ...


@dataclass(slots=True)
class _Step:
    """Messages that become one transaction: one that creates, or some with at most `MAX_BATCH` events of one match."""

    target: MatchName | None
    parts: list[tuple[Record, TopicMessage]]
    events: int = 0


class Delivery:
    """Stores messages of one partition after another; several partitions may be at it at once."""

    def __init__(self, *, matches: Matches, store: Store, dead_letters: DeadLetters, pacer: Pacer, rng: Random) -> None:
        self._matches = matches
        self._store = store
        self._dead_letters = dead_letters
        self._pacer = pacer
        self._rng = rng
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._unknown: OrderedDict[MatchName, None] = OrderedDict()

    async def deliver(self, records: Sequence[Record]) -> None:
        """Store some messages of a partition; when it returns, each is stored or among the dead letters.

        It waits for as long as the database is away. The order within a match is kept.
        """
        read: list[tuple[Record, TopicMessage]] = []
        for record in records:
            try:
                read.append((record, read_message(record.value)))
            except InvalidPayload as error:
                await self._dead_letters.put(record, record.value, Failure(error.code, error.message, 1))
        for wave in _waves(_steps(read)):
            await asyncio.gather(*(self._take(step) for step in wave))

    async def _take(self, step: _Step) -> None:
        failure = await self._try(step)
        if failure is None:
            return
        if len(step.parts) > 1 and failure.code != NotFound.code:
            # One of them may spoil it for the others.
            for record, message in step.parts:
                await self._take(_Step(step.target, [(record, message)]))
            return
        for record, _ in step.parts:
            await self._dead_letters.put(record, record.value, failure)

    async def _try(self, step: _Step) -> Failure | None:
        """Store a step; None, or why that is not possible."""
        tries, wait = 0, FIRST_WAIT_S
        allowed = 1 if step.target in self._unknown else TRIES
        while True:
            try:
                async with self._gate:
                    result = await self._apply(step)
                break
            except Exception as error:  # noqa: BLE001 - whatever a message does, those after it must get through
                if not isinstance(error, Unavailable) and await self._store.answers():
                    tries += 1
                    if tries >= allowed or isinstance(error, InvalidPayload):
                        return self._given_up(step, error, tries)
                else:
                    log.warning("messages wait for the database", error=type(error).__name__)
            await self._pacer.wait(wait * self._rng.uniform(0.5, 1))
            wait = min(wait * 2, LONGEST_WAIT_S)
        if step.target is not None:
            self._unknown.pop(step.target, None)
        if result is not None:
            await self._set_aside_rejected(step, result)
        return None

    async def _apply(self, step: _Step) -> IngestResult | None:
        message = step.parts[0][1]
        if step.target is None:
            assert isinstance(message, CreateMessage)  # noqa: S101 - a step without a target creates
            await self._matches.create(message.match)
            return None
        match_id = await self._store.match_id(step.target)
        return await self._matches.ingest(match_id, [event for _, event in _events(step)])

    def _given_up(self, step: _Step, error: Exception, tries: int) -> Failure:
        if isinstance(error, NotFound) and step.target is not None:
            self._unknown[step.target] = None
            self._unknown.move_to_end(step.target)
            if len(self._unknown) > UNKNOWN_BOUND:
                self._unknown.popitem(last=False)
        if isinstance(error, DomainError):
            return Failure(error.code, error.message, tries)
        log.error("a message cannot be stored", exc_info=error)
        return Failure(DomainError.code, type(error).__name__, tries)

    async def _set_aside_rejected(self, step: _Step, result: IngestResult) -> None:
        """Of messages that were stored in part, what was no good."""
        bad: dict[int, tuple[Record, list[dict[str, Any]], str]] = {}
        for (record, event), item in zip(_events(step), result.items, strict=True):
            if item.result == "rejected":
                bad.setdefault(record.offset, (record, [], item.error or ""))[1].append(event)
        for record, events, why in bad.values():
            await self._dead_letters.put(record, _only(record, events), Failure(InvalidPayload.code, why, 1))


def _only(record: Record, events: list[dict[str, Any]]) -> bytes | None:
    """A message as it came, with these of its events alone: mended, it can be sent as it is."""
    try:
        message = decode(record.value or b"", dict[str, Any])
        return msgspec.json.encode({**message, "events": events})
    except (InvalidPayload, RecursionError):
        return record.value  # nested so deeply that it could just be read


def _events(step: _Step) -> Iterator[tuple[Record, dict[str, Any]]]:
    for record, message in step.parts:
        if isinstance(message, EventsMessage):
            for event in message.events:
                yield record, event


def _steps(read: Sequence[tuple[Record, TopicMessage]]) -> list[_Step]:
    """As few transactions as keep the order of each match; a match is created before anything after it is read."""
    steps: list[_Step] = []
    open_steps: dict[MatchName, _Step] = {}
    for record, message in read:
        if isinstance(message, CreateMessage):
            open_steps.clear()
            steps.append(_Step(None, [(record, message)]))
            continue
        target = match_named_in(message)
        step = open_steps.get(target)
        if step is None or step.events + len(message.events) > MAX_BATCH:
            step = open_steps[target] = _Step(target, [])
            steps.append(step)
        step.parts.append((record, message))
        step.events += len(message.events)
    return steps


def _waves(steps: Sequence[_Step]) -> Iterator[list[_Step]]:
    """Steps that may be taken side by side: of different matches, and a match is created before what follows."""
    wave: dict[MatchName, _Step] = {}
    for step in steps:
        if wave and (step.target is None or step.target in wave):
            yield list(wave.values())
            wave = {}
        if step.target is None:
            yield [step]
        else:
            wave[step.target] = step
    if wave:
        yield list(wave.values())
