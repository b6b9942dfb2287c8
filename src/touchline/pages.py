"""The built web apps: pages that name hashed assets, and the assets, which never change."""

from __future__ import annotations

import errno
import mimetypes
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from litestar import HttpMethod, Request, Response, route
from litestar.datastructures import CacheControlHeader
from litestar.exceptions import NotFoundException
from litestar.static_files import create_static_files_router

from touchline.http import problem

STATIC = Path(__file__).parent / "static"
_PAGES = {"/": "index.html", "/station": "station.html", "/admin": "admin.html"}
_READ = [HttpMethod.GET, HttpMethod.HEAD]
_ICONS = ("favicon.svg", "favicon.ico", "logo.svg", "robots.txt", "site.webmanifest")


@dataclass(frozen=True, slots=True)
class Pages:
    """The HTML of the apps, read once."""

    html: dict[str, bytes]

    @classmethod
    def load(cls) -> Pages:
        """Read the built pages."""
        html = {}
        for name in _PAGES.values():
            path = STATIC / name
            html[name] = path.read_bytes() if path.exists() else _NOT_BUILT
        return cls(html)


_NOT_BUILT = (
    b"<!doctype html><html lang=en><head><title>Touchline</title></head>"
    b"<body><p>The pages are not built: run make setup.</p></body></html>"
)


def _no_such_file(_: Request[Any, Any, Any], error: OSError) -> Response[dict[str, object]]:
    if error.errno not in {errno.ENAMETOOLONG, errno.ELOOP, errno.EINVAL}:
        raise error
    return problem(404, "not_found", "There is no such file.")


def build() -> list[Any]:
    """The handlers that serve the apps."""
    pages = Pages.load()

    def page(name: str) -> Response[bytes]:
        return Response(pages.html[name], media_type="text/html; charset=utf-8", headers={"Cache-Control": "no-cache"})

    @route(["/", "/matches", "/c/{rest:path}", "/m/{rest:path}"], http_method=_READ, include_in_schema=False)
    async def listener() -> Response[bytes]:
        return page("index.html")

    @route(["/station", "/station/{rest:path}"], http_method=_READ, include_in_schema=False)
    async def station() -> Response[bytes]:
        return page("station.html")

    @route(["/admin", "/admin/{rest:path}"], http_method=_READ, include_in_schema=False)
    async def admin() -> Response[bytes]:
        return page("admin.html")

    @route([f"/{name}" for name in _ICONS], http_method=_READ, include_in_schema=False)
    async def icon(request: Request[Any, Any, Any]) -> Response[bytes]:
        path = STATIC / request.url.path.lstrip("/")
        if not path.exists():
            raise NotFoundException
        kind = mimetypes.guess_type(path.name)[0] or "application/octet-stream"
        return Response(path.read_bytes(), media_type=kind, headers={"Cache-Control": "public, max-age=86400"})

    handlers: list[Any] = [listener, station, admin, icon]
    if (STATIC / "assets").exists():
        handlers.append(
            create_static_files_router(
                path="/assets",
                directories=[STATIC / "assets"],
                include_in_schema=False,
                cache_control=CacheControlHeader(public=True, max_age=31536000, immutable=True),
                exception_handlers={OSError: _no_such_file},  # a name that is too long for a file
            )
        )
    return handlers
