"""Identity over HTTP: signing in and out, one's own sessions, and accounts for admins.

It only unpacks and calls services.
"""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Request, delete, get, patch, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_204_NO_CONTENT

from identity.contracts import (
    ChangePassword,
    ChangePerson,
    Login,
    LoginList,
    Logout,
    Person,
    PersonPage,
    Refresh,
    ResetPassword,
    Tokens,
    User,
)
from identity.people import PeopleService
from identity.service import IdentityService
from kit.page_parameters import PageCursor, PageLimit
from kit.session import Role, Session
from kit.text import one_line

Agent = Annotated[str | None, HeaderParameter(name="User-Agent")]
Reason = Annotated[str | None, QueryParameter(min_length=1, max_length=300, description="For the audit log.")]


def _address(request: Request[Any, Any, Any]) -> str:
    """Where a request comes from that needs no caller: a bad access token must not keep anybody from signing out."""
    return request.client.host if request.client else "unknown"


class AuthController(Controller):
    """Tokens for passwords."""

    path = "/api/auth"
    tags = ("auth",)

    @post("/login", status_code=HTTP_200_OK)
    async def login(
        self,
        data: JSONBody[Login],
        caller: NamedDependency[Session],
        identity: NamedDependency[IdentityService],
        agent: Agent = None,
    ) -> Tokens:
        """Sign in; 401 for a wrong address or password alike, 429 after too many failures, 403 if it is disabled."""
        return await identity.login(data, caller.address, agent)

    @post("/refresh", status_code=HTTP_200_OK)
    async def refresh(
        self,
        data: JSONBody[Refresh],
        request: Request[Any, Any, Any],
        identity: NamedDependency[IdentityService],
        agent: Agent = None,
    ) -> Tokens:
        """Trade a refresh token, good once, for a new pair; within 30 seconds the same token gives the same pair."""
        return await identity.refresh(data.refresh_token, _address(request), agent)

    @post("/logout", status_code=HTTP_204_NO_CONTENT)
    async def logout(
        self, data: JSONBody[Logout], request: Request[Any, Any, Any], identity: NamedDependency[IdentityService]
    ) -> None:
        """End this login everywhere it was used."""
        await identity.logout(data.refresh_token, _address(request))

    @post("/password", status_code=HTTP_200_OK)
    async def password(
        self,
        data: JSONBody[ChangePassword],
        caller: NamedDependency[Session],
        identity: NamedDependency[IdentityService],
        agent: Agent = None,
    ) -> Tokens:
        """Change your password: all your sessions end, and you go on with the tokens of the answer."""
        return await identity.change_password(caller, data, agent)

    @get("/sessions")
    async def sessions(self, caller: NamedDependency[Session], identity: NamedDependency[IdentityService]) -> LoginList:
        """Where you are signed in."""
        return await identity.sessions(caller)

    @delete("/sessions/{session_id:str}")
    async def end_session(
        self, session_id: FromPath[str], caller: NamedDependency[Session], identity: NamedDependency[IdentityService]
    ) -> None:
        """Sign out there."""
        await identity.end_session(caller, session_id)


@get("/api/me", tags=["auth"])
async def me(caller: NamedDependency[Session], identity: NamedDependency[IdentityService]) -> User:
    """The signed-in user."""
    return await identity.user(caller.require_user())


class PeopleController(Controller):
    """Accounts, for admins. What is changed here acts on every worker within a second, also on open sockets."""

    path = "/api/admin/people"
    tags = ("admin",)

    @get()
    async def index(
        self,
        caller: NamedDependency[Session],
        people: NamedDependency[PeopleService],
        text: Annotated[str | None, QueryParameter(max_length=100, description="Words of the address or name.")] = None,
        role: Annotated[Role | None, QueryParameter()] = None,
        before: PageCursor = None,
        limit: PageLimit = 50,
    ) -> PersonPage:
        """Accounts, newest first."""
        caller.require(Role.ADMIN)
        return await people.page(text=text, role=role, before=before, limit=limit)

    @get("/{person_id:str}")
    async def show(
        self, person_id: FromPath[str], caller: NamedDependency[Session], people: NamedDependency[PeopleService]
    ) -> Person:
        """One account."""
        caller.require(Role.ADMIN)
        return await people.get(person_id)

    @patch("/{person_id:str}")
    async def change(
        self,
        person_id: FromPath[str],
        data: JSONBody[ChangePerson],
        caller: NamedDependency[Session],
        people: NamedDependency[PeopleService],
    ) -> Person:
        """Change the role, disable or enable; 409 where no admin would be left."""
        caller.require(Role.ADMIN)
        return await people.change(caller, person_id, data)

    @put("/{person_id:str}/password", status_code=HTTP_204_NO_CONTENT)
    async def reset_password(
        self,
        person_id: FromPath[str],
        data: JSONBody[ResetPassword],
        caller: NamedDependency[Session],
        people: NamedDependency[PeopleService],
    ) -> None:
        """Set a password: all sessions of the account end."""
        caller.require(Role.ADMIN)
        await people.reset_password(caller, person_id, data)

    @get("/{person_id:str}/sessions")
    async def sessions(
        self, person_id: FromPath[str], caller: NamedDependency[Session], people: NamedDependency[PeopleService]
    ) -> LoginList:
        """Where an account is signed in."""
        caller.require(Role.ADMIN)
        return await people.sessions(person_id)

    @delete("/{person_id:str}/sessions")
    async def end_sessions(
        self,
        person_id: FromPath[str],
        caller: NamedDependency[Session],
        people: NamedDependency[PeopleService],
        reason: Reason = None,
    ) -> None:
        """End all sessions of an account."""
        caller.require(Role.ADMIN)
        await people.end_sessions(caller, person_id, one_line(reason) if reason else None)
