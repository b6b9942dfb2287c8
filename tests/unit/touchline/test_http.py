"""Every error over HTTP is a problem (RFC 9457) with our code; nothing of a fault of ours gets out."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from litestar import get, post
from litestar.exceptions import HTTPException
from litestar.params import JSONBody
from redis.exceptions import ConnectionError as RedisConnectionError

from identity.contracts import Login
from kit.errors import DomainError, Outdated, RateLimited, Unauthorized
from tests.support.doubles import captured_logs
from touchline.app import NOWHERE, build_app
from touchline.http import MAX_BODY_BYTES, Edge, build_http
from touchline.problems import STATUS
from touchline.settings import Settings

RULE: dict[str, Callable[[], object]] = {}


@get("/api/act")
async def act() -> dict[str, str]:
    """Do what the test says."""
    RULE["now"]()
    return {"done": "yes"}


@post("/api/take")
async def take(data: JSONBody[Login]) -> dict[str, str]:
    """Take a body."""
    return {"email": data.email}


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    async def lifespan(_: object) -> None: ...

    app = build_http(
        handlers=[act, take], dependencies={}, identity=None, rate_limiter=None, origins=[], lifespan=lifespan,
        version="0",  # type: ignore[arg-type]
    )  # fmt: skip
    transport = httpx.ASGITransport(app=Edge(app, hsts=True), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as client:
        yield client


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json"), answer.text
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"], body["type"]) == (status, code, f"urn:touchline:error:{code}")
    assert body["title"]
    assert body["detail"]
    return body


def raises(error: Exception) -> None:
    def rule() -> object:
        raise error

    RULE["now"] = rule


@pytest.mark.parametrize("kind", DomainError.__subclasses__())
async def test_a_domain_error_keeps_its_code(http: httpx.AsyncClient, kind: type[DomainError]) -> None:
    raises(kind("Like this."))
    body = problem(await http.get("/api/act"), STATUS[kind.code], kind.code)
    assert body["detail"] == "Like this."
    assert set(body) == {"type", "title", "status", "detail", "code"}


@pytest.mark.parametrize(("wait", "header"), [(0.2, "1"), (1.0, "1"), (2.0001, "3"), (59.5, "60")])
async def test_when_to_come_back_is_said_twice_and_never_too_early(
    http: httpx.AsyncClient, wait: float, header: str
) -> None:
    raises(RateLimited("Slowly.", retry_after=wait))
    answer = await http.get("/api/act")
    body = problem(answer, 429, "rate_limited")
    assert wait <= body["retryAfter"] < wait + 0.001
    assert int(answer.headers["retry-after"]) >= wait
    assert int(answer.headers["retry-after"]) <= int(header) + 1


async def test_who_is_not_signed_in_is_told_how_to(http: httpx.AsyncClient) -> None:
    raises(Unauthorized("The token has expired.", reason="token_expired"))
    answer = await http.get("/api/act")
    assert problem(answer, 401, "unauthorized")["reason"] == "token_expired"
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_a_fault_of_ours_is_in_the_log_once_and_not_in_the_answer(http: httpx.AsyncClient) -> None:
    raises(ZeroDivisionError("the hidden reason"))
    with captured_logs() as lines:
        answer = await http.get("/api/act")
    body = problem(answer, 500, "internal")
    assert "hidden" not in answer.text
    assert "Zero" not in answer.text
    found = [line for line in lines if line.get("ref") == body["ref"]]
    assert len(found) == 1
    assert "ZeroDivisionError: the hidden reason" in found[0]["exception"]
    assert len([line for line in lines if "exception" in line]) == 1


async def test_a_redis_that_is_away_is_unavailable(http: httpx.AsyncClient) -> None:
    raises(RedisConnectionError("redis://secret@host"))
    answer = await http.get("/api/act")
    assert problem(answer, 503, "unavailable")["retryAfter"] > 0
    assert "secret" not in answer.text


@pytest.mark.parametrize(
    "body", ["", "{", "[]", "null", '"x"', '{"email": 5, "password": "x"}', '{"email": "a@b"}', "\xff",
             '{"email": "a@b", "password": "x", "more": 1}', '{"email": "nobody", "password": "x"}', "[" * 100_000,
             '{"email": "a@b\\n", "password": "x"}', '{"email": "a\\u0000@b", "password": "x"}'],
    ids=range(13),
)  # fmt: skip
async def test_a_body_of_another_shape_is_an_invalid_payload(http: httpx.AsyncClient, body: str) -> None:
    sent = body.encode("latin-1")
    answer = await http.post("/api/take", content=sent, headers={"content-type": "application/json"})
    problem(answer, 400, "invalid_payload")


async def test_other_refusals_of_the_framework_are_problems_too(http: httpx.AsyncClient) -> None:
    problem(await http.get("/api/nothing"), 404, "not_found")
    wrong_method = await http.put("/api/act")
    assert problem(wrong_method, 405, "invalid_payload")["title"] == "This address does not take this method"
    assert "GET" in wrong_method.headers["allow"].split(", ")
    huge = msgspec.json.encode({"email": "a@b", "password": "x" * MAX_BODY_BYTES})
    too_large = problem(await http.post("/api/take", content=huge), 413, "invalid_payload")
    assert too_large["title"] == "The body is too large"
    raises(HTTPException(status_code=500, detail="the hidden reason"))
    answer = await http.get("/api/act")
    problem(answer, 500, "internal")
    assert "hidden" not in answer.text


@pytest.mark.parametrize("status", [400, 405, 406, 408, 411, 412, 413, 414, 415, 416, 417, 431])
async def test_a_refusal_is_titled_by_its_status(http: httpx.AsyncClient, status: int) -> None:
    raises(HTTPException(status_code=status, detail="Like this."))
    title = problem(await http.get("/api/act"), status, "invalid_payload")["title"]
    assert (title == "The request does not have the promised shape") == (status == 400)


async def test_a_change_of_what_has_changed_is_titled_so(http: httpx.AsyncClient) -> None:
    raises(Outdated("Somebody else has changed it.", version=7))
    matched = problem(await http.get("/api/act", headers={"if-match": '"6"'}), 412, "conflict")
    assert matched["title"] == "It has changed since it was read"
    unconditional = problem(await http.get("/api/act"), 409, "conflict")
    assert unconditional["title"] == "It contradicts the present state"


async def test_every_answer_has_its_id_and_the_security_headers(http: httpx.AsyncClient) -> None:
    RULE["now"] = lambda: None
    with captured_logs() as lines:
        answers = [await http.get("/api/act?token=secret"), await http.get("/api/nothing")]
    for answer in answers:
        assert "default-src 'self'" in answer.headers["content-security-policy"]
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["strict-transport-security"]
    assert len({answer.headers["x-request-id"] for answer in answers}) == 2
    requests = [line for line in lines if line["event"] == "request"]
    assert [(line["path"], line["status"]) for line in requests] == [("/api/act", 200), ("/api/nothing", 404)]
    assert "secret" not in str(lines)


def test_an_app_is_built_without_connecting_to_anything(tmp_path: Path) -> None:
    build_app(Settings(data_dir=tmp_path, redis_url=NOWHERE, secret_key="x" * 32))
    assert list(tmp_path.iterdir()) == []
