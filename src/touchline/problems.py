"""Errors over HTTP: every one is a problem (RFC 9457) with the code that an ack would have, whoever raised it.

`touchline.http` registers `HANDLERS`; `touchline.answers` and `touchline.pages` write problems of their own. Nothing of
a fault of ours may get out but a reference, under which the log has its traceback.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable, Mapping
from typing import Any

import structlog
from litestar import Request, Response
from litestar.exceptions import HTTPException, ValidationException
from redis.exceptions import RedisError

from kit import codes, security
from kit.errors import DomainError, Forbidden, InvalidPayload, Outdated
from kit.gateway import milliseconds_up
from kit.outages import unavailable
from kit.redis_errors import redis_outage
from kit.wording import sentence

log = structlog.get_logger(__name__)

Handler = Callable[[Request[Any, Any, Any], Any], Response[Any]]

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
# A code tells programs what to do; where the status says more than the code, people read it in the title.
_TITLES_OF_STATUS = {
    405: "This address does not take this method",
    406: "The answer cannot have the form that was asked for",
    408: "The request did not come in time",
    411: "The length of the body is missing",
    412: "It has changed since it was read",
    413: "The body is too large",
    414: "The address is too long",
    415: "The body is of a kind that is not taken",
    416: "There is no such part of it",
    417: "What the request expects cannot be done",
    431: "The head of the request is too large",
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


def document(status: int, code: str, detail: str, **extra: object) -> dict[str, object]:
    """An error as RFC 9457 has it, with our code.

    Args:
        status: Of the answer. It gives the title where the code is a general one.
        code: One of `kit.codes`.
        detail: A sentence about this case.
        extra: More members.
    """
    return {
        "type": f"urn:touchline:error:{code}",
        "title": _TITLES_OF_STATUS.get(status) or _TITLES.get(code, "Error"),
        "status": status,
        "detail": detail,
        "code": code,
        **extra,
    }


def problem(status: int, code: str, detail: str, **extra: object) -> Response[dict[str, object]]:
    """An answer that is such a document, with the header fields that belong to its status.

    Args:
        status: Of the answer.
        code: One of `kit.codes`.
        detail: A sentence about this case.
        extra: More members; `retryAfter` (seconds) is a header field as well.
    """
    headers = {}
    retry_after = extra.get("retryAfter")
    if isinstance(retry_after, int | float):
        headers["Retry-After"] = str(max(1, round(retry_after + 0.5)))
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(
        document(status, code, detail, **extra),
        status_code=status,
        media_type="application/problem+json",
        headers=headers,
    )


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
    answer = problem(error.status_code, _CODES.get(error.status_code, codes.INVALID_PAYLOAD), error.detail)
    if allowed := (error.headers or {}).get("allow"):
        answer.headers["Allow"] = allowed  # which a 405 must have (RFC 9110, 15.5.6)
    return answer


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


HANDLERS: Mapping[type[Exception], Handler] = {
    DomainError: _on_domain_error,
    ValidationException: _on_validation,
    HTTPException: _on_http,
    RecursionError: _on_depth,
    UnicodeDecodeError: _on_not_text,
    RedisError: _on_redis,
    Exception: _on_anything,
}
