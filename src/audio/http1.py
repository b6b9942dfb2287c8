"""As much HTTP as source clients speak: heads of requests, chunked bodies. No input or output here.

RFC 9112, and what Icecast's clients do beyond it: the method SOURCE, the version ICE/1.0, bare line feeds.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import parse_qsl, unquote

from kit.heads import MAX_FIELDS, MAX_HEAD_BYTES

_MAX_CHUNK_LINE = 128  # a size in hexadecimal and extensions that nobody sends
_VERSIONS = {"HTTP/1.0", "HTTP/1.1", "ICE/1.0"}
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")  # a token (RFC 9110, section 5.6.2)
_CONTROL = re.compile(rb"[\x00-\x08\x0b-\x1f\x7f]")  # what a line never has; tabs are allowed
_END = re.compile(rb"\n\r?\n")
_BLANK = re.compile(rb"[\r\n]*")
_SIZE = re.compile(rb"[0-9A-Fa-f]{1,15}")
_LENGTH = re.compile(r"[0-9]{1,15}")
_ONCE = {"authorization", "content-length", "host", "transfer-encoding"}
"""Fields that say one thing: two of them would be read differently by us and by whatever stands in front."""
_METHODS = {"GET", "HEAD", "OPTIONS", "POST", "PUT", "SOURCE", "DELETE", "STATS"}


class BadRequest(Exception):
    """The bytes are not a request; `status` is the answer."""

    def __init__(self, status: int, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.message = message


@dataclass(frozen=True, slots=True)
class Head:
    """The head of one request; field names in lower case."""

    method: str
    target: str
    version: str
    fields: Mapping[str, str]

    @property
    def path(self) -> str:
        """The decoded path."""
        return unquote(self.target.partition("?")[0])

    @property
    def mount(self) -> str:
        """The channel's slug that the path names; an ending as of a file is no part of it."""
        return mount_of(self.path)[0]

    @property
    def ending(self) -> str:
        """The path's ending, in lower case and without its dot; empty without one."""
        return mount_of(self.path)[1]

    @property
    def query(self) -> dict[str, bytes]:
        """The query's fields, not yet decoded to text, for each client picks its own charset."""
        raw = self.target.partition("?")[2]
        try:
            pairs = parse_qsl(raw, keep_blank_values=True, encoding="latin-1", max_num_fields=MAX_FIELDS)
        except ValueError:
            raise BadRequest(400, "Too many query fields") from None
        return {name: value.encode("latin-1", "replace") for name, value in pairs}

    @property
    def keeps_alive(self) -> bool:
        """Whether the client wants to send another request."""
        wish = self.fields.get("connection", "").lower()
        return "close" not in wish and (self.version == "HTTP/1.1" or "keep-alive" in wish)

    @property
    def password(self) -> str | None:
        """The password of Basic authentication (RFC 7617); None without. The user's name means nothing here."""
        return None if (found := self._credentials) is None else found[1]

    @property
    def login(self) -> str:
        """The name before the password; it opens nothing and tells sources apart."""
        return "" if (found := self._credentials) is None else found[0]

    @property
    def _credentials(self) -> tuple[str, str] | None:
        scheme, _, encoded = self.fields.get("authorization", "").partition(" ")
        if scheme.lower() != "basic":
            return None
        try:
            plain = base64.b64decode(encoded.strip(), validate=True).decode("utf-8", "replace")
        except ValueError:  # not base64, or not even ASCII
            return None
        login, _, password = plain.partition(":")
        return login, password


def mount_of(path: str) -> tuple[str, str]:
    """The slug and the ending in `/slug`, `slug`, `/slug.mp3` or `/slug.OGG`: no slug has a dot in it."""
    slug, _, ending = path.strip("/").partition(".")
    return slug, ending.lower()


def parse_head(raw: bytes) -> Head:
    """Read a head without its empty line; raises `BadRequest`."""
    rows = raw.replace(b"\r\n", b"\n").split(b"\n")
    if len(rows) > MAX_FIELDS + 1:
        raise BadRequest(431, "Too many header fields")
    if any(_CONTROL.search(row) for row in rows):
        raise BadRequest(400, "Control characters in the head")
    lines = [row.decode("latin-1") for row in rows]
    parts = lines[0].split(" ")
    if len(parts) != 3 or not parts[1]:
        raise BadRequest(400, "Bad request line")
    method, target, version = parts
    if version not in _VERSIONS:
        raise BadRequest(505, "HTTP version not supported")
    if method not in _METHODS:
        raise BadRequest(501, "Method not implemented")
    fields: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon or not _NAME.fullmatch(name):
            raise BadRequest(400, "Bad header field")  # a line that goes on with the one before, too
        key = name.lower()
        if key in _ONCE and key in fields:
            raise BadRequest(400, f"More than one {name}")
        fields[key] = value.strip()
    if "content-length" in fields and "transfer-encoding" in fields:
        raise BadRequest(400, "Both Content-Length and Transfer-Encoding")
    if "content-length" in fields and not _LENGTH.fullmatch(fields["content-length"]):
        raise BadRequest(400, "Bad content length")
    return Head(method, target, version, fields)


class HeadReader:
    """Collects bytes until a head is whole, in time linear in them whatever their pieces are."""

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._searched = 0

    def feed(self, data: bytes) -> tuple[Head, bytes] | None:
        """Take bytes; the head and what came after it, or None while it is not whole. Raises `BadRequest`."""
        buffer = self._buffer
        if not buffer:
            data = data[_BLANK.match(data).end() :]  # type: ignore[union-attr]  # RFC 9112, 2.2; it matches nothing too
        buffer += data
        found = _END.search(buffer, max(self._searched - 2, 0))
        end = found.end() if found is not None else len(buffer)
        if end > MAX_HEAD_BYTES:
            raise BadRequest(431, "The request's head is too large")
        if found is None:
            self._searched = len(buffer)
            return None
        head = parse_head(bytes(buffer[: found.start()]).removesuffix(b"\r"))
        left = bytes(buffer[end:])
        buffer.clear()
        self._searched = 0
        return head, left


class Body:
    """Takes the framing off a request's body: chunked, a given length, or until the connection ends."""

    def __init__(self, head: Head) -> None:
        coding = head.fields.get("transfer-encoding", "identity").lower()
        if coding not in {"identity", "chunked"}:
            raise BadRequest(501, "Transfer coding not implemented")
        self._chunked = coding == "chunked"
        self._line = bytearray()
        self._between = False
        self.ended = False
        length = head.fields.get("content-length")
        self._left: int | None = None
        if self._chunked:
            self._left = 0
        elif length is not None:
            self._left = int(length)
            self.ended = self._left == 0

    def feed(self, data: bytes) -> bytes:
        """The content in the next bytes; `ended` tells when there is no more. Raises `BadRequest`."""
        if self.ended:
            return b""
        if not self._chunked:
            if self._left is None:
                return data
            content = data[: self._left]
            self._left -= len(content)
            self.ended = self._left == 0
            return content
        return self._dechunk(data)

    def _dechunk(self, data: bytes) -> bytes:
        pieces: list[bytes] = []
        at = 0
        while at < len(data) and not self.ended:
            if self._left:
                piece = data[at : at + self._left]
                pieces.append(piece)
                self._left -= len(piece)
                at += len(piece)
                self._between = self._left == 0
                continue
            newline = data.find(b"\n", at)
            stop = len(data) if newline < 0 else newline + 1
            self._line += data[at:stop]
            at = stop
            if len(self._line) > _MAX_CHUNK_LINE:
                raise BadRequest(400, "Bad chunk")
            if newline >= 0:
                self._end_line()
        return b"".join(pieces)

    def _end_line(self) -> None:
        line = bytes(self._line).removesuffix(b"\n").removesuffix(b"\r")
        self._line.clear()
        if self._between:
            if line:
                raise BadRequest(400, "Bad chunk")
            self._between = False
            return
        found = _SIZE.fullmatch(line.partition(b";")[0].rstrip(b" \t"))
        if found is None:
            raise BadRequest(400, "Bad chunk")
        self._left = int(found[0], 16)
        self.ended = self._left == 0
