"""The stream of log lines that whoever watches over the platform reads: logger `security`.

Every line says who, from where, to what and with what outcome; never a password, a token or an e-mail address.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import structlog
from structlog.typing import EventDict

from kit.session import Session

_log = structlog.get_logger("security")

_QUIET_SECONDS = 60.0  # the same act of the same caller is one line a minute, with how often it was meanwhile
_REMEMBERED = 1_024  # callers and acts; the longest known give way
_SELDOM = "seldom"  # marks a line on its way to `Repeats`


class Repeats:
    """Which lines were written lately; one for a process, made where its log is set up.

    Args:
        monotonic: Seconds.
    """

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

    def __call__(self, _logger: object, _method: str, line: EventDict) -> EventDict:
        """As a processor of structlog: drops what is `seldom` to be written and was written lately."""
        if not line.pop(_SELDOM, False):
            return line
        known = tuple(str(line.get(name)) for name in ("event", "outcome", "user", "account", "address", "target"))
        left_out = self.due(known)
        if left_out is None:
            raise structlog.DropEvent
        return {**line, "repeated": left_out} if left_out else line


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
    """Write a line for what may come again and again: the same once a minute, with how often it was meanwhile.

    Which lines were written lately is known where they all come together, in the process's log (`Repeats`).
    """
    note(act, outcome=outcome, **what, **{_SELDOM: True})


def forbidden(session: Session | None, target: str, message: str, *, address: str | None = None) -> None:
    """Note that somebody tried what he may not do.

    Args:
        session: Who; None where nobody knows.
        target: What was tried: an event, or a method and a path; cut at 200 characters.
        message: Why it is forbidden.
        address: The peer's IP address, where there is no session.
    """
    refused(
        "forbidden",
        outcome=message,
        user=(session.user_id or session.member) if session else None,
        role=session.role.value if session else None,
        address=session.address if session else address,
        target=target[:200],
    )
