from __future__ import annotations

import itertools

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from audio.mpeg import MAX_FRAME_BYTES, MAX_TAG_BYTES, FrameParser, parse_header
from tests.support.sounds import mp3


def parse(*pieces: bytes) -> list[bytes]:
    parser = FrameParser()
    return [frame.data for piece in pieces for frame in parser.feed(piece)]


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[a:b] for a, b in itertools.pairwise(edges)]


@pytest.mark.parametrize(
    ("rate", "kbps", "layout", "frame_ms"),
    [(44_100, 128, "stereo", 26.122), (48_000, 320, "stereo", 24), (32_000, 320, "stereo", 36),
     (22_050, 64, "mono", 26.122), (16_000, 32, "mono", 36), (8_000, 16, "mono", 72)],
)  # fmt: skip
def test_every_kind_of_stream_is_read_whole(rate: int, kbps: int, layout: str, frame_ms: float) -> None:
    sound = mp3(rate=rate, kbps=kbps, layout=layout)
    frames = FrameParser().feed(sound)
    assert b"".join(frame.data for frame in frames) == sound
    assert {round(frame.duration_ms, 1) for frame in frames} == {round(frame_ms, 1)}
    assert all(frame.header.sample_rate == rate for frame in frames)
    assert max(len(frame.data) for frame in frames) <= MAX_FRAME_BYTES


@given(st.lists(st.integers(0, 10**6), max_size=30), st.binary(max_size=300), st.binary(max_size=300))
@settings(max_examples=150, deadline=None)
def test_any_split_gives_the_same_frames(places: list[int], before: bytes, between: bytes) -> None:
    data = before + mp3(12) + between + mp3(12, rate=48_000)
    assert parse(*cut(data, places)) == parse(data)


@given(st.binary(max_size=3000), st.lists(st.integers(0, 3000), max_size=10))
@settings(max_examples=200, deadline=None)
def test_rubbish_never_raises_and_is_not_kept(rubbish: bytes, places: list[int]) -> None:
    parser = FrameParser()
    for piece in cut(rubbish, places):
        parser.feed(piece)
    assert len(parser._buffer) < MAX_FRAME_BYTES + 4


@given(st.binary(max_size=400))
@settings(max_examples=150, deadline=None)
def test_sound_is_found_again_after_rubbish(rubbish: bytes) -> None:
    sound = mp3(30)
    tail = [frame.data for frame in FrameParser().feed(sound)][-10:]
    # What looks like a huge tag may be skipped; that is bounded and tested by itself.
    assert parse(sound, rubbish.replace(b"ID3", b"id3"), sound)[-10:] == tail


def test_a_tag_with_a_picture_is_skipped() -> None:
    tag = b"ID3\x04\x00\x00" + bytes((0, 2, 0, 0)) + b"\xff\xfb\x90\x64" * (2 << 12)
    assert len(tag) == 10 + (2 << 14)
    sound = mp3(12)
    assert b"".join(parse(tag + sound)) == sound
    assert b"".join(parse(sound + tag + sound)) == sound + sound


def test_what_claims_to_be_an_enormous_tag_does_not_silence_the_stream() -> None:
    length = MAX_TAG_BYTES + 1
    size = bytes((length >> 21 & 127, length >> 14 & 127, length >> 7 & 127, length & 127))
    assert b"".join(parse(b"ID3\x04\x00\x00" + size + mp3(12))) == mp3(12)


def test_the_index_of_a_file_is_no_sound() -> None:
    first = bytearray(FrameParser().feed(mp3(4))[0].data)
    first[36:40] = b"Info"
    assert b"".join(parse(bytes(first) + mp3(12))) == mp3(12)


@pytest.mark.parametrize(
    "header", ["fffb0064", "fffbf064", "fffb9c64", "ffe99064", "fffd9064", "fff99064", "fffb9066", "fefb9064"]
)
def test_headers_that_cannot_be(header: str) -> None:
    assert parse_header(bytes.fromhex("fffb9064")) is not None
    assert parse_header(bytes.fromhex(header)) is None
