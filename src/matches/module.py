"""Puts matches together: the objects of this feature, and what others get of it. `touchline` calls `build`."""

from __future__ import annotations

from dataclasses import dataclass

from kit.audit import Audit
from kit.clock import Clock
from kit.db import Database
from kit.ids import UlidGenerator
from kit.module import Module
from kit.rate_limits import RateLimiter
from kit.snapshots import Snapshots
from matches.alerts.contracts import ScoreAlertPage
from matches.alerts.controllers import AlertController
from matches.alerts.service import AlertService
from matches.api.authorization import MatchAuthorization
from matches.api.controllers import MatchController
from matches.api.gateway import MatchGateway
from matches.contracts import (
    MATCH_CORRECTED,
    MATCH_DELETED,
    MATCH_EVENT,
    MATCH_RESCORED,
    MATCH_UPDATED,
    AuthoredPage,
    CorrectEvent,
    EditMatch,
    MatchSetup,
    MatchStatistics,
    MatchTimeline,
)
from matches.feed_port import FeedPort
from matches.ports import Rooms, SharedCache, Shows
from matches.service import MatchService
from scoring.model import CreateMatch, EventOp, EventPage, IngestResult

EXPORTED = (
    CorrectEvent, CreateMatch, EditMatch, EventOp, EventPage, IngestResult, AuthoredPage, MatchSetup, MatchStatistics,
    MatchTimeline, ScoreAlertPage,
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class MatchesModule(Module):
    """The module, and what feeds, channels and monitoring reach of it through wiring."""

    service: MatchService
    alerts: AlertService
    feed_port: FeedPort


def build(
    *,
    db: Database,
    rooms: Rooms,
    snapshots: Snapshots,
    shared_cache: SharedCache,
    shows: Shows,
    rate_limiter: RateLimiter,
    audit: Audit,
    clock: Clock,
    ids: UlidGenerator,
) -> MatchesModule:
    """Build the feature.

    Args:
        db: Where matches are stored.
        rooms: Who follows which match.
        snapshots: What joiners of rooms get, kept for a moment.
        shared_cache: What other workers have read.
        shows: What shows matches beside a sound.
        limits: How often owners may do what.
        audit: Where acts of admins are noted.
        clock: The time.
        ids: Makes ids.
    """
    service = MatchService(
        database=db, rooms=rooms, snapshots=snapshots, shared_cache=shared_cache, clock=clock, ids=ids, shows=shows
    )
    alerts = AlertService(db)
    return MatchesModule(
        gateways=(MatchGateway(service),),
        controllers=(MatchController, AlertController),
        dependencies={"matches": service},
        caller_dependencies={
            "match_authorization": MatchAuthorization(service, rate_limiter=rate_limiter, audit=audit),
            "score_alerts": alerts,
        },
        events=(MATCH_EVENT, MATCH_CORRECTED, MATCH_RESCORED, MATCH_UPDATED, MATCH_DELETED),
        exported=EXPORTED,
        service=service,
        alerts=alerts,
        feed_port=FeedPort(service, database=db, clock=clock, ids=ids),
    )
