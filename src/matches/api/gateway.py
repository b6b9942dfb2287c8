"""Matches over the socket: following and finding them, which is open to all. Scores come in over HTTP and by feeds."""

from __future__ import annotations

import msgspec

from kit.gateway import Gateway, event
from kit.rate_limits import Rate, Scope
from kit.session import ANYONE, Session
from matches.contracts import (
    JoinMatch,
    LeaveMatch,
    ListMatches,
    MatchPage,
    MatchSnapshot,
)
from matches.service import MatchService

_OFTEN = Rate(30, per=10, scope=Scope.CONNECTION)


class MatchGateway(Gateway):
    """Follow a match, find one."""

    def __init__(self, service: MatchService) -> None:
        self._service = service

    def reply_type(self, event: str, annotated: object) -> object:
        """The type that `match:join` answers with: its snapshot comes encoded."""
        return MatchSnapshot if event == "match:join" else annotated

    @event("match:join", roles=ANYONE, rate=_OFTEN)
    async def join(self, session: Session, cmd: JoinMatch) -> msgspec.Raw:
        """Follow a match: its state and newest commentary, then every change."""
        return await self._service.join(session.connection_id, cmd.match_id)

    @event("match:leave", roles=ANYONE, rate=_OFTEN)
    async def leave(self, session: Session, cmd: LeaveMatch) -> None:
        """Follow a match no longer."""
        await self._service.leave(session.connection_id, cmd.match_id)

    @event("match:list", roles=ANYONE, rate=_OFTEN)
    async def list(self, session: Session, cmd: ListMatches) -> MatchPage:  # noqa: ARG002 - open to all
        """Matches by sport, status, competition, date and text; live first."""
        return await self._service.page(cmd)
