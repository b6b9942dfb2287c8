"""What no well-behaved client sends. Each kind ends at most the connection that it came over."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.support.websocket_frames import frame, masked


def _text(text: str) -> bytes:
    return masked(text.encode())


KINDS: dict[str, Callable[[random.Random], bytes]] = {
    "random bytes": lambda chance: chance.randbytes(chance.randint(1, 3000)),
    "random text": lambda chance: masked(chance.randbytes(chance.randint(1, 500)).hex().encode()),
    "not UTF-8": lambda _: masked(b"4\xff\xfe\xfd"),
    "no mask": lambda _: frame(0x81, b"42/streaming,[]", mask=False),
    "reserved bits": lambda _: frame(0xF1, b"4"),
    "reserved opcode": lambda _: frame(0x83, b"4"),
    "long control frame": lambda _: frame(0x89, b"x" * 200),
    "continuation of nothing": lambda _: frame(0x80, b"more"),
    "a frame of 2^62 bytes": lambda _: b"\x81\xff" + (1 << 62).to_bytes(8, "big") + b"\0\0\0\0" + b"x" * 100,
    "a message that is too long": lambda _: b"".join(frame(first, b"4" * 60_000) for first in (0x01, 0x00, 0x00, 0x80)),
    "a bad close code": lambda _: frame(0x88, (999).to_bytes(2, "big")),
    "an unknown packet type": lambda _: _text("9"),
    "an empty message": lambda _: _text(""),
    "no such Socket.IO packet": lambda _: _text("49"),
    "a broken event": lambda _: _text('42/streaming,["chat:send",{"channelId"'),
    "an attachment too few": lambda _: _text('452-/streaming,["x",{"_placeholder":true,"num":0}]') + _text("40"),
    "an event in no namespace": lambda _: _text('42/nowhere,["chat:send",{}]'),
    "a forged disconnect": lambda _: _text('42/streaming,["disconnect",{}]') + _text('42/streaming,["connect",{}]'),
    "deep JSON": lambda _: _text("42/streaming," + "[" * 20_000),
    "many events at once": lambda _: _text('42/streaming,["heartbeat",{}]') * 1200,
    "many pings": lambda _: frame(0x89, b"are you there") * 400,
}
"""By name: bytes to send over an open WebSocket."""
