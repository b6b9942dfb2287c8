"""Real MP3 for tests, encoded once by libmp3lame."""

from __future__ import annotations

import io
from fractions import Fraction
from functools import cache

import av
from av.audio.frame import AudioFrame


@cache
def mp3(frames: int = 40, *, rate: int = 44_100, kbps: int = 128, layout: str = "stereo") -> bytes:
    """Silence with a little noise-free content: `frames` frames and the encoder's own few, without a header."""
    output = io.BytesIO()
    options = {"write_xing": "0", "id3v2_version": "0"}
    with av.open(output, "w", format="mp3", options=options) as container:
        stream = container.add_stream("libmp3lame", rate=rate, options={"b": str(kbps * 1000)})
        stream.layout = layout
        stream.format = "s16p"
        samples = 1152 if rate >= 32_000 else 576
        for number in range(frames):
            frame = AudioFrame(format="s16p", layout=layout, samples=samples)
            for plane in frame.planes:
                plane.update(bytes((number * 7 + i) % 251 if i % 2 else 0 for i in range(plane.buffer_size)))
            frame.sample_rate = rate
            frame.pts = number * samples
            frame.time_base = Fraction(1, rate)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return output.getvalue()
