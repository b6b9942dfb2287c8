"""Accounts and sessions on the wire: commands, answers and the event. Nothing here may carry a password hash."""

from __future__ import annotations

from typing import Annotated

import msgspec

from kit.contracts import Instant, Line, Name, Payload, Policy, Reply, ServerEvent
from kit.session import Role

Email = Annotated[str, msgspec.Meta(min_length=3, max_length=254, pattern=r"^[^@\s\x00-\x1f]+@[^@\s\x00-\x1f]+$(?!\n)")]
Password = Annotated[str, msgspec.Meta(min_length=1, max_length=1024)]
Token = Annotated[str, msgspec.Meta(min_length=16, max_length=4096)]


class Login(Payload, frozen=True, kw_only=True):
    email: Email
    password: Password


class Refresh(Payload, frozen=True, kw_only=True):
    refresh_token: Token


class ChangePassword(Payload, frozen=True, kw_only=True):
    """`current` is the password that is replaced."""

    current: Password
    password: Password


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


class LoginInfo(Reply, frozen=True, kw_only=True):
    """One sign-in on one device. `usedAt`: when its tokens were renewed last; `endsAt`: when it is over."""

    id: str
    current: bool
    created_at: Instant
    used_at: Instant
    ends_at: Instant
    agent: str | None = None
    address: str | None = None


class LoginList(Reply, frozen=True, kw_only=True):
    """The sign-ins of one account, the one used last first."""

    items: list[LoginInfo]


class Disabled(Reply, frozen=True, kw_only=True):
    """Since when an account cannot sign in, why, and until when (absent: until it is enabled)."""

    since: Instant
    reason: str | None = None
    until: Instant | None = None


class Person(User, frozen=True, kw_only=True):
    """An account as admins see it."""

    disabled: Disabled | None = None


class PersonPage(Reply, frozen=True, kw_only=True):
    """Newest first; `next` goes into `before` for the page that follows."""

    items: list[Person]
    next: str | None = None


class ChangePerson(Payload, frozen=True, kw_only=True):
    """What an admin changes of an account: only what is given.

    `disabled: true` ends all its sessions, and `until` (absent: until it is enabled) and `reason` say for how long and
    why: whoever then signs in with the right password reads both. Every change is in the audit log.
    """

    role: Role | None = None
    disabled: bool | None = None
    until: Instant | None = None
    reason: Name | None = None


class ResetPassword(Payload, frozen=True, kw_only=True):
    """A password that an admin sets: all sessions of the account end."""

    password: Password
    reason: Line | None = None


class SessionExpiry(Reply, frozen=True, kw_only=True):
    expires_at: Instant


SESSION_EXPIRING = ServerEvent(
    "session:expiring", SessionExpiry, Policy.CONTROL, "Renew the session, or be closed then."
)
