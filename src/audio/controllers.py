"""The door for players: MP3 over HTTP, with titles for those that ask."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any

from litestar import Request, route
from litestar.di import NamedDependency
from litestar.enums import HttpMethod
from litestar.params import FromPath, HeaderParameter, QueryParameter
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send

from audio.icy import INTERVAL, TitleInserter
from audio.service import AudioService, Listening, OnAir, member_of

_ENDLESS = 2**53 - 1  # bytes; an HTTP/1.0 player knows no chunks, and the server frames by nothing else but a length
_MAX_HEADER_CHARACTERS = 200


class PlayerResponse(ASGIResponse):
    """Sound until the player leaves or there is no more of it."""

    def __init__(
        self, audio: AudioService, on_air: OnAir, *, titles: bool, member: str | None, endless: bool, head: bool
    ) -> None:
        super().__init__(
            headers=_headers(on_air, titles=titles), media_type="audio/mpeg", is_head_response=head, content_length=0
        )
        if "content-length" in self.headers:
            del self.headers["content-length"]
        if endless:
            self.headers["content-length"] = str(_ENDLESS)
        if head:
            self.headers["content-type"] = "audio/mpeg"
        self._audio = audio
        self._channel_id = on_air.channel.channel_id
        self._inserter = TitleInserter() if titles else None
        self._member = member

    async def send_body(self, send: Send, receive: Receive) -> None:
        """Send sound as it comes."""
        async with self._audio.listen(self._channel_id, member=self._member) as listening:
            watch = asyncio.create_task(_end_when_gone(receive, listening), name="player watch")
            try:
                while sound := await listening.next():
                    if self._inserter is not None:
                        sound = self._inserter.insert(sound, listening.title)
                    await send({"type": "http.response.body", "body": sound, "more_body": True})
            finally:
                watch.cancel()
        if "content-length" not in self.headers:
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


@route("/listen/{slug:str}", http_method=[HttpMethod.GET, HttpMethod.HEAD], tags=["listening"])
async def listen(
    slug: FromPath[str],
    request: Request[Any, Any, Any],
    audio: NamedDependency[AudioService],
    icy_metadata: Annotated[str | None, HeaderParameter(name="Icy-MetaData")] = None,
    session: Annotated[
        str | None, QueryParameter(max_length=64, description="The page's socket id; it is not counted again.")
    ] = None,
) -> ASGIResponse:
    """The channel's sound as endless MP3, with ICY titles if asked; 503 with Retry-After while it is off air."""
    on_air = await audio.on_air(slug.removesuffix(".mp3"))
    address = request.client.host if request.client else "unknown"
    return PlayerResponse(
        audio,
        on_air,
        titles=(icy_metadata or "").strip() == "1",
        member=None if session else member_of(address, request.headers.get("user-agent", "")),
        endless=request.scope["http_version"] == "1.0",
        head=request.method == HttpMethod.HEAD,
    )
