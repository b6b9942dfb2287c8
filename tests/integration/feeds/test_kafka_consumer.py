"""Reading from brokers: what is written becomes the same match, whatever crashes, leaves, stalls or goes away."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest
from prometheus_client import CollectorRegistry

from feeds.files.recording import FileMatch
from feeds.kafka import consumer as consumer_module
from feeds.kafka.consumer import TopicConsumer, TopicSettings
from feeds.kafka.delivery import Delivery
from feeds.kafka.messages import MatchName, write_create, write_events
from feeds.kafka.producer import play_into_kafka
from feeds.kafka.store import DeliveryStore
from kit.clock import SystemClock
from kit.db import Database
from kit.errors import NotFound
from kit.ids import UlidGenerator
from matches.feed_port import FeedPort
from matches.service import MatchService
from scoring.model import IngestResult
from tests.harness import eventually
from tests.kafka import Broker, committed, mock_brokers, read_all, send
from tests.support.kafka_world import NoRooms, content, direct, sample
from tests.support.samples import new_service

TOPIC = "feed"


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.db')}"


@pytest.fixture
def mock() -> Iterator[str]:
    with mock_brokers() as url:
        yield url


@pytest.fixture
def broker() -> Iterator[Broker]:
    broker = Broker()
    yield broker
    broker.kill()


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(consumer_module, "PROBE_S", 0.1)


class Quick:
    """Time with short waits."""

    def now_ms(self) -> int:
        return SystemClock().now_ms()

    async def wait(self, seconds: float) -> None:
        await asyncio.sleep(min(seconds, 0.05))


class World:
    def __init__(self, database: Database) -> None:
        clock = SystemClock()
        ids = UlidGenerator(clock)
        self.service = new_service(database, NoRooms(), clock, ids)
        self.port = FeedPort(self.service, database=database, clock=clock, ids=ids)
        self.store = DeliveryStore(self.port, database)
        self.registries: list[CollectorRegistry] = []

    def consumer(self, url: str, matches: Any = None) -> TopicConsumer:
        rng = Random(5)  # noqa: S311 - jitter
        self.registries.append(CollectorRegistry())
        return TopicConsumer(
            TopicSettings(url=url, topic=TOPIC, group="g"),
            lambda dead_letters: Delivery(
                matches=matches or self.port, store=self.store, dead_letters=dead_letters, pacer=Quick(), rng=rng
            ),
            registry=self.registries[-1],
            pacer=Quick(),
            rng=rng,
        )

    def figure(self, name: str) -> float:
        return self.registries[-1].get_sample_value(f"touchline_kafka_{name}") or 0

    async def has(self, target: MatchName, file: FileMatch) -> bool:
        """Whether a match has everything."""
        try:
            return (await self.service.get(await self.store.match_id(target))).seq >= len(file.ops)
        except NotFound:
            return False

    async def has_committed(self, url: str, count: int) -> bool:
        """Whether the group will never be given these messages again."""
        return await committed(url, TOPIC, "g") == count

    async def same(self, target: MatchName, file: FileMatch) -> bool:
        """Whether a match is exactly what a direct ingest makes of it."""
        found = await content(self.service, await self.store.match_id(target))
        return found == await direct(self.service, file)


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def messages(file: FileMatch, target: MatchName, size: int = 20) -> list[tuple[bytes, bytes | None]]:
    pieces = [file.ops[start : start + size] for start in range(0, len(file.ops), size)]
    return [(target.key, raw) for raw in (write_create(file.create), *(write_events(target, ops) for ops in pieces))]


class Wrapped:
    """The rules, with something done around each ingest."""

    def __init__(
        self, service: MatchService, *, before: Callable[[], Any] | None, after: Callable[[], Any] | None
    ) -> None:
        self.create = service.create
        self._service, self._before, self._after = service, before, after

    async def ingest(self, match_id: str, ops: Sequence[Any]) -> IngestResult:
        if self._before is not None:
            await self._before()
        result = await self._service.ingest(match_id, ops)
        if self._after is not None:
            await self._after()
        return result


async def test_a_crash_between_the_database_s_commit_and_the_offset_s_doubles_nothing(world: World, mock: str) -> None:
    file, target = sample("basketball")
    written = messages(file, target)
    await send(mock, TOPIC, *written)
    stored, forever = asyncio.Event(), asyncio.Event()

    async def crash() -> None:
        stored.set()
        await forever.wait()

    async with world.consumer(mock, Wrapped(world.service, before=None, after=crash)).running():
        await stored.wait()
    seq = (await world.service.get(await world.store.match_id(target))).seq
    assert seq > 0
    assert await committed(mock, TOPIC, "g") <= seq / 20  # the message that creates has no events
    async with world.consumer(mock).running():
        await eventually(lambda: world.has(target, file))
        await eventually(lambda: world.has_committed(mock, len(written)))
    assert await world.same(target, file)


async def test_poison_is_set_aside_and_what_follows_it_gets_through(world: World, mock: str) -> None:
    file, target = sample("football")
    [create, *events] = messages(file, target)
    stranger = write_events(MatchName("simulator", "never made"), file.ops[:2])
    poison = [(target.key, b"{"), (target.key, None), (target.key, stranger)]
    await send(mock, TOPIC, create, events[0], *poison, *events[1:])
    async with world.consumer(mock).running():
        await eventually(lambda: world.has(target, file))
        await eventually(lambda: world.has_committed(mock, len(events) + 1 + len(poison)))
        letters = await read_all(mock, f"{TOPIC}.dead", len(poison))
    assert await world.same(target, file)
    assert {value for _, value, _ in letters} == {b"{", None, stranger}
    [told] = [headers for _, value, headers in letters if value == stranger]
    assert told["touchline-error"] == "not_found"
    assert "never made" in told["touchline-reason"]
    assert (told["touchline-topic"], told["touchline-offset"], told["touchline-tries"]) == (TOPIC, "4", "5")
    assert {key for key, *_ in letters} == {target.key}


async def test_disorder_and_repetition_on_the_way_change_nothing(world: World, mock: str) -> None:
    file, target = sample("cricket")
    [create, *events] = messages(file, target, 7)
    Random(3).shuffle(events)  # noqa: S311 - a shuffle
    await send(mock, TOPIC, create, *events, *events[::2], create)
    async with world.consumer(mock).running():
        await eventually(lambda: world.has(target, file))
    assert await world.same(target, file)


async def test_a_slow_database_pauses_the_partition_and_loses_nothing(
    world: World, mock: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumer_module, "PENDING", 20)
    monkeypatch.setattr(consumer_module, "SLICE", 5)
    file, target = sample("football")
    written = messages(file, target, 1)
    assert len(written) > 60
    go_on = asyncio.Event()
    async with world.consumer(mock, Wrapped(world.service, before=go_on.wait, after=None)).running():
        await send(mock, TOPIC, *written)
        await eventually(lambda: world.figure("paused_partitions") == 1)
        assert world.figure("messages_total") <= 1  # the one that creates
        assert world.figure("connected") == 1
        go_on.set()
        await eventually(lambda: world.has(target, file))
        await eventually(lambda: world.figure("paused_partitions") == 0)
    assert await world.same(target, file)


async def test_two_of_a_group_share_the_matches_and_one_takes_over_from_the_other(world: World, broker: Broker) -> None:
    broker.start()
    await broker.make_topics(TOPIC, f"{TOPIC}.dead", partitions=4)
    samples = [sample("basketball", seed) for seed in range(8)]
    halves = [messages(file, target) for file, target in samples]
    stays = world.consumer(broker.url)
    async with stays.running():
        async with world.consumer(broker.url).running():
            both = world.registries[-2:]
            await eventually(lambda: all(one.get_sample_value("touchline_kafka_connected") for one in both))

            async def share() -> bool:
                # A rebalance takes a moment: more matches are sent until both have been given some.
                await send(broker.url, TOPIC, *(one[0] for one in halves))
                return all(one.get_sample_value("touchline_kafka_messages_total") for one in both)

            await eventually(share)
            await send(broker.url, TOPIC, *(message for one in halves for message in one[: len(one) // 2]))
        await send(broker.url, TOPIC, *(message for one in halves for message in one[len(one) // 2 :]))
        for file, target in samples:
            await eventually(lambda file=file, target=target: world.has(target, file))
    for file, target in samples:
        assert await world.same(target, file)


async def test_brokers_away_at_the_start_and_in_the_middle(world: World, broker: Broker) -> None:
    file, target = sample("cricket")
    written = messages(file, target)
    half = len(written) // 2
    consumer = world.consumer(broker.url)
    async with consumer.running():
        assert not consumer.connected
        broker.start()
        await broker.make_topics(TOPIC, f"{TOPIC}.dead")
        await eventually(lambda: consumer.connected)
        await send(broker.url, TOPIC, *written[:half])
        await eventually(lambda: world.figure("messages_total") == half)
        broker.kill()
        await eventually(lambda: not consumer.connected)
        assert world.figure("connected") == 0
        broker.start()
        await broker.make_topics(TOPIC, f"{TOPIC}.dead")
        await eventually(lambda: consumer.connected)
        # The broker has forgotten everything, offsets too: the feed begins a little before where it was.
        await send(broker.url, TOPIC, *written[half - 2 :])
        await eventually(lambda: world.has(target, file))
    assert await world.same(target, file)


async def test_the_simulator_plays_into_a_topic(world: World, mock: str) -> None:
    file, _ = sample("football", seed=2)
    said: list[str] = []
    async with world.consumer(mock).running():
        target = await play_into_kafka(file, url=mock, topic=TOPIC, speed=0, echo=said.append, pacer=Quick())
        await eventually(lambda: world.has(target, file))
    match = await world.service.get(await world.store.match_id(target))
    assert (match.status, match.seq) == ("ended", len(file.ops))
    assert said[-1].startswith(f"{len(file.ops)}/{len(file.ops)} ")
