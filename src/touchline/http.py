"""The HTTP side: Litestar with all controllers, who is calling, security headers and request ids.

`touchline.app` builds it. Errors are in `touchline.problems`; answers that never reach Litestar in `touchline.answers`.
"""

from __future__ import annotations

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
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin
from litestar.openapi.spec import OpenAPIFormat, OpenAPIType, Schema
from litestar.plugins import OpenAPISchemaPlugin

from identity.service import IdentityService
from kit.contracts import Instant, decode_hook
from kit.errors import RateLimited
from kit.etags import COMPRESSED_FROM
from kit.rate_limits import Rate, RateLimiter
from kit.session import Role, Session
from kit.waiting import Waiting, one_request
from touchline import answers
from touchline.problems import HANDLERS

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 2 * 1024 * 1024  # a batch of 500 match events with commentary

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
    """Build the Litestar application.

    Args:
        handlers: Controllers and route handlers of all modules.
        dependencies: What handlers ask for, by the names of their parameters.
        for_callers: The same for handlers that ask who calls: injected after `caller`. Litestar gives tasks of their
            own to dependencies that do not wait for each other, and a small request feels what those cost.
        identity: Says who is calling.
        rate_limiter: Counts every caller's requests.
        origins: Other sites whose pages may use the API.
        lifespan: What runs while the server runs.
        version: Of the API, for its document.
        for_people: May answer a request that failed with something to read in place of the problem.

    Returns:
        The application, which `Edge` wraps.
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
        exception_handlers={kind: answers.lets_readers_return(answered(handle)) for kind, handle in HANDLERS.items()},
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
