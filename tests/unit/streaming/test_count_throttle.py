"""How often numbers go out: the more would hear them, the less often."""

from __future__ import annotations

import pytest

from streaming.count_throttle import CountThrottle, pause_of_list_ms, pause_of_room


@pytest.mark.parametrize(
    ("listeners", "seconds"), [(0, 0.0), (1_000, 0.0), (1_500, 1.5), (10_000, 10.0), (100_000, 15.0)]
)
def test_a_full_room_hears_its_numbers_less_often(listeners: int, seconds: float) -> None:
    assert pause_of_room(listeners) == seconds
    throttle = CountThrottle()
    assert throttle.is_due("one", listeners, 100.0)
    throttle.published("one", 100.0)
    assert throttle.is_due("another", listeners, 100.0)
    assert throttle.is_due("one", listeners, 100.0 + seconds)
    assert seconds == 0 or not throttle.is_due("one", listeners, 99.9 + seconds)


def test_what_no_pause_reaches_back_to_is_forgotten() -> None:
    throttle = CountThrottle()
    throttle.published("one", 100.0)
    throttle.published("another", 110.0)
    throttle.forget_old(115.0)
    assert list(throttle._published_at) == ["another"]
    assert not throttle.is_due("another", 100_000, 115.0)


@pytest.mark.parametrize(("listeners", "ms"), [(0, 5_000), (10_000, 5_000), (20_000, 10_000), (1_000_000, 30_000)])
def test_the_list_of_everybody_rests(listeners: int, ms: float) -> None:
    assert pause_of_list_ms(listeners) == ms
