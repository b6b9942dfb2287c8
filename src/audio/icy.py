"""Titles inside the sound, as SHOUTcast players read them: every `interval` bytes of audio a length byte and text.

There is no standard; this is what Icecast and SHOUTcast send: the length in units of 16 bytes, the text
`StreamTitle='…';` padded with zeros, and a lone zero where nothing changed.
"""

from __future__ import annotations

from itertools import islice

INTERVAL = 16_000  # bytes of audio between two titles: one second at 128 kb/s
MAX_TITLE_BYTES = 1_000  # the format would hold 4,064; car radios choke much earlier


def encode_title(title: str) -> bytes:
    """One metadata block. Control characters go, and what would end the text early is made harmless."""
    clean = "".join(" " if ord(c) < 32 or ord(c) == 127 else c for c in islice(title, MAX_TITLE_BYTES))
    if clean.startswith(";"):
        clean = f" {clean}"
    raw = clean.replace("';", "\u2019;").encode("utf-8", "replace")[:MAX_TITLE_BYTES]
    text = b"StreamTitle='" + raw.decode("utf-8", "ignore").encode() + b"';"
    blocks = -(-len(text) // 16)
    return bytes((blocks,)) + text.ljust(blocks * 16, b"\0")


class TitleInserter:
    """Puts titles into one player's bytes."""

    def __init__(self, interval: int = INTERVAL) -> None:
        self._interval = interval
        self._until_next = interval
        self._sent: str | None = None

    def insert(self, audio: bytes, title: str | None) -> bytes:
        """The next audio bytes with metadata where it is due; a title is sent once, when it is new."""
        if len(audio) < self._until_next:
            self._until_next -= len(audio)
            return audio
        pieces: list[bytes] = []
        at = 0
        while len(audio) - at >= self._until_next:
            pieces.append(audio[at : at + self._until_next])
            at += self._until_next
            self._until_next = self._interval
            pieces.append(self._metadata(title))
        pieces.append(audio[at:])
        self._until_next -= len(audio) - at
        return b"".join(pieces)

    def _metadata(self, title: str | None) -> bytes:
        if title is None or title == self._sent:
            return b"\0"
        self._sent = title
        return encode_title(title)
