"""The SQL of users and refresh tokens, and the revocations in Redis."""

from __future__ import annotations

from sqlalchemy import delete, exists, select, update
from sqlalchemy.exc import IntegrityError

from identity.models import RefreshTokenRow, UserRow
from identity.ports import Commands
from kit.db import Transaction
from kit.errors import Conflict


class Users:
    """Accounts, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def by_email(self, email: str) -> UserRow | None:
        """The account of an address in lower case."""
        found: UserRow | None = await self._session.scalar(select(UserRow).where(UserRow.email == email))
        return found

    async def by_id(self, user_id: str) -> UserRow | None:
        """The account of an id."""
        return await self._session.get(UserRow, user_id)

    async def add(self, user: UserRow) -> None:
        """Store a new account; raises `Conflict` when the address has one."""
        self._session.add(user)
        try:
            await self._session.flush()
        except IntegrityError:
            raise Conflict("There is an account with this address already.") from None

    async def set_password(self, user_id: str, password_hash: str) -> None:
        """Replace a password's hash."""
        await self._session.execute(update(UserRow).where(UserRow.id == user_id).values(password_hash=password_hash))

    async def has_demo_accounts(self) -> bool:
        """Whether accounts with published passwords exist."""
        return bool(await self._session.scalar(select(exists().where(UserRow.demo))))


class RefreshTokens:
    """Refresh tokens, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, token: RefreshTokenRow) -> None:
        """Store a new token."""
        self._session.add(token)
        await self._session.flush()

    async def use(self, digest: str, now_ms: int) -> tuple[RefreshTokenRow | None, bool]:
        """Mark a token as used; returns it, and whether this was the first use."""
        first = await self._session.execute(
            update(RefreshTokenRow)
            .where(RefreshTokenRow.digest == digest, RefreshTokenRow.used_ms.is_(None))
            .values(used_ms=now_ms)
            .returning(RefreshTokenRow.digest)
        )
        is_first = first.first() is not None
        return await self._session.get(RefreshTokenRow, digest), is_first

    async def drop_family(self, family: str) -> None:
        """End a login: none of its tokens is good any more."""
        await self._session.execute(delete(RefreshTokenRow).where(RefreshTokenRow.family == family))

    async def drop_expired(self, now_ms: int) -> None:
        """Forget tokens whose time is over."""
        await self._session.execute(delete(RefreshTokenRow).where(RefreshTokenRow.expires_ms < now_ms))


class Revocations:
    """Logins that ended before their access tokens did. Kept as long as such a token can live.

    Asked for every connection, and always of Redis: a worker that remembered the answers would have to know that it
    has not missed one. While Redis is away nobody signed in is let in (`Unavailable`).
    """

    def __init__(self, commands: Commands, seconds: int) -> None:
        self._commands = commands
        self._seconds = seconds

    async def revoke(self, family: str) -> None:
        """Refuse the access tokens of a login from now on."""
        await self._commands.command("SET", f"identity:revoked:{{{family}}}", "1", "EX", self._seconds)

    async def revoked(self, family: str) -> bool:
        """Whether a login was ended."""
        return bool(await self._commands.command("EXISTS", f"identity:revoked:{{{family}}}"))
