"""Puts the feeds together: configuration over REST and by file, and the supervisor that runs them.

`touchline.features` calls `build`; it holds no rule.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from feeds.client import Pacer, RealPacer
from feeds.configuration import FeedsFile
from feeds.contracts import CreateFeed, FeedPage, RawPage
from feeds.controllers import FeedController
from feeds.live.supervisor import TICK_S, Supervisor
from feeds.ports import Matches
from feeds.service import FeedService
from kit.audit import Audit
from kit.clock import Clock
from kit.db import Database
from kit.ids import UlidGenerator
from kit.leases import Nodes
from kit.module import Module
from kit.outbound import Guard
from kit.scheduler import Scheduler


@dataclass(frozen=True, kw_only=True)
class FeedsModule(Module):
    """The module, and what monitoring counts."""

    service: FeedService


def build(
    *,
    database: Database,
    matches: Matches,
    scheduler: Scheduler,
    nodes: Nodes,
    clock: Clock,
    ids: UlidGenerator,
    audit: Audit,
    environ: Mapping[str, str],
    guard: Guard,
    file: Path | None = None,
    pacer: Pacer | None = None,
) -> FeedsModule:
    """Build the feeds.

    Args:
        database: Where they are configured.
        matches: What they feed.
        scheduler: Calls the supervisor every `TICK_S`, on each worker.
        nodes: Tells whether this worker leads, and so runs them.
        clock: Time, to the service.
        ids: Makes the feeds' ids.
        audit: Is told who changed what.
        environ: The API keys under their configured names.
        guard: Judges where feeds may ask.
        file: The feeds file, where there is one.
        pacer: Time, to what runs them; another one in tests.
    """
    service = FeedService(
        database=database, matches=matches, audit=audit, clock=clock, ids=ids, guard=guard, environ=environ
    )
    supervisor = Supervisor(
        database=database,
        matches=matches,
        pacer=pacer or RealPacer(),
        ids=ids,
        leads=lambda: nodes.leader,
        environ=environ,
        guard=guard,
        prepare=FeedsFile(file, database=database, matches=matches, feeds=service).apply if file is not None else None,
    )
    scheduler.every(TICK_S, "feeds", supervisor.tick, leader_only=False)
    return FeedsModule(
        controllers=(FeedController,),
        caller_dependencies={"feeds": service},
        exported=(CreateFeed, FeedPage, RawPage),
        lifespan=supervisor.running,
        service=service,
    )
