"""The rules of signing in: passwords, token pairs, rotation, and who a caller is."""

from __future__ import annotations

import hashlib
import re
import secrets
from typing import Any

from identity.contracts import Login, Tokens, User
from identity.models import RefreshTokenRow, UserRow
from identity.passwords import Passwords
from identity.ports import Connections
from identity.repository import RefreshTokens, Revocations, Users
from identity.tokens import ACCESS_SECONDS, AccessTokens
from kit.clock import Clock
from kit.contracts import Instant
from kit.db import Database
from kit.errors import InvalidPayload, RateLimited, Unauthorized
from kit.ids import Ids
from kit.limits import Limits, Rate
from kit.session import Role, Session, roles_of

REFRESH_MS = 30 * 24 * 3600 * 1000
MIN_PASSWORD = 10
_PER_ACCOUNT = Rate(5, per=60)
_PER_ADDRESS = Rate(30, per=60)
_WRONG = "The address or the password is wrong."
_DEVICE = re.compile(r"[0-9A-Za-z_-]{8,64}")


class IdentityService:
    """Accounts, logins and callers."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: Passwords,
        access_tokens: AccessTokens,
        revocations: Revocations,
        connections: Connections,
        limits: Limits,
        clock: Clock,
        ids: Ids,
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._access_tokens = access_tokens
        self._revocations = revocations
        self._connections = connections
        self._limits = limits
        self._clock = clock
        self._ids = ids

    async def create_user(
        self, *, email: str, password: str, role: Role, display_name: str | None = None, demo: bool = False
    ) -> User:
        """Add an account; raises `InvalidPayload` for a short password, `Conflict` for a known address."""
        if len(password) < MIN_PASSWORD:
            raise InvalidPayload(f"A password has at least {MIN_PASSWORD} characters.")
        if role is Role.GUEST:
            raise InvalidPayload("A guest needs no account.")
        address = email.strip().lower()
        row = UserRow(
            id=self._ids.new(),
            email=address,
            display_name=(display_name or address.partition("@")[0])[:60],
            password_hash=await self._passwords.hash(password),
            role=role.value,
            demo=demo,
            created_ms=self._clock.now_ms(),
        )
        async with self._database.transaction() as tx:
            await Users(tx).add(row)
        return _user(row)

    async def login(self, credentials: Login, address: str) -> Tokens:
        """A pair of tokens for a password.

        An unknown address and a wrong password cannot be told apart, neither by the answer nor by its time.
        """
        email = credentials.email.strip().lower()
        account = hashlib.sha256(email.encode()).hexdigest()[:32]
        for key, rate in ((f"login:address:{address}", _PER_ADDRESS), (f"login:account:{account}", _PER_ACCOUNT)):
            wait = await self._limits.hit_key(key, rate)
            if wait is not None:
                raise RateLimited("Too many attempts to sign in; wait a moment.", retry_after=wait)
        async with self._database.read() as tx:
            row = await Users(tx).by_email(email)
        if not await self._passwords.matches(row.password_hash if row else None, credentials.password) or row is None:
            raise Unauthorized(_WRONG)
        rehashed = None
        if self._passwords.outdated(row.password_hash):
            rehashed = await self._passwords.hash(credentials.password)
        family = self._ids.new()
        refresh, token_row = self._new_refresh(row.id, family)
        async with self._database.transaction() as tx:
            if rehashed is not None:
                await Users(tx).set_password(row.id, rehashed)
            await RefreshTokens(tx).drop_expired(self._clock.now_ms())
            await RefreshTokens(tx).add(token_row)
        return self._tokens(row, family, refresh)

    async def refresh(self, refresh_token: str) -> Tokens:
        """A new pair for a refresh token, which is good once.

        A token that comes a second time was copied: the whole login ends (OAuth 2.0 Security BCP, RFC 9700, 4.14.2).
        """
        now = self._clock.now_ms()
        stolen: str | None = None
        row: UserRow | None = None
        async with self._database.transaction() as tx:
            tokens = RefreshTokens(tx)
            used, first = await tokens.use(_digest(refresh_token), now)
            if used is not None and not first:
                stolen = used.family
                await tokens.drop_family(used.family)
            elif used is not None and used.expires_ms > now:
                row = await Users(tx).by_id(used.user_id)
                refresh, token_row = self._new_refresh(used.user_id, used.family)
                await tokens.add(token_row)
        if stolen is not None:
            await self._end(stolen)
        if row is None or used is None:
            raise Unauthorized("The refresh token is not valid; sign in again.")
        return self._tokens(row, used.family, refresh)

    async def logout(self, refresh_token: str) -> None:
        """End a login; an unknown token is as good as ended."""
        async with self._database.transaction() as tx:
            tokens = RefreshTokens(tx)
            used, _ = await tokens.use(_digest(refresh_token), self._clock.now_ms())
            if used is not None:
                await tokens.drop_family(used.family)
        if used is not None:
            await self._end(used.family)

    async def user(self, user_id: str) -> User:
        """The account of a signed-in caller."""
        async with self._database.read() as tx:
            row = await Users(tx).by_id(user_id)
        if row is None:
            raise Unauthorized("This account is gone.")
        return _user(row)

    async def find_user(self, email: str) -> User | None:
        """The account of an address, if there is one."""
        async with self._database.read() as tx:
            row = await Users(tx).by_email(email.strip().lower())
        return _user(row) if row else None

    async def exists(self, user_id: str) -> bool:
        """Whether there is such an account."""
        async with self._database.read() as tx:
            return await Users(tx).by_id(user_id) is not None

    async def set_password(self, user_id: str, password: str) -> None:
        """Replace a password; logins that exist stay."""
        password_hash = await self._passwords.hash(password)
        async with self._database.transaction() as tx:
            await Users(tx).set_password(user_id, password_hash)

    async def has_demo_accounts(self) -> bool:
        """Whether accounts with published passwords exist."""
        async with self._database.read() as tx:
            return await Users(tx).has_demo_accounts()

    async def session(self, *, connection_id: str, token: str | None, address: str, device: str | None) -> Session:
        """Who a caller is: the one verifier of REST and sockets.

        Without a token the caller is a guest, known by the device id it chose (or by its connection).
        Raises `Unauthorized` with reason `unauthorized` or `token_expired`.
        """
        if token is None:
            guest = device if device and _DEVICE.fullmatch(device) else connection_id
            return Session(connection_id=connection_id, member=f"g:{guest}", address=address)
        claims = self._access_tokens.read(token)
        if await self._revocations.revoked(claims.family):
            raise Unauthorized("This login was ended; sign in again.", reason="unauthorized")
        return Session(
            connection_id=connection_id,
            member=f"u:{claims.user_id}",
            address=address,
            roles=roles_of(claims.role),
            user_id=claims.user_id,
            display_name=claims.display_name,
            role=claims.role,
            token_family=claims.family,
            expires_at=claims.expires_at,
        )

    async def authenticate(self, connection_id: str, auth: dict[str, Any], address: str) -> Session:
        """The session of a new socket connection, from the `auth` of its CONNECT."""
        token, device = auth.get("token"), auth.get("device")
        if token is not None and not isinstance(token, str):
            raise Unauthorized("`auth.token` is a string.", reason="unauthorized")
        return await self.session(
            connection_id=connection_id,
            token=token or None,
            address=address,
            device=device if isinstance(device, str) else None,
        )

    async def _end(self, family: str) -> None:
        """Refuse a login's access tokens, and close its connections: they come back as guests or with a new login."""
        await self._revocations.revoke(family)
        await self._connections.disconnect(family, "signed_out", reconnect=True)

    def _new_refresh(self, user_id: str, family: str) -> tuple[str, RefreshTokenRow]:
        token = secrets.token_urlsafe(32)
        now = self._clock.now_ms()
        row = RefreshTokenRow(
            digest=_digest(token),
            family=family,
            user_id=user_id,
            created_ms=now,
            expires_ms=now + REFRESH_MS,
        )
        return token, row

    def _tokens(self, row: UserRow, family: str, refresh: str) -> Tokens:
        access = self._access_tokens.issue(
            user_id=row.id, display_name=row.display_name, role=Role(row.role), family=family
        )
        return Tokens(access_token=access, refresh_token=refresh, expires_in=ACCESS_SECONDS, user=_user(row))


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def _user(row: UserRow) -> User:
    return User(
        id=row.id,
        email=row.email,
        display_name=row.display_name,
        role=row.role,
        created_at=Instant(row.created_ms),
    )
