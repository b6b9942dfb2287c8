"""The built web apps over HTTP: pages that name hashed assets, and the assets, which never change.

`touchline.features` registers what `build` returns. What a page is about is looked up before it is sent, so that an
address behind which there is nothing has status 404; a store that does not answer must not keep the page from anybody.
"""

from __future__ import annotations

import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.datastructures import CacheControlHeader
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import FromPath
from litestar.static_files import create_static_files_router
from redis.exceptions import RedisError
from sqlalchemy.exc import SQLAlchemyError

from kit import codes
from kit.errors import DomainError, NotFound
from matches.service import MatchService
from streaming.service import StreamingService
from touchline.error_pages import not_found, wants_page
from touchline.problems import Handler, problem

STATIC = Path(__file__).parent / "static"
_PAGES = {"/": "index.html", "/station": "station.html", "/admin": "admin.html"}
_MAX_ASSET_PATH = 255  # bytes; what is built has under 100
_READ = [HttpMethod.GET, HttpMethod.HEAD]
_ICONS = ("favicon.svg", "favicon.ico", "logo.svg", "robots.txt", "site.webmanifest")


@dataclass(frozen=True, slots=True)
class Pages:
    """The HTML pages of the apps, read once."""

    html: dict[str, bytes]

    @classmethod
    def load(cls) -> Pages:
        """Read the pages that were built; one that was not says so."""
        html = {}
        for name in _PAGES.values():
            path = STATIC / name
            html[name] = path.read_bytes() if path.exists() else _NOT_BUILT
        return cls(html)

    def page(self, name: str) -> Response[bytes]:
        """One page, as it was built."""
        return Response(self.html[name], media_type="text/html", headers={"Cache-Control": "no-cache"})


_NOT_BUILT = (
    b"<!doctype html><html lang=en><head><title>Touchline</title></head>"
    b"<body><p>The pages are not built: run make setup.</p></body></html>"
)


def _has_a_name(request: Request[Any, Any, Any]) -> None:
    """Longer names are no files, and file systems have an error of their own for them."""
    if len(request.scope["path"].encode()) > _MAX_ASSET_PATH:
        raise NotFoundException("There is no such file.")


def build(pages: Pages) -> list[Any]:
    """The handlers that serve the apps; an address that an app knows nothing of is a page with status 404."""
    return [*_listener(pages), *_desks(pages), *_files()]


def _listener(pages: Pages) -> list[Any]:
    @route(["/", "/matches"], http_method=_READ, include_in_schema=False)
    async def listener() -> Response[bytes]:
        return pages.page("index.html")

    @route(
        "/c/{slug:str}",
        http_method=_READ,
        include_in_schema=False,
        exception_handlers=_lookups(pages, "index.html", "Station not found"),
    )
    async def channel(streaming: NamedDependency[StreamingService], slug: FromPath[str]) -> Response[bytes]:
        await streaming.channel_id(slug)
        return pages.page("index.html")

    return [listener, channel, _match(pages, "/m/{match_id:str}", "index.html")]


def _desks(pages: Pages) -> list[Any]:
    @route(["/station", "/station/matches"], http_method=_READ, include_in_schema=False)
    async def station() -> Response[bytes]:
        return pages.page("station.html")

    @route(
        ["/admin", "/admin/feeds", "/admin/feeds/{feed:str}", "/admin/alerts", "/admin/audit"],
        http_method=_READ,
        include_in_schema=False,
    )
    async def admin() -> Response[bytes]:
        return pages.page("admin.html")

    @route(["/station/{rest:path}", "/admin/{rest:path}"], http_method=_READ, include_in_schema=False)
    async def elsewhere(request: Request[Any, Any, Any]) -> Response[Any]:
        name = "station.html" if request.url.path.startswith("/station") else "admin.html"
        return _missing(pages, name, "Page not found", request)

    return [station, _match(pages, "/station/matches/{match_id:str}", "station.html"), admin, elsewhere]


def _match(pages: Pages, path: str, name: str) -> Any:  # noqa: ANN401 - a route handler
    """The page of a match in one of the apps."""

    @route(
        path, http_method=_READ, include_in_schema=False, exception_handlers=_lookups(pages, name, "Match not found")
    )
    async def match(matches: NamedDependency[MatchService], match_id: FromPath[str]) -> Response[bytes]:
        await matches.match_json(match_id)
        return pages.page(name)

    return match


def _missing(pages: Pages, name: str, title: str, request: Request[Any, Any, Any]) -> Response[Any]:
    if not wants_page(request):
        raise NotFoundException
    return not_found(pages.html[name], request, title)


def _lookups(pages: Pages, name: str, title: str) -> dict[int | type[Exception], Handler]:
    """What is said when the thing that a page shows is not there, or cannot be looked up."""

    def missing(request: Request[Any, Any, Any], _: NotFound) -> Response[Any]:
        if wants_page(request):
            return not_found(pages.html[name], request, title)
        return problem(404, codes.NOT_FOUND, f"{title}.")

    def unknown(_: Request[Any, Any, Any], __: Exception) -> Response[Any]:
        """The page itself says that the server does not answer, and tries again."""
        return pages.page(name)

    return {DomainError: unknown, RedisError: unknown, SQLAlchemyError: unknown, NotFound: missing}


def _files() -> list[Any]:
    @route([f"/{name}" for name in _ICONS], http_method=_READ, include_in_schema=False)
    async def icon(request: Request[Any, Any, Any]) -> Response[bytes]:
        path = STATIC / request.url.path.lstrip("/")
        if not path.exists():
            raise NotFoundException
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return Response(path.read_bytes(), media_type=kind, headers={"Cache-Control": "public, max-age=86400"})

    handlers: list[Any] = [icon]
    if (STATIC / "assets").exists():
        handlers.append(
            create_static_files_router(
                path="/assets",
                directories=[STATIC / "assets"],
                include_in_schema=False,
                cache_control=CacheControlHeader(public=True, max_age=31536000, immutable=True),
                before_request=_has_a_name,
            )
        )
    return handlers
