"""WebSocket framing after RFC 6455, server side, without input or output: bytes in, messages out.

`engineio_socket` and `upgrade` feed it; `connection_protocol` has the handshake.
"""

from __future__ import annotations

import base64
import binascii
import hashlib

try:
    from websockets.speedups import apply_mask
except ImportError:  # pragma: no cover - a platform without the compiled part
    from websockets.utils import apply_mask

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0x0, 0x1, 0x2, 0x8, 0x9, 0xA

NORMAL, GOING_AWAY, PROTOCOL_ERROR, NO_CODE = 1000, 1001, 1002, 1005
INVALID_DATA, POLICY_VIOLATION, TOO_BIG, TRY_LATER = 1007, 1008, 1009, 1013

_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455, section 1.3
_MAX_FRAGMENTS = 1024  # a message of 64 KiB in pieces of 64 bytes; pieces without content must have an end too

Message = tuple[int, str | bytes]
"""An opcode with its payload: TEXT carries a str, everything else bytes."""


class WebSocketError(Exception):
    """The peer broke the protocol: close with `code`. `messages` are those that were complete before."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason
        self.messages: list[Message] = []


def accept_key(key: bytes) -> bytes | None:
    """The answer to a `Sec-WebSocket-Key`; None if that is not base64 of 16 bytes."""
    try:
        if len(base64.b64decode(key, validate=True)) != 16:
            return None
    except binascii.Error:
        return None
    return base64.b64encode(hashlib.sha1(key + _GUID, usedforsecurity=False).digest())


def frame(opcode: int, payload: bytes) -> bytes:
    """One complete, unmasked frame, as servers send them."""
    size = len(payload)
    if size < 126:
        return bytes((0x80 | opcode, size)) + payload
    if size < 65536:
        return bytes((0x80 | opcode, 126)) + size.to_bytes(2, "big") + payload
    return bytes((0x80 | opcode, 127)) + size.to_bytes(8, "big") + payload


def text_frame(payload: bytes) -> bytes:
    """A text frame; the payload is UTF-8."""
    return frame(TEXT, payload)


def close_frame(code: int, reason: str = "") -> bytes:
    """A close frame; an empty one for 1005, which is never on the wire. The reason is cut to what fits."""
    if code == NO_CODE:
        return frame(CLOSE, b"")
    return frame(CLOSE, code.to_bytes(2, "big") + reason.encode()[:123].decode(errors="ignore").encode())


def close_code(payload: bytes) -> int:
    """The status code of a received close frame's payload, which the reader has checked; 1005 if it has none."""
    return int.from_bytes(payload[:2], "big") if payload else NO_CODE


class FrameReader:
    """Takes what a client sends apart into messages.

    What it keeps is bounded by `limit`: a frame that announces more is refused by its header.

    Args:
        limit: The largest message in bytes, over all its fragments.
    """

    __slots__ = ("_buffer", "_ended", "_fragments", "_limit", "_need", "_opcode", "_parts")

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._buffer: bytearray | None = None  # the beginning of a frame
        self._need = 0  # nothing can be done before the buffer has this many bytes
        self._opcode = 0  # of the fragmented message under way
        self._parts: bytearray | None = None
        self._fragments = 0
        self._ended = False

    @property
    def buffered(self) -> int:
        """Bytes kept for later."""
        return len(self._buffer or b"") + len(self._parts or b"")

    def feed(self, data: bytes) -> list[Message]:
        """The messages that are complete now, control frames among them in their place.

        After a close frame or an error nothing is read any more.

        Raises:
            WebSocketError: The protocol is broken, or a message is too big.
        """
        if self._buffer is None:
            size = len(data) - 6
            # The usual case: one small text message, alone and whole.
            if 0 <= size < 126 and data[0] == 0x81 and data[1] == 0x80 | size and self._whole(size):
                try:
                    return [(TEXT, apply_mask(data[6:], data[2:6]).decode())]
                except UnicodeDecodeError:
                    self._end()
                    raise WebSocketError(INVALID_DATA, "not UTF-8") from None
        else:
            self._buffer += data
            if len(self._buffer) < self._need:
                return []
            data = bytes(self._buffer)
            self._buffer = None
        messages: list[Message] = []
        if self._ended:
            return messages
        try:
            position = self._read(data, messages)
        except WebSocketError as error:
            self._end()
            error.messages = messages
            raise
        if not self._ended and position < len(data):
            self._buffer = bytearray(data[position:])
        return messages

    def _whole(self, size: int) -> bool:
        return not self._opcode and not self._ended and size <= self._limit

    def _end(self) -> None:
        self._ended = True
        self._buffer = self._parts = None

    def _read(self, data: bytes, messages: list[Message]) -> int:
        """Read whole frames; returns the position of the first that is not whole."""
        position, end = 0, len(data)
        while not self._ended:
            left = end - position
            if left < 2:
                self._need = 2
                break
            first, length = data[position], data[position + 1] & 0x7F
            self._check_header(first, data[position + 1])
            header = 6
            if length == 126:
                header = 8
                if left < 4:
                    self._need = 4
                    break
                length = int.from_bytes(data[position + 2 : position + 4], "big")
                if length < 126:
                    raise WebSocketError(PROTOCOL_ERROR, "length not in its shortest form")
            elif length == 127:
                header = 14
                if left < 10:
                    self._need = 10
                    break
                length = int.from_bytes(data[position + 2 : position + 10], "big")
                if length < 65536 or length >> 63:
                    raise WebSocketError(PROTOCOL_ERROR, "length not in its shortest form")
            opcode = first & 0x0F
            if opcode < CLOSE and length + len(self._parts or b"") > self._limit:
                raise WebSocketError(TOO_BIG, "message too big")
            if left < header + length:
                self._need = header + length
                break
            start = position + header
            payload = apply_mask(data[start : start + length], data[start - 4 : start])
            position = start + length
            self._take(opcode, first & 0x80, payload, messages)
        return position

    def _check_header(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if first & 0x70:
            raise WebSocketError(PROTOCOL_ERROR, "reserved bits are set")
        if not second & 0x80:
            raise WebSocketError(PROTOCOL_ERROR, "frame is not masked")
        if opcode >= CLOSE:
            if opcode > PONG:
                raise WebSocketError(PROTOCOL_ERROR, "reserved opcode")
            if not first & 0x80 or second & 0x7F > 125:
                raise WebSocketError(PROTOCOL_ERROR, "control frame in fragments or too long")
        elif opcode > BINARY:
            raise WebSocketError(PROTOCOL_ERROR, "reserved opcode")
        elif (opcode == CONTINUATION) != bool(self._opcode):
            raise WebSocketError(PROTOCOL_ERROR, "fragments out of order")

    def _take(self, opcode: int, final: int, payload: bytes, messages: list[Message]) -> None:
        if opcode >= CLOSE:
            if opcode == CLOSE:
                _check_close(payload)
                self._end()
            messages.append((opcode, payload))
            return
        if opcode and final:
            messages.append(_message(opcode, payload))
            return
        if opcode:
            self._opcode, self._parts, self._fragments = opcode, bytearray(), 0
        assert self._parts is not None  # noqa: S101 - continuations without a beginning were refused
        self._parts += payload
        self._fragments += 1
        if self._fragments > _MAX_FRAGMENTS:
            raise WebSocketError(POLICY_VIOLATION, "too many fragments")
        if final:
            opcode, whole = self._opcode, bytes(self._parts)
            self._opcode, self._parts = 0, None
            messages.append(_message(opcode, whole))


def _message(opcode: int, payload: bytes) -> Message:
    if opcode == BINARY:
        return BINARY, payload
    try:
        return TEXT, payload.decode()
    except UnicodeDecodeError:
        raise WebSocketError(INVALID_DATA, "not UTF-8") from None


def _check_close(payload: bytes) -> None:
    if not payload:
        return
    code = close_code(payload)
    # RFC 6455, section 7.4, and the codes registered with IANA since.
    known = 1000 <= code <= 1003 or 1007 <= code <= 1014 or 3000 <= code <= 4999
    if len(payload) < 2 or not known:
        raise WebSocketError(PROTOCOL_ERROR, "bad close code")
    try:
        payload[2:].decode()
    except UnicodeDecodeError:
        raise WebSocketError(INVALID_DATA, "not UTF-8") from None
