"""Why a connection or a request is refused by the transport, and the answers that are written below ASGI.

`engineio_server`, `polling` and `connection_protocol` choose among them. Clients that are refused by what they say of
themselves get a CONNECT_ERROR instead: `admission`.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec

_REASONS = {400: b"Bad Request", 403: b"Forbidden", 408: b"Request Timeout", 413: b"Content Too Large",
            426: b"Upgrade Required", 429: b"Too Many Requests", 431: b"Request Header Fields Too Large",
            503: b"Service Unavailable"}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Refusal:
    """An HTTP answer that ends a handshake. `reason` is what it is counted under."""

    status: int
    code: int
    message: str
    retry_after: int | None = None
    reason: str = "bad_request"

    @property
    def body(self) -> bytes:
        """In the words of the reference server."""
        return msgspec.json.encode({"code": self.code, "message": self.message})


UNKNOWN_TRANSPORT = Refusal(400, 0, "Transport unknown")
UNKNOWN_SID = Refusal(400, 1, "Session ID unknown")
BAD_METHOD = Refusal(400, 2, "Bad handshake method")
BAD_REQUEST = Refusal(400, 3, "Bad request")
BAD_ORIGIN = Refusal(403, 4, "Forbidden")
BAD_VERSION = Refusal(400, 5, "Unsupported protocol version")
TOO_LARGE = Refusal(413, 3, "Bad request")
BUSY = Refusal(503, 4, "Too many new connections; come back in a moment", retry_after=2, reason="rate")
FULL = Refusal(503, 4, "This server is full; come back later", retry_after=10, reason="descriptors")
TOO_MANY = Refusal(429, 4, "Too many connections from this address", retry_after=30, reason="address")
STOPPING = Refusal(503, 4, "This server is stopping; connect again", retry_after=1, reason="draining")


def answer(refusal: Refusal) -> bytes:
    """A whole response, after which the connection is closed."""
    body = refusal.body
    head = [b"HTTP/1.1 %d %s" % (refusal.status, _REASONS[refusal.status])]
    head += [b"Content-Type: application/json", b"Content-Length: %d" % len(body), b"Connection: close"]
    head.append(b"Cache-Control: no-store")
    if refusal.retry_after is not None:
        head.append(b"Retry-After: %d" % refusal.retry_after)
    if refusal.status == 426:
        head += [b"Upgrade: websocket", b"Sec-WebSocket-Version: 13"]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def comes_back(refusal: Refusal) -> bytes:
    """The same for a reader of server-sent events: it comes back after a 200 that ends, and after nothing else.

    (HTML Living Standard, 9.2.3: any other status fails the connection for good.)
    """
    body = event_stream_end(refusal.retry_after or 1, refusal.message)
    head = [b"HTTP/1.1 200 OK", b"Content-Type: text/event-stream; charset=utf-8", b"Content-Length: %d" % len(body)]
    head += [b"Connection: close", b"Cache-Control: no-store, no-transform"]
    return b"\r\n".join(head) + b"\r\n\r\n" + body


def event_stream_end(seconds: float, why: str) -> bytes:
    """All of an event stream that ends at once: why, as a comment, and when to come back."""
    comment = " ".join(why.split())
    return f": {comment}\nretry: {round(seconds * 1000)}\n\n".encode()
