"""What the process counts of itself, in Prometheus terms."""

from __future__ import annotations

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4


class Metrics:
    """The counters of one worker; one registry each, so that tests can build several apps in a process."""

    content_type = CONTENT_TYPE_PLAIN_0_0_4

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self._events = Counter(
            "touchline_client_events_total",
            "Client events answered.",
            ["event", "outcome"],
            registry=self.registry,
        )
        self._seconds = Histogram(
            "touchline_client_event_seconds",
            "Time to answer a client event.",
            ["event"],
            buckets=(0.001, 0.005, 0.02, 0.1, 0.5, 2.5),
            registry=self.registry,
        )
        self.connections = Gauge("touchline_connections", "Open socket connections.", registry=self.registry)
        self.published = Counter(
            "touchline_published_total", "Events published by this worker.", ["event"], registry=self.registry
        )
        self.delivered = Counter(
            "touchline_delivered_total", "Events handed to local connections.", registry=self.registry
        )
        self.resyncs = Counter(
            "touchline_backplane_gaps_total", "Times this worker missed events and reset its clients.",
            registry=self.registry,
        )  # fmt: skip
        self.replays = Counter(
            "touchline_backplane_replayed_total", "Events withheld by an interruption that the streams gave back.",
            registry=self.registry,
        )  # fmt: skip
        self.recoveries = Counter(
            "touchline_recoveries_total", "Connections that came back: resumed, refused, or unknown.", ["outcome"],
            registry=self.registry,
        )  # fmt: skip
        self.events_in = 0
        self.events_out = 0

    def handled(self, event: str, outcome: str, seconds: float) -> None:
        """One client event was answered; `outcome` is `ok` or an error code."""
        self.events_in += 1
        self._events.labels(event, outcome).inc()
        self._seconds.labels(event).observe(seconds)

    def fanned_out(self, recipients: int) -> None:
        """One event was handed to this many local connections."""
        self.events_out += recipients
        self.delivered.inc(recipients)

    def exposition(self) -> bytes:
        """The text that a Prometheus server scrapes."""
        return generate_latest(self.registry)
