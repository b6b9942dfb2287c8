"""Reads the topic of matches: each partition in order, offsets committed after the database; brokers come and go.

`feeds.kafka.module` runs one on every worker. It must never commit an offset of what is neither stored nor set aside.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from random import Random
from typing import Any, Protocol

import structlog
from aiokafka import AIOKafkaConsumer, ConsumerRebalanceListener, TopicPartition
from aiokafka.errors import ConsumerStoppedError, KafkaError
from prometheus_client import CollectorRegistry, Counter, Gauge

from feeds.client import Pacer
from feeds.kafka.brokers import connection_of
from feeds.kafka.dead_letters import DeadLetterTopic
from feeds.kafka.delivery import DeadLetters, Delivery, Failure, Record

log = structlog.get_logger(__name__)

SLICE = 500
"""Messages that are stored between two commits of their offsets; that many at most come again after a crash."""

PENDING_BYTES = 1024 * 1024
"""A partition with this much waiting is paused; what was fetched already may add as much again."""

PENDING = 2 * SLICE
"""A partition with so many messages waiting is paused as well."""

POLL_MS = 250
"""How long a poll waits: as long until a paused partition goes on, and until a lane that died is seen."""

PROBE_S, PROBE_TIMEOUT_S = 3.0, 10.0
"""How often the brokers are asked for a sign of life, since their clients hide that they are away."""

GRACE_S = 3.0
"""What is at work when its partition goes to another consumer gets this long; else it is done again there."""

FIRST_WAIT_S, LONGEST_WAIT_S = 0.5, 15.0


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicSettings:
    """Which topic is read, and as which group: the workers of a group share its partitions."""

    url: str
    topic: str
    group: str

    @property
    def dead_letters(self) -> str:
        """The topic of what could not be stored."""
        return f"{self.topic}.dead"


class DeliverTo(Protocol):
    """Makes the delivery, given where dead letters go."""

    def __call__(self, dead_letters: DeadLetters) -> Delivery:
        """A delivery."""
        ...


@dataclass(slots=True, eq=False)
class _Lane:
    """What waits of one partition."""

    partition: TopicPartition
    pending: deque[Record] = field(default_factory=deque)
    waiting_bytes: int = 0
    wake: asyncio.Event = field(default_factory=asyncio.Event)
    closing: bool = False
    task: asyncio.Task[None] | None = None

    @property
    def full(self) -> bool:
        return self.waiting_bytes >= PENDING_BYTES or len(self.pending) >= PENDING

    @property
    def half_empty(self) -> bool:
        return self.waiting_bytes <= PENDING_BYTES // 2 and len(self.pending) <= PENDING // 2

    def offer(self, records: Iterable[Record]) -> None:
        for record in records:
            self.pending.append(record)
            self.waiting_bytes += len(record.value or b"")
        self.wake.set()

    def take(self) -> list[Record]:
        taken = [self.pending.popleft() for _ in range(min(SLICE, len(self.pending)))]
        self.waiting_bytes -= sum(len(record.value or b"") for record in taken)
        return taken

    def close(self) -> None:
        self.closing = True
        self.wake.set()


class _Figures:
    """The metrics of the consumer."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.connected = Gauge(
            "touchline_kafka_connected", "Whether the brokers answer this worker (1 or 0).", registry=registry
        )
        self.messages = Counter("touchline_kafka_messages_total", "Messages read and committed.", registry=registry)
        self.dead = Counter(
            "touchline_kafka_dead_letters_total", "Messages set aside, by error code.", ["code"], registry=registry
        )
        self.paused = Gauge(
            "touchline_kafka_paused_partitions", "Partitions that wait for the database.", registry=registry
        )


class _Counted:
    """Writes dead letters, and counts them."""

    def __init__(self, inner: DeadLetters, figures: _Figures) -> None:
        self._inner = inner
        self._figures = figures

    async def put(self, record: Record, value: bytes | None, failure: Failure) -> None:
        await self._inner.put(record, value, failure)
        self._figures.dead.labels(failure.code).inc()


class TopicConsumer:
    """One worker's member of the group. The server starts without brokers, and works on when they go."""

    def __init__(
        self,
        settings: TopicSettings,
        deliver_to: DeliverTo,
        *,
        registry: CollectorRegistry,
        pacer: Pacer,
        rng: Random,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._settings = settings
        self._deliver_to = deliver_to
        self._figures = _Figures(registry)
        self._pacer = pacer
        self._rng = rng
        self._monotonic = monotonic
        self._lanes: dict[TopicPartition, _Lane] = {}
        # Before Python 3.12 `asyncio.wait_for` may swallow a cancellation that meets a result.
        self._stopping = False
        self.connected = False

    @property
    def partitions(self) -> int:
        """Partitions at which this worker has been at work since the last rebalance."""
        return len(self._lanes)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """It reads until the end. What is at work then is rolled back and comes again."""
        self._stopping = False
        task = asyncio.create_task(self._run(), name="kafka consumer")
        try:
            yield
        finally:
            self._stopping = True
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)

    async def _run(self) -> None:
        wait = FIRST_WAIT_S
        while not self._stopping:
            try:
                async with self._member() as (consumer, delivery):
                    self._is_connected(now=True)
                    wait = FIRST_WAIT_S
                    await self._consume(consumer, delivery)
            except (KafkaError, ConsumerStoppedError, OSError) as error:
                log.warning("kafka is away", error=f"{type(error).__name__}: {error}"[:300])
            except asyncio.CancelledError:
                # aiokafka cancels its own requests when it loses a connection; only we cancel this task.
                task = asyncio.current_task()
                if self._stopping or (task is not None and task.cancelling()):
                    raise
                log.warning("kafka is away", error="a request was given up")
            except Exception:
                log.exception("the kafka consumer failed, and starts again")
            finally:
                self._is_connected(now=False)
            await self._pacer.wait(wait * self._rng.uniform(0.5, 1))
            wait = min(wait * 2, LONGEST_WAIT_S)

    def _is_connected(self, *, now: bool) -> None:
        if now != self.connected:
            log.info("kafka", connected=now, topic=self._settings.topic)
        self.connected = now
        self._figures.connected.set(now)

    @asynccontextmanager
    async def _member(self) -> AsyncIterator[tuple[AIOKafkaConsumer, Delivery]]:
        """In the group, with somewhere to put dead letters."""
        connection = connection_of(self._settings.url)
        async with AsyncExitStack() as stack:
            consumer = AIOKafkaConsumer(
                **connection,
                group_id=self._settings.group,
                enable_auto_commit=False,
                auto_offset_reset="earliest",
                max_partition_fetch_bytes=PENDING_BYTES,
            )
            consumer.subscribe([self._settings.topic], listener=_Handover(self._close))
            stack.push_async_callback(_stop, consumer)
            await consumer.start()
            dead_letters = DeadLetterTopic(self._settings.dead_letters, connection, pacer=self._pacer)
            await stack.enter_async_context(dead_letters.open())
            delivery = self._deliver_to(_Counted(dead_letters, self._figures))
            stack.push_async_callback(self._abandon)
            yield consumer, delivery

    async def _consume(self, consumer: AIOKafkaConsumer, delivery: Delivery) -> None:
        probed = self._monotonic()
        while not self._stopping:
            for partition, records in (await consumer.getmany(timeout_ms=POLL_MS)).items():
                lane = self._lane(partition, consumer, delivery)
                lane.offer(records)
                if lane.full:
                    consumer.pause(partition)
            for lane in self._lanes.values():
                if lane.task is not None and lane.task.done() and not lane.closing:
                    lane.task.result()
            self._figures.paused.set(len(consumer.paused()))
            if self._monotonic() - probed >= PROBE_S:
                try:
                    await asyncio.wait_for(consumer.topics(), PROBE_TIMEOUT_S)
                except TimeoutError:
                    raise KafkaError("The brokers do not answer.") from None
                probed = self._monotonic()

    def _lane(self, partition: TopicPartition, consumer: AIOKafkaConsumer, delivery: Delivery) -> _Lane:
        lane = self._lanes.get(partition)
        if lane is None:
            lane = self._lanes[partition] = _Lane(partition)
            lane.task = asyncio.create_task(
                self._work(lane, consumer, delivery), name=f"kafka {partition.topic}/{partition.partition}"
            )
        return lane

    async def _work(self, lane: _Lane, consumer: AIOKafkaConsumer, delivery: Delivery) -> None:
        while not lane.closing:
            if not lane.pending:
                lane.wake.clear()
                await lane.wake.wait()
                continue
            records = lane.take()
            await delivery.deliver(records)
            try:
                await consumer.commit({lane.partition: records[-1].offset + 1})
                self._figures.messages.inc(len(records))
            except (KafkaError, ConsumerStoppedError) as error:
                # They come again, here or at another member, and change nothing.
                log.warning("offsets are not committed", error=type(error).__name__, partition=lane.partition.partition)
            if lane.half_empty and not lane.closing:
                with contextlib.suppress(KafkaError):  # it may have been handed on this moment
                    consumer.resume(lane.partition)

    async def _close(self, partitions: Collection[TopicPartition]) -> None:
        """Let go of partitions: what is at work may end, what waits comes again."""
        lanes = [lane for partition in partitions if (lane := self._lanes.pop(partition, None)) is not None]
        tasks = [lane.task for lane in lanes if lane.task is not None]
        for lane in lanes:
            lane.close()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=GRACE_S)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)

    async def _abandon(self) -> None:
        """Let go of everything at once."""
        tasks = [lane.task for lane in self._lanes.values() if lane.task is not None]
        self._lanes.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._figures.paused.set(0)


class _Handover(ConsumerRebalanceListener):  # type: ignore[misc]  # aiokafka has no types
    """Finishes what is at work before a partition goes to another member."""

    def __init__(self, close: Callable[[Collection[TopicPartition]], Any]) -> None:
        self._close = close

    async def on_partitions_revoked(self, revoked: Collection[TopicPartition]) -> None:
        await self._close(revoked)

    async def on_partitions_assigned(self, assigned: Collection[TopicPartition]) -> None:
        """They start with their first messages."""


async def _stop(consumer: AIOKafkaConsumer) -> None:
    with contextlib.suppress(KafkaError, OSError, TimeoutError):
        await asyncio.wait_for(consumer.stop(), GRACE_S)
