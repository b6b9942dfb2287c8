"""A unit of work that is cancelled at any moment, also twice, leaves no lock, no connection and no half behind."""

from __future__ import annotations

import asyncio
import functools
import inspect
import itertools
import sqlite3
from collections.abc import Callable, Coroutine, Generator
from typing import Any

import pytest
import uvloop
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import select, text
from sqlalchemy.engine import make_url
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

from kit.clock import SystemClock
from kit.completion import to_completion
from kit.db import Database
from kit.db_session import DatabaseSession, Savepoint
from kit.ids import UlidGenerator
from streaming.models import ChannelRow
from tests.harness import PATIENCE

POOL = 3
Plan = list[tuple[str, list[tuple[int, list[int]]]]]
"""What each of several tasks does, and where it is cancelled: the nth wait, and turns of the loop until it is again."""

LOOPS: list[Callable[[], asyncio.AbstractEventLoop]] = [asyncio.new_event_loop, uvloop.new_event_loop]

cancels = st.tuples(st.integers(0, 40), st.lists(st.integers(0, 30), max_size=2))
plans = st.lists(
    st.tuples(st.sampled_from(["write", "savepoint", "read", "fail"]), st.lists(cancels, max_size=2)),
    min_size=1,
    max_size=8,
)


def row(name: str) -> ChannelRow:
    return ChannelRow(slug=name, id=name, name=name, owner_id="owner", created_ms=1, description="")


async def work(database: Database, kind: str, name: str, acknowledged: set[str]) -> None:
    if kind == "read":
        async with database.read() as tx:
            await tx.session.execute(select(ChannelRow.slug))
            await tx.session.execute(text("SELECT 1"))
        return
    async with database.transaction() as tx:
        tx.session.add(row(f"{name}a"))
        await tx.session.flush()
        if kind == "savepoint":
            async with tx.session.begin_nested():
                tx.session.add(row(f"{name}b"))
        else:
            tx.session.add(row(f"{name}b"))
        if kind == "fail":
            raise ZeroDivisionError
    acknowledged.add(name)


class Cancelled:
    """Awaits a coroutine, and is cancelled where it waits for the nth time; again so many turns of the loop later."""

    def __init__(self, coroutine: Coroutine[Any, Any, None], cancels: list[tuple[int, list[int]]]) -> None:
        self._coroutine = coroutine
        self._cancels = dict(cancels)

    def __await__(self) -> Generator[Any, Any, None]:
        task, loop = asyncio.current_task(), asyncio.get_running_loop()
        assert task is not None
        inner = self._coroutine.__await__()
        step: Callable[[], Any] = functools.partial(next, inner)
        for waits in itertools.count():
            try:
                future = step()
            except StopIteration:
                return
            if waits in self._cancels:
                loop.call_soon(self._cancel, loop, task, list(self._cancels[waits]))
            try:
                yield future
                step = functools.partial(next, inner)
            except BaseException as error:  # noqa: BLE001 - passed on
                step = functools.partial(inner.throw, error)

    def _cancel(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[None], again: list[int]) -> None:
        task.cancel()
        if again:
            self._later(loop, task, again[0], again[1:])

    def _later(self, loop: asyncio.AbstractEventLoop, task: asyncio.Task[None], turns: int, again: list[int]) -> None:
        if turns:
            loop.call_soon(self._later, loop, task, turns - 1, again)
        else:
            self._cancel(loop, task, again)


async def with_cancels(coroutine: Coroutine[Any, Any, None], cancels: list[tuple[int, list[int]]]) -> None:
    await Cancelled(coroutine, cancels)


def assert_nobody_holds(url: str) -> None:
    """A stranger can write at once: SQLite's lock is free."""
    with sqlite3.connect(make_url(url).database or "", timeout=0) as stranger:
        stranger.execute("BEGIN IMMEDIATE")
        stranger.rollback()
    stranger.close()


async def tried(url: str, plan: Plan, run: int) -> None:
    clock = SystemClock()
    database = Database(url, clock=clock, ids=UlidGenerator(clock), pool_size=POOL)
    acknowledged: set[str] = set()
    names = [f"r{run}n{number}" for number in range(len(plan))]
    tasks = [
        asyncio.create_task(with_cancels(work(database, kind, name, acknowledged), points))
        for name, (kind, points) in zip(names, plan, strict=True)
    ]
    await asyncio.wait(tasks)
    errors = [task.exception() for task in tasks if not task.cancelled()]
    assert {type(error) for error in errors if error is not None} <= {ZeroDivisionError}
    if database.dialect == "sqlite":
        assert_nobody_holds(url)
    async with asyncio.timeout(PATIENCE):
        async with database.transaction() as tx:
            tx.session.add(row(f"r{run}after"))
        together = asyncio.Barrier(POOL)  # the pool is whole: all its connections can be used at once

        async def one_of_all() -> set[str]:
            async with database.read() as tx:
                found = set(await tx.session.scalars(select(ChannelRow.slug)))
                await together.wait()
                return found

        stored, *_ = await asyncio.gather(*(one_of_all() for _ in range(POOL)))
    for name, (kind, points) in zip(names, plan, strict=True):
        halves = {half for half in ("a", "b") if name + half in stored}
        assert halves in (set(), {"a", "b"}), "half of it is stored"
        if name in acknowledged:
            assert halves, "it was acknowledged, and is not stored"
        if kind in {"write", "savepoint"} and not points:
            assert name in acknowledged
        if kind in {"read", "fail"}:
            assert not halves
    assert f"r{run}after" in stored
    await database.close()


@pytest.mark.parametrize("loop", LOOPS)
def test_a_cancelled_unit_of_work_leaves_nothing_behind(
    database_url: str, loop: Callable[[], asyncio.AbstractEventLoop]
) -> None:
    runs = iter(range(1_000_000))

    @given(plan=plans)
    def check(plan: Plan) -> None:
        with asyncio.Runner(loop_factory=loop) as runner:
            runner.run(tried(database_url, plan, next(runs)))

    check()


def test_all_that_a_session_awaits_goes_to_its_end() -> None:
    """What a new SQLAlchemy adds must be looked at before it is used."""
    for ours, theirs in ((DatabaseSession, AsyncSession), (Savepoint, AsyncSessionTransaction)):
        for name, _ in inspect.getmembers(theirs, inspect.iscoroutinefunction):
            if name not in {"close_all", "__aenter__"} and (not name.startswith("__") or name == "__aexit__"):
                assert name in vars(ours), f"{theirs.__name__}.{name} can be cut off by a cancellation"


async def test_what_is_begun_ends_however_often_its_waiter_is_cancelled() -> None:
    gate, ended = asyncio.Event(), asyncio.Event()

    async def unit() -> str:
        await gate.wait()
        ended.set()
        return "done"

    waiter = asyncio.create_task(to_completion(unit()))
    for _ in range(3):
        await asyncio.sleep(0)
        waiter.cancel()
    await asyncio.sleep(0)
    assert not waiter.done()
    gate.set()
    with pytest.raises(asyncio.CancelledError):
        await waiter
    assert ended.is_set()


@pytest.mark.parametrize("cancelled", [False, True])
async def test_an_error_of_the_unit_reaches_its_waiter_unless_it_was_cancelled(cancelled: bool) -> None:
    gate = asyncio.Event()

    async def unit() -> None:
        await gate.wait()
        raise ZeroDivisionError

    waiter: asyncio.Task[None] = asyncio.create_task(to_completion(unit()))
    await asyncio.sleep(0)
    if cancelled:
        waiter.cancel()
    gate.set()
    with pytest.raises(asyncio.CancelledError if cancelled else ZeroDivisionError):
        await waiter
