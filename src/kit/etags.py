"""Entity tags and conditional requests (RFC 9110, sections 8.8.3 and 13).

A tag is strong: it is made of the very bytes, and names the encoding that they are sent in. Where a thing has a
version, its tag begins with that (`"7-5d41402abc4b2a76"`), and `If-Match` looks at the version alone: a change is
refused because the thing has changed, not because it was shown differently.
"""

from __future__ import annotations

import re
from hashlib import blake2b
from typing import Any, TypeVar

from litestar import Request, Response
from litestar.status_codes import HTTP_304_NOT_MODIFIED

from kit.contracts import encode_rest

COMPRESSED_FROM = 1000
"""Bytes from which an answer is compressed for those who understand it."""

_TAG = re.compile(r'(W/)?"([^"]*)"')

T = TypeVar("T")


def conditional(request: Request[Any, Any, Any], value: T, version: int | None = None) -> Response[T]:
    """An answer to a conditional request.

    Args:
        request: What the client asks, and what it has.
        value: The answer.
        version: The thing's, if it has one; the tag begins with it (`expected_versions`).

    Returns:
        The answer with its tag; 304 without a body where the client has it.
    """
    return conditional_body(request, encode_rest(value), version)


def conditional_body(request: Request[Any, Any, Any], body: bytes, version: int | None = None) -> Response[Any]:
    """The same, for a value that is JSON already.

    Args:
        request: What the client asks, and what it has.
        body: The answer as JSON.
        version: The thing's, if it has one.

    Returns:
        The answer with its tag; 304 without a body where the client has it.
    """
    zipped = len(body) >= COMPRESSED_FROM and "gzip" in request.headers.get("accept-encoding", "")
    digest = blake2b(body, digest_size=8).hexdigest()
    tag = "-".join([*([] if version is None else [str(version)]), digest, *(["gzip"] if zipped else [])])
    headers = {"ETag": f'"{tag}"', "Cache-Control": "no-cache", "Vary": "Accept-Encoding"}
    asked = request.headers.get("if-none-match")
    if asked is not None and (asked.strip() == "*" or tag in {found for _, found in _TAG.findall(asked)}):
        return Response(None, status_code=HTTP_304_NOT_MODIFIED, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def expected_versions(request: Request[Any, Any, Any], stated: int | None = None) -> frozenset[int] | None:
    """The versions at which a change may be made, by `If-Match` and by what the body states; None for any.

    A weak tag, and one that begins with no version, allows none.
    """
    asked = request.headers.get("if-match")
    allowed: frozenset[int] | None = None
    if asked is not None and asked.strip() != "*":
        tags = [found for weak, found in _TAG.findall(asked) if not weak]
        allowed = frozenset(int(number[0]) for tag in tags if (number := re.match(r"[0-9]{1,9}(?=-)", tag)))
    if stated is None:
        return allowed
    return frozenset({stated}) if allowed is None else allowed & {stated}
