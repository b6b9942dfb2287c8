"""How long a process has been silent, in the waking time of whoever watches over it.

The supervisor and the private Redis ask it: on a machine that slept, no worker has hung.
"""

from __future__ import annotations

LOOK_SECONDS = 0.5
"""Between two looks of the supervisor at everything."""


class Watch:
    """How long one worker, or the private Redis, has been silent: no clock of its own, no input or output.

    Args:
        timeout: Seconds of silence after which a worker hangs.
        patience: The same until it serves: whatever it loads before that holds its event loop up.
        now: The time, in seconds of a monotonic clock.
    """

    def __init__(self, timeout: float, patience: float, now: float) -> None:
        self._timeout = timeout
        self._patience = max(patience, timeout)
        self._heard = now
        self._looked = now
        self.serves = False

    def heard(self, now: float, *, serves: bool) -> None:
        """It gave a sign of life; from `serves` on it has less time."""
        self.serves = self.serves or serves
        self._heard = now

    def look(self, now: float, expected: float) -> bool:
        """Whether it hangs. `expected`: the seconds since the last look, if the supervisor was not held up itself.

        Whoever stops the whole machine, or all of its processes, stops the workers' signs of life as well.
        """
        held_up = now - self._looked - expected
        if held_up > expected:
            self._heard = min(self._heard + held_up, now)
        self._looked = now
        return now - self._heard > (self._timeout if self.serves else self._patience)

    def silent(self, now: float) -> float:
        """Seconds since the last sign of life."""
        return now - self._heard
