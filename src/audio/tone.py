"""The demonstration's sound: a soft chord with a time signal every ten seconds, as MP3 frames that loop.

Everything in it repeats after a whole number of frames, and no frame borrows bits from the one before, so the
last frame may be followed by the first without a click.
"""

from __future__ import annotations

import contextlib
import io
import os
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
from av.audio.frame import AudioFrame
from av.filter import Graph

from audio.mpeg import Frame, FrameParser

SAMPLE_RATE = 44_100
BITRATE = 128_000
FRAME_SAMPLES = 1152
PERIOD_FRAMES = 383  # 10.005 s: the number of whole frames that is closest to ten seconds
PERIODS = 3
_MARGIN = 16  # frames before and after the loop, for what the codec overlaps

# Chords of a slow cadence, as fundamental frequencies in Hz; each sounds for one period and fades into the next.
_CHORDS = ((130.81, 196.00, 329.63, 493.88), (110.00, 164.81, 261.63, 392.00), (87.31, 174.61, 261.63, 440.00))
_PIPS = ((-2.0, 880.0, 0.08), (-1.0, 880.0, 0.08), (0.0, 1760.0, 0.35))  # seconds to the mark, Hz, seconds long
_PERIOD = PERIOD_FRAMES * FRAME_SAMPLES / SAMPLE_RATE


def demo_sound(path: Path) -> bytes:
    """The loop's bytes, about half a minute; rendered once and kept in this file."""
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    sound = render()
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f"{path.name}.{os.getpid()}.part")
    part.write_bytes(sound)
    part.replace(path)
    return sound


def render() -> bytes:
    """MP3 at 128 kb/s, 44.1 kHz, stereo: whole frames without a header, ready to be sent again and again."""
    samples = _samples()
    output = io.BytesIO()
    options = {"write_xing": "0", "id3v2_version": "0", "flush_packets": "1"}
    with av.open(output, "w", format="mp3", options=options) as container:
        stream = container.add_stream("libmp3lame", rate=SAMPLE_RATE, options={"reservoir": "0", "b": str(BITRATE)})
        stream.layout = "stereo"
        stream.format = "s16p"
        for number, frame in enumerate(samples[-_MARGIN:] + samples + samples[:_MARGIN]):
            frame.pts = number * FRAME_SAMPLES
            frame.time_base = Fraction(1, SAMPLE_RATE)
            container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    parser = FrameParser()
    frames: list[Frame] = parser.feed(output.getvalue())
    return b"".join(frame.data for frame in frames[_MARGIN : _MARGIN + len(samples)])


def _samples() -> list[AudioFrame]:
    """One loop of sound, in the encoder's frames."""
    total = PERIODS * PERIOD_FRAMES
    graph = Graph()
    source = graph.add(
        "aevalsrc", f"exprs='{_voice(0.0)}|{_voice(0.5)}':sample_rate={SAMPLE_RATE}:nb_samples={FRAME_SAMPLES}"
    )
    shape = graph.add("aformat", f"sample_fmts=s16p:sample_rates={SAMPLE_RATE}:channel_layouts=stereo")
    sink = graph.add("abuffersink")
    source.link_to(shape)
    shape.link_to(sink)
    graph.configure()
    return [cast("AudioFrame", sink.pull()) for _ in range(total)]


def _voice(phase: float) -> str:
    """One side's sound as FFmpeg's expression of the time `t`; the sides differ in phase."""
    loop = PERIODS * _PERIOD
    chords = []
    for number, chord in enumerate(_CHORDS):
        # A raised cosine around the middle of its period; neighbours overlap by half.
        distance = f"mod(t-{(number + 0.5) * _PERIOD:.9f}+{1.5 * loop:.9f},{loop:.9f})-{loop / 2:.9f}"
        tones = "+".join(
            f"{0.16 / (1 + voice):.4f}*sin({_whole(hertz)}*t+{phase * voice:.2f})" for voice, hertz in enumerate(chord)
        )
        loud = f"(0.5+0.5*cos(PI*ld(0)/{_PERIOD:.9f}))*({tones})"
        chords.append(f"st(0,{distance});if(lt(abs(ld(0)),{_PERIOD:.9f}),{loud})")
    # FFmpeg evaluates `a;b` to b: each part stores what it needs first. What `if` leaves out costs nothing.
    parts = [f"st({number + 1},({chord}))" for number, chord in enumerate(chords)]
    pips = []
    for before, hertz, length in _PIPS:
        start = (before + _PERIOD) % _PERIOD
        since = f"(mod(t,{_PERIOD:.9f})-{start:.9f})"
        pip = f"0.22*sin({_whole(hertz)}*t)*min(1,min({since},{length}-{since})*100)"
        pips.append(f"if(between({since},0,{length}),{pip})")
    total = "+".join(f"ld({number + 1})" for number in range(len(chords)))
    return ";".join(parts) + f";{total}+" + "+".join(pips)


def _whole(hertz: float) -> str:
    """An angular frequency near this one with a whole number of waves in a period."""
    return f"2*PI*{round(hertz * _PERIOD) / _PERIOD:.9f}"
