"""Who is calling, for sockets and for HTTP alike. `IdentityService` makes sessions; everybody else reads them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from kit.errors import Forbidden, Unauthorized


class Role(StrEnum):
    """What a caller may be. A signed-in user is always also a guest and a listener."""

    GUEST = "guest"
    LISTENER = "listener"
    OWNER = "owner"
    ADMIN = "admin"
    FEED = "feed"


ANYONE = frozenset({Role.GUEST})
SIGNED_IN = frozenset({Role.LISTENER})


def roles_of(role: Role) -> frozenset[Role]:
    """All that the role of an account stands for."""
    return frozenset({Role.GUEST}) if role is Role.GUEST else frozenset({Role.GUEST, Role.LISTENER, role})


@dataclass(frozen=True, slots=True)
class Session:
    """The caller of one request or the person behind one connection.

    Attributes:
        connection_id: The socket's id, or the request's.
        member: Stable key of the person: `u:<user id>`, or `g:<guest device>`; counts as one unique listener.
        address: The peer's IP address, as far as it can be trusted.
        expires_at: Unix seconds at which the access token ends; None for guests.
        generation: The generation of the access token: all of a user's tokens end by a newer one.
    """

    connection_id: str
    member: str
    address: str
    roles: frozenset[Role] = ANYONE
    user_id: str | None = None
    display_name: str = "Guest"
    role: Role = Role.GUEST
    token_family: str | None = None
    expires_at: float | None = None
    generation: int = 0

    @property
    def signed_in(self) -> bool:
        """Whether a user stands behind this session."""
        return self.user_id is not None

    @property
    def is_admin(self) -> bool:
        """Whether the caller administers the platform."""
        return Role.ADMIN in self.roles

    def require_user(self) -> str:
        """The user's id; raises `Unauthorized` for a guest."""
        if self.user_id is None:
            raise Unauthorized("Sign in to do this.")
        return self.user_id

    def require(self, *roles: Role) -> None:
        """Let the caller pass who has one of these roles; raises `Unauthorized` for a guest, else `Forbidden`."""
        self.require_user()
        if not self.roles & set(roles):
            raise Forbidden("Your role does not allow this.")
