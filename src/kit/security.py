"""The stream of log lines that whoever watches over the platform reads: logger `security`.

Every line says who, from where, to what and with what outcome; never a password, a token or an e-mail address.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

import structlog

from kit.session import Session

_log = structlog.get_logger("security")

_QUIET_SECONDS = 60.0  # the same act of the same caller is one line a minute, with how often it was meanwhile
_REMEMBERED = 1_024  # callers and acts; the longest known give way


class Repeats:
    """Which lines were written lately."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._seen: dict[tuple[str, ...], tuple[float, int]] = {}

    def due(self, key: tuple[str, ...]) -> int | None:
        """How many lines were left out since the last one, if it is time for another; else None."""
        now = self._monotonic()
        since, left_out = self._seen.pop(key, (now - _QUIET_SECONDS, 0))
        due = now - since >= _QUIET_SECONDS
        self._seen[key] = (now, 0) if due else (since, left_out + 1)
        if len(self._seen) > _REMEMBERED:
            del self._seen[next(iter(self._seen))]
        return left_out if due else None


_repeats = Repeats(time.monotonic)


def note(act: str, *, outcome: str, **what: Any) -> None:  # noqa: ANN401 - what a log line takes
    """Write one line, whatever was written before.

    Args:
        act: What was tried: `sign-in`, `source`, `refresh`.
        outcome: How it ended: `ok`, or why it was refused, in a word or a few.
        what: Who (`account`, `user`), from where (`address`), to what (`target`).
    """
    write = _log.info if outcome == "ok" else _log.warning
    write(act, outcome=outcome, **{name: value for name, value in what.items() if value is not None})


def refused(act: str, *, outcome: str, **what: Any) -> None:  # noqa: ANN401 - as above
    """Write a line for what may come again and again: the same once a minute, with how often it was meanwhile."""
    known = tuple(str(what.get(name)) for name in ("user", "account", "address", "target"))
    repeated = _repeats.due((act, outcome, *known))
    if repeated is not None:
        note(act, outcome=outcome, **what, repeated=repeated or None)


def forbidden(session: Session | None, target: str, message: str, *, address: str | None = None) -> None:
    """Note that somebody tried what he may not do."""
    refused(
        "forbidden",
        outcome=message,
        user=(session.user_id or session.member) if session else None,
        role=session.role.value if session else None,
        address=session.address if session else address,
        target=target[:200],
    )
