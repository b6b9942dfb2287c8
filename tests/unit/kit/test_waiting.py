"""All steps of a request share one deadline: what a slow step takes, those after it lack. No test measures a time."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from redis.exceptions import TimeoutError as RedisTimeoutError
from sqlalchemy import event, text

from kit.clock import SystemClock
from kit.completion import to_completion
from kit.db import Database
from kit.errors import Unavailable
from kit.ids import UlidGenerator
from kit.redis_waiting import in_time, may_wait
from kit.timed_semaphore import TimedSemaphore
from kit.waiting import DATABASE, REDIS, Waiting, current, one_request, with_others

PATIENCE = 4.0
DURATIONS = st.lists(st.sampled_from([0.0, 0.1, 0.5, 1.0, 1.9, 3.9, 4.0, 30.0]), min_size=1, max_size=12)


class Slowly:
    """A clock that only what is waited for moves."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now

    async def take(self, seconds: float) -> float:
        self.now += seconds
        return seconds


def slow_database(url: str, clock: Slowly) -> Database:
    """A database in which `SELECT slow(seconds)` takes its time on that clock."""
    database = Database(url, clock=SystemClock(), ids=UlidGenerator(SystemClock()), timeout=PATIENCE, monotonic=clock)

    def slow(seconds: float) -> float:
        clock.now += seconds
        return seconds

    @event.listens_for(database._engine.sync_engine, "connect")
    def connect(connection: object, _record: object) -> None:
        connection.create_function("slow", 1, slow)  # type: ignore[attr-defined]

    return database


async def steps_done(database: Database, durations: list[float], *, together: bool) -> int:
    """How many steps the database did, in one transaction or each in one of its own, until it was unavailable."""
    done = 0

    async def all_in_one() -> None:
        nonlocal done
        async with database.transaction() as tx:
            for seconds in durations:
                await tx.session.execute(text("SELECT slow(:seconds)"), {"seconds": seconds})
                done += 1

    async def one_each() -> None:
        nonlocal done
        for seconds in durations:
            async with database.transaction() as tx:
                await tx.session.execute(text("SELECT slow(:seconds)"), {"seconds": seconds})
            done += 1

    try:
        await (all_in_one() if together else one_each())
    except Unavailable:
        pass
    else:
        assert done == len(durations)
    return done


def begun_in_time(durations: list[float]) -> tuple[int, bool]:
    """How many steps may begin, and whether there is time left after the last of them."""
    waited = 0.0
    for number, seconds in enumerate(durations):
        if waited >= PATIENCE:
            return number, False
        waited += seconds
    return len(durations), waited < PATIENCE


@given(durations=DURATIONS)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_steps_of_a_unit_of_work_have_one_deadline(tmp_path: Path, durations: list[float]) -> None:
    clock = Slowly()
    database = slow_database(f"sqlite:///{tmp_path / 'x.db'}", clock)
    try:
        done = await steps_done(database, durations, together=True)
    finally:
        await database.close()
    begun, in_time_ = begun_in_time(durations)
    assert done == begun
    assert clock.now - 1000.0 == pytest.approx(sum(durations[:begun]))  # nothing else was waited for
    assert (database.outage.reason is None) is (begun == len(durations) and in_time_)


@given(durations=DURATIONS)
@settings(deadline=None, max_examples=40, suppress_health_check=[HealthCheck.function_scoped_fixture])
async def test_the_units_of_work_of_a_request_have_one_deadline(tmp_path: Path, durations: list[float]) -> None:
    clock = Slowly()
    database = slow_database(f"sqlite:///{tmp_path / 'x.db'}", clock)
    try:
        with one_request(Waiting(clock)):
            await steps_done(database, durations, together=False)
            begun, _ = begun_in_time(durations)
            assert clock.now - 1000.0 == pytest.approx(sum(durations[:begun]))
        # The next request is another one, and so is each job that is no part of any.
        with one_request(Waiting(clock)):
            assert await steps_done(database, [1.0], together=False) == 1
        assert await steps_done(database, [1.0], together=False) == 1
    finally:
        await database.close()


async def test_a_lock_of_another_program_is_waited_for_with_what_is_left(tmp_path: Path) -> None:
    clock = Slowly()
    database = slow_database(f"sqlite:///{tmp_path / 'x.db'}", clock)

    async def busy_ms() -> int:
        async with database.transaction() as tx:
            return int(await tx.session.scalar(text("PRAGMA busy_timeout")) or 0)

    with one_request(Waiting(clock)):
        assert await busy_ms() == 4000
        await steps_done(database, [1.0], together=False)
        assert await busy_ms() == 3000
        await steps_done(database, [2.9], together=False)
        assert 0 < await busy_ms() <= 500
    assert await busy_ms() == 4000
    await database.close()


async def test_a_statement_of_sqlite_is_ended_when_the_time_is_over(tmp_path: Path) -> None:
    database = Database(
        f"sqlite:///{tmp_path / 'x.db'}",
        clock=SystemClock(),
        ids=UlidGenerator(SystemClock()),
        timeout=0.3,
        pool_size=1,
    )
    endless = text("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n")
    with pytest.raises(Unavailable):
        async with database.transaction() as tx:
            await tx.session.execute(endless)
    assert database.outage.reason == "a query was interrupted"
    async with database.transaction() as tx:  # the same connection goes on
        assert await tx.session.scalar(text("SELECT 1")) == 1
    await database.close()


@given(durations=DURATIONS)
async def test_the_commands_of_a_request_to_redis_have_one_deadline(durations: list[float]) -> None:
    clock = Slowly()
    patience, granted, done = 2.0, [], 0

    async def command(seconds: float) -> None:
        granted.append(may_wait(patience))
        await clock.take(seconds)

    with one_request(Waiting(clock)):
        for seconds in durations:
            try:
                await in_time(command(seconds), patience)
            except RedisTimeoutError:
                continue  # as whoever can do without Redis does
            done += 1
    waited = 0.0
    for left, seconds in zip(granted, durations, strict=False):
        assert left == pytest.approx(patience - waited)
        waited += seconds
    assert len(granted) == done
    assert sum(durations[: done - 1]) < patience
    await in_time(command(30.0), patience)  # what belongs to no request has the deadlines of its own connection
    assert granted[-1] is None


def test_redis_has_a_bit_of_its_own_and_no_more_than_all_have_together() -> None:
    clock = Slowly()
    with one_request(Waiting(clock)) as waiting:
        with waiting.at(DATABASE):
            clock.now += PATIENCE
        assert waiting.left(PATIENCE) == 0
        assert may_wait(PATIENCE / 2) == 1.0
        with waiting.at(REDIS):
            clock.now += 1.0
        assert may_wait(PATIENCE / 2) == 0


async def test_what_waits_side_by_side_counts_once_and_what_is_no_waiting_not_at_all() -> None:
    clock = Slowly()
    waiting = Waiting(clock)
    with waiting.at(DATABASE), waiting.at(REDIS), waiting.at(DATABASE):
        clock.now += 1.0
    clock.now += 100.0
    assert (waiting.left(4.0), waiting.left(4.0, DATABASE), waiting.left(4.0, REDIS)) == (3.0, 3.0, 3.0)


async def test_a_task_that_outlives_its_request_waits_on_its_own_account() -> None:
    answered = asyncio.Event()

    async def work() -> tuple[bool, bool]:
        before = current() is not None
        await answered.wait()
        return before, current() is None

    with one_request():
        task = asyncio.create_task(work())
        await asyncio.sleep(0)
    answered.set()
    assert await task == (True, True)


async def test_what_others_do_for_a_request_is_waited_for_as_long_as_it_may_wait() -> None:
    never: asyncio.Future[None] = asyncio.get_running_loop().create_future()
    with one_request(), pytest.raises(Unavailable):
        await with_others(never, 0.0)
    semaphore = TimedSemaphore(1, 100.0, 100.0)
    await semaphore.acquire()
    with pytest.raises(TimeoutError):
        await semaphore.acquire(0.0)
    semaphore.release()
    await semaphore.acquire(0.0)  # one that is free needs no waiting


async def test_work_that_is_late_is_cancelled_and_its_end_is_waited_for() -> None:
    ended = False

    async def work() -> None:
        nonlocal ended
        try:
            await asyncio.get_running_loop().create_future()
        finally:
            await asyncio.sleep(0)
            ended = True

    with pytest.raises(TimeoutError):
        await to_completion(work(), seconds=0.01)
    assert ended
    assert await to_completion(asyncio.sleep(0, "in time"), seconds=30) == "in time"
