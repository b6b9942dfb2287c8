"""Every code that tells a client what went wrong or why its connection ends: the contract's, in one place.

Programs compare these, people read the message beside them. docs/reference/events.md and rest.md say what a client does
about each.
"""

from __future__ import annotations

from typing import Final

# Errors: `error.code` of a negative ack, `code` of REST's problem+json, `data.code` of a refused connection.

INVALID_PAYLOAD: Final = "invalid_payload"
UNAUTHORIZED: Final = "unauthorized"
FORBIDDEN: Final = "forbidden"
NOT_FOUND: Final = "not_found"
UNKNOWN_EVENT: Final = "unknown_event"
CONFLICT: Final = "conflict"
RATE_LIMITED: Final = "rate_limited"
UNAVAILABLE: Final = "unavailable"
INTERNAL: Final = "internal"

# The end of a session: `code` of `session:closing`; the first also refuses a connection.

TOKEN_EXPIRED: Final = "token_expired"  # noqa: S105 - a code
SIGNED_OUT: Final = "signed_out"
BANNED: Final = "banned"
DRAINING: Final = "draining"
RESYNC: Final = "resync"

ERRORS: Final = frozenset(
    {
        INVALID_PAYLOAD, UNAUTHORIZED, FORBIDDEN, NOT_FOUND, UNKNOWN_EVENT, CONFLICT, RATE_LIMITED, UNAVAILABLE,
        INTERNAL,
    }
)  # fmt: skip
CLOSINGS: Final = frozenset({TOKEN_EXPIRED, SIGNED_OUT, BANNED, DRAINING, RESYNC})
