"""The only place that changes a match's row: it locks it, bumps its version, places it in lists, and announces it.

`matches.service` makes, edits and deletes matches with it, `matches.ingest` scores them, and `matches.feed_port` says
how old a score is, each within its own transaction. It never decides who may, nor what events come to.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from typing import Any

import msgspec

from kit.clock import Clock
from kit.contracts import Instant, encode_event
from kit.db import Transaction
from kit.errors import InvalidPayload, NotFound, Outdated
from kit.rooms import match_room
from matches.contracts import MATCH_DELETED, MATCH_UPDATED, EditMatch, MatchDeleted
from matches.storage.finding import place_of, words_of_match, words_of_new
from matches.storage.models import MatchRow
from matches.storage.repository import MatchRepository
from matches.storage.views import match_of, parties_of, setup_of
from scoring.model import CreateMatch, FeedInfo, Match, NewLineupPlayer
from scoring.projection import fold
from scoring.sports import RULES
from scoring.sports.shared.state import Folded

Permit = Callable[[Transaction, MatchRow], None]
"""Looks at a locked match before it changes: raises `Forbidden`, or notes the act (`matches.api.authorization`)."""


def new_row(new: CreateMatch, *, match_id: str, made_by: str | None, now_ms: int) -> MatchRow:
    """A match before its first event, which is not stored yet.

    Args:
        new: The match.
        match_id: Its id.
        made_by: The user who makes it.
        now_ms: Unix time in milliseconds.

    Raises:
        InvalidPayload: The competitors are not two, or the sport does not know the configuration.
    """
    if len({competitor.id for competitor in new.competitors}) != len(new.competitors):
        raise InvalidPayload("The two competitors need different ids.")
    rules, setup = RULES[new.sport], setup_of(new.competitors, new.config)
    rules.check_setup(setup)
    state = fold(rules, setup, ()).state
    return MatchRow(
        id=match_id,
        sport=new.sport,
        competition=msgspec.to_builtins(new.competition),
        competition_id=new.competition.id,
        scheduled_ms=new.scheduled_at.ms,
        venue=new.venue,
        competitors=msgspec.to_builtins(new.competitors),
        config=dict(new.config),
        external_ids=dict(new.external_ids),
        status=state.status,
        place=place_of(state.status, new.scheduled_at.ms),
        state=msgspec.to_builtins(state),
        seq=0,
        version=0,
        at_ms=None,
        created_by=made_by,
        created_ms=now_ms,
        updated_ms=now_ms,
    )


class MatchWriter:
    """Changes rows of matches within one transaction."""

    def __init__(self, tx: Transaction, clock: Clock) -> None:
        self._tx = tx
        self._clock = clock
        self._repository = MatchRepository(tx)

    async def add(self, row: MatchRow, new: CreateMatch) -> None:
        """Store a new match; raises `Conflict` if one of its external ids is taken."""
        await self._repository.add(row, words_of_new(new))

    async def lock(
        self, match_id: str, *, permit: Permit | None = None, versions: Collection[int] | None = None
    ) -> MatchRow:
        """A match that nobody else changes until the end of the transaction.

        Args:
            match_id: The match.
            permit: Who may change it.
            versions: The versions at which it may be changed; None for any.

        Raises:
            NotFound: There is no such match.
            Outdated: It is at another version.
        """
        row = await self._repository.lock(match_id)
        if row is None:
            raise NotFound("There is no such match.")
        if permit is not None:
            permit(self._tx, row)
        if versions is not None and row.version not in versions:
            raise Outdated(
                f"The match has changed: it is at version {row.version}. Read it, and decide again.",
                version=row.version,
            )
        return row

    async def lock_all(self, match_ids: Iterable[str]) -> dict[str, MatchRow]:
        """Those of these matches that there are, by id; nobody else changes them until the end of the transaction."""
        return await self._repository.lock_all(match_ids)

    async def edit(self, row: MatchRow, edit: EditMatch) -> None:
        """Change what is known of a match beside its events; `edit.status` is an event, and the caller's.

        Raises:
            Conflict: An external id is another match's.
            InvalidPayload: There is no such competitor, or there are too many external ids.
        """
        if edit.scheduled_at is not None:
            row.scheduled_ms = edit.scheduled_at.ms
        if edit.lineups is not None:
            row.competitors = _with_lineups(row, edit.lineups)
        if edit.venue is not None:
            row.venue = edit.venue or None
            competition, competitors = parties_of(row)
            words = words_of_match(competition, competitors, row.venue)
            await self._repository.replace_words(row.id, words)
        if edit.external_ids is not None:
            row.external_ids = _merged(row.external_ids, edit.external_ids)
            await self._repository.replace_external(row)

    def score(
        self, row: MatchRow, state: Folded, *, seq: int, moments: Sequence[int], told: Match | None = None
    ) -> Match:
        """Put a match into the state that its events come to; it is announced by the caller, after its events.

        Args:
            row: The match.
            state: What its events come to.
            seq: The number of the newest of them.
            moments: When what is new happened, as listeners see it, in Unix ms.
            told: The match as it was last told, which spares reading again what has not changed.
        """
        row.state, row.status, row.seq = msgspec.to_builtins(state), state.status, seq
        row.at_ms = max(row.at_ms or 0, *moments)
        self._bump(row)
        return match_of(row, state, told)

    def set_feed(self, row: MatchRow, info: FeedInfo | None) -> None:
        """Say where the score comes from and how old it is, or that no feed tells it any more."""
        feed: dict[str, Any] | None = msgspec.json.decode(encode_event(info)) if info is not None else None
        row.feed = feed
        self.touch(row)

    def touch(self, row: MatchRow) -> Match:
        """Bump the version of a match that was changed otherwise, and announce it."""
        self._bump(row)
        match = match_of(row)
        self.announce(match)
        return match

    def announce(self, match: Match) -> None:
        """Tell the followers of a match how it is now, once the transaction is committed."""
        self._tx.announce(MATCH_UPDATED.to(match_room(match.id), match))

    async def delete(self, row: MatchRow) -> None:
        """Take a match away with all that belongs to it, and tell its followers."""
        await self._repository.delete(row.id)
        gone = MatchDeleted(match_id=row.id, at=Instant(self._clock.now_ms()))
        self._tx.announce(MATCH_DELETED.to(match_room(row.id), gone))

    def _bump(self, row: MatchRow) -> None:
        row.version, row.updated_ms = row.version + 1, self._clock.now_ms()
        row.place = place_of(row.status, row.scheduled_ms)


_MAX_EXTERNAL_IDS = 20
"""Providers that know one match; as many as a new one may name."""


def _with_lineups(row: MatchRow, lineups: Mapping[str, list[NewLineupPlayer]]) -> list[dict[str, Any]]:
    """The competitors of a match with these line-ups, by competitor id; raises `InvalidPayload` for an unknown one."""
    if unknown := lineups.keys() - {one["id"] for one in row.competitors}:
        raise InvalidPayload(f"There is no competitor {min(unknown)!r} in this match.")
    return [
        {**one, "lineup": msgspec.to_builtins(lineups[one["id"]])} if one["id"] in lineups else one
        for one in row.competitors
    ]


def _merged(present: Mapping[str, str], changes: Mapping[str, str | None]) -> dict[str, str]:
    """External ids with these changes, where None takes one away; raises `InvalidPayload` when there are too many."""
    kept = {provider: known for provider, known in {**present, **changes}.items() if known is not None}
    if len(kept) > _MAX_EXTERNAL_IDS:
        raise InvalidPayload(f"A match has at most {_MAX_EXTERNAL_IDS} external ids.")
    return kept
