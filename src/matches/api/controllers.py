"""Matches over HTTP: unpacks a request, asks `matches.service` or `matches.api.authorization`, and returns.

What needs a right goes through the latter. Docstrings of handlers are the descriptions in OpenAPI.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, Response, delete, get, patch, post
from litestar.di import NamedDependency
from litestar.exceptions import ValidationException
from litestar.params import Body, FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from kit.contracts import Instant
from kit.errors import InvalidPayload
from kit.etags import conditional, conditional_body, expected_versions
from kit.session import Session
from kit.text import one_line
from matches.api.authorization import MatchAuthorization
from matches.contracts import (
    AuthoredPage,
    CorrectEvent,
    EditMatch,
    ListMatches,
    MatchPage,
    MatchSetup,
    MatchSnapshot,
    MatchStatistics,
    MatchTimeline,
    Order,
)
from matches.service import MatchService
from scoring.model import CreateMatch, EventOp, EventPage, IngestResult, Match, MatchEvent, Sport, Status

Limit = Annotated[int, QueryParameter(ge=1, le=100)]
From = Annotated[Instant | None, QueryParameter(name="from", description="Scheduled at this moment or later.")]
To = Annotated[Instant | None, QueryParameter(description="Scheduled before this moment.")]
Day = Annotated[str | None, QueryParameter(pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", description="A day in UTC.")]
Text = Annotated[
    str | None, QueryParameter(max_length=200, description="Words that begin those of teams, competition or venue.")
]
Statuses = Annotated[list[Status] | None, QueryParameter(max_items=11, description="Any of these.")]
Competition = Annotated[str | None, QueryParameter(min_length=1, max_length=100, description="Its id.")]
EventId = Annotated[str, QueryParameter(name="eventId", min_length=1, max_length=100)]
Force = Annotated[bool, QueryParameter(description="Although the match has events; they go with it.")]
Call = Request[Any, Any, Any]
Cursor = Annotated[str | None, QueryParameter(max_length=64, pattern=r"^[0-9A-Za-z_-]+$")]
Player = Annotated[str | None, QueryParameter(max_length=100, description="Only the lines of this player.")]
Provider = Annotated[str | None, QueryParameter(max_length=100, description="Whose event, where several have one.")]
After = Annotated[int, QueryParameter(ge=0, lt=2**31, description="Entered after this `seq`.")]
Reason = Annotated[str, QueryParameter(min_length=1, max_length=300, description="What people are told.")]
Operations = Annotated[
    dict[str, Any] | list[dict[str, Any]],
    Body(description="One EventOp or up to 500; each is judged by itself, and the answer has one item for each."),
]

_EVENT_FIELDS = frozenset(field.encode_name for field in msgspec.structs.fields(EventOp))
_WANTED = "The body is one event or a list of events"


def _events_of(body: dict[str, Any] | list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The operations of a body; raises `InvalidPayload` for an object that only wraps them, or is something else.

    A list is judged event by event, and so is an object that has something of an event.
    """
    if isinstance(body, list):
        return body
    if "eventId" in body:
        return [body]
    holding = [key for key in body.keys() - _EVENT_FIELDS if isinstance(body[key], (dict, list))]
    if holding:
        raise InvalidPayload(f"{_WANTED}, not an object that holds them: send what is in `{min(holding)[:40]}` alone.")
    if not body.keys() & _EVENT_FIELDS:
        raise InvalidPayload(f"{_WANTED}; this object has no field of an event.")
    return [body]


def _on_no_event(request: Call, error: ValidationException) -> Response[Any]:
    """Say what is wanted where the body is no object and no list of objects, in the shape of all such answers."""
    extra = [{"message": f"{_WANTED}.", "key": "data", "source": "body"}]
    told = ValidationException(detail=error.detail, extra=extra)
    return request.app.exception_handlers[ValidationException](request, told)


class MatchController(Controller):
    """Matches, their events, and corrections. Feeds and admins write; owners what they have made themselves."""

    path = "/api/matches"
    tags = ("matches",)

    @get()
    async def index(
        self,
        request: Call,
        matches: NamedDependency[MatchService],
        sport: FromQuery[Sport | None] = None,
        status: Statuses = None,
        competition: Competition = None,
        date: Day = None,
        from_: From = None,
        to: To = None,
        text: Text = None,
        order: FromQuery[Order] = "live",
        before: Cursor = None,
        limit: Limit = 50,
    ) -> Response[MatchPage]:
        """Matches: live ones first, then those to come, soonest first, then the others; or by schedule."""
        query = ListMatches(
            sport=sport, status=status, competition=competition, date=date, from_=from_, to=to, text=text, order=order,
            before=before, limit=limit,
        )  # fmt: skip
        return conditional(request, await matches.page(query))

    @get("/mine")
    async def mine(
        self,
        request: Call,
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
        status: Statuses = None,
        text: Text = None,
        order: FromQuery[Order] = "live",
        before: Cursor = None,
        limit: Limit = 50,
    ) -> Response[MatchPage]:
        """The matches that the caller made, as in the list of all."""
        query = ListMatches(status=status, text=text, order=order, before=before, limit=limit)
        return conditional(request, await match_authorization.mine(caller, query))

    @post(status_code=HTTP_201_CREATED)
    async def create(
        self,
        data: JSONBody[CreateMatch],
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
    ) -> Response[Match]:
        """Make a match: 201; or 200 and the match as it stands, when one of its external ids is known."""
        match, new = await match_authorization.create(caller, data)
        return Response(match, status_code=HTTP_201_CREATED if new else HTTP_200_OK)

    @get("/{match_id:str}")
    async def one(
        self, request: Call, match_id: FromPath[str], matches: NamedDependency[MatchService]
    ) -> Response[Match]:
        """A match with its score. Its tag begins with its version."""
        return conditional_body(request, *await matches.match_json(match_id))

    @patch("/{match_id:str}")
    async def edit(
        self,
        request: Call,
        match_id: FromPath[str],
        data: JSONBody[EditMatch],
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
    ) -> Match:
        """Change schedule, venue, line-ups, external ids, or the status of a match that has not begun."""
        return await match_authorization.edit(caller, match_id, data, expected_versions(request, data.version))

    @delete("/{match_id:str}")
    async def remove(
        self,
        request: Call,
        match_id: FromPath[str],
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
        force: Force = False,
    ) -> None:
        """Take a match away: who made it, and admins. One that has events is only cancelled, unless by force."""
        await match_authorization.delete(caller, match_id, forced=force, versions=expected_versions(request))

    @get("/{match_id:str}/setup")
    async def setup(
        self,
        match_id: FromPath[str],
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
    ) -> MatchSetup:
        """How the match was set up, and whether the caller may score it."""
        return await match_authorization.setup(caller, match_id)

    @get("/{match_id:str}/snapshot")
    async def snapshot(
        self, request: Call, match_id: FromPath[str], matches: NamedDependency[MatchService]
    ) -> Response[MatchSnapshot]:
        """A match and its newest commentary; events after `offset` bring it up to date."""
        return conditional_body(request, *await matches.snapshot_json(match_id))

    @get("/{match_id:str}/statistics")
    async def statistics(
        self, request: Call, match_id: FromPath[str], matches: NamedDependency[MatchService], player: Player = None
    ) -> Response[MatchStatistics]:
        """What the players did, as tables; counted from the same events as the score."""
        return conditional(request, await matches.statistics(match_id, player))

    @get("/{match_id:str}/timeline")
    async def timeline(
        self, request: Call, match_id: FromPath[str], matches: NamedDependency[MatchService]
    ) -> Response[MatchTimeline]:
        """What changed the score, cards and substitutions: all that a chart of the match needs, without words."""
        return conditional_body(request, *await matches.timeline_json(match_id))

    @get("/{match_id:str}/events")
    async def events(
        self,
        request: Call,
        match_id: FromPath[str],
        matches: NamedDependency[MatchService],
        before: Cursor = None,
        limit: Limit = 50,
    ) -> Response[EventPage]:
        """Commentary, latest in the match first; deleted events stay with their `op`."""
        return conditional(request, await matches.events(match_id, before=before, limit=limit))

    @get("/{match_id:str}/authors")
    async def authors(
        self,
        match_id: FromPath[str],
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
        after: After = 0,
    ) -> AuthoredPage:
        """Who entered what by hand, 500 events a page: for who made the match, and admins."""
        return await match_authorization.authored(caller, match_id, after)

    @post("/{match_id:str}/events", status_code=HTTP_200_OK, exception_handlers={ValidationException: _on_no_event})
    async def ingest(
        self,
        match_id: FromPath[str],
        data: Operations,
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
    ) -> IngestResult:
        """Add, update or delete events. Sent again, an operation changes nothing."""
        return await match_authorization.ingest(caller, match_id, _events_of(data))

    @patch("/{match_id:str}/events/{event_id:str}")
    async def correct(
        self,
        request: Call,
        match_id: FromPath[str],
        event_id: FromPath[str],
        data: JSONBody[CorrectEvent],
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
        provider: Provider = None,
    ) -> MatchEvent:
        """Correct an event by hand."""
        return await match_authorization.correct(
            caller, match_id, event_id, provider, data, expected_versions(request, data.version)
        )

    @patch("/{match_id:str}/events")
    async def correct_by_query(
        self,
        request: Call,
        match_id: FromPath[str],
        event_id: EventId,
        data: JSONBody[CorrectEvent],
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
        provider: Provider = None,
    ) -> MatchEvent:
        """The same, for event ids that a path cannot hold: those with a slash."""
        return await match_authorization.correct(
            caller, match_id, event_id, provider, data, expected_versions(request, data.version)
        )

    @delete("/{match_id:str}/events/{event_id:str}", status_code=HTTP_200_OK)
    async def withdraw(
        self,
        request: Call,
        match_id: FromPath[str],
        event_id: FromPath[str],
        reason: Reason,
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
        provider: Provider = None,
    ) -> MatchEvent:
        """Withdraw an event by hand: it stays as a tombstone."""
        return await match_authorization.withdraw(
            caller, match_id, event_id, provider, one_line(reason), expected_versions(request)
        )

    @delete("/{match_id:str}/events", status_code=HTTP_200_OK)
    async def withdraw_by_query(
        self,
        request: Call,
        match_id: FromPath[str],
        event_id: EventId,
        reason: Reason,
        caller: NamedDependency[Session],
        match_authorization: NamedDependency[MatchAuthorization],
        provider: Provider = None,
    ) -> MatchEvent:
        """The same, for event ids that a path cannot hold: those with a slash."""
        return await match_authorization.withdraw(
            caller, match_id, event_id, provider, one_line(reason), expected_versions(request)
        )
