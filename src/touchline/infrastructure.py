"""What every feature stands on: the stores and what counts and schedules there, and the engine that events go out by.

`touchline.app` builds both first and hands them to `touchline.features`. Nothing connects here: the lifespan does that.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from kit.clock import Clock
from kit.db import Database
from kit.ids import UlidGenerator
from kit.leases import Nodes
from kit.metrics import Metrics
from kit.outbox import OutboxRelay
from kit.rate_limits import RateLimiter
from kit.redis import RedisStore
from kit.scheduler import Scheduler
from kit.snapshots import Snapshots
from monitoring.service import AuditLog
from realtime.engine import Engine
from realtime.handover import Handover
from realtime.sse import EventStreams
from touchline.settings import Settings
from touchline.wiring import DatabaseProbe


@dataclass(frozen=True, kw_only=True, slots=True)
class Stores:
    """The database and Redis of one worker, and what works on them for all features."""

    clock: Clock
    ids: UlidGenerator
    metrics: Metrics
    database: Database
    redis: RedisStore
    rate_limiter: RateLimiter
    nodes: Nodes
    scheduler: Scheduler
    audit: AuditLog
    probe: DatabaseProbe


@dataclass(frozen=True, kw_only=True, slots=True)
class Realtime:
    """Rooms, their events over both transports, and the snapshots that fit between those events."""

    engine: Engine
    event_streams: EventStreams
    snapshots: Snapshots


def build_stores(settings: Settings, clock: Clock, replaced: Callable[[], object]) -> Stores:
    """Build the stores of one worker.

    Args:
        settings: With a secret key and a Redis URL.
        clock: Wall-clock time.
        replaced: Called when the database under the running worker is another one than before.

    Returns:
        The stores, which connect when they are first used.
    """
    ids = UlidGenerator(clock)
    database = Database(settings.effective_database_url, clock=clock, ids=ids, timeout=settings.database_timeout)
    redis = RedisStore(settings.redis_url, clock=clock, patience=settings.database_timeout / 2)
    nodes = Nodes(redis, ids.new())
    scheduler = Scheduler(nodes)
    scheduler.every(1.0, "leadership", nodes.claim_leadership, leader_only=False)
    return Stores(
        clock=clock,
        ids=ids,
        metrics=Metrics(),
        database=database,
        redis=redis,
        rate_limiter=RateLimiter(redis.client),
        nodes=nodes,
        scheduler=scheduler,
        audit=AuditLog(clock=clock, ids=ids),
        probe=DatabaseProbe(database, redis, new_epoch=ids.new, replaced=replaced),
    )


def build_realtime(settings: Settings, stores: Stores, handover: Handover | None) -> Realtime:
    """Build the engine, and the outbox that publishes through it.

    Args:
        settings: With a secret key, which signs what recovery is promised by.
        stores: Of this worker.
        handover: Hands connections to the other workers of this machine; None where there are none.

    Returns:
        The engine, which listens to the other workers once its lifespan has begun.
    """
    if handover is not None:
        handover.count_with(stores.metrics.handed_over)
    engine = Engine(
        redis=stores.redis,
        new_id=stores.ids.new,
        metrics=stores.metrics,
        secret=settings.secret_key,
        origins=settings.origins or None,
        limits=settings.limits,
        handover=handover,
    )
    event_streams = EventStreams(engine.backplane)
    stores.metrics.event_streams.set_function(lambda: len(event_streams))
    relay = OutboxRelay(stores.database, engine, stores.clock)
    stores.database.publish_through(relay)
    stores.scheduler.every(2.0, "outbox", relay.sweep, leader_only=True)
    return Realtime(engine=engine, event_streams=event_streams, snapshots=Snapshots(engine.backplane.version))
