"""Sessions of SQLAlchemy that no cancellation cuts off in the middle of what they do.

A cancellation inside the driver leaves a connection in an unknown state: SQLite's thread goes on with the statement
and keeps the write lock, PostgreSQL's protocol waits for an answer that nobody reads. So every call goes to its end,
and the caller's cancellation is raised after it.

Every call has what is left of the time that its request, or unit of work, may wait (`kit.waiting`). Then PostgreSQL's
is cut off, and its connection thrown away; SQLite ends it by itself (`kit.db_engines`).

This is also the one place where the errors of an outage become `Unavailable`; a mistake of ours stays what it is.
"""

from __future__ import annotations

import asyncio
import functools
from collections.abc import Callable, Coroutine
from contextlib import suppress
from typing import Any, TypeVar

from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

from kit.completion import to_completion
from kit.db_errors import ERRORS, READ_ONLY, outage
from kit.errors import Unavailable
from kit.outages import Outage, unavailable
from kit.waiting import DATABASE, Waiting, take_part

T = TypeVar("T")

_SERVER_FIRST = 0.25
"""Seconds after its time in which the server, which knows the same limits, may end a call itself and say why."""

_GOODBYE = 0.5
"""Seconds to give a connection back in order when the time is over; else it is thrown away."""

_TOO_SLOW = "it answers too slowly"


def _completed(method: Callable[..., Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401 - takes the place of any method
    @functools.wraps(method)
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        session: DatabaseSession = self if isinstance(self, DatabaseSession) else self.session
        return await session.complete(method(self, *args, **kwargs))

    return call


class Savepoint(AsyncSessionTransaction):
    """A part of a transaction that can be undone by itself."""

    start = _completed(AsyncSessionTransaction.start)
    commit = _completed(AsyncSessionTransaction.commit)
    rollback = _completed(AsyncSessionTransaction.rollback)
    __aexit__ = _completed(AsyncSessionTransaction.__aexit__)


class DatabaseSession(AsyncSession):
    """One unit of work. `finish` or `undo` ends it; both return only when its connection has been given back."""

    def __init__(
        self,
        *args: Any,  # noqa: ANN401
        outage: Outage,
        writes: bool,
        waiting: Waiting,
        patience: float,
        cuts: bool,
        **kwargs: Any,  # noqa: ANN401
    ) -> None:
        """Begin a unit of work.

        Args:
            args: Of SQLAlchemy.
            outage: Told of what the database does and does not do.
            writes: Whether it ends with a commit.
            waiting: How long the request has waited so far.
            patience: Seconds that it may wait.
            cuts: Whether a call of this driver can be cancelled.
            kwargs: Of SQLAlchemy.
        """
        super().__init__(*args, **kwargs)
        self._outage = outage
        self._writes = writes
        self._waiting = waiting
        self._patience = patience
        self._cuts = cuts
        self._unknown = False  # the state that its connection is in
        self._failed: Unavailable | None = None
        self._completing = False

    async def complete(self, work: Coroutine[Any, Any, T]) -> T:
        """Do something to its end; raises `Unavailable` when the database does not do it now."""
        if self._completing:
            return await work  # a part of what already goes to its end
        left = self._waiting.left(self._patience)
        if not left:
            work.close()
            raise self._refused(_TOO_SLOW)
        return await self._answered(left + _SERVER_FIRST, work)

    async def _answered(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        self._completing = True
        try:
            return await self._within(seconds, work)
        except ERRORS as error:
            reason = outage(error)
            if reason is None or (reason == READ_ONLY and not self._writes):
                raise
            self._unknown = not isinstance(error, DBAPIError)
            raise self._refused(reason) from error
        finally:
            self._completing = False

    def _refused(self, reason: str) -> Unavailable:
        self._outage.failed(reason)
        self._failed = unavailable()
        return self._failed

    async def _within(self, seconds: float, work: Coroutine[Any, Any, T]) -> T:
        with self._waiting.at(DATABASE):
            return await to_completion(self._part_of_it(work), seconds=seconds if self._cuts else None)

    async def _part_of_it(self, work: Coroutine[Any, Any, T]) -> T:
        take_part(self._waiting)
        return await work

    async def finish(self) -> None:
        """End it as it should end; raises what the commit raises.

        A commit that fails because the connection is lost may have come about all the same, as a whole. A part that
        failed by an outage fails the whole, also if nobody minded then.
        """
        if self._failed is None and self._writes and not self._waiting.left(self._patience):
            self._refused(_TOO_SLOW)  # it would not be known whether it is stored
        if self._failed is not None:
            await self.undo()
            raise self._failed
        left = self._waiting.left(self._patience)
        await self._answered(max(left + _SERVER_FIRST, _GOODBYE), self._finish())
        self._outage.answered()

    async def undo(self) -> None:
        """End it after an error, which stays the one that is told."""
        with suppress(TimeoutError):
            await self._within(_GOODBYE, self._undo())

    async def _finish(self) -> None:
        try:
            if self._writes:
                await super().commit()
        except BaseException as error:
            self._unknown = isinstance(error, (*ERRORS, asyncio.CancelledError)) and not isinstance(error, DBAPIError)
            await self._undo()
            raise
        await super().close()

    async def _undo(self) -> None:
        try:
            if self._unknown:
                await super().invalidate()  # nobody else gets this connection
                return
            await super().rollback()
            await super().close()
        except ERRORS:
            await super().invalidate()
        except asyncio.CancelledError:  # it takes too long
            await super().invalidate()
            raise

    def begin_nested(self) -> Savepoint:
        """A savepoint."""
        return Savepoint(self, nested=True)

    aclose = _completed(AsyncSession.aclose)
    close = _completed(AsyncSession.close)
    commit = _completed(AsyncSession.commit)
    connection = _completed(AsyncSession.connection)
    delete = _completed(AsyncSession.delete)
    delete_all = _completed(AsyncSession.delete_all)
    execute = _completed(AsyncSession.execute)
    flush = _completed(AsyncSession.flush)
    get = _completed(AsyncSession.get)
    get_one = _completed(AsyncSession.get_one)
    invalidate = _completed(AsyncSession.invalidate)
    merge = _completed(AsyncSession.merge)
    merge_all = _completed(AsyncSession.merge_all)
    refresh = _completed(AsyncSession.refresh)
    reset = _completed(AsyncSession.reset)
    rollback = _completed(AsyncSession.rollback)
    run_sync = _completed(AsyncSession.run_sync)
    scalar = _completed(AsyncSession.scalar)
    scalars = _completed(AsyncSession.scalars)
    stream = _completed(AsyncSession.stream)
    stream_scalars = _completed(AsyncSession.stream_scalars)
    __aexit__ = _completed(AsyncSession.__aexit__)
