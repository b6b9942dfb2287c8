"""Recognises the formats that are sent in the place of MP3, so that the refusal can name them.

`intake` and `icecast` ask it. What it does not recognise is refused all the same, a little later and without a name.
"""

from __future__ import annotations

ENOUGH_BYTES = 64 * 1024  # after which nothing more is learnt
_IN_A_ROW = 3  # headers that point to each other; by chance they would not
_SEARCHED_BYTES = 4096  # for the first of them; longer than a frame of each kind

_BEGINNINGS = (
    (b"OggS", "Ogg"),
    (b"fLaC", "FLAC"),
    (b"RIFF", "WAV"),
    (b"FORM", "AIFF"),
    (b".snd", "AU"),
    (b"\x1aE\xdf\xa3", "WebM or Matroska"),
    (b"FLV\x01", "FLV"),
    (b"\x30\x26\xb2\x75\x8e\x66\xcf\x11", "WMA"),
    (b"ADIF", "AAC"),
    (b"caff", "CAF"),
    (b"#!AMR", "AMR"),
    (b"MThd", "MIDI"),
    (b"#EXTM3U", "a playlist"),
)
_MPEG1_LAYER_2 = (0, 32, 48, 56, 64, 80, 96, 112, 128, 160, 192, 224, 256, 320, 384)
_MPEG1_LAYER_1 = tuple(32 * n for n in range(15))
_MPEG2_LAYER_2 = (0, 8, 16, 24, 32, 40, 48, 56, 64, 80, 96, 112, 128, 144, 160)
_MPEG2_LAYER_1 = (0, 32, 48, 56, 64, 80, 96, 112, 128, 144, 160, 176, 192, 224, 256)
_RATES = {3: (44_100, 48_000, 32_000), 2: (22_050, 24_000, 16_000), 0: (11_025, 12_000, 8_000)}
_LAYER_1, _LAYER_2 = 3, 2
_TS_PACKET_BYTES = 188
_TEXT_BYTES = 24  # as many printable ones in a row are no sound


def foreign_format(data: bytes) -> str | None:
    """The name of the format that bytes without MP3 frames are in, or None if they tell nothing (yet).

    Args:
        data: The first bytes of the sound, or some of its middle.
    """
    for mark, name in _BEGINNINGS:
        if data.startswith(mark):
            return name
    if data[4:8] == b"ftyp":
        return "MP4"
    if data[:1] in {b"<", b"{"} and len(data) >= _TEXT_BYTES and data[:_TEXT_BYTES].decode("latin-1").isprintable():
        return "text"
    if b"OggS\0" in data[:ENOUGH_BYTES]:
        return "Ogg"
    if len(data) > 2 * _TS_PACKET_BYTES and set(data[: 3 * _TS_PACKET_BYTES : _TS_PACKET_BYTES]) == {0x47}:
        return "MPEG-TS"
    for at in range(min(len(data), _SEARCHED_BYTES)):
        if data[at] == 0xFF and (codec := _chain(data, at)) is not None:
            return codec
    return None


def _chain(data: bytes, at: int) -> str | None:
    """The codec whose frames begin at an offset, several in a row."""
    for length_at, name in ((_adts_length, "AAC"), (_layer_2_length, "MP2"), (_layer_1_length, "MP1")):
        position, found = at, 0
        while found < _IN_A_ROW and (length := length_at(data, position)):
            position += length
            found += 1
        if found == _IN_A_ROW:
            return name
    return None


def _adts_length(data: bytes, at: int) -> int:
    """Bytes of the ADTS frame at an offset (ISO/IEC 13818-7, 6.2), or 0 for none."""
    head = data[at : at + 6]
    if len(head) < 6 or head[0] != 0xFF or head[1] & 0xF6 != 0xF0 or head[2] >> 2 & 15 > 12:
        return 0
    length = (head[3] & 3) << 11 | head[4] << 3 | head[5] >> 5
    return length if length > 7 else 0


def _layer_2_length(data: bytes, at: int) -> int:
    return _layer_length(data, at, _LAYER_2)


def _layer_1_length(data: bytes, at: int) -> int:
    return _layer_length(data, at, _LAYER_1)


def _layer_length(data: bytes, at: int, layer: int) -> int:
    """Bytes of the frame of Layer I or II at an offset (ISO/IEC 11172-3, 2.4.3.1), or 0 for none."""
    head = data[at : at + 4]
    if len(head) < 4 or head[0] != 0xFF or head[1] & 0xE0 != 0xE0 or head[1] >> 1 & 3 != layer:
        return 0
    version, rate_index, bitrate_index = head[1] >> 3 & 3, head[2] >> 2 & 3, head[2] >> 4
    if version == 1 or rate_index == 3 or bitrate_index in {0, 15}:
        return 0
    tables = (_MPEG1_LAYER_1, _MPEG1_LAYER_2) if version == 3 else (_MPEG2_LAYER_1, _MPEG2_LAYER_2)
    bitrate = tables[layer == _LAYER_2][bitrate_index] * 1000
    rate, padding = _RATES[version][rate_index], head[2] >> 1 & 1
    return (12 * bitrate // rate + padding) * 4 if layer == _LAYER_1 else 144 * bitrate // rate + padding
