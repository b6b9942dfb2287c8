"""Identity over HTTP."""

from __future__ import annotations

from litestar import Controller, get, post
from litestar.di import NamedDependency
from litestar.params import JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from identity.contracts import Login, Logout, Refresh, Tokens, User
from identity.service import IdentityService
from kit.session import Session


class AuthController(Controller):
    """Tokens for passwords."""

    path = "/api/auth"
    tags = ("auth",)

    @post("/login", status_code=HTTP_200_OK)
    async def login(
        self, data: JSONBody[Login], caller: NamedDependency[Session], identity: NamedDependency[IdentityService]
    ) -> Tokens:
        """Sign in; 401 for a wrong address or password alike, 429 after too many attempts."""
        return await identity.login(data, caller.address)

    @post("/refresh", status_code=HTTP_200_OK)
    async def refresh(self, data: JSONBody[Refresh], identity: NamedDependency[IdentityService]) -> Tokens:
        """Trade a refresh token, good once, for a new pair."""
        return await identity.refresh(data.refresh_token)

    @post("/logout", status_code=HTTP_204_NO_CONTENT)
    async def logout(self, data: JSONBody[Logout], identity: NamedDependency[IdentityService]) -> None:
        """End this login everywhere it was used."""
        await identity.logout(data.refresh_token)


@get("/api/me", tags=["auth"])
async def me(caller: NamedDependency[Session], identity: NamedDependency[IdentityService]) -> User:
    """The signed-in user."""
    return await identity.user(caller.require_user())
