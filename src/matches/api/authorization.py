"""Who may change which match, how much of it, and what is noted: the way in for people and for feeds' accounts.

Controllers call it for everything that needs a right; it checks, and calls `matches.service`. It never reads or
changes a match by itself.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from kit.audit import Audit
from kit.db import Transaction
from kit.errors import Conflict, Forbidden, InvalidPayload, RateLimited
from kit.rate_limits import Rate, RateLimiter
from kit.session import Role, Session
from matches.contracts import AuthoredPage, CorrectEvent, EditMatch, ListMatches, MatchPage, MatchSetup
from matches.service import MatchService
from matches.storage.models import MatchRow
from matches.writer import Permit
from scoring.hand import HAND
from scoring.model import Author, CreateMatch, IngestResult, Match, MatchEvent

MAX_OPEN = 100
"""Matches of one owner that are not over: a club's whole season of fixtures, and no flood of everybody's lists."""

PER_DAY = Rate(50, per=86_400)
"""Matches that one owner makes, also such as were deleted since; a tournament's day on several pitches has fewer."""

ENTRIES = Rate(240, per=60)
"""Requests of one owner that change matches. A quick scorer of basketball needs some 30 a minute."""

MAX_ENTRIES = 50
"""Events in one request of an owner: what a scorer's page kept while it was offline comes in several."""

MAX_CHANGES = 20_000
"""Changes of one match, corrections too, after which its owner may add no more: each is kept for good. The longest
real match has some 3,000 events."""

WRITERS = (Role.OWNER, Role.FEED, Role.ADMIN)


class MatchAuthorization:
    """Lets pass what a caller may do: owners their own matches, by hand; feeds and admins all.

    What an admin does to a match that somebody else made goes into the audit log.
    """

    def __init__(self, matches: MatchService, *, rate_limiter: RateLimiter, audit: Audit) -> None:
        self._matches = matches
        self._rate_limiter = rate_limiter
        self._audit = audit

    async def mine(self, session: Session, query: ListMatches) -> MatchPage:
        """Those that the caller made; raises `Unauthorized` for a guest."""
        return await self._matches.page(query, session.require_user())

    async def setup(self, session: Session, match_id: str) -> MatchSetup:
        """How a match was set up, and whether the caller may score it; raises `NotFound`."""
        return await self._matches.setup(match_id, session.user_id, lambda row: _may_score(session, row))

    async def create(self, session: Session, new: CreateMatch) -> tuple[Match, bool]:
        """Make a match, and whether it is new.

        Raises:
            Forbidden: An owner gives external ids: they are how feeds know a match.
            Conflict: An owner has `MAX_OPEN` matches that are not over.
            RateLimited: An owner has made too many today.
        """
        session.require(*WRITERS)
        owner = _is_owner(session)
        if owner and new.external_ids:
            raise Forbidden("External ids are for feeds and admins: leave `externalIds` out.")

        async def permit() -> None:
            if owner:
                await self._check_bounds(session)

        return await self._matches.create(new, made_by=session.require_user(), permit=permit)

    async def _check_bounds(self, session: Session) -> None:
        if await self._matches.open_of(session.require_user()) >= MAX_OPEN:
            raise Conflict(f"You have {MAX_OPEN} matches that are not over. End, cancel or delete some first.")
        wait = await self._rate_limiter.hit("match:create", PER_DAY, session)
        if wait is not None:
            raise RateLimited("You have made too many matches today.", retry_after=wait)

    async def edit(
        self, session: Session, match_id: str, edit: EditMatch, versions: Collection[int] | None = None
    ) -> Match:
        """Change what is known of a match.

        Args:
            session: Who asks.
            match_id: The match.
            edit: What is known better.
            versions: The versions at which the change may be made; None for any.

        Raises:
            Forbidden: It is somebody else's match, or an owner gives external ids.
            RateLimited: An owner changes matches too often.
            DomainError: What `MatchService.edit` raises.
        """
        await self._admit(session)
        if _is_owner(session) and edit.external_ids is not None:
            raise Forbidden("External ids are for feeds and admins: leave `externalIds` out.")
        permit = self._permit(session, "match.edit", match_id)
        return await self._matches.edit(match_id, edit, versions, permit=permit)

    async def delete(
        self, session: Session, match_id: str, *, forced: bool, versions: Collection[int] | None = None
    ) -> None:
        """Take a match away: an owner one of his own, an admin any; feeds none.

        Args:
            session: Who asks.
            match_id: The match.
            forced: Also one that has events.
            versions: The versions at which it may be taken away; None for any.

        Raises:
            Forbidden: It is somebody else's match.
            DomainError: What `MatchService.delete` raises.
        """
        session.require(Role.OWNER, Role.ADMIN)
        await self._admit(session)
        permit = self._permit(session, "match.delete", match_id)
        await self._matches.delete(match_id, forced=forced, versions=versions, permit=permit)

    async def ingest(self, session: Session, match_id: str, ops: Sequence[Mapping[str, Any]]) -> IngestResult:
        """Take in operations; an owner's are new events by hand alone, and an admin's by hand are noted.

        A person whose entry is what somebody else has just entered is asked whether it is the same; feeds never are.

        Args:
            session: Who enters them.
            match_id: The match.
            ops: Operations as plain data (`EventOp`).

        Returns:
            What became of each, in the same order.

        Raises:
            Forbidden: It is somebody else's match.
            InvalidPayload: There are too many.
        """
        await self._admit(session)
        owner = _is_owner(session)
        if owner and len(ops) > MAX_ENTRIES:
            raise InvalidPayload(f"At most {MAX_ENTRIES} events at once.")
        noted = session.is_admin and any(op.get("provider") == HAND for op in ops)
        permit = self._permit(session, "match.score" if noted else None, match_id)
        return await self._matches.ingest(match_id, ops, by_hand=owner, permit=permit, author=_author(session))

    async def authored(self, session: Session, match_id: str, after: int) -> AuthoredPage:
        """Who entered what by hand, for people who may score the match.

        Args:
            session: Who asks.
            match_id: The match.
            after: The `seq` behind which the page begins.

        Raises:
            NotFound: There is no such match.
            Forbidden: It is somebody else's match.
        """
        session.require(Role.OWNER, Role.ADMIN)

        def permit(_: Transaction, row: MatchRow) -> None:
            if not _may_score(session, row):
                raise Forbidden("Only who made this match sees who entered what, and admins.")

        return await self._matches.authored(match_id, after, permit)

    async def correct(
        self,
        session: Session,
        match_id: str,
        event_id: str,
        provider: str | None,
        correction: CorrectEvent,
        versions: Collection[int] | None = None,
    ) -> MatchEvent:
        """Change an event by hand.

        Args:
            session: Who asks.
            match_id: The match.
            event_id: The event.
            provider: Whose event, where several have one of this id.
            correction: What replaces what was told, and why.
            versions: The versions of the match at which it may be done; None for any.

        Raises:
            Forbidden: It is somebody else's match.
            DomainError: What `MatchService.correct` raises.
        """
        await self._admit(session)
        permit = self._permit(session, "match.correct", f"{match_id}/{event_id}", correction.reason)
        return await self._matches.correct(match_id, event_id, provider, correction, versions, permit=permit)

    async def withdraw(
        self,
        session: Session,
        match_id: str,
        event_id: str,
        provider: str | None,
        reason: str,
        versions: Collection[int] | None = None,
    ) -> MatchEvent:
        """Withdraw an event: it stays as a tombstone.

        Args:
            session: Who asks.
            match_id: The match.
            event_id: The event.
            provider: Whose event, where several have one of this id.
            reason: What people are told.
            versions: The versions of the match at which it may be done; None for any.

        Raises:
            DomainError: What `correct` raises.
        """
        await self._admit(session)
        permit = self._permit(session, "match.withdraw", f"{match_id}/{event_id}", reason)
        return await self._matches.withdraw(match_id, event_id, provider, reason, versions, permit=permit)

    async def _admit(self, session: Session) -> None:
        session.require(*WRITERS)
        if _is_owner(session) and (wait := await self._rate_limiter.hit("match:write", ENTRIES, session)) is not None:
            raise RateLimited("Too many entries in a short time; wait a moment.", retry_after=wait)

    def _permit(self, session: Session, action: str | None, target: str, reason: str | None = None) -> Permit:
        """A check of a match that is locked; with an `action`, it notes what an admin does to somebody else's match."""

        def permit(tx: Transaction, row: MatchRow) -> None:
            if not _may_score(session, row):
                raise Forbidden("Only who made this match may change it, and admins.")
            if _is_owner(session) and row.seq >= MAX_CHANGES:
                raise Conflict(f"This match has had {MAX_CHANGES} changes, which is all it can hold.")
            if action is not None and session.is_admin and row.created_by != session.user_id:
                self._audit.record(tx, session, action, target, reason)

        return permit


def _is_owner(session: Session) -> bool:
    return not session.roles & {Role.FEED, Role.ADMIN}


def _author(session: Session) -> Author | None:
    """The person who enters something; None for a feed's account."""
    if session.user_id is None or Role.FEED in session.roles:
        return None
    return Author(id=session.user_id, display_name=session.display_name)


def _may_score(session: Session, row: MatchRow) -> bool:
    if session.roles & {Role.FEED, Role.ADMIN}:
        return True
    return Role.OWNER in session.roles and row.created_by == session.user_id
