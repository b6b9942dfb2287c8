"""The one timeline: which moment each piece of sound belongs to, however it came over the network.

`intake` cuts and stamps by it. Pure: bytes, durations and the present come in, blocks and waits go out.
"""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

from audio.mpeg import Frame

BLOCK_MS = 250.0
DRIFT_MS = 500.0  # how far stamps and clock may part before the stamps follow
BURST_MS = 2_000.0  # what a source may be ahead in all; anchors reach back no further either
CROWD_MS = 500.0  # a live source leaves nothing waiting; behind a file that is sent at once there is always more
SLOW_DRIFT_MS = 30_000.0  # no sound card's clock is so wrong that it drifts by `DRIFT_MS` in less


@dataclass(frozen=True, slots=True)
class Block:
    """Whole frames that are stored and sent together.

    Attributes:
        captured_at_ms: Unix ms of its first sample, on the server's clock.
        duration_ms: Milliseconds of sound.
        source_ms: When its source connected, Unix ms: a later source's is higher. Set where a block is read.
    """

    data: bytes
    captured_at_ms: int
    duration_ms: float
    source_ms: int = 0

    @property
    def bitrate_kbps(self) -> int:
        """Kilobits per second."""
        return round(len(self.data) * 8 / self.duration_ms)


@dataclass(frozen=True, slots=True)
class Cut:
    """Frames that make a block, before it is known when they belong."""

    data: bytes
    duration_ms: float


class Cutter:
    """Collects frames into blocks of about `BLOCK_MS`."""

    def __init__(self) -> None:
        self._frames: list[bytes] = []
        self._open_ms = 0.0
        self._ready: deque[Cut] = deque()  # bounded by what one feed holds
        self._ready_ms = 0.0

    @property
    def pending_ms(self) -> float:
        """Milliseconds of sound that are here and not yet taken."""
        return self._ready_ms + self._open_ms

    def add(self, frames: list[Frame]) -> None:
        """Add frames; whole blocks are then ready to be taken."""
        for frame in frames:
            self._frames.append(frame.data)
            self._open_ms += frame.duration_ms
            if self._open_ms >= BLOCK_MS - frame.duration_ms / 2:
                self.close()

    def close(self) -> None:
        """Make a block of what is there, however short."""
        if self._frames:
            self._ready.append(Cut(b"".join(self._frames), self._open_ms))
            self._ready_ms += self._open_ms
            self._frames, self._open_ms = [], 0.0

    def drop(self) -> float:
        """Forget all that is here; returns how many milliseconds that were."""
        dropped = self.pending_ms
        self._ready.clear()
        self._frames, self._open_ms, self._ready_ms = [], 0.0, 0.0
        return dropped

    def take(self) -> Cut | None:
        """Take the next whole block, or None."""
        if not self._ready:
            return None
        cut = self._ready.popleft()
        self._ready_ms = self._ready_ms - cut.duration_ms if self._ready else 0.0
        return cut


class Timeline:
    """Stamps blocks: an anchor plus the media's own duration, so that bursts and jitter do not bend it.

    The anchor is set anew after a gap and when a source's clock has drifted by `DRIFT_MS`.
    """

    def __init__(self) -> None:
        self._end_ms: float | None = None
        self._anchored_ms = 0.0
        self.anchors = 0

    def ahead_ms(self, duration_ms: float, waiting_ms: float, now_ms: float) -> float:
        """How long to hold the next block back: what is sent too fast is stamped no faster than time passes.

        A source whose clock is merely a little fast is not held back; its anchor follows it.

        Args:
            duration_ms: The block's length.
            waiting_ms: Sound that is here and comes after it.
            now_ms: The present, Unix ms.
        """
        slow = waiting_ms < CROWD_MS and now_ms - self._anchored_ms >= SLOW_DRIFT_MS
        if self._end_ms is None or slow:
            return 0.0
        ahead = self._end_ms + duration_ms - now_ms
        return ahead - DRIFT_MS if DRIFT_MS < ahead <= BURST_MS + DRIFT_MS else 0.0  # more: the clock was set back

    def stamp(self, duration_ms: float, pending_ms: float, now_ms: float) -> int:
        """The moment of the next block's first sample.

        Args:
            duration_ms: The block's length.
            pending_ms: Sound that came after it and is here already.
            now_ms: The present, Unix ms.

        Returns:
            Unix ms.
        """
        if self._end_ms is None or abs(self._off_by(duration_ms, pending_ms, now_ms, self._end_ms)) > DRIFT_MS:
            self._anchored_ms = now_ms
            self._end_ms = now_ms - min(duration_ms + pending_ms, BURST_MS)
            self.anchors += 1
        start = self._end_ms
        self._end_ms += duration_ms
        return round(start)

    @staticmethod
    def _off_by(duration_ms: float, pending_ms: float, now_ms: float, end_ms: float) -> float:
        """Positive: the sound came too late, even counting what waits; negative: it is ahead of the clock."""
        late = now_ms - (end_ms + duration_ms + pending_ms)
        if late > 0:
            return late
        return min(0.0, now_ms - (end_ms + duration_ms))
