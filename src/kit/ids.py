"""Time-ordered ids, after the ULID specification (github.com/ulid/spec), in lower case.

All rows have such ids, so that the order of ids is that of time: pages and cursors rely on it (`kit.paging`).
"""

from __future__ import annotations

import secrets
from collections.abc import Callable

from kit.clock import Clock

_ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"  # Crockford's base 32
_PAIRS = [first + second for first in _ALPHABET for second in _ALPHABET]


class UlidGenerator:
    """Makes ids that sort by the moment they were made, also within one millisecond of one process."""

    def __init__(self, clock: Clock, random_bits: Callable[[int], int] = secrets.randbits) -> None:
        self._clock = clock
        self._random_bits = random_bits
        self._last_ms = -1
        self._tail = 0

    def new(self) -> str:
        """A new id: 26 characters, 48 bits of time and 80 of randomness."""
        ms = self._clock.now_ms()
        if ms > self._last_ms:
            self._last_ms = ms
            self._tail = self._random_bits(80) >> 1  # head-room, so that counting up never overflows
        else:
            self._tail += 1 + self._random_bits(16)
        value = (self._last_ms << 80) | (self._tail & (2**80 - 1))
        return "".join([_PAIRS[(value >> shift) & 1023] for shift in range(120, -1, -10)])
