"""The SQL of users, logins and refresh tokens, and the revocations in Redis.

The services of identity call it within their transactions. Tokens are stored as digests only.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import delete, exists, or_, select, update
from sqlalchemy.exc import IntegrityError

from identity.models import LoginRow, RefreshTokenRow, UserRow
from identity.ports import Commands
from kit.db import Transaction
from kit.errors import Conflict
from kit.lua import Script
from kit.paging import newest_first
from kit.session import Role


class UserRepository:
    """Accounts, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def by_email(self, email: str, *, lock: bool = False) -> UserRow | None:
        """The account of an address in lower case; `lock`: nobody else changes it until the transaction ends."""
        query = select(UserRow).where(UserRow.email == email)
        if lock:
            query = query.with_for_update(key_share=True).execution_options(populate_existing=True)
        found: UserRow | None = await self._session.scalar(query)
        return found

    async def by_id(self, user_id: str, *, lock: bool = False) -> UserRow | None:
        """The account of an id; `lock`: nobody else changes it until the transaction ends."""
        if not lock:
            return await self._session.get(UserRow, user_id)
        return await self._session.get(
            UserRow, user_id, with_for_update={"key_share": True}, populate_existing=True
        )  # fmt: skip

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

    async def lock_admins(self, now_ms: int) -> set[str]:
        """The ids of all admins that are not disabled; none of them changes until the transaction ends."""
        enabled = or_(UserRow.disabled_ms.is_(None), UserRow.disabled_until_ms <= now_ms)
        query = select(UserRow.id).where(UserRow.role == Role.ADMIN.value, enabled).order_by(UserRow.id)
        return set(await self._session.scalars(query.with_for_update(key_share=True)))

    async def page(
        self, *, words: Sequence[str], role: Role | None, before: str | None, limit: int
    ) -> Sequence[UserRow]:
        """A page of accounts.

        Args:
            words: Texts that the address or the name must hold, all of them.
            role: Only accounts of this role.
            before: Only those with a smaller id.
            limit: Accounts, at the most.

        Returns:
            The accounts, newest first.
        """
        query = select(UserRow)
        for word in words:
            query = query.where(
                or_(
                    UserRow.email.icontains(word, autoescape=True),
                    UserRow.display_name.icontains(word, autoescape=True),
                )
            )
        if role is not None:
            query = query.where(UserRow.role == role.value)
        return (await self._session.scalars(newest_first(query, UserRow.id, before=before, limit=limit))).all()

    async def ended_since(self, since_ms: int) -> Sequence[UserRow]:
        """Accounts whose tokens were all ended after this moment (Unix milliseconds)."""
        return (await self._session.scalars(select(UserRow).where(UserRow.ended_ms > since_ms))).all()


class LoginRepository:
    """Logins, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, login: LoginRow) -> None:
        """Store a new login."""
        self._session.add(login)
        await self._session.flush()

    async def lock(self, login_id: str) -> LoginRow | None:
        """A login, which nobody else uses or ends until the transaction ends."""
        return await self._session.get(
            LoginRow, login_id, with_for_update={"key_share": True}, populate_existing=True
        )  # fmt: skip

    async def of_user(self, user_id: str, now_ms: int) -> Sequence[LoginRow]:
        """The logins of an account that are not over, the one used last first."""
        query = select(LoginRow).where(LoginRow.user_id == user_id, LoginRow.ends_ms > now_ms)
        return (await self._session.scalars(query.order_by(LoginRow.used_ms.desc(), LoginRow.id.desc()))).all()

    async def drop(self, login_id: str) -> None:
        """End a login: none of its tokens is good any more."""
        await self._session.execute(delete(LoginRow).where(LoginRow.id == login_id))

    async def drop_of_user(self, user_id: str) -> None:
        """End all logins of an account."""
        await self._session.execute(delete(LoginRow).where(LoginRow.user_id == user_id))

    async def drop_over(self, now_ms: int) -> None:
        """Delete logins whose time is over."""
        await self._session.execute(delete(LoginRow).where(LoginRow.ends_ms <= now_ms))


class RefreshTokenRepository:
    """Refresh tokens, within one transaction."""

    def __init__(self, tx: Transaction) -> None:
        self._session = tx.session

    async def add(self, token: RefreshTokenRow) -> None:
        """Store a new token."""
        self._session.add(token)
        await self._session.flush()

    async def family_of(self, digest: str) -> str | None:
        """The login that a token belongs to, or None."""
        found: str | None = await self._session.scalar(
            select(RefreshTokenRow.family).where(RefreshTokenRow.digest == digest)
        )
        return found

    async def by_digest(self, digest: str) -> RefreshTokenRow | None:
        """A token; its login is locked by now (`LoginRepository.lock`), so that only one caller uses it at a time."""
        return await self._session.get(RefreshTokenRow, digest)

    async def forget_successors(self, family: str, used_before_ms: int) -> None:
        """Drop the answers of a login that cannot be asked for again."""
        await self._session.execute(
            update(RefreshTokenRow)
            .where(
                RefreshTokenRow.family == family,
                RefreshTokenRow.used_ms < used_before_ms,
                RefreshTokenRow.successor.is_not(None),
            )
            .values(successor=None)
        )

    async def drop_expired(self, now_ms: int) -> None:
        """Delete tokens whose time is over."""
        await self._session.execute(delete(RefreshTokenRow).where(RefreshTokenRow.expires_ms < now_ms))


_RAISE = Script("identity", "generation_raise")


class RevocationRepository:
    """Logins and tokens that ended before their access tokens did. Kept as long as such a token can live.

    Asked for every connection, and always of Redis: a worker that remembered the answers would have to know that it
    has not missed one. While Redis is away nobody signed in is let in (`Unavailable`).
    """

    def __init__(self, commands: Commands, seconds: int) -> None:
        self._commands = commands
        self._seconds = seconds

    async def revoke(self, user_id: str, family: str) -> None:
        """Refuse the access tokens of a login from now on."""
        await self._commands.command("SET", _family_key(user_id, family), "1", "EX", self._seconds)

    async def revoke_before(self, user_id: str, generation: int) -> None:
        """Refuse the access tokens of a user that are of an older generation."""
        await self._commands.command("EVAL", _RAISE.text, 1, _generation_key(user_id), generation, self._seconds)

    async def revoked(self, user_id: str, family: str, generation: int) -> bool:
        """Whether an access token's login was ended, or all tokens of its generation.

        Args:
            user_id: Whose token it is.
            family: The login it belongs to.
            generation: The one that is written into it.
        """
        ended, oldest = await self._commands.command("MGET", _family_key(user_id, family), _generation_key(user_id))
        return ended is not None or (oldest is not None and generation < int(oldest))


def _family_key(user_id: str, family: str) -> str:
    return f"identity:{{{user_id}}}:ended:{family}"


def _generation_key(user_id: str) -> str:
    return f"identity:{{{user_id}}}:generation"
