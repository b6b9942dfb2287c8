"""A worker starts on a database that is slow for a moment, and says so where it does not come."""

from __future__ import annotations

import pytest
from structlog.testing import capture_logs

from kit.errors import Unavailable
from touchline.app import first_write


class Slow:
    """A database that refuses so many writes."""

    def __init__(self, refusals: int) -> None:
        self.refusals = refusals
        self.written = 0

    async def write(self) -> None:
        if self.refusals:
            self.refusals -= 1
            raise Unavailable("not yet")
        self.written += 1


async def test_one_that_is_slow_is_tried_again() -> None:
    slow = Slow(3)
    with capture_logs() as lines:
        await first_write(slow.write, pause=0)
    assert (slow.written, slow.refusals) == (1, 0)
    assert [line["event"] for line in lines] == ["the database does not answer yet"] * 3


async def test_one_that_never_comes_ends_the_start() -> None:
    with pytest.raises(Unavailable):
        await first_write(Slow(10**9).write, seconds=0.05, pause=0)


async def test_a_fault_of_ours_is_not_tried_again() -> None:
    async def broken() -> None:
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await first_write(broken, pause=0)
