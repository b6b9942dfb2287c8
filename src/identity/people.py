"""What admins do to accounts: change roles, disable, reset passwords, end sessions.

REST and the command line call it. Everything it does is in the audit log, in the same transaction, and ends what it
must end on every worker after that; an installation must not lose its last admin.
"""

from __future__ import annotations

from identity.contracts import ChangePerson, Disabled, LoginList, Person, PersonPage, ResetPassword
from identity.models import UserRow
from identity.password_rules import check_password
from identity.passwords import Passwords
from identity.repository import UserRepository
from identity.service import IdentityService, end_tokens, user_info
from identity.session_revoker import SessionRevoker
from kit import security
from kit.audit import Audit
from kit.clock import Clock
from kit.contracts import Instant
from kit.db import Database, Transaction
from kit.errors import Conflict, InvalidPayload, NotFound
from kit.paging import read_slice
from kit.session import Role, Session, roles_of

_MAX_WORDS = 8  # of one search; each is another condition
_LAST_ADMIN = "This is the last admin: make somebody else an admin first."

OPERATOR = Session(
    connection_id="command-line",
    member="u:command-line",
    address="local",
    roles=roles_of(Role.ADMIN),
    user_id="command-line",
    display_name="Command line",
    role=Role.ADMIN,
)
"""Who acts where somebody works at the server itself."""


class PeopleService:
    """Accounts, as admins see and change them."""

    def __init__(
        self,
        *,
        database: Database,
        identity: IdentityService,
        passwords: Passwords,
        revoker: SessionRevoker,
        audit: Audit,
        clock: Clock,
    ) -> None:
        self._database = database
        self._identity = identity
        self._passwords = passwords
        self._revoker = revoker
        self._audit = audit
        self._clock = clock

    async def page(
        self, *, text: str | None, role: Role | None, before: str | None, limit: int
    ) -> PersonPage:  # fmt: skip
        """A page of accounts.

        Args:
            text: Words of the address or the name, all of which an account must hold.
            role: Only accounts of this role.
            before: The `next` of the page before; None for the first.
            limit: Accounts of one page, at the most.

        Returns:
            The page, newest first.

        Raises:
            InvalidPayload: A search of too many words.
        """
        words = (text or "").split()
        if len(words) > _MAX_WORDS:
            raise InvalidPayload(f"A search has {_MAX_WORDS} words at most.")
        async with self._database.read() as tx:
            users = UserRepository(tx)
            found = await read_slice(
                lambda count: users.page(words=words, role=role, before=before, limit=count), limit
            )
        return PersonPage(items=[self._person(row) for row in found.rows], next=found.next)

    async def get(self, user_id: str) -> Person:
        """One account; raises `NotFound`."""
        async with self._database.read() as tx:
            return self._person(_there(await UserRepository(tx).by_id(user_id)))

    async def sessions(self, user_id: str) -> LoginList:
        """Where an account is signed in; raises `NotFound`."""
        await self.get(user_id)
        return await self._identity.logins_of(user_id)

    async def change(self, actor: Session, user_id: str, cmd: ChangePerson) -> Person:
        """Change the role, disable or enable.

        Args:
            actor: The admin.
            user_id: Whose account.
            cmd: What changes.

        Raises:
            NotFound: There is no such account.
            InvalidPayload: A time or a reason without disabling, a time that has passed, or no role for accounts.
            Conflict: No admin would be left who can sign in.
        """
        now = self._clock.now_ms()
        _check(cmd, now)
        async with self._database.transaction() as tx:
            admins = await UserRepository(tx).lock_admins(now)
            row = _there(await UserRepository(tx).by_id(user_id, lock=True))
            demoted = cmd.role not in {None, Role.ADMIN}
            if (demoted or cmd.disabled) and admins == {row.id}:
                raise Conflict(_LAST_ADMIN)
            if cmd.role is not None and cmd.role.value != row.role:
                self._note(tx, actor, "person.role", row, f"{row.role} to {cmd.role.value}", cmd.reason)
                row.role = cmd.role.value
                row.generation += 1  # who is signed in stays so, and is told the new role with the next refresh
                row.ended_ms = now
            if cmd.disabled:
                row.disabled_ms, row.disabled_reason = now, cmd.reason
                row.disabled_until_ms = cmd.until.ms if cmd.until else None
                until = f"until {cmd.until.rfc3339()}" if cmd.until else None
                self._note(tx, actor, "person.disable", row, until, cmd.reason)
                await end_tokens(tx, row, now)
            elif cmd.disabled is False and row.disabled_ms is not None:
                row.disabled_ms = row.disabled_until_ms = row.disabled_reason = None
                self._note(tx, actor, "person.enable", row, None, cmd.reason)
            ended = row.ended_ms == now
        if ended:
            await self._revoker.revoke_user(row)
        return self._person(row)

    async def reset_password(self, actor: Session, user_id: str, cmd: ResetPassword) -> None:
        """Set somebody's password: all sessions of the account end.

        Args:
            actor: The admin.
            user_id: Whose password.
            cmd: The password, and why.

        Raises:
            NotFound: There is no such account.
            InvalidPayload: The password is easy to guess.
        """
        person = await self.get(user_id)
        check_password(cmd.password, own=(person.email, person.display_name))
        password_hash = await self._passwords.hash(cmd.password)
        async with self._database.transaction() as tx:
            row = _there(await UserRepository(tx).by_id(user_id, lock=True))
            row.password_hash = password_hash
            self._note(tx, actor, "person.reset_password", row, None, cmd.reason)
            await end_tokens(tx, row, self._clock.now_ms())
        await self._revoker.revoke_user(row)

    async def end_sessions(self, actor: Session, user_id: str, reason: str | None) -> None:
        """End all sessions of an account.

        Args:
            actor: The admin.
            user_id: Whose sessions.
            reason: For the audit log.

        Raises:
            NotFound: There is no such account.
        """
        async with self._database.transaction() as tx:
            row = _there(await UserRepository(tx).by_id(user_id, lock=True))
            self._note(tx, actor, "person.end_sessions", row, None, reason)
            await end_tokens(tx, row, self._clock.now_ms())
        await self._revoker.revoke_user(row)

    def _note(
        self, tx: Transaction, actor: Session, action: str, row: UserRow, what: str | None, reason: str | None
    ) -> None:
        said = "; ".join(part for part in (what, reason) if part)
        self._audit.record(tx, actor, action, row.email, said or None)
        security.note(action, outcome="ok", user=actor.user_id, address=actor.address, target=row.id, detail=what)

    def _person(self, row: UserRow) -> Person:
        disabled = None
        if row.disabled(self._clock.now_ms()) and row.disabled_ms is not None:
            until = Instant(row.disabled_until_ms) if row.disabled_until_ms else None
            disabled = Disabled(since=Instant(row.disabled_ms), reason=row.disabled_reason, until=until)
        user = user_info(row)
        return Person(**{name: getattr(user, name) for name in user.__struct_fields__}, disabled=disabled)


def _check(cmd: ChangePerson, now_ms: int) -> None:
    if cmd.role is Role.GUEST:
        raise InvalidPayload("A guest needs no account.")
    if cmd.role is None and cmd.disabled is None:
        raise InvalidPayload("Say what changes: `role` or `disabled`.")
    if cmd.disabled and cmd.reason is None:
        raise InvalidPayload("Say the `reason`: whoever is disabled reads it.")
    if cmd.until is not None and not cmd.disabled:
        raise InvalidPayload("`until` goes with `disabled: true`.")
    if cmd.until is not None and cmd.until.ms <= now_ms:
        raise InvalidPayload("`until` has passed already.")


def _there(row: UserRow | None) -> UserRow:
    if row is None:
        raise NotFound("There is no such account.")
    return row
