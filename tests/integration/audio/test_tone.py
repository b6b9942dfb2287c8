from __future__ import annotations

import io
import itertools
import math
from array import array
from pathlib import Path

import av
import pytest

from audio.mpeg import FrameParser
from audio.tone import FRAME_SAMPLES, PERIOD_FRAMES, PERIODS, SAMPLE_RATE, demo_sound

LOOP = PERIODS * PERIOD_FRAMES * FRAME_SAMPLES


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    return demo_sound(tmp_path_factory.mktemp("tone") / "bed.mp3")


@pytest.fixture(scope="module")
def samples(sound: bytes) -> array[int]:
    """The left side of two rounds."""
    decoded: array[int] = array("h")
    with av.open(io.BytesIO(sound * 2), format="mp3") as container:
        resampler = av.AudioResampler(format="s16p", layout="stereo", rate=SAMPLE_RATE)
        for frame in container.decode(audio=0):
            for part in resampler.resample(frame):
                decoded.frombytes(bytes(part.planes[0])[: part.samples * 2])
    return decoded


def level(samples: array[int], hertz: float, start: int, length: int) -> float:
    """The amplitude of one frequency (Goertzel)."""
    turn = 2 * math.cos(2 * math.pi * hertz / SAMPLE_RATE)
    before = last = 0.0
    for sample in samples[start : start + length]:
        before, last = last, sample + turn * last - before
    return 2 * math.sqrt(max(0.0, before * before + last * last - turn * before * last)) / length


def test_it_is_whole_frames_of_128_kbit(sound: bytes) -> None:
    frames = FrameParser().feed(sound)
    assert b"".join(frame.data for frame in frames) == sound
    assert len(frames) == PERIODS * PERIOD_FRAMES
    assert {(f.header.sample_rate, f.header.bitrate_kbps, f.header.mono) for f in frames} == {(44_100, 128, False)}


def test_a_time_signal_every_ten_seconds(samples: array[int]) -> None:
    step = SAMPLE_RATE // 10
    loud = [n for n in range(len(samples) // step) if level(samples, 1760, n * step, step) > 3000]
    starts = [n for n in loud if n - 1 not in loud]
    assert len(starts) == 2 * PERIODS
    assert {b - a for a, b in itertools.pairwise(starts)} <= {100, 101}


def test_the_loop_has_no_seam(samples: array[int]) -> None:
    # A click is a sudden bend of the curve; the bed alone has hardly any. The codec delays by about 1,100 samples.
    bends = [abs(samples[i + 1] - 2 * samples[i] + samples[i - 1]) for i in range(LOOP - 1500, LOOP + 400)]
    assert max(bends) < 60
    assert max(map(abs, samples)) > 2000


def test_it_is_rendered_once(tmp_path: Path) -> None:
    path = tmp_path / "bed.mp3"
    path.write_bytes(b"kept")
    assert demo_sound(path) == b"kept"
