"""Whether a store does what it is asked: in the log once when that ends and once when it is back.

`kit.db` and `kit.redis` have one each. Callers are told that something is away, never what or why.
"""

from __future__ import annotations

import structlog

from kit.clock import Clock, SystemClock, to_rfc3339
from kit.errors import Unavailable

log = structlog.get_logger(__name__)

AWAY_SECONDS = 2.0
"""When to try again while a store is away: it mostly is for as long as its restart takes."""

_QUIET_MS = 5_000
"""So long nothing may fail until an outage is over: of a store that only answers reads, every second call succeeds."""


class Outage:
    """The state of one store, as this process finds it."""

    def __init__(self, store: str, clock: Clock | None = None) -> None:
        """Watch a store, by the name that the log shows."""
        self._store = store
        self._clock = clock or SystemClock()
        self._since: int | None = None
        self._last = 0
        self._reason = ""

    @property
    def reason(self) -> str | None:
        """Why it did not do the last thing that it refused, while it is away; else None."""
        return None if self._since is None else self._reason

    def failed(self, reason: str) -> None:
        """It did not do something. `reason` is a clause about it: "its disk is full"."""
        now = self._clock.now_ms()
        self._last, self._reason = now, reason
        if self._since is None:
            self._since = now
            log.warning("store away", store=self._store, reason=reason, since=to_rfc3339(now))

    def answered(self) -> None:
        """Note that it did what it was asked."""
        if self._since is None:
            return
        if self._clock.now_ms() - self._last >= _QUIET_MS:
            log.warning(
                "store back",
                store=self._store,
                since=to_rfc3339(self._since),
                seconds=round((self._last - self._since) / 1000, 1),
            )
            self._since = None


def unavailable(part: str = "A part of the gateway") -> Unavailable:
    """What a caller is told of an outage; why is in the log alone."""
    return Unavailable(f"{part} does not answer now; try again.", retry_after=AWAY_SECONDS)
