"""What the engine itself says to clients, and where."""

from __future__ import annotations

from kit.contracts import Policy, Reply, ServerEvent

NAMESPACE = "/streaming"
"""The one namespace of Socket.IO in which everything happens."""


class SessionClosing(Reply, frozen=True, kw_only=True):
    """The connection ends now; `reconnect` says whether to come back, `retryAfterMs` when."""

    code: str
    reconnect: bool
    retry_after_ms: int | None = None


SESSION_CLOSING = ServerEvent("session:closing", SessionClosing, Policy.CONTROL, "This connection is being closed.")
EVENTS = (SESSION_CLOSING,)
