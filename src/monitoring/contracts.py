"""Monitoring on the wire: the overview of the platform and the audit log. For admins alone."""

from __future__ import annotations

from kit.contracts import Instant, Policy, Reply, ServerEvent


class AdminStream(Reply, frozen=True, kw_only=True):
    """One stream on air. `sourceAgeS`: seconds since its last audio; None without a source."""

    channel_id: str
    slug: str
    name: str
    stream_id: str
    show_title: str
    host_name: str
    started_at: Instant
    started_by: str
    listeners: int
    unique: int
    watching: int
    source_connected: bool
    bitrate_kbps: float | None = None
    source_age_s: float | None = None
    source_client: str | None = None
    track: str | None = None
    match_id: str | None = None


class NodeStats(Reply, frozen=True, kw_only=True):
    """One worker process. Rates are per second over the last interval."""

    node: str
    connections: int
    events_in_per_s: float
    events_out_per_s: float
    rss_bytes: int
    uptime_s: float


class MatchFeeds(Reply, frozen=True, kw_only=True):
    """How many feeds fare well, are in trouble (stale or failing) and are disabled; and how many scores differ."""

    well: int
    trouble: int
    disabled: int
    score_alerts: int


class AdminOverview(Reply, frozen=True, kw_only=True):
    """Everything the monitor shows, once a second."""

    at: Instant
    streams: list[AdminStream]
    nodes: list[NodeStats]
    match_feeds: MatchFeeds
    connections: int
    listeners: int
    events_in_per_s: float
    events_out_per_s: float
    redis_latency_ms: float | None = None
    database_latency_ms: float | None = None


class AuditEntry(Reply, frozen=True, kw_only=True):
    """Who did what to whom, and why."""

    id: str
    at: Instant
    actor_id: str
    actor_name: str
    action: str
    target: str
    reason: str | None = None


ADMIN_OVERVIEW = ServerEvent("admin:overview", AdminOverview, Policy.LATEST_WINS, "The platform, once a second.")
