"""The HTTP side: one error form (problem+json, RFC 9457), security headers, request ids, who is calling."""

from __future__ import annotations

import re
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

import structlog
from litestar import Litestar, Request, Response
from litestar.config.compression import CompressionConfig
from litestar.config.cors import CORSConfig
from litestar.di import NamedDependency, Provide
from litestar.exceptions import HTTPException, ValidationException
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import OpenAPIFormat, OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin
from redis.exceptions import RedisError

from identity.service import IdentityService
from kit import codes, security
from kit.contracts import Instant, decode_hook
from kit.errors import DomainError, Forbidden, InvalidPayload, Outdated, RateLimited
from kit.etags import COMPRESSED_FROM
from kit.gateway import milliseconds_up
from kit.outages import unavailable
from kit.rate_limits import Rate, RateLimiter
from kit.redis_errors import redis_outage
from kit.session import Role, Session
from kit.waiting import Waiting, one_request
from kit.wording import sentence
from touchline import answers

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 2 * 1024 * 1024  # a batch of 500 match events with commentary

STATUS: Mapping[str, int] = {
    codes.INVALID_PAYLOAD: 400,
    codes.UNAUTHORIZED: 401,
    codes.FORBIDDEN: 403,
    codes.NOT_FOUND: 404,
    codes.UNKNOWN_EVENT: 404,
    codes.CONFLICT: 409,
    codes.RATE_LIMITED: 429,
    codes.UNAVAILABLE: 503,
    codes.INTERNAL: 500,
}
_TITLES = {
    codes.INVALID_PAYLOAD: "The request does not have the promised shape",
    codes.UNAUTHORIZED: "Not signed in",
    codes.FORBIDDEN: "Not allowed",
    codes.NOT_FOUND: "Not found",
    codes.CONFLICT: "It contradicts the present state",
    codes.RATE_LIMITED: "Too many requests",
    codes.UNAVAILABLE: "Temporarily unavailable",
    codes.INTERNAL: "Something went wrong here",
}
_CODES = {
    400: codes.INVALID_PAYLOAD,
    401: codes.UNAUTHORIZED,
    403: codes.FORBIDDEN,
    404: codes.NOT_FOUND,
    409: codes.CONFLICT,
    429: codes.RATE_LIMITED,
    503: codes.UNAVAILABLE,
}

_LEFT = "client disconnected prematurely"  # Litestar's word for a body whose sender is gone, or was given up

_SIGNED_IN_RATE = Rate(1200, per=60)
_OPERATOR_RATE = Rate(60_000, per=60)  # feeds and admins: 500 live matches, an event a second, as much to spare
_GUEST_RATE = Rate(600, per=60)

_CSP = (
    "default-src 'self'; img-src 'self' https: data:; media-src 'self' blob:; connect-src 'self' ws: wss:; "
    "style-src 'self'; script-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'"
)
_HEADERS = [
    (b"content-security-policy", _CSP.encode()),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"same-origin"),
    (b"cross-origin-opener-policy", b"same-origin"),
    (b"permissions-policy", b"camera=(), geolocation=(), microphone=(self)"),
]


class Edge:
    """The outermost layer, around sockets too: a request id on every log line and answer, and security headers."""

    def __init__(self, app: Any, *, hsts: bool) -> None:  # noqa: ANN401 - an ASGI application
        self._app = app
        self._headers = [*_HEADERS]
        if hsts:
            self._headers.append((b"strict-transport-security", b"max-age=31536000"))

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:  # noqa: ANN401 - ASGI
        """Serve one request or connection."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
            return
        request_id = secrets.token_hex(8)
        started = time.perf_counter()
        status = 0
        path = scope["path"]
        waiting = Waiting()

        async def send_with_headers(message: Any) -> None:  # noqa: ANN401 - ASGI
            nonlocal status
            if message["type"] == "http.response.start":
                waiting.over = True  # what follows is a download, a stream or sound, however long that takes
                status = message["status"]
                present = {name.lower() for name, _ in message["headers"]}
                extra = [header for header in self._headers if header[0] not in present]
                said = answers.completed(path, message["headers"])
                message["headers"] = [*said, *extra, (b"x-request-id", request_id.encode())]
            await send(message)

        with structlog.contextvars.bound_contextvars(request=request_id), one_request(waiting):
            try:
                if scope["type"] == "http" and answers.is_no_address(scope):
                    await answers.refuse_address(send_with_headers)
                elif scope["type"] == "http" and scope["method"] == "OPTIONS" and path.startswith(answers.SOUND):
                    await answers.answer_preflight(send)
                else:
                    await self._app(scope, receive, send_with_headers)
            finally:
                if scope["type"] == "http" and not path.startswith(("/health", "/socket.io", "/assets")):
                    # The path without its query, which may hold what is nobody's business.
                    log.info(
                        "request",
                        method=scope["method"],
                        path=path,
                        status=status,
                        ms=round((time.perf_counter() - started) * 1000, 1),
                    )


class InstantSchema(OpenAPISchemaPlugin):
    """REST shows moments as RFC 3339."""

    @staticmethod
    def is_plugin_supported_type(value: Any) -> bool:  # noqa: ANN401 - Litestar's signature
        """Whether this is our type."""
        return value is Instant

    def to_openapi_schema(self, field_definition: Any, schema_creator: Any) -> Schema:  # noqa: ANN401, ARG002
        """A string with a date and a time."""
        return Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.DATE_TIME)


def problem(status: int, code: str, detail: str, **extra: object) -> Response[dict[str, object]]:
    """An error as RFC 9457 has it, with our code."""
    body: dict[str, object] = {
        "type": f"urn:touchline:error:{code}",
        "title": _TITLES.get(code, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
        **extra,
    }
    headers = {}
    retry_after = extra.get("retryAfter")
    if isinstance(retry_after, int | float):
        headers["Retry-After"] = str(max(1, round(retry_after + 0.5)))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(body, status_code=status, media_type="application/problem+json", headers=headers)


def _on_domain_error(request: Request[Any, Any, Any], error: DomainError) -> Response[dict[str, object]]:
    extra: dict[str, object] = {}
    if error.retry_after is not None:
        extra["retryAfter"] = milliseconds_up(error.retry_after)
    if error.reason is not None:
        extra["reason"] = error.reason
    if isinstance(error, InvalidPayload) and error.field is not None:
        extra["errors"] = [{"key": error.field, "message": error.message, "source": "body"}]
    status = STATUS[error.code]
    if isinstance(error, Forbidden):
        address = request.client.host if request.client else None
        target = f"{request.method} {request.url.path}"
        security.forbidden(request.state.get("caller"), target, error.message, address=address)
    if isinstance(error, Outdated):
        extra["version"] = error.version
        status = 412 if "if-match" in request.headers else status
    return problem(status, error.code, error.message, **extra)


def _on_validation(_: Request[Any, Any, Any], error: ValidationException) -> Response[dict[str, object]]:
    found = [entry for entry in error.extra if isinstance(entry, dict)] if isinstance(error.extra, list) else []
    errors = [{**entry, "key": _field(entry), "message": _said(entry)} for entry in found]
    detail = " ".join(dict.fromkeys(entry["message"] for entry in errors)) or sentence(error.detail)
    return problem(400, codes.INVALID_PAYLOAD, detail, errors=errors)


_BODY = "data"  # Litestar's name of a body as a whole
_NAMED = re.compile(r"field `([^`]*)`")


def _field(entry: Mapping[str, Any]) -> str:
    """The field that one of Litestar's errors is about, also where it names the whole body."""
    key = str(entry.get("key", ""))
    named = _NAMED.search(str(entry.get("message", ""))) if key == _BODY else None
    return named[1] if named else key


def _said(entry: Mapping[str, Any]) -> str:
    """One of Litestar's errors as a sentence; it names the field beside what msgspec says, or within it."""
    message, key = str(entry.get("message", "")), str(entry.get("key", ""))
    if key == _BODY:
        return sentence(message)
    return sentence(message if " - at `" in message or not key else f"{message} - at `$.{key}`")


def _on_http(request: Request[Any, Any, Any], error: HTTPException) -> Response[dict[str, object]]:
    if error.status_code == 500 and error.detail == _LEFT:
        return problem(400, codes.INVALID_PAYLOAD, "The client has left.")  # nobody reads it
    if error.status_code >= 500 and error.status_code not in _CODES:
        return _on_anything(request, error)
    return problem(error.status_code, _CODES.get(error.status_code, codes.INVALID_PAYLOAD), error.detail)


def _on_depth(_: Request[Any, Any, Any], _error: RecursionError) -> Response[dict[str, object]]:
    log.warning("request nested too deeply")
    return problem(400, codes.INVALID_PAYLOAD, "The input is nested too deeply.")


def _on_not_text(request: Request[Any, Any, Any], error: UnicodeDecodeError) -> Response[dict[str, object]]:
    """A body that is not UTF-8; text of our own that is not would be a fault here."""
    if request.method in {"GET", "HEAD", "OPTIONS"}:
        return _on_anything(request, error)
    return problem(400, codes.INVALID_PAYLOAD, "The body is not UTF-8.")


def _on_redis(request: Request[Any, Any, Any], error: RedisError) -> Response[dict[str, object]]:
    if redis_outage(error) is None:
        return _on_anything(request, error)
    return _on_domain_error(request, unavailable())


def _on_anything(_: Request[Any, Any, Any], error: Exception) -> Response[dict[str, object]]:
    ref = secrets.token_hex(6)
    log.error("request failed", ref=ref, exc_info=error)
    return problem(500, codes.INTERNAL, "Something went wrong here. If it stays, tell us the reference.", ref=ref)


_HANDLERS: Mapping[type[Exception], answers.Handler] = {
    DomainError: _on_domain_error,
    ValidationException: _on_validation,
    HTTPException: _on_http,
    RecursionError: _on_depth,
    UnicodeDecodeError: _on_not_text,
    RedisError: _on_redis,
    Exception: _on_anything,
}


async def _count(rate_limiter: RateLimiter, session: Session, address: str) -> float | None:
    """Count a request; None when it is within the rate, else the seconds to wait."""
    key = f"rest:{session.member if session.signed_in else address}"
    if session.roles & {Role.FEED, Role.ADMIN}:
        return rate_limiter.hit_here(key, _OPERATOR_RATE)  # each worker for itself: Redis has other things to do
    return await rate_limiter.hit_key(key, _SIGNED_IN_RATE if session.signed_in else _GUEST_RATE)


def caller_provider(identity: IdentityService, rate_limiter: RateLimiter) -> Callable[..., Any]:
    """The dependency `caller`: who sends this request. A bad token is refused, also where none is needed."""

    async def caller(request: Request[Any, Any, Any]) -> Session:
        address = request.client.host if request.client else "unknown"
        header = request.headers.get("authorization", "")
        scheme, _, token = header.partition(" ")
        session = await identity.session(
            connection_id=f"http:{secrets.token_hex(8)}",
            token=token.strip() if scheme.lower() == "bearer" else None,
            address=address,
            device=None,
        )
        wait = await _count(rate_limiter, session, address)
        if wait is not None:
            raise RateLimited("Too many requests; wait a moment.", retry_after=wait)
        request.state["caller"] = session  # for the log of what is forbidden
        return session

    return caller


def build_http(
    *,
    handlers: Sequence[Any],
    dependencies: Mapping[str, Any],
    for_callers: Mapping[str, Any] = MappingProxyType({}),
    identity: IdentityService,
    rate_limiter: RateLimiter,
    origins: Sequence[str],
    lifespan: Callable[[Litestar], Any],
    version: str,
    for_people: Callable[[Request[Any, Any, Any], Response[Any]], Response[Any]] = lambda _, answer: answer,
) -> Litestar:
    """The Litestar application: all controllers, with `dependencies` injected by their names.

    Those `for_callers` are for handlers that ask who calls: they are injected after `caller`. Litestar gives tasks of
    their own to dependencies that do not wait for each other, and a small request feels what those cost. `for_people`
    may answer a request that failed with something to read in place of the problem.
    """

    def answered(handle: Callable[[Any, Any], Response[Any]]) -> Callable[[Any, Any], Response[Any]]:
        return lambda request, error: for_people(request, handle(request, error))

    provided = {name: Provide(_constant(value), sync_to_thread=False) for name, value in dependencies.items()}
    provided |= {name: Provide(_for_caller(value), sync_to_thread=False) for name, value in for_callers.items()}
    provided["caller"] = Provide(caller_provider(identity, rate_limiter))
    return Litestar(
        route_handlers=list(handlers),
        dependencies=provided,
        lifespan=[lifespan],
        openapi_config=OpenAPIConfig(
            title="Touchline",
            version=version,
            description="Live sports radio with live scores.",
            path="/api/docs",
            render_plugins=[JsonRenderPlugin(path="/openapi.json")],
            use_handler_docstrings=True,
        ),
        plugins=[InstantSchema()],
        type_encoders={Instant: Instant.rfc3339},
        type_decoders=[(lambda target: target is Instant, decode_hook)],
        exception_handlers={kind: answers.lets_readers_return(answered(handle)) for kind, handle in _HANDLERS.items()},
        compression_config=CompressionConfig(
            backend="gzip", minimum_size=COMPRESSED_FROM, exclude=["^/listen", "^/health", "^/api/events"]
        ),
        cors_config=CORSConfig(
            allow_origins=list(origins),
            allow_headers=[
                "authorization",
                "cache-control",
                "content-type",
                "icy-metadata",
                "if-match",
                "if-none-match",
                "last-event-id",
                "range",
            ],
            expose_headers=["etag", "retry-after", "x-request-id"],
        )
        if origins
        else None,
        request_max_body_size=MAX_BODY_BYTES,
        logging_config=None,
        debug=False,
    )


def _constant(value: object) -> Callable[[], Any]:
    def provide() -> Any:  # noqa: ANN401 - any of the services
        return value

    return provide


def _for_caller(value: object) -> Callable[..., Any]:
    def provide(caller: NamedDependency[Session]) -> Any:  # noqa: ANN401, ARG001 - any of the services; see `build_http`
        return value

    return provide
