"""When a kept snapshot may be given out: never one that an event has overtaken, and each read once for a crowd."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable

import msgspec
import pytest

from kit.errors import NotFound
from kit.snapshots import _ATTEMPTS, _MAX_ROOMS, MAX_AGE, Snapshots
from tests.harness import eventually

ROOM = "channel:a"


class State(msgspec.Struct, rename="camel"):
    """A snapshot: how many changes it holds."""

    changes: int
    offset: str


class Worker:
    """What is stored, and what one worker has heard of it so far."""

    def __init__(self) -> None:
        self.stored = 0
        self.delivered = 0
        self.versions: dict[str, int | None] = {ROOM: 0}
        self.reads = 0
        self.now = 0.0
        self.gate: Callable[[], Awaitable[object]] = lambda: asyncio.sleep(0)
        self.snapshots = Snapshots(self.versions.get, monotonic=lambda: self.now)

    def deliver(self) -> None:
        """Hand out the next event; nothing but this happens in the same step."""
        assert self.delivered < self.stored
        self.delivered += 1
        self.versions[ROOM] = (self.versions[ROOM] or 0) + 1

    async def load(self, offset: str) -> State:
        self.reads += 1
        await self.gate()
        state = State(self.stored, offset)
        await self.gate()
        return state

    async def join(self, room: str = ROOM) -> State:
        """Enter, and take a snapshot: it must hold all that was handed out before."""
        place = self.delivered
        state = msgspec.json.decode(await self.snapshots.get(room, f"e-{place}", self.load), type=State)
        assert state.offset == f"e-{place}"
        assert state.changes >= place, "an event is neither in the snapshot nor delivered"
        return state


@pytest.fixture
def worker() -> Worker:
    return Worker()


async def test_a_crowd_reads_once(worker: Worker) -> None:
    await asyncio.gather(*(worker.join() for _ in range(100)))
    await worker.join()
    assert worker.reads == 1


async def test_an_event_or_a_loss_ends_a_kept_snapshot(worker: Worker) -> None:
    await worker.join()
    worker.stored += 1
    worker.deliver()
    assert (await worker.join()).changes == 1
    worker.versions[ROOM] = 100  # the room is lost, or another epoch begins
    await worker.join()
    assert worker.reads == 3


async def test_a_reading_that_is_overtaken_serves_those_who_came_before_and_is_not_kept(worker: Worker) -> None:
    """Whoever comes after the event must not be given it, though it is still under way."""
    gates: list[asyncio.Event] = []

    async def gate() -> None:
        gates.append(asyncio.Event())
        await gates[-1].wait()

    worker.gate = gate
    early = asyncio.create_task(worker.join())
    await eventually(lambda: len(gates) == 1)
    gates[0].set()
    await eventually(lambda: len(gates) == 2)  # the state is read, and on its way
    worker.stored += 1
    worker.deliver()
    late = asyncio.create_task(worker.join())
    await asyncio.sleep(0)
    worker.gate = lambda: asyncio.sleep(0)
    gates[1].set()
    assert (await late).changes == 1
    assert (await early).changes == 1, "it is given the newer one, since that is there by then"
    assert worker.reads == 2


async def test_in_a_storm_of_events_a_joiner_gets_its_snapshot_all_the_same(worker: Worker) -> None:
    async def storm() -> None:
        worker.stored += 1
        worker.deliver()

    worker.gate = storm
    await worker.join()
    assert worker.reads <= _ATTEMPTS + 1


async def test_what_no_event_announces_is_seen_after_a_while(worker: Worker) -> None:
    await worker.join()
    worker.stored += 1
    assert (await worker.join()).changes == 0
    worker.now += MAX_AGE
    assert (await worker.join()).changes == 1


async def test_a_room_that_is_not_heard_is_read_each_time(worker: Worker) -> None:
    worker.versions[ROOM] = None
    for changes in (0, 1):
        assert (await worker.join()).changes == changes
        worker.stored += 1
    assert (worker.reads, len(worker.snapshots)) == (2, 0)


async def test_a_failed_reading_fails_for_all_who_wait_and_is_not_kept(worker: Worker) -> None:
    async def fail() -> None:
        await asyncio.sleep(0)
        raise NotFound("gone")

    worker.gate = fail
    failed = await asyncio.gather(*(worker.join() for _ in range(5)), return_exceptions=True)
    assert [type(error) for error in failed] == [NotFound] * 5
    assert worker.reads == 1
    worker.gate = lambda: asyncio.sleep(0)
    await worker.join()


async def test_who_gives_up_leaves_the_others_their_reading(worker: Worker) -> None:
    gate = asyncio.Event()
    worker.gate = gate.wait
    impatient, patient = asyncio.create_task(worker.join()), asyncio.create_task(worker.join())
    await eventually(lambda: worker.reads == 1)
    impatient.cancel()
    await asyncio.wait({impatient})
    gate.set()
    assert (await patient).changes == 0
    assert worker.reads == 1


async def test_what_is_kept_is_bounded_and_forgotten(worker: Worker) -> None:
    for n in range(_MAX_ROOMS + 50):
        worker.versions[f"match:{n}"] = n
        await worker.join(f"match:{n}")
    assert len(worker.snapshots) == _MAX_ROOMS
    worker.now += 2 * MAX_AGE
    await worker.join()
    assert len(worker.snapshots) == 1


async def test_nothing_falls_between_snapshot_and_events_whatever_comes_when(worker: Worker) -> None:
    """Writers, deliveries and joiners in any order; `Worker.join` looks at what each joiner got."""
    joined = 0
    for seed in range(30):
        chance = random.Random(seed)  # noqa: S311 - a seed, so that a failure comes again

        async def pause(chance: random.Random = chance) -> None:
            for _ in range(chance.randrange(4)):
                await asyncio.sleep(0)

        worker.gate = pause
        joiners = []
        for _ in range(200):
            act = chance.choice(["store", "deliver", "join", "join", "age", "pause", "pause"])
            if act == "store":
                worker.stored += 1
            elif act == "deliver" and worker.delivered < worker.stored:
                worker.deliver()
            elif act == "join":
                joiners.append(asyncio.create_task(worker.join()))
            elif act == "age":
                worker.now += MAX_AGE / 4
            else:
                await asyncio.sleep(0)
        await asyncio.gather(*joiners)
        joined += len(joiners)
    assert worker.reads < joined, "some were shared"


async def test_a_rooms_subject_is_looked_up_once_for_those_who_come_together(worker: Worker) -> None:
    checks = 0
    there = False

    async def check() -> None:
        nonlocal checks
        checks += 1
        found = there
        await asyncio.sleep(0)
        if not found:
            raise NotFound("There is none.")

    await worker.snapshots.admit(ROOM, check)
    assert checks == 0, "somebody is in the room"
    worker.versions[ROOM] = None
    early = asyncio.create_task(worker.snapshots.admit(ROOM, check))
    await eventually(lambda: checks == 1)
    there = True
    await asyncio.gather(*(worker.snapshots.admit(ROOM, check) for _ in range(10)))
    with pytest.raises(NotFound):
        await early
    checks = 0
    await asyncio.gather(*(worker.snapshots.admit(ROOM, check) for _ in range(10)))
    assert checks == 1
