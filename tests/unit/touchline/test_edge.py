"""What the edge adds to every answer, and what it says itself: caches, other sites' pages, clients that leave."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx
import pytest
from litestar import Response, get, post
from litestar.params import FromPath, JSONBody

from identity.contracts import Login
from kit.errors import NotFound, RateLimited, Unavailable
from streaming.channels import SourceAddress
from tests.support.doubles import captured_logs
from touchline import signposts
from touchline.http import Edge, build_http


@get("/api/me")
async def me() -> dict[str, str]:
    """Somebody's."""
    return {"name": "Ada"}


@get("/api/matches")
async def matches() -> Response[dict[str, str]]:
    """Everybody's, with a tag."""
    return Response({"items": "none"}, headers={"Cache-Control": "no-cache", "ETag": '"1"'})


@get("/listen/{slug:str}")
async def listen(slug: FromPath[str]) -> str:
    """Sound, or none."""
    if slug == "off":
        raise Unavailable("This channel is off air.", retry_after=5)
    if slug == "none":
        raise NotFound("There is no such channel.")
    return "sound"


@post("/api/take")
async def take(data: JSONBody[Login]) -> dict[str, str]:
    """Take a body."""
    return {"email": data.email}


ERROR: list[Exception] = []


@get("/api/events")
async def events() -> str:
    """Fail as the test says."""
    raise ERROR[-1]


@pytest.fixture
def app() -> Any:
    async def lifespan(_: object) -> None: ...

    handlers = [me, matches, listen, take, events, *signposts.build(SourceAddress("radio.example", 8005))]
    app = build_http(
        handlers=handlers, dependencies={}, identity=None, rate_limiter=None, origins=["https://club.example"],  # type: ignore[arg-type]
        lifespan=lifespan, version="0",
    )  # fmt: skip
    return Edge(app, hsts=False)


@pytest.fixture
async def http(app: Any) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


async def test_what_is_somebodys_is_kept_by_no_cache(http: httpx.AsyncClient) -> None:
    for answer in (
        await http.get("/api/me"),
        await http.get("/api/nothing"),
        await http.post("/api/take", content=b"{"),
        await http.put("/api/me"),
    ):
        assert answer.headers["cache-control"] == "no-store", answer.request.url
    public = await http.get("/api/matches")
    assert (public.headers["cache-control"], public.headers["etag"]) == ("no-cache", '"1"')
    assert "cache-control" not in (await http.get("/nothing")).headers


@pytest.mark.parametrize("path", ["/listen/radio", "/listen/off", "/listen/none", "/listen/a/b/c"])
async def test_pages_of_other_sites_may_play_and_read_what_went_wrong(http: httpx.AsyncClient, path: str) -> None:
    origin = {"origin": "https://elsewhere.example"}
    asked = {"access-control-request-method": "GET", "access-control-request-headers": "icy-metadata,range"}
    preflight = await http.options(path, headers={**origin, **asked})
    assert preflight.status_code == 204
    assert preflight.headers["access-control-allow-origin"] == "*"
    assert preflight.headers["access-control-allow-headers"] == "Icy-MetaData, Range"
    assert "GET" in preflight.headers["access-control-allow-methods"]
    for headers in (origin, {}):
        answer = await http.get(path, headers=headers)
        assert answer.headers["access-control-allow-origin"] == "*"
        assert "icy-metaint" in answer.headers["access-control-expose-headers"]


async def test_sites_that_are_allowed_may_resume_events(http: httpx.AsyncClient) -> None:
    asked = {"access-control-request-method": "GET", "access-control-request-headers": "last-event-id, cache-control"}
    preflight = await http.options("/api/events", headers={"origin": "https://club.example", **asked})
    assert (preflight.status_code, preflight.headers["access-control-allow-origin"]) == (204, "https://club.example")
    error = await http.get("/api/nothing", headers={"origin": "https://club.example"})
    assert (error.status_code, error.headers["access-control-allow-origin"]) == (404, "https://club.example")
    stranger = await http.get("/api/nothing", headers={"origin": "https://elsewhere.example"})
    assert "access-control-allow-origin" not in stranger.headers


@pytest.mark.parametrize(
    ("error", "seconds"),
    [
        (Unavailable("Away", retry_after=3.2), 4),
        (RateLimited("Too many", retry_after=19.6), 20),
        (RuntimeError("x"), 5),
    ],
)
async def test_readers_of_events_come_back(http: httpx.AsyncClient, error: Exception, seconds: int) -> None:
    ERROR.append(error)
    answer = await http.get("/api/events")
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/event-stream; charset=utf-8")
    assert f"\nretry: {seconds}000\n\n" in answer.text
    ERROR.append(NotFound("There is no such channel."))
    assert (await http.get("/api/events")).status_code == 404


@pytest.mark.parametrize("target", ["/api/matches?x=%00", "/%00", "/api/x%00y", "/listen/a%00", "/api/me?%00=1"])
async def test_a_nul_is_refused_wherever_it_stands(http: httpx.AsyncClient, target: str) -> None:
    answer = await http.get(target)
    assert (answer.status_code, answer.headers["content-type"]) == (400, "application/problem+json")
    assert answer.json()["code"] == "invalid_payload"


@pytest.mark.parametrize(
    "body", [b"\xff", b'{"email":"\xff@b.example","password":"x"}', b'{"\xc3\x28":1}', b'"\xed\xa0\x80"']
)
async def test_a_body_that_is_not_utf_8_is_an_invalid_payload(http: httpx.AsyncClient, body: bytes) -> None:
    answer = await http.post("/api/take", content=body, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_payload")


async def test_a_client_that_leaves_is_no_error(app: Any) -> None:
    messages = [{"type": "http.request", "body": b"{", "more_body": True}, {"type": "http.disconnect"}]
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": "POST", "scheme": "http",
        "path": "/api/take", "raw_path": b"/api/take", "query_string": b"", "root_path": "", "server": ("x", 80),
        "client": ("127.0.0.1", 1), "headers": [(b"content-type", b"application/json"), (b"content-length", b"9")],
        "state": {},
    }  # fmt: skip

    async def receive() -> Any:
        return messages.pop(0)

    async def send(_: Any) -> None: ...

    with captured_logs() as lines:
        await app(scope, receive, send)
    assert [line["event"] for line in lines] == ["request"]


@pytest.mark.parametrize("target", ["/admin/metadata?mode=updinfo&mount=/radio&song=x", "/admin.cgi?mode=updinfo"])
async def test_titles_at_the_wrong_port_are_told_where_to_go(http: httpx.AsyncClient, target: str) -> None:
    answer = await http.get(target, headers={"authorization": "Basic c291cmNlOng="})
    assert answer.status_code == 404
    assert answer.headers["content-type"].startswith("text/plain")
    assert "http://radio.example:8005/admin/metadata" in answer.text


@pytest.mark.parametrize("host", ["a b", "x:99999", "a,b:99:99", "[::1", "x:y", "a/b", "a@b"])
async def test_a_host_that_is_none_is_refused(http: httpx.AsyncClient, host: str) -> None:
    answer = await http.get("/api/matches", headers={"host": host})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_payload")


@pytest.mark.parametrize("host", ["", "x", "radio.example:8000", "[::1]:8000", "10.0.0.1", "a_b"])
async def test_a_host_is_taken(http: httpx.AsyncClient, host: str) -> None:
    assert (await http.get("/api/matches", headers={"host": host})).status_code == 200
