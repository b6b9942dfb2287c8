"""The door for players: MP3 over HTTP, with titles for those that ask.

Litestar serves it at `/listen/{slug}`. It only translates: who may listen and what comes is up to `AudioService`.
"""

from __future__ import annotations

import asyncio
import re
from typing import Annotated, Any

from litestar import Request, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response.base import ASGIResponse
from litestar.status_codes import HTTP_206_PARTIAL_CONTENT
from litestar.types import Receive, Send

from audio.icy import INTERVAL, TitleInserter
from audio.service import MAX_PROBE_BYTES, AudioService, Listening, OnAir, member_of

_MAX_HEADER_CHARACTERS = 200
_BEGINNING = re.compile(r"bytes\s*=\s*0\s*-\s*(\d{1,5})")


class PlayerResponse(ASGIResponse):
    """Sound until the player leaves or there is no more of it.

    Args:
        plain: The player may know no chunks: the end of the sound is the end of the connection.
    """

    def __init__(
        self,
        audio: AudioService,
        on_air: OnAir,
        *,
        titles: bool,
        member: str,
        session: str | None,
        plain: bool,
        head: bool,
    ) -> None:
        super().__init__(
            headers=_headers(on_air, titles=titles), media_type="audio/mpeg", is_head_response=head, content_length=0
        )
        if "content-length" in self.headers:
            del self.headers["content-length"]
        if plain:
            self.headers["connection"] = "close"
        if head:
            self.headers["content-type"] = "audio/mpeg"
        self._audio = audio
        self._on_air = on_air
        self._inserter = TitleInserter() if titles else None
        self._member = member
        self._session = session

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send sound as it comes."""
        async with self._audio.listen(self._on_air, member=self._member, session=self._session) as listening:
            watch = asyncio.create_task(_end_when_gone(receive, listening), name="player watch")
            try:
                while sound := await listening.next():
                    if self._inserter is not None:
                        sound = self._inserter.insert(sound, listening.title)
                    await send({"type": "http.response.body", "body": sound, "more_body": True})
            finally:
                watch.cancel()
        await send({"type": "http.response.body", "body": b"", "more_body": False})


async def _end_when_gone(receive: Receive, listening: Listening) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass  # the request's empty body
    listening.end()


def _headers(on_air: OnAir, *, titles: bool) -> dict[str, str]:
    headers = {
        "icy-name": _header(on_air.channel.name),
        "icy-description": _header(on_air.channel.description),
        "icy-pub": "0",
        "Cache-Control": "no-store",
        "Access-Control-Allow-Origin": "*",
        "Access-Control-Expose-Headers": "icy-name, icy-description, icy-br, icy-metaint",
        "Accept-Ranges": "none",
    }
    if on_air.bitrate_kbps is not None:
        headers["icy-br"] = str(on_air.bitrate_kbps)
    if titles:
        headers["icy-metaint"] = str(INTERVAL)
    return headers


def _header(text: str) -> str:
    """UTF-8 in a header, as Icecast sends it: each byte as one Latin-1 character."""
    printable = "".join(c if c.isprintable() else " " for c in text)[:_MAX_HEADER_CHARACTERS]
    return printable.strip().encode().decode("latin-1")


def _beginning(on_air: OnAir, sound: bytes, *, head: bool) -> ASGIResponse:
    """The first bytes alone, of nobody knows how many (RFC 9110, 14.4)."""
    headers = {**_headers(on_air, titles=False), "Content-Range": f"bytes 0-{len(sound) - 1}/*"}
    return ASGIResponse(
        body=sound, headers=headers, media_type="audio/mpeg", status_code=HTTP_206_PARTIAL_CONTENT,
        is_head_response=head, content_length=len(sound),
    )  # fmt: skip


def _asked_bytes(wish: str | None) -> int:
    """How many of the first bytes a player asks for that only tries whether it may; 0 if it wants to listen."""
    found = _BEGINNING.fullmatch(wish.strip()) if wish is not None else None
    size = int(found[1]) + 1 if found else 0
    return size if size <= MAX_PROBE_BYTES else 0


@route("/listen/{slug:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], tags=["listening"])
async def listen(
    slug: FromPath[str],
    request: Request[Any, Any, Any],
    audio: NamedDependency[AudioService],
    icy_metadata: Annotated[str | None, HeaderParameter(name="Icy-MetaData")] = None,
    wanted: Annotated[str | None, HeaderParameter(name="Range")] = None,
    session: Annotated[
        str | None,
        QueryParameter(
            max_length=64, description="The socket id of the page whose sound this is; they are one listener."
        ),
    ] = None,
) -> ASGIResponse:
    """The channel's sound as endless MP3, with ICY titles if asked; 503 with Retry-After while it is off air.

    A `Range` of the first bytes alone is a player's probe, answered with 206, and nobody is counted for it.
    """
    on_air = await audio.on_air(_slug(slug))
    head = request.method == HttpMethod.HEAD
    if (size := _asked_bytes(wanted)) and (sound := await audio.beginning(on_air, size)) is not None:
        return _beginning(on_air, sound, head=head)
    address = request.client.host if request.client else "unknown"
    titles = (icy_metadata or "").strip() == "1"
    return PlayerResponse(
        audio,
        on_air,
        titles=titles,
        member=member_of(address, request.headers.get("user-agent", "")),
        session=session or None,
        plain=titles or request.scope["http_version"] == "1.0",
        head=head,
    )


def _slug(name: str) -> str:
    """The slug without an ending: radio players like an address that ends in `.mp3`."""
    return name[:-4] if name.lower().endswith(".mp3") else name
