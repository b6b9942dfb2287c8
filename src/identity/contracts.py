"""Signing in, as clients see it."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kit.contracts import Instant, Payload, Policy, Reply, ServerEvent

Email = Annotated[str, msgspec.Meta(min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$(?!\n)")]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Token = Annotated[str, msgspec.Meta(min_length=16, max_length=4096)]


class Login(Payload, frozen=True, kw_only=True):
    email: Email
    password: Password


class Refresh(Payload, frozen=True, kw_only=True):
    refresh_token: Token


class Logout(Payload, frozen=True, kw_only=True):
    refresh_token: Token


class Renew(Payload, frozen=True, kw_only=True):
    """A fresh access token for a connection that stays open."""

    token: Token


class User(Reply, frozen=True, kw_only=True):
    id: str
    email: str
    display_name: str
    role: str
    created_at: Instant


class Tokens(Reply, frozen=True, kw_only=True):
    """`expiresIn`: seconds that the access token is good for."""

    access_token: str
    refresh_token: str
    expires_in: int
    user: User


class SessionExpiry(Reply, frozen=True, kw_only=True):
    expires_at: Instant


SESSION_EXPIRING = ServerEvent(
    "session:expiring", SessionExpiry, Policy.CONTROL, "Renew the session, or be closed then."
)
