"""What bytes are that are no MP3."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.sniff import foreign_format
from tests.support.sounds import mp3

SOUNDS = [mp3(60), mp3(60, rate=22_050, kbps=64), mp3(60, rate=48_000, kbps=320), mp3(60, layout="mono")]


@given(st.sampled_from(SOUNDS), st.integers(0, 10_000), st.integers(0, 10_000))
def test_no_part_of_mp3_passes_for_something_else(sound: bytes, start: int, size: int) -> None:
    assert foreign_format(sound[start : start + size]) is None


@given(st.binary(max_size=3000))
def test_any_bytes_are_looked_at(data: bytes) -> None:
    foreign_format(data)


@pytest.mark.parametrize(
    ("data", "name"),
    [
        (b"<!doctype html><html><body>", "text"),
        (b'{"error": "not found", "status": 404}', "text"),
        (b"OggS\0\2", "Ogg"),
        (b"\0\0\0\x1cftypM4A ", "MP4"),
        (b"fLaC\0\0", "FLAC"),
    ],
)
def test_what_is_told_by_its_beginning(data: bytes, name: str) -> None:
    assert foreign_format(data) == name
