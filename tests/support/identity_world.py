"""Identity with everything around it, for its tests."""

from __future__ import annotations

from typing import Any

import pytest
from argon2 import PasswordHasher

from identity.contracts import Login, Tokens
from identity.passwords import Passwords
from identity.people import PeopleService
from identity.repository import RevocationRepository
from identity.service import IdentityService
from identity.session_revoker import SessionRevoker
from identity.tokens import ACCESS_SECONDS, SKEW_SECONDS, AccessTokens
from kit.clock import Clock
from kit.db import Database
from kit.errors import Unauthorized
from kit.ids import UlidGenerator
from kit.rate_limits import RateLimiter
from kit.redis import RedisStore
from kit.session import Role, Session
from tests.support.doubles import ListAudit

SECRET = "the key of these tests, long enough: 5f1e"
PASSWORD = "correct horse battery"
ADDRESS = "192.0.2.1"
REVOKED_SECONDS = ACCESS_SECONDS + 2 * SKEW_SECONDS


def quick_passwords() -> Passwords:
    """Hashes that cost nothing."""
    return Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1))


class Commands:
    """Redis, one command at a time."""

    def __init__(self, redis: RedisStore) -> None:
        self._redis = redis.client

    async def command(self, *command: str | bytes | int) -> Any:
        return await self._redis.execute_command(*command)


class Disconnected:
    """Who was disconnected: target, code, whether to come back, and before which generation."""

    def __init__(self) -> None:
        self.all: list[tuple[str, str, bool, int | None]] = []

    async def disconnect(self, target: str, code: str, *, reconnect: bool, before: int | None = None) -> None:
        self.all.append((target, code, reconnect, before))

    def renew(self, session: Session) -> None: ...


class IdentityWorld:
    """One worker's identity: on the database and the Redis that others share."""

    def __init__(self, database: Database, redis: RedisStore, clock: Clock, secret: str = SECRET) -> None:
        self.database, self.clock = database, clock
        self.connections, self.audit = Disconnected(), ListAudit()
        self.revocations = RevocationRepository(Commands(redis), REVOKED_SECONDS)
        passwords = quick_passwords()
        self.revoker = SessionRevoker(
            database=database,
            revocations=self.revocations,
            connections=self.connections,
            clock=clock,
            lifetime_ms=REVOKED_SECONDS * 1000,
        )
        self.service = IdentityService(
            database=database,
            passwords=passwords,
            access_tokens=AccessTokens(secret, clock),
            revocations=self.revocations,
            revoker=self.revoker,
            rate_limiter=RateLimiter(redis.client),
            clock=clock,
            ids=UlidGenerator(clock),
        )
        self.people = PeopleService(
            database=database,
            identity=self.service,
            passwords=passwords,
            revoker=self.revoker,
            audit=self.audit,
            clock=clock,
        )

    async def sign_up(self, email: str = "Ann@Example.org", role: Role = Role.OWNER, name: str = "Ann") -> str:
        return (await self.service.create_user(email=email, password=PASSWORD, role=role, display_name=name)).id

    async def login(
        self, email: str = "ann@example.org", password: str = PASSWORD, *, address: str = ADDRESS
    ) -> Tokens:  # fmt: skip
        return await self.service.login(Login(email=email, password=password), address)

    async def refresh(self, token: str) -> Tokens:
        return await self.service.refresh(token, ADDRESS)

    async def who(self, token: str | None, device: str | None = None) -> Session:
        return await self.service.session(connection_id="c1", token=token, address=ADDRESS, device=device)

    async def refused(self, token: str) -> str | None:
        """Why an access token is refused."""
        with pytest.raises(Unauthorized) as caught:
            await self.who(token)
        return caught.value.reason
