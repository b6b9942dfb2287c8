"""MP3 as it comes from a source: bytes in any pieces, whole frames out.

Header fields after ISO/IEC 11172-3 (MPEG-1) and 13818-3 (MPEG-2), the half rates of "MPEG-2.5" as every decoder
knows them. Only Layer III is taken: that is what `audio/mpeg` means to radio players.
"""

from __future__ import annotations

from dataclasses import dataclass

_BITRATES_1 = (0, 32, 40, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320)
_BITRATES_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LAYER_3 = 1
_MONO = 3

HEADER_BYTES = 4
MAX_FRAME_BYTES = 1441  # 320 kb/s at 32 kHz, or 160 kb/s at 8 kHz, and the padding byte
MAX_TAG_BYTES = 1 << 20  # an ID3v2 tag with a picture; what claims more is rubbish and not skipped unseen
_ID3_HEADER_BYTES = 10
_ID3_FOOTER_FLAG = 0x10


@dataclass(frozen=True, slots=True)
class Header:
    """The four bytes before each frame.

    Attributes:
        length: Bytes of the whole frame, header included.
        samples: Samples per channel in the frame.
    """

    version: int
    sample_rate: int
    bitrate_kbps: int
    mono: bool
    length: int
    samples: int

    def continues(self, other: Header) -> bool:
        """Whether both can be of one stream; bitrate and stereo mode may change within one."""
        return self.version == other.version and self.sample_rate == other.sample_rate


@dataclass(frozen=True, slots=True)
class Frame:
    """One whole frame; its bytes can be decoded by themselves as far as the encoder kept no reservoir."""

    data: bytes
    header: Header

    @property
    def duration_ms(self) -> float:
        """Milliseconds of sound."""
        return self.header.samples * 1000 / self.header.sample_rate


def parse_header(data: bytes | bytearray | memoryview, at: int = 0) -> Header | None:
    """The header at an offset, or None where the four bytes cannot be one. There must be four bytes."""
    if data[at] != 0xFF or data[at + 1] & 0xE0 != 0xE0:
        return None
    version, layer = data[at + 1] >> 3 & 3, data[at + 1] >> 1 & 3
    rate_index, bitrate_index = data[at + 2] >> 2 & 3, data[at + 2] >> 4
    if version == 1 or layer != _LAYER_3 or rate_index == 3 or bitrate_index in {0, 15}:
        return None
    if data[at + 3] & 3 == 2:  # the reserved emphasis
        return None
    rate = _RATES[version][rate_index]
    bitrate = (_BITRATES_1 if version == 3 else _BITRATES_2)[bitrate_index]
    samples = 1152 if version == 3 else 576
    length = samples // 8 * bitrate * 1000 // rate + (data[at + 2] >> 1 & 1)
    return Header(version, rate, bitrate, data[at + 3] >> 6 == _MONO, length, samples)


class FrameParser:
    """Finds the frames in a stream of bytes, whatever it is cut into and whatever lies between them.

    In step, a frame is given out as soon as it is whole. Out of step (at the start, or after rubbish) a header
    counts only if another one that continues it follows where it says. Never raises; keeps less than two frames.
    """

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._skip = 0
        self._last: Header | None = None
        self.rubbish_bytes = 0

    def feed(self, data: bytes) -> list[Frame]:
        """Take the next bytes; returns the frames that are whole by now."""
        if self._skip:
            skipped = min(self._skip, len(data))
            self._skip -= skipped
            data = data[skipped:]
        buffer = self._buffer
        buffer += data
        frames: list[Frame] = []
        at = 0
        while (step := self._step(at, frames)) > 0:
            at += step
            if at > len(buffer):
                self._skip = at - len(buffer)
                at = len(buffer)
        del buffer[:at]
        return frames

    def _step(self, at: int, frames: list[Frame]) -> int:
        """Decide about the bytes at an offset; how many are done with, 0 where more are needed."""
        buffer = self._buffer
        left = len(buffer) - at
        if left < HEADER_BYTES:
            return 0
        header = parse_header(buffer, at)
        if header is not None and self._last is not None and header.continues(self._last):
            if left < header.length:
                return 0
            return self._take(at, header, frames)
        self._last = None
        if buffer.startswith(b"ID3", at):
            if left < _ID3_HEADER_BYTES:
                return 0
            if tag := _tag_bytes(buffer, at):
                return tag
        if header is None:
            return self._rubbish(at)
        if left < header.length + HEADER_BYTES:
            return 0
        following = parse_header(buffer, at + header.length)
        if following is None or not following.continues(header):
            return self._rubbish(at)
        return self._take(at, header, frames)

    def _take(self, at: int, header: Header, frames: list[Frame]) -> int:
        self._last = header
        data = bytes(self._buffer[at : at + header.length])
        if not _is_index(data, header):
            frames.append(Frame(data, header))
        return header.length

    def _rubbish(self, at: int) -> int:
        """Go on to the next byte that a frame or a tag may begin with."""
        found = [i for i in (self._buffer.find(0xFF, at + 1), self._buffer.find(b"I", at + 1)) if i >= 0]
        step = (min(found) if found else len(self._buffer)) - at
        self.rubbish_bytes += step
        return step


def _tag_bytes(data: bytearray, at: int) -> int:
    """The length of the ID3v2 tag at an offset (id3.org, ID3v2.4.0 structure, 3.1), or 0 for none."""
    version, revision, flags = data[at + 3], data[at + 4], data[at + 5]
    size = data[at + 6 : at + 10]
    if version == 0xFF or revision == 0xFF or any(byte & 0x80 for byte in size):
        return 0
    length = size[0] << 21 | size[1] << 14 | size[2] << 7 | size[3]
    if length > MAX_TAG_BYTES:
        return 0
    return _ID3_HEADER_BYTES * (2 if flags & _ID3_FOOTER_FLAG else 1) + length


def _is_index(data: bytes, header: Header) -> bool:
    """Whether it is no sound but the table of contents that encoders write into the first frame of a file."""
    side_info = (17 if header.mono else 32) if header.version == 3 else (9 if header.mono else 17)
    mark = HEADER_BYTES + side_info
    return data[mark : mark + 4] in {b"Xing", b"Info"} or data[36:40] == b"VBRI"
