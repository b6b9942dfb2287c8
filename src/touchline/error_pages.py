"""What people read in place of a problem+json: a page of the listener's app that says what is wrong, and a way on.

`touchline.http` asks it about every error. Programs must get the problem itself, whatever they accept.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any

from litestar import Request, Response

ADDRESS_LENGTH = 120
"""Characters of an address that are shown; one may be 64 KiB long."""

# Doors of programs. A browser that is sent there by hand gets what a program gets, except from the player's addresses.
_MACHINES = re.compile(r"/(api|health|metrics|socket\.io|assets|webcast|whip|whep|embed)(/|$)")
_PLAYERS = re.compile(r"/(listen|hls|live)(/|$)|/[^/]*\.(mp3|aac|ogg|opus|m3u8?|pls|xspf|xsl)$", re.IGNORECASE)

_SCRIPTS = re.compile(r"\s*<(script)\b[^>]*></\1>|\s*<link rel=\"modulepreload\"[^>]*>")
_TITLE = re.compile(r"<title>[^<]*</title>")
_ROOT = '<div id="app"></div>'


def wants_page(request: Request[Any, Any, Any]) -> bool:
    """Whether a person asks: a browser on its way to a page, or anybody who did not ask for JSON outside of the API."""
    path, accepts = request.url.path, request.headers.get("accept", "").lower()
    if request.method not in {"GET", "HEAD"} or _MACHINES.match(path):
        return False
    if "text/html" in accepts:
        return True
    return "json" not in accepts and not _PLAYERS.search(path)


def not_found(html: bytes, request: Request[Any, Any, Any], title: str = "Page not found") -> Response[bytes]:
    """The page of an app, for an address behind which there is nothing: 404, with a title of its own."""
    raw: bytes = request.scope.get("raw_path") or request.url.path.encode()
    # As it was sent, percent signs and all: no direction marks and no look-alikes of other letters are drawn.
    address = raw.decode("ascii", "replace").partition("?")[0]
    shown = escape(address if len(address) <= ADDRESS_LENGTH else address[: ADDRESS_LENGTH - 1] + "…")
    words = f"<p>There is nothing at <code>{shown}</code>, or no longer.</p>"
    return _page(html.decode(), 404, title, words, {})


def for_people(html: bytes, request: Request[Any, Any, Any], answer: Response[Any]) -> Response[Any]:
    """What answers a request that failed: `answer` itself, or a page with its status and its sentence."""
    if not wants_page(request):
        return answer
    if answer.status_code == 404:
        return not_found(html, request)
    # The app would show the page that could not be had: it is left out.
    shell = _SCRIPTS.sub("", html.decode())
    words = f"<p>{escape(str(answer.content.get('detail', '')))}</p>"
    if ref := answer.content.get("ref"):
        words += f"<p>Reference: <code>{escape(str(ref))}</code></p>"
    headers = {name: value for name, value in answer.headers.items() if name.lower() == "retry-after"}
    return _page(shell, answer.status_code or 500, str(answer.content["title"]), words, headers)


def _page(html: str, status: int, title: str, words: str, headers: dict[str, str]) -> Response[bytes]:
    heading = escape(title)
    body = (
        f'<div id="app"><main id="main" class="nowhere"><h1>{heading}</h1>{words}'
        '<p><a href="/">See who is live</a></p></main></div>'
    )
    html = _TITLE.sub(lambda _: f"<title>{heading} · Touchline</title>", html, count=1)
    html = html.replace(_ROOT, body, 1)
    return Response(
        html.encode(),
        status_code=status,
        media_type="text/html",
        headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex", **headers},
    )
