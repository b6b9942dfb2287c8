"""Deadlines against a moved clock."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from realtime.timers import Timed, TimerWheel


class Item:
    def __init__(self, clock: list[float]) -> None:
        self.slot: set[Timed] | None = None
        self.expired_at: list[float] = []
        self._clock = clock

    def expired(self) -> None:
        self.expired_at.append(self._clock[0])


@given(st.lists(st.tuples(st.floats(0, 30), st.floats(0, 30)), max_size=30), st.floats(0.05, 5))
def test_deadlines_come_once_and_in_time(items: list[tuple[float, float]], step: float) -> None:
    clock = [100.0]
    wheel = TimerWheel(tick=0.1, span=30, clock=lambda: clock[0])
    made = []
    for start, delay in sorted(items):
        while clock[0] + step < 100 + start:
            clock[0] += step
            wheel.advance()
        item = Item(clock)
        wheel.schedule(item, 1.0)
        wheel.schedule(item, delay)  # replaces the first
        made.append((item, clock[0] + delay))
    cancelled = Item(clock)
    wheel.schedule(cancelled, 5)
    wheel.cancel(cancelled)
    end = clock[0] + 35
    while clock[0] < end:
        clock[0] += step
        wheel.advance()
    for item, deadline in made:
        assert len(item.expired_at) == 1
        assert deadline - 0.11 <= item.expired_at[0] <= deadline + step + 0.21
    assert cancelled.expired_at == []
