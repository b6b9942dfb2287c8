"""Puts matches together."""

from __future__ import annotations

from dataclasses import dataclass

from kit.audit import Audit
from kit.clock import Clock
from kit.db import Database
from kit.ids import Ids
from kit.limits import Limits
from kit.module import Module
from kit.snapshots import Snapshots
from matches.alerts.controllers import AlertController
from matches.alerts.service import AlertService
from matches.authorization import MatchAuthorization
from matches.contracts import (
    MATCH_CORRECTED,
    MATCH_DELETED,
    MATCH_EVENT,
    MATCH_RESCORED,
    MATCH_UPDATED,
)
from matches.controllers import MatchController
from matches.feed_port import FeedPort
from matches.gateway import MatchGateway
from matches.ports import Copies, Rooms, Shows
from matches.service import MatchService


@dataclass(frozen=True, kw_only=True)
class MatchesModule(Module):
    """The module, and what wiring gives to others."""

    service: MatchService
    authorization: MatchAuthorization
    alerts: AlertService
    feed_port: FeedPort


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
        controllers=(MatchController, AlertController),
        events=(MATCH_EVENT, MATCH_CORRECTED, MATCH_RESCORED, MATCH_UPDATED, MATCH_DELETED),
        service=service,
        authorization=MatchAuthorization(service, limits=limits, audit=audit),
        alerts=AlertService(db),
        feed_port=FeedPort(service, database=db, clock=clock, ids=ids),
    )
