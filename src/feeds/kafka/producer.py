"""The sending side of Kafka: writes matches and events to the topic that Touchline reads.

`touchline simulate` and `replay` use it with `--to kafka`; the gateway itself never does.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import asynccontextmanager

import msgspec
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from feeds.client import Pacer, RealPacer
from feeds.files.recording import FileMatch
from feeds.kafka.brokers import connection_of
from feeds.kafka.messages import MAX_MESSAGE_BYTES, MatchName, write_create, write_events
from feeds.replay import Echo, Player, title
from kit.contracts import Instant
from kit.errors import Unavailable
from scoring.model import CreateMatch, EventOp

TRIES = 6
"""Tries of one message: with the waits between them they bridge a restart of a broker (15 s)."""

_ROOM_BYTES = 8192
"""What the broker's format and the key add to a message."""


class TopicWriter:
    """Writes messages. Each may arrive twice without harm."""

    def __init__(self, producer: AIOKafkaProducer, topic: str, pacer: Pacer) -> None:
        self._producer = producer
        self._topic = topic
        self._pacer = pacer

    async def create(self, target: MatchName, new: CreateMatch) -> None:
        """Ask for a match, before its events, in their partition."""
        await self._send(target, write_create(new))

    async def post(self, target: MatchName, ops: Sequence[EventOp]) -> None:
        """Write events of a match, in as many messages as their bytes need; returns once the brokers have them."""
        for raw in _messages(target, list(ops)):
            await self._send(target, raw)

    async def _send(self, target: MatchName, raw: bytes) -> None:
        wait = 0.5
        for attempt in range(1, TRIES + 1):
            try:
                await self._producer.send_and_wait(self._topic, value=raw, key=target.key)
            except KafkaError as error:
                if attempt == TRIES:
                    raise Unavailable(f"Kafka does not take messages ({type(error).__name__}).") from None
                await self._pacer.wait(wait)
                wait *= 2
            else:
                return


def _messages(target: MatchName, ops: list[EventOp]) -> Iterator[bytes]:
    raw = write_events(target, ops)
    if len(raw) <= MAX_MESSAGE_BYTES - _ROOM_BYTES or len(ops) == 1:
        yield raw
    else:
        yield from _messages(target, ops[: len(ops) // 2])
        yield from _messages(target, ops[len(ops) // 2 :])


@asynccontextmanager
async def topic_writer(url: str, topic: str, pacer: Pacer | None = None) -> AsyncIterator[TopicWriter]:
    """A connected writer.

    Args:
        url: The brokers, as of `connection_of`.
        topic: What is written to.
        pacer: Time, for tests.

    Raises:
        Unavailable: No broker answers.
    """
    producer = AIOKafkaProducer(**connection_of(url), acks="all")
    try:
        try:
            await producer.start()
        except (KafkaError, OSError) as error:
            raise Unavailable(f"There is no Kafka at {_hosts(url)} ({type(error).__name__}).") from None
        yield TopicWriter(producer, topic, pacer or RealPacer())
    finally:
        await producer.stop()


def _hosts(url: str) -> str:
    return ", ".join(connection_of(url)["bootstrap_servers"])


async def play_into_kafka(
    match: FileMatch, *, url: str, topic: str, speed: float, echo: Echo = print, pacer: Pacer | None = None
) -> MatchName:
    """Play a match into a topic as if it began now, as a new match.

    Args:
        match: Which one.
        url: The brokers.
        topic: The topic that Touchline reads.
        speed: How many times faster than it was; 0 is as fast as it goes.
        echo: Where progress is written.
        pacer: Time, for tests.

    Returns:
        The name under which the match can be found.

    Raises:
        Unavailable: The brokers do not answer.
    """
    pacer = pacer or RealPacer()
    begin = pacer.now_ms()
    provider, external = next(iter(match.create.external_ids.items()))
    target = MatchName(provider, f"{external[:80]}@{begin}")
    new = msgspec.structs.replace(match.create, scheduled_at=Instant(begin), external_ids={provider: target.id})
    async with topic_writer(url, topic, pacer) as writer:
        echo(f"{title(match)}: match {target.id} of {provider}, {len(match.ops)} events, to {topic}")
        await writer.create(target, new)
        await Player(lambda ops: writer.post(target, ops), speed, echo, pacer).run(match.ops)
    return target
