from __future__ import annotations

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from audio.mpeg import FrameParser
from audio.timeline import BLOCK_MS, BURST_MS, DRIFT_MS, Cutter, Timeline
from tests.support.sounds import mp3


@given(st.lists(st.integers(0, 30_000), max_size=8))
def test_blocks_hold_all_frames_in_order(places: list[int]) -> None:
    sound = mp3(100)
    parser, cutter, blocks = FrameParser(), Cutter(), []
    edges = [0, *sorted(place % len(sound) for place in places), len(sound)]
    for start, end in itertools.pairwise(edges):
        cutter.add(parser.feed(sound[start:end]))
        while (cut := cutter.take()) is not None:
            blocks.append(cut)
    assert all(abs(cut.duration_ms - BLOCK_MS) < 20 for cut in blocks)
    cutter.close()
    while (cut := cutter.take()) is not None:
        blocks.append(cut)
    assert b"".join(cut.data for cut in blocks) == sound
    assert cutter.pending_ms == pytest.approx(0, abs=1e-6)


def test_jitter_does_not_bend_the_stamps() -> None:
    timeline = Timeline()
    stamps = [timeline.stamp(250, 0, 1_000 + 250 * n + (n * 137) % 400) for n in range(100)]
    assert [b - a for a, b in itertools.pairwise(stamps)] == [250] * 99
    assert timeline.anchors == 1


def test_a_gap_moves_the_anchor() -> None:
    timeline = Timeline()
    assert timeline.stamp(250, 0, 10_000) == 9_750
    assert timeline.stamp(250, 0, 10_250) == 10_000
    assert timeline.stamp(250, 0, 20_000) == 19_750
    assert timeline.anchors == 2


def test_sound_that_was_held_up_and_comes_at_once_keeps_its_place() -> None:
    timeline = Timeline()
    timeline.stamp(250, 0, 10_000)
    stamps = [timeline.stamp(250, 250 * (7 - n), 12_000) for n in range(8)]
    assert stamps == [10_000 + 250 * n for n in range(8)]
    assert timeline.anchors == 1


@pytest.mark.parametrize("speed", [1.0005, 0.9995])
def test_a_source_whose_clock_is_off_is_followed_and_not_held_back(speed: float) -> None:
    timeline = Timeline()
    for n in range(20_000):  # 83 minutes
        now = round(250 * n / speed)
        assert timeline.ahead_ms(250, 26, now) == 0
        stamp = timeline.stamp(250, 0, now)
        assert abs(stamp + 250 - now) <= DRIFT_MS + 1
    assert 2 <= timeline.anchors <= 8


@pytest.mark.parametrize("waiting", [60_000, 0])
def test_what_is_sent_too_fast_takes_as_long_as_it_lasts(waiting: float) -> None:
    timeline, now = Timeline(), 1_000_000.0
    started, stamps = now, []
    for _ in range(100):
        while wait := timeline.ahead_ms(250, waiting, now):
            now += wait
        stamps.append(timeline.stamp(250, waiting, now))
    assert 25_000 - BURST_MS - DRIFT_MS - 250 <= now - started <= 25_000
    assert [b - a for a, b in itertools.pairwise(stamps)] == [250] * 99
    assert timeline.anchors == 1


def test_a_clock_that_is_set_back_does_not_stop_the_sound() -> None:
    timeline = Timeline()
    timeline.stamp(250, 0, 10_000_000)
    assert timeline.ahead_ms(250, 60_000, 5_000_000) == 0
    assert timeline.stamp(250, 0, 5_000_000) == 5_000_000 - 250
