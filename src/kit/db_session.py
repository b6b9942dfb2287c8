"""Sessions of SQLAlchemy that no cancellation cuts off in the middle of what they do.

A cancellation inside the driver leaves a connection in an unknown state: SQLite's thread goes on with the statement
and keeps the write lock, PostgreSQL's protocol waits for an answer that nobody reads. So every call goes to its end,
which the drivers' deadlines bound, and the caller's cancellation is raised after it.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncSession, AsyncSessionTransaction

from kit.completion import to_completion


def _completed(method: Callable[..., Coroutine[Any, Any, Any]]) -> Any:  # noqa: ANN401 - takes the place of any method
    @functools.wraps(method)
    async def call(self: Any, *args: Any, **kwargs: Any) -> Any:  # noqa: ANN401
        return await to_completion(method(self, *args, **kwargs))

    return call


class Savepoint(AsyncSessionTransaction):
    """A part of a transaction that can be undone by itself."""

    start = _completed(AsyncSessionTransaction.start)
    commit = _completed(AsyncSessionTransaction.commit)
    rollback = _completed(AsyncSessionTransaction.rollback)
    __aexit__ = _completed(AsyncSessionTransaction.__aexit__)


class DatabaseSession(AsyncSession):
    """One unit of work. `finish` or `undo` ends it; both return only when its connection has been given back."""

    async def finish(self, *, commit: bool) -> None:
        """End it as it should end; raises what the commit raises, and then nothing of it is stored."""
        await to_completion(self._finish(commit=commit))

    async def undo(self) -> None:
        """End it after an error, which stays the one that is told."""
        await to_completion(self._undo())

    async def _finish(self, *, commit: bool) -> None:
        try:
            if commit:
                await super().commit()
        except BaseException:
            await self._undo()
            raise
        await super().close()

    async def _undo(self) -> None:
        try:
            await super().rollback()
            await super().close()
        except (SQLAlchemyError, OSError):
            await super().invalidate()  # whatever state its connection is in, nobody else gets it

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
