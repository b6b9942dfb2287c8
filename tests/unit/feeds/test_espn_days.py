"""On which days' scoreboards a match is looked for."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from feeds.providers.espn.days import MAX_DAYS, PROBE_MS, Days
from kit.contracts import Instant

DAY_MS = 86_400_000


def at(text: str) -> int:
    return Instant.parse(text).ms


def asked(days: Days, moment: str, has: str | None = None) -> list[str]:
    """The days that are asked at a moment, up to the one that has the match."""
    seen = []
    for text, day in days.candidates(at(moment)):
        seen.append(text)
        if text == has:
            days.found(day)
            break
    return seen


def test_each_day_of_a_match_that_lasts_is_asked_on_that_day() -> None:
    days = Days(Instant.parse("2026-06-04T14:00:00Z"), lasts=True)
    for day in range(4, 9):
        today = f"2026060{day}"
        assert asked(days, f"2026-06-0{day}T14:00:00Z", today) == [today]
        assert asked(days, f"2026-06-0{day}T18:00:00Z", today) == [today]


@pytest.mark.parametrize(
    ("start", "now", "first"),
    [
        ("2026-01-03T23:30:00Z", "2026-01-04T23:40:00Z", "20260104"),  # Sydney: the evening before in the US
        ("2026-01-03T23:30:00Z", "2026-01-04T23:59:59Z", "20260104"),
        ("2026-01-03T23:30:00Z", "2026-01-05T00:00:01Z", "20260105"),  # by UTC it is the next day
        ("2026-02-01T04:00:00Z", "2026-02-02T04:30:00Z", "20260202"),  # India, the US being on the day before
        ("2026-07-02T10:00:00Z", "2026-07-03T03:59:59Z", "20260703"),
        ("2026-07-02T10:00:00Z", "2026-07-01T10:00:00Z", "20260702"),  # not begun
        ("2026-07-02T10:00:00Z", "2027-07-01T10:00:00Z", "20260711"),  # long over
    ],
)
def test_the_day_at_the_edges(start: str, now: str, first: str) -> None:
    assert asked(Days(Instant.parse(start), lasts=True), now)[0] == first


def test_where_the_new_day_has_no_such_match_yet_the_old_one_is_read_and_the_new_one_tried_again() -> None:
    days = Days(Instant.parse("2026-02-01T04:00:00Z"), lasts=True)  # 31 January in the US
    assert asked(days, "2026-02-01T04:30:00Z", "20260131") == ["20260201", "20260131"]
    assert asked(days, "2026-02-01T04:31:00Z", "20260131") == ["20260131"]
    later = Instant(at("2026-02-01T04:30:00Z") + PROBE_MS).rfc3339()
    assert asked(days, later, "20260201") == ["20260201"]
    assert asked(days, "2026-02-01T06:00:00Z", "20260201") == ["20260201"]


def test_a_match_of_one_day_is_asked_for_on_its_day_and_elsewhere_only_where_that_has_it_not() -> None:
    days = Days(Instant.parse("2026-01-10T00:30:00Z"), lasts=False)
    assert asked(days, "2026-01-10T02:00:00Z", "20260109") == ["20260109"]
    assert asked(days, "2026-01-10T06:00:00Z", "20260109") == ["20260109"], "after midnight in the US as well"
    assert asked(days, "2026-01-10T06:01:00Z", "20260110") == ["20260109", "20260110"]
    assert asked(days, "2026-01-10T06:02:00Z", "20260110") == ["20260110"]


@given(start=st.integers(0, 4_000 * DAY_MS), later=st.integers(-2 * DAY_MS, MAX_DAYS * DAY_MS), lasts=st.booleans())
def test_few_days_are_asked_and_today_is_among_them(start: int, later: int, lasts: bool) -> None:
    days = list(Days(Instant(start), lasts=lasts).candidates(start + later))
    assert len(days) == len(set(days)) <= 5
    if later >= 0:
        assert Instant(start + later).rfc3339()[:10].replace("-", "") in {text for text, _ in days}
