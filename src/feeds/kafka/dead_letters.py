"""The topic of messages that could not be stored, with headers that say why.

`delivery` writes to it, and goes on only when the brokers have the message.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import structlog
from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError, MessageSizeTooLargeError

from feeds.client import Pacer
from feeds.kafka.delivery import Failure, Record

log = structlog.get_logger(__name__)

MAX_BYTES = 2 * 1024 * 1024
"""A message as large as brokers take, and what the headers add; what is larger is kept without its value."""

MAX_HEADERS = 16
"""A message's own headers that are kept."""

_PREFIX = "touchline-"
_WAIT_S = 2.0
_STOP_S = 3.0


class DeadLetterTopic:
    """Writes dead letters, at least once: the offset that they stand for is committed afterwards."""

    def __init__(self, topic: str, connection: dict[str, Any], *, pacer: Pacer) -> None:
        self._topic = topic
        self._connection = connection
        self._pacer = pacer
        self._producer: AIOKafkaProducer | None = None

    @asynccontextmanager
    async def open(self) -> AsyncIterator[None]:
        """Connected to the brokers; raises `KafkaError` when there are none."""
        self._producer = AIOKafkaProducer(**self._connection, acks="all", max_request_size=MAX_BYTES)
        try:
            await self._producer.start()
            yield
        finally:
            with contextlib.suppress(KafkaError, OSError, TimeoutError):
                await asyncio.wait_for(self._producer.stop(), _STOP_S)

    async def put(self, record: Record, value: bytes | None, failure: Failure) -> None:
        """Keep a message; tries until the brokers have it, since else it would be lost.

        Args:
            record: As it came.
            value: What is kept of its value; none where that is too large for the brokers.
            failure: Why, which goes into the headers.
        """
        headers = headers_of(record, failure)
        while True:
            try:
                await self._send(record.key, value, headers)
            except MessageSizeTooLargeError:
                value, headers = None, [*_told(record, failure), ("touchline-truncated", b"true")]
            except KafkaError as error:
                log.error("a dead letter cannot be written", topic=self._topic, error=type(error).__name__)
                await self._pacer.wait(_WAIT_S)
            else:
                log.warning(
                    "a message is set aside", topic=record.topic, partition=record.partition, offset=record.offset,
                    code=failure.code, reason=failure.reason[:300],
                )  # fmt: skip
                return

    async def _send(self, key: bytes | None, value: bytes | None, headers: list[tuple[str, bytes]]) -> None:
        if self._producer is None:
            raise KafkaError("There is no connection yet.")
        await self._producer.send_and_wait(self._topic, value=value, key=key, headers=headers)


def headers_of(record: Record, failure: Failure) -> list[tuple[str, bytes]]:
    """The message's own headers, then where it came from and what was wrong with it."""
    own = [header for header in record.headers if not header[0].startswith(_PREFIX)][:MAX_HEADERS]
    return [*own, *_told(record, failure)]


def _told(record: Record, failure: Failure) -> list[tuple[str, bytes]]:
    said = {
        "topic": record.topic,
        "partition": record.partition,
        "offset": record.offset,
        "error": failure.code,
        "reason": failure.reason[:1000],
        "tries": failure.tries,
    }
    return [(f"{_PREFIX}{name}", str(value).encode()) for name, value in said.items()]
