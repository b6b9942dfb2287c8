"""Ids sort as they were made."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from kit.ids import UlidGenerator
from tests.support.doubles import ManualClock

ALPHABET = set("0123456789abcdefghjkmnpqrstvwxyz")


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=200))
def test_ids_rise_whatever_the_clock_does(steps: list[int]) -> None:
    clock = ManualClock()
    ids = UlidGenerator(clock)
    made = []
    for step in steps:
        clock.ms += step
        made.append(ids.new())
    assert made == sorted(set(made))


def test_the_most_random_start_leaves_room_to_count_within_a_millisecond() -> None:
    ids = UlidGenerator(ManualClock(), random_bits=lambda bits: 2**bits - 1)
    made = [ids.new() for _ in range(5_000)]
    assert made == sorted(set(made))
    assert len({one[:10] for one in made}) == 1


@given(st.integers(0, 2**48 - 1))
def test_an_id_begins_with_its_time_and_has_the_alphabet_of_the_specification(ms: int) -> None:
    made = UlidGenerator(ManualClock(ms)).new()
    assert len(made) == 26
    assert set(made) <= ALPHABET
    value = 0
    for letter in made[:10]:
        value = value * 32 + "0123456789abcdefghjkmnpqrstvwxyz".index(letter)
    assert value == ms


def test_the_specification_s_own_example_of_a_time() -> None:
    assert UlidGenerator(ManualClock(1469918176385)).new()[:10] == "01aryz6s41"  # github.com/ulid/spec
