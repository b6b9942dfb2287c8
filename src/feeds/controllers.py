"""Feeds over HTTP, for admins: each method checks the role, calls the service, and returns what it says.

Mounted by `feeds.module`; it must hold no rule of its own.
"""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get, post, put
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from feeds.contracts import ConfigureFeed, CreateFeed, Feed, FeedPage, Health, RawPage
from feeds.service import FeedService
from kit.session import Role, Session

Cursor = Annotated[str | None, QueryParameter(max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
Reason = Annotated[str | None, QueryParameter(min_length=1, max_length=300, description="For the audit log.")]


class FeedController(Controller):
    """Which provider feeds which match, and how it fares."""

    path = "/api/admin/feeds"
    tags = ("admin",)

    @get()
    async def index(
        self,
        caller: NamedDependency[Session],
        feeds: NamedDependency[FeedService],
        match_id: Annotated[str | None, QueryParameter(name="matchId", max_length=64)] = None,
        health: FromQuery[Health | None] = None,
        before: Cursor = None,
        limit: Annotated[int, QueryParameter(ge=1, le=100)] = 50,
    ) -> FeedPage:
        """Feeds with their states, newest first."""
        caller.require(Role.ADMIN)
        return await feeds.page(match_id=match_id, health=health, before=before, limit=limit)

    @post()
    async def create(
        self, data: JSONBody[CreateFeed], caller: NamedDependency[Session], feeds: NamedDependency[FeedService]
    ) -> Feed:
        """Let a provider feed a match."""
        caller.require(Role.ADMIN)
        return await feeds.create(data, actor=caller)

    @get("/{feed_id:str}")
    async def one(
        self, feed_id: FromPath[str], caller: NamedDependency[Session], feeds: NamedDependency[FeedService]
    ) -> Feed:
        """A feed with its state."""
        caller.require(Role.ADMIN)
        return await feeds.get(feed_id)

    @put("/{feed_id:str}")
    async def configure(
        self,
        feed_id: FromPath[str],
        data: JSONBody[ConfigureFeed],
        caller: NamedDependency[Session],
        feeds: NamedDependency[FeedService],
    ) -> Feed:
        """Configure a feed anew; what is not given is as by default."""
        caller.require(Role.ADMIN)
        return await feeds.configure(feed_id, data, actor=caller)

    @delete("/{feed_id:str}")
    async def remove(
        self,
        feed_id: FromPath[str],
        caller: NamedDependency[Session],
        feeds: NamedDependency[FeedService],
        reason: Reason = None,
    ) -> None:
        """End a feed; the match keeps its events."""
        caller.require(Role.ADMIN)
        await feeds.remove(feed_id, reason=reason, actor=caller)

    @get("/{feed_id:str}/raw")
    async def raw(
        self,
        feed_id: FromPath[str],
        caller: NamedDependency[Session],
        feeds: NamedDependency[FeedService],
        before: Cursor = None,
    ) -> RawPage:
        """What the provider sent last, as it came."""
        caller.require(Role.ADMIN)
        return await feeds.raw(feed_id, before=before)
