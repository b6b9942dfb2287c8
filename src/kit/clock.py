"""Time as an argument: services are given a clock, tests move it.

Nothing else of ours may ask for the wall-clock time.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Clock(Protocol):
    """Wall-clock time."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        ...


class SystemClock:
    """The machine's clock."""

    def now_ms(self) -> int:
        """Unix time in milliseconds."""
        return time.time_ns() // 1_000_000


def to_datetime(ms: int) -> datetime:
    """Unix milliseconds as an aware UTC datetime."""
    return EPOCH + timedelta(milliseconds=ms)  # exact, where dividing is not


def to_rfc3339(ms: int) -> str:
    """Unix milliseconds as REST shows times (RFC 3339, UTC, milliseconds)."""
    return to_datetime(ms).isoformat(timespec="milliseconds").replace("+00:00", "Z")
