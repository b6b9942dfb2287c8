"""Answers that end with their connection (RFC 9112, 6.3, 8), for readers that know no chunks.

`connection_protocol` builds on this.
"""

from __future__ import annotations

from collections.abc import Iterable

from uvicorn._types import ASGISendEvent
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

_FRAMED = {b"content-length", b"transfer-encoding"}
_MORE_THAN_COMES = 2**62  # bytes


class CloseDelimitedProtocol(HttpToolsProtocol):  # type: ignore[misc, unused-ignore]
    """uvicorn's protocol, and where an answer has no length and its connection is closed, the close is the end.

    uvicorn chunks every answer that has no length. In HTTP/1.0 there are no chunks (RFC 9112, 6.1), and players that
    ask for ICY read them as sound. So an answer without a length to a request of HTTP/1.0, and one that says
    `Connection: close`, ends with its connection (RFC 9112, 6.3, 8).
    """

    def on_headers_complete(self) -> None:
        """The head is read; its answer is given in a task that has not begun yet."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before:  # an upgrade has none
            self.cycle.__class__ = _Cycle  # uvicorn has no place to name another one


class _Cycle(RequestResponseCycle):
    """One request and its answer."""

    async def send(self, message: ASGISendEvent) -> None:
        """Send a part of the answer."""
        if message["type"] == "http.response.start" and not self.response_started:
            if self._ends_with_connection(message.get("headers", ())):
                self.keep_alive = False
                self.chunked_encoding = False
                self.expected_content_length = _MORE_THAN_COMES
        elif (
            message["type"] == "http.response.body"
            and self.expected_content_length > _MORE_THAN_COMES // 2
            and not message.get("more_body", False)
        ):
            self.expected_content_length = len(message.get("body", b""))
        await super().send(message)

    def _ends_with_connection(self, headers: Iterable[tuple[bytes, bytes]]) -> bool:
        closes = self.scope["http_version"] == "1.0"
        for name, value in headers:
            lower = name.lower()
            if lower in _FRAMED:
                return False
            if lower == b"connection" and value.lower() == b"close":
                closes = True
        return closes
