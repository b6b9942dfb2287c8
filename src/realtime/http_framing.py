"""Where requests begin and end in the bytes of a connection, and how long their parts may be. No input or output here.

`connection_protocol` gives it what has come, and what it takes out goes to the parser.

A parser of HTTP keeps what it has of a field until the field is whole, and copies it for every piece that comes. So
it is given whole heads, chunk lines and trailers only, after they were counted here (RFC 9112, sections 2, 6 and 7).
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from kit.heads import MAX_FIELDS, MAX_HEAD_BYTES, has_too_many_fields

MAX_CHUNK_LINE = 1024  # a size and extensions, which nobody sends
MAX_CHUNK_EXCESS = 16 * 1024
"""Bytes of one body's framing beyond 16 of a chunk and twice its content: else chunks of a byte cost a thousand."""
_END = b"\r\n\r\n"
_BLANK = re.compile(rb"[\r\n]*")  # empty lines before a request are allowed (RFC 9112, section 2.2)
_BARE = re.compile(rb"(?<!\r)\n")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}(?=[ \t;\r\n])")
_HEAD, _LENGTH, _SIZE_LINE, _CHUNK, _TRAILERS = range(5)


class FramingError(Exception):
    """These bytes are no request that is taken; `status` is the answer, and nothing more is read."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


def is_one_head(data: bytes) -> bool:
    """Whether this is exactly one head within the bounds: nearly all that ever comes at the beginning of a request."""
    end = data.find(_END)
    return 0 < end == len(data) - 4 <= MAX_HEAD_BYTES - 4 and data[0] != 13 and not has_too_many_fields(data)


class RequestFraming:
    """Cuts what comes into whole heads and pieces of bodies, in time linear in the bytes whatever their pieces are.

    For each request `take` gives its head; then the caller says with `body_follows` how it goes on if the parser does
    not take it for whole; `take` gives the body in pieces as they come.
    """

    __slots__ = ("_at", "_excess", "_left", "_lines", "_pending", "_searched", "_state")

    def __init__(self) -> None:
        self._pending: bytes | bytearray = b""
        self._at = 0  # where in it what was not taken yet begins
        self._searched = 0  # up to where in it an end was looked for in vain
        self._state = _HEAD
        self._left = 0  # of a body with a length, or of a chunk with its line break
        self._excess = 0
        self._lines = 0  # of a head as far as it was looked through, or of trailers

    @property
    def size(self) -> int:
        """Bytes that wait."""
        return len(self._pending) - self._at

    @property
    def waiting(self) -> bytes:
        """The bytes that wait."""
        return bytes(self._pending[self._at :])

    def put(self, data: bytes) -> None:
        """Append what has come."""
        if not self.size:
            self._pending, self._at, self._searched = data, 0, 0
            return
        if self._at or not isinstance(self._pending, bytearray):
            self._searched = max(self._searched - self._at, 0)
            self._pending = bytearray(self._pending[self._at :])
            self._at = 0
        self._pending += data

    def put_back(self, head: bytes) -> None:
        """The head that was taken last is taken again later."""
        self._pending, self._at, self._searched = head + self._pending[self._at :], 0, 0

    def drop(self) -> None:
        """Forget what waits."""
        self._pending, self._at, self._searched = b"", 0, 0

    def body_follows(self, fields: Sequence[tuple[bytes, bytes]]) -> None:
        """The head that was taken announces a body; its fields (names in lower case) are those the parser accepted."""
        for name, value in fields:
            if name == b"content-length":
                self._state, self._left = _LENGTH, int(value)
                return
        self._state, self._excess = _SIZE_LINE, 0

    def take(self) -> bytes:
        """The next whole head, or what there is of a body; empty when more has to come.

        Raises:
            FramingError: A head or trailer is too large (431), or this is no HTTP (400).
        """
        if self._state == _HEAD:
            return self._head()
        if self._state == _LENGTH:
            piece = self._cut(min(self._left, self.size))
            self._left -= len(piece)
            if not self._left:
                self._state = _HEAD
            return piece
        return self._chunks()

    def _cut(self, length: int) -> bytes:
        """Take that many bytes."""
        end = self._at + length
        if end < len(self._pending):
            piece = bytes(self._pending[self._at : end])
            self._at = self._searched = end
            return piece
        piece = bytes(self._pending if not self._at else self._pending[self._at :])
        self.drop()
        return piece

    def _head(self) -> bytes:
        pending = self._pending
        at = self._at = _BLANK.match(pending, self._at).end()  # type: ignore[union-attr]  # it matches nothing too
        end = pending.find(_END, max(at, self._searched - 3))
        if end >= 0 and end + 4 - at <= MAX_HEAD_BYTES:
            if has_too_many_fields(pending, at, end + 4):
                raise FramingError(431, "Too many header fields")
            self._lines = 0
            return self._cut(end + 4 - at)
        if len(pending) - at > MAX_HEAD_BYTES:
            raise FramingError(431, "The head of the request is too large")
        if at < len(pending) and not 65 <= pending[at] <= 90:
            raise FramingError(400, "This is no HTTP request")  # no method begins like this: TLS, or rubbish
        start = max(at, self._searched)
        if _BARE.search(pending, start):
            raise FramingError(400, "The lines of a head end with CR LF")
        self._lines += pending.count(b"\n", start)
        if self._lines > MAX_FIELDS + 1:
            raise FramingError(431, "Too many header fields")
        self._searched = len(pending)
        return b""

    def _chunks(self) -> bytes:
        """Whole lines and the content between them, as far as they have come; of a trailer only its end.

        Nobody uses trailers, and a field that comes after the application has begun would be believed by half of it.
        """
        pending, start = self._pending, self._at
        at, passed = start, start
        end = b""
        while at < len(pending) and not end:
            if self._state == _CHUNK:
                step = min(self._left, len(pending) - at)
                at += step
                self._left -= step
                if not self._left:
                    self._state = _SIZE_LINE
                passed = at
                continue
            newline = pending.find(b"\n", max(at, self._searched))
            if newline < 0:
                self._searched = len(pending)
                self._check_line(len(pending) - at)
                break
            self._check_line(newline + 1 - at)
            in_trailer = self._state == _TRAILERS
            if self._end_line(bytes(pending[at : newline + 1])):
                end = b"\r\n"
            at = newline + 1
            if not in_trailer:
                passed = at
        searched = self._searched
        piece = bytes(pending[start:passed]) + end
        if at > start:
            self._cut(at - start)
        self._searched = max(searched, self._at) if self.size else 0
        return piece

    def _check_line(self, length: int) -> None:
        if self._state == _SIZE_LINE and length > MAX_CHUNK_LINE:
            raise FramingError(400, "A chunk's extensions are too long")
        if self._state == _TRAILERS and length + self._left > MAX_HEAD_BYTES:
            raise FramingError(431, "The trailer of the request is too large")

    def _end_line(self, line: bytes) -> bool:
        """A line between chunks is whole; says if the body is."""
        if self._state == _TRAILERS:
            if line in {b"\r\n", b"\n"}:
                self._state, self._left, self._lines = _HEAD, 0, 0
                return True
            self._left += len(line)
            self._lines += 1
            if self._lines > MAX_FIELDS:
                raise FramingError(431, "Too many trailer fields")
            return False
        size = _SIZE.match(line)
        if size is None:
            raise FramingError(400, "A chunk's size is no number")
        content = int(size[0], 16)
        self._excess = max(self._excess + len(line) + 2 - 16 - 2 * content, 0)
        if self._excess > MAX_CHUNK_EXCESS:
            raise FramingError(400, "Chunks with too little in them")
        if content:
            self._state, self._left = _CHUNK, content + 2
        else:
            self._state, self._left = _TRAILERS, 0
        return False
