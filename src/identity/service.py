"""The rules of signing in: token pairs, their rotation, and who a caller is.

REST, sockets and commands call it; it is the one verifier of access tokens. An unknown address and a wrong password
must not be told apart, by answer or by time.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any

from identity.attempts import LoginAttempts, account_key
from identity.contracts import ChangePassword, Login, LoginInfo, LoginList, Tokens, User
from identity.models import LoginRow, RefreshTokenRow, UserRow
from identity.password_rules import check_password
from identity.passwords import Passwords
from identity.repository import LoginRepository, RefreshTokenRepository, RevocationRepository, UserRepository
from identity.rotation import (
    GRACE_MS,
    LOGIN_MS,
    SKEW_MS,
    Verdict,
    decrypt_successor,
    digest,
    encrypt_successor,
    expiry,
    judge,
)
from identity.session_revoker import SessionRevoker
from identity.tokens import AccessTokens, Claims
from kit import codes, security
from kit.addresses import network_of
from kit.clock import Clock, to_datetime
from kit.contracts import Instant
from kit.db import Database, Transaction
from kit.errors import Forbidden, InvalidPayload, NotFound, RateLimited, Unauthorized
from kit.ids import UlidGenerator
from kit.rate_limits import Rate, RateLimiter
from kit.session import Role, Session, roles_of
from kit.text import one_line, visible

BAD_TOKENS = Rate(
    120, per=60
)  # of one network: a page with an old token has a handful of them, a guesser has no chance
REFRESHES = Rate(600, per=60)  # of one network: an office of pages that wake up at once
MAX_NAME = 60
_WRONG = "The address or the password is wrong."
_DEVICE = re.compile(r"[0-9A-Za-z_-]{8,64}")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]{1,189}")


class IdentityService:
    """Signs in and out, rotates tokens, and says who a caller is."""

    def __init__(
        self,
        *,
        database: Database,
        passwords: Passwords,
        access_tokens: AccessTokens,
        revocations: RevocationRepository,
        revoker: SessionRevoker,
        rate_limiter: RateLimiter,
        clock: Clock,
        ids: UlidGenerator,
        random_token: Callable[[], str] = lambda: secrets.token_urlsafe(32),
    ) -> None:
        self._database = database
        self._passwords = passwords
        self._access_tokens = access_tokens
        self._revocations = revocations
        self._revoker = revoker
        self._rate_limiter = rate_limiter
        self._attempts = LoginAttempts(rate_limiter)
        self._clock = clock
        self._ids = ids
        self._random_token = random_token

    async def create_user(
        self, *, email: str, password: str, role: Role, display_name: str | None = None, demo: bool = False
    ) -> User:
        """Add an account.

        Args:
            email: In any case; it is kept in lower case.
            password: As it was entered.
            role: Any but `guest`.
            display_name: As others see the user; by default the address up to the @.
            demo: Whether its password is published: production does not start on such accounts.

        Returns:
            The account.

        Raises:
            InvalidPayload: The address is none, the password is too easy, or there is nothing to see in the name.
            Conflict: The address has an account.
        """
        address = email.strip().lower()
        if not _EMAIL.fullmatch(address) or one_line(address) != address:
            raise InvalidPayload("This is not an e-mail address.")
        if role is Role.GUEST:
            raise InvalidPayload("A guest needs no account.")
        name = one_line(display_name if display_name is not None else address.partition("@")[0], at_most=MAX_NAME)
        if not visible(name):
            raise InvalidPayload("A name needs something that can be seen in it.")
        check_password(password, own=(address, name))
        row = UserRow(
            id=self._ids.new(),
            email=address,
            display_name=name,
            password_hash=await self._passwords.hash(password),
            role=role.value,
            demo=demo,
            created_ms=self._clock.now_ms(),
        )
        async with self._database.transaction() as tx:
            await UserRepository(tx).add(row)
        return user_info(row)

    async def login(self, credentials: Login, address: str, agent: str | None = None) -> Tokens:
        """A pair of tokens for a password.

        An unknown address and a wrong password cannot be told apart, neither by the answer nor by its time.

        Args:
            credentials: The address of an account, and its password.
            address: Where the caller is.
            agent: With what, as its user agent says.

        Raises:
            Unauthorized: The address or the password is wrong.
            Forbidden: The account is disabled; only who knows the password gets to read that.
            RateLimited: Too many failures (`identity.attempts`).
        """
        email = credentials.email.strip().lower()
        async with self._attempts.at(email, address) as attempt:
            async with self._database.read() as tx:
                row = await UserRepository(tx).by_email(email)
            right = await self._passwords.matches(row.password_hash if row else None, credentials.password)
            if not right or row is None:
                self._note_sign_in("wrong password" if row else "unknown account", email, row, address)
                await attempt.failed(Unauthorized(_WRONG))
        if row.disabled(self._clock.now_ms()):
            self._note_sign_in("disabled", email, row, address)
            raise Forbidden(_why_disabled(row))
        tokens = await self._sign_in(row, credentials.password, address, agent)
        self._note_sign_in("ok", email, row, address)
        return tokens

    async def refresh(self, refresh_token: str, address: str, agent: str | None = None) -> Tokens:
        """A new pair for a refresh token, which is good once (`identity.rotation`).

        Args:
            refresh_token: As it was given out.
            address: The peer's IP address.
            agent: The peer's user agent, which its list of sessions shows.

        Returns:
            The new pair; the same one again for the same token within `GRACE_MS`.

        Raises:
            Unauthorized: It is unknown, over, or was used before: then its whole login has ended.
            RateLimited: Too many of this network.
        """
        network = network_of(address)
        wait = await self._rate_limiter.hit_key(f"refresh:{network}", REFRESHES)
        if wait is not None:
            raise RateLimited("Too many requests; wait a moment.", retry_after=wait)
        verdict, login, tokens = await self._trade(refresh_token, address, agent)
        if verdict is Verdict.THEFT and login is not None:
            security.note("refresh", outcome="used before: the login ended", user=login.user_id, address=address)
            await self._revoker.revoke_login(login.user_id, login.id)
        if tokens is None:
            await self._bad_token(address)
            raise Unauthorized("The refresh token is not valid; sign in again.")
        return tokens

    async def logout(self, refresh_token: str, address: str) -> None:
        """End a login; an unknown token is as good as ended."""
        async with self._database.transaction() as tx:
            family = await RefreshTokenRepository(tx).family_of(digest(refresh_token))
            login = await LoginRepository(tx).lock(family) if family is not None else None
            if login is not None:
                await LoginRepository(tx).drop(login.id)
        if login is None:
            await self._bad_token(address)
        else:
            await self._revoker.revoke_login(login.user_id, login.id)

    async def change_password(
        self, session: Session, cmd: ChangePassword, agent: str | None = None
    ) -> Tokens:  # fmt: skip
        """Replace the caller's own password: all its sessions end, and a new one begins.

        Args:
            session: The caller.
            cmd: The present password and the new one.
            agent: The peer's user agent.

        Returns:
            The tokens of the new session.

        Raises:
            Forbidden: The present password is wrong; that counts as a failure to sign in.
            RateLimited: Too many of those.
            InvalidPayload: The new one is too easy, or no new one.
        """
        user = await self.user(session.require_user())
        await self._check_present(user.email, cmd.current, session.address)
        check_password(cmd.password, own=(user.email, user.display_name))
        if cmd.password == cmd.current:
            raise InvalidPayload("This is the password that you have already.")
        row = await self.end_all(user.id, password_hash=await self._passwords.hash(cmd.password))
        security.note("password changed", outcome="ok", user=user.id, address=session.address)
        return await self._sign_in(row, cmd.password, session.address, agent)

    async def _check_present(self, email: str, password: str, address: str) -> None:
        """Whether this is the account's password; raises `Forbidden`, since 401 would speak of the caller's token."""
        async with self._attempts.at(email, address) as attempt:
            async with self._database.read() as tx:
                row = await UserRepository(tx).by_email(email)
            if not await self._passwords.matches(row.password_hash if row else None, password):
                self._note_sign_in("wrong password", email, row, address)
                await attempt.failed(Forbidden("The present password is wrong."))

    async def end_all(self, user_id: str, *, password_hash: str | None = None) -> UserRow:
        """End all sessions of an account, together with a new password if one is given; raises `NotFound`."""
        async with self._database.transaction() as tx:
            row = await UserRepository(tx).by_id(user_id, lock=True)
            if row is None:
                raise NotFound("There is no such account.")
            if password_hash is not None:
                row.password_hash = password_hash
            await end_tokens(tx, row, self._clock.now_ms())
        await self._revoker.revoke_user(row)
        return row

    async def sessions(self, session: Session) -> LoginList:
        """Where the caller is signed in."""
        return await self.logins_of(session.require_user(), current=session.token_family)

    async def logins_of(self, user_id: str, *, current: str | None = None) -> LoginList:
        """Where an account is signed in."""
        async with self._database.read() as tx:
            rows = await LoginRepository(tx).of_user(user_id, self._clock.now_ms())
        return LoginList(items=[_login_info(row, current) for row in rows])

    async def end_session(self, session: Session, login_id: str) -> None:
        """End one of the caller's own logins; raises `NotFound`."""
        user_id = session.require_user()
        async with self._database.transaction() as tx:
            login = await LoginRepository(tx).lock(login_id)
            if login is None or login.user_id != user_id:
                raise NotFound("There is no such session.")
            await LoginRepository(tx).drop(login_id)
        await self._revoker.revoke_login(user_id, login_id)

    async def user(self, user_id: str) -> User:
        """The account of a signed-in caller."""
        async with self._database.read() as tx:
            row = await UserRepository(tx).by_id(user_id)
        if row is None:
            raise Unauthorized("This account is gone.")
        return user_info(row)

    async def find_user(self, email: str) -> User | None:
        """The account of an address, if there is one."""
        async with self._database.read() as tx:
            row = await UserRepository(tx).by_email(email.strip().lower())
        return user_info(row) if row else None

    async def exists(self, user_id: str) -> bool:
        """Whether there is such an account."""
        async with self._database.read() as tx:
            return await UserRepository(tx).by_id(user_id) is not None

    async def set_password(self, user_id: str, password: str) -> None:
        """Replace a password without the present one: all sessions of the account end."""
        async with self._database.read() as tx:
            row = await UserRepository(tx).by_id(user_id)
        if row is None:
            raise NotFound("There is no such account.")
        check_password(password, own=(row.email, row.display_name))
        await self.end_all(user_id, password_hash=await self._passwords.hash(password))

    async def has_demo_accounts(self) -> bool:
        """Whether accounts with published passwords exist."""
        async with self._database.read() as tx:
            return await UserRepository(tx).has_demo_accounts()

    async def session(self, *, connection_id: str, token: str | None, address: str, device: str | None) -> Session:
        """Who a caller is: the one verifier of REST and sockets.

        Args:
            connection_id: The socket's id, or the request's.
            token: An access token; None for a guest.
            address: The peer's IP address, as far as it can be trusted.
            device: A guest's own id; without a good one its connection is its id.

        Returns:
            The session.

        Raises:
            Unauthorized: With reason `unauthorized` or `token_expired`.
            RateLimited: After many bad tokens from this network.
        """
        if token is None:
            guest = device if device and _DEVICE.fullmatch(device) else connection_id
            return Session(connection_id=connection_id, member=f"g:{guest}", address=address)
        claims = await self._claims(token, address)
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
            generation=claims.generation,
        )

    async def authenticate(self, connection_id: str, auth: dict[str, Any], address: str) -> Session:
        """The session of a new socket connection, from the `auth` of its CONNECT.

        Args:
            connection_id: The socket's id.
            auth: What the client sent: `token` and `device`, both optional.
            address: The peer's IP address.

        Returns:
            The session.

        Raises:
            Unauthorized: As `session`, and where the token is no string.
        """
        token, device = auth.get("token"), auth.get("device")
        if token is not None and not isinstance(token, str):
            raise Unauthorized("`auth.token` is a string.", reason=codes.UNAUTHORIZED)
        return await self.session(
            connection_id=connection_id,
            token=token or None,
            address=address,
            device=device if isinstance(device, str) else None,
        )

    async def _claims(self, token: str, address: str) -> Claims:
        """What a good access token says; one that is bad counts, unless its time is over: every page has such one."""
        try:
            claims = self._access_tokens.read(token)
        except Unauthorized as error:
            if error.reason != codes.TOKEN_EXPIRED:
                await self._bad_token(address)
            raise
        if await self._revocations.revoked(claims.user_id, claims.family, claims.generation):
            await self._bad_token(address)
            raise Unauthorized("This login was ended; sign in again.", reason=codes.UNAUTHORIZED)
        return claims

    async def _bad_token(self, address: str) -> None:
        security.refused("token", outcome="not valid", address=address)
        wait = await self._rate_limiter.hit_key(f"token:{network_of(address)}", BAD_TOKENS)
        if wait is not None:
            raise RateLimited("Too many tokens that are not valid; wait a moment.", retry_after=wait)

    async def _sign_in(self, known: UserRow, password: str, address: str, agent: str | None) -> Tokens:
        """A new login of an account whose password was right a moment ago."""
        rehashed = None
        if self._passwords.outdated(known.password_hash):
            rehashed = await self._passwords.hash(password)
        now = self._clock.now_ms()
        login = LoginRow(
            id=self._ids.new(), user_id=known.id, created_ms=now, used_ms=now, ends_ms=now + LOGIN_MS,
            address=network_of(address), agent=one_line(agent, at_most=200) if agent else None,
        )  # fmt: skip
        async with self._database.transaction() as tx:
            row = await UserRepository(tx).by_id(known.id, lock=True)
            if row is None or row.password_hash != known.password_hash or row.disabled(now):
                raise Unauthorized(_WRONG)  # it was changed while this one signed in
            if rehashed is not None:
                row.password_hash = rehashed
            await RefreshTokenRepository(tx).drop_expired(now)
            await LoginRepository(tx).drop_over(now)
            await LoginRepository(tx).add(login)
            refresh = await self._add_refresh(tx, login, now)
        return self._tokens(row, login, refresh)

    async def _trade(
        self, refresh_token: str, address: str, agent: str | None
    ) -> tuple[Verdict, LoginRow | None, Tokens | None]:
        """What a refresh token is worth, and the pair that it gives."""
        now = self._clock.now_ms()
        async with self._database.transaction() as tx:
            tokens, logins = RefreshTokenRepository(tx), LoginRepository(tx)
            family = await tokens.family_of(digest(refresh_token))
            login = await logins.lock(family) if family is not None else None
            used = await tokens.by_digest(digest(refresh_token)) if login is not None else None
            row = await UserRepository(tx).by_id(used.user_id) if used is not None else None
            if login is None or used is None or row is None or row.disabled(now):
                return Verdict.OVER, None, None
            verdict = judge(used_ms=used.used_ms, expires_ms=used.expires_ms, ends_ms=login.ends_ms, now_ms=now)
            refresh: str | None = None
            if verdict is Verdict.THEFT:
                await logins.drop(login.id)
            elif verdict is Verdict.REPEAT:
                refresh = decrypt_successor(refresh_token, used.successor or b"")
            elif verdict is Verdict.TRADE:
                refresh = await self._add_refresh(tx, login, now)
                used.used_ms, used.successor = now, encrypt_successor(refresh_token, refresh)
                login.used_ms, login.address = now, network_of(address)
                login.agent = one_line(agent, at_most=200) if agent else login.agent
                await tokens.forget_successors(login.id, now - GRACE_MS - SKEW_MS)
        return verdict, login, self._tokens(row, login, refresh) if refresh is not None else None

    async def _add_refresh(self, tx: Transaction, login: LoginRow, now: int) -> str:
        token = self._random_token()
        await RefreshTokenRepository(tx).add(
            RefreshTokenRow(
                digest=digest(token),
                family=login.id,
                user_id=login.user_id,
                created_ms=now,
                expires_ms=expiry(ends_ms=login.ends_ms, now_ms=now),
            )
        )
        return token

    def _tokens(self, row: UserRow, login: LoginRow, refresh: str) -> Tokens:
        access, seconds = self._access_tokens.issue(
            user_id=row.id,
            display_name=row.display_name,
            role=Role(row.role),
            family=login.id,
            generation=row.generation,
            ends_ms=login.ends_ms,
        )
        return Tokens(access_token=access, refresh_token=refresh, expires_in=seconds, user=user_info(row))

    @staticmethod
    def _note_sign_in(outcome: str, email: str, row: UserRow | None, address: str) -> None:
        user = row.id if row else None
        security.note("sign-in", outcome=outcome, account=account_key(email), user=user, address=address)


async def end_tokens(tx: Transaction, row: UserRow, now_ms: int) -> None:
    """End all logins and tokens of an account that is locked; `SessionRevoker` tells it after the commit.

    Args:
        tx: Within this transaction.
        row: The account, locked by it.
        now_ms: Unix milliseconds.
    """
    row.generation += 1
    row.ended_ms = now_ms
    await LoginRepository(tx).drop_of_user(row.id)


def _why_disabled(row: UserRow) -> str:
    until = f" until {to_datetime(row.disabled_until_ms):%d %B %Y, %H:%M} UTC" if row.disabled_until_ms else ""
    why = (row.disabled_reason or "").rstrip(".")
    return f"This account is disabled{until}{f': {why}' if why else ''}."


def _login_info(row: LoginRow, current: str | None) -> LoginInfo:
    return LoginInfo(
        id=row.id,
        current=row.id == current,
        created_at=Instant(row.created_ms),
        used_at=Instant(row.used_ms),
        ends_at=Instant(row.ends_ms),
        agent=row.agent,
        address=row.address,
    )


def user_info(row: UserRow) -> User:
    """An account as its owner sees it."""
    return User(
        id=row.id,
        email=row.email,
        display_name=row.display_name,
        role=row.role,
        created_at=Instant(row.created_ms),
    )
