"""Lists that are read page by page, newest first: how a page is read, and where the next one begins.

A page's `next` is the id of its last entry, and goes into `before` of the request for the page that follows; so entries
that come meanwhile shift nothing. Services read with `read_slice`, repositories ask with `newest_first`. Parameters of
REST are in `kit.page_parameters`.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from sqlalchemy import Select
from sqlalchemy.orm import InstrumentedAttribute


class _HasId(Protocol):
    @property
    def id(self) -> Any: ...  # noqa: ANN401 - a string, which the columns of mapped classes are to readers only


R = TypeVar("R", bound=_HasId)
Q = TypeVar("Q", bound=Select[Any])


class Slice(NamedTuple, Generic[R]):
    """The rows of one page, newest first, and the cursor of the next one (None at the end)."""

    rows: Sequence[R]
    next: str | None


async def read_slice(read: Callable[[int], Awaitable[Sequence[R]]], limit: int) -> Slice[R]:
    """Read one page, and look whether there is another one behind it.

    Args:
        read: Reads so many rows, newest first.
        limit: Rows of one page, at the most.

    Returns:
        The rows and the cursor.
    """
    rows = await read(limit + 1)
    kept = rows[:limit]
    return Slice(kept, str(kept[-1].id) if len(rows) > limit else None)


def newest_first(query: Q, column: InstrumentedAttribute[str], *, before: str | None, limit: int) -> Q:
    """A query of the rows before a cursor.

    Args:
        query: What is selected, without an order.
        column: The column of ids, which are ordered by time (`kit.ids`).
        before: The `next` of the page before; None for the first.
        limit: Rows, at the most.

    Returns:
        The query with its order and its bounds.
    """
    if before is not None:
        query = query.where(column < before)
    return query.order_by(column.desc()).limit(limit)
