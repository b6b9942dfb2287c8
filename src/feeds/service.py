"""The configuration of feeds: which provider feeds which match, checked before it is stored; and how each fares.

REST and the feeds file call it. It asks no provider and runs nothing: `feeds.live` reads what is stored.
"""

from __future__ import annotations

import zlib
from collections.abc import Mapping
from typing import get_args
from urllib.parse import urlsplit

from feeds.contracts import (
    ConfigureFeed,
    CreateFeed,
    Feed,
    FeedPage,
    FeedState,
    Health,
    RawMessage,
    RawPage,
)
from feeds.models import FeedRow
from feeds.outbound import check_redirect_host
from feeds.ports import Matches
from feeds.providers.provider import Provider
from feeds.providers.registry import check_key_host, provider_named
from feeds.repository import FeedRepository
from kit.audit import Audit
from kit.clock import Clock
from kit.contracts import Instant
from kit.db import Database, Transaction
from kit.errors import Conflict, InvalidPayload, NotFound
from kit.ids import UlidGenerator
from kit.outbound import DEFAULT_PORTS, Guard
from kit.paging import read_slice
from kit.session import Session
from scoring.model import Match, brief_of

MAX_FEEDS = 1000
"""Feeds of one installation: each asks every few seconds, and one worker runs them all."""

MAX_SHOWN = 100_000
"""Characters of a kept message that are shown."""

MAX_RAW_PAGE = 10
"""Kept messages in one answer: each may have `MAX_SHOWN` characters."""


class FeedService:
    """Feeds, as admins and the feeds file configure them."""

    def __init__(
        self,
        *,
        database: Database,
        matches: Matches,
        audit: Audit,
        clock: Clock,
        ids: UlidGenerator,
        guard: Guard,
        environ: Mapping[str, str],
    ) -> None:
        """Configure feeds.

        Args:
            database: Where they are kept.
            matches: What they feed.
            audit: Is told who changed what.
            clock: When.
            ids: Makes their ids.
            guard: Judges where they may ask; names are looked up through it before they are stored.
            environ: The API keys, which are looked at and never stored.
        """
        self._guard = guard
        self._environ = environ
        self._database = database
        self._matches = matches
        self._audit = audit
        self._clock = clock
        self._ids = ids

    async def create(self, new: CreateFeed, *, actor: Session | None = None) -> Feed:
        """Let a provider feed a match; without an `actor` it is the feeds file that says so.

        Raises:
            NotFound: There is no such match.
            InvalidPayload: The provider does not know the sport, or something that it needs is missing.
            Conflict: It feeds the match already, or there are too many feeds.
        """
        provider = provider_named(new.provider)
        if actor is not None:
            await self._look_up(new, provider)
        async with self._database.transaction() as tx:
            match = await self._matches.lock(tx, new.match_id)
            if match is None:
                raise NotFound("There is no such match.")
            if await FeedRepository(tx).of_match(match.id, new.provider) is not None:
                raise Conflict(f"{new.provider} feeds this match already.")
            if await FeedRepository(tx).count() >= MAX_FEEDS:
                raise Conflict(f"There are {MAX_FEEDS} feeds already.")
            row = FeedRow(
                id=self._ids.new(), match_id=match.id, provider=new.provider, origin="rest" if actor else "file",
                config_version=0,
                generation=0, created_ms=self._clock.now_ms(), failures=0, errors=0, rejected=0, breaker="closed",
                stale=False, connected=False, skipped={}, stated=None,
            )  # fmt: skip
            self._configure(row, new, provider, match)
            await FeedRepository(tx).add(row)
            self._note(tx, actor, "feed.add", row, match, None)
            return self._view(row, match)

    async def configure(self, feed_id: str, new: ConfigureFeed, *, actor: Session | None = None) -> Feed:
        """Change how a match is fed; the provider stays.

        Args:
            feed_id: Which feed.
            new: All of its configuration: what is not given is as by default.
            actor: Who does it; without one it is the feeds file.

        Raises:
            NotFound: There is no such feed.
            InvalidPayload: The provider does not know the sport, or something that it needs is missing or wrong.
            Conflict: The provider is another, or the feed is in the feeds file and the actor is not.
        """
        provider = provider_named(new.provider)
        if actor is not None:
            async with self._database.read() as tx:
                stored = await FeedRepository(tx).get(feed_id)
            await self._look_up(new, provider, known=stored)
        async with self._database.transaction() as tx:
            row, match = await self._locked(tx, feed_id, actor)
            if new.provider != row.provider:
                raise Conflict("The provider of a feed cannot change: make another one.")
            before = _configuration(row)
            self._configure(row, new, provider, match)
            changed = [name for name, value in _configuration(row).items() if value != before[name]]
            if changed:  # else it goes on running as it is
                row.config_version += 1
                action = "feed.configure"
                if "enabled" in changed:
                    action = "feed.enable" if row.enabled else "feed.disable"
                others = ", ".join(name for name in changed if name != "enabled")
                self._note(tx, actor, action, row, match, f"changed: {others}" if others else None)
            if "enabled" in changed and not row.enabled:
                await self._silence(tx, row, match)
            return self._view(row, match)

    async def remove(self, feed_id: str, *, reason: str | None = None, actor: Session | None = None) -> None:
        """End a feed; the match keeps what it took in.

        Args:
            feed_id: Which feed.
            reason: For the audit log.
            actor: Who does it; without one it is the feeds file.

        Raises:
            NotFound: There is no such feed.
            Conflict: It is in the feeds file, and the actor is not.
        """
        async with self._database.transaction() as tx:
            row, match = await self._locked(tx, feed_id, actor)
            await self._silence(tx, row, match)
            await FeedRepository(tx).remove(feed_id)
            self._note(tx, actor, "feed.delete", row, match, reason)

    async def _locked(self, tx: Transaction, feed_id: str, actor: Session | None) -> tuple[FeedRow, Match]:
        """A feed that is about to change, and its match."""
        row = await FeedRepository(tx).get(feed_id)
        # The match first, as the ingest locks it: else the two could wait for each other.
        match = await self._matches.lock(tx, row.match_id) if row is not None else None
        row = await FeedRepository(tx).lock(feed_id)
        if row is None or match is None:
            raise NotFound("There is no such feed.")
        if actor is not None and row.origin == "file":
            raise Conflict("This feed is in the feeds file: change it there, also to stop it.")
        return row, match

    async def _silence(self, tx: Transaction, row: FeedRow, match: Match) -> None:
        """What the feed last said of itself and of the score holds no more."""
        await self._matches.close_alerts(tx, row.id)
        row.stale = row.connected = False
        if match.feed is not None and match.feed.provider == row.provider:
            await self._matches.set_feed(tx, match.id, None)

    def _note(
        self, tx: Transaction, actor: Session | None, action: str, row: FeedRow, match: Match, reason: str | None
    ) -> None:
        if actor is not None:
            sides = " v ".join(one.abbreviation for one in brief_of(match).competitors)
            self._audit.record(tx, actor, action, f"{row.provider}:{row.external_id} ({sides})", reason)

    async def get(self, feed_id: str) -> Feed:
        """A feed and how it fares; raises `NotFound`."""
        async with self._database.read() as tx:
            row = await FeedRepository(tx).get(feed_id)
            if row is None:
                raise NotFound("There is no such feed.")
            match = (await self._matches.named(tx, [row.match_id])).get(row.match_id)
            if match is None:
                raise NotFound("There is no such feed.")
            return self._view(row, match)

    async def page(
        self, *, match_id: str | None = None, health: Health | None = None, before: str | None = None, limit: int = 50
    ) -> FeedPage:
        """Feeds, newest first.

        Args:
            match_id: Of this match alone.
            health: Those alone that fare so.
            before: Those alone that are older than this id.
            limit: How many at the most.
        """
        async with self._database.read() as tx:
            feeds = FeedRepository(tx)
            found = await read_slice(
                lambda bound: feeds.page(match_id=match_id, health=health, before=before, limit=bound), limit
            )
            matches = await self._matches.named(tx, {row.match_id for row in found.rows})
        items = [self._view(row, matches[row.match_id]) for row in found.rows if row.match_id in matches]
        return FeedPage(items=items, next=found.next)

    async def counts(self) -> dict[Health, int]:
        """How many feeds fare well, are in trouble, and are disabled."""
        async with self._database.read() as tx:
            return {health: await FeedRepository(tx).count_of(health) for health in get_args(Health)}

    async def raw(self, feed_id: str, *, before: str | None) -> RawPage:
        """What the provider sent last, newest first; raises `NotFound`."""
        async with self._database.read() as tx:
            if await FeedRepository(tx).get(feed_id) is None:
                raise NotFound("There is no such feed.")
            feeds = FeedRepository(tx)
            found = await read_slice(lambda bound: feeds.raw_page(feed_id, before=before, limit=bound), MAX_RAW_PAGE)
        items = [
            RawMessage(
                id=row.id,
                at=Instant(row.at_ms),
                kind=row.kind,
                size=row.size,
                body=zlib.decompress(row.body).decode(errors="replace")[:MAX_SHOWN],
            )
            for row in found.rows
        ]
        return RawPage(items=items, next=found.next)

    def _view(self, row: FeedRow, match: Match) -> Feed:
        now, good, brief = self._clock.now_ms(), row.last_good_ms, brief_of(match)
        differs = None
        if row.stated is not None:
            differs = {one.id: one.score for one in brief.competitors} != row.stated
        return Feed(
            id=row.id, match_id=row.match_id, match=brief, provider=row.provider, external_id=row.external_id,
            base_url=row.base_url, interval_s=row.interval_ms / 1000, coverage=row.coverage, enabled=row.enabled,
            origin=row.origin, options=row.options, redirect_hosts=row.redirect_hosts, api_key_env=row.api_key_env,
            state=FeedState(
                stale=row.stale, connected=row.connected, breaker=row.breaker, failures=row.failures,
                errors=row.errors, rejected=row.rejected, skipped=row.skipped,
                age_s=max(now - good, 0) / 1000 if good is not None else None,
                last_try_at=Instant(row.last_try_ms) if row.last_try_ms is not None else None,
                last_good_at=Instant(good) if good is not None else None,
                last_error=row.last_error, stated=row.stated, differs=differs,
            ),
        )  # fmt: skip

    async def _look_up(self, new: ConfigureFeed, provider: Provider, known: FeedRow | None = None) -> None:
        """Look up the names that a configuration brings in; raises `InvalidPayload` where one may not be asked.

        What is stored already is looked up with each question, and a name server that is away must not keep an admin
        from disabling a feed.
        """
        asked = {self._guard.url(_base_url(new, provider))} - {
            provider.base_url, known.base_url if known is not None else ""
        }  # fmt: skip
        for url in asked:
            parts = urlsplit(url)
            await self._guard.addresses(parts.hostname or "", parts.port or DEFAULT_PORTS[parts.scheme])
        hosts = {check_redirect_host(host) for host in new.redirect_hosts}
        for host in sorted(hosts - set(known.redirect_hosts if known is not None else ())):
            try:
                await self._guard.addresses(host, DEFAULT_PORTS["https"])
            except InvalidPayload as error:
                raise InvalidPayload(f"Redirect hosts: {error.message}") from None

    def _configure(self, row: FeedRow, new: ConfigureFeed, provider: Provider, match: Match) -> None:
        """Put a configuration into a row; raises `InvalidPayload` where the provider could not work with it."""
        _check(new, provider, match)
        row.external_id = new.external_id or match.external_ids.get(new.provider) or match.id
        row.base_url = self._guard.url(_base_url(new, provider))
        if new.api_key_env is not None and self._environ.get(new.api_key_env):
            check_key_host(self._environ, new.api_key_env, provider, row.base_url)
        row.interval_ms = round((new.interval_s or provider.interval_s) * 1000)
        row.coverage = "score" if provider.score_only else new.coverage
        row.api_key_env = new.api_key_env
        row.options = dict(new.options)
        row.redirect_hosts = [check_redirect_host(host) for host in new.redirect_hosts]
        row.enabled = new.enabled


def _check(new: ConfigureFeed, provider: Provider, match: Match) -> None:
    """Raise `InvalidPayload` where a provider does not feed such a match, or something that it needs is missing."""
    if match.sport not in provider.sports:
        raise InvalidPayload(f"{new.provider} is read for {', '.join(sorted(provider.sports))}, not for {match.sport}.")
    if provider.needs_external_id and not (new.external_id or match.external_ids.get(new.provider)):
        raise InvalidPayload(f"The match has no id of {new.provider}: give its id there (external id).")
    unknown, missing = set(new.options) - provider.options, provider.needs - set(new.options)
    if unknown or missing:
        raise InvalidPayload(
            f"{new.provider} knows the options {', '.join(sorted(provider.options))}"
            + (f"; missing: {', '.join(sorted(missing))}." if missing else ".")
        )
    provider.check_options(new.options, match.sport)
    if new.interval_s is not None and new.interval_s < provider.min_interval_s:
        raise InvalidPayload(f"intervalS: {new.provider} is asked every {provider.min_interval_s:g} s at the most.")
    if provider.needs_key and new.api_key_env is None:
        raise InvalidPayload(f"{new.provider} needs `apiKeyEnv`, the name of an environment variable with its key.")


def _base_url(new: ConfigureFeed, provider: Provider) -> str:
    """Where a feed asks; raises `InvalidPayload` where neither it nor its provider says."""
    found = new.base_url or provider.base_url
    if found is None:
        raise InvalidPayload(f"{new.provider} needs `baseUrl`.")
    return found


def _configuration(row: FeedRow) -> dict[str, object]:
    """What is configured, by its name on the wire."""
    return {
        "externalId": row.external_id, "baseUrl": row.base_url, "intervalS": row.interval_ms,
        "coverage": row.coverage, "apiKeyEnv": row.api_key_env, "options": row.options,
        "redirectHosts": row.redirect_hosts, "enabled": row.enabled,
    }  # fmt: skip
