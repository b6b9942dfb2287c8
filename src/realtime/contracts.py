"""What the engine itself says to clients."""

from __future__ import annotations

from kit.contracts import Policy, Reply, ServerEvent


class SessionClosing(Reply, frozen=True, kw_only=True):
    """The connection ends now; `reconnect` says whether to come back, `retryAfterMs` when."""

    code: str
    reconnect: bool
    retry_after_ms: int | None = None


SESSION_CLOSING = ServerEvent("session:closing", SessionClosing, Policy.CONTROL, "This connection is being closed.")
EVENTS = (SESSION_CLOSING,)
