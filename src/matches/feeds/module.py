"""Puts the feeds together, and the view of where their scores differ."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from kit.clock import Clock
from kit.db import Database
from kit.ids import Ids
from kit.leases import Jobs, Nodes
from kit.module import Module
from kit.outbound import Guard
from matches.alerts.controllers import AlertController
from matches.alerts.service import AlertService
from matches.feed_client import Pacer, RealPacer
from matches.feeds.configuration import FeedsFile
from matches.feeds.controllers import FeedController
from matches.feeds.service import FeedService
from matches.feeds.supervisor import TICK_S, FedMatches, Supervisor
from matches.ports import Audit
from matches.service import MatchService


@dataclass(frozen=True, kw_only=True)
class FeedsModule(Module):
    """The module, and what REST is served with."""

    service: FeedService
    alerts: AlertService


def build(
    *,
    database: Database,
    matches: MatchService,
    jobs: Jobs,
    nodes: Nodes,
    clock: Clock,
    ids: Ids,
    audit: Audit,
    environ: Mapping[str, str],
    guard: Guard,
    file: Path | None = None,
    pacer: Pacer | None = None,
) -> FeedsModule:
    """Build the feeds.

    `environ` holds the API keys under their configured names, `file` the feeds of a file; `guard` judges where feeds
    may ask.
    """
    service = FeedService(database=database, audit=audit, clock=clock, ids=ids, guard=guard, environ=environ)
    supervisor = Supervisor(
        database=database,
        matches=FedMatches(matches, database, clock, ids),
        pacer=pacer or RealPacer(),
        ids=ids,
        leads=lambda: nodes.leader,
        environ=environ,
        guard=guard,
        prepare=FeedsFile(file, database=database, feeds=service).apply if file is not None else None,
    )
    jobs.every(TICK_S, "feeds", supervisor.tick, leader_only=False)
    return FeedsModule(
        controllers=(FeedController, AlertController),
        lifespan=supervisor.running,
        service=service,
        alerts=AlertService(database),
    )
