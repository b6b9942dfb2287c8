"""The errors a client can meet, each with its code on the wire (the codes of `docs/reference`).

Services raise these; only the dispatcher and `touchline.http` turn them into an ack or a problem+json answer.
"""

from __future__ import annotations

from kit import codes


class DomainError(Exception):
    """A rule was not met. `message` is written for the person who reads it; it never holds a secret."""

    code = codes.INTERNAL

    def __init__(self, message: str, *, retry_after: float | None = None, reason: str | None = None) -> None:
        """Say what is wrong.

        Args:
            message: One clear sentence for the caller.
            retry_after: Seconds after which the same call may succeed.
            reason: A finer code for places that promise one (`token_expired` at the connection).
        """
        super().__init__(message)
        self.message = message
        self.retry_after = retry_after
        self.reason = reason


class InvalidPayload(DomainError):
    """The input does not have the promised shape."""

    code = codes.INVALID_PAYLOAD

    def __init__(
        self, message: str, *, field: str | None = None, retry_after: float | None = None, reason: str | None = None
    ) -> None:
        """Say what is wrong, and in which field (its name in the input) where it is one."""
        super().__init__(message, retry_after=retry_after, reason=reason)
        self.field = field


class Unauthorized(DomainError):
    """Nobody is signed in, or the proof of it is bad."""

    code = codes.UNAUTHORIZED


class Forbidden(DomainError):
    """Somebody is signed in, and may not do this."""

    code = codes.FORBIDDEN


class NotFound(DomainError):
    """There is no such thing, or the caller may not know of it."""

    code = codes.NOT_FOUND


class UnknownEvent(DomainError):
    """No event of this name is open to clients."""

    code = codes.UNKNOWN_EVENT


class Conflict(DomainError):
    """It contradicts the present state."""

    code = codes.CONFLICT


class Outdated(Conflict):
    """The thing has changed since the caller read it. `version` is the present one."""

    def __init__(self, message: str, *, version: int) -> None:
        """Say what is wrong, and the version to read again."""
        super().__init__(message, reason="version")
        self.version = version


class RateLimited(DomainError):
    """Too many calls; `retry_after` says when to come back."""

    code = codes.RATE_LIMITED


class Unavailable(DomainError):
    """A part that is needed does not answer now."""

    code = codes.UNAVAILABLE
