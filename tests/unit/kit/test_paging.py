"""Lists read page by page."""

from __future__ import annotations

from dataclasses import dataclass

from hypothesis import given
from hypothesis import strategies as st

from kit.paging import read_slice


@dataclass(frozen=True)
class Row:
    id: str


@given(st.integers(0, 30), st.integers(1, 12))
async def test_pages_have_no_gap_no_repeat_and_an_end(rows: int, limit: int) -> None:
    held = [Row(f"{n:03}") for n in reversed(range(rows))]

    async def before(cursor: str | None, count: int) -> list[Row]:
        return [row for row in held if cursor is None or row.id < cursor][:count]

    found: list[Row] = []
    cursor: str | None = None
    while True:
        page = await read_slice(lambda count: before(cursor, count), limit)  # noqa: B023 - called at once
        assert len(page.rows) <= limit
        assert page.rows or not held, "no page is empty but that of an empty list"
        found += page.rows
        if page.next is None:
            break
        cursor = page.next
    assert found == held
