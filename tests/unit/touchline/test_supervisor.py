"""When a worker is given up, and how often it is replaced: decisions without processes."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from touchline.listening import CannotServe
from touchline.supervisor import Restarts
from touchline.watch import Watch
from touchline.worker import interval_of

LOOK = 0.5


def test_a_silent_worker_is_given_up_after_the_time_that_was_set() -> None:
    watch = Watch(20, 120, 0.0)
    watch.heard(1.0, serves=True)
    looks = [now for step in range(2, 80) if watch.look(now := step * LOOK, LOOK)]
    assert looks[0] == 21.5


def test_until_it_serves_it_has_more_time() -> None:
    watch = Watch(20, 120, 0.0)
    watch.heard(1.0, serves=False)
    assert [now for step in range(1, 245) if watch.look(now := step * LOOK, LOOK)] == [121.5, 122.0]


@given(
    st.lists(
        st.one_of(
            st.just("look"), st.just("beat"), st.floats(1.0, 10_000.0, allow_nan=False).map(lambda s: ("stop", s))
        )
    )
)
def test_a_worker_that_beats_whenever_anything_runs_is_never_given_up(steps: list[str | tuple[str, float]]) -> None:
    """The whole machine may be stopped for hours: neither side runs then."""
    now = 0.0
    watch = Watch(20, 120, now)
    watch.heard(now, serves=True)
    for step in steps:
        if isinstance(step, tuple):
            now += step[1]
        else:
            now += LOOK
            if step == "beat":
                watch.heard(now, serves=True)
        hangs = watch.look(now, LOOK)
        if step == "look":  # only what it was silent while the supervisor looked counts
            continue
        assert not hangs
        watch.heard(now, serves=True)


@given(st.floats(1.0, 3600.0), st.lists(st.floats(0.0, 0.6), max_size=50))
def test_a_worker_that_is_silent_is_given_up_whatever_else_happens(timeout: float, late: list[float]) -> None:
    watch = Watch(timeout, timeout, 0.0)
    now = 0.0
    watch.heard(now, serves=True)
    for delay in [*late, *([0.0] * int(timeout / LOOK + 2))]:
        now += LOOK + min(delay, LOOK)
        if watch.look(now, LOOK):
            break
    else:
        pytest.fail("it was never given up")
    assert timeout < watch.silent(now) <= timeout + 2 * LOOK


@given(st.floats(1.0, 3600.0))
def test_several_signs_of_life_fit_into_the_time(timeout: float) -> None:
    assert interval_of(timeout) <= timeout / 10


def test_it_waits_longer_after_each_death_and_gives_up_in_the_end() -> None:
    restarts = Restarts()
    waits = [restarts.died(float(n)) for n in range(20)]
    assert waits[0] == 0.0
    assert waits == sorted(waits)
    assert waits[-1] == 10.0
    with pytest.raises(CannotServe, match="keep dying"):
        restarts.died(21.0)


def test_deaths_that_are_far_apart_do_not_add_up() -> None:
    restarts = Restarts()
    assert {restarts.died(n * 301.0) for n in range(100)} == {0.0}
