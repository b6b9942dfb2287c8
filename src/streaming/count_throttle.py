"""How often numbers are published: telling everybody of everybody grows with the square of the listeners.

`module` runs the rounds at these intervals, `stream_manager` asks in each round which channels are due, and
`active_streams` how long its list rests. No number is lost: what is not due waits for a later round, which publishes
the newest.
"""

from __future__ import annotations

LISTENERS_EVERY = 1.0
"""Seconds between two rounds of `stream:listeners`: a room hears its numbers at most so often."""
REACTIONS_EVERY = 0.5
"""Seconds between two rounds of `interaction:counts`."""
LIST_EVERY = 1.0
"""Seconds between two looks whether `streams:active` has changed."""

_LISTENERS_A_SECOND = 1_000  # who are sent a number; ten times as many care less for it, and hear it every ten seconds
_LONGEST_PAUSE = 15.0
_LIST_PAUSE_MS = 5_000  # numbers alone renew the list of everybody no more often than this,
_LIST_PAUSE_MS_EACH = 0.5  # with many listeners less often by this for each of them,
_LONGEST_LIST_PAUSE_MS = 30_000  # and at least this often


class CountThrottle:
    """Which channels may publish their listener numbers now. Times are seconds of a clock that never goes back."""

    def __init__(self) -> None:
        self._published_at: dict[str, float] = {}  # by channel, as long as it matters

    def forget_old(self, now: float) -> None:
        """Drop what no pause reaches back to."""
        self._published_at = {channel: at for channel, at in self._published_at.items() if at > now - _LONGEST_PAUSE}

    def is_due(self, channel_id: str, listeners: int, now: float) -> bool:
        """Whether a channel may publish.

        Args:
            channel_id: Whose numbers.
            listeners: Everybody in its room, who would all be sent them.
            now: The time.
        """
        return now >= self._published_at.get(channel_id, float("-inf")) + pause_of_room(listeners)

    def published(self, channel_id: str, now: float) -> None:
        """A channel's numbers were published."""
        self._published_at[channel_id] = now


def pause_of_room(listeners: int) -> float:
    """Seconds between two numbers for one room, beyond `LISTENERS_EVERY`."""
    return 0.0 if listeners <= _LISTENERS_A_SECOND else min(listeners / _LISTENERS_A_SECOND, _LONGEST_PAUSE)


def pause_of_list_ms(listeners: int) -> float:
    """Milliseconds that the list of all streams rests where only numbers changed, by the listeners of all of them."""
    return min(max(_LIST_PAUSE_MS, listeners * _LIST_PAUSE_MS_EACH), _LONGEST_LIST_PAUSE_MS)
