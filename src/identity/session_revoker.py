"""Makes what has ended in the database end everywhere: access tokens at once, and connections on every worker.

The services of identity call it after their commit. The leader's sweep revokes again what ended lately: so it holds
also where the command line ended something, or where Redis was away or has lost its memory. It must not decide what
ends: the database has done so by then.
"""

from __future__ import annotations

import structlog
from redis.exceptions import RedisError

from identity.models import UserRow
from identity.ports import Connections
from identity.repository import RevocationRepository, UserRepository
from kit import codes
from kit.clock import Clock
from kit.db import Database
from kit.errors import Unavailable

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 0.5
_REPEATED_MS = 5_000  # a connection that was let in while its tokens ended is closed by the next sweeps


class SessionRevoker:
    """Revokes access tokens and closes connections of logins and users that have ended.

    Args:
        lifetime_ms: How long an access token can outlive its login, in milliseconds.
    """

    def __init__(
        self,
        *,
        database: Database,
        revocations: RevocationRepository,
        connections: Connections,
        clock: Clock,
        lifetime_ms: int,
    ) -> None:
        self._database = database
        self._revocations = revocations
        self._connections = connections
        self._clock = clock
        self._lifetime_ms = lifetime_ms
        self._revoked: set[tuple[str, int]] = set()  # bounded by what ended within a token's life

    async def revoke_login(self, user_id: str, family: str) -> None:
        """Refuse a login's access tokens, and close its connections: they come back as guests or with a new login."""
        await self._revocations.revoke(user_id, family)
        await self._connections.disconnect(family, codes.SIGNED_OUT, reconnect=True)

    async def revoke_user(self, user: UserRow) -> None:
        """Refuse all tokens of a user before the present generation, and close their connections.

        While Redis is away nobody signed in is let in, and the sweep revokes later.
        """
        try:
            await self._revoke(user)
        except (RedisError, OSError, Unavailable) as error:
            log.warning("ended sessions are told later", user=user.id, error=type(error).__name__)

    async def sweep(self) -> None:
        """Revoke (again) what ended lately; the leader does this."""
        now = self._clock.now_ms()
        async with self._database.read() as tx:
            ended = await UserRepository(tx).ended_since(now - self._lifetime_ms)
        for user in ended:
            if (user.id, user.generation) in self._revoked and now - (user.ended_ms or 0) > _REPEATED_MS:
                await self._revocations.revoke_before(user.id, user.generation)
            else:
                await self._revoke(user)
        self._revoked = {(user.id, user.generation) for user in ended}

    async def _revoke(self, user: UserRow) -> None:
        await self._revocations.revoke_before(user.id, user.generation)
        disabled = user.disabled(self._clock.now_ms())
        await self._connections.disconnect(
            user.id, codes.BANNED if disabled else codes.SIGNED_OUT, reconnect=not disabled, before=user.generation
        )
