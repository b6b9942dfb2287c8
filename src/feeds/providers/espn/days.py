"""On which day's scoreboard a match is looked for: ESPN's days are those of the US East.

A match of cricket that lasts five days is on the scoreboard of each of them, and what the earlier ones say of it need
not be of now. Asia's and Oceania's matches of a morning begin on the evening before in the US; where a scoreboard has
them by their own day instead, they are found a day later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from kit.contracts import Instant

MAX_DAYS = 9
"""Days after the first on which a match is looked for: five of play with a day of rest, a reserve day, the edges."""

PROBE_MS = 300_000
"""While a match is read from an earlier day's scoreboard, today's is asked as often as this."""

_EAST = ZoneInfo("America/New_York")
_DAY = timedelta(days=1)


def _on(ms: int, zone: ZoneInfo | None = None) -> date:
    return datetime.fromtimestamp(ms / 1000, UTC).astimezone(zone or UTC).date()


def day_of(moment: Instant) -> str:
    """The day on whose scoreboard a match that begins then is, as `20260131`."""
    return _on(moment.ms, _EAST).strftime("%Y%m%d")


class Days:
    """Remembers where a match was found last."""

    def __init__(self, scheduled: Instant, *, lasts: bool) -> None:
        """Look for a match.

        Args:
            scheduled: When it begins.
            lasts: Whether it may go on for days, so that today's scoreboard goes before an earlier day's.
        """
        self._first = _on(scheduled.ms, _EAST)
        self._lasts = lasts
        self._last: date | None = None
        self._probed_ms: int | None = None

    def candidates(self, now_ms: int) -> Iterator[tuple[str, date]]:
        """The days in the order in which they are asked, as `20260131` and as dates, until the match is found."""
        today = [self._within(_on(now_ms)), self._within(_on(now_ms, _EAST))]  # UTC's is the same day or the next
        around = [self._first, *today, *(day + step for day in today[1:] for step in (_DAY, -_DAY))]
        before = [self._last] if self._last is not None else []
        days = [*before, *around]
        if self._lasts and self._last != today[0] and self._may_probe(now_ms):
            self._probed_ms = now_ms
            days = [*today, *days]
        for day in dict.fromkeys(days):
            yield day.strftime("%Y%m%d"), day

    def found(self, day: date) -> None:
        """The match is on that day's scoreboard."""
        self._last = day

    def _within(self, day: date) -> date:
        return min(max(day, self._first), self._first + MAX_DAYS * _DAY)

    def _may_probe(self, now_ms: int) -> bool:
        return self._last is None or self._probed_ms is None or now_ms - self._probed_ms >= PROBE_MS
