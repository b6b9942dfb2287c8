"""Matches over HTTP."""

from __future__ import annotations

from typing import Annotated, Any

from litestar import Controller, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.params import Body, FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from kit.session import Role, Session
from matches.contracts import (
    CorrectEvent,
    CreateMatch,
    EventPage,
    IngestResult,
    ListMatches,
    Match,
    MatchEvent,
    MatchPage,
    MatchSnapshot,
    Sport,
    Status,
)
from matches.service import MatchService

Limit = Annotated[int, QueryParameter(ge=1, le=100)]
Cursor = Annotated[str | None, QueryParameter(max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
Provider = Annotated[str | None, QueryParameter(max_length=100, description="Whose event, where several have one.")]
Reason = Annotated[str, QueryParameter(min_length=1, max_length=300, description="What people are told.")]
Operations = Annotated[
    dict[str, Any] | list[dict[str, Any]],
    Body(description="One EventOp or up to 500; each is judged by itself, and the answer has one item for each."),
]


class MatchController(Controller):
    """Matches, their events, and corrections. Only feeds and admins write."""

    path = "/api/matches"
    tags = ("matches",)

    @get()
    async def index(
        self,
        matches: NamedDependency[MatchService],
        sport: FromQuery[Sport | None] = None,
        status: FromQuery[Status | None] = None,
        before: Cursor = None,
        limit: Limit = 50,
    ) -> MatchPage:
        """Matches, newest first."""
        return await matches.page(ListMatches(sport=sport, status=status, before=before, limit=limit))

    @post(status_code=HTTP_201_CREATED)
    async def create(
        self, data: JSONBody[CreateMatch], caller: NamedDependency[Session], matches: NamedDependency[MatchService]
    ) -> Response[Match]:
        """Make a match: 201; or 200 and the match as it stands, when one of its external ids is known."""
        caller.require(Role.FEED, Role.ADMIN)
        match, new = await matches.create(data)
        return Response(match, status_code=HTTP_201_CREATED if new else HTTP_200_OK)

    @get("/{match_id:str}")
    async def one(self, match_id: FromPath[str], matches: NamedDependency[MatchService]) -> Match:
        """A match with its score."""
        return await matches.get(match_id)

    @get("/{match_id:str}/snapshot")
    async def snapshot(self, match_id: FromPath[str], matches: NamedDependency[MatchService]) -> MatchSnapshot:
        """A match and its newest commentary; events after `offset` bring it up to date."""
        return await matches.snapshot(match_id)

    @get("/{match_id:str}/events")
    async def events(
        self, match_id: FromPath[str], matches: NamedDependency[MatchService], before: Cursor = None, limit: Limit = 50
    ) -> EventPage:
        """Commentary, latest in the match first; deleted events stay with their `op`."""
        return await matches.events(match_id, before=before, limit=limit)

    @post("/{match_id:str}/events", status_code=HTTP_200_OK)
    async def ingest(
        self,
        match_id: FromPath[str],
        data: Operations,
        caller: NamedDependency[Session],
        matches: NamedDependency[MatchService],
    ) -> IngestResult:
        """Add, update or delete events. Sent again, an operation changes nothing."""
        caller.require(Role.FEED, Role.ADMIN)
        return await matches.ingest(match_id, data if isinstance(data, list) else [data])

    @patch("/{match_id:str}/events/{event_id:str}")
    async def correct(
        self,
        match_id: FromPath[str],
        event_id: FromPath[str],
        data: JSONBody[CorrectEvent],
        caller: NamedDependency[Session],
        matches: NamedDependency[MatchService],
        provider: Provider = None,
    ) -> MatchEvent:
        """Correct an event by hand."""
        caller.require(Role.FEED, Role.ADMIN)
        return await matches.correct(match_id, event_id, provider, data)

    @delete("/{match_id:str}/events/{event_id:str}", status_code=HTTP_200_OK)
    async def withdraw(
        self,
        match_id: FromPath[str],
        event_id: FromPath[str],
        reason: Reason,
        caller: NamedDependency[Session],
        matches: NamedDependency[MatchService],
        provider: Provider = None,
    ) -> MatchEvent:
        """Withdraw an event by hand: it stays as a tombstone."""
        caller.require(Role.FEED, Role.ADMIN)
        return await matches.withdraw(match_id, event_id, provider, reason)
