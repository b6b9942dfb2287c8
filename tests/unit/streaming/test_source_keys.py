"""Source passwords."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from streaming.source_keys import SourceKeys


@given(st.text(min_size=1, max_size=30), st.integers(0, 2**31), st.text(max_size=30))
def test_a_source_password_opens_its_channel_and_generation_only(channel: str, generation: int, guess: str) -> None:
    keys = SourceKeys("one secret")
    password = keys.password(channel, generation)
    assert len(password) == 24
    assert password.isascii()
    assert password.isalnum()
    assert keys.matches(channel, generation, password)
    assert not keys.matches(channel, generation + 1, password)
    assert not keys.matches(channel + "x", generation, password)
    assert not SourceKeys("another secret").matches(channel, generation, password)
    assert keys.matches(channel, generation, guess) == (guess == password)
