"""When to leave a provider alone: a circuit breaker for all its feeds, and growing pauses for each.

Pure but for the clock. The supervisor keeps one for each base URL, and runners ask it before they ask the provider.
"""

from __future__ import annotations

from collections.abc import Callable

from feeds.contracts import BreakerState
from kit.clock import Clock

THRESHOLD = 5
"""Failures in a row, of whichever match, that open the circuit."""

OPEN_MS = 30_000
"""How long nothing is asked before one feed tries again; doubled for each trial that fails, up to `MAX_OPEN_MS`."""

MAX_OPEN_MS = 300_000
"""A provider that is back is noticed within five minutes."""

BASE_S = 1.0
"""The first pause of a feed that failed."""

MAX_BACKOFF_S = 120.0
"""The longest pause of a feed that keeps failing."""


class Breaker:
    """Closed: all may ask. Open: none. Half open: one may, and its answer decides."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._failures = 0
        self._opened_for = OPEN_MS
        self._until: int | None = None
        self._trial_until: int | None = None

    @property
    def state(self) -> BreakerState:
        """Whether it is closed, open or half open at this moment."""
        if self._until is None:
            return "closed"
        return "open" if self._clock.now_ms() < self._until else "half_open"

    def wait_ms(self) -> int:
        """Milliseconds until the caller may ask; with 0 it may now, and a half-open circuit is the caller's trial."""
        if self._until is None:
            return 0
        now = self._clock.now_ms()
        if now < self._until:
            return self._until - now
        if self._trial_until is not None and now < self._trial_until:
            return self._trial_until - now
        self._trial_until = now + OPEN_MS  # one that never reports back does not block the others for good
        return 0

    def succeeded(self) -> None:
        """The provider answered."""
        self._failures, self._until, self._trial_until, self._opened_for = 0, None, None, OPEN_MS

    def failed(self, retry_after: float | None = None) -> None:
        """The provider did not; `retry_after` in seconds where it named a pause itself, which holds for all feeds."""
        self._failures += 1
        now = self._clock.now_ms()
        if self._until is not None and now >= self._until:
            self._opened_for = min(self._opened_for * 2, MAX_OPEN_MS)
            self._until, self._trial_until = now + self._opened_for, None
        elif self._failures >= THRESHOLD and self._until is None:
            self._until = now + self._opened_for
        if retry_after is not None:
            self._until = max(self._until or 0, now + round(retry_after * 1000))
            self._trial_until = None


def backoff_s(failures: int, chance: Callable[[], float]) -> float:
    """The pause after that many failures in a row, in seconds: it doubles, and half of it is chance.

    Args:
        failures: 1 and more.
        chance: From 0 to 1, so that feeds that fell together do not come back together.
    """
    whole: float = min(BASE_S * 2 ** min(failures - 1, 10), MAX_BACKOFF_S)
    return whole * (0.5 + chance() / 2)
