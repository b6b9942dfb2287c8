"""What WebSocket clients write, byte by byte (RFC 6455): for tests, and for the benchmarks' clients."""

from __future__ import annotations

UPGRADE = (
    "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
    "Sec-WebSocket-Version: 13\r\n"
)
"""The header fields of a handshake."""

TEXT = 0x81
"""The first byte of a text frame that is a whole message."""


def frame(first: int, payload: bytes, *, mask: bool = True) -> bytes:
    """One frame, of less than 64 KiB; its mask is zero, so that masking costs the client nothing.

    Args:
        first: The first byte: FIN, reserved bits and opcode.
        payload: What it carries.
        mask: False for what no client may send.
    """
    size = len(payload)
    bit = 0x80 if mask else 0
    head = bytes((first, bit | size)) if size < 126 else bytes((first, bit | 126)) + size.to_bytes(2, "big")
    return head + (b"\0\0\0\0" if mask else b"") + payload


def masked(payload: bytes) -> bytes:
    """A text frame."""
    return frame(TEXT, payload)
