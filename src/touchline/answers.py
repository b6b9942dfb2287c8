"""Answers outside Litestar's handlers: what the edge says itself, and errors where an error would be misread.

`touchline.http` calls it. Nothing here may depend on who is calling.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec
from litestar import Request, Response

from kit import codes
from realtime.refusals import event_stream_end
from touchline.problems import Handler, document

EVENTS = "/api/events"
SOUND = "/listen/"
"""Answers below it are anybody's: players on other sites' pages read them, errors as well."""

_HOST = re.compile(rb"(?:[A-Za-z0-9._~%!$&'()*+;=-]*|\[[0-9A-Fa-f:.]+\])(?::([0-9]{0,5}))?")  # RFC 3986, 3.2.2
_COMES_BACK_SECONDS = 5.0  # where the error does not say when
_PREFLIGHT = [
    (b"access-control-allow-origin", b"*"),
    (b"access-control-allow-methods", b"GET, HEAD, OPTIONS"),
    (b"access-control-allow-headers", b"Icy-MetaData, Range"),
    (b"access-control-max-age", b"86400"),
    (b"cache-control", b"no-store"),
]
_EXPOSED = b"icy-name, icy-description, icy-br, icy-metaint, retry-after, content-range"


async def answer_preflight(send: Any) -> None:  # noqa: ANN401 - ASGI
    """What may be asked of the sound by pages of other sites (Fetch standard, 4.8)."""
    await send({"type": "http.response.start", "status": 204, "headers": list(_PREFLIGHT)})
    await send({"type": "http.response.body", "body": b""})


async def refuse_address(send: Any) -> None:  # noqa: ANN401 - ASGI
    """An address that is none: a NUL ends a name for the system and for PostgreSQL, and a host is a name and a port."""
    detail = "An address or parameter has a NUL in it, or `Host` is no host."
    body = msgspec.json.encode(document(400, codes.INVALID_PAYLOAD, detail))
    headers = [(b"content-type", b"application/problem+json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": 400, "headers": headers})
    await send({"type": "http.response.body", "body": body})


def is_no_address(scope: Any) -> bool:  # noqa: ANN401 - ASGI
    """Whether the path or the query of a request has a NUL, or `Host` is none (RFC 9112, 3.2)."""
    for name, value in scope["headers"]:
        if name == b"host" and ((found := _HOST.fullmatch(value)) is None or int(found[1] or 0) > 65_535):
            return True
    return "\x00" in scope["path"] or b"%00" in scope["query_string"] or b"\x00" in scope["query_string"]


def completed(path: str, headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """An answer's headers, with what its handler does not say.

    Under /api nothing is kept by anybody unless the handler says that it may be: who is signed in, tokens, and errors
    of both are nobody else's. Sound is everybody's, whichever sites the rest is open to.
    """
    if path.startswith("/api/") and all(name.lower() != b"cache-control" for name, _ in headers):
        return [*headers, (b"cache-control", b"no-store")]
    if path.startswith(SOUND):
        others = [header for header in headers if not header[0].lower().startswith(b"access-control-")]
        return [*others, (b"access-control-allow-origin", b"*"), (b"access-control-expose-headers", _EXPOSED)]
    return headers


def lets_readers_return(handler: Handler) -> Handler:
    """An error handler that ends event streams so that browsers come back, where coming back may help.

    An `EventSource` gives up for good after any other status than 200 (HTML Living Standard, 9.2.3). What will not
    change by itself, a channel that does not exist or a parameter that makes no sense, stays an error.
    """

    def handle(request: Request[Any, Any, Any], error: Any) -> Response[Any]:  # noqa: ANN401 - any kind of error
        answer = handler(request, error)
        status = answer.status_code or 0
        if request.scope["path"] != EVENTS or (status != 429 and status < 500):
            return answer
        seconds = float(answer.headers.get("Retry-After", _COMES_BACK_SECONDS))
        return Response(
            event_stream_end(seconds, _reason(answer)),
            media_type="text/event-stream",
            headers={"Cache-Control": "no-store, no-transform"},
        )

    return handle


def _reason(answer: Response[Any]) -> str:
    return str(answer.content.get("detail", "")) if isinstance(answer.content, dict) else ""
