"""Puts matches together."""

from __future__ import annotations

from dataclasses import dataclass

from kit.clock import Clock
from kit.db import Database
from kit.ids import Ids
from kit.limits import Limits
from kit.module import Module
from kit.snapshots import Snapshots
from matches.contracts import MATCH_CORRECTED, MATCH_DELETED, MATCH_EVENT, MATCH_RESCORED, MATCH_UPDATED
from matches.controllers import MatchController
from matches.desk import MatchDesk
from matches.gateway import MatchGateway
from matches.ports import Audit, Copies, Rooms, Shows
from matches.service import MatchService


@dataclass(frozen=True, kw_only=True)
class MatchesModule(Module):
    """The module, and what wiring gives to others."""

    service: MatchService
    desk: MatchDesk


def build(
    *,
    db: Database,
    rooms: Rooms,
    snapshots: Snapshots,
    copies: Copies,
    shows: Shows,
    limits: Limits,
    audit: Audit,
    clock: Clock,
    ids: Ids,
) -> MatchesModule:
    """Build matches."""
    service = MatchService(
        database=db, rooms=rooms, snapshots=snapshots, copies=copies, clock=clock, ids=ids, shows=shows
    )
    return MatchesModule(
        gateways=(MatchGateway(service),),
        controllers=(MatchController,),
        events=(MATCH_EVENT, MATCH_CORRECTED, MATCH_RESCORED, MATCH_UPDATED, MATCH_DELETED),
        service=service,
        desk=MatchDesk(service, limits=limits, audit=audit),
    )
