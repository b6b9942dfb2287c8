"""The configuration of feeds: which provider feeds which match, checked before it is stored; and how each fares."""

from __future__ import annotations

import zlib

from kit.clock import Clock
from kit.contracts import Instant
from kit.db import Database, Transaction
from kit.errors import Conflict, InvalidPayload, NotFound
from kit.ids import Ids
from matches.feeds.contracts import ConfigureFeed, CreateFeed, Feed, FeedPage, FeedState, RawMessage, RawPage
from matches.feeds.models import FeedRow
from matches.feeds.outbound import check_base_url
from matches.feeds.providers import Provider, provider_named
from matches.feeds.repository import Feeds
from matches.models import MatchRow
from matches.repository import Matches
from matches.views import match_of

MAX_FEEDS = 1000
"""Feeds of one installation: each asks every few seconds, and one worker runs them all."""

MAX_SHOWN = 100_000
"""Characters of a kept message that are shown."""

MAX_RAW_PAGE = 10
"""Kept messages in one answer: each may have `MAX_SHOWN` characters."""


class FeedService:
    """Feeds, as admins and the feeds file configure them."""

    def __init__(self, *, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    async def create(self, new: CreateFeed, *, origin: str = "rest") -> Feed:
        """Let a provider feed a match.

        Raises:
            NotFound: There is no such match.
            InvalidPayload: The provider does not know the sport, or something that it needs is missing.
            Conflict: It feeds the match already, or there are too many feeds.
        """
        provider = provider_named(new.provider)
        async with self._database.transaction() as tx:
            match = await Matches(tx).lock(new.match_id)
            if match is None:
                raise NotFound("There is no such match.")
            if await Feeds(tx).of_match(match.id, new.provider) is not None:
                raise Conflict(f"{new.provider} feeds this match already.")
            if await Feeds(tx).count() >= MAX_FEEDS:
                raise Conflict(f"There are {MAX_FEEDS} feeds already.")
            row = FeedRow(
                id=self._ids.new(), match_id=match.id, provider=new.provider, origin=origin, config_version=0,
                generation=0, created_ms=self._clock.now_ms(), failures=0, errors=0, rejected=0, breaker="closed",
                stale=False, connected=False, skipped={}, stated=None,
            )  # fmt: skip
            _configure(row, new, provider, match)
            await Feeds(tx).add(row)
            return self._view(row, match)

    async def configure(self, feed_id: str, new: ConfigureFeed) -> Feed:
        """Change how a match is fed; the provider stays. Raises what `create` raises."""
        provider = provider_named(new.provider)
        async with self._database.transaction() as tx:
            row = await _locked(tx, feed_id)
            if new.provider != row.provider:
                raise Conflict("The provider of a feed cannot change: make another one.")
            match = await Matches(tx).get(row.match_id)
            if match is None:
                raise NotFound("There is no such match.")
            before = _configuration(row)
            _configure(row, new, provider, match)
            if _configuration(row) != before:  # else it goes on running as it is
                row.config_version += 1
            return self._view(row, match)

    async def remove(self, feed_id: str) -> None:
        """End a feed; the match keeps what it took in. Raises `NotFound`."""
        async with self._database.transaction() as tx:
            row = await _locked(tx, feed_id)
            match = await Matches(tx).lock(row.match_id)
            if match is not None and match.feed is not None and match.feed.get("provider") == row.provider:
                match.feed = None
            await Feeds(tx).remove(feed_id)

    async def get(self, feed_id: str) -> Feed:
        """A feed and how it fares; raises `NotFound`."""
        async with self._database.read() as tx:
            row = await Feeds(tx).get(feed_id)
            if row is None:
                raise NotFound("There is no such feed.")
            return self._view(row, await Matches(tx).get(row.match_id))

    async def page(self, *, match_id: str | None, before: str | None, limit: int) -> FeedPage:
        """Feeds, newest first."""
        async with self._database.read() as tx:
            rows = await Feeds(tx).page(match_id=match_id, before=before, limit=limit + 1)
            shown = rows[:limit]
            items = [self._view(row, await Matches(tx).get(row.match_id)) for row in shown]
        return FeedPage(items=items, next=shown[-1].id if len(rows) > limit else None)

    async def raw(self, feed_id: str, *, before: str | None) -> RawPage:
        """What the provider sent last, newest first; raises `NotFound`."""
        async with self._database.read() as tx:
            if await Feeds(tx).get(feed_id) is None:
                raise NotFound("There is no such feed.")
            rows = await Feeds(tx).raw_page(feed_id, before=before, limit=MAX_RAW_PAGE + 1)
        shown = rows[:MAX_RAW_PAGE]
        items = [
            RawMessage(
                id=row.id,
                at=Instant(row.at_ms),
                kind=row.kind,
                size=row.size,
                body=zlib.decompress(row.body).decode(errors="replace")[:MAX_SHOWN],
            )
            for row in shown
        ]
        return RawPage(items=items, next=shown[-1].id if len(rows) > MAX_RAW_PAGE else None)

    def _view(self, row: FeedRow, match: MatchRow | None) -> Feed:
        now, good = self._clock.now_ms(), row.last_good_ms
        differs = None
        if row.stated is not None and match is not None:
            folded = {one.id: one.score for one in match_of(match).competitors}
            differs = folded != row.stated
        return Feed(
            id=row.id, match_id=row.match_id, provider=row.provider, external_id=row.external_id,
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


def _configure(row: FeedRow, new: ConfigureFeed, provider: Provider, match: MatchRow) -> None:
    """Put a configuration into a row; raises `InvalidPayload` where the provider could not work with it."""
    if match.sport not in provider.sports:
        raise InvalidPayload(f"{new.provider} is read for {', '.join(sorted(provider.sports))}, not for {match.sport}.")
    external_id = new.external_id or match.external_ids.get(new.provider)
    if not external_id:
        raise InvalidPayload(f"The match has no id of {new.provider}: give `externalId`.")
    unknown, missing = set(new.options) - provider.options, provider.needs - set(new.options)
    if unknown or missing:
        raise InvalidPayload(
            f"{new.provider} knows the options {', '.join(sorted(provider.options))}"
            + (f"; missing: {', '.join(sorted(missing))}." if missing else ".")
        )
    if provider.needs_key and new.api_key_env is None:
        raise InvalidPayload(f"{new.provider} needs `apiKeyEnv`, the name of an environment variable with its key.")
    row.external_id = external_id
    row.base_url = check_base_url(new.base_url or provider.base_url)
    row.interval_ms = round((new.interval_s or provider.interval_s) * 1000)
    row.coverage = "score" if provider.score_only else new.coverage
    row.api_key_env = new.api_key_env
    row.options = dict(new.options)
    row.redirect_hosts = list(new.redirect_hosts)
    row.enabled = new.enabled


def _configuration(row: FeedRow) -> tuple[object, ...]:
    return (
        row.external_id, row.base_url, row.interval_ms, row.coverage, row.api_key_env, row.options,
        row.redirect_hosts, row.enabled,
    )  # fmt: skip


async def _locked(tx: Transaction, feed_id: str) -> FeedRow:
    row = await Feeds(tx).lock(feed_id)
    if row is None:
        raise NotFound("There is no such feed.")
    return row
