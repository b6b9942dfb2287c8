"""Feeds on the wire: how admins and the feeds file configure them, and how they are shown.

REST reads and writes these; the names of providers are held against the registry by a test.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from kit.contracts import Id, Instant, Payload, Reply
from scoring.model import Key, MatchBrief

ProviderName = Literal["espn", "sportradar", "thesportsdb", "page"]
"""The same as `feeds.providers.registry`, which a test sees to."""
Coverage = Literal["events", "score"]
Health = Literal["well", "trouble", "disabled"]
"""`trouble`: stale, failing, or left alone by its circuit breaker."""
BreakerState = Literal["closed", "open", "half_open"]
Url = Annotated[str, msgspec.Meta(min_length=8, max_length=300)]
Host = Annotated[str, msgspec.Meta(min_length=1, max_length=253, pattern=r"^[0-9A-Za-z.-]+$(?!\n)")]
EnvironmentName = Annotated[str, msgspec.Meta(max_length=100, pattern=r"^FEED_[A-Z0-9_]+$(?!\n)")]
OptionValue = Annotated[str, msgspec.Meta(min_length=1, max_length=1000, pattern=r"^[^\x00-\x1f\x7f]+$(?!\n)")]
"""A provider checks its own further (`feeds.providers.provider`); a page's statuses are the longest."""


class ConfigureFeed(Payload, frozen=True, kw_only=True):
    """Which provider feeds a match, and how.

    `externalId`: the provider's id of the match, by default the one in its `externalIds`; a `page` needs none.
    `baseUrl`: by default the provider's own; a `page` has none. `intervalS`: seconds between two questions while the
    match is live, of a `page` at least 30. `apiKeyEnv`: the name of an environment variable of the server, beginning
    with `FEED_`; the key itself is never sent, stored or logged. `redirectHosts`: hosts beside the base URL's own that
    the provider may redirect to. `options`: what the provider needs besides (espn: `league`; sportradar: `access`,
    `language`, `push`; thesportsdb: `version`; page: `path`, `home`, `homePattern`, `away`, `awayPattern`,
    `homePeriods`, `awayPeriods`, `periodPattern`, `status`, `statusPattern`, `statuses`).
    """

    provider: ProviderName
    external_id: Annotated[str, msgspec.Meta(max_length=100, pattern=r"^[0-9A-Za-z:_-]+$(?!\n)")] | None = None
    base_url: Url | None = None
    interval_s: Annotated[float, msgspec.Meta(ge=1, le=600)] | None = None
    coverage: Coverage = "events"
    api_key_env: EnvironmentName | None = None
    enabled: bool = True
    options: Annotated[dict[Key, OptionValue], msgspec.Meta(max_length=20)] = msgspec.field(default_factory=dict)
    redirect_hosts: Annotated[list[Host], msgspec.Meta(max_length=10)] = msgspec.field(default_factory=list)


class CreateFeed(ConfigureFeed, frozen=True, kw_only=True):
    """A configuration, and the match that it is for."""

    match_id: Id


class FeedState(Reply, frozen=True, kw_only=True):
    """How a feed fares.

    `ageS`: seconds since its last good answer. `failures` in a row, `errors` in all; `rejected`: events that the
    match's rules refused. `skipped`: what the provider said and we do not know, by its name. `connected`: its push
    stream is open. `stated`: the provider's own score by competitor id; `differs`: the folded score is another.
    """

    stale: bool
    connected: bool
    breaker: BreakerState
    failures: int
    errors: int
    rejected: int
    skipped: dict[str, int]
    age_s: float | None = None
    last_try_at: Instant | None = None
    last_good_at: Instant | None = None
    last_error: str | None = None
    stated: dict[str, int] | None = None
    differs: bool | None = None


class Feed(Reply, frozen=True, kw_only=True):
    """A configured feed. `origin`: `file`, the one of the server's settings, which alone changes it; or `rest`."""

    id: str
    match_id: str
    match: MatchBrief
    provider: ProviderName
    external_id: str
    base_url: str
    interval_s: float
    coverage: Coverage
    enabled: bool
    origin: Literal["file", "rest"]
    options: dict[str, str]
    redirect_hosts: list[str]
    state: FeedState
    api_key_env: str | None = None


class FeedPage(Reply, frozen=True, kw_only=True):
    """Feeds, newest first; `next` is where the page behind it begins."""

    items: list[Feed]
    next: str | None = None


class RawMessage(Reply, frozen=True, kw_only=True):
    """A message as the provider sent it; `body` as text, at most 100,000 characters of it. `size` in bytes."""

    id: str
    at: Instant
    kind: str
    size: int
    body: str


class RawPage(Reply, frozen=True, kw_only=True):
    """Kept messages, newest first; `next` is where the page behind it begins."""

    items: list[RawMessage]
    next: str | None = None
