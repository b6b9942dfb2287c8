"""What messages do to matches, without a broker: everything that can be stored is, once; the rest is set aside."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError

from feeds.kafka.brokers import connection_of
from feeds.kafka.delivery import TRIES, Delivery, Failure, Record
from feeds.kafka.messages import MAX_MESSAGE_BYTES, MatchName, write_create, write_events
from feeds.kafka.store import DeliveryStore
from feeds.simulator import simulate
from kit.clock import SystemClock
from kit.db import Database
from kit.errors import Unavailable
from kit.ids import UlidGenerator
from matches.feed_port import FeedPort
from scoring.model import MAX_BATCH, CreateMatch, EventOp, IngestResult, Match
from tests.harness import free_port
from tests.support.kafka_world import NoRooms, content, direct, sample
from tests.support.samples import new_service


@pytest.fixture
def database_url(sqlite_template: Path, tmp_path: Path) -> str:
    return f"sqlite:///{shutil.copyfile(sqlite_template, tmp_path / 'test.db')}"


@dataclass
class Message:
    value: bytes | None
    offset: int
    key: bytes | None = b"k"
    topic: str = "t"
    partition: int = 0
    headers: Sequence[tuple[str, bytes]] = ()


class Kept:
    def __init__(self) -> None:
        self.letters: list[tuple[int, bytes | None, Failure]] = []

    async def put(self, record: Record, value: bytes | None, failure: Failure) -> None:
        self.letters.append((record.offset, value, failure))


class Pauses:
    """Time that goes by at once, and may do something meanwhile."""

    def __init__(self) -> None:
        self.waits: list[float] = []
        self.then: dict[int, Any] = {}

    def now_ms(self) -> int:
        return 0

    async def wait(self, seconds: float) -> None:
        self.waits.append(seconds)
        if (act := self.then.get(len(self.waits))) is not None:
            act()


class World:
    def __init__(self, database: Database) -> None:
        clock = SystemClock()
        ids = UlidGenerator(clock)
        self.service = new_service(database, NoRooms(), clock, ids)
        self.port = FeedPort(self.service, database=database, clock=clock, ids=ids)
        self.store, self.kept, self.pauses = DeliveryStore(self.port, database), Kept(), Pauses()

    def delivery(self, matches: Any = None, store: Any = None) -> Delivery:
        return Delivery(
            matches=matches or self.port,
            store=store or self.store,
            dead_letters=self.kept,
            pacer=self.pauses,
            rng=Random(1),  # noqa: S311 - jitter
        )


@pytest.fixture
def world(database: Database) -> World:
    return World(database)


def numbered(*values: bytes | None) -> list[Message]:
    return [Message(value, offset) for offset, value in enumerate(values)]


@pytest.mark.parametrize("sport", ["football", "cricket", "basketball"])
async def test_shuffled_repeated_and_cut_up_messages_give_the_match_of_a_direct_ingest(
    world: World, sport: Any
) -> None:
    file, target = sample(sport)
    rng, pieces = Random(7), []  # noqa: S311 - a shuffle
    ops = list(file.ops)
    rng.shuffle(ops)
    while ops:
        size = rng.randint(1, 90)
        pieces.append(write_events(target, ops[:size]))
        ops = ops[size:]
    twice = [write_create(file.create), *pieces, *pieces[::-1], write_create(file.create)]
    await world.delivery().deliver(numbered(*twice))
    found = await world.service.get(await world.store.match_id(target))
    assert await content(world.service, found.id) == await direct(world.service, file)
    assert found.seq == len(file.ops)
    assert world.kept.letters == []


async def test_many_small_messages_of_a_match_are_few_transactions(world: World) -> None:
    file, target = sample("cricket")
    batches: list[int] = []

    class Watched:
        create = world.service.create

        async def ingest(self, match_id: str, ops: Sequence[Any]) -> IngestResult:
            batches.append(len(ops))
            return await world.service.ingest(match_id, ops)

    assert len(file.ops) < MAX_BATCH
    single = [write_events(target, [op]) for op in file.ops]
    await world.delivery(Watched()).deliver(numbered(write_create(file.create), *single, *single, *single))
    assert max(batches) <= MAX_BATCH
    assert len(batches) == -(-3 * len(file.ops) // MAX_BATCH)


@pytest.mark.parametrize(
    ("value", "why"),
    [
        (None, "no value"),
        (b"", "not complete"),
        (b"\xff\xfe rubbish", "not JSON"),
        (b'{"type":"events","matchId":"a","events":[{"detail":' + b"[" * 100_000, "deeply"),
        (b'{"type":"events","events":[]}', "at least 1"),
        (b'{"type":"events","matchId":"a","events":[{}],"mode":1}', "Mode"),
        (b'{"type":"events","events":[{}]}', "names its match"),
        (b'{"type":"events","matchId":"a","external":{"provider":"p","id":"1"},"events":[{}]}', "names its match"),
        (b'{"type":"other"}', "Type"),
        (b'{"type":"events","matchId":"a","events":[' + b"{}," * MAX_BATCH + b"{}]}", "at most 500"),
        (b" " * (MAX_MESSAGE_BYTES + 1), "bytes"),
    ],
)
async def test_what_is_no_message_is_set_aside_at_once(world: World, value: bytes | None, why: str) -> None:
    file, target = sample("football")
    good = [write_create(file.create), write_events(target, file.ops)]
    await world.delivery().deliver(numbered(value, *good))
    [(offset, kept, failure)] = world.kept.letters
    assert (offset, kept, failure.code, failure.tries) == (0, value, "invalid_payload", 1)
    assert why in failure.reason
    assert (await world.service.get(await world.store.match_id(target))).seq == len(file.ops)
    assert world.pauses.waits == []


async def test_a_match_without_an_external_id_would_be_made_twice(world: World) -> None:
    file, _ = sample("football")
    raw = json.loads(write_create(file.create))
    del raw["match"]["externalIds"]
    await world.delivery().deliver(numbered(json.dumps(raw).encode()))
    assert "external id" in world.kept.letters[0][2].reason


async def test_of_a_message_that_is_good_in_part_the_rest_is_set_aside(world: World) -> None:
    file, target = sample("football")
    mixed = json.loads(write_events(target, file.ops))
    mixed["events"].insert(3, {"eventId": "bad"})
    await world.delivery().deliver(numbered(write_create(file.create), json.dumps(mixed).encode()))
    [(offset, kept, failure)] = world.kept.letters
    assert (offset, failure.code) == (1, "invalid_payload")
    assert json.loads(kept or b"") == {**mixed, "events": [{"eventId": "bad"}]}
    assert (await world.service.get(await world.store.match_id(target))).seq == len(file.ops)


async def test_events_of_an_unknown_match_are_tried_again_then_set_aside_without_delay_for_the_next(
    world: World,
) -> None:
    file, target = sample("football")
    delivery = world.delivery()
    half = len(file.ops) // 2
    first, second = write_events(target, file.ops[:half]), write_events(target, file.ops[half:])
    await delivery.deliver(numbered(first))
    assert (len(world.pauses.waits), world.kept.letters[0][2]) == (
        TRIES - 1,
        Failure("not_found", f"There is no match {target.id!r} of 'simulator'.", TRIES),
    )
    await delivery.deliver(numbered(first, second))
    assert len(world.pauses.waits) == TRIES - 1
    assert [failure.tries for *_, failure in world.kept.letters] == [TRIES, 1, 1]
    # It is created after all: what was set aside is sent again.
    await delivery.deliver(numbered(write_create(file.create), first, second))
    assert await content(world.service, await world.store.match_id(target)) == await direct(world.service, file)


async def test_a_match_that_is_created_a_moment_later_loses_nothing(world: World) -> None:
    file, target = sample("football")

    class Late(DeliveryStore):
        asked = 0

        async def match_id(self, wanted: MatchName) -> str:
            self.asked += 1
            if self.asked == 2:
                await world.service.create(file.create)
            return await world.store.match_id(wanted)

    late = Late.__new__(Late)
    late._database = world.store._database
    await world.delivery(store=late).deliver(numbered(write_events(target, file.ops)))
    assert world.kept.letters == []
    assert (await world.service.get(await world.store.match_id(target))).seq == len(file.ops)


async def test_one_that_breaks_the_rules_code_does_not_spoil_its_neighbours(world: World) -> None:
    file, target = sample("football")

    class Broken:
        create = world.service.create

        async def ingest(self, match_id: str, ops: Sequence[Any]) -> IngestResult:
            if any(op["eventId"] == file.ops[5].event_id for op in ops):
                raise ZeroDivisionError
            return await world.service.ingest(match_id, ops)

    single = [write_events(target, [op]) for op in file.ops]
    await world.delivery(Broken()).deliver(numbered(write_create(file.create), *single))
    assert [(offset, failure) for offset, _, failure in world.kept.letters] == [
        (6, Failure("internal", "ZeroDivisionError", TRIES))
    ]
    assert (await world.service.get(await world.store.match_id(target))).seq == len(file.ops) - 1


async def test_a_database_that_is_away_is_no_message_s_fault(world: World) -> None:
    file, target = sample("football")
    away = {"now": True}

    class Gone:
        async def create(self, new: CreateMatch) -> tuple[Match, bool]:
            if away["now"]:
                raise OperationalError("", None, OSError("gone"))
            return await world.service.create(new)

        ingest = world.service.ingest

    class Silent(DeliveryStore):
        async def answers(self) -> bool:
            return not away["now"]

    world.pauses.then[3 * TRIES] = lambda: away.update(now=False)
    silent = Silent(world.port, world.store._database)
    messages = numbered(write_create(file.create), write_events(target, file.ops))
    await world.delivery(Gone(), silent).deliver(messages)
    assert len(world.pauses.waits) == 3 * TRIES
    assert world.kept.letters == []
    assert (await world.service.get(await world.store.match_id(target))).seq == len(file.ops)


async def test_messages_wait_for_a_database_that_answers_and_takes_nothing_in(world: World) -> None:
    file, target = sample("football")
    away = {"now": True}

    class Full:
        async def create(self, new: CreateMatch) -> tuple[Match, bool]:
            if away["now"]:
                raise Unavailable("A part of the gateway does not answer now; try again.", retry_after=2)
            return await world.service.create(new)

        ingest = world.service.ingest

    world.pauses.then[3 * TRIES] = lambda: away.update(now=False)
    await world.delivery(Full()).deliver(numbered(write_create(file.create), write_events(target, file.ops)))
    assert world.kept.letters == []
    assert (await world.service.get(await world.store.match_id(target))).seq == len(file.ops)


async def test_the_database_is_asked_whether_it_answers(world: World) -> None:
    assert await world.store.answers()
    elsewhere = Database(
        f"postgresql://nobody@127.0.0.1:{free_port()}/none", clock=SystemClock(), ids=UlidGenerator(SystemClock())
    )
    assert not await DeliveryStore(world.port, elsewhere).answers()
    await elsewhere.close()


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("kafka://a:1,b:2", {"bootstrap_servers": ["a:1", "b:2"], "security_protocol": "PLAINTEXT"}),
        ("kafka://a", {"bootstrap_servers": ["a:9092"], "security_protocol": "PLAINTEXT"}),
        (
            "kafka://me:p%40ss@a?mechanism=SCRAM-SHA-512",
            {
                "bootstrap_servers": ["a:9092"],
                "security_protocol": "SASL_PLAINTEXT",
                "sasl_mechanism": "SCRAM-SHA-512",
                "sasl_plain_username": "me",
                "sasl_plain_password": "p@ss",
            },
        ),
    ],
)
def test_a_url_names_the_brokers(url: str, expected: dict[str, Any]) -> None:
    assert connection_of(url) == expected


def test_tls_checks_names() -> None:
    found = connection_of("kafkas://a:9093")
    assert found["security_protocol"] == "SSL"
    assert found["ssl_context"].check_hostname


@pytest.mark.parametrize("url", ["http://a", "kafka://", "kafka://a:x", "kafka://a/b", "kafka://a?x=1", "kafka://a,,b",
                                 "kafka://u:p@a?mechanism=GSSAPI", "kafka://a:70000"])  # fmt: skip
def test_a_url_that_is_none(url: str) -> None:
    with pytest.raises(ValueError, match=r"\.$"):
        connection_of(url)


def test_the_simulator_s_messages_are_small() -> None:
    for sport in ("football", "cricket", "basketball"):
        file = simulate(sport, seed=3, start=sample(sport)[0].create.scheduled_at)
        assert all(isinstance(op, EventOp) for op in file.ops)
        assert len(write_events(MatchName(None, "m"), file.ops[:200])) < MAX_MESSAGE_BYTES


async def test_an_event_that_is_nested_to_the_edge_stops_nothing(world: World) -> None:
    """What can just be read may be too deep to be read or written again, from a place deeper in the program."""
    file, target = sample("football")
    messages: list[bytes | None] = [write_create(file.create)]
    for depth in range(850, 1_000):
        deep = json.loads(write_events(target, file.ops[:2]))
        deep["events"].insert(1, {"eventId": "deep", "detail": "DEEP"})
        messages.append(json.dumps(deep).replace('"DEEP"', '{"a":' * depth + "1" + "}" * depth).encode())
    for offset, message in enumerate(messages):
        await world.delivery().deliver([Message(message, offset)])
    await world.delivery().deliver(numbered(write_events(target, file.ops)))
    assert [offset for offset, _, _ in world.kept.letters] == list(range(1, len(messages)))
    assert all(
        b'"deep"' in (kept or b"") and failure.code == "invalid_payload" for _, kept, failure in world.kept.letters
    )
    assert (await world.service.get(await world.store.match_id(target))).seq == len(file.ops)
